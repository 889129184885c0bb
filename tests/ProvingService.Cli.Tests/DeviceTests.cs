// Owns: commands on devices: what there is, proofs, figures and tuning on one, and what its absence or failure says.

using System.Text.Json;
using ProvingService.Gpu;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

/// <summary>A test that needs an OpenCL device; any will do.</summary>
public sealed class DeviceFactAttribute : FactAttribute
{
    public DeviceFactAttribute() => Skip = GpuDevices.All.Any(device => device.Api == GpuApi.OpenCl)
        ? null
        : "There is no OpenCL device; Debian's packages pocl-opencl-icd and ocl-icd-libopencl1 make one of the processor.";
}

[Collection(WorkshopCollection.Name)]
[Trait("Kernels", "any")]
public sealed class DeviceTests(Workshop workshop) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Devices_are_listed_and_the_processor_with_them()
    {
        JsonElement result = Zkps.SucceedJson("devices", "--list");
        Assert.Equal(EngineNames.Current, result.GetProperty("cpu").GetProperty("engine").GetString());
        Assert.Equal(GpuDevices.All.Select(device => device.Id), result.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("id").GetString()));
        string text = Zkps.Succeed("devices", "--list").Out;
        Assert.StartsWith("cpu: ", text, StringComparison.Ordinal);
        Assert.All(GpuDevices.All, device => Assert.Contains($"{device.Id}: {device.Name}", text, StringComparison.Ordinal));
    }

    [DeviceFact]
    public void A_device_passes_its_self_test_and_has_rates()
    {
        JsonElement device = Assert.Single(Zkps.SucceedJson("devices", "--device", "opencl:0").GetProperty("devices").EnumerateArray());
        Assert.Equal(["bls12-381", "bn254"], device.GetProperty("curves").EnumerateArray().Select(curve => curve.GetProperty("curve").GetString()));
        Assert.All(device.GetProperty("curves").EnumerateArray(), curve =>
        {
            Assert.Equal("passed", curve.GetProperty("selfTest").GetString());
            Assert.True(curve.GetProperty("msmSeconds").GetDouble() > 0 && curve.GetProperty("nttSeconds").GetDouble() > 0);
        });
    }

    [DeviceFact]
    public void A_proof_is_made_on_a_device_and_says_so()
    {
        WorkshopFiles files = workshop.Of("bn254");
        string proof = folder.File("p.json"), inputs = folder.File("i.json");
        JsonElement result = Zkps.SucceedJson(
            "prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", proof, "--public", inputs, "--device", "opencl:0");
        Assert.Equal("opencl:0", result.GetProperty("device").GetString());
        Assert.Empty(result.GetProperty("incidents").EnumerateArray());
        Zkps.Succeed("verify", "--vk", files.Vk, "--public", inputs, "--proof", proof);
    }

    [DeviceFact]
    public void Figures_of_a_device_stand_beside_those_of_the_processor()
    {
        string plot = folder.File("msm.svg");
        JsonElement result = Zkps.SucceedJson(
            "bench", "msm", "--curve", "bn254", "--group", "g1", "--sizes", "5", "--runs", "1", "--engine", EngineNames.Current, "--device", "opencl:0", "--plot", plot);
        Assert.Equal([EngineNames.Current, "opencl:0"], result.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("engine").GetString()));
        string svg = File.ReadAllText(plot);
        Assert.Contains("class=\"engine-opencl\"", svg, StringComparison.Ordinal);
        Assert.Contains(".engine-opencl polyline", svg, StringComparison.Ordinal);
        foreach (string work in (string[])["ntt", "prove"])
        {
            JsonElement row = Assert.Single(Zkps.SucceedJson(
                "bench", work, "--curve", "bn254", "--sizes", "6", "--runs", "1", "--device", "opencl:0").GetProperty("rows").EnumerateArray());
            Assert.Equal((work, "opencl:0"), (row.GetProperty("work").GetString(), row.GetProperty("engine").GetString()));
        }
    }

    [DeviceFact]
    public void A_profile_says_where_the_time_goes()
    {
        JsonElement work = Assert.Single(Zkps.SucceedJson(
            "bench", "profile", "--device", "opencl:0", "--curve", "bn254", "--work", "msm-g1", "--size", "6").GetProperty("works").EnumerateArray());
        Dictionary<string, double> kernels = work.GetProperty("kernels").EnumerateArray()
            .ToDictionary(kernel => kernel.GetProperty("kernel").GetString()!, kernel => kernel.GetProperty("seconds").GetDouble());
        Assert.Subset(kernels.Keys.ToHashSet(), new HashSet<string> { "msm_count", "msm_sort", "msm_accumulate", "msm_reduce" });
        Assert.All(kernels.Values, seconds => Assert.InRange(seconds, 0, 60));
        Assert.InRange(work.GetProperty("kernelSeconds").GetDouble(), 1e-9, work.GetProperty("seconds").GetDouble() * 2);
    }

    [DeviceFact]
    public void Tuning_is_added_to_its_file()
    {
        string file = folder.File("tuning.json");
        string[] call = ["bench", "tune", "--device", "opencl:0", "--curve", "bn254", "--msm", "", "--runs", "1", "--no-thresholds", "-o", file];
        Zkps.Succeed([.. call, "--ntt", "6"]);
        JsonElement second = Zkps.SucceedJson([.. call, "--ntt", "7"]);
        Assert.Equal([7], Sizes(second));
        Assert.Equal([6, 7], Sizes(JsonDocument.Parse(File.ReadAllBytes(file)).RootElement));

        static IEnumerable<int> Sizes(JsonElement json) => json.GetProperty("ntt").EnumerateArray().Select(entry => entry.GetProperty("size").GetInt32());
    }

    [DeviceFact]
    public void A_broken_tuning_file_is_named()
    {
        string file = folder.File("tuning.json");
        File.WriteAllText(file, """{ "version": 1, "msm": [ { "device": "d" } ] }""");
        Zkps.Fail(2, folder.Path, "tuning.json: msm[0]: curve", "bench", "tune", "--device", "opencl:0", "--msm", "", "--ntt", "6", "-o", file);
    }
}
