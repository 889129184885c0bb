// Owns: how long a job is likely to wait, from the queue's figures and the workers that were heard of.

namespace ProvingService.Service;

/// <summary>The queue as it was a moment ago. Safe for concurrent use; asks the store at most four times a second.</summary>
internal sealed class QueueEstimate(IServiceStore store, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private readonly SemaphoreSlim loading = new(1);
    private volatile View? latest;

    /// <summary>The figures.</summary>
    /// <exception cref="StoreException">The store is away.</exception>
    public async Task<View> LookAsync(CancellationToken cancellation)
    {
        View? known = latest;
        if (known is not null && time.GetElapsedTime(known.Read) < Life)
        {
            return known;
        }

        await loading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            known = latest;
            if (known is not null && time.GetElapsedTime(known.Read) < Life)
            {
                return known;
            }

            long begun = time.GetTimestamp();
            QueueFigures figures = await store.MeasureAsync(cancellation).ConfigureAwait(false);
            IReadOnlyList<WorkerRecord> workers = await store.ListWorkersAsync(cancellation).ConfigureAwait(false);
            return latest = new View(figures, workers, [.. workers.Where(worker => figures.At - worker.Seen < Silence)], figures.At, begun);
        }
        finally
        {
            loading.Release();
        }
    }

    /// <summary>The queue at one moment.</summary>
    /// <param name="Figures">The queue.</param>
    /// <param name="Workers">All workers known.</param>
    /// <param name="Live">Those heard of lately.</param>
    /// <param name="At">The moment by the store's clock.</param>
    /// <param name="Read">The same as the clock's timestamp, since its time of day may be set back.</param>
    internal sealed record View(QueueFigures Figures, IReadOnlyList<WorkerRecord> Workers, IReadOnlyList<WorkerRecord> Live, DateTimeOffset At, long Read)
    {
        /// <summary>Jobs that wait.</summary>
        public long Queued => Figures.Jobs.GetValueOrDefault(JobState.Queued);

        /// <summary>Jobs that workers have.</summary>
        public long Active => Figures.Jobs.Where(entry => entry.Key.IsHeld()).Sum(entry => entry.Value);

        /// <summary>
        /// How long a job that came now would wait behind those of its priority and above, as costs are now; null where
        /// no worker is heard of.
        /// </summary>
        public TimeSpan? WaitOf(int priority)
        {
            int slots = Live.Sum(worker => worker.Slots);
            if (slots == 0)
            {
                return null;
            }

            double cost = Figures.Waiting.Where(entry => entry.Priority >= priority).Sum(entry => (double)entry.Cost);
            return TimeSpan.FromMicroseconds(Math.Min(cost / slots, TimeSpan.FromDays(365).TotalMicroseconds));
        }
    }
}
