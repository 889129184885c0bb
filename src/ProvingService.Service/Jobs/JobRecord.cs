// Owns: what the service knows of a job, as stores keep it, and its events.
//
//   queued ──lease──▶ leased ──▶ proving ──▶ verifying ──▶ done
//     ▲  │               │           │            │
//     │  └─cancel, deadline──▶ cancelled, expired ◀─────┤
//     └──── failure that a retry can mend, lost lease ──┤
//                                                       └──▶ failed
//
// Every change by a worker names its lease's fence, which grows with each lease: a worker that was thought dead changes nothing.

namespace ProvingService.Service;

/// <summary>Which kind of inputs a job brings.</summary>
public enum InputKind
{
    /// <summary>JSON for the circuit's witness program.</summary>
    Json = 1,

    /// <summary>A finished witness as a <c>.wtns</c> file.</summary>
    Witness = 2,
}

/// <summary>A job that is to be accepted.</summary>
public sealed record NewJob
{
    /// <summary>Its name: a UUID of version 7, so that names sort by time.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Tenant { get; init; }

    /// <summary>The SHA-256 of the <c>.zkey</c>, in hex: what proves.</summary>
    public required string KeyHash { get; init; }

    /// <summary>What the inputs are.</summary>
    public required InputKind InputKind { get; init; }

    /// <summary>The SHA-256 of the inputs as they came, in hex.</summary>
    public required string InputHash { get; init; }

    /// <summary>The inputs' length in bytes.</summary>
    public required long InputLength { get; init; }

    /// <summary>The inputs themselves where they are small; null where they lie in a file named by the job. Secret.</summary>
    public ReadOnlyMemory<byte>? InlineInput { get; init; }

    /// <summary>Names the submission, once per tenant; null where the client did not ask for that.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The SHA-256, in hex, of all that makes two submissions the same.</summary>
    public required string ContentHash { get; init; }

    /// <summary>-10 to 10; higher goes first.</summary>
    public int Priority { get; init; }

    /// <summary>After this the proof is of no use; null for never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Names and values of the client's own.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Which device is wished for; empty for any, else as <c>--device</c> takes it.</summary>
    public string Device { get; init; } = "";

    /// <summary>How long proving is expected to take, in microseconds. It is the job's weight in the queue; at least 1.</summary>
    public required long Cost { get; init; }

    /// <summary>How much memory an attempt takes beside the key, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Whether a proof of the same tenant for the same key and inputs may be the answer.</summary>
    public bool AllowCached { get; init; }
}

/// <summary>A job as it is kept.</summary>
public sealed record JobRecord
{
    /// <summary>What was submitted, without its inputs.</summary>
    public required NewJob Submitted { get; init; }

    /// <summary>Its name.</summary>
    public Guid Id => Submitted.Id;

    /// <summary>Where it is.</summary>
    public required JobState State { get; init; }

    /// <summary>How often a worker has taken it.</summary>
    public int Attempts { get; init; }

    /// <summary>How often a worker died or fell silent with it.</summary>
    public int LostLeases { get; init; }

    /// <summary>Who holds it, or held it last; empty before the first lease.</summary>
    public string Worker { get; init; } = "";

    /// <summary>Grows with every lease. What a worker writes names it.</summary>
    public long Fence { get; init; }

    /// <summary>The number of the latest event; the first is 1.</summary>
    public long Sequence { get; init; }

    /// <summary>Whether it is to be cancelled by the worker that holds it.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>Not to be leased before this; null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When a worker took it for the last time.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it came to its final state.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it failed, or why its last attempt did.</summary>
    public FailureReason Reason { get; init; }

    /// <summary>The same for a person: what is wrong and what to do. Holds nothing of the inputs' values.</summary>
    public string Message { get; init; } = "";

    /// <summary>The job whose proof was the answer, where it came from the cache.</summary>
    public Guid? CachedFrom { get; init; }
}

/// <summary>What a finished job leaves.</summary>
/// <param name="Proof">Compressed points.</param>
/// <param name="PublicInputs">Scalars of 32 bytes, big-endian, one after the other.</param>
/// <param name="Receipt">The receipt as signed.</param>
/// <param name="Signature">Ed25519 over <paramref name="Receipt"/>.</param>
public sealed record JobProof(byte[] Proof, byte[] PublicInputs, byte[] Receipt, byte[] Signature);

/// <summary>A step in a job's life.</summary>
/// <param name="Sequence">From 1, without gaps, by job.</param>
/// <param name="At">When.</param>
/// <param name="State">The state that the job is in from here on.</param>
/// <param name="Phase">The part of the work that began or ended; empty for a change of state.</param>
/// <param name="Ended">Whether the phase ended; false where it began.</param>
/// <param name="Attempt">Of which attempt this tells.</param>
/// <param name="Message">For a person; may be empty.</param>
public sealed record JobEvent(
    long Sequence, DateTimeOffset At, JobState State, string Phase, bool Ended, int Attempt, string Message);
