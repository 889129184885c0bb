// Owns: tests of what tuning finds, keeps and is used for.

using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClEngineCollection.Name)]
[Trait("Kernels", "any")]
public sealed class TuningTests : IDisposable
{
    private static readonly GpuDeviceInfo Device = new()
    {
        Api = GpuApi.Cuda, Index = 0, Name = "A device", Vendor = "", DriverVersion = "1.2", MemoryBytes = 1L << 36,
        MaxAllocationBytes = 1L << 36, ComputeUnits = 100, MaxGroupSize = 1024, LocalMemoryBytes = 1 << 16,
    };

    private static readonly MsmShape G1 = new(CurveId.Bls12381, 1);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_keeps_everything()
    {
        GpuTuning tuning = Example();
        GpuTuning read = WriteAndRead(GpuTuningFile.ToJson(tuning));
        Assert.Equal(tuning.Msms.AsEnumerable(), read.Msms);
        Assert.Equal(tuning.Ntts.AsEnumerable(), read.Ntts);
        Assert.Equal(tuning.Thresholds.AsEnumerable(), read.Thresholds);
    }

    [Fact]
    public void Tuned_parameters_are_used_near_their_size_for_the_same_device_driver_and_kernels()
    {
        GpuTuning tuning = Example();
        GpuMsmPlan plan = tuning.Msm(Device, G1, 1 << 20, fold: true, maxLevels: 1);
        Assert.Equal((13, 24, 64, 1), (plan.Window, plan.Segment, plan.Block, plan.Levels));
        plan = tuning.Msm(Device, G1, 1 << 19, fold: false, maxLevels: 1);
        Assert.Equal((13, 24, 64), (plan.Window, plan.Segment, plan.Block));
        plan = tuning.Msm(Device, G1, 1 << 20, fold: true, maxLevels: 100);
        Assert.Equal((18, 48, 256, 15), (plan.Window, plan.Segment, plan.Block, plan.Levels));
        Assert.Equal(9, tuning.Ntt(Device, CurveId.Bls12381, 21).LogTile);
        Assert.Equal((1L << 12, 1L << 17), (tuning.FasterMsm(Device, G1), tuning.FasterNtt(Device, CurveId.Bls12381)));

        // A device that has not so large groups does not get them.
        Assert.Equal(GpuMsmPlan.DefaultBlock, tuning.Msm(Device with { MaxGroupSize = 255 }, G1, 1 << 20, fold: true, maxLevels: 100).Block);

        // Whatever differs, the model decides.
        GpuTuning model = GpuTuning.Default;
        Same(Device with { Name = "Another" }, G1, 1 << 20);
        Same(Device with { DriverVersion = "1.3" }, G1, 1 << 20);
        Same(Device, G1 with { Group = 2 }, 1 << 20);
        Same(Device, G1 with { Curve = CurveId.Bn254 }, 1 << 20);
        Same(Device, G1, 1 << 24);
        Assert.Equal(GpuNttPlan.DefaultLogTile, tuning.Ntt(Device, CurveId.Bn254, 20).LogTile);
        Assert.Equal(model.FasterProof(Device, CurveId.Bls12381), tuning.FasterProof(Device, CurveId.Bls12381));

        void Same(GpuDeviceInfo device, MsmShape shape, int count) => Assert.Equal(
            model.Msm(device, shape, count, fold: true, maxLevels: 1), tuning.Msm(device, shape, count, fold: true, maxLevels: 1));
    }

    [Fact]
    public void A_device_that_shares_the_hosts_memory_is_preferred_only_where_it_was_tuned()
    {
        GpuDeviceInfo integrated = Device with { IsIntegrated = true };
        Assert.Equal(1L << 32, GpuTuning.Default.FasterProof(integrated, CurveId.Bn254));
        Assert.Equal(1L << 32, GpuTuning.Default.FasterMsm(Device with { IsCpu = true }, G1));
        Assert.True(GpuTuning.Default.FasterProof(Device, CurveId.Bn254) < 1 << 20);
        Assert.Equal(1L << 12, Example().FasterMsm(integrated, G1));
    }

    [Fact]
    public void Multiples_are_preferred_to_a_nearer_size_and_what_kernels_cannot_follow_is_left()
    {
        TunedMsm plain = Example().Msms[0], multiples = Example().Msms[1] with { Size = 22 };
        var tuning = new GpuTuning { Msms = [plain, multiples] };
        Assert.Equal(15, tuning.Msm(Device, G1, 1 << 20, fold: true, maxLevels: 100).Levels);
        Assert.Equal(13, tuning.Msm(Device, G1, 1 << 20, fold: true, maxLevels: 14).Window);
        tuning = new() { Msms = [plain with { Window = 23 }] };
        Assert.Equal(
            GpuTuning.Default.Msm(Device, G1, 1 << 20, fold: true, maxLevels: 1), tuning.Msm(Device, G1, 1 << 20, fold: true, maxLevels: 1));
    }

    [Fact]
    public void A_newer_run_takes_the_place_of_what_it_measured_again()
    {
        TunedMsm old = Example().Msms[0], newer = old with { Window = 14, Seconds = 0.5 };
        GpuTuning both = Example().With(new() { Msms = [newer] });
        Assert.Equal(newer, Assert.Single(both.Msms));
        Assert.Equal(Example().Ntts.AsEnumerable(), both.Ntts);
    }

    [Theory]
    [InlineData("[]", "there must be an object")]
    [InlineData("{}", "version")]
    [InlineData("""{ "version": 2 }""", "version: it is not 1")]
    [InlineData("""{ "version": 1, "version": 1 }""", "is not JSON")]
    [InlineData("""{ "version": 1, "msm": [ { "curve": "\ud800" } ] }""", "is not JSON")]
    [InlineData("null", "there must be an object")]
    [InlineData("""{ "version": 1 }""", "msm: there must be an array")]
    [InlineData("""{ "version": 1, "msm": [ 3 ] }""", "msm[0]: there must be an object")]
    [InlineData("""{ "version": 1, "msm": [], "ntt": [ { "device": 7 } ] }""", "ntt[0]")]
    [InlineData("{", "is not JSON")]
    public void A_file_that_is_not_of_the_form_says_where(string text, string words)
    {
        File.WriteAllText(folder.File("tuning.json"), text);
        FormatException error = Assert.Throws<FormatException>(() => GpuTuningFile.Read(folder.File("tuning.json")));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("tuning.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("msm", "window", 99)]
    [InlineData("msm", "window", -1)]
    [InlineData("msm", "segment", 1)]
    [InlineData("msm", "block", 0)]
    [InlineData("msm", "levels", 0)]
    [InlineData("msm", "group", "g3")]
    [InlineData("msm", "curve", "secp256k1")]
    [InlineData("msm", "seconds", "fast")]
    [InlineData("msm", "seconds", -1.0)]
    [InlineData("ntt", "tile", 40)]
    [InlineData("ntt", "tile", 11)]
    [InlineData("ntt", "tile", 2)]
    [InlineData("faster", "size", 33)]
    [InlineData("faster", "work", 3)]
    public void A_value_that_makes_no_sense_is_named(string list, string member, object value)
    {
        JsonObject json = GpuTuningFile.ToJson(Example());
        json[list]![0]![member] = JsonValue.Create(value);
        FormatException error = Assert.Throws<FormatException>(() => WriteAndRead(json));
        Assert.Contains($"{list}[0]: {member}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_without_end_is_refused()
    {
        string text = GpuTuningFile.ToJson(Example()).ToJsonString();
        File.WriteAllText(folder.File("tuning.json"), text.Replace("0.25", "1e999", StringComparison.Ordinal));
        Assert.Contains("seconds", Assert.Throws<FormatException>(() => GpuTuningFile.Read(folder.File("tuning.json"))).Message, StringComparison.Ordinal);
    }

    [OpenClFact]
    public void What_does_not_build_is_no_candidate()
    {
        var faults = new Faults { BrokenText = "LOG_TILE 9" };
        using var device = new GpuDevice(new FaultyPlatform(new OpenClPlatform(), faults), OpenClFixture.Device, new());
        GpuTuning found = new GpuTuner(device, new([CurveId.Bn254], [], [6], 1, WithThresholds: false), _ => { }, default).Run();
        Assert.NotEqual(9, Assert.Single(found.Ntts).Tile);
        Assert.Equal((1, GpuDeviceState.Ready), (faults.Failed, device.State));
    }

    [OpenClFact]
    public void A_device_is_tuned_and_what_is_found_computes_rightly()
    {
        using var device = new GpuDevice(new OpenClPlatform(), OpenClFixture.Device, new());
        GpuTuning found = new GpuTuner(device, new([CurveId.Bn254], [5], [6], 1, WithThresholds: false), _ => { }, default).Run();
        Assert.Equal([1, 2], found.Msms.Where(entry => entry.Levels == 1).Select(entry => entry.Group));
        Assert.Equal(6, Assert.Single(found.Ntts).Size);
        found = WriteAndRead(GpuTuningFile.ToJson(found));
        TunedMsm entry = found.Msms[0];
        GpuMsmPlan plan = found.Msm(OpenClFixture.Device, new(CurveId.Bn254, 1), 32, fold: true, maxLevels: 1);
        Assert.Equal((entry.Window, entry.Segment, entry.Block), (plan.Window, plan.Segment, plan.Block));
        var points = new Affine<Bn254Fp, Bn254>[32];
        var scalars = new Scalar256[32];
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = Affine<Bn254Fp, Bn254>.Generator;
            scalars[i] = Scalar256.From(Bn254Fr.Random());
        }

        // With another group size, too: no candidate where the device is a processor.
        Affine<Bn254Fp, Bn254> expected = PortableEngine.Instance.Multiply<Bn254Fp, Bn254>(points, scalars).ToAffine();
        foreach (GpuMsmPlan candidate in (GpuMsmPlan[])[plan, plan with { Block = 64 }])
        {
            Assert.Equal(
                expected, device.Run(session => GpuMsm.Run<Bn254Fp, Bn254>(session, points, scalars, candidate), default).ToAffine());
        }
    }

    private static GpuTuning Example()
    {
        TunedFor msm = TunedFor.Msm(Device, G1), ntt = TunedFor.Ntt(Device, CurveId.Bls12381);
        return new()
        {
            Msms = [new(msm, 1, 20, 1, 13, 24, 64, 0.25), new(msm, 1, 20, 15, 18, 48, 256, 0.125)],
            Ntts = [new(ntt, 20, 9, 0.5)],
            Thresholds = [new(msm, "msm-g1", 12), new(ntt, "ntt", 17)],
        };
    }

    private GpuTuning WriteAndRead(JsonObject json)
    {
        File.WriteAllText(folder.File("tuning.json"), json.ToJsonString());
        return GpuTuningFile.Read(folder.File("tuning.json"));
    }
}
