// Owns: one base times many scalars, the work of a trusted setup. Additions: GroupSums.cs.

namespace ProvingService.Algebra;

/// <summary>
/// Multiples of one base for multiplying it by many scalars: d · 2^(c·w) · P for every window w of c bits and every
/// digit d from 1 to 2^(c−1). A product is then the sum of one entry a window, ⌈257/c⌉ − 1 batch-affine additions of 6M
/// each, and no doublings. Immutable after construction and thread-safe. Variable time: neither timing nor memory
/// access hides the scalars, and scratch that holds their digits is not erased.
/// </summary>
/// <typeparam name="TField">The field of the coordinates.</typeparam>
/// <typeparam name="TCurve">The curve.</typeparam>
public sealed unsafe class FixedBaseTable<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private const int ScalarBits = 256;

    /// <summary>Windows of 13 bits make a table of 82,000 points, 7.9 MB on BLS12-381 G1; larger ones no longer pay.</summary>
    private const int MaxWindowBits = 13;

    /// <summary>Products an item of work: their entries fill several blocks of <see cref="GroupSums{TField, TCurve}"/>.</summary>
    private const int SliceLength = 1024;

    private readonly int windowBits;
    private readonly int windows;
    private readonly KernelTier tier;
    private readonly Affine<TField, TCurve>[] table;

    /// <summary>Builds the table, on all cores.</summary>
    /// <param name="point">The base: any point of the curve.</param>
    /// <param name="expectedScalars">
    /// About how many scalars it will be multiplied by: sets the size of the table, from 65 windows of 8 points to
    /// 20 windows of 4,096. Any number of scalars is right.
    /// </param>
    /// <param name="options">Threads and cancellation.</param>
    public FixedBaseTable(in Affine<TField, TCurve> point, int expectedScalars, EngineOptions options = default)
        : this(point, expectedScalars, KernelTiers.Current, options)
    {
    }

    /// <summary>As above, with the additions of a tier.</summary>
    internal FixedBaseTable(in Affine<TField, TCurve> point, int expectedScalars, KernelTier tier, EngineOptions options)
    {
        this.tier = tier;
        windowBits = ChooseWindow(expectedScalars);
        windows = SignedDigits.Count(ScalarBits, windowBits);
        table = new Affine<TField, TCurve>[windows << (windowBits - 1)];
        Affine<TField, TCurve>[] bases = WindowBases(point);

        // Pinned while workers write their own windows of it.
        fixed (Affine<TField, TCurve>* entries = table)
        {
            Affine<TField, TCurve>* pointer = entries;
            int half = 1 << (windowBits - 1);
            Workers.Run(
                windows,
                options,
                () => new Scratch(half + 1, half, half / 2, tier),
                (w, scratch) => FillWindow(pointer + ((long)w * half), bases[w], half, scratch, options.CancellationToken));
        }
    }

    /// <summary>products[i] ← scalars[i] · P.</summary>
    /// <param name="scalars">Any 256-bit integers.</param>
    /// <param name="products">As many points, overwritten.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    public void Multiply(
        ReadOnlySpan<Scalar256> scalars, Span<Affine<TField, TCurve>> products, EngineOptions options = default)
    {
        if (scalars.Length != products.Length)
        {
            throw new ArgumentException($"{scalars.Length} scalars do not make {products.Length} products.", nameof(products));
        }

        int count = scalars.Length;
        int slice = Math.Clamp(count / (4 * options.Threads), 16, SliceLength);

        // Pinned until all workers are done: they read and write by these pointers, at indices below the common length.
        fixed (Scalar256* scalarPointer = scalars)
        fixed (Affine<TField, TCurve>* productPointer = products, entries = table)
        {
            Scalar256* from = scalarPointer;
            Affine<TField, TCurve>* to = productPointer, source = entries;
            Workers.Run(
                (count + slice - 1) / slice,
                options,
                () => new Scratch(slice * windows, slice, 0, tier),
                (item, scratch) =>
                {
                    int start = item * slice, length = Math.Min(slice, count - start);
                    SortDigits(from + start, length, scratch);
                    scratch.Sums.Sum(
                        source, scratch.Indices.Pointer, scratch.Ends.Pointer, length, to + start, options.CancellationToken);
                });
        }
    }

    /// <summary>The window with the fewest additions: those of the products and one for each entry of the table.</summary>
    private static int ChooseWindow(int expectedScalars)
    {
        int best = 4;
        double bestCost = double.MaxValue;
        for (int c = best; c <= MaxWindowBits; c++)
        {
            double windows = SignedDigits.Count(ScalarBits, c);
            double cost = ((windows - 1) * Math.Max(expectedScalars, 0)) + (windows * (1 << (c - 1)));
            if (cost < bestCost)
            {
                (best, bestCost) = (c, cost);
            }
        }

        return best;
    }

    /// <summary>2^(c·w) · P for every window.</summary>
    private Affine<TField, TCurve>[] WindowBases(in Affine<TField, TCurve> point)
    {
        var bases = new Jacobian<TField, TCurve>[windows];
        Jacobian<TField, TCurve> power = point;
        for (int w = 0; w < windows; w++)
        {
            bases[w] = power;
            for (int i = 0; i < windowBits; i++)
            {
                power = Jacobian<TField, TCurve>.Double(power);
            }
        }

        var affine = new Affine<TField, TCurve>[windows];
        Jacobian<TField, TCurve>.ToAffine(bases, affine);
        return affine;
    }

    /// <summary>entries[d − 1] = d·Q, doubling the number of known multiples in each round: (m + d)·Q = m·Q + d·Q for d ≤ m.</summary>
    private static void FillWindow(
        Affine<TField, TCurve>* entries, in Affine<TField, TCurve> q, int half, Scratch scratch, CancellationToken cancellationToken)
    {
        uint* indices = scratch.Indices.Pointer, ends = scratch.Ends.Pointer;
        entries[0] = q;
        for (int known = 1; known < half; known *= 2)
        {
            // Multiples of a point of small order may be infinity, which sums of groups do not take.
            uint end = 0;
            for (int d = 0; d < known; d++)
            {
                indices[end] = (uint)(known - 1);
                end += entries[known - 1].IsInfinity ? 0U : 1U;
                indices[end] = (uint)d;
                end += entries[d].IsInfinity ? 0U : 1U;
                ends[d] = end;
            }

            scratch.Sums.Sum(entries, indices, ends, known, scratch.Points.Pointer, cancellationToken);
            new ReadOnlySpan<Affine<TField, TCurve>>(scratch.Points.Pointer, known).CopyTo(new(entries + known, known));
        }
    }

    /// <summary>One group a scalar: the table's entry for each digit that is not zero.</summary>
    private void SortDigits(Scalar256* scalars, int length, Scratch scratch)
    {
        uint* indices = scratch.Indices.Pointer, ends = scratch.Ends.Pointer;
        uint entry = 0;
        for (int i = 0; i < length; i++)
        {
            for (int w = 0; w < windows; w++)
            {
                int digit = SignedDigits.At((ulong*)(scalars + i), w * windowBits, windowBits);
                uint position = (uint)((w << (windowBits - 1)) + Math.Abs(digit) - 1);
                if (digit != 0 && !table[position].IsInfinity)
                {
                    indices[entry++] = position | (digit < 0 ? GroupSums<TField, TCurve>.SignBit : 0);
                }
            }

            ends[i] = entry;
        }
    }

    /// <summary>What a thread needs for one item at a time.</summary>
    private sealed class Scratch(int indices, int groups, int points, KernelTier tier) : IDisposable
    {
        public NativeBuffer<uint> Indices { get; } = new(indices);

        public NativeBuffer<uint> Ends { get; } = new(groups);

        public NativeBuffer<Affine<TField, TCurve>> Points { get; } = new(points);

        public IGroupSums<TField, TCurve> Sums { get; } = GroupSums.Create<TField, TCurve>(tier);

        public void Dispose()
        {
            Indices.Dispose();
            Ends.Dispose();
            Points.Dispose();
            Sums.Dispose();
        }
    }
}
