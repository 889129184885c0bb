// Owns: one tenant's hour in a fixed amount of memory, and how several are read as one.

namespace ProvingService.Service;

/// <summary>What became of jobs in one minute.</summary>
/// <param name="Begin">When the minute began.</param>
/// <param name="Done">Jobs with a proof.</param>
/// <param name="Failed">Jobs without.</param>
/// <param name="Stopped">Jobs that were cancelled or expired.</param>
/// <param name="Median">The median time from submission to proof, in seconds; null without a proof.</param>
/// <param name="Slow">The same that 95 of 100 proofs stay below.</param>
internal sealed record HistoryMinute(DateTimeOffset Begin, int Done, int Failed, int Stopped, double? Median, double? Slow);

/// <summary>An hour.</summary>
/// <param name="Since">From when on nothing is missing.</param>
/// <param name="Minutes">Every minute, the oldest first.</param>
/// <param name="Reasons">Failures by reason.</param>
/// <param name="Median">Over the hour.</param>
/// <param name="Slow">Over the hour.</param>
/// <param name="Latest">The jobs that ended last, the latest first.</param>
internal sealed record HistoryView(
    DateTimeOffset Since,
    IReadOnlyList<HistoryMinute> Minutes,
    IReadOnlyDictionary<FailureReason, int> Reasons,
    double? Median,
    double? Slow,
    IReadOnlyList<JobRecord> Latest);

/// <summary>Minutes that take each other's place. Not safe for concurrent use.</summary>
internal sealed class HistoryRing
{
    private readonly Slot[] slots = new Slot[JobHistory.Minutes];
    private readonly Queue<JobRecord> latest = new();

    /// <summary>Counts a final job.</summary>
    public void Add(JobRecord job, long minute)
    {
        ref Slot slot = ref slots[minute % slots.Length];
        if (slot.Minute < minute)
        {
            slot = new Slot { Minute = minute, Seconds = [], Reasons = [] };
        }

        if (slot.Minute > minute)
        {
            return;
        }

        switch (job.State)
        {
            case JobState.Done:
                slot.Done++;
                if (job.CachedFrom is null)
                {
                    slot.Keep((job.Finished!.Value - job.Created).TotalSeconds);
                }

                break;
            case JobState.Failed:
                slot.Failed++;
                slot.Reasons[job.Reason] = slot.Reasons.GetValueOrDefault(job.Reason) + 1;
                break;
            default:
                slot.Stopped++;
                break;
        }

        latest.Enqueue(job);
        if (latest.Count > JobHistory.Recent)
        {
            latest.Dequeue();
        }
    }

    /// <summary>Reads rings as one.</summary>
    /// <param name="rings">Those.</param>
    /// <param name="now">The minute under way.</param>
    /// <param name="since">From when on nothing is missing.</param>
    public static HistoryView Merge(IReadOnlyList<HistoryRing> rings, long now, DateTimeOffset since)
    {
        var minutes = new List<HistoryMinute>(JobHistory.Minutes);
        var reasons = new SortedDictionary<FailureReason, int>();
        var all = new List<double>();
        for (long minute = now - JobHistory.Minutes + 1; minute <= now; minute++)
        {
            var seconds = new List<double>();
            int done = 0, failed = 0, stopped = 0;
            foreach (HistoryRing ring in rings)
            {
                Slot slot = ring.slots[minute % ring.slots.Length];
                if (slot.Minute != minute || slot.Seconds is null)
                {
                    continue;
                }

                (done, failed, stopped) = (done + slot.Done, failed + slot.Failed, stopped + slot.Stopped);
                seconds.AddRange(slot.Seconds);
                foreach ((FailureReason reason, int count) in slot.Reasons)
                {
                    reasons[reason] = reasons.GetValueOrDefault(reason) + count;
                }
            }

            all.AddRange(seconds);
            seconds.Sort();
            minutes.Add(new(DateTimeOffset.FromUnixTimeSeconds(minute * 60), done, failed, stopped, Quantile(seconds, 0.5), Quantile(seconds, 0.95)));
        }

        all.Sort();
        DateTimeOffset begin = minutes[0].Begin;
        return new(
            since > begin ? since : begin,
            minutes,
            reasons,
            Quantile(all, 0.5),
            Quantile(all, 0.95),
            [.. rings.SelectMany(ring => ring.latest).OrderByDescending(job => job.Finished).Take(JobHistory.Recent)]);
    }

    /// <summary>The least value that so large a part of all does not exceed; null without values.</summary>
    private static double? Quantile(List<double> sorted, double part) =>
        sorted.Count == 0 ? null : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Count) - 1)];

    private struct Slot
    {
        /// <summary>Times of a minute are a sample of so many at most: enough for a 95th percentile.</summary>
        private const int Sample = 400;

        public long Minute;
        public int Done, Failed, Stopped;
        public List<double> Seconds;
        public Dictionary<FailureReason, int> Reasons;
        private int seen;

        /// <summary>Keeps a uniform sample of the times (reservoir sampling, Vitter's algorithm R).</summary>
        public void Keep(double seconds)
        {
            seen++;
            if (Seconds.Count < Sample)
            {
                Seconds.Add(seconds);
            }
            else if (Random.Shared.Next(seen) is int place && place < Sample)
            {
                Seconds[place] = seconds;
            }
        }
    }
}
