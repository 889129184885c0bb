// Owns: keys, proofs and public inputs as values, and what is said of them once they are decoded.

using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>Something read, or why it cannot be: one of the two is null.</summary>
internal readonly record struct Decoded<T>(T? Value, string? Fault)
    where T : class;

/// <summary>A verification key.</summary>
internal sealed record VerificationKey(Point Alpha, Point Beta, Point Gamma, Point Delta, IReadOnlyList<Point> Ic);

/// <summary>A proof.</summary>
internal sealed record Proof(Point A, Point B, Point C);

/// <summary>A proof with its public inputs, each from 0 to r − 1.</summary>
internal sealed record Claim(Proof Proof, IReadOnlyList<BigInteger> Inputs);

/// <summary>The rules for what decodes.</summary>
internal static class Statement
{
    /// <summary>
    /// The equation of Groth16 (ePrint 2016/260, section 3.2): e(A, B) = e(α, β)·e(Σ xᵢ·ICᵢ, γ)·e(C, δ) with x₀ = 1, with the left side brought over.
    /// </summary>
    public static bool Holds(Groups groups, VerificationKey key, Claim claim)
    {
        Curve g1 = groups.Curve.G1;
        Point sum = g1.Sum(claim.Inputs.Prepend(BigInteger.One).Zip(key.Ic));
        return groups.Pairing.IsProductOne(
            (g1.Negate(claim.Proof.A), claim.Proof.B), (key.Alpha, key.Beta), (sum, key.Gamma), (claim.Proof.C, key.Delta));
    }

    /// <summary>Why a yes under a key means nothing, or null.</summary>
    public static string? WeaknessOf(Groups groups, VerificationKey key)
    {
        PairingCurve curve = groups.Curve;
        Point[] inputs = [.. key.Ic.Skip(1)];
        return key.Alpha.IsInfinity || key.Beta.IsInfinity || key.Gamma.IsInfinity || key.Delta.IsInfinity ? "key-element-at-infinity"
            : IsSameOrOpposite(curve.G2, key.Gamma, key.Delta) ? "key-gamma-equals-delta"
            : IsSameOrOpposite(curve.G2, key.Beta, key.Gamma) || IsSameOrOpposite(curve.G2, key.Beta, key.Delta) ? "key-elements-related"
            : IsSameOrOpposite(curve.G2, key.Delta, curve.Generator2)
                || IsSameOrOpposite(curve.G2, key.Beta, curve.Generator2)
                || IsSameOrOpposite(curve.G1, key.Alpha, curve.Generator1) ? "key-known-secret"
            : inputs.Any(point => point.IsInfinity) ? "key-input-unbound"
            : inputs.Where((point, i) => inputs.Skip(i + 1).Any(other => IsSameOrOpposite(curve.G1, point, other))).Any() ? "key-inputs-interchangeable"
            : null;
    }

    private static bool IsSameOrOpposite(Curve curve, Point a, Point b) => a == b || a == curve.Negate(b);
}
