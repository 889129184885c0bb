// Owns: a key in the engine's keeping: who has which share of it, and who takes over when a device cannot.

using System.Runtime.ExceptionServices;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <inheritdoc cref="IKeySession{TCurve, TFp, TFr}"/>
internal sealed unsafe class GpuKey<TCurve, TFp, TFr>(GpuEngine engine, IKeyParts<TCurve, TFp, TFr> key, CurveId curve)
    : IKeySession<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
{
    private readonly GpuKeySizes sizes = new(curve, key.WireCount, key.WireCount - key.PublicInputCount - 1, key.DomainSize);
    private readonly Lock gate = new();
    private readonly HashSet<GpuDevice> tooSmall = [];
    private bool isDisposed;
    private IReadOnlyList<(GpuDevice Device, GpuKeyShare<TCurve, TFp, TFr> Share)> shares = [];

    /// <inheritdoc/>
    public bool TryCompute(
        ReadOnlySpan<TFr> witness, out KeySums<TCurve, TFp> sums, Action<KeyWorkChange>? progress, EngineOptions options)
    {
        if (witness.Length != key.WireCount)
        {
            throw new ArgumentException($"The witness has {witness.Length} elements, the key {key.WireCount} wires.", nameof(witness));
        }

        // Pinned until no device reads it any more.
        fixed (TFr* wires = witness)
        {
            // Each round that fails leaves one device fewer.
            while (Assign() is { Count: > 0 } assigned)
            {
                if (TryCompute(assigned, wires, out sums, progress, options))
                {
                    return true;
                }
            }
        }

        sums = default;
        return false;
    }

    /// <inheritdoc/>
    public void Disown(IReadOnlyList<KeyWork> wrong)
    {
        IReadOnlyList<(GpuDevice Device, GpuKeyShare<TCurve, TFp, TFr> Share)> had;
        lock (gate)
        {
            had = shares;
        }

        foreach ((GpuDevice device, GpuKeyShare<TCurve, TFp, TFr> share) in had)
        {
            KeyWork[] own = [.. share.Parts.Intersect(wrong)];
            if (own.Length > 0)
            {
                engine.Quarantine(
                    device,
                    $"{device.Info.Id} computed {string.Join(", ", own)} of a proof wrongly; the proof was made again on the processor, and the device is out of use.");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            Release();
        }
    }

    /// <summary>The present shares, or new ones where a device went out of use or came back.</summary>
    private IReadOnlyList<(GpuDevice Device, GpuKeyShare<TCurve, TFp, TFr> Share)> Assign()
    {
        lock (gate)
        {
            GpuDevice[] usable = [.. engine.UsableForProofs(curve, sizes.Domain).Where(device => !isDisposed && !tooSmall.Contains(device)).OrderBy(device => device.Info.Id, StringComparer.Ordinal)];
            if (!usable.Take(GpuKeyShares.MostDevices).SequenceEqual(shares.Select(share => share.Device)))
            {
                Release();
                usable = [.. usable.Take(GpuKeyShares.MostDevices)];
                IReadOnlyList<KeyWork>[] parts = usable.Length == 0
                    ? []
                    : GpuKeyShares.Assign(usable.Length, sizes.Wires, sizes.PrivateWires, sizes.Domain);
                shares = [.. usable.Select((device, i) => (device, new GpuKeyShare<TCurve, TFp, TFr>(key, sizes, parts[i], engine.Options.Tuning, engine.FirstStep(device))))];
            }

            return shares;
        }
    }

    private bool TryCompute(
        IReadOnlyList<(GpuDevice Device, GpuKeyShare<TCurve, TFp, TFr> Share)> assigned,
        TFr* wires,
        out KeySums<TCurve, TFp> sums,
        Action<KeyWorkChange>? progress,
        EngineOptions options)
    {
        var results = new KeySums<TCurve, TFp>[assigned.Count];
        bool[] done = new bool[assigned.Count];
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        EngineOptions inner = options with { CancellationToken = failed.Token };
        Task[] tasks = [.. assigned.Skip(1).Select((_, i) => Task.Factory.StartNew(() => Run(i + 1), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        try
        {
            Run(0);
        }
        finally
        {
            Wait(tasks);
        }

        sums = new(
            results.Aggregate(default(Jacobian<TFp, TCurve>), (sum, part) => sum + part.A),
            results.Aggregate(default(Jacobian<TFp, TCurve>), (sum, part) => sum + part.B1),
            results.Aggregate(default(Jacobian<Fp2<TFp>, TCurve>), (sum, part) => sum + part.B2),
            results.Aggregate(default(Jacobian<TFp, TCurve>), (sum, part) => sum + part.C),
            results.Aggregate(default(Jacobian<TFp, TCurve>), (sum, part) => sum + part.H));
        return done.All(isDone => isDone);

        void Run(int i)
        {
            (GpuDevice device, GpuKeyShare<TCurve, TFp, TFr> share) = assigned[i];
            GpuFallback? obstacle;
            try
            {
                obstacle = engine.TryRun(device, curve, session => share.Compute(session, wires, progress, failed.Token), inner, out results[i]);
            }
            catch (OperationCanceledException) when (!options.CancellationToken.IsCancellationRequested)
            {
                // Another device failed.
                return;
            }
            catch
            {
                failed.Cancel();
                throw;
            }

            if (obstacle is null)
            {
                done[i] = true;
                return;
            }

            if (obstacle == GpuFallback.OutOfMemory)
            {
                // Not even the most thrifty way fits: not to be asked again for this key.
                lock (gate)
                {
                    tooSmall.Add(device);
                }
            }

            failed.Cancel();
        }
    }

    private static void Wait(Task[] tasks)
    {
        try
        {
            Task.WaitAll(tasks);
        }
        catch (AggregateException e)
        {
            // Whoever was cancelled has not done its share: the next round, which is the processor's if need be, tells the caller.
            if (e.InnerExceptions.FirstOrDefault(inner => inner is not OperationCanceledException) is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }

    /// <summary>Frees what the devices hold, each on its own thread; a closed one holds nothing.</summary>
    private void Release()
    {
        foreach ((GpuDevice device, GpuKeyShare<TCurve, TFp, TFr> share) in shares)
        {
            device.Post(share.Retire);
        }

        shares = [];
    }
}
