// Owns: `zkps bench circuits`: rows, the file, comparisons, room, interruption, and calls that are refused.

using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

public sealed class BenchCircuitsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_circuit_has_a_row_for_each_curve_and_the_file_holds_what_is_printed()
    {
        string path = folder.File("figures.json");
        JsonElement result = Zkps.SucceedJson("bench", "circuits", "participation-1", "participation-1", "--runs", "1", "--threads", "1", "-o", path);
        using JsonDocument written = JsonDocument.Parse(File.ReadAllBytes(path));
        Assert.True(JsonElement.DeepEquals(result, written.RootElement));
        Assert.NotEmpty(result.GetProperty("machine").GetProperty("processor").GetString()!);
        Assert.True(DateTime.UtcNow - result.GetProperty("machine").GetProperty("date").GetDateTime() < TimeSpan.FromHours(1));
        JsonElement[] rows = [.. result.GetProperty("rows").EnumerateArray()];
        Assert.Equal(["bls12-381", "bn254"], rows.Select(row => Text(row, "curve")));
        foreach (JsonElement row in rows)
        {
            Assert.Equal(("circuits", "participation-1", EngineNames.Current, 1), (Text(row, "work"), Text(row, "circuit"), Text(row, "engine"), row.GetProperty("threads").GetInt32()));
            Assert.All(
                ["compileSeconds", "programSeconds", "checkSeconds", "setupSeconds", "proveSeconds", "proveMinimumSeconds", "processSeconds", "verifySeconds"],
                (string member) => Assert.True(row.GetProperty(member).GetDouble() > 0, member));
            Assert.True(row.GetProperty("processSeconds").GetDouble() > row.GetProperty("proveMinimumSeconds").GetDouble());
            Assert.InRange(row.GetProperty("processPeakMemoryBytes").GetInt64(), 1 << 20, 1L << 40);

            // What is foretold of a key is what it takes.
            Assert.True(CurveNames.TryParse(Text(row, "curve"), out CurveId curve));
            CircuitSize size = CurveDispatch.Run(curve, new CircuitSizing(CircuitCatalog.Find("participation-1")));
            Assert.InRange(row.GetProperty("keyBytes").GetInt64() - size.KeyBytes, 0, 4096);
            Assert.Equal((size.Constraints, size.Wires, size.Domain), (row.GetProperty("constraints").GetInt32(), row.GetProperty("wires").GetInt32(), row.GetProperty("domain").GetInt32()));
        }
    }

    [Fact]
    public void A_baseline_is_compared_and_one_of_another_kind_refused()
    {
        string path = folder.File("baseline.json");
        JsonObject row = new()
        {
            ["circuit"] = "merkle-membership-1", ["curve"] = "bn254", ["threads"] = 1, ["engine"] = EngineNames.Current,
            ["programSeconds"] = 1e6, ["proveSeconds"] = 1e-9, ["processSeconds"] = 1e6,
        };
        File.WriteAllText(path, new JsonObject { ["rows"] = new JsonArray(row) }.ToJsonString());
        string[] call = ["bench", "circuits", "merkle-membership-1", "--curve", "bn254", "--runs", "1", "--threads", "1", "--compare", path];
        string[] lines = Zkps.Lines(Zkps.Succeed(call).Out);
        Assert.Equal(3, lines.Length);
        Assert.Equal(["program", "ratio", "prove", "ratio", "process", "ratio"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[^6..]);
        double[] ratios = [.. lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)[^3..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
        Assert.True(ratios[0] < 1 && ratios[1] > 1 && ratios[2] < 1);
        row.Remove("processSeconds");
        File.WriteAllText(path, new JsonObject { ["rows"] = new JsonArray(row.DeepClone()) }.ToJsonString());
        Zkps.Fail(2, folder.Path, "is not what zkps bench --json writes", call);
    }

    [Theory]
    [InlineData("there is no circuit 'participation-0'", "participation-0")]
    [InlineData("there is no curve 'secp256k1'", "participation-1", "--curve", "secp256k1")]
    [InlineData("--runs must be from 1", "participation-1", "--runs", "0")]
    [InlineData("is a folder", "participation-1", "-o", "/")]
    public void What_cannot_be_measured_is_a_mistake(string words, params string[] call) => Zkps.Fail(2, folder.Path, words, ["bench", "circuits", .. call]);

    [Fact]
    public void A_key_for_which_the_disk_has_no_room_ends_the_command_and_a_large_one_is_announced()
    {
        var size = new CircuitSize(2_000_000, 50_000_000, 2_000_000, 1 << 21, 3_000_000_000);
        using StringWriter words = new(), errors = new();
        var output = new Output(words, errors, false, CancellationToken.None);
        string message = Assert.Throws<UsageException>(() => CircuitBenchRunner.RequireRoom("c", size, "/t", 3_000_000_000, output)).Message;
        Assert.Contains("/t has 3000.0 MB free; let TMPDIR name a folder with room", message, StringComparison.Ordinal);
        CircuitBenchRunner.RequireRoom("c", size with { KeyBytes = 1000 }, "/t", 3_000_000_000, output);
        Assert.Empty(errors.ToString());
        CircuitBenchRunner.RequireRoom("c", size, "/t", 4_000_000_000, output);
        Assert.StartsWith("warning: the key of c takes 3000.0 MB in /t, which has 4000.0 MB free", errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(words.ToString());
    }

    [Fact]
    public void The_last_words_of_a_process_that_fails_are_told_and_a_cancelled_one_is_ended()
    {
        string missing = folder.File("none.zkey");
        string[] call = ["setup", "zkey", "info", missing];
        string message = Assert.Throws<InvalidOperationException>(() => OwnProgram.RunJson(CancellationToken.None, call)).Message;
        Assert.Contains($"exit code 2: zkps: ", message, StringComparison.Ordinal);
        Assert.Contains(missing, message, StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => OwnProgram.RunJson(new CancellationToken(true), call));
    }

    /// <summary>Interrupted while it makes a key: no folder stays.</summary>
    [Fact]
    [SupportedOSPlatform("linux")]
    public void Ctrl_C_ends_it_and_leaves_nothing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        ProcessStartInfo start = OwnProgram.StartInfo();
        foreach (string arg in (string[])["bench", "circuits", "batch-validity-1-20", "--curve", "bls12-381", "-o", folder.File("figures.json")])
        {
            start.ArgumentList.Add(arg);
        }

        start.Environment["TMPDIR"] = folder.Path;
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        using Process process = Process.Start(start)!;
        while (!process.HasExited && !Directory.EnumerateFiles(folder.Path, "circuit.zkey*", SearchOption.AllDirectories).Any())
        {
            Thread.Sleep(10);
        }

        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }

        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal("zkps: interrupted; nothing was written.", errors.Trim());
        Assert.Equal(ExitCode.Interrupted, process.ExitCode);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path));
        Assert.DoesNotContain(Directory.EnumerateFiles(folder.Path), path => Path.GetFileName(path).StartsWith("figures", StringComparison.Ordinal));
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
