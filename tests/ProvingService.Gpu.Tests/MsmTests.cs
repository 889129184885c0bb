// Owns: whole MSMs on a device against the portable engine.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public abstract class MsmTests<TField, TCurve>(OpenClFixture fixture, ITestOutputHelper output)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private readonly OracleRandom random = new(output);

    private static MsmShape Shape => MsmShape.Of<TField, TCurve>();

    [OpenClTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(777)]
    public void Equals_the_portable_engine(int count) => Require(Points(count), Scalars(count), Plan(8, 100));

    [OpenClFact]
    public void Equals_the_portable_engine_with_edge_scalars_and_edge_points()
    {
        Affine<TField, TCurve>[] points = Points(200);
        Scalar256[] scalars = Scalars(200);
        var order = MsmVectors.Scalar(TCurve.Order);
        Scalar256[] edges =
        [
            default, new(1), new(2), order, order with { Word0 = order.Word0 - 1 }, order with { Word0 = order.Word0 + 1 },
            new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue), new(0, 0, 0, 1UL << 63), new(1UL << 63),
            new(0x8080808080808080, 0x8080808080808080, 0x8080808080808080, 0x8080808080808080),
            new(0x8181818181818181, 0x7f7f7f7f7f7f7f7f, 0x8080808080808080, 0x7f80807f80817f80),
        ];
        for (int i = 0; i < 2 * edges.Length; i++)
        {
            scalars[i] = edges[i / 2];
        }

        for (int i = 30; i < 60; i += 3)
        {
            points[i] = default;
            points[i + 1] = points[7];
            points[i + 2] = -points[7];
            scalars[i + 1] = scalars[i + 2] = scalars[i];
        }

        Require(points, scalars, Plan(8, 200));
    }

    [OpenClFact]
    public void Takes_points_outside_the_subgroup()
    {
        Affine<TField, TCurve>[] points = Points(50);
        for (int i = 0; i < points.Length; i += 2)
        {
            points[i] = CurvePoint();
        }

        Require(points, Scalars(50), Plan(7, 64));
    }

    [OpenClTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void Equal_scalars_fill_few_buckets(ulong scalar)
    {
        var scalars = new Scalar256[3000];
        Array.Fill(scalars, scalar == 1 ? new(1) : Scalars(1)[0]);
        GpuMsmPlan plan = Plan(8, 3000) with { Segment = 2 };
        Require(Points(3000), scalars, plan);
    }

    [OpenClTheory]
    [InlineData(2 * GpuMsmPlan.Heavy, 1)]
    [InlineData((2 * GpuMsmPlan.Heavy) + 1, 0)]
    [InlineData(2 * (GpuMsmPlan.Heavy + 1), (2 * GpuMsmPlan.Heavy) + 3)]
    [InlineData(2 * GpuMsmPlan.HeavyChunk, (2 * GpuMsmPlan.HeavyChunk) - 1)]
    [InlineData(2 * (GpuMsmPlan.HeavyChunk + 1), (2 * GpuMsmPlan.HeavyChunk) + 1)]
    [InlineData(4 * GpuMsmPlan.HeavyChunk, 5)]
    public void Buckets_at_the_edge_of_a_segment_of_being_heavy_and_of_a_chunk(int first, int second)
    {
        var scalars = new Scalar256[first + second];
        Array.Fill(scalars, new(3), 0, first);
        Array.Fill(scalars, new(128), first, second);
        Require(Points(scalars.Length), scalars, Plan(8, scalars.Length) with { Segment = 2 });
    }

    [OpenClFact]
    public void Zeros_leave_all_buckets_empty() => Require(Points(300), new Scalar256[300], Plan(8, 300));

    [OpenClTheory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(13)]
    public void Scalars_at_the_fold_take_any_window(int window)
    {
        BigInteger half = TCurve.Order / 2;
        Scalar256[] scalars = [.. new[] { 0, 1, 2, half - 1, half, half + 1, half + 2, TCurve.Order - 2, TCurve.Order - 1 }.Select(MsmVectors.Scalar)];
        GpuMsmPlan plan = Plan(window, scalars.Length) with { Fold = true };
        Require(Points(scalars.Length), scalars, plan with { Sets = Math.Min(plan.Windows, 64) });
    }

    [OpenClFact]
    public void Equal_and_opposite_points_are_doubled_and_cancelled()
    {
        Affine<TField, TCurve>[] points = new Affine<TField, TCurve>[300];
        Array.Fill(points, Points(1)[0]);
        Require(points, Scalars(300), Plan(6, 300));
        for (int i = 0; i < points.Length; i += 2)
        {
            points[i] = -points[i];
        }

        Scalar256[] scalars = new Scalar256[300];
        Array.Fill(scalars, Scalars(1)[0]);
        Require(points, scalars, Plan(6, 300));
    }

    [OpenClTheory]
    [InlineData(1, false)]
    [InlineData(17, false)]
    [InlineData(1, true)]
    [InlineData(32, true)]
    public void Tables_of_multiples_stand_in_for_bucket_sets(int sets, bool fold)
    {
        GpuMsmPlan plan = Plan(8, 120) with { Sets = sets, Fold = fold };
        Scalar256[] scalars = fold ? FieldScalars(40) : Scalars(40);
        Affine<TField, TCurve>[] points = Points(40);
        points[5] = default;
        Require(points, scalars, plan);
    }

    [OpenClFact]
    public void Infinity_does_not_spoil_the_multiples_that_share_its_inversion()
    {
        // A work-item has points i and i + 128.
        Affine<TField, TCurve>[] points = Points(140);
        points[5] = points[134] = points[7] = points[135] = default;
        Require(points, Scalars(140), Plan(8, 140) with { Sets = 17 });
    }

    [OpenClFact]
    public void Runs_in_parts_where_capacity_is_short() =>
        Require(Points(500), Scalars(500), Plan(7, 128) with { Sets = 37, AdditionsPerLaunch = 1 << 13 });

    [OpenClFact]
    public void Ranges_of_bases_and_scalars_may_differ()
    {
        Affine<TField, TCurve>[] points = Points(100);
        Scalar256[] scalars = FieldScalars(100);
        GpuMsmPlan plan = Plan(6, 40) with { Sets = 22, Fold = true };
        GpuSession session = fixture.Session;
        using var bases = GpuBases<TField, TCurve>.Load(session, points, plan);
        using GpuReservation uploaded = session.Memory.Reserve(32 * scalars.Length);
        MsmVectors.Upload<Scalar256>(session, scalars, uploaded[0]);
        Jacobian<TField, TCurve> sum = GpuMsm.Run(session, bases, uploaded[0], 3, 20, 75, plan);
        Assert.Equal(Expected(points.AsSpan(20, 75), scalars.AsSpan(3, 75)), sum.ToAffine());
    }

    [OpenClFact]
    public void Equals_the_portable_engine_at_4096_points()
    {
        GpuMsmPlan plan = Plan(10, 4096) with { Fold = true, Segment = 16 };
        plan = plan with { Sets = plan.Windows };
        Require(Points(4096), FieldScalars(4096), plan);
    }

    private static GpuMsmPlan Plan(int window, int capacity)
    {
        var plan = new GpuMsmPlan { Shape = Shape, Capacity = capacity, Window = window, Sets = 1, Segment = 8 };
        return plan with { Sets = plan.Windows };
    }

    private static Affine<TField, TCurve> Expected(ReadOnlySpan<Affine<TField, TCurve>> points, ReadOnlySpan<Scalar256> scalars) =>
        PortableEngine.Instance.Multiply(points, scalars).ToAffine();

    private void Require(Affine<TField, TCurve>[] points, Scalar256[] scalars, GpuMsmPlan plan)
    {
        Jacobian<TField, TCurve> sum = GpuMsm.Run<TField, TCurve>(fixture.Session, points, scalars, plan);
        Assert.Equal(Expected(points, scalars), sum.ToAffine());
    }

    private Scalar256[] Scalars(int count)
    {
        var scalars = new Scalar256[count];
        for (int i = 0; i < count; i++)
        {
            scalars[i] = new(random.NextUInt64(), random.NextUInt64(), random.NextUInt64(), random.NextUInt64());
        }

        return scalars;
    }

    private Scalar256[] FieldScalars(int count)
    {
        var scalars = new Scalar256[count];
        for (int i = 0; i < count; i++)
        {
            scalars[i] = MsmVectors.Scalar(i < 4 ? new(i) : i < 8 ? TCurve.Order - i + 3 : random.Next(TCurve.Order));
        }

        return scalars;
    }

    /// <summary>Different points of the subgroup: P, P + Q, P + 2Q, ...</summary>
    private Affine<TField, TCurve>[] Points(int count)
    {
        Jacobian<TField, TCurve> point = random.SubgroupPoint<TField, TCurve>();
        Affine<TField, TCurve> step = random.SubgroupPoint<TField, TCurve>();
        var points = new Jacobian<TField, TCurve>[count];
        for (int i = 0; i < count; i++)
        {
            points[i] = point;
            point += step;
        }

        var affine = new Affine<TField, TCurve>[count];
        Jacobian<TField, TCurve>.ToAffine(points, affine);
        return affine;
    }

    /// <summary>A point of the curve, in a subgroup only by chance.</summary>
    private Affine<TField, TCurve> CurvePoint()
    {
        while (true)
        {
            TField x = random.SubgroupPoint<TField, TCurve>().X + TField.One;
            if (TField.TrySqrt((TField.Square(x) * x) + TCurve.B, out TField y))
            {
                return new(x, y);
            }
        }
    }
}

public sealed class MsmBls12381G1Tests(OpenClFixture fixture, ITestOutputHelper output)
    : MsmTests<Bls12381Fp, Bls12381>(fixture, output);

public sealed class MsmBls12381G2Tests(OpenClFixture fixture, ITestOutputHelper output)
    : MsmTests<Fp2<Bls12381Fp>, Bls12381>(fixture, output);

public sealed class MsmBn254G1Tests(OpenClFixture fixture, ITestOutputHelper output)
    : MsmTests<Bn254Fp, Bn254>(fixture, output);

public sealed class MsmBn254G2Tests(OpenClFixture fixture, ITestOutputHelper output)
    : MsmTests<Fp2<Bn254Fp>, Bn254>(fixture, output);
