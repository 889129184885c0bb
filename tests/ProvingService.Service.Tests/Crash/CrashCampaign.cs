// Owns: a campaign: clients at work, processes killed at random or as soon as a watcher sees a phase begin, then the audit.

using Grpc.Core;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service.Tests.Processes;

namespace ProvingService.Service.Tests.Crash;

/// <summary>Runs campaigns.</summary>
internal static class CrashCampaign
{
    /// <summary>What a job is waited for until it comes to a phase.</summary>
    private static readonly TimeSpan LongestWatch = TimeSpan.FromSeconds(4);

    /// <summary>Runs one.</summary>
    /// <returns>What was counted.</returns>
    /// <exception cref="InvalidOperationException">A promise was broken: which, with the seed and the processes' logs.</exception>
    public static async Task<CrashCounts> RunAsync(CrashPlan plan, Action<CrashCounts>? progress = null)
    {
        var counts = new CrashCounts();
        var ledger = new CrashLedger();
        var random = new Random(plan.Seed);
        using var chain = new ChainKey(plan.ChainLength);
        await using CrashFleet fleet = await CrashFleet.StartAsync(plan);
        try
        {
            string circuit;
            using (ProvingClient client = fleet.Connect())
            {
                circuit = await chain.RegisterAsync(client);
            }

            using var stop = new CancellationTokenSource();
            Task[] clients = [.. Enumerable.Range(0, plan.Clients).Select(_ =>
            {
                var client = new CrashClient(ledger, chain, circuit, () => fleet.Connect(CrashClient.Patience), new Random(random.Next()));
                return Task.Run(() => client.RunAsync(stop.Token));
            })];
            await KillAsync(plan, fleet, ledger, counts, random, progress);
            await stop.CancelAsync();
            await Task.WhenAll(clients);
            using (ProvingClient client = fleet.Connect())
            {
                await CrashAudit.RunAsync(ledger, counts, chain, client);
            }

            await CrashAudit.SweepAsync(ledger, counts, fleet);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException)
        {
            ledger.Faults.Add(e.ToString());
        }

        return ledger.Faults.IsEmpty
            ? counts
            : throw new InvalidOperationException(
                $"{plan.Name}, seed {plan.Seed}, {counts.AllKills} kills:\n{string.Join('\n', ledger.Faults.Take(20))}\n{fleet.Logs}");
    }

    private static async Task KillAsync(
        CrashPlan plan, CrashFleet fleet, CrashLedger ledger, CrashCounts counts, Random random, Action<CrashCounts>? progress)
    {
        using ProvingClient watcher = fleet.Connect();
        Victim[] victims = plan.Victims;
        DateTime end = DateTime.UtcNow + plan.KillFor;
        for (int turn = 0; counts.AllKills < plan.MostKills && (DateTime.UtcNow < end || counts.AllKills < plan.LeastKills) && ledger.Faults.IsEmpty; turn++)
        {
            // Every phase meets every victim in turn.
            Victim victim = victims[turn % victims.Length];
            Phase phase = CrashCounts.Phases[turn / victims.Length % CrashCounts.Phases.Length];
            string moment = "any";
            if (plan.ByPhaseOnly || random.Next(3) == 0)
            {
                moment = await IsSeenAsync(watcher, ledger, phase) ? phase.ToString() : moment;
            }
            else
            {
                await Task.Delay(random.Next(50, 700));
            }

            await fleet.KillAsync(victim, random);
            counts.Kills.AddOrUpdate((victim, moment), 1, (_, count) => count + 1);
            progress?.Invoke(counts);
        }
    }

    /// <summary>Follows jobs under way until one is in a phase.</summary>
    private static async Task<bool> IsSeenAsync(ProvingClient watcher, CrashLedger ledger, Phase phase)
    {
        using var patience = new CancellationTokenSource(LongestWatch);
        while (!patience.IsCancellationRequested)
        {
            Task<bool>[] watches = [.. ledger.UnderWay.Keys.Take(4).Select(job => ComesAsync(watcher, job, phase, patience.Token))];
            if (watches.Length == 0)
            {
                await Task.Delay(10);
                continue;
            }

            await foreach (Task<bool> watch in Task.WhenEach(watches))
            {
                if (await watch)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static async Task<bool> ComesAsync(ProvingClient watcher, string job, Phase phase, CancellationToken cancellation)
    {
        try
        {
            ulong seen = (await watcher.GetAsync(job, cancellation)).Sequence;
            await foreach (Contract.JobEvent happened in watcher.WatchAsync(job, seen, cancellation))
            {
                if (happened.Phase == phase && !happened.Ended)
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException)
        {
            // The time is up, or the job is none that can be watched any more.
        }

        return false;
    }
}
