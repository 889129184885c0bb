// Owns: the field laws on every field of Fields/, and what is particular to single fields.

using System.Numerics;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381FpLaws(ITestOutputHelper output) : PrimeFieldLaws<Bls12381Fp>(output);

public sealed class Bls12381FrLaws(ITestOutputHelper output) : PrimeFieldLaws<Bls12381Fr>(output);

public sealed class Bn254FpLaws(ITestOutputHelper output) : PrimeFieldLaws<Bn254Fp>(output);

public sealed class Bn254FrLaws(ITestOutputHelper output) : PrimeFieldLaws<Bn254Fr>(output);

public sealed class ToyFieldLaws(ITestOutputHelper output) : PrimeFieldLaws<ToyField>(output);

public sealed class Bls12381Fp2Laws(ITestOutputHelper output) : Fp2Laws<Bls12381Fp>(output);

public sealed class Bn254Fp2Laws(ITestOutputHelper output) : Fp2Laws<Bn254Fp>(output);

public sealed class Bls12381Fp6Laws(ITestOutputHelper output) : Fp6Laws<Bls12381Fp, Bls12381>(output);

public sealed class Bn254Fp6Laws(ITestOutputHelper output) : Fp6Laws<Bn254Fp, Bn254>(output);

public sealed class Bls12381Fp12Laws(ITestOutputHelper output) : Fp12Laws<Bls12381Fp, Bls12381>(output);

public sealed class Bn254Fp12Laws(ITestOutputHelper output) : Fp12Laws<Bn254Fp, Bn254>(output);

public abstract class Fp2Laws<TFp>(ITestOutputHelper output) : FieldWithRootsLaws<Fp2<TFp>>(output)
    where TFp : unmanaged, IPrimeField<TFp>
{
    protected override BigInteger Order => TFp.Modulus * TFp.Modulus;

    protected override IEnumerable<Fp2<TFp>> Edges =>
    [
        .. base.Edges, new(default, TFp.One), new(default, -TFp.One), new(-TFp.One, -TFp.One), new(TFp.One, TFp.One),
        new(Random.Element<TFp>(), default), new(default, Random.Element<TFp>()),
    ];

    protected override Fp2<TFp> Sample() => new(Random.Element<TFp>(), Random.Element<TFp>());

    [Fact]
    public void The_square_of_u_is_minus_one()
    {
        Fp2<TFp> u = new(default, TFp.One);
        Assert.Equal(-Fp2<TFp>.One, u * u);
    }

    [Fact]
    public void Conjugation_is_the_power_p_and_the_norm_their_product()
    {
        foreach (Fp2<TFp> a in Elements())
        {
            Assert.Equal(Field.Pow(a, TFp.Modulus), Fp2<TFp>.Conjugate(a));
            Assert.Equal(new Fp2<TFp>(Fp2<TFp>.Norm(a), default), a * Fp2<TFp>.Conjugate(a));
            TFp s = Random.Element<TFp>();
            Assert.Equal(a * new Fp2<TFp>(s, default), Fp2<TFp>.Scale(a, s));
        }
    }
}

public abstract class Fp6Laws<TFp, TTower>(ITestOutputHelper output) : FieldLaws<Fp6<TFp, TTower>>(output)
    where TFp : unmanaged, IPrimeField<TFp>
    where TTower : struct, ITower<TFp>
{
    protected override BigInteger Order => BigInteger.Pow(TFp.Modulus, 6);

    /// <summary>Besides the common edges, elements of each subfield and multiples of each basis element.</summary>
    protected override IEnumerable<Fp6<TFp, TTower>> Edges =>
    [
        .. base.Edges, new(SampleFp2(), default, default), new(default, SampleFp2(), default), new(default, default, SampleFp2()),
        new(SampleFp2(), SampleFp2(), default), new(new(Random.Element<TFp>(), default), default, default),
    ];

    protected override Fp6<TFp, TTower> Sample() => new(SampleFp2(), SampleFp2(), SampleFp2());

    private Fp2<TFp> SampleFp2() => new(Random.Element<TFp>(), Random.Element<TFp>());
}

public abstract class Fp12Laws<TFp, TTower>(ITestOutputHelper output) : FieldLaws<Fp12<TFp, TTower>>(output)
    where TFp : unmanaged, IPrimeField<TFp>
    where TTower : struct, ITower<TFp>
{
    protected override BigInteger Order => BigInteger.Pow(TFp.Modulus, 12);

    protected override IEnumerable<Fp12<TFp, TTower>> Edges =>
        [.. base.Edges, new(SampleFp6(), default), new(default, SampleFp6()), new(default, Fp6<TFp, TTower>.One)];

    protected override Fp12<TFp, TTower> Sample() => new(SampleFp6(), SampleFp6());

    private Fp6<TFp, TTower> SampleFp6()
    {
        Fp2<TFp> Fp2() => new(Random.Element<TFp>(), Random.Element<TFp>());
        return new(Fp2(), Fp2(), Fp2());
    }
}

public sealed class FieldConstantsTests
{
    [Fact]
    public void Literal_inverse_words_equal_the_derived_ones()
    {
        Assert.Equal(PrimeFieldConstants<Bls12381Fp>.NegInverse, Bls12381FpParams.NegInverse);
        Assert.Equal(PrimeFieldConstants<Bls12381Fr>.NegInverse, Bls12381FrParams.NegInverse);
        Assert.Equal(PrimeFieldConstants<Bn254Fp>.NegInverse, Bn254FpParams.NegInverse);
        Assert.Equal(PrimeFieldConstants<Bn254Fr>.NegInverse, Bn254FrParams.NegInverse);
    }

    [Fact]
    public void Literal_primes_equal_the_polynomials_of_their_curves()
    {
        BigInteger x = -(BigInteger)0xd201000000010000;
        BigInteger r = BigInteger.Pow(x, 4) - (x * x) + 1;
        Assert.Equal(r, Bls12381Fr.Modulus);
        Assert.Equal(((x - 1) * (x - 1) * r / 3) + x, Bls12381Fp.Modulus);

        BigInteger y = 4965661367192848881, common = (36 * BigInteger.Pow(y, 4)) + (36 * BigInteger.Pow(y, 3)) + (6 * y) + 1;
        Assert.Equal(common + (24 * y * y), Bn254Fp.Modulus);
        Assert.Equal(common + (18 * y * y), Bn254Fr.Modulus);
    }

    [Fact]
    public void Roots_of_unity_follow_the_convention_of_iden3()
    {
        // The value that snarkjs uses on BLS12-381, and 5 as the non-residue of both fields.
        Assert.Equal(
            "937917089079007706106976984802249742464848817460758522850752807661925904159", Bls12381Fr.RootOfUnity.ToString());
        Assert.Equal(32, Bls12381Fr.TwoAdicity);
        Assert.Equal(28, Bn254Fr.TwoAdicity);
        Assert.Equal(BigInteger.ModPow(5, (Bn254Fr.Modulus - 1) >> 28, Bn254Fr.Modulus), Bn254Fr.ToBigInteger(Bn254Fr.RootOfUnity));
    }
}
