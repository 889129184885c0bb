// Owns: what is said about a phase-2 transcript, verified or only read.

using ProvingService.Algebra;

namespace ProvingService.Setup;

/// <summary>One contribution of a key's record.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">The name it carries, as the file has it; not bound by any hash, may hold anything.</param>
/// <param name="IsBeacon">Whether its secret is said to come from a beacon.</param>
/// <param name="BeaconIterationsLog">log₂ of the beacon's iterations, or 0.</param>
/// <param name="BeaconHash">The beacon's value, or empty.</param>
/// <param name="Hash">The hash that the contributor publishes, 64 bytes.</param>
public sealed record PhaseTwoEntry(
    int Number, string Name, bool IsBeacon, int BeaconIterationsLog, ReadOnlyMemory<byte> BeaconHash, ReadOnlyMemory<byte> Hash);

/// <summary>Whose way of hashing bellman's H a recorded hash of the initial key follows; they differ for domains from 2^15 on.</summary>
public enum InitialKeyHashForm
{
    /// <summary>Not verified.</summary>
    Unknown,

    /// <summary>Both ways give this hash.</summary>
    Common,

    /// <summary>Each point of H once: as bellman's parameters have them.</summary>
    Bellman,

    /// <summary>One point more, as snarkjs hashes in chunks of 2^14.</summary>
    Snarkjs,
}

/// <summary>What a key and its transcript are.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Wires">Wires of the circuit, the constant included.</param>
/// <param name="PublicInputs">Public inputs without the constant.</param>
/// <param name="DomainSize">The size of the evaluation domain.</param>
/// <param name="InitialKeyHash">The recorded hash of the initial key, 64 bytes.</param>
/// <param name="HashForm">Whose hash it is, once verified.</param>
/// <param name="Contributions">The contributions in order.</param>
/// <param name="IsVerified">Whether the transcript was verified; if so, <paramref name="Fault"/> is the result.</param>
/// <param name="Fault">The first relation that does not hold, or null.</param>
public sealed record PhaseTwoReport(
    CurveId Curve,
    int Wires,
    int PublicInputs,
    int DomainSize,
    ReadOnlyMemory<byte> InitialKeyHash,
    InitialKeyHashForm HashForm,
    IReadOnlyList<PhaseTwoEntry> Contributions,
    bool IsVerified,
    TranscriptFault? Fault)
{
    /// <summary>Whether the transcript was verified and is true.</summary>
    public bool IsTrue => IsVerified && Fault is null;

    /// <summary>Contributions that are no beacons.</summary>
    public int ContributorCount => Contributions.Count(entry => !entry.IsBeacon);
}
