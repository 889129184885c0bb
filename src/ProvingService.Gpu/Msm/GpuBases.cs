// Owns: the bases of MSMs in device memory, with their multiples. Never: scalars.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// Bases on a device: level after level, level l holding 2^(l · DoublingsPerLevel) times each. Disposed on the device's
/// thread.
/// </summary>
internal sealed unsafe class GpuBases<TField, TCurve> : IDisposable
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private const int LevelBatch = 1 << 18, PointsPerInversion = 16;

    private readonly GpuReservation memory;

    private GpuBases(GpuReservation memory, int count, int levels, int doublings)
    {
        this.memory = memory;
        (Count, Levels, DoublingsPerLevel) = (count, levels, doublings);
    }

    /// <summary>The number of bases.</summary>
    public int Count { get; }

    /// <summary>Levels of multiples, the bases themselves included.</summary>
    public int Levels { get; }

    /// <summary>Doublings from one level to the next.</summary>
    public int DoublingsPerLevel { get; }

    /// <summary>Bytes of device memory.</summary>
    public long Bytes => Points.Bytes;

    /// <summary>Level after level.</summary>
    public GpuSlice Points => memory[0];

    /// <summary>
    /// Bytes that <see cref="Load"/> needs beside the tables while it makes levels: five coordinates for each base of a batch.
    /// </summary>
    public static long LevelScratchBytes(GpuMsmPlan plan, int count) =>
        plan.Levels == 1 ? 0 : 5L * Math.Min(count, LevelBatch) * plan.Shape.CoordinateBytes;

    /// <summary>Uploads bases and makes the levels that a plan wants. The span is not needed any more when this returns.</summary>
    /// <param name="session">The device.</param>
    /// <param name="bases">Points of the curve with reduced coordinates.</param>
    /// <param name="plan">Sets, window and levels count; capacity does not.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <exception cref="GpuOutOfMemoryException">The budget does not hold the tables; nothing is reserved then.</exception>
    public static GpuBases<TField, TCurve> Load(
        GpuSession session, ReadOnlySpan<Affine<TField, TCurve>> bases, GpuMsmPlan plan, CancellationToken cancellation = default)
    {
        plan.Check(bases.Length);
        GpuReservation memory = session.Memory.Reserve(plan.TableBytes(bases.Length));
        var loaded = new GpuBases<TField, TCurve>(memory, bases.Length, plan.Levels, plan.DoublingsPerLevel);
        try
        {
            fixed (Affine<TField, TCurve>* from = bases)
            {
                session.Staging.Upload(from, loaded.Points.Slice(0, (long)bases.Length * sizeof(Affine<TField, TCurve>)));
            }

            loaded.MakeLevels(session, plan, cancellation);
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    private void MakeLevels(GpuSession session, GpuMsmPlan plan, CancellationToken cancellation)
    {
        if (Levels == 1 || Count == 0)
        {
            return;
        }

        int batch = Math.Min(Count, LevelBatch);
        using GpuReservation scratch = session.Memory.Reserve(
            (long)batch * plan.Shape.XyzzBytes, (long)batch * plan.Shape.CoordinateBytes);
        IGpuKernel kernel = session.Program(MsmPrograms.Points(plan.Shape, plan.Block)).Kernel("msm_multiples");
        for (int level = 1; level < Levels; level++)
        {
            for (int from = 0; from < Count; from += batch)
            {
                cancellation.ThrowIfCancellationRequested();
                int count = Math.Min(batch, Count - from);
                int groups = GpuMsmPlan.Groups(count, plan.Block * PointsPerInversion);
                session.Compute.Launch(
                    kernel, (uint)groups, (uint)plan.Block, Points, scratch[0], scratch[1], (level - 1) * Count, Count, from, count, DoublingsPerLevel);
                session.Compute.Synchronize();
            }
        }
    }
}
