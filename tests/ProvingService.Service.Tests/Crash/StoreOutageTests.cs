// Owns: PostgreSQL that stops under a running service and comes back: what clients are told, and that the service needs no restart.

using Grpc.Core;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service.Tests.Processes;
using ProvingService.Service.Tests.Stores;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Crash;

[Collection("Processes")]
[NeedsPostgres]
public sealed class StoreOutageTests
{
    [ContractFact]
    public async Task Clients_are_told_to_try_again_and_the_service_goes_on_by_itself()
    {
        using PostgresServer server = PostgresServer.Make();
        using var folder = new TemporaryFolder();
        using var chain = new ChainKey(254);
        await using ServiceProcess service = await ServiceProcess.ServeAsync(folder.File("data"), "--store", server.Address("outage"), "--set", "LeaseDuration=2s");
        using var impatient = new ProvingClient(service.Grpc!.ToString(), new ProvingClientOptions { Patience = TimeSpan.Zero });
        using var patient = new ProvingClient(service.Grpc!.ToString(), new ProvingClientOptions { Patience = TimeSpan.FromMinutes(2) });
        string circuit = await chain.RegisterAsync(patient);
        Dictionary<string, ulong> accepted = [];
        for (ulong start = 1; start <= 20; start++)
        {
            accepted[(await patient.SubmitAsync(circuit, ChainKey.Inputs(start))).Id] = start;
        }

        server.StopImmediately();
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => impatient.SubmitAsync(circuit, ChainKey.Inputs(100)));
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.NotNull(refusal.Trailers.GetValue("retry-after-ms"));
        refusal = await Assert.ThrowsAsync<RpcException>(() => impatient.GetAsync(accepted.Keys.First()));
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);

        // Begun while it is away, and answered when it is back.
        Task<Job> waiting = patient.SubmitAsync(circuit, ChainKey.Inputs(50));
        await Task.Delay(500);
        Assert.False(waiting.IsCompleted);
        server.Start();
        accepted[(await waiting).Id] = 50;
        foreach ((string job, ulong start) in accepted)
        {
            Job done = await patient.WaitAsync(job);
            Assert.True(done.State == Contract.JobState.Done, $"{job} is {done.State}: {done.Message}\n{service.Log}");
            Assert.True(chain.IsShown(await patient.GetProofAsync(job), start));
        }

        Assert.Equal(1, service.Starts);
    }
}
