// Owns: which circuits there are, by either hash, as the store says it, remembered for a moment; and what proving them costs.
// How one comes in: CircuitRegistration.cs.

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>The circuits of a store. Safe for concurrent use. What another process changes is seen within a second.</summary>
internal sealed class CircuitRegistry(IServiceStore store, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CostInterval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim loading = new(1);
    private readonly ConcurrentDictionary<string, Cost> costs = new(StringComparer.Ordinal);
    private volatile Snapshot? latest;
    private int changes;

    /// <summary>Every circuit, retired ones too, by time of registration.</summary>
    /// <exception cref="StoreException">The store is away and nothing was remembered.</exception>
    public async Task<IReadOnlyList<CircuitRecord>> ListAsync(CancellationToken cancellation) =>
        (await LoadAsync(cancellation).ConfigureAwait(false)).Circuits;

    /// <summary>The circuit of a key, retired or not; null where there is none.</summary>
    public async Task<CircuitRecord?> FindAsync(string keyHash, CancellationToken cancellation)
    {
        Snapshot snapshot = await LoadAsync(cancellation).ConfigureAwait(false);
        if (snapshot.Circuits.FirstOrDefault(circuit => circuit.KeyHash == keyHash) is { } found)
        {
            return found;
        }

        // It may have come just now.
        Forget();
        return (await LoadAsync(cancellation).ConfigureAwait(false)).Circuits.FirstOrDefault(circuit => circuit.KeyHash == keyHash);
    }

    /// <summary>Circuits that a caller may mean: the one of a key's hash, or the active ones of a constraint system's.</summary>
    public async Task<IReadOnlyList<CircuitRecord>> ResolveAsync(string hash, CancellationToken cancellation)
    {
        if (await FindAsync(hash, cancellation).ConfigureAwait(false) is { } byKey)
        {
            return [byKey];
        }

        IReadOnlyList<CircuitRecord> all = await ListAsync(cancellation).ConfigureAwait(false);
        return [.. all.Where(circuit => circuit.CircuitHash == hash && !circuit.Retired)];
    }

    /// <summary>Keeps a circuit.</summary>
    public async Task PutAsync(CircuitRecord circuit, CancellationToken cancellation)
    {
        await store.PutCircuitAsync(circuit, cancellation).ConfigureAwait(false);
        Forget();
        log.CircuitRegistered(circuit.KeyHash, circuit.Name);
    }

    /// <summary>Takes a circuit out of use.</summary>
    public async Task RetireAsync(string keyHash, CancellationToken cancellation)
    {
        await store.RetireCircuitAsync(keyHash, cancellation).ConfigureAwait(false);
        Forget();
    }

    /// <summary>An attempt under a key took so long: the average of the last ones is kept, now and then.</summary>
    public async Task LearnCostAsync(string keyHash, TimeSpan elapsed)
    {
        Cost cost = costs.GetOrAdd(keyHash, _ => new Cost());
        long average;
        lock (cost)
        {
            const double Weight = 0.2;
            double micros = Math.Max(1, elapsed.TotalMicroseconds);
            cost.Average = cost.Average == 0 ? micros : (cost.Average * (1 - Weight)) + (micros * Weight);
            if ((cost.Written is { } written && time.GetElapsedTime(written) < CostInterval) || Math.Abs(cost.Average - cost.LastWritten) < 0.05 * cost.LastWritten)
            {
                return;
            }

            cost.Written = time.GetTimestamp();
            cost.LastWritten = cost.Average;
            average = (long)cost.Average;
        }

        try
        {
            await store.PutCostAsync(keyHash, average).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            log.StoreFailed(e.Message);
        }
    }

    /// <summary>The next look goes to the store, and what a look under way finds is not remembered: it may be from before the change.</summary>
    private void Forget()
    {
        Interlocked.Increment(ref changes);
        latest = null;
    }

    private async Task<Snapshot> LoadAsync(CancellationToken cancellation)
    {
        Snapshot? known = latest;
        if (known is not null && IsFresh(known))
        {
            return known;
        }

        await loading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            known = latest;
            if (known is not null && IsFresh(known))
            {
                return known;
            }

            long begun = time.GetTimestamp();
            int before = Volatile.Read(ref changes);
            known = new Snapshot(await store.ListCircuitsAsync(cancellation).ConfigureAwait(false), begun);
            latest = known;
            if (Volatile.Read(ref changes) != before)
            {
                latest = null;
            }

            return known;
        }
        finally
        {
            loading.Release();
        }
    }

    /// <summary>By a clock that nobody sets: one that is set back would keep what is old.</summary>
    private bool IsFresh(Snapshot known) => time.GetElapsedTime(known.Read) < Life;

    private sealed record Snapshot(IReadOnlyList<CircuitRecord> Circuits, long Read);

    private sealed class Cost
    {
        public double Average { get; set; }

        public double LastWritten { get; set; }

        public long? Written { get; set; }
    }
}
