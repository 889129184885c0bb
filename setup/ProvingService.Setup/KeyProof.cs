// Owns: the proof that a contributor knew the scalar of a contribution, of Bowe, Gabizon and Miers (ePrint 2017/1050). Never:
// which transcript it belongs to.

using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>
/// A proof of knowledge of x: s·G₁ for a point of the contributor's choosing, x times it, and x times a point of G2 that the
/// transcript and the first two determine.
/// </summary>
/// <param name="S">The point of the contributor's choosing.</param>
/// <param name="Sx">x·S.</param>
/// <param name="SpX">x times the point that the transcript determines.</param>
public readonly record struct KeyProof<TCurve, TFp>(Affine<TFp, TCurve> S, Affine<TFp, TCurve> Sx, Affine<Fp2<TFp>, TCurve> SpX)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    /// <summary>Makes a proof.</summary>
    /// <param name="secret">x.</param>
    /// <param name="s">The point of the contributor's choosing.</param>
    /// <param name="transcriptPoint">The point of G2 that follows from S and x·S.</param>
    internal static KeyProof<TCurve, TFp> Create<TFr>(
        in TFr secret, in Affine<TFp, TCurve> s, Func<Affine<TFp, TCurve>, Affine<TFp, TCurve>, Affine<Fp2<TFp>, TCurve>> transcriptPoint)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Affine<TFp, TCurve> sx = ScalarMultiplication.MultiplySecret<TFp, TCurve, TFr>(s, secret).ToAffine();
        return new(s, sx, ScalarMultiplication.MultiplySecret<Fp2<TFp>, TCurve, TFr>(transcriptPoint(s, sx), secret).ToAffine());
    }

    /// <summary>Whether x is 1: a contribution that changes nothing.</summary>
    public bool IsTrivial => S == Sx;

    /// <summary>Whether the proof holds for the point that the transcript determines.</summary>
    public bool Holds(in Affine<Fp2<TFp>, TCurve> transcriptPoint) => Ratio.IsSame<TCurve, TFp>(S, Sx, transcriptPoint, SpX);
}

/// <summary>Equal ratios by pairings: what every check of a transcript comes down to.</summary>
public static class Ratio
{
    /// <summary>
    /// Whether the x with p₂ = x·p₁ is the x with q₂ = x·q₁: e(p₁, q₂) = e(p₂, q₁). Points at infinity have no ratio: false.
    /// All points must be in their subgroups, outside of which the equation says nothing.
    /// </summary>
    public static bool IsSame<TCurve, TFp>(
        in Affine<TFp, TCurve> p1, in Affine<TFp, TCurve> p2, in Affine<Fp2<TFp>, TCurve> q1, in Affine<Fp2<TFp>, TCurve> q2)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        !p1.IsInfinity && !p2.IsInfinity && !q1.IsInfinity && !q2.IsInfinity
        && Pairing.ProductIsOne<TCurve, TFp>([p1, -p2], [new(q2), new(q1)]);
}
