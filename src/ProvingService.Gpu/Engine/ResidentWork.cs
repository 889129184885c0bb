// Owns: work on data that stays on a device, for figures and for tuning. Random data, never zeros.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>An MSM whose bases are on a device, with scalars there or on the host. Uniform scalars, reduced; a few thousand different points.</summary>
internal sealed unsafe class ResidentMsm<TField, TCurve, TFr> : IDisposable
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
    where TFr : unmanaged, IPrimeField<TFr>
{
    private const int Different = 1 << 12;

    private readonly GpuSession session;
    private readonly GpuReservation memory;
    private readonly GpuBases<TField, TCurve> bases;
    private readonly Scalar256[] scalars;
    private readonly int count;

    /// <summary>Makes the data.</summary>
    /// <param name="session">The device.</param>
    /// <param name="logSize">log₂ of the number of points.</param>
    /// <param name="tuning">Where parameters come from.</param>
    /// <param name="levels">The most levels of tables.</param>
    /// <param name="cancellation">Looked at between launches.</param>
    /// <param name="plan">Parameters to use instead.</param>
    /// <exception cref="GpuOutOfMemoryException">The device has not the memory.</exception>
    public ResidentMsm(
        GpuSession session, int logSize, GpuTuning tuning, int levels, CancellationToken cancellation, GpuMsmPlan? plan = null)
    {
        this.session = session;
        count = 1 << logSize;
        Plan = plan ?? tuning.Msm(session.Context.Device, MsmShape.Of<TField, TCurve>(), count, fold: true, levels, count);
        var points = new Affine<TField, TCurve>[count];
        Span<Affine<TField, TCurve>> first = points.AsSpan(0, Math.Min(count, Different));
        new FixedBaseTable<TField, TCurve>(Affine<TField, TCurve>.Generator, first.Length).Multiply(Scalars(first.Length), first);
        for (int at = first.Length; at < count; at += first.Length)
        {
            first.CopyTo(points.AsSpan(at));
        }

        memory = session.Memory.Reserve(sizeof(Scalar256) * (long)count);
        try
        {
            scalars = Scalars(count);
            UploadScalars();
            bases = GpuBases<TField, TCurve>.Load(session, points, Plan, cancellation);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The parameters.</summary>
    public GpuMsmPlan Plan { get; }

    /// <summary>Computes it from scalars on the host, as a caller with new ones would.</summary>
    public Jacobian<TField, TCurve> RunFromHost(CancellationToken cancellation)
    {
        UploadScalars();
        return Run(cancellation);
    }

    /// <summary>Computes it, to the sum on the host.</summary>
    public Jacobian<TField, TCurve> Run(CancellationToken cancellation) =>
        GpuMsm.Run(session, bases, memory[0], 0, 0, count, Plan, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        bases.Dispose();
        memory.Dispose();
    }

    private void UploadScalars()
    {
        fixed (Scalar256* pointer = scalars)
        {
            session.Staging.Upload(pointer, memory[0]);
        }
    }

    private static Scalar256[] Scalars(int count)
    {
        var scalars = new Scalar256[count];
        for (int i = 0; i < count; i++)
        {
            scalars[i] = Scalar256.From(TFr.Random());
        }

        return scalars;
    }
}

/// <summary>An MSM whose bases and scalars go to the device with each run.</summary>
internal sealed class PassingMsm<TField, TCurve>(GpuSession session, Affine<TField, TCurve>[] points, Scalar256[] scalars) : IDisposable
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private readonly GpuMsmPlan plan = GpuTuning.Default.Msm(
        session.Context.Device, MsmShape.Of<TField, TCurve>(), points.Length, fold: false, maxLevels: 1, points.Length);

    /// <summary>Computes it.</summary>
    public Jacobian<TField, TCurve> Run(CancellationToken cancellation) =>
        GpuMsm.Run<TField, TCurve>(session, points, scalars, plan, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing stays on the device.
    }
}

/// <summary>A transform of a vector that goes to the device and comes back.</summary>
internal sealed unsafe class PassingNtt<TFr>(GpuSession session, TFr[] values) : IDisposable
    where TFr : unmanaged, IPrimeField<TFr>
{
    private readonly GpuNttTables<TFr> tables = new(session, NttDomain<TFr>.OfLogSize(System.Numerics.BitOperations.Log2((uint)values.Length)));

    /// <summary>Transforms once.</summary>
    public void Run(CancellationToken cancellation)
    {
        using GpuReservation memory = session.Memory.Reserve((long)sizeof(TFr) * values.Length);
        fixed (TFr* pointer = values)
        {
            session.Staging.Upload(pointer, memory[0]);
            GpuNtt.Forward(session, tables, memory[0], NttOrder.NaturalToReversed, TFr.One, cancellation);
            session.Staging.Download(memory[0], pointer);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => tables.Dispose();
}

/// <summary>A transform of a vector on a device, natural to reversed order, in place.</summary>
internal sealed unsafe class ResidentNtt<TFr> : IDisposable
    where TFr : unmanaged, IPrimeField<TFr>
{
    private readonly GpuSession session;
    private readonly GpuNttTables<TFr> tables;
    private readonly GpuReservation memory;

    /// <summary>Makes the data.</summary>
    /// <exception cref="GpuOutOfMemoryException">The device has not the memory.</exception>
    public ResidentNtt(GpuSession session, int logSize, GpuNttPlan? plan = null)
    {
        this.session = session;
        tables = new(session, NttDomain<TFr>.OfLogSize(logSize), plan);
        try
        {
            memory = session.Memory.Reserve((long)sizeof(TFr) << logSize);
            var values = new TFr[1 << logSize];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = i < 4096 ? TFr.Random() : values[i & 4095] + values[i - 1];
            }

            fixed (TFr* pointer = values)
            {
                session.Staging.Upload(pointer, memory[0]);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Transforms once, and waits for it.</summary>
    public void Run(CancellationToken cancellation)
    {
        GpuNtt.Forward(session, tables, memory[0], NttOrder.NaturalToReversed, TFr.One, cancellation);
        session.Compute.Synchronize();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory?.Dispose();
        tables.Dispose();
    }
}
