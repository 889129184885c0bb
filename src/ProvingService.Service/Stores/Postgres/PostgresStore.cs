// Owns: the store for many machines: a schema of a PostgreSQL server. Leases and all other times are by the server's clock,
// so that machines may disagree about the time. Inputs of ended jobs are deleted; on the server's disk they go with its next
// VACUUM, so that disk is as secret as the inputs. Jobs are here, the rest is in PostgresStore.Registry.cs.

using Npgsql;

namespace ProvingService.Service;

/// <summary>Keeps everything in PostgreSQL.</summary>
internal sealed partial class PostgresStore : IServiceStore
{
    /// <summary>Most jobs of one kind that a round of reaping takes into one transaction.</summary>
    private const int ReapAtOnce = 500;

    private readonly SignalHub hub = new();
    private readonly PostgresDatabase database;
    private readonly PostgresListener listener;
    private readonly PostgresBatches<PostgresSubmission, Submission> submissions;
    private readonly PostgresBatches<LeaseOffer, LeasedJob?> leases;
    private readonly PostgresBatches<Ending, bool> endings;
    private readonly string channel;

    private PostgresStore(PostgresDatabase database)
    {
        this.database = database;
        channel = PostgresListener.Channel(database.Url.Schema);
        listener = new PostgresListener(database, hub);
        submissions = new(database, new PostgresSubmissions(channel).DecideAsync);
        leases = new(database, LeaseAsync);
        endings = new(database, FinishAsync);
    }

    /// <inheritdoc/>
    public string Name => database.Url.Name;

    /// <summary>Connects, and makes or mends the schema.</summary>
    /// <exception cref="StoreException">The server cannot be reached, does not let this user in, or has a newer schema.</exception>
    public static async Task<PostgresStore> OpenAsync(PostgresUrl url, CancellationToken cancellation = default)
    {
        var database = new PostgresDatabase(url);
        try
        {
            await PostgresSchema.PrepareAsync(database, cancellation).ConfigureAwait(false);
            return new PostgresStore(database);
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Submission> SubmitAsync(NewJob job, QueueBounds bounds, CancellationToken cancellation = default)
    {
        StoreText.Check(job);
        return submissions.RunAsync(new(StoreText.Cut(job), bounds), cancellation).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<JobRecord?> FindJobAsync(Guid id, CancellationToken cancellation = default) =>
        (await ListAsync($"SELECT {PostgresJobs.Columns} FROM jobs WHERE id = $1", PostgresJobs.Read, cancellation, id).ConfigureAwait(false))
        .SingleOrDefault()?.Job;

    /// <inheritdoc/>
    public async Task<JobProof?> FindProofAsync(Guid id, CancellationToken cancellation = default) =>
        (await ListAsync(
            "SELECT proof, public_inputs, receipt, signature FROM job_proofs WHERE job = $1",
            row => new JobProof(
                row.GetFieldValue<byte[]>(0), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3)),
            cancellation,
            id).ConfigureAwait(false)).SingleOrDefault();

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobRecord>> ListJobsAsync(JobFilter filter, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, "filter.Limit");
        return database.ReadAsync<IReadOnlyList<JobRecord>>(
            async (connection, token) =>
            {
                // Lists alone are left to the planner: for a rare label it is right to sort.
                await using var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands = { PostgresDatabase.Command("SELECT set_config('enable_sort', 'on', true)"), PostgresJobs.List(filter) },
                };
                await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
                await reader.NextResultAsync(token).ConfigureAwait(false);
                return [.. await PostgresDatabase.RowsAsync(reader, row => PostgresJobs.Read(row).Job, token).ConfigureAwait(false)];
            },
            cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobEvent>> ListEventsAsync(Guid id, long after, int limit, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return ListAsync(
            "SELECT sequence, at, state, phase, ended, attempt, message FROM job_events WHERE job = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            row => new JobEvent(
                row.GetInt64(0), PostgresJobs.Time(row, 1), (JobState)row.GetInt32(2), row.GetString(3), row.GetBoolean(4), row.GetInt32(5), row.GetString(6)),
            cancellation,
            id,
            after,
            limit);
    }

    /// <inheritdoc/>
    public Task<JobRecord?> CancelAsync(Guid id, CancellationToken cancellation = default) => database.TransactAsync(
        async (connection, _, token) =>
        {
            if (!(await LockAsync(connection, [id], token).ConfigureAwait(false)).TryGetValue(id, out PostgresJob? row))
            {
                return null;
            }

            JobChange? change = JobMachine.Cancel(row.Job, row.LeaseUntil, row.Now);
            await UpdateAsync(connection, change is null ? [] : [change], token).ConfigureAwait(false);
            return change?.Job ?? row.Job;
        },
        cancellation);

    /// <inheritdoc/>
    public Task<LeasedJob?> LeaseAsync(LeaseOffer offer, CancellationToken cancellation = default)
    {
        StoreText.Check(offer.Worker, "offer.Worker");
        return leases.RunAsync(offer, cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LeaseVerdict>> ReportAsync(IReadOnlyList<LeaseReport> reports, CancellationToken cancellation = default)
    {
        foreach (LeaseReport report in reports)
        {
            StoreText.Check(report);
        }

        return database.TransactAsync<IReadOnlyList<LeaseVerdict>>(
            async (connection, _, token) =>
            {
                Dictionary<Guid, PostgresJob> rows =
                    await LockAsync(connection, reports.Select(report => report.Lease.Job), token).ConfigureAwait(false);
                List<LeaseVerdict> verdicts = [];
                List<JobChange> changes = [];
                foreach (LeaseReport report in reports)
                {
                    if (!rows.TryGetValue(report.Lease.Job, out PostgresJob? row) || !IsHeld(row, report.Lease))
                    {
                        verdicts.Add(LeaseVerdict.Lost);
                        continue;
                    }

                    JobChange change = JobMachine.Report(row.Job, report, row.Now);
                    rows[row.Job.Id] = row with { Job = change.Job };
                    changes.Add(change);
                    verdicts.Add(change.Job.CancelRequested ? LeaseVerdict.Cancel : LeaseVerdict.Held);
                }

                await UpdateAsync(connection, changes, token).ConfigureAwait(false);
                return verdicts;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public Task<bool> FinishAsync(Lease lease, LeaseOutcome outcome, IReadOnlyList<PhaseMark> marks, CancellationToken cancellation = default)
    {
        StoreText.Check(marks);
        return endings.RunAsync(new(lease, outcome, marks), cancellation).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<ReapReport> ReapAsync(ReapRules rules, CancellationToken cancellation = default)
    {
        var sum = new ReapReport(0, 0, 0, []);
        while (true)
        {
            (ReapReport round, bool more) = await database.TransactAsync(
                (connection, _, token) => ReapOnceAsync(connection, rules, token), cancellation).ConfigureAwait(false);
            sum = new(sum.Requeued + round.Requeued, sum.Poisoned + round.Poisoned, sum.Expired + round.Expired, [.. sum.Ended, .. round.Ended]);
            if (!more)
            {
                break;
            }
        }

        await TidyAsync(rules, cancellation).ConfigureAwait(false);
        return sum;
    }

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DateTimeOffset finishedBefore, int limit, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.WriteAsync(
            async (connection, token) => (await PostgresDatabase.QueryAsync(
                connection,
                row => (int)row.GetInt64(0),
                token,
                """
                WITH old AS (
                    SELECT id FROM jobs WHERE finished < $1 ORDER BY finished LIMIT $2 FOR UPDATE SKIP LOCKED
                ), gone AS (
                    DELETE FROM jobs USING old WHERE jobs.id = old.id RETURNING jobs.state, jobs.priority, jobs.rank, jobs.fence
                ), inputs AS (
                    DELETE FROM job_inputs USING old WHERE job = old.id
                ), labels AS (
                    DELETE FROM job_labels USING old WHERE job = old.id
                ), events AS (
                    DELETE FROM job_events USING old WHERE job = old.id
                ), proofs AS (
                    DELETE FROM job_proofs USING old WHERE job = old.id
                ), counts AS (
                    INSERT INTO final_tally SELECT state, -count(*) FROM gone GROUP BY state
                ), floors AS (
                    INSERT INTO virtual_times SELECT priority, max(rank) FROM gone WHERE fence > 0 GROUP BY priority ORDER BY priority
                    ON CONFLICT (priority) DO UPDATE SET tag = greatest(virtual_times.tag, excluded.tag)
                )
                SELECT count(*) FROM gone
                """,
                finishedBefore,
                limit).ConfigureAwait(false))[0],
            cancellation);
    }

    /// <inheritdoc/>
    public Task<QueueFigures> MeasureAsync(CancellationToken cancellation = default) => database.ReadAsync(MeasureAsync, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Guid>> FilterUnfinishedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation = default) =>
        ListAsync("SELECT id FROM jobs WHERE id = ANY($1) AND state < 5", row => row.GetGuid(0), cancellation, ids.ToArray());

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreSignal> SignalsAsync(CancellationToken cancellation)
    {
        listener.Start();
        return hub.ListenAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await submissions.DisposeAsync().ConfigureAwait(false);
        await leases.DisposeAsync().ConfigureAwait(false);
        await endings.DisposeAsync().ConfigureAwait(false);
        await listener.DisposeAsync().ConfigureAwait(false);
        await database.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Whether this lease holds the job. A lease whose time ran out holds until somebody reaps it.</summary>
    private static bool IsHeld(PostgresJob row, Lease lease) => row.Job.State.IsHeld() && row.Job.Fence == lease.Fence;

    /// <summary>The jobs of these names, locked in the order of their names, so that two transactions never wait for each other.</summary>
    private static async Task<Dictionary<Guid, PostgresJob>> LockAsync(
        NpgsqlConnection connection, IEnumerable<Guid> ids, CancellationToken cancellation) =>
        (await PostgresDatabase.QueryAsync(
            connection,
            PostgresJobs.Read,
            cancellation,
            $"SELECT {PostgresJobs.Columns} FROM jobs WHERE id = ANY($1) ORDER BY id FOR UPDATE",
            ids.Distinct().ToArray()).ConfigureAwait(false)).ToDictionary(row => row.Job.Id);

    private static async Task<QueueFigures> MeasureAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using NpgsqlTransaction transaction =
            await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
        var waiting = await PostgresDatabase.QueryAsync(
            connection,
            row => (Tenant: row.GetString(0), Priority: row.GetInt32(1), Jobs: row.GetInt64(2), Cost: row.GetInt64(3), Oldest: PostgresJobs.Time(row, 4)),
            cancellation,
            "SELECT tenant, priority, count(*), sum(cost)::bigint, min(created) FROM jobs WHERE state = 1 GROUP BY tenant, priority").ConfigureAwait(false);
        var held = await PostgresDatabase.QueryAsync(
            connection,
            row => (State: (JobState)row.GetInt32(0), Jobs: row.GetInt64(1), Oldest: PostgresJobs.TimeOrNull(row, 2)),
            cancellation,
            "SELECT state, count(*), min(started) FROM jobs WHERE lease_until IS NOT NULL GROUP BY state").ConfigureAwait(false);
        var final = await PostgresDatabase.QueryAsync(
            connection,
            row => (State: (JobState)row.GetInt32(0), Jobs: row.GetInt64(1)),
            cancellation,
            "SELECT state, sum(jobs)::bigint FROM final_tally GROUP BY state").ConfigureAwait(false);
        List<DateTimeOffset> clock = await PostgresDatabase.QueryAsync(connection, row => PostgresJobs.Time(row, 0), cancellation, "SELECT clock_timestamp()").ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);

        Dictionary<JobState, long> jobs = Enum.GetValues<JobState>().ToDictionary(state => state, _ => 0L);
        jobs[JobState.Queued] = waiting.Sum(group => group.Jobs);
        foreach ((JobState state, long count) in held.Select(group => (group.State, group.Jobs)).Concat(final))
        {
            jobs[state] += count;
        }

        return new QueueFigures
        {
            Jobs = jobs,
            Waiting = [.. waiting.GroupBy(group => group.Priority).OrderByDescending(group => group.Key)
                .Select(group => new PriorityFigures(group.Key, group.Sum(entry => entry.Jobs), group.Sum(entry => entry.Cost)))],
            WaitingByTenant = waiting.GroupBy(group => group.Tenant).ToDictionary(group => group.Key, group => group.Sum(entry => entry.Jobs)),
            OldestWaiting = waiting.Count == 0 ? null : waiting.Min(group => group.Oldest),
            At = clock[0],
            OldestLease = held.Min(group => group.Oldest),
        };
    }

    private async Task<LeasedJob?[]> LeaseAsync(NpgsqlConnection connection, IReadOnlyList<LeaseOffer> offers, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (LeaseOffer offer in offers)
        {
            PostgresJobs.Add(
                batch, PostgresJobs.Lease, offer.MemoryBytes, offer.Devices.Append("").ToArray(), offer.Worker, offer.Duration, channel);
        }

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var taken = new LeasedJob?[offers.Count];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = (await PostgresDatabase.RowsAsync(reader, Read, cancellation).ConfigureAwait(false)).SingleOrDefault();
            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        }

        return taken;

        static LeasedJob Read(NpgsqlDataReader row)
        {
            JobRecord job = PostgresJobs.Read(row).Job;
            byte[]? input = row.IsDBNull(PostgresJobs.ColumnCount) ? null : row.GetFieldValue<byte[]>(PostgresJobs.ColumnCount);
            return new LeasedJob(new(job.Id, job.Fence), job, input);
        }
    }

    private async Task<bool[]> FinishAsync(NpgsqlConnection connection, IReadOnlyList<Ending> endings, CancellationToken cancellation)
    {
        Dictionary<Guid, PostgresJob> rows = await LockAsync(connection, endings.Select(ending => ending.Lease.Job), cancellation).ConfigureAwait(false);
        var ended = new bool[endings.Count];
        List<JobChange> changes = [];
        for (int i = 0; i < ended.Length; i++)
        {
            (Lease lease, LeaseOutcome outcome, IReadOnlyList<PhaseMark> marks) = endings[i];
            if (rows.TryGetValue(lease.Job, out PostgresJob? row) && IsHeld(row, lease))
            {
                JobChange change = JobMachine.End(row.Job, outcome, marks, row.Now);
                rows[lease.Job] = row with { Job = change.Job };
                changes.Add(change);
                ended[i] = true;
            }
        }

        await UpdateAsync(connection, changes, cancellation).ConfigureAwait(false);
        return ended;
    }

    private async Task UpdateAsync(NpgsqlConnection connection, IReadOnlyCollection<JobChange> changes, CancellationToken cancellation)
    {
        if (changes.Count == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (JobChange change in changes)
        {
            PostgresJobs.Update(batch, channel, change);
        }

        await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<(ReapReport Report, bool More)> ReapOnceAsync(NpgsqlConnection connection, ReapRules rules, CancellationToken cancellation)
    {
        List<PostgresJob> lost = await PostgresDatabase.QueryAsync(
            connection,
            PostgresJobs.Read,
            cancellation,
            $"SELECT {PostgresJobs.Columns} FROM jobs WHERE lease_until < clock_timestamp() ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED",
            ReapAtOnce).ConfigureAwait(false);
        List<PostgresJob> late = await PostgresDatabase.QueryAsync(
            connection,
            PostgresJobs.Read,
            cancellation,
            $"SELECT {PostgresJobs.Columns} FROM jobs WHERE state = 1 AND deadline <= clock_timestamp() ORDER BY deadline LIMIT $1 FOR UPDATE SKIP LOCKED",
            ReapAtOnce).ConfigureAwait(false);
        JobChange[] changes =
            [.. lost.Select(row => JobMachine.LoseLease(row.Job, rules, row.Now)), .. late.Select(row => JobMachine.Expire(row.Job, row.Now))];
        await UpdateAsync(connection, changes, cancellation).ConfigureAwait(false);
        return (JobMachine.Sum(changes), lost.Count == ReapAtOnce || late.Count == ReapAtOnce);
    }

    /// <summary>What nobody waits for: rests that are over are told, silent workers forgotten, the tally is folded.</summary>
    private Task<int> TidyAsync(ReapRules rules, CancellationToken cancellation) => database.TransactAsync(
        async (connection, _, token) =>
        {
            // A job whose rest is over can be leased without this; listeners are told here.
            await PostgresDatabase.ExecuteAsync(
                connection,
                token,
                """
                WITH rested AS (
                    SELECT id FROM jobs WHERE state = 1 AND not_before <= clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED
                ), ready AS (
                    UPDATE jobs SET not_before = NULL FROM rested WHERE jobs.id = rested.id RETURNING jobs.id
                )
                SELECT pg_notify($1, '*') WHERE EXISTS (SELECT 1 FROM ready)
                """,
                channel).ConfigureAwait(false);
            await PostgresDatabase.ExecuteAsync(connection, token, "DELETE FROM workers WHERE seen < clock_timestamp() - $1", rules.SilentWorkers).ConfigureAwait(false);
            return await PostgresDatabase.ExecuteAsync(
                connection,
                token,
                """
                WITH entries AS (
                    SELECT ctid FROM final_tally WHERE (SELECT count(*) FROM final_tally) > 1000 FOR UPDATE SKIP LOCKED
                ), folded AS (
                    DELETE FROM final_tally USING entries WHERE final_tally.ctid = entries.ctid RETURNING state, jobs
                )
                INSERT INTO final_tally SELECT state, sum(jobs) FROM folded GROUP BY state
                """).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>What a worker asks for when it lets a job go.</summary>
    private sealed record Ending(Lease Lease, LeaseOutcome Outcome, IReadOnlyList<PhaseMark> Marks);
}
