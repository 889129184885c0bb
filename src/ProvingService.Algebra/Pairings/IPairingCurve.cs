// Owns: what distinguishes one pairing-friendly curve from another. The algorithms are in Pairing.cs.

namespace ProvingService.Algebra;

/// <summary>A curve with an optimal ate pairing G1 × G2 → Gt in Fp12.</summary>
/// <typeparam name="TSelf">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
public interface IPairingCurve<TSelf, TFp> : ITower<TFp>, ICurveGroup<TSelf, TFp>, ICurveGroup<TSelf, Fp2<TFp>>
    where TSelf : struct, IPairingCurve<TSelf, TFp>
    where TFp : unmanaged, IPrimeField<TFp>
{
    /// <summary>Which curve this is.</summary>
    static abstract CurveId Id { get; }

    /// <summary>Signed digits of the Miller loop's length, lowest first, the highest being 1.</summary>
    static abstract ReadOnlySpan<sbyte> MillerLoop { get; }

    /// <summary>Whether the loop's length is the negative of what its digits say.</summary>
    static abstract bool IsMillerLoopNegative { get; }

    /// <summary>Whether the loop ends with the lines through ψ(Q) and −ψ²(Q), as it does on BN curves.</summary>
    static abstract bool HasFrobeniusLines { get; }

    /// <summary>The untwist-Frobenius-twist endomorphism; multiplication by p mod r on G2.</summary>
    static abstract Jacobian<Fp2<TFp>, TSelf> Psi(in Jacobian<Fp2<TFp>, TSelf> point);

    /// <summary>a^(m·(p⁴ − p² + 1)/r) for a in the cyclotomic subgroup and the curve's own cofactor m, prime to r.</summary>
    static abstract Fp12<TFp, TSelf> HardExponentiation(in Fp12<TFp, TSelf> a);
}

/// <summary>A pairing-friendly curve together with the scalar field of its groups: what a proof system is generic over.</summary>
/// <typeparam name="TSelf">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
/// <typeparam name="TFr">Its scalar field; its modulus is the order of both groups.</typeparam>
public interface IPairingCurve<TSelf, TFp, TFr> : IPairingCurve<TSelf, TFp>
    where TSelf : struct, IPairingCurve<TSelf, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>;
