// Owns: what a key's own record proves of where it came from, without its circuit and its powers of tau. The whole transcript:
// PhaseTwo.Verify.

using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>
/// Where a key came from, by its own record: the chain of hashes, every proof of knowledge, that δ moved by those secrets and no
/// others, beacons. It does not show that the points are those of a circuit and of honest powers of tau.
/// </summary>
/// <param name="Contributions">Contributions on record, beacons among them. 0: one party made the key, or nobody says who.</param>
/// <param name="EndsWithBeacon">Whether the last of them is a public beacon.</param>
/// <param name="InitialKeyHash">The hash of the key before any contribution, 64 bytes, which names circuit and phase 1.</param>
/// <param name="TranscriptHash">The hash of the initial key's hash and all contributions, 64 bytes: what a next one would be bound to.</param>
/// <param name="Fault">The first relation of the record that does not hold, or null.</param>
public sealed record KeyOrigin(
    int Contributions, bool EndsWithBeacon, ReadOnlyMemory<byte> InitialKeyHash, ReadOnlyMemory<byte> TranscriptHash, TranscriptFault? Fault)
{
    /// <summary>
    /// The most iterations that are repeated here, of all beacons of a key together: ten seconds, so that no key holds up whoever looks
    /// at it. A record that has more is a fault.
    /// </summary>
    public const int MostBeaconIterations = 1 << 24;

    /// <summary>Reads and checks the record of an open key: some pairings for each contribution.</summary>
    /// <param name="key">The key; its record's points were checked when it was opened.</param>
    /// <param name="options">Cancellation.</param>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static KeyOrigin Of<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key, EngineOptions options = default)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        ArgumentNullException.ThrowIfNull(key);
        using KeyLease lease = key.Lease();
        PhaseTwoRecord<TCurve, TFp> record = key.Contributions;
        int count = record.Contributions.Count;
        TranscriptFault? fault = new ContributionChecks<TCurve, TFp, TFr>(record, MostBeaconIterations).FindFault(null, options);

        // Without contributions δ is whatever a single party chose: nothing to compare it with. Verifiers use δ in G2, so that one counts too.
        if (count > 0)
        {
            fault ??= SectionChecks.FindFaultOfDelta(key);
        }

        return new(
            count,
            count > 0 && record.Contributions[^1].IsBeacon,
            record.InitialKeyHash,
            ContributionChain<TCurve, TFp>.Of(record).Digest(),
            fault);
    }
}
