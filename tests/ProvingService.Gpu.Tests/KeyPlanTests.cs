// Owns: tests of how a key's plan gives way to less memory, and of how devices share a key. No device takes part.

using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class KeyPlanTests
{
    private static readonly GpuDeviceInfo Device = new()
    {
        Api = GpuApi.Cuda, Index = 0, Name = "", Vendor = "", DriverVersion = "", MemoryBytes = long.MaxValue,
        MaxAllocationBytes = long.MaxValue, ComputeUnits = 100, MaxGroupSize = 1024, LocalMemoryBytes = 1 << 16,
    };

    [Theory]
    [InlineData(CurveId.Bls12381, 1 << 20)]
    [InlineData(CurveId.Bn254, 1000)]
    [InlineData(CurveId.Bls12381, 400)]
    public void Less_memory_takes_shorter_runs_then_fewer_multiples_then_bases_that_come_and_go(CurveId curve, int wires)
    {
        var sizes = new GpuKeySizes(curve, wires, wires - 2, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wires));
        long free = long.MaxValue;
        int last = 0;
        var seen = new List<GpuKeyThrift>();
        while (Fit(free) is { } fit)
        {
            Assert.True(fit.Plan.ResidentBytes + fit.Plan.PassingBytes <= free);
            Assert.True(fit.Step >= last, "Less memory led to an earlier step.");
            Assert.Equal(GpuKeyThrift.Steps[fit.Step], fit.Plan.Thrift);
            Assert.Equal(!fit.Plan.Thrift.IsResident, fit.Plan.ResidentBytes == 0);
            foreach ((KeyWork part, GpuMsmPlan msm) in fit.Plan.Msms)
            {
                msm.Check(fit.Plan.Thrift.IsResident ? sizes.Count(part) : msm.Capacity);
                Assert.True(msm.Levels <= fit.Plan.Thrift.Levels);
                Assert.True(msm.Fold);
            }

            last = fit.Step;
            seen.Add(fit.Plan.Thrift);
            free = fit.Plan.ResidentBytes + fit.Plan.PassingBytes - 1;
        }

        Assert.Equal(GpuKeyThrift.Steps[0], seen[0]);

        // Of a few points all multiples take less than buckets without them.
        Assert.Equal(wires < 100, seen[^1].IsResident);
        Assert.Null(Fit(0));

        (GpuKeyPlan Plan, int Step)? Fit(long bytes) => GpuKeyPlan.Fit(sizes, GpuKeyShares.Parts, bytes, 0, GpuTuning.Default, Device);
    }

    [Fact]
    public void Steps_become_thriftier()
    {
        Assert.Equal(1, GpuKeyThrift.Steps[GpuKeyThrift.FirstPlain].Levels);
        Assert.True(GpuKeyThrift.Steps[GpuKeyThrift.FirstPlain].IsResident);
        Assert.True(GpuKeyThrift.Steps[GpuKeyThrift.FirstPlain - 1].Levels > 1);
        Assert.Equal(GpuKeyThrift.Steps, GpuKeyThrift.Steps.OrderByDescending(step => (step.IsResident, step.Levels, -step.Halvings)));
    }

    [Fact]
    public void One_allocation_is_never_longer_than_the_device_allows()
    {
        var sizes = new GpuKeySizes(CurveId.Bls12381, 1 << 20, 1 << 20, 1 << 20);
        GpuDeviceInfo small = Device with { MaxAllocationBytes = 256 << 20 };
        (GpuKeyPlan plan, _) = GpuKeyPlan.Fit(sizes, GpuKeyShares.Parts, long.MaxValue, 0, GpuTuning.Default, small)!.Value;
        Assert.All(plan.Msms, msm => Assert.True(msm.Value.TableBytes(sizes.Count(msm.Key)) <= small.MaxAllocationBytes));
        Assert.All(plan.Msms.Values, msm => Assert.True(msm.ScratchLengths().Max() <= small.MaxAllocationBytes));
    }

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(2, 667)]
    [InlineData(3, 560)]
    [InlineData(5, 402)]
    public void Devices_share_the_parts_evenly(int devices, int mostPerMille)
    {
        const int Size = 1 << 20;
        IReadOnlyList<KeyWork>[] shares = GpuKeyShares.Assign(devices, Size, Size, Size);
        Assert.Equal(GpuKeyShares.Parts.Order(), shares.SelectMany(share => share).Order());
        double[] loads = [.. shares.Select(share => share.Sum(part => part == KeyWork.B2 ? 2.7 : part == KeyWork.H ? 1.25 : 1))];
        Assert.InRange(loads.Max() / loads.Sum() * 1000, 0, mostPerMille);
        Assert.All(shares, share => Assert.NotEmpty(share));
    }
}
