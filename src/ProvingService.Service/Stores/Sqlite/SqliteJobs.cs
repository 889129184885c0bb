// Owns: jobs as rows: reading them, and writing what JobMachine made of them. Opens no transaction; its callers have one.

using System.Globalization;
using System.Text;

namespace ProvingService.Service;

/// <summary>A job's row.</summary>
/// <param name="Number">The row's number, by which the other tables name it.</param>
/// <param name="Job">The job.</param>
/// <param name="LeaseUntil">When its lease runs out; null where nobody holds it.</param>
internal sealed record SqliteJob(long Number, JobRecord Job, DateTimeOffset? LeaseUntil);

/// <summary>Statements on jobs.</summary>
internal static class SqliteJobs
{
    private const string Columns =
        """
        n, id, tenant, key_hash, input_kind, input_hash, input_length, idempotency_key, content_hash, priority, deadline, labels, device,
        cost, memory_bytes, allow_cached, created, state, attempts, lost_leases, worker, fence, sequence, cancel_requested, not_before,
        started, finished, reason, message, cached_from, lease_until
        """;

    /// <summary>The job of this name, or null.</summary>
    public static SqliteJob? Find(SqliteConnection connection, Guid id) =>
        connection.First($"SELECT {Columns} FROM jobs WHERE id = ?", Read, id);

    /// <summary>The tenant's job under an idempotency key, or null.</summary>
    public static SqliteJob? Find(SqliteConnection connection, string tenant, string idempotencyKey) =>
        connection.First($"SELECT {Columns} FROM jobs WHERE tenant = ? AND idempotency_key = ?", Read, tenant, idempotencyKey);

    /// <summary>The tenant's latest done job for this key and these inputs that has a proof, or null.</summary>
    public static SqliteJob? FindDone(SqliteConnection connection, string tenant, string keyHash, string inputHash) => connection.First(
        $"""
        SELECT {Columns} FROM jobs
        WHERE state = 5 AND tenant = ? AND key_hash = ? AND input_hash = ? AND n IN (SELECT job FROM job_proofs WHERE job = jobs.n)
        ORDER BY n DESC LIMIT 1
        """,
        Read,
        tenant,
        keyHash,
        inputHash);

    /// <summary>The next job that fits an offer, or null.</summary>
    public static SqliteJob? FindNext(SqliteConnection connection, LeaseOffer offer, DateTimeOffset now)
    {
        var sql = new StringBuilder(
            $"""
            SELECT {Columns} FROM jobs WHERE n = (
                SELECT n FROM jobs INDEXED BY jobs_queue
                WHERE state = 1 AND memory_bytes <= ? AND (not_before IS NULL OR not_before <= ?) AND (deadline IS NULL OR deadline > ?)
                    AND device IN (''
            """);
        List<object?> values = [offer.MemoryBytes, now, now];
        foreach (string device in offer.Devices)
        {
            sql.Append(", ?");
            values.Add(device);
        }

        sql.Append(") ORDER BY priority DESC, rank, id LIMIT 1)");
        return connection.First(sql.ToString(), Read, [.. values]);
    }

    /// <summary>Held jobs whose lease ran out.</summary>
    public static List<SqliteJob> FindLost(SqliteConnection connection, DateTimeOffset now, int limit) =>
        connection.Query($"SELECT {Columns} FROM jobs WHERE lease_until < ? ORDER BY lease_until LIMIT ?", Read, now, limit);

    /// <summary>Waiting jobs whose deadline has passed.</summary>
    public static List<SqliteJob> FindLate(SqliteConnection connection, DateTimeOffset now, int limit) =>
        connection.Query($"SELECT {Columns} FROM jobs WHERE state = 1 AND deadline <= ? ORDER BY deadline LIMIT ?", Read, now, limit);

    /// <summary>Jobs, the newest first.</summary>
    public static List<SqliteJob> List(SqliteConnection connection, JobFilter filter)
    {
        var sql = new StringBuilder($"SELECT {Columns} FROM jobs WHERE 1 = 1");
        List<object?> values = [];
        if (filter.Tenant is { } tenant)
        {
            Add(" AND tenant = ?", tenant);
        }

        if (filter.KeyHash is { } key)
        {
            Add(" AND key_hash = ?", key);
        }

        if (filter.Before is { } before)
        {
            Add(" AND id < ?", before);
        }

        if (filter.States.Count > 0)
        {
            // Numbers, not parameters: only so are the partial indexes of use.
            sql.Append(CultureInfo.InvariantCulture, $" AND state IN ({string.Join(", ", filter.States.Distinct().Order().Select(s => (int)s))})");
            sql.Append(filter.States.All(s => s < JobState.Done) ? " AND state < 5" : filter.States.All(s => s > JobState.Done) ? " AND state > 5" : "");
        }

        foreach ((string name, string value) in filter.Labels)
        {
            Add(" AND n IN (SELECT job FROM job_labels WHERE name = ? AND value = ?)", name, value);
        }

        sql.Append(" ORDER BY id DESC LIMIT ?");
        values.Add(filter.Limit);
        return connection.Query(sql.ToString(), Read, [.. values]);

        void Add(string condition, params ReadOnlySpan<object?> operands)
        {
            sql.Append(condition);
            values.AddRange(operands);
        }
    }

    /// <summary>Writes a new job, with its inputs where they are given, and the first events.</summary>
    /// <returns>The row's number.</returns>
    public static long Insert(SqliteConnection connection, JobChange change, long rank, ReadOnlyMemory<byte>? input)
    {
        JobRecord job = change.Job;
        NewJob submitted = job.Submitted;
        connection.Execute(
            """
            INSERT INTO jobs (
                id, tenant, key_hash, input_kind, input_hash, input_length, idempotency_key, content_hash, priority, deadline, labels, device,
                cost, memory_bytes, allow_cached, rank, created, state, attempts, lost_leases, worker, fence, sequence, cancel_requested,
                finished, reason, message, cached_from)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, ?, 0, ?, 0, '', ?)
            """,
            submitted.Id,
            submitted.Tenant,
            submitted.KeyHash,
            (int)submitted.InputKind,
            submitted.InputHash,
            submitted.InputLength,
            submitted.IdempotencyKey,
            submitted.ContentHash,
            submitted.Priority,
            submitted.Deadline,
            StoreText.ToJson(submitted.Labels),
            submitted.Device,
            submitted.Cost,
            submitted.MemoryBytes,
            submitted.AllowCached,
            rank,
            job.Created,
            (int)job.State,
            job.Sequence,
            job.Finished,
            job.CachedFrom);
        long number = connection.Number("SELECT last_insert_rowid()");
        foreach ((string name, string value) in submitted.Labels)
        {
            connection.Execute("INSERT INTO job_labels VALUES (?, ?, ?)", name, value, number);
        }

        if (input is { } bytes && !job.State.IsFinal())
        {
            connection.Execute("INSERT INTO job_inputs VALUES (?, ?)", number, bytes);
        }

        Append(connection, number, change.Events);
        return number;
    }

    /// <summary>Writes what became of a job. Inputs of a final one are wiped.</summary>
    public static void Update(SqliteConnection connection, long number, JobChange change)
    {
        JobRecord job = change.Job;
        connection.Execute(
            """
            UPDATE jobs SET state = ?, attempts = ?, lost_leases = ?, worker = ?, fence = ?, sequence = ?, cancel_requested = ?, not_before = ?,
                started = ?, finished = ?, reason = ?, message = ?, lease_until = ? WHERE n = ?
            """,
            (int)job.State,
            job.Attempts,
            job.LostLeases,
            job.Worker,
            job.Fence,
            job.Sequence,
            job.CancelRequested,
            job.NotBefore,
            job.Started,
            job.Finished,
            (int)job.Reason,
            job.Message,
            change.LeaseUntil,
            number);
        if (job.State.IsFinal())
        {
            connection.Execute("DELETE FROM job_inputs WHERE job = ?", number);
        }

        if (change.Proof is { } proof)
        {
            connection.Execute(
                "INSERT INTO job_proofs VALUES (?, ?, ?, ?, ?)", number, proof.Proof, proof.PublicInputs, proof.Receipt, proof.Signature);
        }

        Append(connection, number, change.Events);
    }

    /// <summary>A row as <see cref="Columns"/> name it.</summary>
    private static SqliteJob Read(SqliteRow row)
    {
        var submitted = new NewJob
        {
            Id = row.Guid(1),
            Tenant = row.Text(2),
            KeyHash = row.Text(3),
            InputKind = (InputKind)row.Int(4),
            InputHash = row.Text(5),
            InputLength = row.Long(6),
            IdempotencyKey = row.TextOrNull(7),
            ContentHash = row.Text(8),
            Priority = row.Int(9),
            Deadline = row.TimeOrNull(10),
            Labels = StoreText.FromJson<Dictionary<string, string>>(row.Text(11)),
            Device = row.Text(12),
            Cost = row.Long(13),
            MemoryBytes = row.Long(14),
            AllowCached = row.Flag(15),
        };
        var job = new JobRecord
        {
            Submitted = submitted,
            Created = row.Time(16),
            State = (JobState)row.Int(17),
            Attempts = row.Int(18),
            LostLeases = row.Int(19),
            Worker = row.Text(20),
            Fence = row.Long(21),
            Sequence = row.Long(22),
            CancelRequested = row.Flag(23),
            NotBefore = row.TimeOrNull(24),
            Started = row.TimeOrNull(25),
            Finished = row.TimeOrNull(26),
            Reason = (FailureReason)row.Int(27),
            Message = row.Text(28),
            CachedFrom = row.GuidOrNull(29),
        };
        return new(row.Long(0), job, row.TimeOrNull(30));
    }

    private static void Append(SqliteConnection connection, long number, IReadOnlyList<JobEvent> events)
    {
        foreach (JobEvent step in events)
        {
            connection.Execute(
                "INSERT INTO job_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                number,
                step.Sequence,
                step.At,
                (int)step.State,
                step.Phase,
                step.Ended,
                step.Attempt,
                step.Message);
        }
    }
}
