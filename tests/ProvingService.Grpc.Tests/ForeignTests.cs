// Owns: running foreign clients against our server: @grpc/grpc-js and python3-grpcio, and what happens where they are missing.

using System.Diagnostics;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Grpc.Tests;

public sealed class ForeignTests
{
    [ForeignFact(ForeignFactAttribute.Node)]
    public async Task Grpc_js_calls_our_server() => await RunAsync("node", "grpc.mjs", RepositoryFiles.Path("protos"));

    [ForeignFact(ForeignFactAttribute.Python)]
    public async Task Grpcio_calls_our_server() => await RunAsync(ForeignFactAttribute.PythonCommand, "grpc_client.py");

    private static async Task RunAsync(string command, string script, params string[] more)
    {
        using var files = new TestCertificates();
        await using EchoServer plain = await EchoServer.StartAsync(options => options.CompressResponses = true);
        await using EchoServer tls = await EchoServer.StartAsync(tls: files.Server(mutual: false));
        await using EchoServer mtls = await EchoServer.StartAsync(tls: files.Server(mutual: true));
        string[] arguments =
            [RepositoryFiles.Path($"tests/interop/grpc/{script}"), .. new[] { plain, tls, mtls }.Select(server => $"{server.Port}"), files.Folder, .. more];
        (int code, string output) = await ForeignFactAttribute.RunAsync(command, arguments);
        Assert.True(code == 0 && output.Contains("ok all", StringComparison.Ordinal), $"{script} ended with {code}:\n{output}");
        await EchoServer.Eventually(() => plain.Service.Cancelled >= 1, "the server saw what was given up");
    }
}

/// <summary>A test that needs a foreign client: skipped with the reason where that is missing, but failing in CI.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ForeignFactAttribute : FactAttribute
{
    public const string Node = "node";
    public const string Python = "python";

    /// <summary>The distribution's own Python: its packages are not those of others that may stand before it on the PATH.</summary>
    public static readonly string PythonCommand = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    private static readonly Lazy<string?> MissingForNode = new(() =>
        File.Exists(RepositoryFiles.Path("tests/interop/node_modules/@grpc/grpc-js/package.json")) && Runs("node", "--version")
            ? null
            : "Node with @grpc/grpc-js is not there: install Node 20 or later, then run `npm ci --ignore-scripts` in tests/interop.");

    private static readonly Lazy<string?> MissingForPython = new(() =>
        Runs(PythonCommand, "-c", "import grpc") ? null : "Python with grpcio is not there: install Debian's python3-grpcio.");

    public ForeignFactAttribute(string what)
    {
        if (!string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Skip = what == Node ? MissingForNode.Value : MissingForPython.Value;
        }
    }

    /// <summary>Runs a command to its end, or ends it when it takes far too long.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        string text = await output + await errors;
        return (process.HasExited ? process.ExitCode : -1, text);
    }

    private static bool Runs(string command, params string[] arguments)
    {
        try
        {
            return RunAsync(command, arguments).GetAwaiter().GetResult().Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
