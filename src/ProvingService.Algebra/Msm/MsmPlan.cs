// Owns: how an MSM is cut into windows, chunks and items. The work itself: Pippenger.cs.

namespace ProvingService.Algebra;

/// <summary>
/// The shape of one MSM. The window comes from a count of additions, checked on a Zen 5 core with one thread, BLS12-381
/// G1, in field multiplications a base: 2^8: 418, 400, 425 for c = 6, 7, 8 (chosen 7); 2^10: 309, 278, 289 for 7, 8, 9
/// (8); 2^12: 240, 236, 230 for 9, 10, 11 (10); 2^14: 195, 190, 195 for 11, 12, 13 (12); 2^16: 181, 169, 168 for 12, 13,
/// 14 (13). The minima are flat, so a finer model would gain nothing.
/// </summary>
/// <param name="WindowBits">Bits of a window, c; it has 2^(c−1) buckets.</param>
/// <param name="Windows">Windows of a scalar: one bit more than the longest scalar has, for the sign, over c.</param>
/// <param name="Chunks">Equal parts of the input, each summed on its own, for balance over many threads and bounded scratch.</param>
/// <param name="WindowsPerItem">Consecutive windows that one item of work reduces together, so that small inputs fill batches.</param>
internal readonly record struct MsmPlan(int WindowBits, int Windows, int Chunks, int WindowsPerItem)
{
    public const int MaxWindowBits = 20;

    /// <summary>The largest chunk; its sorted indices and digits are 32 MiB a thread.</summary>
    private const int MaxChunk = 1 << 22;

    /// <summary>Chunks below this size would spend more on buckets than balance gains.</summary>
    private const int MinChunk = 1 << 12;

    /// <summary>Items a thread for even balance.</summary>
    private const int ItemsPerThread = 8;

    /// <summary>Entries an item, so that its first round fills several blocks.</summary>
    private const int MinEntriesPerItem = 1 << 13;

    /// <summary>An XYZZ running-sum step (two additions, 24M) in units of a batch-affine addition (6M).</summary>
    private const double RunningStep = 4;

    /// <summary>The number of buckets a window.</summary>
    public int Buckets => 1 << (WindowBits - 1);

    /// <summary>Buckets are a matrix of 2^LogColumns columns for their weighted sum; a single column where there are few.</summary>
    public int LogColumns => WindowBits <= 5 ? 0 : (WindowBits - 1) / 2;

    /// <summary>Columns of the bucket matrix.</summary>
    public int Columns => 1 << LogColumns;

    /// <summary>Rows of the bucket matrix.</summary>
    public int Rows => Buckets >> LogColumns;

    /// <summary>Chooses the cheapest shape for a number of scalars of which some are longer than 64 bits.</summary>
    /// <param name="count">All scalars.</param>
    /// <param name="longCount">Those longer than 64 bits.</param>
    /// <param name="bits">The length of the longest, at least 1.</param>
    /// <param name="threads">Threads to keep busy.</param>
    public static MsmPlan Choose(int count, int longCount, int bits, int threads)
    {
        MsmPlan best = default;
        double bestCost = double.MaxValue;
        for (int c = 2; c <= MaxWindowBits; c++)
        {
            MsmPlan plan = WithWindow(c, count, bits, threads);
            double cost = plan.Cost(count, longCount);
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
        int windows = SignedDigits.Count(bits, windowBits);
        int wanted = threads == 1 ? 1 : ((ItemsPerThread * threads) + windows - 1) / windows;
        int chunks = Math.Max((count + MaxChunk - 1) / MaxChunk, Math.Min(wanted, count / MinChunk));
        chunks = Math.Max(chunks, 1);
        int chunk = (count + chunks - 1) / chunks;
        return new(windowBits, windows, chunks, Math.Clamp(MinEntriesPerItem / Math.Max(chunk, 1), 1, windows));
    }

    /// <summary>
    /// Batch-affine additions, or their worth. A chunk's window adds each entry to its bucket, then each occupied bucket
    /// to its row and its column (less the first point of each bucket), then runs over rows and columns.
    /// </summary>
    private double Cost(int count, int longCount)
    {
        int lowWindows = Math.Min(Windows, (SignedDigits.ShortScalarBits + WindowBits - 1) / WindowBits);
        double entries = ((double)lowWindows * count) + ((double)(Windows - lowWindows) * longCount);
        double perWindow = entries / Windows / Chunks;
        double occupied = Buckets * (1 - Math.Exp(-perWindow / Buckets));
        double lines = LogColumns == 0 ? 0 : 2 * occupied;
        return entries + ((double)Windows * Chunks * (lines - occupied + (RunningStep * (Rows + Columns))));
    }
}
