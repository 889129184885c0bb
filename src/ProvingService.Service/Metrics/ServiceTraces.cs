// Owns: what the service tells of single jobs as traces: attempts with their phases, and the job's name at the request that
// brought it. Never: anything of a job's inputs.

using System.Diagnostics;

namespace ProvingService.Service;

/// <summary>The source <c>ProvingService.Service</c>. Costs nothing where nobody listens.</summary>
internal static class ServiceTraces
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "ProvingService.Service";

    private static readonly ActivitySource Source = new(SourceName, ServiceVersion.Text);

    /// <summary>An attempt begins; it ends when what is returned is disposed.</summary>
    public static Activity? BeginAttempt(JobRecord job)
    {
        Activity? attempt = Source.StartActivity("attempt", ActivityKind.Consumer);
        attempt?.SetTag("job.id", JobNames.Write(job.Id));
        attempt?.SetTag("job.attempt", job.Attempts);
        attempt?.SetTag("circuit.key_hash", job.Submitted.KeyHash);
        return attempt;
    }

    /// <summary>A phase of the attempt ended.</summary>
    public static void PhaseEnded(string phase, TimeSpan elapsed)
    {
        if (Source.HasListeners())
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            using Activity? span = Source.StartActivity($"phase {phase}", ActivityKind.Internal, Activity.Current?.Context ?? default, startTime: now - elapsed);
            span?.SetEndTime(now.UtcDateTime);
        }
    }

    /// <summary>The request under way is about a job.</summary>
    public static void AboutJob(string job) => Activity.Current?.SetTag("job.id", job);

    /// <summary>The request under way meant a method, and ended so.</summary>
    public static void Handled(string face, string service, string method, string code)
    {
        if (Activity.Current is { } request)
        {
            request.DisplayName = $"{service}/{method}";
            request.SetTag("rpc.system", face);
            request.SetTag("rpc.service", service);
            request.SetTag("rpc.method", method);
            request.SetTag("rpc.code", code);
        }
    }
}
