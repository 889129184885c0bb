// Owns: multi-scalar multiplication of the tier in force against the sum of single multiplications, on every group.

using System.Numerics;
using System.Runtime.InteropServices;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381G1MsmTests(ITestOutputHelper output) : MsmTests<Bls12381Fp, Bls12381>(output);

public sealed class Bls12381G2MsmTests(ITestOutputHelper output) : MsmTests<Fp2<Bls12381Fp>, Bls12381>(output);

public sealed class Bn254G1MsmTests(ITestOutputHelper output) : MsmTests<Bn254Fp, Bn254>(output);

public sealed class Bn254G2MsmTests(ITestOutputHelper output) : MsmTests<Fp2<Bn254Fp>, Bn254>(output);

public abstract class MsmTests<TField, TCurve>(ITestOutputHelper output)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private static readonly EngineOptions OneThread = new(1);

    private readonly OracleRandom random = new(output);

    [Fact]
    public void Every_size_to_forty_equals_the_naive_sum()
    {
        for (int n = 0; n <= 40; n++)
        {
            Check(Points(n), Scalars(n, _ => Full()));
        }
    }

    [Fact]
    public void Mixed_scalars_equal_the_naive_sum()
    {
        Scalar256 repeated = Full(), max = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        Check(Points(1 << 10), Scalars(1 << 10, i => (i % 11) switch
        {
            0 or 1 => default,
            2 or 3 => new(1),
            4 => new(random.NextUInt64() & 0xff),
            5 => new(random.NextUInt64()),
            6 => new(random.NextUInt64(), random.NextUInt64()),
            7 => max,
            8 => repeated,
            9 => Words(TCurve.Order - 1),
            _ => Full(),
        }));
    }

    [Fact]
    public void Scalars_of_one_kind_equal_the_naive_sum()
    {
        Affine<TField, TCurve>[] points = Points(200);
        Scalar256 max = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue), repeated = Full();
        Check(points, Scalars(200, _ => default));
        Check(points, Scalars(200, _ => new(1)));
        Check(points, Scalars(200, _ => new(ulong.MaxValue)));
        Check(points, Scalars(200, _ => new(random.NextUInt64())));
        Check(points, Scalars(200, _ => max));
        Check(points, Scalars(200, _ => repeated));
        Check(points, Scalars(200, i => new(0, 0, 0, i % 2 == 0 ? 1UL << 63 : 0)));
        Check(points, Scalars(200, _ => Words(TCurve.Order)));
        Check(points, Scalars(200, i => Words(BigInteger.One << i)));
        Check(points, Scalars(200, i => Words((BigInteger.One << i) - 1)));
    }

    [Fact]
    public void Repeated_opposite_and_infinite_bases_equal_the_naive_sum()
    {
        Affine<TField, TCurve> p = random.SubgroupPoint<TField, TCurve>(), q = random.SubgroupPoint<TField, TCurve>();
        Affine<TField, TCurve>[][] cases =
        [
            [.. Enumerable.Repeat(p, 130)],
            [.. Enumerable.Range(0, 130).Select(i => i % 2 == 0 ? p : -p)],
            [.. Enumerable.Range(0, 130).Select(i => (i % 5) switch { 0 => default, 1 => p, 2 => -p, 3 => q, _ => -q })],
            [.. Enumerable.Repeat(default(Affine<TField, TCurve>), 130)],
            [.. Enumerable.Range(0, 130).Select(i => i % 7 == 0 ? p : default)],
        ];
        Scalar256 same = Full();
        foreach (Affine<TField, TCurve>[] points in cases)
        {
            Check(points, Scalars(points.Length, _ => same));
            Check(points, Scalars(points.Length, _ => new(1)));
            Check(points, Scalars(points.Length, i => new((ulong)i % 3)));
            Check(points, Scalars(points.Length, _ => Full()));
        }

        // Everything cancels.
        Assert.True(Run([p, -p, q, -q], [same, same, new(7), new(7)], OneThread).IsInfinity);
        Assert.True(Run([p], [Words(TCurve.Order)], OneThread).IsInfinity);
    }

    [Fact]
    public void Every_window_gives_the_same_sum()
    {
        Affine<TField, TCurve>[] points = Points(60);
        Scalar256[] scalars = Scalars(60, i => (i % 4) switch { 0 => new((ulong)i), 1 => new(random.NextUInt64()), _ => Full() });
        scalars[7] = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        Affine<TField, TCurve> expected = Naive(points, scalars);
        for (int c = 2; c <= MsmPlan.MaxWindowBits; c++)
        {
            Assert.Equal(expected, Run(points, scalars, OneThread, (n, bits) => MsmPlan.WithWindow(c, n, bits, 1)).ToAffine());
            Assert.Equal(
                expected,
                Run(points, scalars, OneThread, (n, bits) => MsmPlan.WithWindow(c, n, bits, 1) with { Items = (bits + c) / c }).ToAffine());
        }
    }

    [Fact]
    public void Windows_around_every_digit_border_are_right_for_a_single_scalar()
    {
        Affine<TField, TCurve> g = TCurve.Generator;
        foreach (int c in new[] { 2, 3, 4, 5, 6, 7, 8, 9, 15, 16 })
        {
            foreach (int bit in new[] { c - 1, c, (2 * c) - 1, 2 * c, 63, 64, 65, 66, 128, 254, 255 })
            {
                foreach (int offset in new[] { -1, 0, 1 })
                {
                    BigInteger k = (BigInteger.One << bit) + offset;
                    Assert.Equal(
                        ScalarMultiplication.Multiply<TField, TCurve>(g, k),
                        Run([g], [Words(k)], OneThread, (n, bits) => MsmPlan.WithWindow(c, n, bits, 1)));
                }
            }
        }
    }

    [Fact]
    public void Chunks_windows_an_item_and_threads_do_not_change_the_sum()
    {
        const int N = 300;
        Affine<TField, TCurve>[] points = Points(N);
        Scalar256[] scalars = Scalars(N, i => i % 3 == 0 ? new(1) : Full());
        Affine<TField, TCurve> expected = Naive(points, scalars);
        foreach (int threads in new[] { 1, 2, 5 })
        {
            Assert.Equal(expected, Run(points, scalars, new(threads)).ToAffine());
            foreach (int chunks in new[] { 1, 2, 3, 7, 299, 300 })
            {
                Assert.Equal(
                    expected,
                    Run(points, scalars, new(threads), (n, bits) => new(4, (bits + 4) / 4, chunks, chunks > 9 ? 1 : 3)).ToAffine());
            }
        }
    }

    [Fact]
    public void Buckets_that_span_blocks_are_summed_exactly()
    {
        // Around the block of 4,096 points: one bucket over several blocks, and buckets that end on a block's border.
        Affine<TField, TCurve> p = random.SubgroupPoint<TField, TCurve>();
        Jacobian<TField, TCurve> step = random.SubgroupPoint<TField, TCurve>(), sum = p;
        var multiples = new Jacobian<TField, TCurve>[9000];
        for (int i = 0; i < multiples.Length; i++)
        {
            multiples[i] = sum;
            sum += step;
        }

        var points = new Affine<TField, TCurve>[multiples.Length];
        Jacobian<TField, TCurve>.ToAffine(multiples, points);
        foreach (int n in new[] { 4095, 4096, 4097, 8192, 9000 })
        {
            // Σ i·P_i over P_i = P + i·S, with scalars 1: n·P + n(n−1)/2·S.
            Jacobian<TField, TCurve> expected = ScalarMultiplication.Multiply<TField, TCurve>(p, n)
                + ScalarMultiplication.Multiply(step, (BigInteger)n * (n - 1) / 2);
            Scalar256[] ones = Scalars(n, _ => new(1));
            Assert.Equal(expected, Run(points[..n], ones, OneThread, (count, bits) => MsmPlan.WithWindow(2, count, bits, 1)));
            Assert.Equal(expected, Run(points[..n], ones, new(5)));

            Scalar256[] halves = Scalars(n, i => new(i < 4096 ? 1UL : 2UL));
            Jacobian<TField, TCurve> upper = expected - Run(points[..Math.Min(n, 4096)], ones[..Math.Min(n, 4096)], OneThread);
            Assert.Equal(expected + upper, Run(points[..n], halves, OneThread));
        }
    }

    [Fact]
    public void Points_outside_the_subgroup_are_allowed()
    {
        if (TCurve.Cofactor.IsOne)
        {
            return;
        }

        Affine<TField, TCurve> outside = default;
        for (TField x = TField.One; outside.IsInfinity; x += TField.One)
        {
            if (TField.TrySqrt((TField.Square(x) * x) + TCurve.B, out TField y) && !new Affine<TField, TCurve>(x, y).IsInSubgroup())
            {
                outside = new(x, y);
            }
        }

        Check([outside, -outside, outside, random.SubgroupPoint<TField, TCurve>()], Scalars(4, _ => Full()));
    }

    [Fact]
    public void Lengths_must_agree_and_cancellation_is_seen()
    {
        Assert.Throws<ArgumentException>(() => Run(Points(2), new Scalar256[3], OneThread));
        using var source = new CancellationTokenSource();
        source.Cancel();
        foreach (int threads in new[] { 1, 2 })
        {
            Assert.ThrowsAny<OperationCanceledException>(() => Run(Points(4), Scalars(4, _ => Full()), new(threads, source.Token)));
        }
    }

    [Fact]
    public void A_running_multiplication_can_be_cancelled()
    {
        foreach (int threads in new[] { 1, 2 })
        {
            // The plan is made after the call's first look at the token: cancelling there is cancelling on the way.
            using var source = new CancellationTokenSource();
            Assert.ThrowsAny<OperationCanceledException>(() => Run(Points(100), Scalars(100, _ => Full()), new(threads, source.Token), (n, bits) =>
            {
                source.Cancel();
                return MsmPlan.WithWindow(4, n, bits, threads);
            }));
        }
    }

    [Fact]
    public unsafe void Sums_of_groups_observe_cancellation_in_every_block()
    {
        using IGroupSums<TField, TCurve> sums = GroupSums.Create<TField, TCurve>(KernelTier.Portable);
        Affine<TField, TCurve> p = default;
        uint index = 0, end = 1;
        Assert.Throws<OperationCanceledException>(() =>
        {
            Affine<TField, TCurve> point = p, sum;
            uint i = index, e = end;
            sums.Sum(&point, &i, &e, 1, &sum, new(canceled: true));
        });
    }

    [Fact]
    public void Fixed_base_products_equal_single_multiplications()
    {
        Affine<TField, TCurve> p = random.SubgroupPoint<TField, TCurve>();
        foreach (int expected in new[] { 0, 1, 60, 5000 })
        {
            var table = new FixedBaseTable<TField, TCurve>(p, expected, new(2));
            foreach (int n in new[] { 0, 1, 2, 100 })
            {
                Scalar256[] scalars = Scalars(n, i => i switch
                {
                    0 => default,
                    1 => new(1),
                    2 => new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue),
                    3 => Words(TCurve.Order),
                    < 30 => Words(BigInteger.One << (9 * (i - 3))),
                    _ => Full(),
                });
                var products = new Affine<TField, TCurve>[n];
                table.Multiply(scalars, products, new(n % 3 + 1));
                for (int i = 0; i < n; i++)
                {
                    Assert.Equal(ScalarMultiplication.Multiply<TField, TCurve>(p, Integer(scalars[i])).ToAffine(), products[i]);
                }
            }
        }

        var none = new FixedBaseTable<TField, TCurve>(default, 10);
        var zeros = new Affine<TField, TCurve>[] { p, p };
        none.Multiply([Full(), new(3)], zeros);
        Assert.All(zeros, z => Assert.True(z.IsInfinity));
        Assert.Throws<ArgumentException>(() => none.Multiply(new Scalar256[1], zeros));
        Assert.Throws<OperationCanceledException>(() => none.Multiply([new(3)], zeros.AsSpan(1), new(1, new(canceled: true))));
    }

    [Fact]
    public void Precomputed_bases_give_the_same_sums()
    {
        foreach (int n in new[] { 0, 1, 2, 60, 1100 })
        {
            Affine<TField, TCurve>[] points = Points(n);
            for (int i = 3; i < n; i += 7)
            {
                points[i] = i % 2 == 0 ? default : points[i - 1];
            }

            using var bases = new PrecomputedBases<TField, TCurve>(points, new(2));
            Assert.Equal(n, bases.Count);
            Assert.Equal(PrecomputedBases<TField, TCurve>.BytesFor(n), bases.Bytes);
            foreach (Scalar256[] scalars in new[]
            {
                Scalars(n, _ => Full()), Scalars(n, _ => default), Scalars(n, _ => new(1)), Scalars(n, i => i % 3 == 0 ? Full() : new(random.NextUInt64())),
                Scalars(n, _ => new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue)),
            })
            {
                Assert.Equal(Run(points, scalars, OneThread).ToAffine(), bases.Multiply(scalars, new(1 + (n % 2))).ToAffine());
            }

            Assert.Throws<ArgumentException>(() => bases.Multiply(new Scalar256[n + 1]));
        }

        var closed = new PrecomputedBases<TField, TCurve>(Points(1));
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => closed.Multiply(new Scalar256[1]));
        Assert.Throws<OperationCanceledException>(() => new PrecomputedBases<TField, TCurve>(Points(1), new(1, new(canceled: true))));
    }

    private static Jacobian<TField, TCurve> Run(
        Affine<TField, TCurve>[] points, Scalar256[] scalars, EngineOptions options, Func<int, int, MsmPlan>? choose = null) =>
        choose is null
            ? CpuEngine.Default.Multiply<TField, TCurve>(points, scalars, options)
            : Pippenger.Multiply<TField, TCurve>(points, scalars, options, KernelTiers.Current, choose);

    private static Affine<TField, TCurve> Naive(Affine<TField, TCurve>[] points, Scalar256[] scalars)
    {
        Jacobian<TField, TCurve> sum = default;
        for (int i = 0; i < points.Length; i++)
        {
            sum += ScalarMultiplication.Multiply<TField, TCurve>(points[i], Integer(scalars[i]));
        }

        return sum.ToAffine();
    }

    private static BigInteger Integer(Scalar256 s) =>
        s.Word0 + ((BigInteger)s.Word1 << 64) + ((BigInteger)s.Word2 << 128) + ((BigInteger)s.Word3 << 192);

    private static Scalar256 Words(BigInteger k)
    {
        ulong Word(int i) => (ulong)((k >> (64 * i)) & ulong.MaxValue);
        return new(Word(0), Word(1), Word(2), Word(3));
    }

    private void Check(Affine<TField, TCurve>[] points, Scalar256[] scalars)
    {
        Affine<TField, TCurve> expected = Naive(points, scalars);
        Assert.Equal(expected, Run(points, scalars, OneThread).ToAffine());
        Assert.Equal(expected, Run(points, scalars, new(2)).ToAffine());
    }

    private Scalar256 Full() => new(random.NextUInt64(), random.NextUInt64(), random.NextUInt64(), random.NextUInt64());

    private Scalar256[] Scalars(int n, Func<int, Scalar256> make) => [.. Enumerable.Range(0, n).Select(make)];

    private Affine<TField, TCurve>[] Points(int n)
    {
        Jacobian<TField, TCurve> p = random.SubgroupPoint<TField, TCurve>();
        var points = new Jacobian<TField, TCurve>[n];
        for (int i = 0; i < n; i++)
        {
            points[i] = p;
            p = Jacobian<TField, TCurve>.Double(p) + (Affine<TField, TCurve>)TCurve.Generator;
        }

        var affine = new Affine<TField, TCurve>[n];
        Jacobian<TField, TCurve>.ToAffine(points, affine);
        return affine;
    }
}

public sealed class MsmScalarTests(ITestOutputHelper output)
{
    private readonly OracleRandom random = new(output);

    [Fact]
    public void Scalars_are_the_canonical_bytes_of_field_elements()
    {
        Check<Bls12381Fr>();
        Check<Bn254Fr>();
        Check<ToyField>();
        Assert.Throws<ArgumentException>(() => Scalar256.From(Bls12381Fp.One));
        Assert.Throws<ArgumentException>(() => Scalar256.From<Bn254Fr>(new Bn254Fr[2], new Scalar256[3]));
    }

    private void Check<TFr>()
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr[] elements = [TFr.Zero, TFr.One, -TFr.One, .. Enumerable.Range(0, 20).Select(_ => random.Element<TFr>())];
        var scalars = new Scalar256[elements.Length];
        Scalar256.From<TFr>(elements, scalars);
        for (int i = 0; i < elements.Length; i++)
        {
            byte[] bytes = new byte[32];
            PrimeField.WriteLittleEndian(elements[i], bytes.AsSpan(0, PrimeField.ByteCount<TFr>()));
            Assert.Equal(MemoryMarshal.Read<Scalar256>(bytes), scalars[i]);
            Assert.Equal(scalars[i], Scalar256.From(elements[i]));
        }
    }
}
