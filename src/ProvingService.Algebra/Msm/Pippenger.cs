// Owns: multi-scalar multiplication by buckets: digits, sorting, bucket sums, windows. Additions: GroupSums.cs.

using System.Numerics;
using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// Pippenger's bucket method. Scalars are cut into signed digits of c bits; for each window the indices are sorted by
/// digit (a counting sort), each bucket is summed by tree reduction, and the buckets are summed with their weights by
/// rows and columns: with bucket b = u·columns + v of weight b + 1, the window is columns·Σ u·R_u + Σ (v + 1)·C_v for
/// row sums R and column sums C, which costs two batch-affine additions a bucket instead of two XYZZ ones.
/// </summary>
internal static unsafe class Pippenger
{
    private const int MaxCount = 1 << 30;

    /// <summary>As <see cref="IMsmEngine.Multiply"/>; a plan other than the chosen one is for tests and tuning.</summary>
    public static Jacobian<TField, TCurve> Multiply<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> bases,
        ReadOnlySpan<Scalar256> scalars,
        EngineOptions options,
        KernelTier tier,
        Func<int, int, MsmPlan>? choose = null)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (bases.Length != scalars.Length)
        {
            throw new ArgumentException($"{bases.Length} bases do not go with {scalars.Length} scalars.");
        }

        if (bases.Length > MaxCount)
        {
            throw new ArgumentException($"An MSM takes at most 2^30 bases, not {bases.Length}.", nameof(bases));
        }

        options.CancellationToken.ThrowIfCancellationRequested();
        using var longScalars = new NativeBuffer<uint>(scalars.Length);

        // Pinned until the result is there: workers on other threads address both arrays by these pointers, and every
        // index they use was made from the arrays' common length.
        fixed (Affine<TField, TCurve>* basePointer = bases)
        fixed (Scalar256* scalarPointer = scalars)
        {
            int longCount = FindLong(scalarPointer, scalars.Length, longScalars.Pointer, out int bits);
            if (bits == 0)
            {
                return default;
            }

            MsmPlan plan = choose?.Invoke(scalars.Length, bits) ?? MsmPlan.Choose(scalars.Length, longCount, bits, options.Threads);
            using var job = new Job<TField, TCurve>(
                plan, basePointer, scalarPointer, scalars.Length, longScalars.Pointer, longCount, tier, options.CancellationToken);
            return job.Run(options);
        }
    }

    /// <summary>Lists the scalars longer than 64 bits and finds the length of the longest of all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FindLong(Scalar256* scalars, int count, uint* longScalars, out int bits)
    {
        ulong w0 = 0, w1 = 0, w2 = 0, w3 = 0;
        int longCount = 0;
        for (int i = 0; i < count; i++)
        {
            Scalar256 s = scalars[i];
            w0 |= s.Word0;
            w1 |= s.Word1;
            w2 |= s.Word2;
            w3 |= s.Word3;

            // Written always and kept where the scalar is long: no branch to mispredict on mixed witnesses.
            longScalars[longCount] = (uint)i;
            longCount += (s.Word1 | s.Word2 | s.Word3) != 0 ? 1 : 0;
        }

        bits = w3 != 0 ? 256 - BitOperations.LeadingZeroCount(w3)
            : w2 != 0 ? 192 - BitOperations.LeadingZeroCount(w2)
            : w1 != 0 ? 128 - BitOperations.LeadingZeroCount(w1)
            : 64 - BitOperations.LeadingZeroCount(w0);
        return longCount;
    }

    /// <summary>One MSM: its inputs, which outlive it, and one partial sum for each window and chunk.</summary>
    private sealed class Job<TField, TCurve>(
        MsmPlan plan,
        Affine<TField, TCurve>* bases,
        Scalar256* scalars,
        int count,
        uint* longScalars,
        int longCount,
        KernelTier tier,
        CancellationToken cancellationToken) : IDisposable
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        private const uint SignBit = GroupSums<TField, TCurve>.SignBit;
        private const uint NoDigit = uint.MaxValue;

        private readonly NativeBuffer<Xyzz<TField, TCurve>> partials = new((long)plan.Windows * plan.Chunks);

        public Jacobian<TField, TCurve> Run(EngineOptions options)
        {
            // Low windows first: where many scalars are small they are the longest items.
            int ranges = (plan.Windows + plan.WindowsPerItem - 1) / plan.WindowsPerItem;
            Workers.Run(ranges * plan.Chunks, options, () => new Scratch<TField, TCurve>(plan, ChunkStart(1), tier), RunItem);
            Jacobian<TField, TCurve> result = default;
            for (int w = plan.Windows - 1; w >= 0; w--)
            {
                for (int i = 0; i < plan.WindowBits && !result.IsInfinity; i++)
                {
                    result = Jacobian<TField, TCurve>.Double(result);
                }

                for (int chunk = 0; chunk < plan.Chunks; chunk++)
                {
                    result += partials.Pointer[(w * plan.Chunks) + chunk].ToJacobian();
                }
            }

            return result;
        }

        public void Dispose() => partials.Dispose();

        private int ChunkStart(int chunk) =>
            (int)Math.Min(count, (long)chunk * ((count + plan.Chunks - 1) / plan.Chunks));

        private void RunItem(int item, Scratch<TField, TCurve> scratch)
        {
            int chunk = item % plan.Chunks, firstWindow = item / plan.Chunks * plan.WindowsPerItem;
            int windows = Math.Min(plan.WindowsPerItem, plan.Windows - firstWindow);
            int groups = windows * plan.Buckets;
            Affine<TField, TCurve>* buckets = scratch.Buckets.Pointer;
            Sort(ChunkStart(chunk), ChunkStart(chunk + 1), firstWindow, windows, scratch);
            scratch.Sums.Sum(bases, scratch.Indices.Pointer, scratch.Ends.Pointer, groups, buckets, cancellationToken);
            if (plan.LogColumns != 0)
            {
                SumLines(windows, scratch);
            }

            for (int w = 0; w < windows; w++)
            {
                partials.Pointer[((firstWindow + w) * plan.Chunks) + chunk] = plan.LogColumns == 0
                    ? WeightedSum(buckets + (w * plan.Buckets), plan.Buckets, 1)
                    : CombineLines(scratch.Lines.Pointer + (w * (plan.Rows + plan.Columns)));
            }
        }

        /// <summary>Indices of the chunk by window and bucket, with the sign of the digit; zero digits are left out.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Sort(int start, int end, int firstWindow, int windows, Scratch<TField, TCurve> scratch)
        {
            int c = plan.WindowBits, buckets = plan.Buckets;
            uint* keys = scratch.Keys.Pointer, indices = scratch.Indices.Pointer, ends = scratch.Ends.Pointer;
            new Span<uint>(ends, windows * buckets).Clear();
            (int longStart, int longEnd) = (LongPosition(start), LongPosition(end));
            long entry = 0;
            for (int w = 0; w < windows; w++)
            {
                int bit = (firstWindow + w) * c;
                bool longOnly = bit >= SignedDigits.ShortScalarBits;
                (int from, int to) = longOnly ? (longStart, longEnd) : (start, end);
                for (int i = from; i < to; i++)
                {
                    int digit = SignedDigits.At((ulong*)(scalars + (longOnly ? longScalars[i] : (uint)i)), bit, c);
                    uint key = NoDigit;
                    if (digit != 0 && !bases[longOnly ? longScalars[i] : (uint)i].IsInfinity)
                    {
                        key = (uint)((w * buckets) + Math.Abs(digit) - 1);
                        ends[key]++;
                        key |= digit < 0 ? SignBit : 0;
                    }

                    keys[entry++] = key;
                }
            }

            uint sum = 0;
            for (int g = 0; g < windows * buckets; g++)
            {
                uint size = ends[g];
                ends[g] = sum;
                sum += size;
            }

            // Each bucket's start moves up to its end as its indices arrive.
            entry = 0;
            for (int w = 0; w < windows; w++)
            {
                bool longOnly = (firstWindow + w) * c >= SignedDigits.ShortScalarBits;
                (int from, int to) = longOnly ? (longStart, longEnd) : (start, end);
                for (int i = from; i < to; i++)
                {
                    uint key = keys[entry++];
                    if (key != NoDigit)
                    {
                        indices[ends[key & ~SignBit]++] = (longOnly ? longScalars[i] : (uint)i) | (key & SignBit);
                    }
                }
            }
        }

        /// <summary>The first position of the list of long scalars whose index is not below <paramref name="index"/>.</summary>
        private int LongPosition(int index)
        {
            int found = new ReadOnlySpan<uint>(longScalars, longCount).BinarySearch((uint)index);
            return found >= 0 ? found : ~found;
        }

        /// <summary>Row sums, then column sums, of the bucket matrix of each window.</summary>
        private void SumLines(int windows, Scratch<TField, TCurve> scratch)
        {
            uint* index = scratch.Indices.Pointer, end = scratch.Ends.Pointer;
            uint position = 0;
            for (int w = 0; w < windows; w++)
            {
                uint first = (uint)(w * plan.Buckets);
                for (int u = 0; u < plan.Rows; u++)
                {
                    for (int v = 0; v < plan.Columns; v++)
                    {
                        uint bucket = first + (uint)((u << plan.LogColumns) + v);
                        index[position] = bucket;
                        position += scratch.Buckets.Pointer[bucket].IsInfinity ? 0U : 1U;
                    }

                    *end++ = position;
                }

                for (int v = 0; v < plan.Columns; v++)
                {
                    for (int u = 0; u < plan.Rows; u++)
                    {
                        uint bucket = first + (uint)((u << plan.LogColumns) + v);
                        index[position] = bucket;
                        position += scratch.Buckets.Pointer[bucket].IsInfinity ? 0U : 1U;
                    }

                    *end++ = position;
                }
            }

            scratch.Sums.Sum(
                scratch.Buckets.Pointer,
                scratch.Indices.Pointer,
                scratch.Ends.Pointer,
                windows * (plan.Rows + plan.Columns),
                scratch.Lines.Pointer,
                cancellationToken);
        }

        private Xyzz<TField, TCurve> CombineLines(Affine<TField, TCurve>* lines)
        {
            Xyzz<TField, TCurve> rows = WeightedSum(lines, plan.Rows, 0);
            for (int i = 0; i < plan.LogColumns && !rows.IsInfinity; i++)
            {
                rows = Xyzz<TField, TCurve>.Double(rows);
            }

            return rows + WeightedSum(lines + plan.Rows, plan.Columns, 1);
        }

        /// <summary>Σ (i + first)·points[i], for first 0 or 1, by running sums from the top.</summary>
        private static Xyzz<TField, TCurve> WeightedSum(Affine<TField, TCurve>* points, int length, int first)
        {
            Xyzz<TField, TCurve> running = default, sum = default;
            for (int i = length - 1; i >= 1 - first; i--)
            {
                running += points[i];
                sum += running;
            }

            return sum;
        }
    }

    /// <summary>What a thread needs for one item at a time.</summary>
    private sealed class Scratch<TField, TCurve>(MsmPlan plan, int chunk, KernelTier tier) : IDisposable
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        public NativeBuffer<uint> Keys { get; } = new((long)chunk * plan.WindowsPerItem);

        /// <summary>Sorted entries, later the indices of rows and columns.</summary>
        public NativeBuffer<uint> Indices { get; } =
            new(Math.Max((long)chunk * plan.WindowsPerItem, 2L * plan.Buckets * plan.WindowsPerItem));

        /// <summary>Ends of buckets, later of rows and columns.</summary>
        public NativeBuffer<uint> Ends { get; } = new((long)plan.WindowsPerItem * Math.Max(plan.Buckets, plan.Rows + plan.Columns));

        public NativeBuffer<Affine<TField, TCurve>> Buckets { get; } = new((long)plan.WindowsPerItem * plan.Buckets);

        public NativeBuffer<Affine<TField, TCurve>> Lines { get; } = new((long)plan.WindowsPerItem * (plan.Rows + plan.Columns));

        public IGroupSums<TField, TCurve> Sums { get; } = GroupSums.Create<TField, TCurve>(tier);

        public void Dispose()
        {
            Keys.Dispose();
            Indices.Dispose();
            Ends.Dispose();
            Buckets.Dispose();
            Lines.Dispose();
            Sums.Dispose();
        }
    }
}
