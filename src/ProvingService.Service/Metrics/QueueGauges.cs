// Owns: the queue's figures as gauges, from the latest look at the store: exporters ask at once, and the store answers later.

using System.Diagnostics.Metrics;

namespace ProvingService.Service;

/// <summary>The queue's gauges. Whoever exports calls <see cref="RefreshAsync"/> first.</summary>
internal sealed class QueueGauges
{
    private readonly QueueEstimate queue;
    private volatile QueueEstimate.View? latest;
    private volatile bool isUp;

    /// <summary>Makes the instruments.</summary>
    public QueueGauges(ServiceMetrics metrics, QueueEstimate queue, ServiceOptions options)
    {
        this.queue = queue;
        Meter meter = metrics.Meter;
        meter.CreateObservableGauge("proving.queue.depth", Depths, "{job}", "Jobs that are not in their final state, by state.");
        meter.CreateObservableGauge("proving.queue.limit", () => options.MaxQueued, "{job}", "Jobs that may wait.");
        meter.CreateObservableGauge("proving.queue.wait", () => Maybe(view => view.WaitOf(0)), "s", "What a job that came now would wait, by estimate; missing where no worker is heard of.");
        meter.CreateObservableGauge("proving.oldest_job.age", () => Maybe(view => view.At - view.Figures.OldestWaiting), "s", "Since when the oldest waiting job waits.");
        meter.CreateObservableGauge("proving.oldest_lease.age", () => Maybe(view => view.At - view.Figures.OldestLease), "s", "Since when the oldest lease holds.");
        meter.CreateObservableGauge("proving.workers", () => Maybe(view => (double)view.Live.Count), "{worker}", "Workers heard of lately, in all processes.");
        meter.CreateObservableGauge("proving.store.up", () => isUp ? 1 : 0, null, "Whether the store answered last.");
    }

    /// <summary>Looks at the store. Where it is away, the figures are missing until it is back.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        try
        {
            latest = await queue.LookAsync(cancellation).ConfigureAwait(false);
            isUp = true;
        }
        catch (StoreException)
        {
            (latest, isUp) = (null, false);
        }
    }

    private IEnumerable<Measurement<long>> Depths()
    {
        if (latest is not { } view)
        {
            yield break;
        }

        foreach (JobState state in Enum.GetValues<JobState>())
        {
            if ((int)state > 0 && !state.IsFinal())
            {
                yield return new(view.Figures.Jobs.GetValueOrDefault(state), new KeyValuePair<string, object?>("state", state.ToString().ToLowerInvariant()));
            }
        }
    }

    private IEnumerable<Measurement<double>> Maybe(Func<QueueEstimate.View, TimeSpan?> figure) => Maybe(view => figure(view)?.TotalSeconds);

    private IEnumerable<Measurement<double>> Maybe(Func<QueueEstimate.View, double?> figure) =>
        latest is { } view && figure(view) is { } value ? [new(value)] : [];
}
