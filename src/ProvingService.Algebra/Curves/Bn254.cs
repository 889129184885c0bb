// Owns: BN254's groups: equations, generators, endomorphisms, subgroup criteria. Its pairing: Pairings/Bn254.Pairing.cs.

using System.Globalization;
using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// BN254, also called alt_bn128 or bn128: y² = x³ + 3 over Fp, and its D-type sextic twist y² = x³ + 3/(9 + u) over
/// Fp2; parameter x = 4965661367192848881. Constants from EIP-196 and EIP-197.
/// </summary>
public readonly partial struct Bn254 : IPairingCurve<Bn254, Bn254Fp, Bn254Fr>
{
    /// <summary>The curve parameter x.</summary>
    internal const ulong X = 0x44e992b44a6909f1;

    static string ICurveGroup<Bn254, Bn254Fp>.GroupName => "BN254 G1";

    static string ICurveGroup<Bn254, Fp2<Bn254Fp>>.GroupName => "BN254 G2";

    static Bn254Fp ICurveGroup<Bn254, Bn254Fp>.B => Constants.B1;

    static Fp2<Bn254Fp> ICurveGroup<Bn254, Fp2<Bn254Fp>>.B => Constants.B2;

    static Affine<Bn254Fp, Bn254> ICurveGroup<Bn254, Bn254Fp>.Generator => Constants.G1;

    static Affine<Fp2<Bn254Fp>, Bn254> ICurveGroup<Bn254, Fp2<Bn254Fp>>.Generator => Constants.G2;

    static BigInteger ICurveGroup<Bn254, Bn254Fp>.Order => Bn254Fr.Modulus;

    static BigInteger ICurveGroup<Bn254, Fp2<Bn254Fp>>.Order => Bn254Fr.Modulus;

    static BigInteger ICurveGroup<Bn254, Bn254Fp>.Cofactor => BigInteger.One;

    /// <summary>2p − r.</summary>
    static BigInteger ICurveGroup<Bn254, Fp2<Bn254Fp>>.Cofactor => (2 * Bn254Fp.Modulus) - Bn254Fr.Modulus;

    /// <summary>The curve over Fp has prime order: every point of it is in the group.</summary>
    static bool ICurveGroup<Bn254, Bn254Fp>.IsInSubgroup(in Affine<Bn254Fp, Bn254> point) => true;

    /// <summary>
    /// (x + 1)·P + ψ(x·P) + ψ²(x·P) = ψ³(2x·P): one multiplication by the 63-bit x (Dai, Lin, Zhao and Zhou,
    /// eprint 2022/348, sections 3 and 5).
    /// </summary>
    static bool ICurveGroup<Bn254, Fp2<Bn254Fp>>.IsInSubgroup(in Affine<Fp2<Bn254Fp>, Bn254> point)
    {
        Jacobian<Fp2<Bn254Fp>, Bn254> p = point;
        return IsInSubgroup(p, ScalarMultiplication.MultiplyByDigits(p, Constants.DigitsOfX));
    }

    /// <summary>The curve has prime order: nothing is left to decide.</summary>
    static Scalar256 ICurveGroup<Bn254, Bn254Fp>.SubgroupMultiplier => new(1);

    static bool ICurveGroup<Bn254, Bn254Fp>.IsInSubgroup(in Affine<Bn254Fp, Bn254> point, in Affine<Bn254Fp, Bn254> multiple) => true;

    /// <summary>x.</summary>
    static Scalar256 ICurveGroup<Bn254, Fp2<Bn254Fp>>.SubgroupMultiplier => new(X);

    static bool ICurveGroup<Bn254, Fp2<Bn254Fp>>.IsInSubgroup(
        in Affine<Fp2<Bn254Fp>, Bn254> point, in Affine<Fp2<Bn254Fp>, Bn254> multiple) =>
        IsInSubgroup(point, (Jacobian<Fp2<Bn254Fp>, Bn254>)multiple);

    private static bool IsInSubgroup(in Jacobian<Fp2<Bn254Fp>, Bn254> p, in Jacobian<Fp2<Bn254Fp>, Bn254> xP)
    {
        Jacobian<Fp2<Bn254Fp>, Bn254> psi = Psi(xP);
        Jacobian<Fp2<Bn254Fp>, Bn254> psi2 = Psi(psi);
        Jacobian<Fp2<Bn254Fp>, Bn254> psi3 = Psi(psi2);
        return xP + p + psi + psi2 == Jacobian<Fp2<Bn254Fp>, Bn254>.Double(psi3);
    }

    /// <summary>φ(x, y) = (βx, y) for a cube root of unity β.</summary>
    static Affine<Bn254Fp, Bn254> ICurveGroup<Bn254, Bn254Fp>.Endomorphism(in Affine<Bn254Fp, Bn254> point) =>
        new(point.X * Constants.Beta, point.Y);

    static BigInteger ICurveGroup<Bn254, Bn254Fp>.EndomorphismEigenvalue => Constants.Lambda;

    /// <summary>ψ, whose eigenvalue p mod r = 6x² has half the length of r.</summary>
    static Affine<Fp2<Bn254Fp>, Bn254> ICurveGroup<Bn254, Fp2<Bn254Fp>>.Endomorphism(in Affine<Fp2<Bn254Fp>, Bn254> point) =>
        new(Fp2<Bn254Fp>.Conjugate(point.X) * Constants.PsiX, Fp2<Bn254Fp>.Conjugate(point.Y) * Constants.PsiY);

    static BigInteger ICurveGroup<Bn254, Fp2<Bn254Fp>>.EndomorphismEigenvalue => 6 * (BigInteger)X * X;

    /// <summary>The untwist-Frobenius-twist endomorphism ψ: multiplication by 6x² on G2.</summary>
    public static Jacobian<Fp2<Bn254Fp>, Bn254> Psi(in Jacobian<Fp2<Bn254Fp>, Bn254> p) => new(
        Fp2<Bn254Fp>.Conjugate(p.X) * Constants.PsiX,
        Fp2<Bn254Fp>.Conjugate(p.Y) * Constants.PsiY,
        Fp2<Bn254Fp>.Conjugate(p.Z));

    /// <summary>Constants with their derivations; apart from the curve so that their start-up cost is paid on use.</summary>
    private static class Constants
    {
        /// <summary>x in signed windows: 28 of its bits are ones.</summary>
        public static readonly sbyte[] DigitsOfX = ScalarMultiplication.SignedDigits(X);

        public static readonly Bn254Fp B1 = Bn254Fp.FromUInt64(3);

        /// <summary>ξ = 9 + u, the cubic and quadratic non-residue of the tower.</summary>
        public static readonly Fp2<Bn254Fp> Xi = new(Bn254Fp.FromUInt64(9), Bn254Fp.One);

        public static readonly Fp2<Bn254Fp> B2 = Fp2<Bn254Fp>.Scale(Fp2<Bn254Fp>.Inverse(Xi), B1);

        public static readonly Affine<Bn254Fp, Bn254> G1 = new(Bn254Fp.One, Bn254Fp.FromUInt64(2));

        public static readonly Affine<Fp2<Bn254Fp>, Bn254> G2 = new(
            new Fp2<Bn254Fp>(
                Parse("10857046999023057135944570762232829481370756359578518086990519993285655852781"),
                Parse("11559732032986387107991004021392285783925812861821192530917403151452391805634")),
            new Fp2<Bn254Fp>(
                Parse("8495653923123431417604973247489272438418190587263600148770280649306958101930"),
                Parse("4082367875863433681332203403145435568316851327593401208105741076214120093531")));

        /// <summary>The cube root of unity whose φ has eigenvalue 36x³ + 18x² + 6x + 1.</summary>
        public static readonly Bn254Fp Beta = Bn254Fp.FromBigInteger(
            BigInteger.Parse("059e26bcea0d48bacd4f263f1acdb5c4f5763473177fffffe", NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        /// <summary>36x³ + 18x² + 6x + 1.</summary>
        public static readonly BigInteger Lambda = (((((36 * (BigInteger)X) + 18) * X) + 6) * X) + 1;

        /// <summary>ξ^((p−1)/3): the twist is of type D.</summary>
        public static readonly Fp2<Bn254Fp> PsiX = Field.Pow(Xi, (Bn254Fp.Modulus - 1) / 3);

        /// <summary>ξ^((p−1)/2).</summary>
        public static readonly Fp2<Bn254Fp> PsiY = Field.Pow(Xi, (Bn254Fp.Modulus - 1) / 2);

        private static Bn254Fp Parse(string text) =>
            Bn254Fp.FromBigInteger(BigInteger.Parse(text, CultureInfo.InvariantCulture));
    }
}
