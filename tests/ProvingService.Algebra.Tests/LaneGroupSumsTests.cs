// Owns: sums of groups in lanes against the portable ones, on every group and every tier of the machine that has lanes.

using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381G1LaneSumsTests(ITestOutputHelper output) : LaneGroupSumsTests<Bls12381Fp, Bls12381>(output);

public sealed class Bls12381G2LaneSumsTests(ITestOutputHelper output) : LaneGroupSumsTests<Fp2<Bls12381Fp>, Bls12381>(output);

public sealed class Bn254G1LaneSumsTests(ITestOutputHelper output) : LaneGroupSumsTests<Bn254Fp, Bn254>(output);

public sealed class Bn254G2LaneSumsTests(ITestOutputHelper output) : LaneGroupSumsTests<Fp2<Bn254Fp>, Bn254>(output);

public abstract class LaneGroupSumsTests<TField, TCurve>(ITestOutputHelper output)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private const uint SignBit = 1U << 31;
    private readonly OracleRandom random = new(output);

    [Fact]
    public void Random_points_in_groups_of_all_sizes()
    {
        Affine<TField, TCurve>[] points = Points(500);
        foreach ((int groups, int total) in new[] { (1, 0), (1, 1), (1, 2), (1, 3), (1, 9000), (3, 9), (40, 100), (400, 20_000), (5000, 5000), (7000, 20_000) })
        {
            Compare(points, Indices(total, points.Length), Ends(groups, total));
        }
    }

    [Fact]
    public void Equal_and_opposite_points_meet_in_every_way()
    {
        // Three points and their negatives: nearly every addition is a doubling, a cancellation or one to infinity.
        Affine<TField, TCurve>[] points = Points(3);
        Compare(points, Indices(6000, 3), Ends(700, 6000));
        Compare(points, Indices(6000, 1), Ends(700, 6000));
        Compare(points, [.. Enumerable.Repeat(0U, 5000)], [5000]);
        Compare(points, [.. Enumerable.Range(0, 5000).Select(i => i % 2 == 0 ? 0U : SignBit)], [1, 2500, 5000]);
        Compare(points, [0, SignBit, 1, 1, 1 | SignBit, 2, 2 | SignBit, 2, 2 | SignBit], [3, 6, 9]);
    }

    [Fact]
    public void One_exceptional_pair_spoils_nothing_else_in_its_batch()
    {
        Affine<TField, TCurve>[] points = Points(4001);
        uint[] indices = [.. Enumerable.Range(0, 4000).Select(i => (uint)i)];
        indices[1717] = indices[1716];
        indices[2001] = indices[2000] | SignBit;
        Compare(points, indices, [.. Enumerable.Range(1, 1000).Select(g => (uint)(4 * g))]);
    }

    [Fact]
    public void Coordinates_at_the_edges_of_the_field()
    {
        // The kernels add whatever satisfies the formulas; only differing abscissas are asked for, not a curve.
        TField one = TField.One, minusOne = TField.Zero - one, two = TField.Double(one), half = TField.Inverse(two);
        TField[] edges = [one, minusOne, two, TField.Zero - two, half, TField.Zero - half];
        var points = new List<Affine<TField, TCurve>>();
        for (int i = 0; i < edges.Length; i++)
        {
            for (int j = 0; j < edges.Length; j++)
            {
                points.Add(new(edges[i], edges[j]));
            }
        }

        points.Add(new(one, TField.Zero));
        points.Add(new(TField.Zero, one));
        uint[] indices = Indices(3000, points.Count);
        Compare([.. points], indices, [.. Enumerable.Range(1, 1500).Select(g => (uint)(2 * g))]);
    }

    [Fact]
    public unsafe void Cancellation_is_seen()
    {
        foreach (KernelTier tier in Tiers())
        {
            using IGroupSums<TField, TCurve> sums = GroupSums.Create<TField, TCurve>(tier);
            Affine<TField, TCurve>[] points = Points(2);
            Assert.Throws<OperationCanceledException>(() =>
            {
                uint* indices = stackalloc uint[] { 0, 1 };
                uint end = 2;
                Affine<TField, TCurve> sum;
                fixed (Affine<TField, TCurve>* source = points)
                {
                    sums.Sum(source, indices, &end, 1, &sum, new(canceled: true));
                }
            });
        }
    }

    /// <summary>The tiers of this machine that add in lanes; a machine without any has nothing to compare and says so.</summary>
    private IEnumerable<KernelTier> Tiers()
    {
        KernelTier[] tiers = [.. Enum.GetValues<KernelTier>().Where(t => KernelTiers.IsSupported(t) && LaneKernels.Of<TField>(t) is not null)];
        output.WriteLine(tiers.Length == 0 ? "This machine has no lanes: nothing was compared." : $"Compared: {string.Join(", ", tiers)}.");
        return tiers;
    }

    private unsafe void Compare(Affine<TField, TCurve>[] points, uint[] indices, uint[] ends)
    {
        var expected = new Affine<TField, TCurve>[ends.Length];
        var actual = new Affine<TField, TCurve>[ends.Length];
        uint[] padded = [.. indices, 0];
        fixed (Affine<TField, TCurve>* source = points, portable = expected, lanes = actual)
        fixed (uint* index = padded, end = ends)
        {
            using IGroupSums<TField, TCurve> reference = GroupSums.Create<TField, TCurve>(KernelTier.Portable);
            reference.Sum(source, index, end, ends.Length, portable, default);
            foreach (KernelTier tier in Tiers())
            {
                Array.Fill(actual, points[0]);
                using IGroupSums<TField, TCurve> sums = GroupSums.Create<TField, TCurve>(tier);
                sums.Sum(source, index, end, ends.Length, lanes, default);
                for (int g = 0; g < ends.Length; g++)
                {
                    Assert.True(expected[g] == actual[g], $"{tier}: group {g} of {ends.Length} with {indices.Length} points differs.");
                }
            }
        }
    }

    private uint[] Indices(int count, int points) =>
        [.. Enumerable.Range(0, count).Select(_ => (uint)(random.NextUInt64() % (ulong)points) | ((random.NextUInt64() & 1) == 0 ? 0 : SignBit))];

    private uint[] Ends(int groups, int total)
    {
        uint[] ends = [.. Enumerable.Range(0, groups).Select(_ => (uint)(random.NextUInt64() % (ulong)(total + 1)))];
        ends[^1] = (uint)total;
        Array.Sort(ends);
        return ends;
    }

    private Affine<TField, TCurve>[] Points(int count)
    {
        var points = new Jacobian<TField, TCurve>[count];
        Jacobian<TField, TCurve> p = random.SubgroupPoint<TField, TCurve>(), step = random.SubgroupPoint<TField, TCurve>();
        for (int i = 0; i < count; i++)
        {
            points[i] = p;
            p += step;
        }

        var affine = new Affine<TField, TCurve>[count];
        Jacobian<TField, TCurve>.ToAffine(points, affine);
        return affine;
    }
}
