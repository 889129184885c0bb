// Owns: the coordinator's state in SQLite: each change is one transaction, on the disk before the call returns; and the whole state
// as a snapshot. Never: rules about what may change when (Coordination/).

using System.Security.Cryptography;
using ProvingService.Contract.Ceremonies;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>The database. Its methods may be called from several threads; they run one at a time.</summary>
internal sealed class CeremonyStore : IDisposable
{
    private const int HashLength = 64;
    private readonly Lock gate = new();
    private readonly SqliteConnection connection;
    private readonly string path;

    /// <summary>Opens the file, or makes it for this user alone.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public CeremonyStore(string path)
    {
        this.path = path;
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(path, options).Dispose();
        }

        connection = new SqliteConnection(path, writable: true);
        try
        {
            CeremonySchema.Prepare(connection, path);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Whether a ceremony was begun here.</summary>
    public bool IsBegun => Read(() => connection.Number("SELECT count(*) FROM ceremony") > 0);

    /// <summary>Begins a ceremony.</summary>
    /// <param name="id">Its name among all.</param>
    /// <param name="document">The document's bytes.</param>
    /// <param name="inputs">The files it begins with, by hash.</param>
    /// <param name="circuits">The circuits.</param>
    public void Begin(string id, byte[] document, IReadOnlyDictionary<string, long> inputs, IReadOnlyList<CircuitRecord> circuits) => Write(() =>
    {
        connection.Execute("INSERT INTO ceremony VALUES (1, ?, ?, ?, NULL, ?, '')", id, document, (int)CeremonyPhase.Open, Array.Empty<byte>());
        foreach ((string hash, long size) in inputs)
        {
            connection.Execute("INSERT INTO inputs VALUES (?, ?)", hash, size);
        }

        foreach (CircuitRecord circuit in circuits)
        {
            connection.Execute(
                "INSERT INTO circuits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                circuit.Index,
                circuit.Name,
                circuit.Curve,
                circuit.Constraints,
                circuit.Points,
                circuit.R1csHash,
                circuit.PtauHash,
                circuit.InitialHash,
                circuit.InitialSize,
                circuit.InitialContributions.SelectMany(hash => hash).ToArray(),
                circuit.Nanoseconds);
        }
    });

    /// <summary>The speed that was measured at this start.</summary>
    public void SetSpeed(int circuit, long nanoseconds) =>
        Write(() => connection.Execute("UPDATE circuits SET nanoseconds = ? WHERE n = ?", nanoseconds, circuit));

    /// <summary>Adds invitations: the SHA-256 of each token.</summary>
    public void Invite(IEnumerable<byte[]> hashes, string label) => Write(() =>
    {
        foreach (byte[] hash in hashes)
        {
            connection.Execute("INSERT INTO invitations VALUES (?, ?, ?)", hash, label, DateTimeOffset.UtcNow);
        }
    });

    /// <summary>Whether a token is an invitation.</summary>
    public bool IsInvited(ReadOnlySpan<byte> token)
    {
        byte[] hash = SHA256.HashData(token);
        return Read(() => connection.Number("SELECT count(*) FROM invitations WHERE hash = ?", hash) > 0);
    }

    /// <summary>Gives a participant a new place at the end of the queue; its row is made with the first.</summary>
    public void Enqueue(string identity, string name, string ticketId, int number, DateTimeOffset now) => Write(() =>
    {
        connection.Execute("INSERT INTO participants (identity, name, stalls) VALUES (?, ?, 0) ON CONFLICT (identity) DO NOTHING", identity, name);
        long participant = connection.Number("SELECT n FROM participants WHERE identity = ?", identity);
        connection.Execute(
            "INSERT INTO tickets VALUES (?, ?, ?, ?, 0, '', '', ?, NULL)", number, ticketId, participant, (int)TicketPhase.Waiting, now);
    });

    /// <summary>Begins a turn.</summary>
    public void BeginTurn(TurnRecord turn) => Write(() =>
    {
        connection.Execute("UPDATE tickets SET phase = ? WHERE number = ?", (int)TicketPhase.Turn, turn.Ticket);
        connection.Execute(
            "INSERT INTO turns VALUES (?, ?, ?, ?, 0, 0, NULL, NULL, 0)", turn.Circuit, turn.Ticket, turn.Began, (long)turn.Budget.TotalMilliseconds);
    });

    /// <summary>The holder of a turn has begun.</summary>
    public void TakeUp(int circuit) => Write(() => connection.Execute("UPDATE turns SET taken = 1 WHERE circuit = ?", circuit));

    /// <summary>Writes a turn's clock.</summary>
    public void SaveClock(int circuit, TimeSpan spent, TimeSpan transferred) => Write(() => connection.Execute(
        "UPDATE turns SET spent = ?, transferred = ? WHERE circuit = ?", (long)spent.TotalMilliseconds, (long)transferred.TotalMilliseconds, circuit));

    /// <summary>A key was handed in and is to be verified.</summary>
    public void Submit(int circuit, string hash, DateTimeOffset now, TimeSpan spent, TimeSpan transferred) => Write(() => connection.Execute(
        "UPDATE turns SET hash = ?, submitted = ?, spent = ?, transferred = ? WHERE circuit = ?",
        hash,
        now,
        (long)spent.TotalMilliseconds,
        (long)transferred.TotalMilliseconds,
        circuit));

    /// <summary>A contribution is accepted, and its turn over.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="contribution">The contribution.</param>
    /// <param name="after">What becomes of the ticket.</param>
    public void Accept(int circuit, ContributionRecord contribution, TicketPhase after) => Write(() =>
    {
        connection.Execute(
            "INSERT INTO contributions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            circuit,
            contribution.Number,
            contribution.Ticket,
            contribution.Participant,
            contribution.Name,
            contribution.Hash,
            contribution.KeyBefore,
            contribution.KeyHash,
            contribution.KeySize,
            contribution.Submitted,
            (long)contribution.Spent.TotalMilliseconds,
            (long)contribution.Whole.TotalMilliseconds,
            contribution.Receipt,
            contribution.Signature);
        connection.Execute("DELETE FROM turns WHERE circuit = ?", circuit);
        EndTicket(contribution.Ticket, after);
    });

    /// <summary>Ends a turn with its holder's eviction.</summary>
    public void Evict(int circuit, string circuitName, int ticket, EvictionReason reason, string text) => Write(() =>
    {
        connection.Execute("DELETE FROM turns WHERE circuit = ?", circuit);
        connection.Execute(
            "UPDATE tickets SET phase = ?, reason = ?, reason_text = ?, circuit = ?, ended = ? WHERE number = ?",
            (int)TicketPhase.Evicted,
            (int)reason,
            text,
            circuitName,
            DateTimeOffset.UtcNow,
            ticket);
        if (reason == EvictionReason.Stalled)
        {
            connection.Execute("UPDATE participants SET stalls = stalls + 1 WHERE n = (SELECT participant FROM tickets WHERE number = ?)", ticket);
        }
    });

    /// <summary>Ends turns without anyone's fault: their holders are too late.</summary>
    public void EndTurns(IReadOnlyList<TurnRecord> turns) => Write(() =>
    {
        foreach (TurnRecord turn in turns)
        {
            connection.Execute("DELETE FROM turns WHERE circuit = ?", turn.Circuit);
            EndTicket(turn.Ticket, TicketPhase.TooLate);
        }
    });

    /// <summary>Takes no new turns from now on.</summary>
    /// <param name="now">When.</param>
    /// <param name="tickets">What becomes of those who wait.</param>
    public void Close(DateTimeOffset now, IReadOnlyList<(int Ticket, TicketPhase Phase)> tickets) => Write(() =>
    {
        connection.Execute("UPDATE ceremony SET phase = ?, closed = ?", (int)CeremonyPhase.Closed, now);
        foreach ((int ticket, TicketPhase phase) in tickets)
        {
            EndTicket(ticket, phase);
        }
    });

    /// <summary>The beacon is there; finishing begins, or begins again after a fault.</summary>
    public void BeginFinish(byte[] beacon) =>
        Write(() => connection.Execute("UPDATE ceremony SET phase = ?, beacon = ?, fault = ''", (int)CeremonyPhase.Finishing, beacon));

    /// <summary>Finishing failed.</summary>
    public void FailFinish(string fault) =>
        Write(() => connection.Execute("UPDATE ceremony SET phase = ?, fault = ?", (int)CeremonyPhase.Closed, fault));

    /// <summary>All is published.</summary>
    public void Finish(IEnumerable<PublishedFile> outputs) => Write(() =>
    {
        connection.Execute("DELETE FROM outputs");
        foreach (PublishedFile output in outputs)
        {
            connection.Execute("INSERT INTO outputs VALUES (?, ?, ?)", output.Path, output.Hash, output.Size);
        }

        connection.Execute("UPDATE ceremony SET phase = ?, fault = ''", (int)CeremonyPhase.Finished);
    });

    /// <summary>Publishes an attestation.</summary>
    public void Attest(long participant, string hash, long size) => Write(() =>
        connection.Execute("UPDATE participants SET attestation_hash = ?, attestation_size = ? WHERE n = ?", hash, size, participant));

    /// <summary>The whole state.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public CeremonySnapshot Load() => Read(() =>
    {
        ILookup<int, ContributionRecord> contributions = connection.Query(
            "SELECT circuit, number, ticket, participant, name, hash, key_before, key_hash, key_size, submitted, spent, whole, receipt, signature FROM contributions ORDER BY circuit, number",
            row => (Circuit: row.Int(0), Record: new ContributionRecord(
                row.Int(1), row.Int(2), row.Long(3), row.Text(4), row.Bytes(5), row.Text(6), row.Text(7), row.Long(8), row.Time(9), Milliseconds(row, 10), Milliseconds(row, 11), row.Bytes(12), row.Bytes(13))))
            .ToLookup(pair => pair.Circuit, pair => pair.Record);
        Dictionary<int, TurnRecord> turns = connection.Query(
            "SELECT circuit, ticket, began, budget, spent, transferred, submitted, hash, taken FROM turns",
            row => new TurnRecord(
                row.Int(0), row.Int(1), row.Time(2), Milliseconds(row, 3), Milliseconds(row, 4), Milliseconds(row, 5), row.TimeOrNull(6), row.TextOrNull(7), row.Flag(8)))
            .ToDictionary(turn => turn.Circuit);
        List<CircuitRecord> circuits = connection.Query(
            "SELECT n, name, curve, constraints, points, r1cs_hash, ptau_hash, initial_hash, initial_size, initial_contributions, nanoseconds FROM circuits ORDER BY n",
            row => new CircuitRecord(
                row.Int(0),
                row.Text(1),
                row.Text(2),
                row.Long(3),
                row.Long(4),
                row.Text(5),
                row.Text(6),
                row.Text(7),
                row.Long(8),
                [.. row.Bytes(9).Chunk(HashLength)],
                row.Long(10),
                [.. contributions[row.Int(0)]],
                turns.GetValueOrDefault(row.Int(0))));
        List<TicketRecord> tickets = connection.Query(
            "SELECT number, id, participant, phase, reason, reason_text, circuit FROM tickets ORDER BY number",
            row => new TicketRecord(
                row.Int(0), row.Text(1), row.Long(2), (TicketPhase)row.Int(3), (EvictionReason)row.Int(4), row.Text(5), row.Text(6)));
        Dictionary<long, ParticipantRecord> participants = connection.Query(
            "SELECT n, identity, name, stalls, attestation_hash, attestation_size FROM participants",
            row => new ParticipantRecord(
                row.Long(0),
                row.Text(1),
                row.Text(2),
                row.Int(3),
                row.TextOrNull(4) is { } hash ? new PublishedFile(TranscriptPaths.Attestation(row.Long(0)), hash, row.Long(5)) : null))
            .ToDictionary(participant => participant.Number);
        List<PublishedFile> outputs = connection.Query("SELECT path, hash, size FROM outputs ORDER BY path", row => new PublishedFile(row.Text(0), row.Text(1), row.Long(2)));
        Dictionary<string, long> inputs = connection.Query("SELECT hash, size FROM inputs", row => (Hash: row.Text(0), Size: row.Long(1))).ToDictionary(file => file.Hash, file => file.Size);
        return connection.First(
            "SELECT id, document, phase, closed, beacon, fault FROM ceremony",
            row => new CeremonySnapshot
            {
                Id = row.Text(0),
                Document = CeremonyDocument.Parse(row.Bytes(1), path),
                Phase = (CeremonyPhase)row.Int(2),
                Closed = row.TimeOrNull(3),
                Beacon = row.Bytes(4),
                Fault = row.Text(5),
                Circuits = circuits,
                Participants = participants,
                Tickets = tickets,
                Outputs = outputs,
                Inputs = inputs,
            }) ?? throw new StoreException($"The database {path} holds no ceremony.", false, false);
    });

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    private static TimeSpan Milliseconds(SqliteRow row, int column) => TimeSpan.FromMilliseconds(row.Long(column));

    private void EndTicket(int ticket, TicketPhase phase) => connection.Execute(
        "UPDATE tickets SET phase = ?, ended = ? WHERE number = ?", (int)phase, phase == TicketPhase.Waiting ? null : (object)DateTimeOffset.UtcNow, ticket);

    private T Read<T>(Func<T> read)
    {
        lock (gate)
        {
            return read();
        }
    }

    private void Write(Action write)
    {
        lock (gate)
        {
            SqliteTransaction.Run(connection, path, () =>
            {
                write();
                return true;
            });
        }
    }
}
