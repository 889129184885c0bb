// Owns: MSM and NTT on devices behind the engines' contracts, and what is done instead where a device cannot.
// Never: the kernels' launches (Msm/, Ntt/), a key's life on devices (GpuKey).

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// MSM, NTT and whole proofs' sums on GPUs, with the processor as the safety net: whatever a device cannot do, for want of
/// memory, because its driver fails or because it rests after a failure, is done by <see cref="CpuEngine"/>. No failure of
/// a device surfaces; <see cref="Incident"/> tells of it. A device passes a self-test of known sums and transforms before
/// its first use and after each failure. That what it computes afterwards is right, nobody can promise: whoever releases a
/// proof verifies it first. Safe for concurrent use.
/// </summary>
public sealed unsafe class GpuEngine : IKeyEngine, IDisposable
{
    /// <summary>Below this many points a chunk is not halved any more.</summary>
    private const int LeastChunk = 1 << 10;

    private readonly GpuDevice[] devices;
    private readonly GpuMetrics metrics;

    /// <summary>Uses devices; they are opened when there is work for them.</summary>
    /// <param name="devices">Which ones; none makes an engine that leaves everything to the processor.</param>
    /// <param name="options">Limits.</param>
    public GpuEngine(IReadOnlyList<GpuDeviceInfo> devices, GpuOptions? options = null)
        : this([.. devices.Select(device => (GpuDevices.PlatformOf(device), device))], options ?? new())
    {
    }

    /// <summary>As above, through given platforms.</summary>
    internal GpuEngine(IReadOnlyList<(IGpuPlatform Platform, GpuDeviceInfo Device)> devices, GpuOptions options)
    {
        Options = options;
        this.devices = [.. devices.Select(entry => new GpuDevice(entry.Platform, entry.Device, options))];
        metrics = new(this.devices);
    }

    /// <summary>
    /// Told, from whatever thread meets it, that a device failed and the work is done in another way; unless a handler
    /// throws, which ends the work with that exception.
    /// </summary>
    public event Action<GpuIncident>? Incident;

    /// <summary>The devices, in the order in which they were given.</summary>
    public IReadOnlyList<GpuDeviceStatus> Devices =>
    [
        .. devices.Select(device => new GpuDeviceStatus(
            device.Info, device.State, device.OutOfUseReason, device.Jobs, device.BusySeconds, device.HeldBytes, device.MemoryBudget)),
    ];

    /// <summary>The limits.</summary>
    internal GpuOptions Options { get; }

    /// <summary>The devices that may be given work, those with least to do first.</summary>
    internal IReadOnlyList<GpuDevice> Usable => [.. devices.Where(device => device.IsUsable).OrderBy(device => device.Load)];

    /// <summary>Those of them that are worth the way for proofs of a size.</summary>
    internal IReadOnlyList<GpuDevice> UsableForProofs(CurveId curve, int domain) =>
        [.. Usable.Where(device => IsWorth(device, Options.Tuning.FasterProof(device.Info, curve), domain))];

    /// <inheritdoc/>
    /// <remarks>Points go to the device with each call; <see cref="TryOpen"/> is for those that stay.</remarks>
    public Jacobian<TField, TCurve> Multiply<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> bases, ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (bases.Length != scalars.Length)
        {
            throw new ArgumentException($"There are {bases.Length} bases and {scalars.Length} scalars.");
        }

        if (GpuGroups.TryShape<TField, TCurve>(out MsmShape shape) && bases.Length > 0)
        {
            fixed (Affine<TField, TCurve>* basePointer = bases)
            fixed (Scalar256* scalarPointer = scalars)
            {
                Affine<TField, TCurve>* points = basePointer;
                Scalar256* factors = scalarPointer;
                int count = bases.Length;
                foreach (GpuDevice device in Usable.Where(device => IsWorth(device, Options.Tuning.FasterMsm(device.Info, shape), count)))
                {
                    if (TryRun(device, shape.Curve, session => MultiplyInChunks<TField, TCurve>(session, shape, points, factors, count, options.CancellationToken), options, out Jacobian<TField, TCurve> sum) is null)
                    {
                        return sum;
                    }
                }
            }
        }

        return CpuEngine.Default.Multiply(bases, scalars, options);
    }

    /// <inheritdoc/>
    public void Forward<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr shift = cosetShift;
        if (!TryTransform(domain, values, (session, tables, vector) => GpuNtt.Forward(session, tables, vector, order, shift, options.CancellationToken), options))
        {
            CpuEngine.Default.Forward(domain, values, order, cosetShift, options);
        }
    }

    /// <inheritdoc/>
    public void Inverse<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr shift = cosetShift;
        if (!TryTransform(domain, values, (session, tables, vector) => GpuNtt.Inverse(session, tables, vector, order, shift, options.CancellationToken), options))
        {
            CpuEngine.Default.Inverse(domain, values, order, cosetShift, options);
        }
    }

    /// <inheritdoc/>
    public void Quotient<TFr>(
        NttDomain<TFr> domain,
        Span<TFr> a,
        Span<TFr> b,
        Span<TFr> c,
        in TFr shift,
        Span<Scalar256> result,
        EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // A prover with keys here never asks for a quotient by itself, and six copies over the bus cost more than it.
        CpuEngine.Default.Quotient(domain, a, b, c, shift, result, options);
    }

    /// <inheritdoc/>
    public IKeySession<TCurve, TFp, TFr>? TryOpen<TCurve, TFp, TFr>(IKeyParts<TCurve, TFp, TFr> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>> =>
        GpuGroups.TryShape<TFp, TCurve>(out MsmShape shape)
        && Array.Exists(devices, device => IsWorth(device, Options.Tuning.FasterProof(device.Info, shape.Curve), key.DomainSize))
            ? new GpuKey<TCurve, TFp, TFr>(this, key, shape.Curve)
            : null;

    /// <summary>
    /// What a key and a proof under it would take of the devices that are fit for use now, if each had all of its budget.
    /// Where less is left, an engine gets along with less; a key that is in use by a prover is not counted twice.
    /// </summary>
    /// <param name="curve">The curve.</param>
    /// <param name="wires">All wires, the constant included.</param>
    /// <param name="publicInputs">The public inputs.</param>
    /// <param name="domain">The domain's size, a power of two.</param>
    /// <param name="coefficients">
    /// Coefficients of A and B, taken to have few different values, as those of circuits have.
    /// </param>
    /// <returns>The devices that would have a share; those whose budget is too small for theirs are left out.</returns>
    public IReadOnlyList<GpuKeyMemory> EstimateKey(CurveId curve, int wires, int publicInputs, int domain, long coefficients)
    {
        var sizes = new GpuKeySizes(curve, wires, wires - publicInputs - 1, domain);
        GpuDevice[] used = [.. UsableForProofs(curve, domain).OrderBy(device => device.Info.Id, StringComparer.Ordinal).Take(GpuKeyShares.MostDevices)];
        var estimates = new List<GpuKeyMemory>();
        for (int i = 0; i < used.Length; i++)
        {
            IReadOnlyList<KeyWork> parts = GpuKeyShares.Assign(used.Length, sizes.Wires, sizes.PrivateWires, sizes.Domain)[i];
            long rows = parts.Contains(KeyWork.H)
                ? (2 * sizeof(uint) * (coefficients + domain)) + GpuNttTables<Bn254Fr>.Bytes(Options.Tuning.Ntt(used[i].Info, curve, System.Numerics.BitOperations.Log2((uint)domain))).Sum()
                : 0;
            if (GpuKeyPlan.Fit(sizes, parts, used[i].MemoryBudget - rows, FirstStep(used[i]), Options.Tuning, used[i].Info) is { } fit)
            {
                estimates.Add(new(used[i].Info, rows + fit.Plan.ResidentBytes, fit.Plan.PassingBytes));
            }
        }

        return estimates;
    }

    /// <summary>The first of <see cref="GpuKeyThrift.Steps"/> for a device.</summary>
    internal int FirstStep(GpuDevice device) => Options.Precompute && !device.Info.IsCpu ? 0 : GpuKeyThrift.FirstPlain;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GpuDevice device in devices)
        {
            device.Dispose();
        }

        metrics.Dispose();
    }

    /// <summary>Runs a job on a device that is known to compute rightly on a curve.</summary>
    /// <returns>Null where it was done; else why the device could not, which was reported.</returns>
    internal GpuFallback? TryRun<T>(GpuDevice device, CurveId curve, Func<GpuSession, T> job, EngineOptions options, out T result)
    {
        try
        {
            result = device.Run(
                session =>
                {
                    device.Require($"self-test {curve.Name()}", session, open => Options.SelfTest(open, curve));
                    return job(session);
                },
                options.CancellationToken);
            device.CountJob();
            metrics.Done(device);
            return null;
        }
        catch (GpuException e)
        {
            GpuFallback reason = e is GpuOutOfMemoryException ? GpuFallback.OutOfMemory : GpuFallback.Failure;
            Report(device, reason, e.Message);
            result = default!;
            return reason;
        }
    }

    /// <summary>Takes a device out of use for what it computed.</summary>
    internal void Quarantine(GpuDevice device, string why)
    {
        device.Quarantine(why);
        Report(device, GpuFallback.WrongResult, why);
    }

    /// <summary>Tells of a failure.</summary>
    internal void Report(GpuDevice device, GpuFallback reason, string message)
    {
        metrics.FellBack(device, reason);
        Incident?.Invoke(new(device.Info, reason, message));
    }

    /// <summary>Whether a device is worth the way for work of a size, given from which on it is.</summary>
    private bool IsWorth(GpuDevice device, long least, int size) => Options.EvenIfSlower || size >= least;

    private bool TryTransform<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, Action<GpuSession, GpuNttTables<TFr>, GpuSlice> transform, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (values.Length != domain.Size || GpuFields.CurveOf<TFr>() is not { } curve)
        {
            return false;
        }

        fixed (TFr* pointer = values)
        {
            TFr* vector = pointer;
            long bytes = (long)values.Length * sizeof(TFr);
            foreach (GpuDevice device in Usable.Where(device => IsWorth(device, Options.Tuning.FasterNtt(device.Info, curve), domain.Size)))
            {
                // The vector is written only when all of the result is here: another engine starts from what it was.
                if (TryRun(device, curve, Transform, options, out _) is null)
                {
                    return true;
                }

                bool Transform(GpuSession session)
                {
                    GpuNttTables<TFr> tables = session.Keep(domain, () => new GpuNttTables<TFr>(session, domain, Options.Tuning.Ntt(device.Info, curve, domain.LogSize)));
                    using GpuReservation memory = session.Memory.Reserve(bytes);
                    TFr[] result = GC.AllocateUninitializedArray<TFr>(domain.Size);
                    try
                    {
                        session.Staging.Upload(vector, memory[0]);
                        transform(session, tables, memory[0]);
                        fixed (TFr* target = result)
                        {
                            session.Staging.Download(memory[0], target);
                        }
                    }
                    finally
                    {
                        session.Staging.Erase();
                        memory.Clear(session.Compute);
                    }

                    result.CopyTo(new Span<TFr>(vector, result.Length));
                    Array.Clear(result);
                    return true;
                }
            }
        }

        return false;
    }

    private Jacobian<TField, TCurve> MultiplyInChunks<TField, TCurve>(
        GpuSession session, MsmShape shape, Affine<TField, TCurve>* points, Scalar256* scalars, int count, CancellationToken cancellation)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        for (int chunk = count; ; chunk = (chunk + 1) / 2)
        {
            try
            {
                GpuMsmPlan plan = Options.Tuning.Msm(session.Context.Device, shape, count, fold: false, maxLevels: 1, chunk);
                return GpuMsm.Run<TField, TCurve>(session, new(points, count), new(scalars, count), plan, cancellation);
            }
            catch (GpuOutOfMemoryException) when (chunk > LeastChunk)
            {
                // Half as many points at a time need about half as much.
            }
        }
    }
}
