// Owns: how long the store takes, by operation. Changes nothing of what it says.

using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ProvingService.Service;

/// <summary>A store whose operations are timed.</summary>
internal sealed class MeasuredStore(IServiceStore store, ServiceMetrics metrics) : IServiceStore
{
    /// <inheritdoc/>
    public string Name => store.Name;

    /// <inheritdoc/>
    public Task<Submission> SubmitAsync(NewJob job, QueueBounds bounds, CancellationToken cancellation = default) =>
        TimeAsync(() => store.SubmitAsync(job, bounds, cancellation));

    /// <inheritdoc/>
    public Task<JobRecord?> FindJobAsync(Guid id, CancellationToken cancellation = default) => TimeAsync(() => store.FindJobAsync(id, cancellation));

    /// <inheritdoc/>
    public Task<JobProof?> FindProofAsync(Guid id, CancellationToken cancellation = default) => TimeAsync(() => store.FindProofAsync(id, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobRecord>> ListJobsAsync(JobFilter filter, CancellationToken cancellation = default) => TimeAsync(() => store.ListJobsAsync(filter, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobEvent>> ListEventsAsync(Guid id, long after, int limit, CancellationToken cancellation = default) =>
        TimeAsync(() => store.ListEventsAsync(id, after, limit, cancellation));

    /// <inheritdoc/>
    public Task<JobRecord?> CancelAsync(Guid id, CancellationToken cancellation = default) => TimeAsync(() => store.CancelAsync(id, cancellation));

    /// <inheritdoc/>
    public Task<LeasedJob?> LeaseAsync(LeaseOffer offer, CancellationToken cancellation = default) => TimeAsync(() => store.LeaseAsync(offer, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<LeaseVerdict>> ReportAsync(IReadOnlyList<LeaseReport> reports, CancellationToken cancellation = default) =>
        TimeAsync(() => store.ReportAsync(reports, cancellation));

    /// <inheritdoc/>
    public Task<bool> FinishAsync(Lease lease, LeaseOutcome outcome, IReadOnlyList<PhaseMark> marks, CancellationToken cancellation = default) =>
        TimeAsync(() => store.FinishAsync(lease, outcome, marks, cancellation));

    /// <inheritdoc/>
    public Task<ReapReport> ReapAsync(ReapRules rules, CancellationToken cancellation = default) => TimeAsync(() => store.ReapAsync(rules, cancellation));

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DateTimeOffset finishedBefore, int limit, CancellationToken cancellation = default) =>
        TimeAsync(() => store.PurgeAsync(finishedBefore, limit, cancellation));

    /// <inheritdoc/>
    public Task<QueueFigures> MeasureAsync(CancellationToken cancellation = default) => TimeAsync(() => store.MeasureAsync(cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<Guid>> FilterUnfinishedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation = default) =>
        TimeAsync(() => store.FilterUnfinishedAsync(ids, cancellation));

    /// <inheritdoc/>
    public Task PutCircuitAsync(CircuitRecord circuit, CancellationToken cancellation = default) => TimeAsync(() => store.PutCircuitAsync(circuit, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<CircuitRecord>> ListCircuitsAsync(CancellationToken cancellation = default) => TimeAsync(() => store.ListCircuitsAsync(cancellation));

    /// <inheritdoc/>
    public Task<bool> RetireCircuitAsync(string keyHash, CancellationToken cancellation = default) => TimeAsync(() => store.RetireCircuitAsync(keyHash, cancellation));

    /// <inheritdoc/>
    public Task PutCostAsync(string keyHash, long cost, CancellationToken cancellation = default) => TimeAsync(() => store.PutCostAsync(keyHash, cost, cancellation));

    /// <inheritdoc/>
    public Task PutWorkerAsync(WorkerRecord worker, CancellationToken cancellation = default) => TimeAsync(() => store.PutWorkerAsync(worker, cancellation));

    /// <inheritdoc/>
    public Task RemoveWorkerAsync(string id, CancellationToken cancellation = default) => TimeAsync(() => store.RemoveWorkerAsync(id, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkerRecord>> ListWorkersAsync(CancellationToken cancellation = default) => TimeAsync(() => store.ListWorkersAsync(cancellation));

    /// <inheritdoc/>
    public Task PutApiKeyAsync(ApiKeyRecord key, CancellationToken cancellation = default) => TimeAsync(() => store.PutApiKeyAsync(key, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellation = default) => TimeAsync(() => store.ListApiKeysAsync(cancellation));

    /// <inheritdoc/>
    public Task<bool> RevokeApiKeyAsync(string name, CancellationToken cancellation = default) => TimeAsync(() => store.RevokeApiKeyAsync(name, cancellation));

    /// <inheritdoc/>
    public Task AddVerdictsAsync(string keyHash, long valid, long invalid, CancellationToken cancellation = default) =>
        TimeAsync(() => store.AddVerdictsAsync(keyHash, valid, invalid, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<VerdictTally>> ListVerdictsAsync(CancellationToken cancellation = default) => TimeAsync(() => store.ListVerdictsAsync(cancellation));

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreSignal> SignalsAsync(CancellationToken cancellation) => store.SignalsAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => store.DisposeAsync();

    private async Task<T> TimeAsync<T>(Func<Task<T>> operation, [CallerMemberName] string name = "")
    {
        T result = default!;
        await TimeAsync(async () => { result = await operation().ConfigureAwait(false); }, name).ConfigureAwait(false);
        return result;
    }

    private async Task TimeAsync(Func<Task> operation, [CallerMemberName] string name = "")
    {
        long began = Stopwatch.GetTimestamp();
        bool isOk = true;
        try
        {
            await operation().ConfigureAwait(false);
        }
        catch (StoreException)
        {
            isOk = false;
            throw;
        }
        finally
        {
            metrics.StoreUsed(name[..^"Async".Length], Stopwatch.GetElapsedTime(began), isOk);
        }
    }
}
