// Owns: jobs, offers and rules as the tests of stores use them.

using System.Security.Cryptography;
using Xunit;

namespace ProvingService.Service.Tests.Stores;

internal static class StoreJobs
{
    public static readonly QueueBounds Wide = new(1_000_000, 1_000_000);

    public static readonly ReapRules Rules = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), 3, TimeSpan.FromHours(1));

    public static readonly JobProof Proof = new([1, 2, 3], [], [5, 6], [7]);

    private static readonly DateTimeOffset Begin = DateTimeOffset.UtcNow;
    private static long made;

    /// <summary>A name that sorts after all before it: within a millisecond, those of the runtime have no order.</summary>
    public static Guid NewId() => Guid.CreateVersion7(Begin.AddMilliseconds(Interlocked.Increment(ref made)));

    public static NewJob New(string tenant = "alice", long cost = 1000, string input = "") => new()
    {
        Id = NewId(),
        Tenant = tenant,
        KeyHash = "key",
        InputKind = InputKind.Json,
        InputHash = input.Length > 0 ? input : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
        InputLength = 2,
        InlineInput = "{}"u8.ToArray(),
        ContentHash = "content",
        Cost = cost,
        MemoryBytes = 1000,
    };

    public static LeaseOffer Offer(string worker = "w", long memory = 1_000_000, double seconds = 600, params string[] devices) =>
        new(worker, memory, devices, TimeSpan.FromSeconds(seconds));

    public static async Task<JobRecord> AddAsync(this IServiceStore store, NewJob job)
    {
        Submission submission = await store.SubmitAsync(job, Wide);
        Assert.Equal(SubmissionKind.Accepted, submission.Kind);
        return submission.Job!;
    }

    public static async Task<LeasedJob> TakeAsync(this IServiceStore store, LeaseOffer? offer = null)
    {
        LeasedJob? taken = await store.LeaseAsync(offer ?? Offer());
        Assert.NotNull(taken);
        return taken;
    }

    public static Task<bool> EndAsync(this IServiceStore store, Lease lease, LeaseOutcome outcome, params PhaseMark[] marks) =>
        store.FinishAsync(lease, outcome, marks);

    public static Task<bool> DoneAsync(this IServiceStore store, Lease lease) => store.EndAsync(lease, new LeaseOutcome.Done(Proof));

    public static async Task<JobRecord> GetAsync(this IServiceStore store, Guid id)
    {
        JobRecord? job = await store.FindJobAsync(id);
        Assert.NotNull(job);
        return job;
    }

    public static async Task<JobState[]> StatesAsync(this IServiceStore store, Guid id)
    {
        IReadOnlyList<JobEvent> events = await store.ListEventsAsync(id, 0, 1000);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(step => step.Sequence));
        Assert.Equal((await store.GetAsync(id)).Sequence, events.Count);
        return [.. events.Select(step => step.State)];
    }
}
