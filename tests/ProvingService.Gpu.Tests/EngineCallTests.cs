// Owns: tests of single sums and transforms through the engine's contracts: on the device, in parts, and on the processor.

using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class EngineCallTests : EngineBench<Bn254, Bn254Fp, Bn254Fr>
{
    private const int Count = 3001;

    [OpenClTheory]
    [InlineData(1 << 20, 1, false)]
    [InlineData(1500, 2, false)]
    [InlineData(1000, 3, false)]
    [InlineData(20, 0, true)]
    public void A_sum_is_made_in_as_many_parts_as_memory_asks_for(int kilobytes, int leastParts, bool isOnProcessor)
    {
        var points = new Affine<Bn254Fp, Bn254>[Count];
        Xyzz<Bn254Fp, Bn254> point = Affine<Bn254Fp, Bn254>.Generator;
        var scalars = new Scalar256[Count];
        for (int i = 0; i < Count; i++)
        {
            // Any integers of 256 bits, not only those below r.
            points[i] = i % 16 == 0 ? (point += points[0]).ToAffine() : points[i - 1];
            scalars[i] = new((ulong)i * 0x9E3779B97F4A7C15, ~(ulong)i, (ulong)i << 32, ulong.MaxValue - (ulong)i);
        }

        points[0] = Affine<Bn254Fp, Bn254>.Generator;
        GpuEngine engine = Engine(budget: 1L << 28);
        Assert.Equal(Expected([points[0]], [scalars[5]]), engine.Multiply<Bn254Fp, Bn254>([points[0]], [scalars[5]]).ToAffine());

        // What is tested here is what comes after the device was opened.
        Faults.Memory = kilobytes * 1024L;
        int before = Faults.Launched["msm_count"];
        Assert.Equal(Expected(points, scalars), engine.Multiply<Bn254Fp, Bn254>(points, scalars).ToAffine());
        int parts = Faults.Launched["msm_count"] - before;
        Assert.True(parts >= leastParts, $"{parts} parts");
        Assert.Equal(isOnProcessor, Incidents.Count > 0);
        Assert.All(Incidents, incident => Assert.Equal(GpuFallback.OutOfMemory, incident.Reason));
    }

    [OpenClFact]
    public void Lengths_that_differ_are_a_mistake_and_nothing_is_infinity()
    {
        GpuEngine engine = Engine();
        Assert.Throws<ArgumentException>(() => engine.Multiply<Bn254Fp, Bn254>(new Affine<Bn254Fp, Bn254>[2], new Scalar256[3]));
        Assert.True(engine.Multiply<Bn254Fp, Bn254>([], []).ToAffine().IsInfinity);
        NttDomain<Bn254Fr> domain = NttDomain<Bn254Fr>.OfLogSize(4);
        Assert.Throws<ArgumentException>(() => engine.Forward(domain, new Bn254Fr[8], NttOrder.NaturalToNatural, Bn254Fr.One));
        Assert.Equal(0, Faults.Opened);
    }

    [OpenClTheory]
    [InlineData(NttOrder.NaturalToNatural)]
    [InlineData(NttOrder.NaturalToReversed)]
    [InlineData(NttOrder.ReversedToNatural)]
    public void Transforms_are_those_of_the_processor_in_both_directions(NttOrder order)
    {
        GpuEngine engine = Engine();
        NttDomain<Bn254Fr> domain = NttDomain<Bn254Fr>.OfLogSize(6);
        Bn254Fr shift = Bn254Fr.FromUInt64(5);
        Bn254Fr[] values = [.. Enumerable.Range(0, domain.Size).Select(i => Bn254Fr.FromUInt64((ulong)(i * i) + 3))];
        Bn254Fr[] expected = [.. values];
        CpuEngine.Default.Forward(domain, expected, order, shift);
        engine.Forward(domain, values, order, shift);
        Assert.Equal(expected, values);
        CpuEngine.Default.Inverse(domain, expected, order, shift);
        engine.Inverse(domain, values, order, shift);
        Assert.Equal(expected, values);
        Assert.Equal((1, 2), (Faults.Opened, (int)engine.Devices[0].Jobs));
    }

    [Theory]
    [InlineData(15, 1)]
    [InlineData(14, 0)]
    public void A_device_is_asked_from_the_size_on_that_is_worth_the_way(int log, int asked)
    {
        // Refused at once: that it was asked is enough.
        Faults.Refuses = true;
        GpuDeviceInfo device = new()
        {
            Api = GpuApi.OpenCl, Index = 0, Name = "", Vendor = "", DriverVersion = "", MemoryBytes = 1L << 33,
            MaxAllocationBytes = 1L << 33, ComputeUnits = 1, MaxGroupSize = 256, LocalMemoryBytes = 1 << 16,
        };
        using var engine = new GpuEngine([(new FaultyPlatform(new OpenClPlatform(), Faults), device)], new());
        engine.Multiply<Bn254Fp, Bn254>(new Affine<Bn254Fp, Bn254>[1 << log], new Scalar256[1 << log]);
        Assert.Equal(asked, Faults.Opened);
    }

    private static Affine<Bn254Fp, Bn254> Expected(Affine<Bn254Fp, Bn254>[] points, Scalar256[] scalars) =>
        CpuEngine.Default.Multiply<Bn254Fp, Bn254>(points, scalars).ToAffine();
}
