// Owns: the tower and the pairing parameters of BLS12-381. Its groups: Curves/Bls12381.cs.

namespace ProvingService.Algebra;

public readonly partial struct Bls12381
{
    /// <inheritdoc/>
    public static CurveId Id => CurveId.Bls12381;

    /// <inheritdoc/>
    public static Fp2<Bls12381Fp> Xi => Constants.Xi;

    /// <inheritdoc/>
    public static bool IsTwistTypeM => true;

    /// <summary>The bits of |x|.</summary>
    public static ReadOnlySpan<sbyte> MillerLoop =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1,
    ];

    /// <inheritdoc/>
    public static bool IsMillerLoopNegative => true;

    /// <inheritdoc/>
    public static bool HasFrobeniusLines => false;

    /// <summary>(c0 + c1·u)(1 + u) = (c0 − c1) + (c0 + c1)·u.</summary>
    public static Fp2<Bls12381Fp> MultiplyByXi(in Fp2<Bls12381Fp> a) => new(a.C0 - a.C1, a.C0 + a.C1);

    /// <summary>
    /// m = 3: 3·(p⁴ − p² + 1)/r = (x − 1)²·(x + p)·(x² + p² − 1) + 3 (Hayashida, Hayasaka and Teruya, eprint 2020/875):
    /// five exponentiations by |x|.
    /// </summary>
    public static Fp12<Bls12381Fp, Bls12381> HardExponentiation(in Fp12<Bls12381Fp, Bls12381> a)
    {
        Fp12<Bls12381Fp, Bls12381> t = PowX(a) * Fp12<Bls12381Fp, Bls12381>.Conjugate(a);
        t = PowX(t) * Fp12<Bls12381Fp, Bls12381>.Conjugate(t);
        t = PowX(t) * Fp12<Bls12381Fp, Bls12381>.Frobenius(t, 1);
        t = PowX(PowX(t)) * Fp12<Bls12381Fp, Bls12381>.Frobenius(t, 2) * Fp12<Bls12381Fp, Bls12381>.Conjugate(t);
        return t * Fp12<Bls12381Fp, Bls12381>.CyclotomicSquare(a) * a;
    }

    /// <summary>a^x; x is negative, and conjugation inverts.</summary>
    private static Fp12<Bls12381Fp, Bls12381> PowX(in Fp12<Bls12381Fp, Bls12381> a) =>
        Fp12<Bls12381Fp, Bls12381>.Conjugate(Fp12<Bls12381Fp, Bls12381>.CyclotomicPow(a, AbsoluteX));
}
