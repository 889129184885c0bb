// Owns: the tower and the pairing parameters of BN254. Its groups: Curves/Bn254.cs.

namespace ProvingService.Algebra;

public readonly partial struct Bn254
{
    /// <inheritdoc/>
    public static CurveId Id => CurveId.Bn254;

    /// <inheritdoc/>
    public static Fp2<Bn254Fp> Xi => Constants.Xi;

    /// <inheritdoc/>
    public static bool IsTwistTypeM => false;

    /// <summary>The non-adjacent form of 6x + 2.</summary>
    public static ReadOnlySpan<sbyte> MillerLoop =>
    [
        0, 0, 0, 1, 0, 1, 0, -1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1, 0, -1, 0, 0,
        0, 1, 0, -1, 0, 0, 0, 0, -1, 0, 0, 1, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0,
        -1, 0, 0, -1, 0, 1, 0, -1, 0, 0, 0, -1, 0, -1, 0, 0, 0, 1, 0, -1, 0, 1,
    ];

    /// <inheritdoc/>
    public static bool IsMillerLoopNegative => false;

    /// <inheritdoc/>
    public static bool HasFrobeniusLines => true;

    /// <summary>(c0 + c1·u)(9 + u) = (9c0 − c1) + (9c1 + c0)·u.</summary>
    public static Fp2<Bn254Fp> MultiplyByXi(in Fp2<Bn254Fp> a) => new(NineTimes(a.C0) - a.C1, NineTimes(a.C1) + a.C0);

    /// <summary>
    /// m = 2x(6x² + 3x + 1): λ₀ + λ₁·p + λ₂·p² + λ₃·p³ with λ₀ = 12x³ + 12x² + 6x + 1, λ₁ = 12x³ + 6x² + 4x,
    /// λ₂ = 12x³ + 6x² + 6x, λ₃ = 12x³ + 6x² + 4x − 1 (Fuentes-Castañeda, Knapp and Rodríguez-Henríquez, "Faster hashing
    /// to G2", SAC 2011, section 5): three exponentiations by x.
    /// </summary>
    public static Fp12<Bn254Fp, Bn254> HardExponentiation(in Fp12<Bn254Fp, Bn254> a)
    {
        Fp12<Bn254Fp, Bn254> x2 = Fp12<Bn254Fp, Bn254>.CyclotomicSquare(Fp12<Bn254Fp, Bn254>.CyclotomicPow(a, X));
        Fp12<Bn254Fp, Bn254> x6 = Fp12<Bn254Fp, Bn254>.CyclotomicSquare(x2) * x2;
        Fp12<Bn254Fp, Bn254> xx6 = Fp12<Bn254Fp, Bn254>.CyclotomicPow(x6, X);
        Fp12<Bn254Fp, Bn254> xxx12 = Fp12<Bn254Fp, Bn254>.CyclotomicPow(Fp12<Bn254Fp, Bn254>.CyclotomicSquare(xx6), X);
        Fp12<Bn254Fp, Bn254> lambda2 = xxx12 * xx6 * x6;
        Fp12<Bn254Fp, Bn254> lambda1 = lambda2 * Fp12<Bn254Fp, Bn254>.Conjugate(x2);
        Fp12<Bn254Fp, Bn254> lambda3 = lambda1 * Fp12<Bn254Fp, Bn254>.Conjugate(a);
        Fp12<Bn254Fp, Bn254> lambda0 = lambda2 * xx6 * a;
        return lambda0
            * Fp12<Bn254Fp, Bn254>.Frobenius(lambda1, 1)
            * Fp12<Bn254Fp, Bn254>.Frobenius(lambda2, 2)
            * Fp12<Bn254Fp, Bn254>.Frobenius(lambda3, 3);
    }

    private static Bn254Fp NineTimes(in Bn254Fp a) => Bn254Fp.Double(Bn254Fp.Double(Bn254Fp.Double(a))) + a;
}
