// Owns: BLS12-381's groups: equations, generators, endomorphisms, subgroup criteria. Its pairing: Pairings/Bls12381.Pairing.cs.

using System.Globalization;
using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// BLS12-381: y² = x³ + 4 over Fp, and its M-type sextic twist y² = x³ + 4(1 + u) over Fp2; parameter
/// x = −0xd201000000010000. Constants from the IETF draft on pairing-friendly curves, section 4.2.1.
/// </summary>
public readonly partial struct Bls12381 : IPairingCurve<Bls12381, Bls12381Fp, Bls12381Fr>
{
    /// <summary>|x|, the absolute value of the curve parameter; x itself is negative.</summary>
    internal const ulong AbsoluteX = 0xd201000000010000;

    static string ICurveGroup<Bls12381, Bls12381Fp>.GroupName => "BLS12-381 G1";

    static string ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.GroupName => "BLS12-381 G2";

    static Bls12381Fp ICurveGroup<Bls12381, Bls12381Fp>.B => Constants.B1;

    static Fp2<Bls12381Fp> ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.B => Constants.B2;

    static Affine<Bls12381Fp, Bls12381> ICurveGroup<Bls12381, Bls12381Fp>.Generator => Constants.G1;

    static Affine<Fp2<Bls12381Fp>, Bls12381> ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.Generator => Constants.G2;

    static BigInteger ICurveGroup<Bls12381, Bls12381Fp>.Order => Bls12381Fr.Modulus;

    static BigInteger ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.Order => Bls12381Fr.Modulus;

    static BigInteger ICurveGroup<Bls12381, Bls12381Fp>.Cofactor => Constants.H1;

    static BigInteger ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.Cofactor => Constants.H2;

    /// <summary>φ(P) = −x²·P (M. Scott, eprint 2021/1130, section 6): two multiplications by the 64-bit |x|.</summary>
    static bool ICurveGroup<Bls12381, Bls12381Fp>.IsInSubgroup(in Affine<Bls12381Fp, Bls12381> point)
    {
        Jacobian<Bls12381Fp, Bls12381> xP = ScalarMultiplication.MultiplyShort<Bls12381Fp, Bls12381>(point, AbsoluteX);
        Jacobian<Bls12381Fp, Bls12381> xxP = ScalarMultiplication.MultiplyShort(xP, AbsoluteX);
        return (Jacobian<Bls12381Fp, Bls12381>)Phi(point) == -xxP;
    }

    /// <summary>ψ(P) = x·P (M. Scott, eprint 2021/1130, section 4).</summary>
    static bool ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.IsInSubgroup(in Affine<Fp2<Bls12381Fp>, Bls12381> point)
    {
        Jacobian<Fp2<Bls12381Fp>, Bls12381> p = point;
        return Psi(p) == -ScalarMultiplication.MultiplyShort(p, AbsoluteX);
    }

    /// <summary>x².</summary>
    static Scalar256 ICurveGroup<Bls12381, Bls12381Fp>.SubgroupMultiplier =>
        new((ulong)(Constants.XSquared & ulong.MaxValue), (ulong)(Constants.XSquared >> 64));

    static bool ICurveGroup<Bls12381, Bls12381Fp>.IsInSubgroup(
        in Affine<Bls12381Fp, Bls12381> point, in Affine<Bls12381Fp, Bls12381> multiple) => Phi(point) == -multiple;

    /// <summary>|x|.</summary>
    static Scalar256 ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.SubgroupMultiplier => new(AbsoluteX);

    static bool ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.IsInSubgroup(
        in Affine<Fp2<Bls12381Fp>, Bls12381> point, in Affine<Fp2<Bls12381Fp>, Bls12381> multiple) =>
        Psi(point) == -(Jacobian<Fp2<Bls12381Fp>, Bls12381>)multiple;

    static Affine<Bls12381Fp, Bls12381> ICurveGroup<Bls12381, Bls12381Fp>.Endomorphism(in Affine<Bls12381Fp, Bls12381> point) => Phi(point);

    static BigInteger ICurveGroup<Bls12381, Bls12381Fp>.EndomorphismEigenvalue => Bls12381Fr.Modulus - Constants.XSquared;

    /// <summary>ψ², whose eigenvalue x² has half the length of r; that of ψ has a quarter and makes a lopsided lattice.</summary>
    static Affine<Fp2<Bls12381Fp>, Bls12381> ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.Endomorphism(
        in Affine<Fp2<Bls12381Fp>, Bls12381> point) =>
        new(Fp2<Bls12381Fp>.Scale(point.X, Constants.PsiSquaredX), Fp2<Bls12381Fp>.Scale(point.Y, Constants.PsiSquaredY));

    static BigInteger ICurveGroup<Bls12381, Fp2<Bls12381Fp>>.EndomorphismEigenvalue => Constants.XSquared;

    /// <summary>φ(x, y) = (βx, y) for a cube root of unity β: multiplication by −x² on G1.</summary>
    internal static Affine<Bls12381Fp, Bls12381> Phi(in Affine<Bls12381Fp, Bls12381> p) => new(p.X * Constants.Beta, p.Y);

    /// <summary>The untwist-Frobenius-twist endomorphism ψ: multiplication by x on G2.</summary>
    public static Jacobian<Fp2<Bls12381Fp>, Bls12381> Psi(in Jacobian<Fp2<Bls12381Fp>, Bls12381> p) => new(
        Fp2<Bls12381Fp>.Conjugate(p.X) * Constants.PsiX,
        Fp2<Bls12381Fp>.Conjugate(p.Y) * Constants.PsiY,
        Fp2<Bls12381Fp>.Conjugate(p.Z));

    /// <summary>Constants with their derivations; apart from the curve so that their start-up cost is paid on use.</summary>
    private static class Constants
    {
        public static readonly Bls12381Fp B1 = Bls12381Fp.FromUInt64(4);
        public static readonly Fp2<Bls12381Fp> B2 = new(B1, B1);

        /// <summary>ξ = 1 + u, the cubic and quadratic non-residue of the tower.</summary>
        public static readonly Fp2<Bls12381Fp> Xi = new(Bls12381Fp.One, Bls12381Fp.One);

        public static readonly BigInteger XSquared = (BigInteger)AbsoluteX * AbsoluteX;

        public static readonly Affine<Bls12381Fp, Bls12381> G1 = new(
            Parse("17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"),
            Parse("08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"));

        public static readonly Affine<Fp2<Bls12381Fp>, Bls12381> G2 = new(
            new Fp2<Bls12381Fp>(
                Parse("024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"),
                Parse("13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e")),
            new Fp2<Bls12381Fp>(
                Parse("0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801"),
                Parse("0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be")));

        /// <summary>(x − 1)²/3.</summary>
        public static readonly BigInteger H1 = ((BigInteger)AbsoluteX + 1) * ((BigInteger)AbsoluteX + 1) / 3;

        /// <summary>(x⁸ − 4x⁷ + 5x⁶ − 4x⁴ + 6x³ − 4x² − 4x + 13)/9.</summary>
        public static readonly BigInteger H2 = G2Cofactor(-(BigInteger)AbsoluteX);

        /// <summary>The cube root of unity whose φ has eigenvalue −x² and not x² − 1.</summary>
        public static readonly Bls12381Fp Beta =
            Parse("5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffe");

        /// <summary>ξ^(−(p−1)/3): the twist is of type M.</summary>
        public static readonly Fp2<Bls12381Fp> PsiX =
            Fp2<Bls12381Fp>.Inverse(Field.Pow(Xi, (Bls12381Fp.Modulus - 1) / 3));

        /// <summary>ξ^(−(p−1)/2).</summary>
        public static readonly Fp2<Bls12381Fp> PsiY =
            Fp2<Bls12381Fp>.Inverse(Field.Pow(Xi, (Bls12381Fp.Modulus - 1) / 2));

        /// <summary>PsiX^(p+1), the norm of PsiX: what ψ² does to the abscissa.</summary>
        public static readonly Bls12381Fp PsiSquaredX = Fp2<Bls12381Fp>.Norm(PsiX);

        public static readonly Bls12381Fp PsiSquaredY = Fp2<Bls12381Fp>.Norm(PsiY);

        private static BigInteger G2Cofactor(BigInteger x) =>
            (BigInteger.Pow(x, 8) - (4 * BigInteger.Pow(x, 7)) + (5 * BigInteger.Pow(x, 6)) - (4 * BigInteger.Pow(x, 4))
                + (6 * BigInteger.Pow(x, 3)) - (4 * x * x) - (4 * x) + 13) / 9;

        private static Bls12381Fp Parse(string hex) =>
            Bls12381Fp.FromBigInteger(BigInteger.Parse("0" + hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
