// Owns: a verification key whose discrete logarithms are known, and the proofs that whoever knows them makes of anything.

using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>The four elements and the IC points as multiples of the generators. Immutable.</summary>
internal sealed record KnownKey<TCurve, TFp, TFr>(TFr Alpha, TFr Beta, TFr Gamma, TFr Delta, TFr[] Ic)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>The key of these numbers, whatever its faults.</summary>
    public VerifyingKey<TCurve, TFp> Key => VerifyingKey<TCurve, TFp>.TryCreate(
        G1(Alpha), G2(Beta), G2(Gamma), G2(Delta), [.. Ic.Select(G1)], out VerifyingKey<TCurve, TFp>? key, out PointFault? fault)
        ? key
        : throw new InvalidOperationException(fault.Text);

    public JsonNode Json => JsonNode.Parse(VerifyingKeyJson.ToJson(Key))!;

    public static Affine<TFp, TCurve> G1(TFr x) => Points.Times(Affine<TFp, TCurve>.Generator, x);

    public static Affine<Fp2<TFp>, TCurve> G2(TFr x) => Points.Times(Affine<Fp2<TFp>, TCurve>.Generator, x);

    /// <summary>Σ xᵢ·ICᵢ as a number.</summary>
    public TFr Combine(ReadOnlySpan<TFr> statement)
    {
        TFr sum = Ic[0];
        for (int i = 0; i < statement.Length; i++)
        {
            sum += Ic[i + 1] * statement[i];
        }

        return sum;
    }

    /// <summary>
    /// A proof of any statement: A = a, B = b, C = (ab − αβ − γ·Σ xᵢ·ICᵢ)/δ. Where δ is 0, B is what A needs, and C is c.
    /// </summary>
    public Proof<TCurve, TFp> Simulate(ReadOnlySpan<TFr> statement, string seed)
    {
        TFr a = Seeds.Element<TFr>(seed + "/a"), b = Seeds.Element<TFr>(seed + "/b"), c = Seeds.Element<TFr>(seed + "/c");
        TFr rest = (Alpha * Beta) + (Gamma * Combine(statement));
        if (TFr.IsZero(Delta))
        {
            b = rest * TFr.Inverse(a);
        }
        else
        {
            c = ((a * b) - rest) * TFr.Inverse(Delta);
        }

        return Proof<TCurve, TFp>.FromChecked(G1(a), G2(b), G1(c));
    }
}
