// Owns: `zkps bench` and the choice of an engine: rows, turns, comparisons, and calls that are refused. Plots: BenchPlotTests.cs.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class BenchTests(Workshop workshop) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static string[] Supported => [.. Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported).Select(EngineNames.Of)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("field", new[] { "fp multiply", "fp square", "fp inverse", "fr multiply", "fr square", "fr inverse" }, new[] { 0 })]
    [InlineData("msm", new[] { "g1", "g2" }, new[] { 5, 6 }, "--sizes", "5,6", "--threads", "1")]
    [InlineData("ntt", new[] { "" }, new[] { 5 }, "--sizes", "5")]
    [InlineData("prove", new[] { "" }, new[] { 5 }, "--sizes", "5")]
    [InlineData("verify", new[] { "single", "batch" }, new[] { 0, 1 }, "--sizes", "1")]
    public void Every_work_has_its_rows(string work, string[] what, int[] sizes, params string[] more)
    {
        JsonElement result = Zkps.SucceedJson(["bench", work, "--curve", "bn254", "--runs", "2", .. more]);
        JsonElement machine = result.GetProperty("machine");
        Assert.Equal(Environment.ProcessorCount, machine.GetProperty("cores").GetInt32());
        Assert.NotEmpty(machine.GetProperty("processor").GetString()!);
        Assert.Equal(PeakMemory.CanReset ? "row" : "process", machine.GetProperty("peakMemoryOf").GetString());
        JsonElement[] rows = [.. result.GetProperty("rows").EnumerateArray()];
        Assert.Equal(what, rows.Select(row => $"{Text(row, "group")} {Text(row, "operation")}".Trim()).Distinct());
        Assert.Equal(sizes, rows.Select(row => row.GetProperty("size").GetInt32()).Distinct());
        Assert.Equal(rows.Length, work == "verify" ? 2 : what.Length * sizes.Length);
        Assert.All(rows, row =>
        {
            Assert.Equal((work, "bn254", EngineNames.Current), (Text(row, "work"), Text(row, "curve"), Text(row, "engine")));
            double median = row.GetProperty("median").GetDouble(), minimum = row.GetProperty("minimum").GetDouble();
            Assert.True(minimum > 0 && median >= minimum && row.GetProperty("userSeconds").GetDouble() >= 0);
            Assert.InRange(row.GetProperty("peakMemoryBytes").GetInt64(), 1 << 20, 1L << 40);
            Assert.Equal(work is "field" or "msm" || Text(row, "operation") == "single" ? 1 : Environment.ProcessorCount, row.GetProperty("threads").GetInt32());
            Assert.False(row.TryGetProperty("speedup", out _));
        });
    }

    [Fact]
    public void Engines_take_turns_and_are_set_beside_the_portable_one()
    {
        string engines = string.Join(',', Supported);
        string[] call = ["bench", "msm", "--curve", "bn254", "--group", "g1", "--sizes", "5", "--threads", "1", "--runs", "3", "--engine", engines];
        JsonElement[] rows = [.. Zkps.SucceedJson(call).GetProperty("rows").EnumerateArray()];
        Assert.Equal(Supported, rows.Select(row => Text(row, "engine")));
        Assert.Equal(1, rows[0].GetProperty("speedup").GetDouble());
        Assert.All(rows, row => Assert.Equal(
            rows[0].GetProperty("median").GetDouble() / row.GetProperty("median").GetDouble(), row.GetProperty("speedup").GetDouble(), 0.001));
    }

    [Fact]
    public void The_table_has_a_column_a_figure()
    {
        string[] lines = Zkps.Lines(Zkps.Succeed("bench", "ntt", "--curve", "bn254", "--sizes", "5", "--runs", "1", "--engine", "portable").Out);
        Assert.Contains(RuntimeInformation.FrameworkDescription, lines[0], StringComparison.Ordinal);
        Assert.Equal(["work", "curve", "what", "2^k", "threads", "engine", "median", "minimum", "user", "peak", "memory"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("portable", lines[2], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void A_baseline_is_compared_by_engine_and_without_one_by_its_first_row()
    {
        string path = folder.File("baseline.json");
        JsonNode row = Row(1);
        row["engine"] = "none";
        row.AsObject().Remove("operation");
        File.WriteAllText(path, new JsonObject { ["rows"] = new JsonArray(row) }.ToJsonString());
        Assert.True(Ratio() < 0.9);
        JsonNode own = Row(1e-12);
        own["engine"] = EngineNames.Current;
        File.WriteAllText(path, new JsonObject { ["rows"] = new JsonArray(row.DeepClone(), own) }.ToJsonString());
        Assert.True(Ratio() > 1000);
        File.WriteAllText(path, "{}");
        Zkps.Fail(2, folder.Path, "is not what zkps bench --json writes", "bench", "ntt", "--sizes", "5", "--compare", path);

        static JsonNode Row(double median) => new JsonObject
        {
            ["work"] = "ntt", ["curve"] = "bn254", ["group"] = "", ["operation"] = "", ["size"] = 5, ["threads"] = 1, ["median"] = median,
        };

        double Ratio()
        {
            string[] lines = Zkps.Lines(Zkps.Succeed("bench", "ntt", "--curve", "bn254", "--sizes", "5", "--threads", "1", "--runs", "1", "--compare", path).Out);
            return double.Parse(lines[^1].Split(' ')[^1], CultureInfo.InvariantCulture);
        }
    }

    [Theory]
    [InlineData("there is no engine 'gpu'", "msm", "--engine", "gpu")]
    [InlineData("there is no device cuda:99", "msm", "--engine", "emitted,cuda:99")]
    [InlineData("there is no device opencl:99", "prove", "--device", "opencl:99")]
    [InlineData("no GPU to tune", "tune", "--device", "cpu")]
    [InlineData("is not a whole number from 4 to 26", "tune", "--device", "opencl:0", "--msm", "27")]
    [InlineData("there is no engine 'full'", "ntt", "--engine", "full")]
    [InlineData("there is no engine ''", "ntt", "--engine", "portable,")]
    [InlineData("an engine is named twice", "field", "--engine", "portable,portable")]
    [InlineData("there is no group 'g3'", "msm", "--group", "g3")]
    [InlineData("is not a whole number from 5 to 24", "msm", "--sizes", "25")]
    [InlineData("is not a whole number from 1 to 16", "verify", "--sizes", "0")]
    [InlineData("--runs must be from 1", "prove", "--runs", "0")]
    [InlineData("is a folder", "ntt", "--plot", "/")]
    [InlineData("no emitted function has 'nothing of that name'", "kernels", "--disassemble", "nothing of that name")]
    public void What_cannot_be_measured_is_a_mistake(string words, params string[] call) => Zkps.Fail(2, folder.Path, words, ["bench", .. call]);

    [Fact]
    public void An_engine_that_the_machine_cannot_run_is_a_mistake()
    {
        foreach (KernelTier tier in Enum.GetValues<KernelTier>().Where(tier => !KernelTiers.IsSupported(tier)))
        {
            Zkps.Fail(2, folder.Path, $"this machine cannot run the engine {EngineNames.Of(tier)}: it needs", "bench", "ntt", "--engine", EngineNames.Of(tier));
        }
    }

    [Fact]
    public void A_switch_that_names_no_tier_is_a_mistake_in_every_command()
    {
        WorkshopFiles files = workshop.Of("bn254");
        foreach (string[] call in (string[][])[["bench", "ntt"], ["circuit", "list"], ["verify", "--vk", files.Vk, "--public", files.Public, "--proof", files.Proof]])
        {
            Run run = Zkps.RunUnderSwitch("fastest", call);
            Assert.True(run.Code == 2, run.ToString());
            Assert.Empty(run.Out);
            Assert.Equal("zkps: PROVING_SERVICE_KERNELS is \"fastest\"; it takes portable, adx, vector or full, or nothing for the best that the machine has.", run.Error.Trim());
        }
    }

    [Theory]
    [InlineData("portable")]
    [InlineData("adx")]
    [InlineData("vector")]
    [InlineData("full")]
    public void A_proof_says_by_which_engine_and_all_make_one_that_holds(string kernels)
    {
        WorkshopFiles files = workshop.Of("bls12-381");
        string proof = folder.File("p.json"), inputs = folder.File("i.json");
        Run run = Zkps.RunUnderSwitch(kernels, "prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", proof, "--public", inputs, "--json");
        Assert.True(run.Code == 0, run.ToString());
        string engine = kernels == "full" ? "emitted" : kernels;
        Assert.True(!Supported.Contains(engine) || Text(run.Json, "engine") == engine, run.ToString());
        Zkps.Succeed("verify", "--vk", files.Vk, "--public", inputs, "--proof", proof);
    }

    [Fact]
    public void Emitted_functions_are_listed_and_disassembled()
    {
        JsonElement result = Zkps.SucceedJson("bench", "kernels");
        Assert.Equal(EngineNames.Current, Text(result, "engine"));
        JsonElement[] functions = [.. result.GetProperty("functions").EnumerateArray()];
        if (!KernelTiers.IsSupported(KernelTier.Full))
        {
            return;
        }

        Assert.NotEmpty(functions);
        Assert.All(functions, function => Assert.InRange(function.GetProperty("instructions").GetInt32(), 5, function.GetProperty("bytes").GetInt32()));
        string name = Text(functions[0], "name");
        JsonElement listing = Zkps.SucceedJson("bench", "kernels", "--disassemble", name);
        Assert.Equal(functions[0].GetProperty("instructions").GetInt32(), listing.GetProperty("instructions").GetArrayLength());
        string[] lines = Zkps.Lines(Zkps.Succeed("bench", "kernels", "--disassemble", name).Out);
        Assert.StartsWith($"; {name}, ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("000000  ", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines, line => line.Contains("(bad)", StringComparison.Ordinal));
        Zkps.Fail(2, folder.Path, "is in the names of", "bench", "kernels", "--disassemble", "a");
    }

    [Fact]
    public unsafe void Peak_memory_starts_anew_where_the_system_allows_it()
    {
        PeakMemory.Reset();
        long before = PeakMemory.Read();
        const int Length = 256 << 20;
        byte* block = (byte*)NativeMemory.AllocZeroed(Length);
        for (int i = 0; i < Length; i += 4096)
        {
            block[i] = 1;
        }

        NativeMemory.Free(block);
        Assert.True(PeakMemory.Read() - before > Length / 2 || !PeakMemory.CanReset);
        PeakMemory.Reset();
        Assert.True(PeakMemory.Read() - before < Length / 2 || !PeakMemory.CanReset);
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
