// Owns: what the service remembers: that it grows old by any clock, that nothing is kept for nobody, and whose share is counted.

using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using ProvingService.Service.Tests.Stores;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests;

public sealed class RememberedTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private IServiceStore store = null!;

    public async Task InitializeAsync() => store = await ServiceStores.OpenAsync(Path.Combine(folder.Path, "test.db"));

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Circuits_and_figures_grow_old_though_the_clock_is_set_back()
    {
        var clock = new TwoClocks();
        var circuits = new CircuitRegistry(store, clock, NullLogger.Instance);
        var queue = new QueueEstimate(store, clock);
        Assert.Empty(await circuits.ListAsync(default));
        Assert.Equal(0, (await queue.LookAsync(default)).Queued);
        await store.PutCircuitAsync(Circuit);
        await store.AddAsync(StoreJobs.New());
        clock.Day -= TimeSpan.FromHours(1);
        clock.Passed += TimeSpan.FromSeconds(5);
        Assert.Single(await circuits.ListAsync(default));
        Assert.Equal(1, (await queue.LookAsync(default)).Queued);
    }

    [Fact]
    public async Task A_look_from_before_a_change_is_not_remembered()
    {
        TaskCompletionSource read = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int looks = 0;
        IServiceStore slow = StoreProxy.Around(store, (name, call) =>
            name == nameof(IServiceStore.ListCircuitsAsync) && Interlocked.Increment(ref looks) == 1 ? HoldAsync((Task<IReadOnlyList<CircuitRecord>>)call()!) : call());
        await store.PutCircuitAsync(Circuit);
        var circuits = new CircuitRegistry(slow, TimeProvider.System, NullLogger.Instance);
        Task<CircuitRecord?> early = circuits.FindAsync(Circuit.KeyHash, default);
        await read.Task;
        await circuits.RetireAsync(Circuit.KeyHash, default);
        go.SetResult();
        Assert.False((await early)!.Retired);
        Assert.True((await circuits.FindAsync(Circuit.KeyHash, default))!.Retired);

        async Task<IReadOnlyList<CircuitRecord>> HoldAsync(Task<IReadOnlyList<CircuitRecord>> list)
        {
            IReadOnlyList<CircuitRecord> found = await list;
            read.SetResult();
            await go.Task;
            return found;
        }
    }

    [Fact]
    public async Task Nothing_is_kept_of_jobs_that_nobody_watches()
    {
        var signals = new JobSignals(store, TimeSpan.FromSeconds(30), NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        Task running = signals.RunAsync(stop.Token);
        NewJob job = StoreJobs.New();
        await store.AddAsync(job);
        JobSignals.JobWatch one = signals.Watch(job.Id), other = signals.Watch(job.Id);
        Task[] changed = [one.Next(), other.Next()];
        await store.CancelAsync(job.Id);
        await Task.WhenAll(changed).WaitAsync(TimeSpan.FromSeconds(30));
        one.Dispose();
        one.Dispose();
        Assert.Equal(1, signals.Watched);
        other.Dispose();
        Assert.Equal(0, signals.Watched);
        await stop.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(19)]
    [InlineData(500)]
    [InlineData(999_999)]
    public void A_rate_is_the_one_that_was_asked_for(int perSecond)
    {
        (int tokens, TimeSpan period) = RateGate.SliceOf(perSecond);
        Assert.Equal(perSecond, tokens / period.TotalSeconds, perSecond * 0.001);
        Assert.InRange(period.TotalSeconds, 0.01, 1);
    }

    [Fact]
    public void A_quota_is_a_tenants_and_open_streams_are_a_keys()
    {
        using var rates = new RateGate(new ServiceOptions { SubmissionsPerDay = 2, MaxStreamsPerKey = 1 });
        Caller one = new(CallerKind.ApiKey, "t", "one", Scopes.All), other = one with { Name = "other" }, stranger = one with { Tenant = "s" };
        rates.AdmitSubmission(one).Dispose();
        rates.AdmitSubmission(other).Dispose();
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(() => rates.AdmitSubmission(one)).StatusCode);
        rates.AdmitSubmission(stranger).Dispose();
        RateLease open = rates.AdmitStream(one);
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(() => rates.AdmitStream(one)).StatusCode);
        rates.AdmitStream(other).Dispose();
        open.Dispose();
        rates.AdmitStream(one).Dispose();
    }

    private static CircuitRecord Circuit { get; } = new()
    {
        KeyHash = new string('a', 64),
        Name = "c",
        Curve = "bn254",
        KeyBytes = 1,
        Wires = 1,
        PublicInputs = 0,
        Domain = 1,
        Cost = 1,
        MemoryBytes = 1,
        Registered = DateTimeOffset.UnixEpoch,
        VerificationKey = "{}",
    };

    /// <summary>A time of day and a stopwatch that go apart.</summary>
    private sealed class TwoClocks : TimeProvider
    {
        public DateTimeOffset Day { get; set; } = DateTimeOffset.UtcNow;

        public TimeSpan Passed { get; set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Day;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
