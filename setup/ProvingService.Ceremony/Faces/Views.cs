// Owns: the state as the contract's messages.

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Contract.Ceremonies;

namespace ProvingService.Ceremony;

/// <summary>Messages of records.</summary>
internal static class Views
{
    /// <summary>A receipt.</summary>
    public static SignedReceipt Of(ContributionRecord contribution) => new()
    {
        Receipt = ByteString.CopyFrom(contribution.Receipt),
        Signature = ByteString.CopyFrom(contribution.Signature),
    };

    /// <summary>The whole ceremony.</summary>
    public static CeremonyView Of(Coordinator coordinator, DateTimeOffset now)
    {
        CeremonySnapshot state = coordinator.Snapshot;
        var view = new CeremonyView
        {
            Id = state.Id,
            Name = state.Document.Name,
            Description = state.Document.Description,
            Phase = state.Phase,
            MinimumContributions = (uint)state.Document.MinimumContributions,
            MaximumContributions = (uint)(state.Document.MaximumContributions ?? 0),
            Closes = TimeOf(state.Document.Closes),
            Beacon = new BeaconAnnouncement
            {
                Source = state.Document.Beacon.Source,
                Available = TimeOf(state.BeaconTime),
                AfterClose = state.Document.Beacon.AfterClose is { } after ? Duration.FromTimeSpan(after) : null,
                IterationsLog = (uint)state.Document.Beacon.IterationsLog,
            },
            BeaconValue = Convert.ToHexStringLower(state.Beacon),
            ReceiptKey = ByteString.CopyFrom(coordinator.ReceiptKey),
            Fault = state.Fault,
            Now = Timestamp.FromDateTimeOffset(now),
            Closed = TimeOf(state.Closed),
        };
        view.Circuits.AddRange(state.Circuits.Select(circuit => Of(state, circuit, coordinator)));
        view.Participants.AddRange(state.Tickets.Select(ticket => Of(state, ticket)));
        return view;
    }

    /// <summary>A ticket as its holder sees it.</summary>
    public static TicketState Of(Coordinator coordinator, int ticketNumber, DateTimeOffset now)
    {
        CeremonySnapshot state = coordinator.Snapshot;
        TicketRecord ticket = state.Ticket(ticketNumber);
        var view = new TicketState { Phase = ticket.Phase, Reason = ticket.Reason, ReasonText = ticket.ReasonText };
        view.Receipts.AddRange(state.Circuits.SelectMany(circuit => circuit.Contributions)
            .Where(contribution => contribution.Participant == ticket.Participant).Select(Of));
        if (ticket.Phase == TicketPhase.Turn && state.Circuits.FirstOrDefault(circuit => circuit.Turn?.Ticket == ticketNumber) is { } mine)
        {
            view.Circuit = mine.Name;
            view.Turn = new TurnOffer
            {
                Circuit = mine.Name,
                BaseHash = mine.CurrentHash,
                BaseSize = (ulong)mine.CurrentSize,
                Left = Duration.FromTimeSpan(coordinator.LeftOf(mine.Index)),
            };
            view.Turn.Contributions.AddRange(mine.AllHashes.Select(hash => ByteString.CopyFrom(hash)));
        }
        else if (ticket.Phase == TicketPhase.Waiting && state.NextCircuit(ticket.Participant) is { } next)
        {
            int ahead = AheadOf(state, ticket, next);
            view.Circuit = next.Name;
            view.Ahead = (uint)ahead;
            view.ExpectedWait = Duration.FromTimeSpan(TurnEstimates.ExpectedWait(next, ahead, now));
        }

        return view;
    }

    /// <summary>How many have their turn at a circuit before a ticket that waits there now.</summary>
    private static int AheadOf(CeremonySnapshot state, TicketRecord ticket, CircuitRecord circuit) =>
        (circuit.Turn is null ? 0 : 1) + state.Tickets.Count(other =>
            other.Number < ticket.Number && other.Phase == TicketPhase.Waiting && state.NextCircuit(other.Participant)?.Index == circuit.Index);

    private static CircuitView Of(CeremonySnapshot state, CircuitRecord circuit, Coordinator coordinator)
    {
        var view = new CircuitView
        {
            Name = circuit.Name,
            Curve = circuit.Curve,
            Constraints = (ulong)circuit.Constraints,
            Points = (ulong)circuit.Points,
            R1CsHash = circuit.R1csHash,
            PtauHash = circuit.PtauHash,
            InitialHash = circuit.InitialHash,
            InitialContributions = (uint)circuit.InitialContributions.Count,
            CurrentHash = circuit.CurrentHash,
            CurrentSize = (ulong)circuit.CurrentSize,
            ExpectedTurn = Duration.FromTimeSpan(TurnEstimates.ExpectedTurn(circuit)),
            FinalHash = state.Outputs.FirstOrDefault(output => output.Path == TranscriptPaths.FinalKey(circuit.Name))?.Hash ?? "",
        };
        view.Contributions.AddRange(circuit.Contributions.Select(contribution => new ContributionView
        {
            Number = (uint)contribution.Number,
            Name = contribution.Name,
            Hash = Convert.ToHexStringLower(contribution.Hash),
            KeyHash = contribution.KeyHash,
            Time = Timestamp.FromDateTimeOffset(contribution.Submitted),
            TicketNumber = (uint)contribution.Ticket,
        }));
        if (circuit.Turn is { } turn)
        {
            view.Turn = new TurnView
            {
                TicketNumber = (uint)turn.Ticket,
                Name = state.Participants[state.Ticket(turn.Ticket).Participant].Name,
                Began = Timestamp.FromDateTimeOffset(turn.Began),
                Verifying = turn.Hash is not null,
                Left = Duration.FromTimeSpan(coordinator.LeftOf(circuit.Index)),
                Budget = Duration.FromTimeSpan(turn.Budget),
            };
        }

        return view;
    }

    private static ParticipantView Of(CeremonySnapshot state, TicketRecord ticket)
    {
        ParticipantRecord participant = state.Participants[ticket.Participant];
        return new ParticipantView
        {
            TicketNumber = (uint)ticket.Number,
            Name = participant.Name,
            Phase = ticket.Phase,
            Reason = ticket.Reason,
            ReasonText = ticket.ReasonText,
            Circuit = ticket.Phase switch
            {
                TicketPhase.Evicted => ticket.Circuit,
                TicketPhase.Turn => state.Circuits.FirstOrDefault(circuit => circuit.Turn?.Ticket == ticket.Number)?.Name ?? "",
                TicketPhase.Waiting => state.NextCircuit(ticket.Participant)?.Name ?? "",
                _ => "",
            },
            Attestation = participant.Attestation?.Path ?? "",
        };
    }

    private static Timestamp? TimeOf(DateTimeOffset? time) => time is { } known ? Timestamp.FromDateTimeOffset(known) : null;
}
