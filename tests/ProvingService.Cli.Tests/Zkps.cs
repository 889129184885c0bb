// Owns: running zkps, inside the test's process or in one of its own, and what every run must keep: streams apart, no stack traces, one JSON value.

using System.Diagnostics;
using System.Text.Json;
using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Cli.Tests;

/// <summary>How a run ended.</summary>
internal sealed record Run(string CommandLine, int Code, string Out, string Error)
{
    /// <summary>The one JSON value on standard output.</summary>
    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Out);
            return document.RootElement.Clone();
        }
    }

    public override string ToString() => $"{CommandLine}\nexit code {Code}\n{Out}{Error}";
}

internal static class Zkps
{
    public static Run Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = Program.Run(args, output, error);
        var run = new Run($"zkps {string.Join(' ', args)}", code, output.ToString(), error.ToString());
        Assert.True(!run.Error.Contains("   at ", StringComparison.Ordinal) && !run.Out.Contains("   at ", StringComparison.Ordinal), $"A stack trace: {run}");
        return run;
    }

    /// <summary>A run in a process of its own, with the switch of kernels as given.</summary>
    public static Run RunUnderSwitch(string kernels, params string[] args)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "zkps.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[KernelTiers.SwitchName] = kernels;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return new($"{KernelTiers.SwitchName}={kernels} zkps {string.Join(' ', args)}", process.ExitCode, output.Result, error.Result);
    }

    /// <summary>A run that must succeed and says nothing on standard error but warnings.</summary>
    public static Run Succeed(params string[] args)
    {
        Run run = Run(args);
        Assert.True(run.Code == 0, run.ToString());
        Assert.All(Lines(run.Error), line => Assert.StartsWith("warning: ", line, StringComparison.Ordinal));
        return run;
    }

    /// <summary>As <see cref="Succeed"/> with <c>--json</c>: the value on standard output.</summary>
    public static JsonElement SucceedJson(params string[] args) => Succeed([.. args, "--json"]).Json;

    /// <summary>
    /// A run that must fail with a code and a message, leaving the folder as it was: no new file, no part of one, and the
    /// files that were there unchanged.
    /// </summary>
    public static Run Fail(int code, string folder, string words, params string[] args)
    {
        Dictionary<string, string> before = Snapshot(folder);
        Run run = Run(args);
        Assert.True(run.Code == code, $"Not exit code {code}: {run}");
        Assert.StartsWith("zkps: ", run.Error, StringComparison.Ordinal);
        Assert.True(run.Error.Contains(words, StringComparison.Ordinal), $"No '{words}' in: {run}");
        Assert.Empty(run.Out);
        Assert.Equal(before, Snapshot(folder));
        return run;
    }

    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Dictionary<string, string> Snapshot(string folder) => Directory
        .EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => path, path => Directory.Exists(path) ? "" : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
}
