// Owns: what became of jobs in the last hour, by minute and tenant, for the dashboard's charts. Kept in memory: a store keeps jobs, not
// rates. Whoever proved them, this process or another: the store's signals tell of each job, and it is looked up when it has ended.
//
// After a start the newest jobs of the store fill the hour as far as they reach; Since says from when on it is whole.

using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>The last hour. Safe for concurrent use.</summary>
internal sealed class JobHistory(IServiceStore store, TimeProvider time, ILogger log)
{
    /// <summary>How many minutes are kept; the one under way is one of them.</summary>
    public const int Minutes = 60;

    /// <summary>How many of the latest jobs are kept whole, by tenant.</summary>
    public const int Recent = 12;

    /// <summary>Jobs looked at after a start, and after signals were lost: one question to the store.</summary>
    private const int Rebuilt = 1000;

    /// <summary>Jobs may be told of twice. So many are remembered as counted, which is minutes of the fastest queue.</summary>
    private const int Remembered = 20_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);
    private static readonly JobState[] Final = [JobState.Done, JobState.Failed, JobState.Cancelled, JobState.Expired];

    private readonly Lock gate = new();
    private readonly Dictionary<string, HistoryRing> tenants = [];
    private readonly HashSet<Guid> counted = [];
    private readonly Queue<Guid> order = new();
    private HashSet<Guid> told = [];
    private bool isRebuildDue;
    private DateTimeOffset since = time.GetUtcNow();

    /// <summary>Follows the store until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping) =>
        await Task.WhenAll(ListenAsync(stopping), CountAsync(stopping)).ConfigureAwait(false);

    /// <summary>The last hour of a tenant; of all where it is null.</summary>
    public HistoryView Look(string? tenant)
    {
        lock (gate)
        {
            long now = MinuteOf(time.GetUtcNow());
            IEnumerable<HistoryRing> rings = tenant is null ? tenants.Values : tenants.TryGetValue(tenant, out HistoryRing? ring) ? [ring] : [];
            return HistoryRing.Merge([.. rings], now, since);
        }
    }

    /// <summary>Counts a job if it is final, ended within the hour, and was not counted before.</summary>
    internal void Count(JobRecord job)
    {
        lock (gate)
        {
            long now = MinuteOf(time.GetUtcNow());
            if (!job.State.IsFinal() || job.Finished is not { } finished || MinuteOf(finished) <= now - Minutes || !counted.Add(job.Id))
            {
                return;
            }

            order.Enqueue(job.Id);
            if (order.Count > Remembered)
            {
                counted.Remove(order.Dequeue());
            }

            if (!tenants.TryGetValue(job.Submitted.Tenant, out HistoryRing? ring))
            {
                tenants[job.Submitted.Tenant] = ring = new HistoryRing();
            }

            ring.Add(job, MinuteOf(finished));
        }
    }

    private static long MinuteOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / 60;

    private async Task ListenAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (StoreSignal signal in store.SignalsAsync(stopping).ConfigureAwait(false))
                {
                    lock (gate)
                    {
                        if (signal.Job is { } job && told.Count < Remembered)
                        {
                            told.Add(job);
                        }
                        else
                        {
                            isRebuildDue = true;
                        }
                    }
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StoreException e)
            {
                log.StoreFailed(e.Message);
            }

            await Task.Delay(Interval, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CountAsync(CancellationToken stopping)
    {
        bool isFirst = true;
        while (!stopping.IsCancellationRequested)
        {
            HashSet<Guid> jobs;
            bool rebuild;
            lock (gate)
            {
                (jobs, told) = (told, []);
                (rebuild, isRebuildDue) = (isRebuildDue, false);
            }

            try
            {
                if (rebuild)
                {
                    await RebuildAsync(isFirst, stopping).ConfigureAwait(false);
                    isFirst = false;
                }

                foreach (Guid id in jobs)
                {
                    if (await store.FindJobAsync(id, stopping).ConfigureAwait(false) is { } job)
                    {
                        Count(job);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StoreException)
            {
                // Looked at again when the store is back; those who call it hear why it is away.
                lock (gate)
                {
                    isRebuildDue = true;
                }
            }

            await Task.Delay(Interval, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RebuildAsync(bool isFirst, CancellationToken stopping)
    {
        IReadOnlyList<JobRecord> jobs = await store.ListJobsAsync(new JobFilter { States = Final, Limit = Rebuilt }, stopping).ConfigureAwait(false);
        foreach (JobRecord job in jobs.Reverse())
        {
            Count(job);
        }

        if (isFirst)
        {
            DateTimeOffset begin = time.GetUtcNow() - TimeSpan.FromMinutes(Minutes);
            lock (gate)
            {
                since = jobs.Count < Rebuilt || jobs[^1].Created < begin ? begin : jobs[^1].Created;
            }
        }
    }
}
