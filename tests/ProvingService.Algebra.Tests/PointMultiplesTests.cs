// Owns: products of many points by scalars of their own, and transforms of points, against one multiplication at a time.

using System.Numerics;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381G1MultiplesTests(ITestOutputHelper output) : PointMultiplesTests<Bls12381Fp, Bls12381, Bls12381Fr>(output)
{
    [Fact]
    public void Points_of_order_three_are_multiplied_exactly()
    {
        // x = 0 on y² = x³ + 4: the tangent meets the curve nowhere else.
        Bls12381Fp two = Bls12381Fp.FromUInt64(2);
        Affine<Bls12381Fp, Bls12381> p = new(default, two);
        Assert.True(p.IsOnCurve());
        Check([p, -p, p, p, Affine<Bls12381Fp, Bls12381>.Generator, p], [new(1), new(2), new(3), new(0, 7), new(5), new(ulong.MaxValue)]);
    }

    [Fact]
    public void Points_of_order_eleven_are_multiplied_exactly()
    {
        // 11² divides the cofactor; 11·P is among the odd multiples that are tabulated, and x is not zero as at order three.
        BigInteger points = PointsOfCurve();
        Affine<Bls12381Fp, Bls12381> p = default;
        for (Bls12381Fp x = Bls12381Fp.One; p.IsInfinity; x += Bls12381Fp.One)
        {
            if (Bls12381Fp.TrySqrt((Bls12381Fp.Square(x) * x) + Affine<Bls12381Fp, Bls12381>.B, out Bls12381Fp y))
            {
                p = ScalarMultiplication.Multiply<Bls12381Fp, Bls12381>(new Affine<Bls12381Fp, Bls12381>(x, y), points / 121).ToAffine();
            }
        }

        Affine<Bls12381Fp, Bls12381> eleven = ScalarMultiplication.Multiply<Bls12381Fp, Bls12381>(p, 11).ToAffine();
        p = eleven.IsInfinity ? p : eleven;
        Assert.True(ScalarMultiplication.Multiply<Bls12381Fp, Bls12381>(p, 11).IsInfinity);
        Scalar256[] scalars = [new(1), new(11), new(12), new(0, 5), new(176), new(ulong.MaxValue, 3), new(7), new(11 + (1UL << 40))];
        Check([p, p, -p, p, p, p, Affine<Bls12381Fp, Bls12381>.Generator, p], scalars);
        var products = new Affine<Bls12381Fp, Bls12381>[scalars.Length];
        new FixedBaseTable<Bls12381Fp, Bls12381>(p, 5000).Multiply(scalars, products);
        Assert.Equal(scalars.Select(s => ScalarMultiplication.Multiply<Bls12381Fp, Bls12381>(p, s.ToBigInteger()).ToAffine()), products);
    }
}

public sealed class Bls12381G2MultiplesTests(ITestOutputHelper output) : PointMultiplesTests<Fp2<Bls12381Fp>, Bls12381, Bls12381Fr>(output);

public sealed class Bn254G1MultiplesTests(ITestOutputHelper output) : PointMultiplesTests<Bn254Fp, Bn254, Bn254Fr>(output);

public sealed class Bn254G2MultiplesTests(ITestOutputHelper output) : PointMultiplesTests<Fp2<Bn254Fp>, Bn254, Bn254Fr>(output);

public abstract class PointMultiplesTests<TField, TCurve, TFr>(ITestOutputHelper output)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
    where TFr : unmanaged, IPrimeField<TFr>
{
    private readonly OracleRandom random = new(output);

    [Fact]
    public void Scalars_of_every_length_and_parity()
    {
        Affine<TField, TCurve> p = random.SubgroupPoint<TField, TCurve>();
        Scalar256 max = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        var scalars = new List<Scalar256> { default, new(1), new(2), new(3), max, max with { Word0 = ulong.MaxValue - 1 } };
        BigInteger order = TCurve.Order;
        foreach (BigInteger k in new[] { order - 2, order - 1, order, order + 1, order + 2, 2 * order, (2 * order) + 1 })
        {
            scalars.Add(Words(k & ((BigInteger.One << 256) - 1)));
        }

        for (int bit = 0; bit < 256; bit += 5)
        {
            scalars.Add(Words(BigInteger.One << bit));
            scalars.Add(Words((BigInteger.One << bit) - 1));
        }

        Check([.. scalars.Select(_ => p)], [.. scalars]);

        // Each alone, so that the batch is as long as the scalar.
        foreach (Scalar256 s in scalars.Take(40))
        {
            Check([p], [s]);
        }
    }

    [Fact]
    public void Halves_of_a_scalar_are_odd_short_and_make_it_up()
    {
        BigInteger eigenvalue = TCurve.EndomorphismEigenvalue;
        var scalars = new List<Scalar256> { new(1), new(2), new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue) };
        scalars.AddRange(new[] { TCurve.Order - 1, TCurve.Order, TCurve.Order + 1, eigenvalue, TCurve.Order - eigenvalue, eigenvalue + 1, eigenvalue - 1 }.Select(Words));
        scalars.AddRange(Enumerable.Range(0, 2000).Select(_ => new Scalar256(random.NextUInt64(), random.NextUInt64(), random.NextUInt64(), random.NextUInt64())));
        foreach (Scalar256 k in scalars)
        {
            SplitScalars<TField, TCurve>.Split(k, out Scalar256 first, out Scalar256 second);
            BigInteger k0 = Signed(first), k1 = Signed(second);
            Assert.False(k0.IsEven || k1.IsEven);
            Assert.InRange(BigInteger.Max(BigInteger.Abs(k0), BigInteger.Abs(k1)).GetBitLength(), 1, SplitScalars<TField, TCurve>.MaxBits);
            Assert.True(((k0 + (k1 * eigenvalue) - Integer(k)) % TCurve.Order).IsZero);
        }

        Assert.InRange(SplitScalars<TField, TCurve>.MaxBits, TCurve.Order.GetBitLength() / 2, 131);

        static BigInteger Signed(Scalar256 half) => Integer(half with { Word3 = 0 }) * (half.Word3 == 0 ? 1 : -1);
    }

    [Fact]
    public void Random_points_and_scalars_with_infinity_and_zero_among_them()
    {
        const int N = 300;
        var points = new Affine<TField, TCurve>[N];
        var scalars = new Scalar256[N];
        for (int i = 0; i < N; i++)
        {
            points[i] = i % 17 == 0 ? default : i % 5 == 0 ? points[i - 1] : random.SubgroupPoint<TField, TCurve>();
            scalars[i] = i % 13 == 0 ? default : new(random.NextUInt64(), random.NextUInt64(), random.NextUInt64(), random.NextUInt64());
        }

        Check(points, scalars);
        Check([], []);
    }

    [Fact]
    public void Lengths_must_agree_and_cancellation_is_seen()
    {
        var points = new Affine<TField, TCurve>[2];
        Assert.Throws<ArgumentException>(() => PointMultiples.Multiply(points, new Scalar256[1], points));
        Assert.Throws<ArgumentException>(() => PointMultiples.Multiply(points, new Scalar256[2], new Affine<TField, TCurve>[3]));
        Assert.Throws<OperationCanceledException>(
            () => PointMultiples.Multiply(points, new Scalar256[2], points, new(1, new(canceled: true))));
    }

    [Fact]
    public void Transforms_of_points_are_those_of_their_logarithms()
    {
        foreach (int log in new[] { 0, 1, 2, 3, 5 })
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(log);
            TFr[] logarithms = [.. Enumerable.Range(0, domain.Size).Select(i => i % 7 == 3 ? TFr.Zero : random.Element<TFr>())];
            Affine<TField, TCurve>[] points = OfLogarithms(logarithms), original = [.. points];
            GroupNtt.Forward(domain, points);
            TFr[] transformed = [.. logarithms];
            PortableEngine.Instance.Forward(domain, transformed, NttOrder.NaturalToNatural, TFr.One);
            Assert.Equal(OfLogarithms(transformed), points);
            GroupNtt.Inverse(domain, points);
            Assert.Equal(original, points);
        }

        Assert.Throws<ArgumentException>(() => GroupNtt.Forward(NttDomain<TFr>.OfLogSize(2), new Affine<TField, TCurve>[3].AsSpan()));
    }

    protected static void Check(Affine<TField, TCurve>[] points, Scalar256[] scalars)
    {
        Affine<TField, TCurve>[] expected =
            [.. points.Zip(scalars, (p, s) => ScalarMultiplication.Multiply<TField, TCurve>(p, Integer(s)).ToAffine())];
        foreach (KernelTier tier in Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported))
        {
            foreach (int threads in new[] { 1, 3 })
            {
                var products = new Affine<TField, TCurve>[points.Length];
                PointMultiples.Multiply(points, scalars, products, tier, new(threads));
                Assert.Equal(expected, products);
            }

            // In place.
            Affine<TField, TCurve>[] both = [.. points];
            PointMultiples.Multiply(both, scalars, both, tier, default);
            Assert.Equal(expected, both);
            if (points.All(p => p.IsInSubgroup()))
            {
                both = [.. points];
                PointMultiples.Multiply(both, scalars, both, tier, new(2), inSubgroup: true);
                Assert.Equal(expected, both);
            }
        }
    }

    protected static BigInteger PointsOfCurve() => TCurve.Order * TCurve.Cofactor;

    private static Affine<TField, TCurve>[] OfLogarithms(TFr[] logarithms) =>
        [.. logarithms.Select(k => ScalarMultiplication.Multiply<TField, TCurve>(TCurve.Generator, TFr.ToBigInteger(k)).ToAffine())];

    private static BigInteger Integer(Scalar256 s) =>
        s.Word0 + ((BigInteger)s.Word1 << 64) + ((BigInteger)s.Word2 << 128) + ((BigInteger)s.Word3 << 192);

    private static Scalar256 Words(BigInteger k)
    {
        ulong Word(int i) => (ulong)((k >> (64 * i)) & ulong.MaxValue);
        return new(Word(0), Word(1), Word(2), Word(3));
    }
}
