// Owns: multi-scalar multiplication by buckets: items of work, sorting, windows. Digits: MsmScalars.cs. Additions: an
// IGroupSums. The shape: MsmPlan.cs.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>
/// Pippenger's bucket method. Scalars are cut into signed digits of c bits; for each window the indices are sorted by
/// digit (a counting sort), each bucket is summed, and the buckets are summed with their weights by rows and columns: with
/// bucket b = u·columns + v of weight b + 1, the window is columns·Σ u·R_u + Σ (v + 1)·C_v for row sums R and column sums
/// C, which costs two batch-affine additions a bucket. The rows and columns of all windows are then summed the same way
/// together, so that only some 32 points a window are left for additions one by one.
/// </summary>
internal static unsafe class Pippenger
{
    private const int MaxCount = 1 << 30;
    private const uint SignBit = 1U << 31;
    private const int FetchAhead = 8;

    /// <summary>So many products cost less one by one than buckets do: five take 500 µs on BLS12-381 G1 either way.</summary>
    private const int FewScalars = 4;

    /// <summary>As <see cref="IMsmEngine.Multiply"/>, with the sums of a tier; a plan other than the chosen one is for tests.</summary>
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

        // Pinned until the result is there: workers on other threads address both arrays by these pointers, and every
        // index they use was made from the arrays' common length.
        fixed (Affine<TField, TCurve>* basePointer = bases)
        fixed (Scalar256* scalarPointer = scalars)
        {
            using MsmScalars live = MsmScalars.Find(basePointer, scalarPointer, scalars.Length, options);
            if (live.Bits == 0)
            {
                return default;
            }

            if (live.LiveCount <= FewScalars && choose is null)
            {
                return OneByOne(basePointer, scalarPointer, live);
            }

            MsmPlan plan = choose?.Invoke(live.LiveCount, live.Bits)
                ?? MsmPlan.Choose(live.LiveCount, live.LongCount, live.Bits, options.Threads, tier);
            using var digits = new DigitTable(plan, live, scalarPointer, options);
            using var job = new Job<TField, TCurve>(plan, basePointer, 0, live, digits, tier, options);
            return job.Run();
        }
    }

    /// <summary>See <see cref="CpuEngine.ScratchBytes"/>.</summary>
    public static (long Shared, long PerThread) ScratchBytes<TField, TCurve>(int count, int threads, KernelTier tier)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        // Lanes or blocks of additions, with the segments that they sum: measured as 1.5 MiB.
        const long Sums = 2 << 20;
        MsmPlan plan = MsmPlan.Choose(count, count, 256, threads, tier);
        long point = sizeof(Affine<TField, TCurve>);
        long buckets = (long)plan.MostSetsOfItem * plan.Buckets, chunk = (count + plan.Chunks - 1) / plan.Chunks;
        long shared = (count * (sizeof(byte) + sizeof(uint) + (2L * plan.Windows))) + ((long)plan.Chunks * plan.Sets * plan.Lines * (point + sizeof(ulong)));
        long entries = Math.Max(chunk * plan.MostSetsOfItem * plan.WindowsPerSet, 2 * buckets);
        return (shared, (sizeof(uint) * (entries + Math.Max(buckets, (long)plan.MostSetsOfItem * plan.Lines))) + (buckets * (point + 32)) + Sums);
    }

    private static Jacobian<TField, TCurve> OneByOne<TField, TCurve>(Affine<TField, TCurve>* bases, Scalar256* scalars, MsmScalars live)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Jacobian<TField, TCurve> sum = default;
        for (int p = 0; p < live.LiveCount; p++)
        {
            uint i = live.Positions.Pointer[p];
            sum += ScalarMultiplication.Multiply<TField, TCurve>(bases[i], scalars[i].ToBigInteger());
        }

        return sum;
    }

    /// <summary>Σ scalars[i]·bases[i] where multiples[w·n + i] = 2^(c·w)·bases[i]: see <see cref="PrecomputedBases{TField, TCurve}"/>.</summary>
    public static Jacobian<TField, TCurve> Multiply<TField, TCurve>(
        Affine<TField, TCurve>* multiples, int count, int windowBits, ReadOnlySpan<Scalar256> scalars, EngineOptions options, KernelTier tier)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        options.CancellationToken.ThrowIfCancellationRequested();

        // Pinned as above. The first n multiples are the bases.
        fixed (Scalar256* scalarPointer = scalars)
        {
            using MsmScalars live = MsmScalars.Find(multiples, scalarPointer, count, options);
            if (live.Bits == 0)
            {
                return default;
            }

            MsmPlan plan = MsmPlan.Merged(windowBits, live.LiveCount, live.Bits, options.Threads);
            using var digits = new DigitTable(plan, live, scalarPointer, options);
            using var job = new Job<TField, TCurve>(plan, multiples, (uint)count, live, digits, tier, options);
            return job.Run();
        }
    }

    /// <summary>One MSM: its inputs, which outlive it, and the row and column sums of each window and chunk.</summary>
    private sealed class Job<TField, TCurve>(
        MsmPlan plan,
        Affine<TField, TCurve>* bases,
        uint basesPerWindow,
        MsmScalars scalars,
        DigitTable digits,
        KernelTier tier,
        EngineOptions options) : IDisposable
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        /// <summary>For each chunk and window, row sums and then column sums.</summary>
        private readonly NativeBuffer<Affine<TField, TCurve>> lines = new((long)plan.Chunks * plan.Sets * plan.Lines);

        public Jacobian<TField, TCurve> Run()
        {
            // Low windows first: where many scalars are small they are the longest items.
            Workers.Run(plan.Items * plan.Chunks, options, () => new Scratch<TField, TCurve>(plan, ChunkEnd(digits.Count(0), 0), tier), RunItem);
            using var windows = new WindowSums<TField, TCurve>(plan, lines.Pointer, tier, options.CancellationToken);
            Jacobian<TField, TCurve> result = default;
            for (int w = plan.Sets - 1; w >= 0; w--)
            {
                for (int i = 0; i < plan.WindowBits && !result.IsInfinity; i++)
                {
                    result = Jacobian<TField, TCurve>.Double(result);
                }

                result += windows[w].ToJacobian();
            }

            return result;
        }

        public void Dispose() => lines.Dispose();

        /// <summary>Where a chunk of so many positions ends.</summary>
        private int ChunkEnd(int count, int chunk) => (int)Math.Min(count, (chunk + 1L) * ((count + plan.Chunks - 1) / plan.Chunks));

        private void RunItem(int item, Scratch<TField, TCurve> scratch)
        {
            int chunk = item % plan.Chunks, range = item / plan.Chunks;
            int firstSet = plan.FirstSet(range), sets = plan.FirstSet(range + 1) - firstSet;
            Sort(chunk, firstSet, sets, scratch);
            scratch.Sums.Sum(
                bases, scratch.Indices.Pointer, scratch.Ends, sets * plan.Buckets, scratch.Buckets.Pointer, options.CancellationToken);
            SumLines(sets, scratch, lines.Pointer + ((((long)chunk * plan.Sets) + firstSet) * plan.Lines));
        }

        /// <summary>Indices of the chunk by set and bucket, with the sign of the digit; zero digits are left out.</summary>
        private void Sort(int chunk, int firstSet, int sets, Scratch<TField, TCurve> scratch)
        {
            uint sum = 0;
            for (int s = 0; s < sets; s++)
            {
                // Bucket b − 1 is that of digits ±b; the entry before a set's first counts its zeros, to no purpose.
                uint* ends = scratch.Ends + ((long)s * plan.Buckets) - 1;
                uint before = ends[0];
                new Span<uint>(ends + 1, plan.Buckets).Clear();
                int first = (firstSet + s) * plan.WindowsPerSet;
                for (int w = first; w < first + plan.WindowsPerSet; w++)
                {
                    Count(w, chunk, ends);
                }

                ends[0] = before;
                for (int b = 1; b <= plan.Buckets; b++)
                {
                    uint size = ends[b];
                    ends[b] = sum;
                    sum += size;
                }

                // Each bucket's start moves up to its end as its indices arrive.
                for (int w = first; w < first + plan.WindowsPerSet; w++)
                {
                    Place(w, chunk, ends, scratch.Indices.Pointer);
                }
            }
        }

        private (int From, int To) Positions(int window, int chunk)
        {
            int count = digits.Count(window);
            return (chunk == 0 ? 0 : ChunkEnd(count, chunk - 1), ChunkEnd(count, chunk));
        }

        /// <summary>sizes[b] ← sizes[b] + the number of digits ±b.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Count(int window, int chunk, uint* sizes)
        {
            bool isHighest = window == plan.Windows - 1;
            short* digit = digits.Window(window);
            (int from, int to) = Positions(window, chunk);
            for (int p = from; p < to; p++)
            {
                sizes[Magnitude(DigitTable.Value(digit[p], isHighest))]++;
            }
        }

        /// <summary>
        /// Indices to their buckets. Their places are all over the array: fetched ahead, an entry costs 2 ns instead of 8.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Place(int window, int chunk, uint* places, uint* indices)
        {
            bool isHighest = window == plan.Windows - 1;
            short* digit = digits.Window(window);
            uint* positions = scalars.Positions.Pointer;
            uint offset = basesPerWindow * (uint)window;
            (int from, int to) = Positions(window, chunk);
            for (int p = from; p < to; p++)
            {
                if (Sse.IsSupported && p + FetchAhead < to)
                {
                    Sse.Prefetch0(indices + places[Magnitude(DigitTable.Value(digit[p + FetchAhead], isHighest))]);
                }

                int value = DigitTable.Value(digit[p], isHighest);
                if (value != 0)
                {
                    indices[places[Magnitude(value)]++] = (positions[p] + offset) | ((uint)value & SignBit);
                }
            }
        }

        /// <summary>|value| without a branch, which random signs would make miss every other time.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Magnitude(int value)
        {
            int sign = value >> 31;
            return (value ^ sign) - sign;
        }

        /// <summary>Row sums, then column sums, of the bucket matrix of each window.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void SumLines(int sets, Scratch<TField, TCurve> scratch, Affine<TField, TCurve>* sums)
        {
            uint* index = scratch.Indices.Pointer, end = scratch.Ends;
            Affine<TField, TCurve>* buckets = scratch.Buckets.Pointer;
            uint position = 0;
            for (int s = 0; s < sets; s++)
            {
                uint first = (uint)(s * plan.Buckets);
                for (int u = 0; u < plan.Rows; u++)
                {
                    for (int v = 0; v < plan.Columns; v++)
                    {
                        uint bucket = first + (uint)((u << plan.LogColumns) + v);
                        index[position] = bucket;
                        position += buckets[bucket].IsInfinity ? 0U : 1U;
                    }

                    *end++ = position;
                }

                for (int v = 0; v < plan.Columns; v++)
                {
                    for (int u = 0; u < plan.Rows; u++)
                    {
                        uint bucket = first + (uint)((u << plan.LogColumns) + v);
                        index[position] = bucket;
                        position += buckets[bucket].IsInfinity ? 0U : 1U;
                    }

                    *end++ = position;
                }
            }

            scratch.Sums.Sum(buckets, scratch.Indices.Pointer, scratch.Ends, sets * plan.Lines, sums, options.CancellationToken);
        }
    }

    /// <summary>What a thread needs for one item at a time.</summary>
    private sealed class Scratch<TField, TCurve> : IDisposable
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        private readonly NativeBuffer<uint> ends;

        public Scratch(MsmPlan plan, int chunk, KernelTier tier)
        {
            long buckets = (long)plan.MostSetsOfItem * plan.Buckets;
            Indices = new(Math.Max((long)chunk * plan.MostSetsOfItem * plan.WindowsPerSet, 2 * buckets) + 1);
            ends = new(Math.Max(buckets, (long)plan.MostSetsOfItem * plan.Lines) + EndsMargin);
            Buckets = new(buckets);
            Sums = GroupSums.Create<TField, TCurve>(tier);
        }

        /// <summary>Sorted entries, later the indices of rows and columns.</summary>
        public NativeBuffer<uint> Indices { get; }

        /// <summary>Ends of buckets, later of rows and columns; the entry before the first may be written.</summary>
        public uint* Ends => ends.Pointer + EndsMargin;

        public NativeBuffer<Affine<TField, TCurve>> Buckets { get; }

        public IGroupSums<TField, TCurve> Sums { get; }

        /// <summary>Entries before the first end, so that they stay aligned.</summary>
        private static int EndsMargin => 16;

        public void Dispose()
        {
            Indices.Dispose();
            ends.Dispose();
            Buckets.Dispose();
            Sums.Dispose();
        }
    }
}
