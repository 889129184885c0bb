// Owns: tests of MSM plans as numbers: windows, partitions, memory, the model's choices. No device.

using System.Numerics;
using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class MsmPlanTests
{
    private static readonly GpuDeviceInfo H200 = new()
    {
        Api = GpuApi.Cuda, Index = 0, Name = "H200", Vendor = "", DriverVersion = "", MemoryBytes = 141L << 30,
        MaxAllocationBytes = 141L << 30, ComputeUnits = 132, MaxGroupSize = 1024, LocalMemoryBytes = 48 << 10,
    };

    public static TheoryData<CurveId, int> Groups => new()
    {
        { CurveId.Bls12381, 1 }, { CurveId.Bls12381, 2 }, { CurveId.Bn254, 1 }, { CurveId.Bn254, 2 },
    };

    [Theory]
    [MemberData(nameof(Groups))]
    public void Windows_cover_the_scalars_with_the_last_carry(CurveId curve, int group)
    {
        BigInteger order = curve == CurveId.Bls12381 ? Bls12381Fr.Modulus : Bn254Fr.Modulus;
        foreach (bool fold in (bool[])[false, true])
        {
            // The largest number of signed digits in (-2^(c-1), 2^(c-1)].
            BigInteger most = fold ? (order - 1) / 2 : (BigInteger.One << 256) - 1;
            for (int c = 2; c <= 23; c++)
            {
                GpuMsmPlan plan = Plan(new(curve, group), c) with { Fold = fold };
                BigInteger top = most >> (c * (plan.Windows - 1));
                Assert.True(top + 1 <= BigInteger.One << (c - 1), $"{c} bits, {plan.Windows} windows");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Partitions_cover_the_buckets_and_fit_local_memory(CurveId curve, int group)
    {
        for (int c = 2; c <= 23; c++)
        {
            foreach (int levels in (int[])[1, 2, 5, 1000])
            {
                GpuMsmPlan plan = Plan(new(curve, group), c);
                plan = plan with { Sets = (plan.Windows + levels - 1) / levels };
                Assert.True(plan.Levels * plan.Sets >= plan.Windows);
                if (plan.Keys <= 1 << 22)
                {
                    plan.Check(1 << 10);
                    Assert.InRange(plan.LowBits, 1, 11);
                    Assert.True((long)plan.Partitions << plan.LowBits >= plan.Keys);
                    Assert.True((plan.Partitions - 1L) << plan.LowBits < plan.Keys);
                }
                else
                {
                    Assert.Throws<ArgumentException>(() => plan.Check(1 << 10));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void The_model_chooses_what_kernels_can_follow(CurveId curve, int group)
    {
        foreach (int log in (int[])[0, 1, 6, 10, 16, 20, 24, 26])
        {
            foreach (int levels in (int[])[1, 2, 5, 100])
            {
                int capacity = 1 << Math.Min(log, 24);
                GpuMsmPlan plan = GpuMsmDefaults.Choose(H200, new(curve, group), 1 << log, true, levels, capacity);
                plan.Check(1 << log);
                Assert.True(plan.Levels <= levels);
                Assert.All(plan.ScratchLengths(), length => Assert.InRange(length, 0, 1L << 35));
            }
        }
    }

    [Fact]
    public void The_model_chooses_what_the_design_foresees()
    {
        GpuMsmPlan plan = GpuMsmDefaults.Choose(H200, new(CurveId.Bls12381, 1), 1 << 20, true, 100);
        Assert.InRange(plan.Window, 16, 20);
        Assert.Equal(1, plan.Sets);
        plan = GpuMsmDefaults.Choose(H200, new(CurveId.Bls12381, 1), 1 << 24, true, 100);
        Assert.InRange(plan.Window, 20, 23);
        Assert.Equal(1, plan.Sets);
        plan = GpuMsmDefaults.Choose(H200, new(CurveId.Bls12381, 1), 1 << 24, true, 1);
        Assert.InRange(plan.Window, 15, 20);
        Assert.Equal(1, plan.Levels);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Any_number_of_points_has_a_plan(CurveId curve, int group)
    {
        foreach (int count in (int[])[(1 << 27) - 1, 1 << 27, (1 << 28) - 1, 1 << 28, int.MaxValue])
        {
            foreach (bool fold in (bool[])[false, true])
            {
                GpuMsmPlan plan = GpuMsmDefaults.Choose(H200, new(curve, group), count, fold, maxLevels: 4);
                plan.Check(count);
                Assert.Equal(Math.Min(count, GpuMsmPlan.LongestRun), plan.Capacity);
                Assert.All(plan.ScratchLengths(), length => Assert.InRange(length, 0, 1L << 38));
            }
        }
    }

    [Fact]
    public void Shorter_runs_have_room_in_the_scratch_of_longer_ones()
    {
        int[] edges = [1, 2, 255, 256, 257, 511, 512, 513, 131071, 131072, 131073, 131327, 131328, 131329, 262143, 262144, 262145, 1 << 20];
        foreach (int capacity in edges)
        {
            GpuMsmPlan plan = Plan(new(CurveId.Bn254, 1), 12) with { Capacity = capacity, Segment = 2 };
            long counts = plan.ScratchLengths()[(int)MsmScratch.Counts], totals = plan.ScratchLengths()[(int)MsmScratch.Totals];
            foreach (int count in edges.Where(count => count <= capacity))
            {
                int length = (plan.Partitions * GpuMsmPlan.Groups(count, GpuMsmPlan.ScalarTile(count))) + 1;
                Assert.True(4L * length <= counts, $"{count} of {capacity}");
                Assert.True(4L * GpuMsmPlan.ScanGroups(length) <= totals, $"{count} of {capacity}");
            }
        }
    }

    [Fact]
    public void Plans_that_kernels_cannot_follow_are_refused()
    {
        GpuMsmPlan plan = Plan(new(CurveId.Bls12381, 1), 10);
        plan.Check(1000);
        GpuMsmPlan[] wrong =
        [
            plan with { Window = 1 }, plan with { Window = 24 }, plan with { Sets = 0 }, plan with { Sets = 100 },
            plan with { Segment = 1 }, plan with { Segment = 4096 }, plan with { Capacity = 0 },
            plan with { Capacity = int.MaxValue / 2 }, plan with { AdditionsPerLaunch = 100 }, plan with { LogOwnBuckets = -1 },
            plan with { LogOwnBuckets = 21 }, plan with { Block = 31 }, plan with { Block = 1025 },
        ];
        Assert.All(wrong, wrong => Assert.Throws<ArgumentException>(() => wrong.Check(1000)));
        Assert.Throws<ArgumentException>(() => (plan with { Sets = 1 }).Check(1 << 27));
    }

    private static GpuMsmPlan Plan(MsmShape shape, int window)
    {
        var plan = new GpuMsmPlan { Shape = shape, Capacity = 1 << 10, Window = window, Sets = 1, Segment = 16 };
        return plan with { Sets = plan.Windows };
    }
}
