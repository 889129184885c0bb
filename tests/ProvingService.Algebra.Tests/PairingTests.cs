// Owns: the laws of the tower above Fp2 and of the pairings, on both curves. Public vectors: PairingVectorTests.cs.

using System.Numerics;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381PairingTests : PairingLaws<Bls12381, Bls12381Fp, Bls12381Fr>
{
    protected override BigInteger FinalExponentCofactor => 3;
}

public sealed class Bn254PairingTests : PairingLaws<Bn254, Bn254Fp, Bn254Fr>
{
    private static readonly BigInteger X = 4965661367192848881;

    protected override BigInteger FinalExponentCofactor => 2 * X * ((6 * X * X) + (3 * X) + 1);
}

public abstract class PairingLaws<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>The m of <see cref="IPairingCurve{TSelf,TFp}.HardExponentiation"/>.</summary>
    protected abstract BigInteger FinalExponentCofactor { get; }

    private static Affine<TFp, TCurve> G1 => Affine<TFp, TCurve>.Generator;

    private static Affine<Fp2<TFp>, TCurve> G2 => Affine<Fp2<TFp>, TCurve>.Generator;

    [Fact]
    public void Xi_is_neither_a_square_nor_a_cube()
    {
        BigInteger order = (TFp.Modulus * TFp.Modulus) - 1;
        Assert.NotEqual(Fp2<TFp>.One, Field.Pow(TCurve.Xi, order / 2));
        Assert.NotEqual(Fp2<TFp>.One, Field.Pow(TCurve.Xi, order / 3));
        Fp2<TFp> a = Fp2<TFp>.Random();
        Assert.Equal(a * TCurve.Xi, TCurve.MultiplyByXi(a));
    }

    [Fact]
    public void Generators_of_the_tower_have_their_defining_powers()
    {
        var v = new Fp6<TFp, TCurve>(default, Fp2<TFp>.One, default);
        Assert.Equal(new Fp6<TFp, TCurve>(TCurve.Xi, default, default), v * v * v);
        var w = new Fp12<TFp, TCurve>(default, Fp6<TFp, TCurve>.One);
        Assert.Equal(new Fp12<TFp, TCurve>(v, default), w * w);
        Fp6<TFp, TCurve> a = Fp6<TFp, TCurve>.Random();
        Assert.Equal(a * v, Fp6<TFp, TCurve>.MultiplyByV(a));
    }

    [Fact]
    public void Fp6_and_Fp12_obey_the_field_laws()
    {
        for (int i = 0; i < 20; i++)
        {
            Fp6<TFp, TCurve> a = Fp6<TFp, TCurve>.Random(), b = Fp6<TFp, TCurve>.Random(), c = Fp6<TFp, TCurve>.Random();
            CheckLaws(a, b, c);
            CheckLaws(Fp12<TFp, TCurve>.Random(), new Fp12<TFp, TCurve>(a, b), new Fp12<TFp, TCurve>(c, a));
        }
    }

    [Fact]
    public void Sparse_products_equal_full_ones()
    {
        Fp12<TFp, TCurve> a = Fp12<TFp, TCurve>.Random();
        Fp2<TFp> x = Fp2<TFp>.Random(), y = Fp2<TFp>.Random(), z = Fp2<TFp>.Random();
        Assert.Equal(
            a * new Fp12<TFp, TCurve>(new(x, y, default), new(default, z, default)), Fp12<TFp, TCurve>.MultiplyBy014(a, x, y, z));
        Assert.Equal(
            a * new Fp12<TFp, TCurve>(new(x, default, default), new(y, z, default)), Fp12<TFp, TCurve>.MultiplyBy034(a, x, y, z));
        Assert.Equal(a.C0 * new Fp6<TFp, TCurve>(x, default, default), Fp6<TFp, TCurve>.Scale(a.C0, x));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Frobenius_is_a_power_of_p(int power)
    {
        Fp12<TFp, TCurve> a = Fp12<TFp, TCurve>.Random();
        Assert.Equal(Field.Pow(a, BigInteger.Pow(TFp.Modulus, power)), Fp12<TFp, TCurve>.Frobenius(a, power));
    }

    [Fact]
    public void Cyclotomic_operations_agree_inside_the_subgroup_and_only_there()
    {
        Fp12<TFp, TCurve> f = Fp12<TFp, TCurve>.Random();
        Fp12<TFp, TCurve> t = Fp12<TFp, TCurve>.Conjugate(f) * Fp12<TFp, TCurve>.Inverse(f);
        t = Fp12<TFp, TCurve>.Frobenius(t, 2) * t;
        Assert.Equal(t * t, Fp12<TFp, TCurve>.CyclotomicSquare(t));
        Assert.Equal(Fp12<TFp, TCurve>.Inverse(t), Fp12<TFp, TCurve>.Conjugate(t));
        Assert.Equal(Field.Pow(t, 0xd201000000010001), Fp12<TFp, TCurve>.CyclotomicPow(t, 0xd201000000010001));
        foreach (ulong exponent in new ulong[] { 0, 1, 2, 3, 1UL << 63, ulong.MaxValue, 0xd201000000010000 })
        {
            Assert.Equal(Field.Pow(t, exponent), Fp12<TFp, TCurve>.CyclotomicPow(t, exponent));
        }

        Assert.NotEqual(f * f, Fp12<TFp, TCurve>.CyclotomicSquare(f));
    }

    [Fact]
    public void The_final_exponentiation_is_the_stated_power()
    {
        Fp12<TFp, TCurve> f = Fp12<TFp, TCurve>.Random();
        BigInteger exponent = (BigInteger.Pow(TFp.Modulus, 12) - 1) / TFr.Modulus * FinalExponentCofactor;
        Assert.Equal(Field.Pow(f, exponent), Pairing.FinalExponentiation<TCurve, TFp>(f));
        Assert.Equal(BigInteger.One, BigInteger.GreatestCommonDivisor(FinalExponentCofactor, TFr.Modulus));
    }

    [Fact]
    public void The_pairing_is_bilinear_and_not_degenerate()
    {
        Fp12<TFp, TCurve> e = Pairing.Compute(G1, G2);
        Assert.NotEqual(Fp12<TFp, TCurve>.One, e);
        Assert.Equal(Fp12<TFp, TCurve>.One, Field.Pow(e, TFr.Modulus));
        for (int i = 0; i < 3; i++)
        {
            TFr a = TFr.Random(), b = TFr.Random();
            Affine<TFp, TCurve> p = ScalarMultiplication.MultiplyInSubgroup(G1, a).ToAffine();
            Affine<Fp2<TFp>, TCurve> q = ScalarMultiplication.MultiplyInSubgroup(G2, b).ToAffine();
            Assert.Equal(Field.Pow(e, TFr.ToBigInteger(a * b)), Pairing.Compute(p, q));
            Assert.Equal(Pairing.Compute(p, G2) * Pairing.Compute(G1, G2), Pairing.Compute((p + (Jacobian<TFp, TCurve>)G1).ToAffine(), G2));
        }
    }

    [Fact]
    public void A_product_of_pairings_equals_the_pairings_product()
    {
        Affine<TFp, TCurve> p = ScalarMultiplication.MultiplyInSubgroup(G1, TFr.Random()).ToAffine();
        Affine<Fp2<TFp>, TCurve> q = ScalarMultiplication.MultiplyInSubgroup(G2, TFr.Random()).ToAffine();
        var linesOfG2 = new G2Lines<TCurve, TFp>(G2);
        var linesOfQ = new G2Lines<TCurve, TFp>(q);
        Assert.Equal(
            Pairing.Compute(p, q) * Pairing.Compute(G1, q) * Pairing.Compute(p, G2),
            Pairing.Product<TCurve, TFp>([p, G1, p], [linesOfQ, linesOfQ, linesOfG2]));
        Assert.True(Pairing.ProductIsOne<TCurve, TFp>([p, -p], [linesOfQ, linesOfQ]));
        Assert.False(Pairing.ProductIsOne<TCurve, TFp>([p, p], [linesOfQ, linesOfQ]));
    }

    [Fact]
    public void Infinity_pairs_to_one()
    {
        Assert.Equal(Fp12<TFp, TCurve>.One, Pairing.Compute(G1, Affine<Fp2<TFp>, TCurve>.Infinity));
        Assert.Equal(Fp12<TFp, TCurve>.One, Pairing.Compute(Affine<TFp, TCurve>.Infinity, G2));
        Assert.Equal(Fp12<TFp, TCurve>.One, Pairing.Product<TCurve, TFp>([], []));
    }

    [Fact]
    public void Lists_of_different_lengths_are_a_mistake() =>
        Assert.Throws<ArgumentException>(() => Pairing.Product<TCurve, TFp>([G1, G1], [new G2Lines<TCurve, TFp>(G2)]));

    private static void CheckLaws<T>(T a, T b, T c)
        where T : unmanaged, IFieldOperations<T>
    {
        Assert.Equal(a * (b + c), (a * b) + (a * c));
        Assert.Equal(a * b * c, a * (b * c));
        Assert.Equal(a * b, b * a);
        Assert.Equal(a * a, T.Square(a));
        Assert.Equal(a + a, T.Double(a));
        Assert.Equal(T.One, a * T.Inverse(a));
        Assert.Equal(T.Zero, T.Inverse(T.Zero));
        Assert.Equal(a, a - b + b);
        Assert.True(T.IsZero(a + -a));
    }
}
