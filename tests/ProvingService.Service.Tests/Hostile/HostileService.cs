// Owns: a live service for hostile callers, and what must hold of it after each of them: it answers, its log tells of no fault
// of its own, its memory is bounded, and an honest job is proved.

using Grpc.Core;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service.Tests.Processes;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Hostile;

/// <summary>One service for all hostile callers, one after the other.</summary>
public sealed class HostileService : IAsyncLifetime
{
    private const long Allowance = 512L << 20;
    private readonly TemporaryFolder folder = new();
    private ServiceProcess? service;
    private ProvingClient? client;

    internal ServiceProcess Process => service!;

    internal ChainKey Chain { get; } = new(30);

    internal ProvingClient Client => client!;

    internal string Circuit { get; private set; } = "";

    /// <summary>A job that is done.</summary>
    internal Job Done { get; private set; } = new();

    public async Task InitializeAsync()
    {
        service = await ServiceProcess.ServeAsync(folder.File("data"), "--set", "SubmissionsPerSecond=1000000", "--set", "SubmissionBurst=1000000", "--set", "RequestsPerSecond=1000000");
        client = new ProvingClient(service.Grpc!.ToString(), new ProvingClientOptions { Patience = TimeSpan.Zero });
        Circuit = await Chain.RegisterAsync(client);
        Done = await ProveAsync(1);
    }

    /// <summary>Fails where the service has suffered.</summary>
    internal async Task RequireWellAsync(string what)
    {
        Assert.True(Process.IsRunning, $"The service died of {what}:\n{Process.Log}");
        foreach (string word in (string[])["The handler of", "fail: ", "crit: ", "Unhandled exception"])
        {
            Assert.False(Process.Log.Contains(word, StringComparison.Ordinal), $"{what}: the log has '{word}':\n{Process.Log}");
        }

        Assert.InRange(Process.ResidentBytes, 0, Allowance);

        // Among the calls may be registrations of the same key without its program, which are nobody's fault.
        await Chain.RegisterAsync(Client);
        Job honest = await ProveAsync((ulong)Random.Shared.Next());
        Assert.True(honest.State == Contract.JobState.Done, $"After {what} an honest job is {honest.State}: {honest.Message}");
    }

    /// <summary>Fails where an answer is the service's own fault.</summary>
    internal static void RequireAnswer(Status status, string what) => Assert.False(
        status.StatusCode is StatusCode.Unknown or StatusCode.Unavailable || (status.StatusCode == StatusCode.Internal && status.Detail.Contains("handler", StringComparison.Ordinal)),
        $"{what}: {status}");

    public async Task DisposeAsync()
    {
        client?.Dispose();
        await service!.DisposeAsync();
        Chain.Dispose();
        folder.Dispose();
    }

    private async Task<Job> ProveAsync(ulong start)
    {
        Job job = await Client.WaitAsync((await Client.SubmitAsync(Circuit, ChainKey.Inputs(start))).Id);
        if (job.State == Contract.JobState.Done)
        {
            Assert.True(Chain.IsShown(await Client.GetProofAsync(job.Id), start));
        }

        return job;
    }
}

[CollectionDefinition("Hostile", DisableParallelization = true)]
public sealed class HostileCollection : ICollectionFixture<HostileService>;
