// Owns: the ceremony's state machine: who may join, whose turn it is, what ends a turn. Each change is on the disk before anyone is
// told, and the state is read back from there, so that a restart goes on from where the last answer was. Verification of what was
// handed in: Coordinator.Verification.cs. Finishing: Coordinator.Finishing.cs.
//
//   ticket   waiting → turn → waiting at the next circuit … → done
//                          ↘ evicted: stalled (may come again, CeremonyOptions.Returns times), or shut out for good
//            waiting → too late, where the ceremony closes
//   turn     working, its clock running → handed in, being verified → accepted | evicted
//   ceremony open → closed → finishing → finished

using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using ProvingService.Contract.Ceremonies;
using ProvingService.Setup;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>The coordinator of one ceremony. Safe for concurrent use.</summary>
internal sealed partial class Coordinator : IAsyncDisposable
{
    /// <summary>No turn is charged for more at once: then this machine slept, or the process stood still.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly CeremonyStore store;
    private readonly CeremonyFiles files;
    private readonly SigningKey signer;
    private readonly CeremonyOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<int, TurnClock> clocks = [];
    private readonly Dictionary<int, Task> verifications = [];
    private readonly Task clockwork;
    private volatile CeremonySnapshot snapshot;
    private volatile TaskCompletionSource changed = NewSignal();
    private Task finishing = Task.CompletedTask;
    private long ticked = Stopwatch.GetTimestamp(), saved = Stopwatch.GetTimestamp();

    /// <summary>Goes on with the ceremony of a store: turns, verifications and finishing that were under way too.</summary>
    public Coordinator(CeremonyStore store, CeremonyFiles files, SigningKey signer, CeremonyOptions options, TimeProvider time, ILogger log)
    {
        this.store = store;
        this.files = files;
        this.signer = signer;
        this.options = options;
        this.time = time;
        this.log = log;
        snapshot = store.Load();
        lock (gate)
        {
            foreach (CircuitRecord circuit in snapshot.Circuits)
            {
                if (circuit.Turn is { } turn)
                {
                    clocks[circuit.Index] = new TurnClock(turn, TurnEstimates.AllowanceOf(circuit, options));
                    if (turn.Hash is not null)
                    {
                        StartVerification(circuit.Index);
                    }
                }
            }

            if (snapshot.Phase == CeremonyPhase.Finishing)
            {
                StartFinishing();
            }
        }

        clockwork = Task.Run(RunClockAsync);
    }

    /// <summary>The state.</summary>
    public CeremonySnapshot Snapshot => snapshot;

    /// <summary>The key that signs receipts.</summary>
    public byte[] ReceiptKey => signer.PublicKey;

    /// <summary>Completes with the next change.</summary>
    public Task NextChange => changed.Task;

    /// <summary>Cancelled when the coordinator stops.</summary>
    public CancellationToken Stopping => stop.Token;

    /// <summary>How much time a turn has left; zero where there is none.</summary>
    public TimeSpan LeftOf(int circuit)
    {
        lock (gate)
        {
            return clocks.TryGetValue(circuit, out TurnClock? clock) ? clock.Left : TimeSpan.Zero;
        }
    }

    /// <summary>Takes a place in the queue, or finds the one that the participant has.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="wishedName">The name, if this is the first time.</param>
    public TicketRecord Join(string identity, string wishedName)
    {
        lock (gate)
        {
            ParticipantRecord? known = snapshot.Participants.Values.FirstOrDefault(participant => participant.Identity == identity);
            if (known is not null && snapshot.LatestTicket(known.Number) is { } latest)
            {
                if (latest.Phase != TicketPhase.Evicted)
                {
                    return latest;
                }

                if (latest.Reason != EvictionReason.Stalled)
                {
                    throw Refuse.Forbidden($"you were shut out for good: {latest.ReasonText}");
                }

                if (known.Stalls > options.Returns)
                {
                    throw Refuse.Forbidden($"you let your turn's time run out {known.Stalls} times; nobody may come again more than {options.Returns} times.");
                }
            }

            if (snapshot.Phase != CeremonyPhase.Open || HandInEnds() <= time.GetUtcNow())
            {
                throw Refuse.Precondition("the ceremony is closed: it takes no participants any more.");
            }

            if (snapshot.Tickets.Count >= options.MaxTickets)
            {
                throw Refuse.Exhausted($"{options.MaxTickets} places were given out; there are no more.", TimeSpan.FromMinutes(1));
            }

            string name = known?.Name ?? RequireName(wishedName);
            store.Enqueue(identity, name, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), snapshot.Tickets.Count + 1, time.GetUtcNow());
            Refresh();
            BeginTurns();
            TicketRecord ticket = snapshot.Tickets[^1];
            log.Joined(ticket.Number, name);
            return ticket;
        }
    }

    /// <summary>The ticket of a participant by its name for the holder.</summary>
    public TicketRecord FindTicket(string identity, string ticketId)
    {
        CeremonySnapshot now = snapshot;
        return now.Tickets.FirstOrDefault(ticket => ticket.Id == ticketId && now.Participants[ticket.Participant].Identity == identity)
            ?? throw Refuse.NotFound("you have no such ticket; join first.");
    }

    /// <summary>The turn of a ticket at a circuit, which must not be handed in yet.</summary>
    public (CircuitRecord Circuit, TurnRecord Turn) RequireTurn(TicketRecord ticket, string circuitName)
    {
        CircuitRecord circuit = FindCircuit(circuitName);
        return circuit.Turn is { } turn && turn.Ticket == ticket.Number
            ? (circuit, turn)
            : throw Refuse.Precondition(NoTurn(snapshot.Ticket(ticket.Number), circuitName));
    }

    /// <summary>The circuit of a name.</summary>
    public CircuitRecord FindCircuit(string name) =>
        snapshot.Circuits.FirstOrDefault(circuit => circuit.Name == name) ?? throw Refuse.NotFound($"there is no circuit '{name}'.");

    /// <summary>Notes that the holder of a turn has begun.</summary>
    public void TakeUp(int circuit, int ticket)
    {
        lock (gate)
        {
            if (snapshot.Circuits[circuit].Turn is { IsTaken: false } turn && turn.Ticket == ticket)
            {
                store.TakeUp(circuit);
                Refresh();
            }
        }
    }

    /// <summary>Stops a turn's clock, within its allowance, until what is returned is disposed.</summary>
    public IDisposable BeginTransfer(int circuit, int ticket)
    {
        lock (gate)
        {
            if (snapshot.Circuits[circuit].Turn?.Ticket != ticket || !clocks.TryGetValue(circuit, out TurnClock? clock))
            {
                return new Transfer(() => { });
            }

            clock.BeginTransfer();
            return new Transfer(() =>
            {
                lock (gate)
                {
                    clock.EndTransfer();
                }
            });
        }
    }

    /// <summary>Publishes an attestation.</summary>
    public async Task<PublishedFile> AttestAsync(TicketRecord ticket, string text, CancellationToken cancellation)
    {
        if (Encoding.UTF8.GetByteCount(text) > options.MaxAttestationBytes)
        {
            throw Refuse.Invalid("text", $"at most {options.MaxAttestationBytes} bytes are taken.");
        }

        ContributionRecord[] made = [.. snapshot.Circuits.SelectMany(circuit => circuit.Contributions).Where(contribution => contribution.Participant == ticket.Participant)];
        if (made.Length == 0)
        {
            throw Refuse.Precondition("you have contributed to nothing yet.");
        }

        if (Attestation.FindMissing(text, made.Select(contribution => contribution.Hash)) is { } missing)
        {
            throw Refuse.Invalid("text", $"it must hold the hash of each of your contributions, as 128 hex digits with or without blanks between them; it lacks {Convert.ToHexStringLower(missing)}.");
        }

        (string hash, long size) = await files.AdoptTextAsync(text, cancellation).ConfigureAwait(false);
        lock (gate)
        {
            if (snapshot.Phase is CeremonyPhase.Finishing or CeremonyPhase.Finished)
            {
                throw Refuse.Precondition("the ceremony is finished; nothing is added to its transcript.");
            }

            store.Attest(ticket.Participant, hash, size);
            Refresh();
            return snapshot.Participants[ticket.Participant].Attestation!;
        }
    }

    /// <summary>Takes no new turns from now on.</summary>
    public void Close()
    {
        lock (gate)
        {
            if (snapshot.Phase == CeremonyPhase.Open)
            {
                CloseNow();
            }
        }
    }

    /// <summary>Ends the ceremony with a beacon, in the background.</summary>
    public void Finalise(byte[] beacon)
    {
        if (beacon.Length is 0 or > ChaChaGenerator.MaxBeaconLength)
        {
            throw Refuse.Invalid("beacon", $"1 to {ChaChaGenerator.MaxBeaconLength} bytes are expected.");
        }

        lock (gate)
        {
            CeremonySnapshot now = snapshot;
            if (now.Phase is CeremonyPhase.Finishing or CeremonyPhase.Finished)
            {
                if (!now.Beacon.AsSpan().SequenceEqual(beacon))
                {
                    throw Refuse.Precondition($"the ceremony is finished with the beacon {Convert.ToHexStringLower(now.Beacon)}; another cannot take its place.");
                }

                return;
            }

            if (now.Phase == CeremonyPhase.Open)
            {
                throw Refuse.Precondition("the ceremony is open: close it first (zkps ceremony finalise --close), so that nobody contributes once the beacon is known.");
            }

            if (now.Circuits.FirstOrDefault(circuit => circuit.Turn is not null) is { } busy)
            {
                throw Refuse.Precondition($"{NameOf(busy.Turn!.Ticket)} still contributes to {busy.Name}; its time ends in {LeftOf(busy.Index).TotalSeconds:0} s at most, or with the verification.");
            }

            if (now.BeaconTime is { } available && time.GetUtcNow() < available)
            {
                throw Refuse.Precondition($"the beacon is announced for {StrictJson.TextOf(available)}; a value from before that time was known to somebody while others contributed.");
            }

            if (now.Circuits.FirstOrDefault(circuit => circuit.Contributions.Count < now.Document.MinimumContributions) is { } few)
            {
                throw Refuse.Precondition($"{few.Name} has {few.Contributions.Count} contributions; the ceremony announced at least {now.Document.MinimumContributions}.");
            }

            store.BeginFinish(beacon);
            Refresh();
            StartFinishing();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await clockwork.ConfigureAwait(false);
        Task[] running;
        lock (gate)
        {
            running = [.. verifications.Values, finishing];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        changed.TrySetResult();
        stop.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string NoTurn(TicketRecord ticket, string circuit) => ticket.Phase == TicketPhase.Evicted
        ? $"you were evicted: {ticket.ReasonText}"
        : $"it is not your turn at {circuit}; watch your ticket to learn when it is.";

    private string RequireName(string name)
    {
        if (name.Length == 0 || name.Length > options.MaxNameLength || ContributionName.FindFault(name) is not null
            || name != name.Trim() || name.Any(char.IsSurrogate) || Encoding.UTF8.GetByteCount(name) > 255)
        {
            throw Refuse.Invalid("name", $"1 to {Math.Min(options.MaxNameLength, ContributionName.MaxLength)} characters are expected, no control characters, no blank at either end.");
        }

        return snapshot.Participants.Values.Any(participant => string.Equals(participant.Name, name, StringComparison.OrdinalIgnoreCase))
            ? throw Refuse.Invalid("name", $"somebody else takes part as '{name}'; choose another name.")
            : name;
    }

    private string NameOf(int ticket) => snapshot.Participants[snapshot.Ticket(ticket).Participant].Name;

    /// <summary>After this nothing may be handed in: the announced end, or the beacon's time.</summary>
    private DateTimeOffset HandInEnds()
    {
        DateTimeOffset closes = snapshot.Document.Closes ?? DateTimeOffset.MaxValue, beacon = snapshot.BeaconTime ?? DateTimeOffset.MaxValue;
        return closes < beacon ? closes : beacon;
    }

    /// <summary>Reads the state back and tells everyone who waits. Inside the gate.</summary>
    private void Refresh()
    {
        snapshot = store.Load();
        foreach (int ended in clocks.Keys.Where(circuit => snapshot.Circuits[circuit].Turn is null).ToArray())
        {
            clocks.Remove(ended);
        }

        Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();
    }

    /// <summary>Gives each idle circuit to the first who waits for it. Inside the gate.</summary>
    private void BeginTurns()
    {
        if (snapshot.Phase != CeremonyPhase.Open || time.GetUtcNow() >= HandInEnds())
        {
            return;
        }

        if (snapshot.Circuits.All(circuit => !snapshot.HasRoom(circuit)))
        {
            CloseNow();
            return;
        }

        foreach (CircuitRecord circuit in snapshot.Circuits.Where(circuit => circuit.Turn is null && snapshot.HasRoom(circuit)))
        {
            TicketRecord? next = snapshot.Tickets.FirstOrDefault(
                ticket => ticket.Phase == TicketPhase.Waiting && snapshot.NextCircuit(ticket.Participant)?.Index == circuit.Index);
            if (next is null)
            {
                continue;
            }

            var turn = new TurnRecord(
                circuit.Index, next.Number, time.GetUtcNow(), TurnEstimates.BudgetOf(circuit, options), TimeSpan.Zero, TimeSpan.Zero, null, null);
            store.BeginTurn(turn);
            clocks[circuit.Index] = new TurnClock(turn, TurnEstimates.AllowanceOf(circuit, options));
            Refresh();
            log.TurnBegan(next.Number, NameOf(next.Number), circuit.Name, turn.Budget.TotalSeconds);
        }
    }

    /// <summary>Closes; whoever waits is too late, whoever contributes goes on. Inside the gate.</summary>
    private void CloseNow()
    {
        store.Close(time.GetUtcNow(), [.. snapshot.Tickets.Where(ticket => ticket.Phase == TicketPhase.Waiting).Select(ticket => (ticket.Number, EndOf(ticket)))]);
        Refresh();
        log.Closed();
    }

    /// <summary>What becomes of a ticket that gets no more turns.</summary>
    private TicketPhase EndOf(TicketRecord ticket) => snapshot.Circuits.All(
        circuit => circuit.Contributions.Any(contribution => contribution.Participant == ticket.Participant)) ? TicketPhase.Done : TicketPhase.TooLate;

    private async Task RunClockAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                lock (gate)
                {
                    Tick();
                }
            }
            catch (Exception e) when (e is StoreException or IOException)
            {
                // The state on the disk is unchanged; the next tick tries again.
                log.DiskFault(e);
            }
            catch (Exception e)
            {
                // A clock that stands still for good would be worse than whatever this is.
                log.Unforeseen(e);
            }

            await Task.Delay(options.ClockInterval, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Tick()
    {
        TimeSpan passed = Stopwatch.GetElapsedTime(ticked);
        ticked = Stopwatch.GetTimestamp();
        passed = passed < LongestStep ? passed : LongestStep;
        bool save = Stopwatch.GetElapsedTime(saved) >= options.ClockSaveInterval;
        saved = save ? Stopwatch.GetTimestamp() : saved;
        foreach (CircuitRecord circuit in snapshot.Circuits)
        {
            if (circuit.Turn is not { } turn || !clocks.TryGetValue(circuit.Index, out TurnClock? clock))
            {
                continue;
            }

            clock.Advance(passed, verifying: turn.Hash is not null);
            bool isAbsent = !turn.IsTaken && clock.Spent > options.TakeUpTime;
            if (turn.Hash is null && (clock.IsOver || isAbsent))
            {
                string text = isAbsent
                    ? $"its turn was not begun within {options.TakeUpTime.TotalSeconds:0.#} s."
                    : $"its turn's time of {turn.Budget.TotalSeconds:0.#} s ran out before a contribution was handed in.";
                store.Evict(circuit.Index, circuit.Name, turn.Ticket, EvictionReason.Stalled, text);
                files.DropUploads(turn.Ticket, circuit.Index);
                log.Evicted(turn.Ticket, NameOf(turn.Ticket), circuit.Name, text);
                Refresh();
            }
            else if (save)
            {
                store.SaveClock(circuit.Index, clock.Spent, clock.Transferred);
            }
        }

        if (time.GetUtcNow() >= HandInEnds() && snapshot.Phase is CeremonyPhase.Open or CeremonyPhase.Closed)
        {
            EndAll();
        }

        BeginTurns();
    }

    /// <summary>The announced end: whoever has not handed in by now is too late. Inside the gate.</summary>
    private void EndAll()
    {
        if (snapshot.Phase == CeremonyPhase.Open)
        {
            CloseNow();
        }

        TurnRecord[] late = [.. snapshot.Circuits.Select(circuit => circuit.Turn).OfType<TurnRecord>().Where(turn => turn.Hash is null)];
        if (late.Length > 0)
        {
            store.EndTurns(late);
            Refresh();
        }
    }

    private sealed class Transfer(Action end) : IDisposable
    {
        private Action? end = end;

        public void Dispose() => Interlocked.Exchange(ref end, null)?.Invoke();
    }
}
