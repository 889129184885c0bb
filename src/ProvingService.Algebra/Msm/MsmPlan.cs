// Owns: how an MSM is cut into windows, chunks and items. The work itself: Pippenger.cs.

namespace ProvingService.Algebra;

/// <summary>
/// The shape of one MSM. The window comes from a count of additions, checked on a Zen 5 core with one thread, BLS12-381 G1, in
/// lanes, milliseconds: 2^12: 7.0, 6.4, 6.3, 7.0 for c = 8, 9, 10, 11 (chosen 9); 2^14: 25.9, 24.4, 26.0, 28.1 for 10 to 13 (11);
/// 2^16: 98, 98, 102 for 12, 13, 14 (13), on a busy machine; 2^20: 1,069 and 1,032 for 15 and 16 (16). The minima are flat, so a
/// finer model would gain little.
/// </summary>
/// <param name="WindowBits">Bits of a window, c; it has 2^(c−1) buckets.</param>
/// <param name="Windows">Windows of a scalar: one bit more than the longest scalar has, for the sign, over c.</param>
/// <param name="Chunks">Equal parts of the input, each summed on its own, for balance over many threads and bounded scratch.</param>
/// <param name="Items">
/// Items of work a chunk: consecutive windows that are sorted and summed together, so that small inputs fill batches.
/// </param>
internal readonly record struct MsmPlan(int WindowBits, int Windows, int Chunks, int Items)
{
    /// <summary>Digits are kept in 16 bits.</summary>
    public const int MaxWindowBits = 16;

    /// <summary>The largest chunk; its sorted indices are 16 MiB a thread.</summary>
    private const int MaxChunk = 1 << 22;

    /// <summary>Chunks below this size would spend more on buckets than balance gains.</summary>
    private const int MinChunk = 1 << 14;

    /// <summary>Items a thread for even balance.</summary>
    private const int ItemsPerThread = 6;

    /// <summary>Entries an item where there is a choice: enough to fill batches of lanes, few enough to stay in a cache.</summary>
    private const int EntriesPerItem = 1 << 16;

    /// <summary>
    /// Whether all windows share one set of buckets, since each has bases of its own, 2^(c·w) times the plain ones.
    /// </summary>
    public bool IsMerged { get; init; }

    /// <summary>Sets of buckets: one a window, or one for all.</summary>
    public int Sets => IsMerged ? 1 : Windows;

    /// <summary>Windows that share a set of buckets.</summary>
    public int WindowsPerSet => IsMerged ? Windows : 1;

    /// <summary>The number of buckets a window.</summary>
    public int Buckets => 1 << (WindowBits - 1);

    /// <summary>Buckets are a matrix of 2^LogColumns columns for their weighted sum.</summary>
    public int LogColumns => (WindowBits - 1) / 2;

    /// <summary>Columns of the bucket matrix.</summary>
    public int Columns => 1 << LogColumns;

    /// <summary>Rows of the bucket matrix.</summary>
    public int Rows => Buckets >> LogColumns;

    /// <summary>Rows and columns.</summary>
    public int Lines => Rows + Columns;

    /// <summary>Windows in which scalars below 2^64 have digits.</summary>
    public int LowWindows => Math.Min(Windows, (MsmScalars.ShortScalarBits + WindowBits - 1) / WindowBits);

    /// <summary>The most sets that an item has.</summary>
    public int MostSetsOfItem => (Sets + Items - 1) / Items;

    /// <summary>The first set of an item; that of item <see cref="Items"/> is past the last one.</summary>
    public int FirstSet(int item) => (int)((long)Sets * item / Items);

    /// <summary>Chooses the cheapest shape for a number of scalars of which some are longer than 64 bits.</summary>
    /// <param name="count">All scalars.</param>
    /// <param name="longCount">Those longer than 64 bits.</param>
    /// <param name="bits">The length of the longest, at least 1.</param>
    /// <param name="threads">Threads to keep busy.</param>
    /// <param name="tier">Whose additions.</param>
    public static MsmPlan Choose(int count, int longCount, int bits, int threads, KernelTier tier)
    {
        MsmPlan best = default;
        double bestCost = double.MaxValue;
        for (int c = 2; c <= MaxWindowBits; c++)
        {
            MsmPlan plan = WithWindow(c, count, bits, threads);
            double cost = plan.Cost(count, longCount, tier);
            if (cost < bestCost)
            {
                (best, bestCost) = (plan, cost);
            }
        }

        return best;
    }

    /// <summary>The shape with a given window.</summary>
    public static MsmPlan WithWindow(int windowBits, int count, int bits, int threads)
    {
        int windows = (bits + windowBits) / windowBits;
        int wanted = threads == 1 ? 1 : ((ItemsPerThread * threads) + windows - 1) / windows;
        int chunks = Math.Max((count + MaxChunk - 1) / MaxChunk, Math.Min(wanted, count / MinChunk));
        chunks = Math.Max(chunks, 1);
        long entries = (long)windows * ((count + chunks - 1) / chunks);
        long items = Math.Max(1, entries / EntriesPerItem);
        items = (items + threads - 1) / threads * threads;
        return new(windowBits, windows, chunks, (int)Math.Clamp(items, 1, windows));
    }

    /// <summary>The shape where every window has bases of its own; a chunk for each thread.</summary>
    public static MsmPlan Merged(int windowBits, int count, int bits, int threads) =>
        new(windowBits, (bits + windowBits) / windowBits, Math.Clamp(count / MinChunk, 1, threads), 1) { IsMerged = true };

    /// <summary>
    /// Batch-affine additions, or their worth. A chunk's window adds each entry to its bucket, then each occupied bucket
    /// to its row and its column (less the first point of each bucket), then goes over rows and columns. In lanes a bucket
    /// costs more, since its sum leaves the lanes and comes back.
    /// </summary>
    private double Cost(int count, int longCount, KernelTier tier)
    {
        (double bucket, double line) = tier is KernelTier.Full or KernelTier.Vector ? (2.6, 8) : (1, 2);
        double entries = ((double)LowWindows * count) + ((double)(Windows - LowWindows) * longCount);
        double perWindow = entries / Windows / Chunks;
        double occupied = Buckets * (1 - Math.Exp(-perWindow / Buckets));
        return entries + ((double)Windows * Chunks * ((bucket * occupied) + (line * Lines)));
    }
}
