// Owns: the states of a job and the closed list of reasons why one fails. Which change leads where: JobRecord.cs.

namespace ProvingService.Service;

/// <summary>Where a job is. The numbers are those of the contract and of the stores; they never change.</summary>
public enum JobState
{
    /// <summary>Accepted and on disk; waits for a worker, or for the end of a rest after a failed attempt.</summary>
    Queued = 1,

    /// <summary>A worker has taken it and makes ready: the key is loaded, the witness is found and checked.</summary>
    Leased = 2,

    /// <summary>Sums and transforms are under way.</summary>
    Proving = 3,

    /// <summary>The finished proof is being verified.</summary>
    Verifying = 4,

    /// <summary>The proof is kept.</summary>
    Done = 5,

    /// <summary>There will be no proof; <see cref="FailureReason"/> says why.</summary>
    Failed = 6,

    /// <summary>Whoever submitted it does not want it any more.</summary>
    Cancelled = 7,

    /// <summary>Its deadline passed first.</summary>
    Expired = 8,
}

/// <summary>Why a job failed. The numbers are those of the contract and of the stores; they never change.</summary>
public enum FailureReason
{
    /// <summary>It did not fail.</summary>
    None = 0,

    /// <summary>The inputs are not what the circuit asks for. Final.</summary>
    InputInvalid = 1,

    /// <summary>The witness does not satisfy the circuit. Final.</summary>
    WitnessUnsatisfied = 2,

    /// <summary>The circuit was retired before a worker came to the job. Final.</summary>
    CircuitRetired = 3,

    /// <summary>The key's file is missing, damaged, or not the one that was registered. Final.</summary>
    KeyDamaged = 4,

    /// <summary>The inputs' file is missing or damaged. Final.</summary>
    InputLost = 5,

    /// <summary>The worker had not enough memory. Tried again.</summary>
    OutOfMemory = 6,

    /// <summary>A device failed and the processor could not take over. Tried again.</summary>
    DeviceFailed = 7,

    /// <summary>A disk or the store refused to write. Tried again.</summary>
    StorageFailed = 8,

    /// <summary>A fault of the service itself. Tried again.</summary>
    Internal = 9,

    /// <summary>
    /// Several workers died or fell silent while they had the job: it is set aside, so that it takes no more of them down. Final.
    /// </summary>
    Poisoned = 10,
}

/// <summary>What states and reasons mean for the queue.</summary>
public static class JobStates
{
    /// <summary>Whether nothing will change any more.</summary>
    public static bool IsFinal(this JobState state) => state >= JobState.Done;

    /// <summary>Whether a worker holds the job.</summary>
    public static bool IsHeld(this JobState state) => state is JobState.Leased or JobState.Proving or JobState.Verifying;

    /// <summary>Whether another attempt may end otherwise.</summary>
    public static bool CanRetry(this FailureReason reason) => reason is
        FailureReason.OutOfMemory or FailureReason.DeviceFailed or FailureReason.StorageFailed or FailureReason.Internal;
}
