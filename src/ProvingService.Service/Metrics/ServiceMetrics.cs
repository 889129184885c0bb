// Owns: what the service counts and measures. Who shows it: the exporters. Never: labels without bound (job names, tenants' labels).

using System.Diagnostics.Metrics;

namespace ProvingService.Service;

/// <summary>The meter <c>ProvingService.Service</c>.</summary>
internal sealed class ServiceMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "ProvingService.Service";

    private readonly Meter meter = new(MeterName, ServiceVersion.Text);
    private readonly Counter<long> attempts, verdicts;
    private readonly Histogram<double> phases, attemptSeconds, waits;

    /// <summary>Makes the instruments.</summary>
    public ServiceMetrics()
    {
        attempts = meter.CreateCounter<long>("proving.attempts", "{attempt}", "Attempts that ended, by outcome and reason.");
        verdicts = meter.CreateCounter<long>("proving.verdicts", "{proof}", "Proofs that callers had checked, by verdict.");
        phases = meter.CreateHistogram<double>("proving.phase.duration", "s", "Time from the beginning to the end of a phase.");
        attemptSeconds = meter.CreateHistogram<double>("proving.attempt.duration", "s", "Time from the lease to the outcome.");
        waits = meter.CreateHistogram<double>("proving.job.duration", "s", "Time from the submission to the final state.");
    }

    /// <summary>The meter, for observable instruments of others.</summary>
    public Meter Meter => meter;

    /// <summary>Proofs were checked.</summary>
    public void Verified(long valid, long invalid)
    {
        verdicts.Add(valid, new KeyValuePair<string, object?>("verdict", "valid"));
        verdicts.Add(invalid, new KeyValuePair<string, object?>("verdict", "invalid"));
    }

    /// <summary>A phase ended.</summary>
    public void PhaseEnded(string phase, TimeSpan elapsed) => phases.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("phase", phase));

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
            waits.Record((now - created).TotalSeconds, new KeyValuePair<string, object?>("outcome", name));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();
}
