// Owns: what the service counts and measures. Who shows it: the exporters. Never: labels without bound (job names, tenants, labels).

using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace ProvingService.Service;

/// <summary>The meter <c>ProvingService.Service</c>. Safe for concurrent use.</summary>
internal sealed class ServiceMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "ProvingService.Service";

    private readonly Meter meter = new(MeterName, ServiceVersion.Text);
    private readonly Counter<long> attempts, verdicts, uploaded, grpcHandled, restHandled;
    private readonly Histogram<double> phases, attemptSeconds, jobSeconds, grpcHandling, restHandling, storeSeconds;

    /// <summary>Makes the instruments.</summary>
    public ServiceMetrics()
    {
        attempts = meter.CreateCounter<long>("proving.attempts", "{attempt}", "Attempts that ended, by outcome and reason.");
        verdicts = meter.CreateCounter<long>("proving.verdicts", "{proof}", "Proofs that callers had checked, by verdict.");
        uploaded = meter.CreateCounter<long>("proving.upload", "By", "Bytes of keys and circuits that came.");
        phases = Time("proving.phase.duration", "Time from the beginning to the end of a phase.");
        attemptSeconds = Time("proving.attempt.duration", "Time from the lease to the outcome.");
        jobSeconds = Time("proving.job.duration", "Time from the submission to the final state, of jobs that a worker brought there.");
        storeSeconds = Time("proving.store.duration", "Time that the store took, by operation and by whether it went well.");
        grpcHandled = meter.CreateCounter<long>("grpc.server.handled", "{call}", "Calls over gRPC that ended, by code.");
        grpcHandling = Time("grpc.server.handling", "Time from the headers of a call over gRPC to its end.");
        restHandled = meter.CreateCounter<long>("rest.server.handled", "{call}", "Calls over REST that ended, by code.");
        restHandling = Time("rest.server.handling", "Time from a request over REST to its end.");
        ProcessMetrics.Add(meter);
    }

    /// <summary>Bounds of buckets in seconds: from a look into the store to the largest proof.</summary>
    public static double[] Seconds { get; } = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 150, 600];

    /// <summary>The meter, for observable instruments of others.</summary>
    public Meter Meter => meter;

    /// <summary>Proofs were checked.</summary>
    public void Verified(long valid, long invalid)
    {
        verdicts.Add(valid, new KeyValuePair<string, object?>("verdict", "valid"));
        verdicts.Add(invalid, new KeyValuePair<string, object?>("verdict", "invalid"));
    }

    /// <summary>A phase ended.</summary>
    public void PhaseEnded(string phase, TimeSpan elapsed)
    {
        phases.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("phase", phase));
        ServiceTraces.PhaseEnded(phase, elapsed);
    }

    /// <summary>An attempt ended, and the lease with it.</summary>
    public void AttemptEnded(LeaseOutcome outcome, TimeSpan elapsed, DateTimeOffset created, DateTimeOffset now)
    {
        string name = outcome.GetType().Name.ToLowerInvariant();
        string reason = outcome switch
        {
            LeaseOutcome.Failed failed => failed.Reason.ToString(),
            LeaseOutcome.Retry retry => retry.Reason.ToString(),
            _ => "None",
        };
        attempts.Add(1, new("outcome", name), new("reason", reason));
        attemptSeconds.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("outcome", name));
        if (outcome is not (LeaseOutcome.Retry or LeaseOutcome.HandedBack))
        {
            jobSeconds.Record((now - created).TotalSeconds, new KeyValuePair<string, object?>("outcome", name));
        }
    }

    /// <summary>Bytes of an upload came.</summary>
    public void Uploaded(long bytes) => uploaded.Add(bytes);

    /// <summary>A call ended.</summary>
    /// <param name="face">grpc or rest.</param>
    /// <param name="service">The service's full name.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="code">The code's name.</param>
    /// <param name="elapsed">Since the request came.</param>
    public void Handled(string face, string service, string method, string code, TimeSpan elapsed)
    {
        bool isGrpc = face == "grpc";
        (isGrpc ? grpcHandled : restHandled).Add(1, new($"{face}_service", service), new($"{face}_method", method), new($"{face}_code", code));
        (isGrpc ? grpcHandling : restHandling).Record(elapsed.TotalSeconds, new($"{face}_service", service), new($"{face}_method", method));
    }

    /// <summary>An operation of the store ended.</summary>
    public void StoreUsed(string operation, TimeSpan elapsed, bool isOk) =>
        storeSeconds.Record(elapsed.TotalSeconds, new("operation", operation), new("ok", isOk ? "true" : "false"));

    /// <summary>Shows the keys in memory.</summary>
    public void Watch(KeyCache keys)
    {
        meter.CreateObservableGauge("proving.keys.memory", () => keys.List().Sum(key => key.Bytes), "By", "What the keys in memory take.");
        meter.CreateObservableGauge("proving.keys.budget", () => keys.Budget, "By", "What they may take.");
        meter.CreateObservableGauge("proving.keys.loaded", () => keys.List().Count, "{key}", "Keys in memory.");
    }

    /// <summary>Shows how busy a worker of this process is.</summary>
    public void Watch(Worker worker, int number, int slots)
    {
        var tag = new KeyValuePair<string, object?>("worker", number.ToString(CultureInfo.InvariantCulture));
        meter.CreateObservableGauge("proving.worker.busy", () => new Measurement<int>(worker.Busy, tag), "{job}", "Jobs that a worker of this process has.");
        meter.CreateObservableGauge("proving.worker.slots", () => new Measurement<int>(slots, tag), "{job}", "Jobs that it takes at the same time.");
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private Histogram<double> Time(string name, string description) =>
        meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
}
