// Owns: the store on one machine: a SQLite file, which several processes of that machine may have open at the same time (not
// over a network: SQLite's locks do not hold there). Jobs are here, the rest is in SqliteStore.Registry.cs.

namespace ProvingService.Service;

/// <summary>Keeps everything in one SQLite file. Times are by this machine's clock, which all its processes share.</summary>
internal sealed partial class SqliteStore : IServiceStore
{
    /// <summary>Most jobs of one kind that a round of reaping takes into one transaction.</summary>
    private const int ReapAtOnce = 500;

    private readonly SignalHub hub = new();
    private readonly SqliteWriter writer;
    private readonly SqliteReaders readers;

    private SqliteStore(string path, SqliteConnection connection)
    {
        Path = path;
        writer = new SqliteWriter(connection, path, hub);
        readers = new SqliteReaders(path);
    }

    /// <inheritdoc/>
    public string Name => $"SQLite {SqliteLibrary.Version}, {Path}";

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Opens the file, or makes it, for this user alone: it holds inputs.</summary>
    /// <exception cref="StoreException">It is no database, another program's, of a newer version, or cannot be written.</exception>
    public static async Task<SqliteStore> OpenAsync(string path, CancellationToken cancellation = default)
    {
        string full = System.IO.Path.GetFullPath(path);
        return await Task.Run(() => Open(full), cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<Submission> SubmitAsync(NewJob job, QueueBounds bounds, CancellationToken cancellation = default)
    {
        StoreText.Check(job);
        NewJob cut = StoreText.Cut(job);
        return writer.RunAsync((connection, signals) => Submit(connection, signals, cut, bounds), cancellation);
    }

    /// <inheritdoc/>
    public Task<JobRecord?> FindJobAsync(Guid id, CancellationToken cancellation = default) =>
        readers.RunAsync(connection => SqliteJobs.Find(connection, id)?.Job, cancellation);

    /// <inheritdoc/>
    public Task<JobProof?> FindProofAsync(Guid id, CancellationToken cancellation = default) => readers.RunAsync(
        connection => connection.First(
            "SELECT proof, public_inputs, receipt, signature FROM job_proofs WHERE job = (SELECT n FROM jobs WHERE id = ?)",
            row => new JobProof(row.Bytes(0), row.Bytes(1), row.Bytes(2), row.Bytes(3)),
            id),
        cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobRecord>> ListJobsAsync(JobFilter filter, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, "filter.Limit");
        return readers.RunAsync<IReadOnlyList<JobRecord>>(
            connection => [.. SqliteJobs.List(connection, filter).Select(row => row.Job)], cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobEvent>> ListEventsAsync(Guid id, long after, int limit, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return readers.RunAsync<IReadOnlyList<JobEvent>>(
            connection => connection.Query(
                """
                SELECT sequence, at, state, phase, ended, attempt, message FROM job_events
                WHERE job = (SELECT n FROM jobs WHERE id = ?) AND sequence > ? ORDER BY sequence LIMIT ?
                """,
                row => new JobEvent(row.Long(0), row.Time(1), (JobState)row.Int(2), row.Text(3), row.Flag(4), row.Int(5), row.Text(6)),
                id,
                after,
                limit),
            cancellation);
    }

    /// <inheritdoc/>
    public Task<JobRecord?> CancelAsync(Guid id, CancellationToken cancellation = default) => writer.RunAsync(
        (connection, signals) =>
        {
            if (SqliteJobs.Find(connection, id) is not { } row)
            {
                return null;
            }

            JobChange? change = JobMachine.Cancel(row.Job, row.LeaseUntil, Now());
            if (change is null)
            {
                return row.Job;
            }

            SqliteJobs.Update(connection, row.Number, change);
            signals.Add(change.Signal);
            return change.Job;
        },
        cancellation);

    /// <inheritdoc/>
    public Task<LeasedJob?> LeaseAsync(LeaseOffer offer, CancellationToken cancellation = default)
    {
        StoreText.Check(offer.Worker, "offer.Worker");
        return writer.RunAsync((connection, signals) => Lease(connection, signals, offer), cancellation, toTheEnd: true);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LeaseVerdict>> ReportAsync(IReadOnlyList<LeaseReport> reports, CancellationToken cancellation = default)
    {
        foreach (LeaseReport report in reports)
        {
            StoreText.Check(report);
        }

        return writer.RunAsync<IReadOnlyList<LeaseVerdict>>(
            (connection, signals) => [.. reports.Select(report => Report(connection, signals, report))], cancellation);
    }

    /// <inheritdoc/>
    public Task<bool> FinishAsync(Lease lease, LeaseOutcome outcome, IReadOnlyList<PhaseMark> marks, CancellationToken cancellation = default)
    {
        StoreText.Check(marks);
        return writer.RunAsync(
            (connection, signals) =>
            {
                if (FindHeld(connection, lease) is not { } row)
                {
                    return false;
                }

                JobChange change = JobMachine.End(row.Job, outcome, marks, Now());
                SqliteJobs.Update(connection, row.Number, change);
                signals.Add(change.Signal);
                return true;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<ReapReport> ReapAsync(ReapRules rules, CancellationToken cancellation = default)
    {
        var sum = new ReapReport(0, 0, 0, []);
        while (true)
        {
            (ReapReport round, bool more) = await writer.RunAsync((connection, signals) => Reap(connection, signals, rules), cancellation).ConfigureAwait(false);
            sum = new(sum.Requeued + round.Requeued, sum.Poisoned + round.Poisoned, sum.Expired + round.Expired, [.. sum.Ended, .. round.Ended]);
            if (!more)
            {
                return sum;
            }
        }
    }

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DateTimeOffset finishedBefore, int limit, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return writer.RunAsync(
            (connection, _) => connection.Execute(
                "DELETE FROM jobs WHERE n IN (SELECT n FROM jobs WHERE finished < ? ORDER BY finished LIMIT ?)", finishedBefore, limit),
            cancellation);
    }

    /// <inheritdoc/>
    public Task<QueueFigures> MeasureAsync(CancellationToken cancellation = default) => readers.RunAsync(Measure, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Guid>> FilterUnfinishedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation = default) =>
        readers.RunAsync<IReadOnlyList<Guid>>(
            connection => [.. ids.Where(id => connection.Number("SELECT count(*) FROM jobs WHERE id = ? AND state < 5", id) > 0)], cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreSignal> SignalsAsync(CancellationToken cancellation) => hub.ListenAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        readers.Dispose();
        await writer.DisposeAsync().ConfigureAwait(false);
    }

    private static SqliteStore Open(string path)
    {
        MakeFile(path);
        var connection = new SqliteConnection(path, writable: true);
        try
        {
            SqliteSchema.Prepare(connection, path);
            return new SqliteStore(path, connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes the file for this user alone; SQLite gives the same to the files beside it. One that is there is not even opened:
    /// closing it again would end the locks that SQLite holds on it in this process.
    /// </summary>
    private static void MakeFile(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            new FileStream(path, options).Dispose();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (!File.Exists(path))
            {
                throw new StoreException(
                    $"The database {path} cannot be made: see that its folder exists, and that this user may write there.", false, false, failure);
            }
        }
    }

    private static DateTimeOffset Now() => StoreText.Cut(DateTimeOffset.UtcNow);

    private static Submission Submit(SqliteConnection connection, List<StoreSignal> signals, NewJob job, QueueBounds bounds)
    {
        SubmissionPlan plan = SubmissionRules.Decide(job, bounds, new View(connection), Now());
        if (plan.Change is { } change)
        {
            long number = SqliteJobs.Insert(connection, change, plan.Rank, job.InlineInput);
            if (plan.Kind == SubmissionKind.Cached)
            {
                connection.Execute(
                    """
                    INSERT INTO job_proofs SELECT ?, proof, public_inputs, receipt, signature FROM job_proofs
                    WHERE job = (SELECT n FROM jobs WHERE id = ?)
                    """,
                    number,
                    plan.Existing!.Id);
            }

            signals.Add(change.Signal);
        }

        if (plan.Finish is { } finish)
        {
            connection.Execute(
                "INSERT INTO shares VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET tag = excluded.tag", job.Tenant, job.Priority, finish);
        }

        return plan.Answer;
    }

    private static LeasedJob? Lease(SqliteConnection connection, List<StoreSignal> signals, LeaseOffer offer)
    {
        DateTimeOffset now = Now();
        if (SqliteJobs.FindNext(connection, offer, now) is not { } row)
        {
            return null;
        }

        JobChange change = JobMachine.Take(row.Job, offer, now);
        SqliteJobs.Update(connection, row.Number, change);
        connection.Execute(
            "INSERT INTO virtual_times SELECT priority, rank FROM jobs WHERE n = ? ON CONFLICT DO UPDATE SET tag = max(tag, excluded.tag)", row.Number);
        signals.Add(change.Signal);
        byte[]? input = connection.First("SELECT input FROM job_inputs WHERE job = ?", static r => r.Bytes(0), row.Number);
        return new(new(row.Job.Id, change.Job.Fence), change.Job, input);
    }

    private static LeaseVerdict Report(SqliteConnection connection, List<StoreSignal> signals, LeaseReport report)
    {
        if (FindHeld(connection, report.Lease) is not { } row)
        {
            return LeaseVerdict.Lost;
        }

        JobChange change = JobMachine.Report(row.Job, report, Now());
        SqliteJobs.Update(connection, row.Number, change);
        if (change.IsTold)
        {
            signals.Add(change.Signal);
        }

        return change.Job.CancelRequested ? LeaseVerdict.Cancel : LeaseVerdict.Held;
    }

    /// <summary>The job while this lease holds it. A lease whose time ran out holds until somebody reaps it.</summary>
    private static SqliteJob? FindHeld(SqliteConnection connection, Lease lease) =>
        SqliteJobs.Find(connection, lease.Job) is { } row && row.Job.State.IsHeld() && row.Job.Fence == lease.Fence ? row : null;

    private static (ReapReport Report, bool More) Reap(SqliteConnection connection, List<StoreSignal> signals, ReapRules rules)
    {
        DateTimeOffset now = Now();
        List<SqliteJob> lost = SqliteJobs.FindLost(connection, now, ReapAtOnce);
        List<SqliteJob> late = SqliteJobs.FindLate(connection, now, ReapAtOnce);
        JobChange[] changes =
            [.. lost.Select(row => JobMachine.LoseLease(row.Job, rules, now)), .. late.Select(row => JobMachine.Expire(row.Job, now))];
        foreach ((SqliteJob row, JobChange change) in lost.Concat(late).Zip(changes))
        {
            SqliteJobs.Update(connection, row.Number, change);
            signals.Add(change.Signal);
        }

        // A job whose rest is over can be leased without this; listeners are told here.
        if (connection.Execute("UPDATE jobs SET not_before = NULL WHERE state = 1 AND not_before <= ?", now) > 0)
        {
            signals.Add(new(null, true));
        }

        connection.Execute("DELETE FROM workers WHERE seen < ?", now - rules.SilentWorkers);
        return (JobMachine.Sum(changes), lost.Count == ReapAtOnce || late.Count == ReapAtOnce);
    }

    private static QueueFigures Measure(SqliteConnection connection)
    {
        List<(JobState State, string Tenant, int Priority, long Jobs, long Cost)> tally = connection.Query(
            "SELECT state, tenant, priority, jobs, cost FROM tally WHERE jobs > 0",
            row => ((JobState)row.Int(0), row.Text(1), row.Int(2), row.Long(3), row.Long(4)));
        var waiting = tally.Where(entry => entry.State == JobState.Queued).ToList();
        return new QueueFigures
        {
            Jobs = Enum.GetValues<JobState>().ToDictionary(state => state, state => tally.Where(entry => entry.State == state).Sum(entry => entry.Jobs)),
            Waiting = [.. waiting.GroupBy(entry => entry.Priority).OrderByDescending(group => group.Key)
                .Select(group => new PriorityFigures(group.Key, group.Sum(entry => entry.Jobs), group.Sum(entry => entry.Cost)))],
            WaitingByTenant = waiting.GroupBy(entry => entry.Tenant).ToDictionary(group => group.Key, group => group.Sum(entry => entry.Jobs)),
            OldestWaiting = connection.First("SELECT min(created) FROM jobs WHERE state = 1", row => row.TimeOrNull(0)),
            At = Now(),
            OldestLease = connection.First("SELECT min(started) FROM jobs WHERE lease_until IS NOT NULL", row => row.TimeOrNull(0)),
        };
    }

    private sealed class View(SqliteConnection connection) : ISubmissionView
    {
        public JobRecord? Find(Guid id) => SqliteJobs.Find(connection, id)?.Job;

        public JobRecord? Find(string tenant, string idempotencyKey) => SqliteJobs.Find(connection, tenant, idempotencyKey)?.Job;

        public JobRecord? FindDone(string tenant, string keyHash, string inputHash) =>
            SqliteJobs.FindDone(connection, tenant, keyHash, inputHash)?.Job;

        public long Queued() => connection.Number("SELECT sum(jobs) FROM tally WHERE state = 1");

        public long Queued(string tenant) => connection.Number("SELECT sum(jobs) FROM tally WHERE state = 1 AND tenant = ?", tenant);

        public long VirtualTime(int priority) => connection.Number("SELECT tag FROM virtual_times WHERE priority = ?", priority);

        public long LastFinish(string tenant, int priority) =>
            connection.Number("SELECT tag FROM shares WHERE tenant = ? AND priority = ?", tenant, priority);
    }
}
