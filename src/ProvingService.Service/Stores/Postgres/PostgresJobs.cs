// Owns: jobs as rows: reading them, and the statements that write what JobMachine made of them. Opens no transaction.

using System.Text;
using Npgsql;

namespace ProvingService.Service;

/// <summary>A job's row.</summary>
/// <param name="Job">The job.</param>
/// <param name="LeaseUntil">When its lease runs out; null where nobody holds it.</param>
/// <param name="Now">The server's clock when it was read.</param>
internal sealed record PostgresJob(JobRecord Job, DateTimeOffset? LeaseUntil, DateTimeOffset Now);

/// <summary>Statements on jobs.</summary>
internal static class PostgresJobs
{
    /// <summary>What <see cref="Read"/> reads.</summary>
    public const string Columns =
        """
        jobs.id, tenant, key_hash, input_kind, input_hash, input_length, idempotency_key, content_hash, priority, deadline, labels, device,
        cost, memory_bytes, allow_cached, created, state, attempts, lost_leases, worker, fence, sequence, cancel_requested, not_before,
        started, finished, reason, message, cached_from, lease_until, clock_timestamp()
        """;

    /// <summary>How many columns that are.</summary>
    public const int ColumnCount = 31;

    /// <summary>
    /// One statement for the whole lease: SKIP LOCKED lets others take the next one meanwhile, and the partial index holds
    /// waiting jobs alone. Leases that ran out are the reaper's; with them in the condition the index would be of no use.
    /// </summary>
    public const string Lease =
        $"""
        WITH next AS (
            SELECT id FROM jobs
            WHERE state = 1 AND memory_bytes <= $1 AND device = ANY($2)
                AND (not_before IS NULL OR not_before <= clock_timestamp()) AND (deadline IS NULL OR deadline > clock_timestamp())
            ORDER BY priority DESC, rank, id LIMIT 1 FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE jobs SET state = 2, attempts = attempts + 1, fence = fence + 1, worker = $3, not_before = NULL, sequence = sequence + 1,
                started = clock_timestamp(), lease_until = clock_timestamp() + $4
            FROM next WHERE jobs.id = next.id RETURNING jobs.*
        ), told AS (
            INSERT INTO job_events SELECT id, sequence, started, 2, '', false, attempts, '' FROM taken
        )
        SELECT {Columns}, (SELECT input FROM job_inputs WHERE job = jobs.id), pg_notify($5, jobs.id::text) FROM taken AS jobs
        """;

    /// <summary>A row as <see cref="Columns"/> name it.</summary>
    public static PostgresJob Read(NpgsqlDataReader row)
    {
        var submitted = new NewJob
        {
            Id = row.GetGuid(0),
            Tenant = row.GetString(1),
            KeyHash = row.GetString(2),
            InputKind = (InputKind)row.GetInt32(3),
            InputHash = row.GetString(4),
            InputLength = row.GetInt64(5),
            IdempotencyKey = row.IsDBNull(6) ? null : row.GetString(6),
            ContentHash = row.GetString(7),
            Priority = row.GetInt32(8),
            Deadline = TimeOrNull(row, 9),
            Labels = StoreText.FromJson<Dictionary<string, string>>(row.GetString(10)),
            Device = row.GetString(11),
            Cost = row.GetInt64(12),
            MemoryBytes = row.GetInt64(13),
            AllowCached = row.GetBoolean(14),
        };
        var job = new JobRecord
        {
            Submitted = submitted,
            Created = Time(row, 15),
            State = (JobState)row.GetInt32(16),
            Attempts = row.GetInt32(17),
            LostLeases = row.GetInt32(18),
            Worker = row.GetString(19),
            Fence = row.GetInt64(20),
            Sequence = row.GetInt64(21),
            CancelRequested = row.GetBoolean(22),
            NotBefore = TimeOrNull(row, 23),
            Started = TimeOrNull(row, 24),
            Finished = TimeOrNull(row, 25),
            Reason = (FailureReason)row.GetInt32(26),
            Message = row.GetString(27),
            CachedFrom = row.IsDBNull(28) ? null : row.GetGuid(28),
        };
        return new(job, TimeOrNull(row, 29), Time(row, 30));
    }

    /// <summary>A time, in UTC.</summary>
    public static DateTimeOffset Time(NpgsqlDataReader row, int column) => row.GetFieldValue<DateTimeOffset>(column);

    /// <summary>A time, in UTC, or null.</summary>
    public static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : Time(row, column);

    /// <summary>The question for a list.</summary>
    public static NpgsqlBatchCommand List(JobFilter filter)
    {
        var sql = new StringBuilder($"SELECT {Columns} FROM jobs WHERE true");
        List<object?> values = [];
        if (filter.Tenant is { } tenant)
        {
            sql.Append($" AND tenant = {Next(tenant)}");
        }

        if (filter.KeyHash is { } key)
        {
            sql.Append($" AND key_hash = {Next(key)}");
        }

        if (filter.Before is { } before)
        {
            sql.Append($" AND jobs.id < {Next(before)}");
        }

        if (filter.States.Count > 0)
        {
            sql.Append($" AND state IN ({string.Join(", ", filter.States.Distinct().Order().Select(s => (int)s))})");
        }

        foreach ((string name, string value) in filter.Labels)
        {
            sql.Append($" AND jobs.id IN (SELECT job FROM job_labels WHERE name = {Next(name)} AND value = {Next(value)}");
            sql.Append($" AND md5(name || '=' || value) = md5({Next(name + "=" + value)}))");
        }

        sql.Append($" ORDER BY jobs.id DESC LIMIT {Next(filter.Limit)}");
        return PostgresDatabase.Command(sql.ToString(), [.. values]);

        string Next(object value)
        {
            values.Add(value);
            return $"${values.Count}";
        }
    }

    /// <summary>Adds the statements that write a new job, with its inputs where they are given, and the first events.</summary>
    public static void Insert(NpgsqlBatch batch, string channel, JobChange change, long rank, ReadOnlyMemory<byte>? input)
    {
        JobRecord job = change.Job;
        NewJob submitted = job.Submitted;
        Add(
            batch,
            """
            INSERT INTO jobs (
                id, tenant, key_hash, input_kind, input_hash, input_length, idempotency_key, content_hash, priority, deadline, labels, device,
                cost, memory_bytes, allow_cached, rank, created, state, sequence, finished, cached_from)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
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
        if (submitted.Labels.Count > 0)
        {
            Add(
                batch,
                "INSERT INTO job_labels (job, name, value) SELECT $1, name, value FROM unnest($2, $3) AS label (name, value)",
                job.Id,
                submitted.Labels.Keys.ToArray(),
                submitted.Labels.Values.ToArray());
        }

        if (input is { } bytes && !job.State.IsFinal())
        {
            Add(batch, "INSERT INTO job_inputs VALUES ($1, $2)", job.Id, bytes);
        }

        Append(batch, channel, change);
    }

    /// <summary>Adds the statements that write what became of a job. Inputs of a final one are deleted.</summary>
    public static void Update(NpgsqlBatch batch, string channel, JobChange change)
    {
        JobRecord job = change.Job;
        Add(
            batch,
            """
            UPDATE jobs SET state = $2, attempts = $3, lost_leases = $4, worker = $5, fence = $6, sequence = $7, cancel_requested = $8,
                not_before = $9, started = $10, finished = $11, reason = $12, message = $13, lease_until = $14 WHERE id = $1
            """,
            job.Id,
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
            change.LeaseUntil);
        if (job.State.IsFinal())
        {
            Add(batch, "DELETE FROM job_inputs WHERE job = $1", job.Id);
        }

        if (change.Proof is { } proof)
        {
            Add(batch, "INSERT INTO job_proofs VALUES ($1, $2, $3, $4, $5)", job.Id, proof.Proof, proof.PublicInputs, proof.Receipt, proof.Signature);
        }

        Append(batch, channel, change);
    }

    /// <summary>Adds a statement.</summary>
    public static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> values) =>
        batch.BatchCommands.Add(PostgresDatabase.Command(sql, values));

    private static void Append(NpgsqlBatch batch, string channel, JobChange change)
    {
        foreach (JobEvent step in change.Events)
        {
            Add(
                batch,
                "INSERT INTO job_events VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                change.Job.Id,
                step.Sequence,
                step.At,
                (int)step.State,
                step.Phase,
                step.Ended,
                step.Attempt,
                step.Message);
        }

        if (change.Job.State.IsFinal())
        {
            Add(batch, "INSERT INTO final_tally VALUES ($1, 1)", (int)change.Job.State);
        }

        if (change.IsTold)
        {
            Add(batch, "SELECT pg_notify($1, $2)", channel, PostgresListener.Format(change.Signal));
        }
    }
}
