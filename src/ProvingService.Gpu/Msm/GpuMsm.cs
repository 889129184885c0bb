// Owns: an MSM on a device from scalars to the sum: which kernels run on what, and what the host adds up at the end.
// Never: which parameters are best (GpuMsmDefaults).

using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>Runs MSMs by <c>kernels/msm-sort.cl</c> and <c>kernels/msm.cl</c>. On the device's thread.</summary>
internal static unsafe class GpuMsm
{
    /// <summary>
    /// Σ scalars[firstScalar + i] · bases[firstBase + i] for i below count, with scalars on the device, in runs of the plan's
    /// capacity. Reserves the plan's scratch and nothing else.
    /// </summary>
    /// <param name="session">The device.</param>
    /// <param name="bases">The bases, loaded with the same window and sets.</param>
    /// <param name="scalars">Canonical integers of 32 bytes; below r where the plan folds.</param>
    /// <param name="firstScalar">The first scalar's index in <paramref name="scalars"/>.</param>
    /// <param name="firstBase">The first base's index.</param>
    /// <param name="count">How many.</param>
    /// <param name="plan">The parameters.</param>
    /// <param name="cancellation">Looked at between launches of well under a second.</param>
    /// <exception cref="GpuOutOfMemoryException">The budget does not hold the scratch.</exception>
    public static Jacobian<TField, TCurve> Run<TField, TCurve>(
        GpuSession session,
        GpuBases<TField, TCurve> bases,
        GpuSlice scalars,
        int firstScalar,
        int firstBase,
        int count,
        GpuMsmPlan plan,
        CancellationToken cancellation = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Check(bases, plan, firstBase, count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(32L * ((long)firstScalar + count), scalars.Bytes, nameof(count));
        Jacobian<TField, TCurve> sum = Jacobian<TField, TCurve>.Infinity;
        if (count == 0)
        {
            return sum;
        }

        using GpuReservation scratch = session.Memory.Reserve(plan.ScratchLengths());
        try
        {
            for (int from = 0; from < count; from += plan.Capacity)
            {
                int length = Math.Min(plan.Capacity, count - from);
                new GpuMsmRun(session, plan, scratch, length, cancellation)
                    .Enqueue(bases.Points, bases.Count, firstBase + from, scalars, firstScalar + from);
                sum += Finish<TField, TCurve>(session, plan, scratch[(int)MsmScratch.Sums]);
            }
        }
        finally
        {
            // Digits and buckets tell the scalars. Whoever gets the scratch next uses it after this, in the same queue.
            scratch.Clear(session.Compute);
        }

        return sum;
    }

    /// <summary>The same with bases and scalars on the host, uploaded in runs of the plan's capacity.</summary>
    public static Jacobian<TField, TCurve> Run<TField, TCurve>(
        GpuSession session,
        ReadOnlySpan<Affine<TField, TCurve>> bases,
        ReadOnlySpan<Scalar256> scalars,
        GpuMsmPlan plan,
        CancellationToken cancellation = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (bases.Length != scalars.Length)
        {
            throw new ArgumentException($"{bases.Length} bases cannot have {scalars.Length} scalars.", nameof(scalars));
        }

        Jacobian<TField, TCurve> sum = Jacobian<TField, TCurve>.Infinity;
        for (int from = 0; from < bases.Length; from += plan.Capacity)
        {
            int length = Math.Min(plan.Capacity, bases.Length - from);
            using var loaded = GpuBases<TField, TCurve>.Load(session, bases.Slice(from, length), plan, cancellation);
            using GpuReservation uploaded = session.Memory.Reserve(32L * length);
            try
            {
                fixed (Scalar256* source = scalars.Slice(from, length))
                {
                    session.Staging.Upload(source, uploaded[0]);
                }

                sum += Run(session, loaded, uploaded[0], 0, 0, length, plan, cancellation);
            }
            finally
            {
                uploaded.Clear(session.Compute);
            }
        }

        return sum;
    }

    /// <summary>Waits for the groups' sums and adds them up.</summary>
    /// <exception cref="GpuException">They are no elements of the field, for which the host's arithmetic promises nothing.</exception>
    private static Jacobian<TField, TCurve> Finish<TField, TCurve>(GpuSession session, GpuMsmPlan plan, GpuSlice sums)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        var points = new Xyzz<TField, TCurve>[2 * plan.Sets * plan.ReduceGroupsPerSet];
        fixed (Xyzz<TField, TCurve>* target = points)
        {
            session.Compute.Download(sums.Slice(0, (long)points.Length * sizeof(Xyzz<TField, TCurve>)), target);
            session.Compute.Synchronize();
        }

        foreach (ref readonly Xyzz<TField, TCurve> point in points.AsSpan())
        {
            if (!(TField.IsReduced(point.X) && TField.IsReduced(point.Y) && TField.IsReduced(point.ZZ) && TField.IsReduced(point.ZZZ)))
            {
                throw new GpuException($"{session.Context.Device.Id} computed coordinates that are not in {TCurve.GroupName}'s field.");
            }
        }

        return Combine<TField, TCurve>(plan, points);
    }

    /// <summary>
    /// The sum of the groups of the reduction: group g of a set, of span buckets, left weighted_g and total_g; the set's sum is
    /// Σ weighted_g + span · Σ g·total_g, and the sets are combined by Horner's rule with 2^Window.
    /// </summary>
    internal static Jacobian<TField, TCurve> Combine<TField, TCurve>(GpuMsmPlan plan, ReadOnlySpan<Xyzz<TField, TCurve>> sums)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        int groups = plan.ReduceGroupsPerSet, span = plan.ReduceGroup << plan.LogOwnBuckets;
        Xyzz<TField, TCurve> result = default;
        for (int set = plan.Sets - 1; set >= 0; set--)
        {
            for (int i = 0; i < plan.Window; i++)
            {
                result = Xyzz<TField, TCurve>.Double(result);
            }

            ReadOnlySpan<Xyzz<TField, TCurve>> own = sums.Slice(2 * set * groups, 2 * groups);
            Xyzz<TField, TCurve> total = default, weighted = default;
            for (int g = groups - 1; g > 0; g--)
            {
                total += own[(2 * g) + 1];
                weighted += total;
            }

            for (int i = 1; i < span; i *= 2)
            {
                weighted = Xyzz<TField, TCurve>.Double(weighted);
            }

            for (int g = 0; g < groups; g++)
            {
                weighted += own[2 * g];
            }

            result += weighted;
        }

        return result.ToJacobian();
    }

    private static void Check<TField, TCurve>(GpuBases<TField, TCurve> bases, GpuMsmPlan plan, int first, int count)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        plan.Check(bases.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, bases.Count, nameof(count));
        if (plan.Shape != MsmShape.Of<TField, TCurve>()
            || (bases.Levels < plan.Levels)
            || (plan.Levels > 1 && plan.DoublingsPerLevel != bases.DoublingsPerLevel))
        {
            throw new ArgumentException("The bases were loaded for another plan.", nameof(plan));
        }
    }
}
