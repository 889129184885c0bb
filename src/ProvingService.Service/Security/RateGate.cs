// Owns: how often a caller may submit and ask, and how many streams it may have open. By API key, in this process.

using System.Threading.RateLimiting;

namespace ProvingService.Service;

/// <summary>What a caller has taken of its share; given back when disposed.</summary>
internal sealed class RateLease(RateLimitLease? lease) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => lease?.Dispose();
}

/// <summary>Rates and quotas by the caller's name. Safe for concurrent use. Each front end counts by itself.</summary>
internal sealed class RateGate : IDisposable
{
    private readonly PartitionedRateLimiter<Caller> submissions, requests, streams, quota;
    private readonly ServiceOptions options;

    /// <summary>Prepares the shares.</summary>
    public RateGate(ServiceOptions options)
    {
        this.options = options;
        submissions = Bucket(options.SubmissionsPerSecond, options.SubmissionBurst);
        requests = Bucket(options.RequestsPerSecond, options.RequestsPerSecond);
        streams = PartitionedRateLimiter.Create<Caller, string>(caller => RateLimitPartition.GetConcurrencyLimiter(
            caller.Name, _ => new ConcurrencyLimiterOptions { PermitLimit = options.MaxStreamsPerKey, QueueLimit = 0 }));
        quota = PartitionedRateLimiter.Create<Caller, string>(caller => options.SubmissionsPerDay == 0
            ? RateLimitPartition.GetNoLimiter(caller.Tenant)
            : RateLimitPartition.GetFixedWindowLimiter(caller.Tenant, _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = (int)Math.Min(int.MaxValue, options.SubmissionsPerDay),
                Window = TimeSpan.FromDays(1),
                QueueLimit = 0,
            }));
    }

    /// <summary>A submission.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">There are too many.</exception>
    public RateLease AdmitSubmission(Caller caller)
    {
        Take(submissions, caller, $"more than {options.SubmissionsPerSecond} submissions a second").Dispose();
        Take(quota, caller, $"more than {options.SubmissionsPerDay} submissions in a day").Dispose();
        return new(null);
    }

    /// <summary>Any other request.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">There are too many.</exception>
    public void AdmitRequest(Caller caller) => Take(requests, caller, $"more than {options.RequestsPerSecond} requests a second").Dispose();

    /// <summary>A stream, until what is returned is disposed.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">There are too many.</exception>
    public RateLease AdmitStream(Caller caller) => new(Take(streams, caller, $"more than {options.MaxStreamsPerKey} open streams"));

    /// <inheritdoc/>
    public void Dispose()
    {
        submissions.Dispose();
        requests.Dispose();
        streams.Dispose();
        quota.Dispose();
    }

    private static RateLimitLease Take(PartitionedRateLimiter<Caller> limiter, Caller caller, string what)
    {
        RateLimitLease lease = limiter.AttemptAcquire(caller);
        if (lease.IsAcquired)
        {
            return lease;
        }

        TimeSpan retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan time) && time > TimeSpan.Zero ? time : TimeSpan.FromSeconds(1);
        lease.Dispose();
        throw Refuse.Exhausted($"{what}: that is the limit for one API key.", retryAfter);
    }

    private static PartitionedRateLimiter<Caller> Bucket(int perSecond, int burst)
    {
        // A tenth of a second's worth at a time, so that the average is even.
        int slices = perSecond >= 10 ? 10 : 1;
        return PartitionedRateLimiter.Create<Caller, string>(caller => RateLimitPartition.GetTokenBucketLimiter(
            caller.Name, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = burst,
                TokensPerPeriod = Math.Max(1, perSecond / slices),
                ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / slices),
                QueueLimit = 0,
                AutoReplenishment = true,
            }));
    }
}
