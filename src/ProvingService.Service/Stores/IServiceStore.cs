// Owns: the contract of everything the service keeps. Implementations: Sqlite/, Postgres/. What a job may become: Jobs/JobRecord.cs.

namespace ProvingService.Service;

/// <summary>
/// Keeps jobs, circuits, workers and API keys. Whatever a call acknowledges survives the end of every process and of the
/// power. All members are safe for concurrent use, by several processes on the same store too. Faults of the disk or of
/// the server are <see cref="StoreException"/>s, after which the store is as before the call, or, where
/// <see cref="StoreException.MayHaveHappened"/> says so, as after it; the caller may call again.
/// </summary>
public interface IServiceStore : IAsyncDisposable
{
    /// <summary>For people: which store this is, without secrets.</summary>
    string Name { get; }

    /// <summary>
    /// Accepts a job, or finds the one that this submission made before: by its idempotency key, or by the job's name, so that
    /// a call whose answer was lost may be made again.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="bounds">What must hold for a new job to be accepted.</param>
    /// <param name="cancellation">Ends the waiting; the job may be accepted nevertheless.</param>
    Task<Submission> SubmitAsync(NewJob job, QueueBounds bounds, CancellationToken cancellation = default);

    /// <summary>The job, or null.</summary>
    Task<JobRecord?> FindJobAsync(Guid id, CancellationToken cancellation = default);

    /// <summary>The proof of a done job, or null.</summary>
    Task<JobProof?> FindProofAsync(Guid id, CancellationToken cancellation = default);

    /// <summary>Jobs, the newest first, at most <see cref="JobFilter.Limit"/>.</summary>
    Task<IReadOnlyList<JobRecord>> ListJobsAsync(JobFilter filter, CancellationToken cancellation = default);

    /// <summary>The events of a job after a number, in order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<JobEvent>> ListEventsAsync(Guid id, long after, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// A waiting job is cancelled; a held one is marked, for its worker to see; a finished one stays as it is.
    /// </summary>
    /// <returns>The job as it is then, or null where there is none.</returns>
    Task<JobRecord?> CancelAsync(Guid id, CancellationToken cancellation = default);

    /// <summary>
    /// Takes the next job that fits the offer: the highest priority first, then by fair shares between tenants (start-time
    /// fair queueing over <see cref="NewJob.Cost"/>), then the oldest. A job whose deadline has passed is never leased.
    /// </summary>
    /// <param name="offer">What the worker can take.</param>
    /// <param name="cancellation">Heard before the store begins; later the answer comes nevertheless, so that no job is leased to nobody.</param>
    /// <returns>Null where nothing fits.</returns>
    Task<LeasedJob?> LeaseAsync(LeaseOffer offer, CancellationToken cancellation = default);

    /// <summary>Prolongs leases, and writes what has happened since. One call for all leases of a worker.</summary>
    /// <returns>A verdict for each report, in order.</returns>
    Task<IReadOnlyList<LeaseVerdict>> ReportAsync(IReadOnlyList<LeaseReport> reports, CancellationToken cancellation = default);

    /// <summary>
    /// Ends a lease. The job's inputs are forgotten with the same write where the job is final thereafter. A lease whose time
    /// ran out still holds while nobody has reaped it. A proof is kept even of a job that was to be cancelled; a job that would
    /// go back to the queue is cancelled then, or has expired where its deadline passed.
    /// </summary>
    /// <returns>False where the lease was not this worker's any more: nothing was changed.</returns>
    Task<bool> FinishAsync(Lease lease, LeaseOutcome outcome, IReadOnlyList<PhaseMark> marks, CancellationToken cancellation = default);

    /// <summary>
    /// Takes up what time has changed: leases that ran out go back to the queue with a rest, or are set aside as poisoned;
    /// waiting jobs past their deadline expire; workers that fell silent long ago are forgotten. Any process may call it at any time.
    /// </summary>
    /// <param name="rules">Rests and limits.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<ReapReport> ReapAsync(ReapRules rules, CancellationToken cancellation = default);

    /// <summary>Deletes jobs that were finished before a time, with their proofs and events, at most <paramref name="limit"/>.</summary>
    /// <returns>How many.</returns>
    Task<int> PurgeAsync(DateTimeOffset finishedBefore, int limit, CancellationToken cancellation = default);

    /// <summary>The queue in figures.</summary>
    Task<QueueFigures> MeasureAsync(CancellationToken cancellation = default);

    /// <summary>Of some names of jobs, those that are there and not final: their inputs are still needed.</summary>
    Task<IReadOnlyList<Guid>> FilterUnfinishedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation = default);

    /// <summary>Keeps a circuit under its key's hash; one that is there already is replaced, and is active again.</summary>
    Task PutCircuitAsync(CircuitRecord circuit, CancellationToken cancellation = default);

    /// <summary>Every circuit, retired ones too, by time of registration.</summary>
    Task<IReadOnlyList<CircuitRecord>> ListCircuitsAsync(CancellationToken cancellation = default);

    /// <summary>Takes a circuit out of use: no new jobs; waiting ones fail when a worker comes to them.</summary>
    /// <returns>False where there is none.</returns>
    Task<bool> RetireCircuitAsync(string keyHash, CancellationToken cancellation = default);

    /// <summary>Keeps how long proving under a key takes on average, in microseconds.</summary>
    Task PutCostAsync(string keyHash, long cost, CancellationToken cancellation = default);

    /// <summary>Keeps what a worker says of itself, with the time.</summary>
    Task PutWorkerAsync(WorkerRecord worker, CancellationToken cancellation = default);

    /// <summary>Forgets a worker that ends in good order.</summary>
    Task RemoveWorkerAsync(string id, CancellationToken cancellation = default);

    /// <summary>Every worker known, by name.</summary>
    Task<IReadOnlyList<WorkerRecord>> ListWorkersAsync(CancellationToken cancellation = default);

    /// <summary>Keeps an API key. One of the same name and hash is replaced; where it was revoked, it stays so.</summary>
    /// <exception cref="ArgumentException">The name belongs to another key, or the key has another name.</exception>
    Task PutApiKeyAsync(ApiKeyRecord key, CancellationToken cancellation = default);

    /// <summary>Every API key, revoked ones too, by name.</summary>
    Task<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellation = default);

    /// <summary>Ends an API key for good.</summary>
    /// <returns>False where there is none of this name.</returns>
    Task<bool> RevokeApiKeyAsync(string name, CancellationToken cancellation = default);

    /// <summary>Adds to the tally of verdicts under a key.</summary>
    Task AddVerdictsAsync(string keyHash, long valid, long invalid, CancellationToken cancellation = default);

    /// <summary>The tally of verdicts by key's hash.</summary>
    Task<IReadOnlyList<VerdictTally>> ListVerdictsAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Tells what changed, by this process or another, until cancelled. The first signal names no job: the listener is in
    /// place, and may look for what was there before. Signals may be merged or come twice; none is lost for
    /// good while this is enumerated, and after a break in the connection there comes one with no job.
    /// </summary>
    IAsyncEnumerable<StoreSignal> SignalsAsync(CancellationToken cancellation);
}

/// <summary>Something changed.</summary>
/// <param name="Job">The job that did; null where anything may have.</param>
/// <param name="Queue">Whether a job may have become ready to be leased.</param>
public readonly record struct StoreSignal(Guid? Job, bool Queue);
