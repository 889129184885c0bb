// Owns: accepting jobs in PostgreSQL. An advisory lock lets one transaction at a time accept jobs, on all machines: so bounds,
// shares and idempotency keys are exact, and batches make up for the waiting. Nothing else ever asks for that lock.

using Npgsql;

namespace ProvingService.Service;

/// <summary>A job that is to be accepted, and what must hold for that.</summary>
internal sealed record PostgresSubmission(NewJob Job, QueueBounds Bounds);

/// <summary>Decides on submissions.</summary>
/// <param name="channel">Where notifications go.</param>
internal sealed class PostgresSubmissions(string channel)
{
    /// <summary>Decides on several submissions in order, and writes the verdicts.</summary>
    public async Task<Submission[]> DecideAsync(
        NpgsqlConnection connection, IReadOnlyList<PostgresSubmission> batch, CancellationToken cancellation)
    {
        View view = await LookAsync(connection, [.. batch.Select(submission => submission.Job)], cancellation).ConfigureAwait(false);
        await using var writes = new NpgsqlBatch(connection);
        var answers = new Submission[batch.Count];
        for (int i = 0; i < batch.Count; i++)
        {
            NewJob job = batch[i].Job;
            SubmissionPlan plan = SubmissionRules.Decide(job, batch[i].Bounds, view, view.Now);
            answers[i] = plan.Answer;
            if (plan.Change is { } change)
            {
                PostgresJobs.Insert(writes, channel, change, plan.Rank, job.InlineInput);
                view.Add(change.Job, plan.Finish);
                if (plan.Kind == SubmissionKind.Cached)
                {
                    PostgresJobs.Add(
                        writes,
                        "INSERT INTO job_proofs SELECT $1, proof, public_inputs, receipt, signature FROM job_proofs WHERE job = $2",
                        job.Id,
                        plan.Existing!.Id);
                }
            }
        }

        foreach (((string tenant, int priority), long tag) in view.Raised)
        {
            PostgresJobs.Add(
                writes,
                "INSERT INTO shares VALUES ($1, $2, $3) ON CONFLICT (tenant, priority) DO UPDATE SET tag = excluded.tag",
                tenant,
                priority,
                tag);
        }

        if (writes.BatchCommands.Count > 0)
        {
            await writes.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        return answers;
    }

    /// <summary>All that the verdicts depend on, in one exchange. Each statement sees what was committed before the lock was had.</summary>
    private async Task<View> LookAsync(NpgsqlConnection connection, NewJob[] jobs, CancellationToken cancellation)
    {
        NewJob[] keyed = [.. jobs.Where(job => job.IdempotencyKey is not null)];
        NewJob[] cached = [.. jobs.Where(job => job.AllowCached)];
        int[] priorities = [.. jobs.Select(job => job.Priority).Distinct()];
        await using var batch = new NpgsqlBatch(connection);
        PostgresJobs.Add(batch, "SELECT pg_advisory_xact_lock($1, hashtext($2))", PostgresSchema.LockSpace, channel + " submit");
        PostgresJobs.Add(batch, "SELECT clock_timestamp()");
        PostgresJobs.Add(batch, $"SELECT {PostgresJobs.Columns} FROM jobs WHERE id = ANY($1)", jobs.Select(job => job.Id).ToArray());
        PostgresJobs.Add(
            batch,
            $"""
            SELECT {PostgresJobs.Columns} FROM jobs JOIN unnest($1, $2) AS asked (of_tenant, key) ON tenant = of_tenant AND idempotency_key = key
            """,
            keyed.Select(job => job.Tenant).ToArray(),
            keyed.Select(job => job.IdempotencyKey!).ToArray());
        PostgresJobs.Add(
            batch,
            $"""
            SELECT DISTINCT ON (tenant, key_hash, input_hash) {PostgresJobs.Columns}
            FROM jobs JOIN unnest($1, $2, $3) AS asked (of_tenant, key, input) ON tenant = of_tenant AND key_hash = key AND input_hash = input
            WHERE state = 5 AND EXISTS (SELECT 1 FROM job_proofs WHERE job = jobs.id)
            ORDER BY tenant, key_hash, input_hash, jobs.created DESC
            """,
            cached.Select(job => job.Tenant).ToArray(),
            cached.Select(job => job.KeyHash).ToArray(),
            cached.Select(job => job.InputHash).ToArray());
        PostgresJobs.Add(batch, "SELECT tenant, count(*) FROM jobs WHERE state = 1 GROUP BY tenant");
        // An array of text is one value here, not the list of them.
        object tenants = jobs.Select(job => job.Tenant).Distinct().ToArray();
        PostgresJobs.Add(batch, "SELECT tenant, priority, tag FROM shares WHERE tenant = ANY($1)", tenants);
        PostgresJobs.Add(
            batch,
            """
            SELECT asked, greatest(
                (SELECT max(rank) FROM jobs WHERE fence > 0 AND priority = asked), (SELECT tag FROM virtual_times WHERE priority = asked), 0)
            FROM unnest($1) AS asked
            """,
            priorities);

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        var view = new View((await PostgresDatabase.RowsAsync(reader, row => PostgresJobs.Time(row, 0), cancellation).ConfigureAwait(false))[0]);
        for (int result = 0; result < 2; result++)
        {
            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
            foreach (PostgresJob found in await PostgresDatabase.RowsAsync(reader, PostgresJobs.Read, cancellation).ConfigureAwait(false))
            {
                view.Know(found.Job);
            }
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        foreach (PostgresJob found in await PostgresDatabase.RowsAsync(reader, PostgresJobs.Read, cancellation).ConfigureAwait(false))
        {
            view.KnowDone(found.Job);
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        foreach ((string tenant, long count) in await PostgresDatabase.RowsAsync(
            reader, row => (row.GetString(0), row.GetInt64(1)), cancellation).ConfigureAwait(false))
        {
            view.KnowWaiting(tenant, count);
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        foreach ((string tenant, int priority, long tag) in await PostgresDatabase.RowsAsync(
            reader, row => (row.GetString(0), row.GetInt32(1), row.GetInt64(2)), cancellation).ConfigureAwait(false))
        {
            view.KnowTag(tenant, priority, tag);
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        foreach ((int priority, long tag) in await PostgresDatabase.RowsAsync(
            reader, row => (row.GetInt32(0), row.GetInt64(1)), cancellation).ConfigureAwait(false))
        {
            view.KnowVirtualTime(priority, tag);
        }

        return view;
    }

    /// <summary>What was found, and what the batch adds to it as it goes on.</summary>
    private sealed class View(DateTimeOffset now) : ISubmissionView
    {
        private readonly Dictionary<Guid, JobRecord> byId = [];
        private readonly Dictionary<(string Tenant, string Key), JobRecord> byKey = [];
        private readonly Dictionary<(string Tenant, string Key, string Input), JobRecord> done = [];
        private readonly Dictionary<string, long> waiting = [];
        private readonly Dictionary<(string Tenant, int Priority), long> tags = [];
        private readonly Dictionary<int, long> virtualTimes = [];
        private long allWaiting;

        public DateTimeOffset Now => now;

        public Dictionary<(string Tenant, int Priority), long> Raised { get; } = [];

        public JobRecord? Find(Guid id) => byId.GetValueOrDefault(id);

        public JobRecord? Find(string tenant, string idempotencyKey) => byKey.GetValueOrDefault((tenant, idempotencyKey));

        public JobRecord? FindDone(string tenant, string keyHash, string inputHash) => done.GetValueOrDefault((tenant, keyHash, inputHash));

        public long Queued() => allWaiting;

        public long Queued(string tenant) => waiting.GetValueOrDefault(tenant);

        public long VirtualTime(int priority) => virtualTimes.GetValueOrDefault(priority);

        public long LastFinish(string tenant, int priority) => tags.GetValueOrDefault((tenant, priority));

        public void Know(JobRecord job)
        {
            byId[job.Id] = job;
            if (job.Submitted.IdempotencyKey is { } key)
            {
                byKey[(job.Submitted.Tenant, key)] = job;
            }
        }

        public void KnowDone(JobRecord job) => done[(job.Submitted.Tenant, job.Submitted.KeyHash, job.Submitted.InputHash)] = job;

        public void KnowWaiting(string tenant, long count)
        {
            waiting[tenant] = waiting.GetValueOrDefault(tenant) + count;
            allWaiting += count;
        }

        public void KnowTag(string tenant, int priority, long tag) => tags[(tenant, priority)] = tag;

        public void KnowVirtualTime(int priority, long tag) => virtualTimes[priority] = tag;

        public void Add(JobRecord job, long? finish)
        {
            Know(job);
            if (job.State == JobState.Queued)
            {
                KnowWaiting(job.Submitted.Tenant, 1);
            }

            if (finish is { } tag)
            {
                KnowTag(job.Submitted.Tenant, job.Submitted.Priority, tag);
                Raised[(job.Submitted.Tenant, job.Submitted.Priority)] = tag;
            }
        }
    }
}
