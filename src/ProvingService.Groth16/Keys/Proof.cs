// Owns: a proof as a value whose points are known to be sound to use. Its encodings: Encodings/ProofJson.cs, CompressedProof.cs.

using System.Diagnostics.CodeAnalysis;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// A Groth16 proof (A, B, C). Every instance holds points of the subgroups of order r: whoever has one need not check
/// again. That says nothing of its truth, which is the verifier's business. Proofs can be re-randomised, so neither
/// points nor encodings identify what was proved.
/// </summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
public sealed class Proof<TCurve, TFp>
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private Proof(in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c)
    {
        A = a;
        B = b;
        C = c;
    }

    /// <summary>A in G1, <c>pi_a</c> in iden3's files.</summary>
    public Affine<TFp, TCurve> A { get; }

    /// <summary>B in G2, <c>pi_b</c>.</summary>
    public Affine<Fp2<TFp>, TCurve> B { get; }

    /// <summary>C in G1, <c>pi_c</c>.</summary>
    public Affine<TFp, TCurve> C { get; }

    /// <summary>Makes a proof of three points that were checked as they were read.</summary>
    internal static Proof<TCurve, TFp> FromChecked(
        in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c) => new(a, b, c);

    /// <summary>Makes a proof of three points, after checking that each is on its curve and in its subgroup.</summary>
    /// <param name="a">A, of unknown origin.</param>
    /// <param name="b">B, of unknown origin.</param>
    /// <param name="c">C, of unknown origin.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="fault">Which point is wrong and how, for a person to read.</param>
    public static bool TryCreate(
        in Affine<TFp, TCurve> a,
        in Affine<Fp2<TFp>, TCurve> b,
        in Affine<TFp, TCurve> c,
        [NotNullWhen(true)] out Proof<TCurve, TFp>? proof,
        [NotNullWhen(false)] out PointFault? fault)
    {
        fault = PointChecks.FindFault("pi_a", a) ?? PointChecks.FindFault("pi_b", b) ?? PointChecks.FindFault("pi_c", c);
        proof = fault is null ? new(a, b, c) : null;
        return fault is null;
    }
}
