// Owns: what goes into and comes out of a store beside jobs: leases, verdicts, figures, circuits, workers, API keys.

namespace ProvingService.Service;

/// <summary>How long the queue may become.</summary>
/// <param name="Queued">Waiting jobs, of all tenants.</param>
/// <param name="QueuedOfTenant">Waiting jobs of the submitting tenant.</param>
public readonly record struct QueueBounds(int Queued, int QueuedOfTenant);

/// <summary>What became of a submission.</summary>
public enum SubmissionKind
{
    /// <summary>The job is on disk.</summary>
    Accepted,

    /// <summary>The job is on disk and done: the proof of an earlier one is the answer.</summary>
    Cached,

    /// <summary>The same submission was accepted before.</summary>
    Existing,

    /// <summary>The idempotency key was used for other content; nothing was accepted.</summary>
    Conflict,

    /// <summary>The queue is full; nothing was accepted.</summary>
    QueueFull,

    /// <summary>The tenant's share of the queue is full; nothing was accepted.</summary>
    TenantFull,
}

/// <summary>What became of a submission.</summary>
/// <param name="Kind">That.</param>
/// <param name="Job">The job that was accepted or found; with <see cref="SubmissionKind.Conflict"/> the one in the way; else null.</param>
public sealed record Submission(SubmissionKind Kind, JobRecord? Job);

/// <summary>Which jobs are wanted. Null and empty members let everything pass.</summary>
public sealed record JobFilter
{
    /// <summary>Only of this tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>Only in these states.</summary>
    public IReadOnlyCollection<JobState> States { get; init; } = [];

    /// <summary>Only under this key.</summary>
    public string? KeyHash { get; init; }

    /// <summary>Only with all of these labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Only before this one, in the order of the list: where the page before ended.</summary>
    public Guid? Before { get; init; }

    /// <summary>At most so many.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>What a worker can take.</summary>
/// <param name="Worker">Its name, for this run of the process.</param>
/// <param name="MemoryBytes">What it has free; only jobs that need no more are leased.</param>
/// <param name="Devices">The wishes that it can meet besides "any", such as <c>cpu</c> and <c>cuda:0</c>.</param>
/// <param name="Duration">How long the lease holds without a report.</param>
public sealed record LeaseOffer(string Worker, long MemoryBytes, IReadOnlyCollection<string> Devices, TimeSpan Duration);

/// <summary>The right to work on a job.</summary>
/// <param name="Job">Its name.</param>
/// <param name="Fence">Which lease of the job this is.</param>
public readonly record struct Lease(Guid Job, long Fence);

/// <summary>A job that a worker has now.</summary>
/// <param name="Lease">The right.</param>
/// <param name="Job">The job.</param>
/// <param name="InlineInput">Its inputs where they are kept in the store. Secret.</param>
public sealed record LeasedJob(Lease Lease, JobRecord Job, byte[]? InlineInput);

/// <summary>The beginning or end of a part of the work.</summary>
/// <param name="At">When.</param>
/// <param name="Phase">Which.</param>
/// <param name="Ended">Whether it ended.</param>
/// <param name="State">The state that the job is in from then on: leased, proving or verifying; null for the one it was in.</param>
public readonly record struct PhaseMark(DateTimeOffset At, string Phase, bool Ended, JobState? State = null);

/// <summary>What a worker says of a job that it has.</summary>
/// <param name="Lease">The right.</param>
/// <param name="Duration">How long the lease is to hold from now.</param>
/// <param name="State">The state that the job is in after all marks: leased, proving or verifying.</param>
/// <param name="Marks">What happened since the last report, in order.</param>
public sealed record LeaseReport(Lease Lease, TimeSpan Duration, JobState State, IReadOnlyList<PhaseMark> Marks);

/// <summary>What a worker is to do with a job that it has.</summary>
public enum LeaseVerdict
{
    /// <summary>Go on.</summary>
    Held,

    /// <summary>Stop, and finish with <see cref="LeaseOutcome.Cancelled"/>.</summary>
    Cancel,

    /// <summary>Stop and write nothing: the job is somebody else's, or gone.</summary>
    Lost,
}

/// <summary>How a lease ends.</summary>
public abstract record LeaseOutcome
{
    private LeaseOutcome()
    {
    }

    /// <summary>With a proof. The job is done.</summary>
    public sealed record Done(JobProof Proof) : LeaseOutcome;

    /// <summary>Without hope. The job has failed.</summary>
    public sealed record Failed(FailureReason Reason, string Message) : LeaseOutcome;

    /// <summary>With a failure that another attempt may mend: back to the queue, and to rest for a while.</summary>
    public sealed record Retry(FailureReason Reason, string Message, TimeSpan Rest) : LeaseOutcome;

    /// <summary>Because it was asked for. The job is cancelled.</summary>
    public sealed record Cancelled : LeaseOutcome;

    /// <summary>Because the deadline passed. The job has expired.</summary>
    public sealed record Expired : LeaseOutcome;

    /// <summary>Because the worker stops: back to the queue at once, and the attempt does not count.</summary>
    public sealed record HandedBack : LeaseOutcome;
}

/// <summary>What becomes of jobs whose worker fell silent.</summary>
/// <param name="Rest">How long such a job rests for the first time; twice as long each further time.</param>
/// <param name="LongestRest">And never longer than this.</param>
/// <param name="LostLeases">With so many lost leases a job is poisoned.</param>
/// <param name="SilentWorkers">Workers that were not heard of for so long are forgotten.</param>
public readonly record struct ReapRules(TimeSpan Rest, TimeSpan LongestRest, int LostLeases, TimeSpan SilentWorkers);

/// <summary>What a round of reaping found.</summary>
/// <param name="Requeued">Jobs back in the queue.</param>
/// <param name="Poisoned">Jobs set aside.</param>
/// <param name="Expired">Jobs past their deadline.</param>
/// <param name="Ended">The names of those that are final now: the files with their inputs can go.</param>
public sealed record ReapReport(int Requeued, int Poisoned, int Expired, IReadOnlyList<Guid> Ended);

/// <summary>The queue in figures.</summary>
public sealed record QueueFigures
{
    /// <summary>Jobs by state; final states count what is still kept.</summary>
    public required IReadOnlyDictionary<JobState, long> Jobs { get; init; }

    /// <summary>Waiting jobs by priority: how many, and the sum of their costs in microseconds.</summary>
    public required IReadOnlyList<PriorityFigures> Waiting { get; init; }

    /// <summary>When the oldest waiting job was accepted; null without one.</summary>
    public DateTimeOffset? OldestWaiting { get; init; }

    /// <summary>When the oldest lease began; null without one.</summary>
    public DateTimeOffset? OldestLease { get; init; }

    /// <summary>Waiting jobs by tenant.</summary>
    public required IReadOnlyDictionary<string, long> WaitingByTenant { get; init; }

    /// <summary>The moment by the store's clock, by which workers and leases are judged: those of other machines may be off.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Waiting jobs of one priority.</summary>
/// <param name="Priority">That.</param>
/// <param name="Count">How many.</param>
/// <param name="Cost">The sum of their costs, in microseconds.</param>
public readonly record struct PriorityFigures(int Priority, long Count, long Cost);

/// <summary>A circuit with its proving key.</summary>
public sealed record CircuitRecord
{
    /// <summary>The SHA-256 of the <c>.zkey</c>, in hex. Names the circuit everywhere.</summary>
    public required string KeyHash { get; init; }

    /// <summary>The hash of the constraint system, in hex; empty where only the key is known.</summary>
    public string CircuitHash { get; init; } = "";

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary><c>bls12-381</c> or <c>bn254</c>.</summary>
    public required string Curve { get; init; }

    /// <summary>The name of the built-in witness program; empty where jobs bring witnesses.</summary>
    public string Program { get; init; } = "";

    /// <summary>The SHA-256 of the <c>.r1cs</c>, in hex; empty without one.</summary>
    public string R1csHash { get; init; } = "";

    /// <summary>The key's file, in bytes.</summary>
    public required long KeyBytes { get; init; }

    /// <summary>Wires, the constant one included.</summary>
    public required long Wires { get; init; }

    /// <summary>Public inputs.</summary>
    public required int PublicInputs { get; init; }

    /// <summary>Constraints; 0 where only the key is known.</summary>
    public long Constraints { get; init; }

    /// <summary>The domain's size.</summary>
    public required long Domain { get; init; }

    /// <summary>How long proving takes on average, in microseconds; measured, and estimated before the first proof.</summary>
    public required long Cost { get; init; }

    /// <summary>What an attempt takes beside the key, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Whether its key has no contribution and was registered nevertheless.</summary>
    public bool Insecure { get; init; }

    /// <summary>Where the key came from; null for keys registered by versions that did not look.</summary>
    public CircuitOrigin? Origin { get; init; }

    /// <summary>What the linter found amiss, the gravest first; null where nothing was, and for circuits registered by versions that did not look.</summary>
    public IReadOnlyList<CircuitFault>? Faults { get; init; }

    /// <summary>Whether it takes no more jobs.</summary>
    public bool Retired { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset Registered { get; init; }

    /// <summary>The <c>verification_key.json</c>.</summary>
    public required string VerificationKey { get; init; }
}

/// <summary>Where a key came from, by its own record.</summary>
/// <param name="Contributions">Contributions, beacons among them.</param>
/// <param name="EndsWithBeacon">Whether the last is a beacon.</param>
/// <param name="InitialKeyHash">The hash of the key before them, in hex.</param>
/// <param name="TranscriptHash">The hash of the transcript, in hex.</param>
public sealed record CircuitOrigin(int Contributions, bool EndsWithBeacon, string InitialKeyHash, string TranscriptHash);

/// <summary>A finding of the linter that outlives the registration.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="Message">What was found.</param>
public sealed record CircuitFault(string Rule, string Message);

/// <summary>A worker, as it last said of itself.</summary>
/// <param name="Id">Its name, for this run of the process.</param>
/// <param name="Host">The machine's name.</param>
/// <param name="Version">Of the software.</param>
/// <param name="Slots">How many jobs it works on at the same time.</param>
/// <param name="Busy">How many it has now.</param>
/// <param name="MemoryBytes">Its memory budget.</param>
/// <param name="Devices">What proves there, as JSON of the contract's messages.</param>
/// <param name="Started">Since when.</param>
/// <param name="Seen">When it last said so, by the store's clock; what is put here is ignored.</param>
public sealed record WorkerRecord(
    string Id, string Host, string Version, int Slots, int Busy, long MemoryBytes, string Devices, DateTimeOffset Started, DateTimeOffset Seen);

/// <summary>An API key, by its hash alone.</summary>
/// <param name="Name">For people; once among all keys.</param>
/// <param name="Hash">The SHA-256 of the key, in hex.</param>
/// <param name="Tenant">Whose jobs it sees and submits.</param>
/// <param name="Scopes">What it may do: <c>submit</c>, <c>read</c>, <c>admin</c>.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">When it ends by itself; null for never.</param>
/// <param name="Revoked">Whether it was ended.</param>
public sealed record ApiKeyRecord(
    string Name, string Hash, string Tenant, IReadOnlyList<string> Scopes, DateTimeOffset Created, DateTimeOffset? Expires, bool Revoked);

/// <summary>How many proofs were found valid and false under a key.</summary>
/// <param name="KeyHash">The key.</param>
/// <param name="Valid">Valid ones.</param>
/// <param name="Invalid">False ones.</param>
public readonly record struct VerdictTally(string KeyHash, long Valid, long Invalid);
