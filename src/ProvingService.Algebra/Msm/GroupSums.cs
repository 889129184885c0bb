// Owns: sums of consecutive groups of points by tree reduction. Which points form groups: Pippenger.cs, FixedBaseTable.cs.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>
/// Sums groups of points given by indices into an array: the one routine behind buckets, rows and columns of buckets,
/// and fixed-base multiplication. Points are gathered in blocks that stay in a second-level cache, and each block is
/// reduced in rounds: a group of c points makes ⌊c/2⌋ independent pairs, and all pairs of all groups of the block share
/// one inversion. A group that spans several blocks meets in an XYZZ accumulator. One object serves one thread.
/// </summary>
internal sealed unsafe class GroupSums<TField, TCurve> : IGroupSums<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>The bit of an index that asks for the negated point; the others are the position.</summary>
    public const uint SignBit = 1U << 31;

    /// <summary>
    /// Points gathered before a reduction: 384 KiB on BLS12-381 G1, half of which the first round reads once. On a Zen 5
    /// core (1 MiB second-level cache) an MSM of 2^16 took the same time, within 5 %, with blocks of 1,024 to 4,096, on
    /// both curves; larger ones gained nothing. The handful of inversions a block is below 1 % of its additions.
    /// </summary>
    private const int BlockSize = 4096;

    private const int PrefetchDistance = 8;

    private readonly NativeBuffer<Affine<TField, TCurve>> block = new(BlockSize);
    private readonly NativeBuffer<TField> fieldScratch = new(BlockSize);
    private readonly NativeBuffer<int> intScratch = new(4 * BlockSize);

    /// <summary>sums[g] ← Σ ±source[position] over the indices from ends[g − 1] (0 for g = 0) to ends[g].</summary>
    /// <param name="source">Points, possibly in read-only memory; every index is a valid position of it.</param>
    /// <param name="indices">Positions with <see cref="SignBit"/>, group after group; ends[groups − 1] of them.</param>
    /// <param name="ends">Ascending ends of the groups; an empty group sums to infinity.</param>
    /// <param name="groups">The number of groups.</param>
    /// <param name="sums">Receives the sums; does not overlap <paramref name="source"/>.</param>
    /// <param name="cancellationToken">Observed once a block, every two milliseconds or so.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sum(
        Affine<TField, TCurve>* source,
        uint* indices,
        uint* ends,
        int groups,
        Affine<TField, TCurve>* sums,
        CancellationToken cancellationToken)
    {
        // Segments are the parts of groups that lie in the current block; only the first can continue a group.
        int* starts = intScratch.Pointer, sizes = starts + BlockSize;
        Affine<TField, TCurve>* points = block.Pointer;
        Xyzz<TField, TCurve> open = default;
        bool isOpen = false;
        uint position = 0;
        int firstGroup = 0;
        while (firstGroup < groups)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int filled = 0, segments = 0, group = firstGroup;
            while (group < groups && filled < BlockSize && segments < BlockSize)
            {
                int take = (int)Math.Min(ends[group] - position, (uint)(BlockSize - filled));
                starts[segments] = filled;
                sizes[segments++] = take;
                filled += take;
                position += (uint)take;
                if (position != ends[group])
                {
                    break;
                }

                group++;
            }

            Gather(source, indices + (position - (uint)filled), filled, points);
            Reduce(segments);
            for (int s = 0; s < segments; s++)
            {
                int g = firstGroup + s;
                Affine<TField, TCurve> sum = sizes[s] == 0 ? default : points[starts[s]];
                bool isComplete = g < group;
                if (isComplete && !isOpen)
                {
                    sums[g] = sum;
                    continue;
                }

                open += sum;
                isOpen = !isComplete;
                if (isComplete)
                {
                    sums[g] = open.ToAffine();
                    open = default;
                }
            }

            firstGroup = group;
        }
    }

    public void Dispose()
    {
        block.Dispose();
        fieldScratch.Dispose();
        intScratch.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather(Affine<TField, TCurve>* source, uint* indices, int count, Affine<TField, TCurve>* points)
    {
        for (int i = 0; i < count; i++)
        {
            if (Sse.IsSupported && i + PrefetchDistance < count)
            {
                byte* ahead = (byte*)(source + (indices[i + PrefetchDistance] & ~SignBit));
                for (int line = 0; line < sizeof(Affine<TField, TCurve>); line += 64)
                {
                    Sse.Prefetch0(ahead + line);
                }
            }

            uint index = indices[i];
            Affine<TField, TCurve>* p = source + (index & ~SignBit);
            points[i] = *p;
            if ((index & SignBit) != 0)
            {
                // The ordinate is the second field of a point.
                ((TField*)(points + i))[1] = TField.Zero - p->Y;
            }
        }
    }

    /// <summary>
    /// Leaves the sum of every segment at its start. A segment of c points pairs i with i + ⌈c/2⌉ and writes to i, so
    /// that no pair touches another's operands and the middle point of an odd segment stays where it is.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Reduce(int segments)
    {
        int* starts = intScratch.Pointer, sizes = starts + BlockSize;
        int* left = starts + (2 * BlockSize), right = starts + (3 * BlockSize);
        TField* denominators = fieldScratch.Pointer, products = denominators + (BlockSize / 2);
        while (true)
        {
            int pairs = 0;
            for (int s = 0; s < segments; s++)
            {
                int size = sizes[s];
                if (size < 2)
                {
                    continue;
                }

                int upper = (size + 1) >> 1, start = starts[s];
                for (int i = 0; i < size - upper; i++)
                {
                    left[pairs] = start + i;
                    right[pairs++] = start + upper + i;
                }

                sizes[s] = upper;
            }

            if (pairs == 0)
            {
                return;
            }

            AffineAdditions<TField, TCurve>.AddPairs(block.Pointer, left, right, pairs, denominators, products);
        }
    }
}
