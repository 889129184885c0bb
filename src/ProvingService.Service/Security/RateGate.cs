// Owns: how often a caller may submit and ask, how many streams it may have open, and how often an address may be wrong about who it is.
// In this process alone: each front end counts for itself.

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace ProvingService.Service;

/// <summary>What a caller has taken of its share; given back when disposed.</summary>
internal sealed class RateLease(RateLimitLease? lease) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => lease?.Dispose();
}

/// <summary>Rates and quotas by caller, and the quota by tenant. Safe for concurrent use. Each front end counts by itself.</summary>
internal sealed class RateGate : IDisposable
{
    private readonly PartitionedRateLimiter<Caller> submissions, requests, streams, quota;
    private readonly PartitionedRateLimiter<UInt128> failures;
    private readonly ServiceOptions options;

    /// <summary>Prepares the shares.</summary>
    public RateGate(ServiceOptions options)
    {
        this.options = options;
        submissions = Bucket(options.SubmissionsPerSecond, options.SubmissionBurst);
        requests = Bucket(options.RequestsPerSecond, options.RequestsPerSecond);
        streams = PartitionedRateLimiter.Create<Caller, Share>(caller => RateLimitPartition.GetConcurrencyLimiter(
            ShareOf(caller), _ => new ConcurrencyLimiterOptions { PermitLimit = options.MaxStreamsPerKey, QueueLimit = 0 }));
        quota = PartitionedRateLimiter.Create<Caller, string>(caller => options.SubmissionsPerDay == 0
            ? RateLimitPartition.GetNoLimiter(caller.Tenant)
            : RateLimitPartition.GetFixedWindowLimiter(caller.Tenant, _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = (int)Math.Min(int.MaxValue, options.SubmissionsPerDay),
                Window = TimeSpan.FromDays(1),
                QueueLimit = 0,
            }));
        failures = PartitionedRateLimiter.Create<UInt128, UInt128>(address => RateLimitPartition.GetFixedWindowLimiter(
            address, _ => new FixedWindowRateLimiterOptions { PermitLimit = options.FailuresPerMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));
    }

    /// <summary>A submission.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">There are too many.</exception>
    public RateLease AdmitSubmission(Caller caller)
    {
        Take(submissions, caller, $"more than {options.SubmissionsPerSecond} submissions a second").Dispose();
        Take(quota, caller, $"more than {options.SubmissionsPerDay} submissions in a day").Dispose();
        return new(null);
    }

    /// <summary>Any request, a submission too. Where nobody is asked who they are there are no shares to guard from each other, and no limit.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">There are too many.</exception>
    public void AdmitRequest(Caller caller)
    {
        if (caller.Kind != CallerKind.Local)
        {
            Take(requests, caller, $"more than {options.RequestsPerSecond} requests a second").Dispose();
        }
    }

    /// <summary>A stream, until what is returned is disposed.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">There are too many.</exception>
    public RateLease AdmitStream(Caller caller) => new(Take(streams, caller, $"more than {options.MaxStreamsPerKey} open streams"));

    /// <summary>Whether an address may still try to say who it is.</summary>
    public bool MayTry(IPAddress? address) => failures.GetStatistics(PeerOf(address)) is not { CurrentAvailablePermits: <= 0 };

    /// <summary>Counts that an address was wrong about who it is.</summary>
    public void CountFailure(IPAddress? address) => failures.AttemptAcquire(PeerOf(address)).Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        failures.Dispose();
        submissions.Dispose();
        requests.Dispose();
        streams.Dispose();
        quota.Dispose();
    }

    /// <summary>About a tenth of a second's worth, so that the average is even; and the time that it is worth, so that the average is the one asked for.</summary>
    internal static (int Tokens, TimeSpan Period) SliceOf(int perSecond)
    {
        int tokens = Math.Max(1, perSecond / 10);
        return (tokens, TimeSpan.FromSeconds((double)tokens / perSecond));
    }

    private static Share ShareOf(Caller caller) => new(caller.Kind, caller.Tenant, caller.Name);

    /// <summary>An address as a number; of IPv6 the first 64 bits, which one subscriber has.</summary>
    private static UInt128 PeerOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        var whole = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6 ? whole >> 64 << 64 : whole;
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
        (int tokens, TimeSpan period) = SliceOf(perSecond);
        return PartitionedRateLimiter.Create<Caller, Share>(caller => RateLimitPartition.GetTokenBucketLimiter(
            ShareOf(caller), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = burst,
                TokensPerPeriod = tokens,
                ReplenishmentPeriod = period,
                QueueLimit = 0,
                AutoReplenishment = true,
            }));
    }

    private readonly record struct Share(CallerKind Kind, string Tenant, string Name);
}
