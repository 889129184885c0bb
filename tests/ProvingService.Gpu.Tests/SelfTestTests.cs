// Owns: tests of the self-test: a device that fails it is not used, and every kernel that a proof needs takes part in it.

using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;
using Keys = ProvingService.Gpu.Tests.EngineKeys<
    ProvingService.Algebra.Bn254,
    ProvingService.Algebra.Fp256<ProvingService.Algebra.Bn254FpParams>,
    ProvingService.Algebra.Fp256<ProvingService.Algebra.Bn254FrParams>>;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class SelfTestTests : EngineBench<Bn254, Bn254Fp, Bn254Fr>
{
    [OpenClFact]
    public void A_device_that_computes_wrongly_from_the_start_fails_its_self_test()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        Faults.Corrupts = _ => true;
        GpuEngine engine = Engine(selfTest: true);
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));
        Assert.Contains("fails its self-test", Assert.Single(Incidents).Message, StringComparison.Ordinal);
        Assert.Equal(GpuDeviceState.OutOfUse, engine.Devices[0].State);
    }

    [OpenClTheory]
    [InlineData(1, "a sum over")]
    [InlineData(2, "a sum over")]
    [InlineData(3, "a sum over")]
    [InlineData(4, "a sum over")]
    [InlineData(5, "a sum over")]
    [InlineData(6, "a sum over")]
    [InlineData(7, "a product with a matrix")]
    [InlineData(8, "a quotient")]
    public void Each_result_of_the_self_test_is_looked_at(int wrong, string words)
    {
        int results = 0;
        Faults.Corrupts = _ => ++results == wrong;
        using var device = new GpuDevice(new FaultyPlatform(new OpenClPlatform(), Faults), OpenClFixture.Device, new());
        GpuException error = Assert.Throws<GpuException>(() => device.Run(
            session =>
            {
                GpuSelfTest.Run(session, CurveId.Bn254);
                return 0;
            },
            default));
        Assert.Contains("fails its self-test: " + words, error.Message, StringComparison.Ordinal);
        Assert.Equal(wrong, results);
    }

    [OpenClFact]
    public void The_self_test_takes_part_in_everything_that_a_proof_needs()
    {
        using GpuSession session = new(new FaultyPlatform(new OpenClPlatform(), Faults).Open(OpenClFixture.Device), 1L << 28);
        GpuSelfTest.Run(session, CurveId.Bn254);
        HashSet<string> tested = [.. Faults.Kernels];
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine(new() { Tuning = ThreeLevels(11) }, isCpu: false, budget: 1L << 30);
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));

        // A copy in another form, and what only long scans need.
        Assert.Equal([], Faults.Kernels.Except(tested).Except(["rows_scalars", "scan_totals", "scan_add"]));
        Assert.Contains("msm_heavy", tested);
    }
}
