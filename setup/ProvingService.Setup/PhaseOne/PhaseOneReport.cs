// Owns: what is told of a .ptau and of contributions to it, whatever the curve.

namespace ProvingService.Setup;

/// <summary>A contribution that was just made.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="ResponseHash">The hash of its response, 64 bytes: what its contributor publishes.</param>
/// <param name="NextChallenge">The hash of the challenge that it leaves behind, 64 bytes.</param>
/// <param name="DroppedLagrange">Whether the file was prepared for phase 2, which the new one is not.</param>
public sealed record PhaseOneContributed(int Number, ReadOnlyMemory<byte> ResponseHash, ReadOnlyMemory<byte> NextChallenge, bool DroppedLagrange);

/// <summary>A contribution as a file records it.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Name">Its contributor's name, or empty; it may hold anything.</param>
/// <param name="IsBeacon">Whether its secrets came from a public beacon.</param>
/// <param name="BeaconIterationsLog">log₂ of the beacon's iterations, or 0.</param>
/// <param name="BeaconValue">The beacon's value, or empty.</param>
/// <param name="ResponseHash">
/// The hash of its response, 64 bytes. For all but the last contribution of a file that was not reduced it stands on the
/// record's word: compare it with what the contributor published.
/// </param>
/// <param name="NextChallenge">The hash of the challenge that it left behind, 64 bytes.</param>
public sealed record PhaseOneEntry(
    int Number,
    string Name,
    bool IsBeacon,
    int BeaconIterationsLog,
    ReadOnlyMemory<byte> BeaconValue,
    ReadOnlyMemory<byte> ResponseHash,
    ReadOnlyMemory<byte> NextChallenge);

/// <summary>What a file says of itself; decoded, not verified.</summary>
/// <param name="Header">Curve and powers.</param>
/// <param name="Contributions">The contributions in order.</param>
/// <param name="IsPrepared">Whether it has the Lagrange bases that phase 2 needs.</param>
public sealed record PhaseOneInfo(PtauHeader Header, IReadOnlyList<PhaseOneEntry> Contributions, bool IsPrepared);

/// <summary>What a verification found.</summary>
/// <param name="Info">What the file says of itself.</param>
/// <param name="Fault">The first relation that does not hold, or null where all do.</param>
/// <param name="IsLastHashChecked">
/// Whether the last contribution's hashes were compared with the points. They cannot be for a reduced file, which lacks most of
/// them: there the powers stand on the ratios alone, which suffice for soundness, and not on what the last contributor published.
/// </param>
public sealed record PhaseOneReport(PhaseOneInfo Info, TranscriptFault? Fault, bool IsLastHashChecked)
{
    /// <summary>Whether the transcript is true.</summary>
    public bool IsTrue => Fault is null;
}
