// Owns: how groups of points are cut into sums for lanes, and how the sums of a group's parts meet. The additions:
// Lanes/LanePoints.cs. The portable twin: GroupSums.cs.

using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// Groups are cut into segments, and each segment's sum is a lane's. Segments are taken in the order of their lengths, so that
/// lanes that start together end together. Segments of one group meet in a further round. Against a tree, every point is
/// gathered once and no sum moves between lanes.
/// </summary>
internal sealed unsafe class LaneGroupSums<TField, TCurve>(LaneKernels kernels) : IGroupSums<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private const uint PartialBit = 1U << 31;

    private readonly LanePoints<TField, TCurve> sums = new(kernels);

    /// <inheritdoc/>
    public void Sum(
        Affine<TField, TCurve>* source,
        uint* indices,
        uint* ends,
        int groups,
        Affine<TField, TCurve>* results,
        CancellationToken cancellationToken)
    {
        int limit = ChooseLimit(ends, groups);
        if (limit == 0)
        {
            new Span<Affine<TField, TCurve>>(results, groups).Clear();
            return;
        }

        // Every segment but the last of a group is longer than half the limit.
        int most = checked((int)(2 * (ends[groups - 1] / (uint)limit)) + groups);
        using var segments = new NativeBuffer<Segment>(most);
        using var order = new NativeBuffer<int>(most);
        int count = Cut(ends, groups, limit, results, segments.Pointer, out int partials, out int divided);
        SortByLength(segments.Pointer, count, limit, order.Pointer);
        using var partial = new NativeBuffer<Affine<TField, TCurve>>(partials);
        SumSegments(source, indices, segments.Pointer, order.Pointer, count, limit, results, partial.Pointer, cancellationToken);
        if (divided > 0)
        {
            SumPartials(ends, groups, limit, divided, partial.Pointer, partials, results, cancellationToken);
        }
    }

    public void Dispose() => sums.Dispose();

    private static uint Parts(uint length, int limit) => (length + (uint)limit - 1) / (uint)limit;

    /// <summary>
    /// The longest segment; zero where all groups are empty. Where there are enough groups to fill a batch, most of them stay
    /// whole; otherwise groups are cut until a batch is full.
    /// </summary>
    private int ChooseLimit(uint* ends, int groups)
    {
        int occupied = 0;
        uint position = 0;
        for (int g = 0; g < groups; g++)
        {
            occupied += ends[g] == position ? 0 : 1;
            position = ends[g];
        }

        if (occupied == 0)
        {
            return 0;
        }

        double mean = (double)position / occupied;
        int whole = (int)Math.Min(mean + (2 * Math.Sqrt(mean)) + 2, 1 << 20);
        return 2 * occupied >= sums.Capacity ? whole : Math.Min(whole, (int)Math.Max(4, position / sums.Capacity));
    }

    /// <summary>Lists the segments; the results of empty groups are infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Cut(
        uint* ends, int groups, int limit, Affine<TField, TCurve>* results, Segment* segments, out int partials, out int divided)
    {
        int count = 0;
        uint position = 0;
        (partials, divided) = (0, 0);
        for (int g = 0; g < groups; g++)
        {
            uint length = ends[g] - position;
            if (length == 0)
            {
                results[g] = default;
            }
            else if (length <= limit)
            {
                segments[count++] = new(position, length, (uint)g);
            }
            else
            {
                // Equal parts, so that none is left with a single point.
                uint parts = Parts(length, limit);
                for (uint part = 0; part < parts; part++)
                {
                    uint from = (uint)((ulong)length * part / parts), to = (uint)((ulong)length * (part + 1) / parts);
                    segments[count++] = new(position + from, to - from, PartialBit | (uint)partials++);
                }

                divided++;
            }

            position = ends[g];
        }

        return count;
    }

    /// <summary>order ← the segments by descending length: a counting sort.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SortByLength(Segment* segments, int count, int limit, int* order)
    {
        using var buffer = new NativeBuffer<int>(limit + 2);
        int* places = buffer.Pointer;
        new Span<int>(places, limit + 2).Clear();
        for (int s = 0; s < count; s++)
        {
            places[limit - (int)segments[s].Length + 1]++;
        }

        for (int i = 1; i <= limit + 1; i++)
        {
            places[i] += places[i - 1];
        }

        for (int s = 0; s < count; s++)
        {
            order[places[limit - (int)segments[s].Length]++] = s;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumSegments(
        Affine<TField, TCurve>* source,
        uint* indices,
        Segment* segments,
        int* order,
        int count,
        int limit,
        Affine<TField, TCurve>* results,
        Affine<TField, TCurve>* partial,
        CancellationToken cancellationToken)
    {
        using var buffer = new NativeBuffer<int>(limit + 1);
        int* active = buffer.Pointer;
        for (int first = 0; first < count; first += sums.Capacity)
        {
            int batch = Math.Min(sums.Capacity, count - first), longest = (int)segments[order[first]].Length;
            int shorter = longest;
            for (int l = 0; l < batch; l++)
            {
                ref Segment segment = ref segments[order[first + l]];
                sums.Starts[l] = segment.Start;
                sums.Destinations[l] = (segment.Target & PartialBit) != 0
                    ? (nint)(partial + (segment.Target & ~PartialBit))
                    : (nint)(results + segment.Target);

                // Lanes from this one on have no more points than this one.
                while (shorter > segment.Length)
                {
                    active[--shorter] = l;
                }
            }

            while (shorter > 0)
            {
                active[--shorter] = batch;
            }

            sums.Load(source, indices, batch);
            for (int t = 1; t < longest; t++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                sums.Add(source, indices + t, active[t]);
            }

            sums.Store();
        }
    }

    /// <summary>The next round: a group for each group that was divided.</summary>
    private void SumPartials(
        uint* ends,
        int groups,
        int limit,
        int divided,
        Affine<TField, TCurve>* partial,
        int partials,
        Affine<TField, TCurve>* results,
        CancellationToken cancellationToken)
    {
        using var indices = new NativeBuffer<uint>(partials);
        using var dividedEnds = new NativeBuffer<uint>(divided);
        using var dividedSums = new NativeBuffer<Affine<TField, TCurve>>(divided);
        uint position = 0, next = 0, kept = 0;
        int found = 0;
        for (int g = 0; g < groups; g++)
        {
            uint length = ends[g] - position;
            position = ends[g];
            if (length <= limit)
            {
                continue;
            }

            for (uint end = next + Parts(length, limit); next < end; next++)
            {
                if (!partial[next].IsInfinity)
                {
                    indices.Pointer[kept++] = next;
                }
            }

            dividedEnds.Pointer[found++] = kept;
        }

        Sum(partial, indices.Pointer, dividedEnds.Pointer, divided, dividedSums.Pointer, cancellationToken);
        position = 0;
        found = 0;
        for (int g = 0; g < groups; g++)
        {
            if (ends[g] - position > limit)
            {
                results[g] = dividedSums.Pointer[found++];
            }

            position = ends[g];
        }
    }

    /// <summary>Consecutive indices whose points a lane adds up.</summary>
    /// <param name="Start">The first of them.</param>
    /// <param name="Length">Their number, at least 1.</param>
    /// <param name="Target">The group, or with <see cref="PartialBit"/> the place of a part of a group.</param>
    private readonly record struct Segment(uint Start, uint Length, uint Target);
}
