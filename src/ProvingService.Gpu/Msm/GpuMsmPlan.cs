// Owns: the parameters of an MSM on a device and all that follows from them: windows, partitions, launches, exact bytes.
// Pure functions. Never: a device, or which parameters are best (GpuMsmDefaults).

using System.Numerics;

namespace ProvingService.Gpu;

/// <summary>
/// How an MSM is computed. Scalars become <see cref="Windows"/> signed digits of <see cref="Window"/> bits; window w goes
/// to bucket set w mod <see cref="Sets"/>, with the base's multiple of level w / <see cref="Sets"/>, which is
/// 2^(Window·Sets·level) times it.
/// </summary>
internal sealed record GpuMsmPlan
{
    /// <summary>Work-items a group that sorts; the kernels are built for it.</summary>
    public const int SortGroup = 256;

    /// <summary>Work-items a group that adds points, where nobody has tuned; the shipped programs are built for it.</summary>
    public const int DefaultBlock = 128;

    /// <summary>What the kernels hold of counters in local memory, by kernels/msm-sort.cl.</summary>
    public const int Bins = 2048;

    /// <summary>Above so many full segments a bucket is added up by groups.</summary>
    public const int Heavy = 64;

    /// <summary>Full segments of a heavy bucket that one group adds up, by kernels/msm-sort.cl.</summary>
    public const int HeavyChunk = 512;

    /// <summary>The most scalars of a run that the model asks for: with 14 windows of 19 bits their entries have 31-bit indices.</summary>
    public const int LongestRun = 1 << 27;

    private const int ScanTile = 8 * SortGroup, MaxTiles = 512, MaxHeavyGroups = 256;

    /// <summary>The group.</summary>
    public required MsmShape Shape { get; init; }

    /// <summary>
    /// Whether s may become r − s with the sign turned round: one bit less. Right only for scalars below r and bases of
    /// order r; otherwise scalars are any 256-bit integers.
    /// </summary>
    public bool Fold { get; init; }

    /// <summary>The most scalars of one run; longer MSMs are made of several.</summary>
    public required int Capacity { get; init; }

    /// <summary>Bits of a digit, 2 to 23.</summary>
    public required int Window { get; init; }

    /// <summary>Bucket sets: with fewer of them than windows, tables of multiples stand in.</summary>
    public required int Sets { get; init; }

    /// <summary>Entries of a bucket that one work-item adds up, 2 to 2048.</summary>
    public required int Segment { get; init; }

    /// <summary>Work-items a group that adds points to segments, 32 to 1024.</summary>
    public int Block { get; init; } = DefaultBlock;

    /// <summary>Base-two logarithm of the buckets that a work-item reduces.</summary>
    public int LogOwnBuckets { get; init; } = 2;

    /// <summary>The most additions of one launch.</summary>
    public int AdditionsPerLaunch { get; init; } = 1 << 26;

    /// <summary>
    /// Digits of a scalar: the highest one must be at most 2^(Window−1) with the carry, so a bit more than the scalar's.
    /// </summary>
    public int Windows => ((Fold ? Shape.OrderBits - 1 : 256) + Window) / Window;

    /// <summary>Levels of the tables: as many as it takes to cover the windows.</summary>
    public int Levels => (Windows + Sets - 1) / Sets;

    /// <summary>Doublings from one level to the next.</summary>
    public int DoublingsPerLevel => Window * Sets;

    /// <summary>Buckets of a set.</summary>
    public int SetSize => 1 << (Window - 1);

    /// <summary>Buckets of all sets.</summary>
    public int Keys => Sets * SetSize;

    /// <summary>Work-items that add up points in local memory, a power of two: 24 kB of points at most.</summary>
    public int ReduceGroup => 128 / Shape.Group;

    /// <summary>Low bits of a key, which a group sorts in local memory; the others name the partition.</summary>
    public int LowBits
    {
        get
        {
            int bits = Math.Max(1, 32 - BitOperations.LeadingZeroCount((uint)(Keys - 1)));
            return Math.Min(11, Math.Max(bits - 10, Math.Min(5, bits)));
        }
    }

    /// <summary>Partitions of the keys.</summary>
    public int Partitions => (Keys + (1 << LowBits) - 1) >> LowBits;

    /// <summary>Groups that one set's buckets take.</summary>
    public int ReduceGroupsPerSet => Math.Max(1, (SetSize + (ReduceGroup << LogOwnBuckets) - 1) / (ReduceGroup << LogOwnBuckets));

    /// <summary>The most entries of a run of so many scalars.</summary>
    public int Entries(int count) => checked(count * Windows);

    /// <summary>The most full segments of a run of so many scalars.</summary>
    public int FullSegments(int count) => Entries(count) / Segment;

    /// <summary>Scalars that a group takes.</summary>
    public static int ScalarTile(int count) => Math.Max(SortGroup, (count + MaxTiles - 1) / MaxTiles);

    /// <summary>Buckets that a group takes when they are cut.</summary>
    public int KeyTile => Math.Max(SortGroup, (Keys + MaxTiles - 1) / MaxTiles);

    /// <summary>Groups for a number of things of which each takes a tile.</summary>
    public static int Groups(int count, int tile) => (count + tile - 1) / tile;

    /// <summary>Groups that scan so many values.</summary>
    public static int ScanGroups(int length) => Groups(length, ScanTile);

    /// <summary>The most heavy buckets.</summary>
    public int HeavyBuckets(int count) => FullSegments(count) / (Heavy + 1);

    /// <summary>The most chunks of heavy buckets.</summary>
    public int HeavyChunks(int count) => (FullSegments(count) / HeavyChunk) + HeavyBuckets(count);

    /// <summary>Groups that add up runs of at most so many.</summary>
    public static int HeavyGroups(int runs) => Math.Min(runs, MaxHeavyGroups);

    /// <summary>Bytes of the tables for so many bases.</summary>
    public long TableBytes(int bases) => (long)bases * Levels * Shape.AffineBytes;

    /// <summary>Exact lengths of the buffers of a run, in the order of <see cref="MsmScratch"/>.</summary>
    public long[] ScratchLengths()
    {
        long entries = Entries(Capacity), keys = Partitions << LowBits;

        // A shorter run may have more tiles than a full one: 131072 scalars have 512, 131073 have 511.
        long tiles = Math.Min(MaxTiles, Groups(Capacity, SortGroup));
        long counts = Math.Max(Partitions * tiles, (long)Segment * Groups(Keys, KeyTile)) + 1;
        long scanned = Math.Max(counts, keys + 1);
        return
        [
            4 * counts,
            4L * ScanGroups(checked((int)scanned)),
            Math.Max(8 * entries, (long)FullSegments(Capacity) * Shape.XyzzBytes),
            4 * entries,
            4 * (keys + 1),
            4 * (keys + 1),
            4 * keys,
            8L * HeavyChunks(Capacity),
            8L * HeavyBuckets(Capacity),
            2 * sizeof(uint),
            keys * Shape.XyzzBytes,
            2L * Sets * ReduceGroupsPerSet * Shape.XyzzBytes,
        ];
    }

    /// <summary>Exact bytes of a run.</summary>
    public long ScratchBytes => ScratchLengths().Sum();

    /// <summary>Whether the kernels can follow these parameters.</summary>
    public bool CanRun(int bases)
    {
        try
        {
            Check(bases);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Refuses parameters that the kernels cannot follow.</summary>
    /// <exception cref="ArgumentException">Which one and why.</exception>
    public void Check(int bases)
    {
        Require(Window is >= 2 and <= 23, $"a window of {Window} bits");
        Require(Sets >= 1 && Sets <= Windows, $"{Sets} bucket sets for {Windows} windows");
        Require(Partitions <= Bins, $"{Keys} buckets");
        Require(Segment is >= 2 and <= Bins, $"segments of {Segment}");
        Require(LogOwnBuckets is >= 0 and <= 20, $"2^{LogOwnBuckets} buckets a work-item");
        Require(Block is >= 32 and <= 1024, $"groups of {Block}");
        Require(AdditionsPerLaunch >= Segment * Block, $"{AdditionsPerLaunch} additions a launch");
        Require(Capacity >= 1 && (long)Capacity * Windows < int.MaxValue, $"{Capacity} scalars a run");
        Require((long)bases * Levels <= int.MaxValue, $"{bases} bases in {Levels} levels");

        static void Require(bool isRight, string what)
        {
            if (!isRight)
            {
                throw new ArgumentException($"The MSM kernels cannot do with {what}.");
            }
        }
    }
}

/// <summary>The buffers of a run, by their places in its reservation.</summary>
internal enum MsmScratch
{
    /// <summary>Counts of entries by partition and tile, then of remainders by length and tile.</summary>
    Counts,

    /// <summary>Sums of the tiles of a scan.</summary>
    Totals,

    /// <summary>Entries by partition; when they are sorted, the sums of full segments.</summary>
    Entries,

    /// <summary>The points' indices by bucket.</summary>
    Sorted,

    /// <summary>Where each bucket's indices begin.</summary>
    Starts,

    /// <summary>Where each bucket's full segments begin.</summary>
    Full,

    /// <summary>Buckets with a remainder, the longest first.</summary>
    Order,

    /// <summary>Runs of full segments of heavy buckets.</summary>
    Chunks,

    /// <summary>Heavy buckets, as runs of chunks.</summary>
    Heavies,

    /// <summary>How many chunks and heavy buckets there are.</summary>
    HeavyCounts,

    /// <summary>The sums of buckets.</summary>
    Buckets,

    /// <summary>Two sums for each group of the reduction.</summary>
    Sums,
}
