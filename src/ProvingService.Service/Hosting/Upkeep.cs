// Owns: what must happen from time to time: leases that ran out, jobs past their deadline, old jobs, inputs that nobody needs.

using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>Runs beside a service or a worker. Several processes may do so on the same store: each round finds only what is left.</summary>
internal sealed class Upkeep(IServiceStore store, FileVault vault, Uploads uploads, ServiceOptions options, TimeProvider time, ILogger log)
{
    private const int PurgeAtOnce = 500;
    private static readonly TimeSpan SilentWorkers = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    /// <summary>A job is written after its inputs: for so long after their last byte they may lie here without one.</summary>
    private static readonly TimeSpan InputsAhead = TimeSpan.FromMinutes(10);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        long? swept = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ReapAsync(stopping).ConfigureAwait(false);
                if (swept is not { } last || time.GetElapsedTime(last) > SweepInterval)
                {
                    swept = time.GetTimestamp();
                    await SweepAsync(stopping).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException e)
            {
                log.StoreFailed(e.Message);
            }
#pragma warning disable CA1031 // Upkeep must not end because a round of it failed.
            catch (Exception e)
#pragma warning restore CA1031
            {
                log.UpkeepFailed(e);
            }

            try
            {
                await Task.Delay(options.ReapInterval, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One look at the clock.</summary>
    public async Task ReapAsync(CancellationToken cancellation)
    {
        ReapReport report = await store.ReapAsync(
            new ReapRules(options.FirstRest, options.LongestRest, options.MaxLostLeases, SilentWorkers), cancellation).ConfigureAwait(false);
        foreach (Guid job in report.Ended)
        {
            vault.DeleteInput(job);
        }

        if (report.Requeued + report.Poisoned + report.Expired > 0)
        {
            log.Reaped(report.Requeued, report.Poisoned, report.Expired);
        }
    }

    /// <summary>One look at what has grown old.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        while (await store.PurgeAsync(now - options.Retention, PurgeAtOnce, cancellation).ConfigureAwait(false) == PurgeAtOnce)
        {
            // In pieces, so that nobody waits long for the store.
        }

        uploads.Sweep(now - options.UploadLife);
        foreach (Guid[] jobs in vault.ListInputs(now - InputsAhead - options.ReadTimeout).Chunk(PurgeAtOnce))
        {
            var needed = new HashSet<Guid>(await store.FilterUnfinishedAsync(jobs, cancellation).ConfigureAwait(false));
            foreach (Guid job in jobs.Where(job => !needed.Contains(job)))
            {
                vault.DeleteInput(job);
            }
        }
    }
}
