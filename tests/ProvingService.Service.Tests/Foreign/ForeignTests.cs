// Owns: foreign clients against a live service: the examples as a reader would run them, and the checks of tests/interop.

using ProvingService.Service.Tests.Processes;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Service.Tests.Foreign;

/// <summary>One service for all of them.</summary>
public sealed class ForeignService : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private ServiceProcess? service;

    internal ServiceProcess Service => service!;

    public async Task InitializeAsync() => service = await ServiceProcess.ServeAsync(folder.File("data"));

    public async Task DisposeAsync()
    {
        await service!.DisposeAsync();
        folder.Dispose();
    }
}

[Collection("Processes")]
public sealed class ForeignTests(ForeignService fixture, ITestOutputHelper output) : IClassFixture<ForeignService>
{
    [ForeignFact(ForeignTool.Node)]
    public Task The_example_in_JavaScript_proves() => RunExampleAsync("node", "examples/javascript/prove.cjs");

    [ForeignFact(ForeignTool.Python)]
    public Task The_example_in_Python_proves() => RunExampleAsync(ForeignClients.Python, "examples/python/prove.py");

    [ForeignFact(ForeignTool.Node)]
    public Task Grpc_js_finds_the_contract_kept() => RunChecksAsync("node", "tests/interop/service.mjs", RepositoryFiles.Path("protos"));

    [ForeignFact(ForeignTool.Python)]
    public Task Grpcio_finds_the_contract_kept() => RunChecksAsync(ForeignClients.Python, "tests/interop/service_client.py");

    private async Task RunExampleAsync(string command, string script)
    {
        using var chain = new ChainKey(1000);
        using var here = new TemporaryFolder();
        string inputs = here.File("inputs.json");
        await File.WriteAllTextAsync(inputs, ChainKey.Inputs(3));
        string text = await RunAsync(here.Path, command, script, chain.KeyFile, chain.Program, inputs);
        Assert.Contains("verdict VERDICT_VALID", text, StringComparison.Ordinal);
        Assert.Contains("the other job is JOB_STATE_", text, StringComparison.Ordinal);
        Assert.Contains(chain.End(3).ToString()!, await File.ReadAllTextAsync(here.File("public.json")), StringComparison.Ordinal);
        Assert.True(File.Exists(here.File("proof.json")));
    }

    private async Task RunChecksAsync(string command, string script, params string[] more)
    {
        using var chain = new ChainKey(1000);
        using var here = new TemporaryFolder();
        string inputs = here.File("inputs.json"), witness = here.File("witness.wtns");
        await File.WriteAllTextAsync(inputs, ChainKey.Inputs(7));
        await File.WriteAllBytesAsync(witness, chain.Witness(7));
        string text = await RunAsync(here.Path, command, script, [chain.KeyFile, inputs, witness, chain.Program, .. more]);
        Assert.EndsWith("ok all", text.Trim(), StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(string folder, string command, string script, params string[] arguments)
    {
        (int code, string text) = await ForeignClients.RunAsync(
            folder, command, [RepositoryFiles.Path(script), $"127.0.0.1:{fixture.Service.Grpc!.Port}", .. arguments]);
        output.WriteLine(text);
        Assert.True(code == 0, $"{script} ended with {code}:\n{text}\n{fixture.Service.Log}");
        return text;
    }
}
