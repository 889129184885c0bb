// Owns: the search of many points for one outside its group. The criterion for one point: the curves.

namespace ProvingService.Algebra;

/// <summary>Subgroup checks of many points.</summary>
public static unsafe class SubgroupChecks
{
    /// <summary>Points an item of work: about a batch of lanes.</summary>
    private const int Slice = 1 << 10;

    /// <summary>
    /// The lowest index of a point outside the subgroup of order r, or −1, on all cores unless told otherwise. Exact: every
    /// point passes the curve's own endomorphism criterion, 63 to 128 doublings each, in lanes where the tier has them; nothing
    /// is decided by chance. On BN254's G1, where every point of the curve is in the group, it costs nothing.
    /// </summary>
    /// <param name="points">
    /// Points of the curve with reduced coordinates, read-only and unchanging meanwhile; infinity is inside. The criteria say
    /// nothing of points off the curve: <see cref="Iden3Encoding.TryValidate"/> checks that as well.
    /// </param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="OperationCanceledException">The token of the options was cancelled.</exception>
    public static int FindOutside<TField, TCurve>(ReadOnlySpan<Affine<TField, TCurve>> points, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        if (TCurve.Cofactor.IsOne)
        {
            return -1;
        }

        // The span outlives the calls below, which end when the last thread has.
        fixed (Affine<TField, TCurve>* pinned = points)
        {
            Affine<TField, TCurve>* from = pinned;
            int count = points.Length, culprit = int.MaxValue;
            if (LaneKernels.Of<TField>(KernelTiers.Current) is null)
            {
                PointChecks.CheckAll(
                    count, options, i => from[i].IsInSubgroup() ? DecodeError.None : DecodeError.NotInSubgroup, out culprit);
                return culprit;
            }

            Workers.Run((count + Slice - 1) / Slice, options, item =>
            {
                int first = item * Slice;
                if (first < Volatile.Read(ref culprit)
                    && FindOutside(from + first, Math.Min(Slice, count - first), options.CancellationToken) is >= 0 and var found)
                {
                    Lower(ref culprit, first + found);
                }
            });
            return culprit == int.MaxValue ? -1 : culprit;
        }
    }

    /// <summary>The multiples that decide, in lanes, and the criteria one by one.</summary>
    private static int FindOutside<TField, TCurve>(Affine<TField, TCurve>* points, int count, CancellationToken cancellationToken)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        var scalars = new Scalar256[count];
        Array.Fill(scalars, TCurve.SubgroupMultiplier);
        var multiples = new Affine<TField, TCurve>[count];
        PointMultiples.Multiply(new ReadOnlySpan<Affine<TField, TCurve>>(points, count), scalars, multiples, new(1, cancellationToken));
        for (int i = 0; i < count; i++)
        {
            if (!TCurve.IsInSubgroup(points[i], multiples[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static void Lower(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value < seen)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
