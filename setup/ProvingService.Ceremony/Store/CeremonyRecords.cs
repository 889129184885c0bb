// Owns: the ceremony's state as values: what the database holds, read whole after every change. Never: rules (Coordination/).

using ProvingService.Contract.Ceremonies;

namespace ProvingService.Ceremony;

/// <summary>An accepted contribution.</summary>
/// <param name="Number">From 1 in its circuit.</param>
/// <param name="Ticket">The place in the queue of who made it.</param>
/// <param name="Participant">Who made it.</param>
/// <param name="Name">Under which name.</param>
/// <param name="Hash">Its hash, 64 bytes.</param>
/// <param name="KeyBefore">The key before it.</param>
/// <param name="KeyHash">The key after it.</param>
/// <param name="KeySize">Its length.</param>
/// <param name="Submitted">When it was handed in.</param>
/// <param name="Spent">The turn's time that it took.</param>
/// <param name="Whole">From the turn's beginning to the acceptance, by the wall's clock.</param>
/// <param name="Receipt">The receipt's bytes.</param>
/// <param name="Signature">Its signature.</param>
internal sealed record ContributionRecord(
    int Number,
    int Ticket,
    long Participant,
    string Name,
    byte[] Hash,
    string KeyBefore,
    string KeyHash,
    long KeySize,
    DateTimeOffset Submitted,
    TimeSpan Spent,
    TimeSpan Whole,
    byte[] Receipt,
    byte[] Signature);

/// <summary>A turn under way.</summary>
/// <param name="Circuit">The circuit's index.</param>
/// <param name="Ticket">Whose it is.</param>
/// <param name="Began">When it began.</param>
/// <param name="Budget">Its time.</param>
/// <param name="Spent">How much of that is gone, as last written.</param>
/// <param name="Transferred">For how long its clock stood still for transfers, as last written.</param>
/// <param name="Submitted">When it was handed in to be verified; null before.</param>
/// <param name="Hash">What was handed in; null before.</param>
/// <param name="IsTaken">Whether its holder has begun.</param>
internal sealed record TurnRecord(
    int Circuit,
    int Ticket,
    DateTimeOffset Began,
    TimeSpan Budget,
    TimeSpan Spent,
    TimeSpan Transferred,
    DateTimeOffset? Submitted,
    string? Hash,
    bool IsTaken = false);

/// <summary>A circuit with its transcript.</summary>
/// <param name="Index">Its place in the order of contributing.</param>
/// <param name="Name">Its name.</param>
/// <param name="Curve">The curve's name.</param>
/// <param name="Constraints">Constraints.</param>
/// <param name="Points">Points that a contributor multiplies.</param>
/// <param name="R1csHash">The circuit's file.</param>
/// <param name="PtauHash">Phase 1.</param>
/// <param name="InitialHash">The key with which the ceremony began.</param>
/// <param name="InitialSize">Its length.</param>
/// <param name="InitialContributions">Hashes of the contributions that it had, 64 bytes each.</param>
/// <param name="Nanoseconds">Measured here at the start: for a point.</param>
/// <param name="Contributions">In order.</param>
/// <param name="Turn">Who contributes now.</param>
internal sealed record CircuitRecord(
    int Index,
    string Name,
    string Curve,
    long Constraints,
    long Points,
    string R1csHash,
    string PtauHash,
    string InitialHash,
    long InitialSize,
    IReadOnlyList<byte[]> InitialContributions,
    long Nanoseconds,
    IReadOnlyList<ContributionRecord> Contributions,
    TurnRecord? Turn)
{
    /// <summary>The key as it is now.</summary>
    public string CurrentHash => Contributions.Count > 0 ? Contributions[^1].KeyHash : InitialHash;

    /// <summary>Its length.</summary>
    public long CurrentSize => Contributions.Count > 0 ? Contributions[^1].KeySize : InitialSize;

    /// <summary>Hashes of all contributions that the key holds, in order.</summary>
    public IEnumerable<byte[]> AllHashes => InitialContributions.Concat(Contributions.Select(contribution => contribution.Hash));
}

/// <summary>Who takes part, by token or key.</summary>
/// <param name="Number">Its row.</param>
/// <param name="Identity">What it is known by: a hash of its token, or its public key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Stalls">How often it stalled.</param>
/// <param name="Attestation">Its attestation's hash and length; null before.</param>
internal sealed record ParticipantRecord(long Number, string Identity, string Name, int Stalls, PublishedFile? Attestation);

/// <summary>A place in the queue.</summary>
/// <param name="Number">The place.</param>
/// <param name="Id">Its name for the holder.</param>
/// <param name="Participant">Whose it is.</param>
/// <param name="Phase">What became of it.</param>
/// <param name="Reason">Why it was evicted.</param>
/// <param name="ReasonText">The same in words.</param>
/// <param name="Circuit">At which circuit it was evicted, or empty.</param>
internal sealed record TicketRecord(
    int Number, string Id, long Participant, TicketPhase Phase, EvictionReason Reason, string ReasonText, string Circuit);

/// <summary>A published file.</summary>
/// <param name="Path">In the exported folder, with slashes.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Size">Its length.</param>
internal sealed record PublishedFile(string Path, string Hash, long Size);

/// <summary>The whole state at one moment. Immutable.</summary>
internal sealed record CeremonySnapshot
{
    private Dictionary<string, long>? published;

    public required string Id { get; init; }

    public required CeremonyDocument Document { get; init; }

    public required CeremonyPhase Phase { get; init; }

    public required DateTimeOffset? Closed { get; init; }

    public required byte[] Beacon { get; init; }

    public required string Fault { get; init; }

    public required IReadOnlyList<CircuitRecord> Circuits { get; init; }

    public required IReadOnlyDictionary<long, ParticipantRecord> Participants { get; init; }

    /// <summary>By place in the queue.</summary>
    public required IReadOnlyList<TicketRecord> Tickets { get; init; }

    /// <summary>What finishing made.</summary>
    public required IReadOnlyList<PublishedFile> Outputs { get; init; }

    /// <summary>Files that are given and those with which the ceremony began, by hash.</summary>
    public required IReadOnlyDictionary<string, long> Inputs { get; init; }

    /// <summary>When the beacon's value becomes public, as far as that is known.</summary>
    public DateTimeOffset? BeaconTime => Document.BeaconTime(Closed);

    /// <summary>The ticket of a place in the queue: places count from 1 without gaps.</summary>
    public TicketRecord Ticket(int number) => Tickets[number - 1];

    /// <summary>The latest ticket of a participant.</summary>
    public TicketRecord? LatestTicket(long participant) => Tickets.LastOrDefault(ticket => ticket.Participant == participant);

    /// <summary>Whether a circuit takes another contribution.</summary>
    public bool HasRoom(CircuitRecord circuit) => Document.MaximumContributions is not { } most || circuit.Contributions.Count < most;

    /// <summary>The circuit to which a participant contributes next; null where none is left.</summary>
    public CircuitRecord? NextCircuit(long participant) =>
        Circuits.FirstOrDefault(circuit => HasRoom(circuit) && circuit.Contributions.All(contribution => contribution.Participant != participant));

    /// <summary>The length of a published file, or null where none has that hash.</summary>
    public long? FindPublished(string hash)
    {
        published ??= Published().GroupBy(file => file.Hash).ToDictionary(group => group.Key, group => group.First().Size);
        return published.TryGetValue(hash, out long size) ? size : null;
    }

    /// <summary>Every published file by its path.</summary>
    public IEnumerable<PublishedFile> Published()
    {
        foreach (CircuitRecord circuit in Circuits)
        {
            yield return new(TranscriptPaths.Circuit(circuit.Name), circuit.R1csHash, Inputs[circuit.R1csHash]);
            yield return new(TranscriptPaths.InitialKey(circuit.Name), circuit.InitialHash, circuit.InitialSize);
            foreach (ContributionRecord contribution in circuit.Contributions)
            {
                yield return new(TranscriptPaths.Contribution(circuit.Name, contribution.Number), contribution.KeyHash, contribution.KeySize);
            }
        }

        foreach (string ptau in Circuits.Select(circuit => circuit.PtauHash).Distinct(StringComparer.Ordinal))
        {
            yield return new(TranscriptPaths.Ptau(ptau), ptau, Inputs[ptau]);
        }

        foreach (ParticipantRecord participant in Participants.Values)
        {
            if (participant.Attestation is { } attestation)
            {
                yield return attestation;
            }
        }

        foreach (PublishedFile output in Outputs)
        {
            yield return output;
        }
    }
}
