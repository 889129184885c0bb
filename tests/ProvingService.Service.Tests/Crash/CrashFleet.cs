// Owns: the processes of a campaign, and killing one kind of them.

using ProvingService.Client;
using ProvingService.Service.Tests.Processes;
using ProvingService.TestKit;

namespace ProvingService.Service.Tests.Crash;

/// <summary>A service, its workers and its store. Kills come one after the other.</summary>
internal sealed class CrashFleet : IAsyncDisposable
{
    /// <summary>Leases end soon after their worker's death, and nothing is set aside: here deaths are the jobs' fault never.</summary>
    private static readonly string[] Limits =
    [
        "--set", "LeaseDuration=1500ms", "--set", "ReapInterval=100ms", "--set", "ReportInterval=20ms", "--set", "PollInterval=50ms",
        "--set", "FirstRest=50ms", "--set", "LongestRest=200ms", "--set", "MaxLostLeases=100000", "--set", "MaxAttempts=100", "--set", "InlineInputBytes=128",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly CrashPlan plan;
    private readonly List<ServiceProcess> workers = [];
    private ServiceProcess? server;

    private CrashFleet(CrashPlan plan) => this.plan = plan;

    /// <summary>The shared folder.</summary>
    public string Data => folder.File("data");

    /// <summary>What all processes said last.</summary>
    public string Logs => string.Join('\n', ((ServiceProcess?[])[server, .. workers]).Select(process => process?.Log));

    /// <summary>Starts everything.</summary>
    public static async Task<CrashFleet> StartAsync(CrashPlan plan)
    {
        var fleet = new CrashFleet(plan);
        try
        {
            // Where the service is alone it has a worker inside.
            fleet.server = await ServiceProcess.ServeAsync(fleet.Data, ["--workers", plan.Workers == 0 ? "1" : "0", .. fleet.More]);
            for (int i = 0; i < plan.Workers; i++)
            {
                fleet.workers.Add(await ServiceProcess.WorkAsync(fleet.Data, fleet.More));
            }

            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that tries for as long as a campaign may keep the service away, or less.</summary>
    public ProvingClient Connect(TimeSpan? patience = null) =>
        new(server!.Grpc!.ToString(), new ProvingClientOptions { Patience = patience ?? TimeSpan.FromMinutes(3) });

    /// <summary>Kills, leaves the dead alone for a while, and starts them again.</summary>
    public async Task KillAsync(Victim victim, Random random)
    {
        if (victim == Victim.Store)
        {
            plan.Postgres!.StopImmediately();
            await Task.Delay(random.Next(0, 300));
            plan.Postgres.Start();
            return;
        }

        ServiceProcess[] dead = victim switch
        {
            Victim.Worker => [workers[random.Next(workers.Count)]],
            Victim.Server => [server!],
            _ => [server!, .. workers],
        };
        foreach (ServiceProcess process in dead)
        {
            process.Kill();
        }

        await Task.Delay(random.Next(0, 300));
        await Task.WhenAll(dead.Select(process => process.StartAsync()));
    }

    /// <summary>Ends the service in good order and starts it again, as an operator would after a crash.</summary>
    public async Task RestartServerAsync()
    {
        await server!.StopAsync();
        await server.StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ServiceProcess? process in (ServiceProcess?[])[.. workers, server])
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        folder.Dispose();
    }

    private string[] More => plan.Postgres is null ? Limits : [.. Limits, "--store", plan.Postgres.Address(plan.Schema)];
}
