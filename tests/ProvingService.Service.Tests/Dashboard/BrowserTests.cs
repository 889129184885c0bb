// Owns: the dashboard in a real Chromium, with jobs in every state. What is checked there: tests/interop/dashboard.

using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Contract;
using ProvingService.Service.Tests.Security;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Dashboard;

public sealed class BrowserTests
{
    private const string Hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [BrowserFact]
    public async Task Every_view_works_at_every_width_in_both_themes_and_by_keyboard()
    {
        using var folder = new TemporaryFolder();
        string done, failed;
        await using (TestService before = await TestService.StartAsync(null, folder.Path))
        {
            Circuit circuit = await before.RegisterChainAsync(20);
            failed = (await before.Client.SubmitAsync(circuit.KeyHash, "{\"start\": 3, \"<b>\": 1}")).Id;
            await before.Client.WaitAsync(failed).WaitAsync(Patience);
            for (int i = 0; i < 6; i++)
            {
                await before.Client.WaitAsync((await before.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(20))).Id).WaitAsync(Patience);
            }

            var options = new JobOptions { Labels = { ["batch"] = "7", ["team"] = "settlement" }, IdempotencyKey = "payment-17", Priority = 2 };
            done = (await before.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(20), options)).Id;
            await before.Client.WaitAsync(done).WaitAsync(Patience);
        }

        // From here on nobody proves: what waits goes on waiting, and one job is held by a worker that the test plays.
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 }, folder.Path);
        Circuit[] circuits = [.. (await service.Client.Circuits.ListCircuitsAsync(new())).Circuits];
        string key = circuits[0].KeyHash, inputs = TestService.ChainInputs(20);
        ChainFiles other = TestService.ChainOf(9);
        await service.Client.RegisterAsync(new RegisterCircuitRequest
        {
            KeyHash = await service.Client.UploadAsync(other.Key),
            Program = other.Name,
            Name = "a name with <b>marks</b> & \"quotes\" that is rather long for a table",
            AllowInsecure = true,
        });
        Job running = await service.Client.SubmitAsync(key, inputs);
        await using IServiceStore store = await ServiceStores.OpenAsync(Path.Combine(folder.Path, "service.db"), CancellationToken.None);
        await HoldAsync(store);
        using var end = new CancellationTokenSource();
        Task alive = KeepAliveAsync(store, end.Token);
        Job queued = await service.Client.SubmitAsync(key, inputs, new JobOptions { Labels = { ["note"] = Hostile } });
        Job cancelled = await service.Client.SubmitAsync(key, inputs, new JobOptions { Deadline = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddHours(2)) });
        await service.Client.CancelAsync(cancelled.Id);

        await using SecuredService secured = await SecuredService.StartAsync(["reader one read"]);
        string pictures = RepositoryFiles.Path("tests/ProvingService.Service.Tests/TestResults/dashboard");
        Directory.CreateDirectory(pictures);
        (int code, string output) = await RunAsync(
            "node",
            RepositoryFiles.Path("tests/interop/dashboard/dashboard.mjs"),
            service.Host.WebAddress.ToString(),
            BrowserFactAttribute.Chromium!,
            pictures,
            new System.Text.Json.Nodes.JsonObject
            {
                ["circuit"] = key,
                ["inputs"] = inputs,
                ["hostile"] = Hostile,
                ["done"] = done,
                ["failed"] = failed,
                ["running"] = running.Id,
                ["queued"] = queued.Id,
                ["secured"] = secured.Host.WebAddress.ToString(),
                ["readKey"] = secured.KeyOf("reader"),
            }.ToJsonString());
        await end.CancelAsync();
        await alive;
        Assert.True(code == 0 && output.Contains("ok all", StringComparison.Ordinal), $"the checks in the browser ended with {code}:\n{output}");
    }

    /// <summary>Takes the job that waits, and tells of its first phases, as a worker does.</summary>
    private static async Task HoldAsync(IServiceStore store)
    {
        TimeSpan lease = TimeSpan.FromMinutes(30);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        LeasedJob held = await store.LeaseAsync(new LeaseOffer("test/1", long.MaxValue, ["cpu"], lease)) ?? throw new InvalidOperationException("no job waits.");
        PhaseMark[] marks =
        [
            new(now, "key", false), new(now.AddMilliseconds(80), "key", true),
            new(now.AddMilliseconds(80), "witness", false), new(now.AddMilliseconds(700), "witness", true),
            new(now.AddMilliseconds(700), "products", false, JobState.Proving), new(now.AddMilliseconds(900), "products", true),
            new(now.AddMilliseconds(700), "msm-b", false), new(now.AddMilliseconds(900), "ntt", false),
            new(now.AddMilliseconds(1900), "ntt", true), new(now.AddMilliseconds(1900), "msm-h", false),
        ];
        Assert.Equal([LeaseVerdict.Held], await store.ReportAsync([new LeaseReport(held.Lease, lease, JobState.Proving, marks)]));
    }

    /// <summary>Says again and again that the worker is there: one that is silent is soon not counted.</summary>
    private static async Task KeepAliveAsync(IServiceStore store, CancellationToken cancellation)
    {
        const string Devices =
            """{"devices":[{"id":"cpu","name":"A processor with a rather long name, 64 cores","driver":"avx512","memoryBytes":"68719476736","state":""}]}""";
        DateTimeOffset now = DateTimeOffset.UtcNow;
        while (!cancellation.IsCancellationRequested)
        {
            await store.PutWorkerAsync(new WorkerRecord("test/1", "prover-1", "0.0.0", 2, 1, 8L << 30, Devices, now, now), CancellationToken.None);
            await Task.Delay(TimeSpan.FromSeconds(2), cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return (process.ExitCode, await output + await errors);
    }
}
