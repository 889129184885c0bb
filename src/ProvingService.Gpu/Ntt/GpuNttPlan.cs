// Owns: in which passes a transform of a size runs, with which tiles, tables and how many bytes. Pure. What a pass is:
// kernels/ntt-tile.h. Never: the launches (GpuNtt).

namespace ProvingService.Gpu;

/// <summary>A pass over stages [First, First + Rows) of a transform of 2^k values.</summary>
/// <param name="First">Stages before it: bits of the index of a block.</param>
/// <param name="Rows">Its stages: bits of the index of a row.</param>
/// <param name="Columns">Stages after it: bits of the index of a column.</param>
internal readonly record struct GpuNttPass(int First, int Rows, int Columns);

/// <summary>
/// The passes of a transform. The last one takes whole tiles that lie in one piece; those before take strips of columns,
/// at least two elements (64 bytes) wide where the vector is longer than a device's cache. One pass up to 2^10 values,
/// two to 2^20, three to 2^28, with tiles of 2^10.
/// </summary>
internal sealed class GpuNttPlan
{
    /// <summary>2^10 elements are 32 KiB of local memory and 256 work-items.</summary>
    public const int DefaultLogTile = 10;

    /// <summary>Smaller tiles than 2^8 take more passes than they save time, and larger tables.</summary>
    public const int LeastTunedLogTile = 8;

    /// <summary>2^16 powers of ω are 2 MiB: a small part of a device's second-level cache.</summary>
    public const int DefaultLogHigh = 16;

    private const int ElementBytes = 32;

    private GpuNttPlan(int logSize, int logTile, int logLow, GpuNttPass[] passes)
    {
        LogSize = logSize;
        LogTile = logTile;
        LogLow = logLow;
        Passes = passes;
        QuotientPasses = passes.Length > 1 ? passes : [new(0, 0, logSize), passes[0]];
    }

    /// <summary>k.</summary>
    public int LogSize { get; }

    /// <summary>log₂ of the elements of a tile; the kernels' definition LOG_TILE.</summary>
    public int LogTile { get; }

    /// <summary>log₂ of the entries of the lower level of tables of powers.</summary>
    public int LogLow { get; }

    /// <summary>The passes towards reversed order; towards natural order they run backwards.</summary>
    public IReadOnlyList<GpuNttPass> Passes { get; }

    /// <summary>The passes of a quotient, which are two at least: its first and last are of one vector and of three.</summary>
    public IReadOnlyList<GpuNttPass> QuotientPasses { get; }

    /// <summary>Work-items a group: four elements each.</summary>
    public uint GroupSize => 1u << (LogTile - 2);

    /// <summary>Bytes of local memory a group.</summary>
    public int LocalBytes => ElementBytes << LogTile;

    /// <summary>Bytes of a vector.</summary>
    public long VectorBytes => (long)ElementBytes << LogSize;

    /// <summary>Entries of the upper level of tables of powers.</summary>
    public int HighCount => 1 << (LogSize - LogLow);

    /// <summary>Entries of the lower level of tables of powers.</summary>
    public int LowCount => 1 << LogLow;

    /// <summary>Entries of the tables of a domain: roots in both directions and powers of ω.</summary>
    public int TableCount => (1 << LogTile) + LowCount + HighCount;

    /// <summary>Entries of a table of scale factors: low powers, high powers, high powers with the second factor.</summary>
    public int ScaleCount => LowCount + (2 * HighCount);

    /// <summary>The passes for a size.</summary>
    /// <param name="logSize">k.</param>
    /// <param name="logTile">log₂ of the elements of a tile, from 2; a group has a quarter as many work-items.</param>
    /// <param name="logHigh">log₂ of the most entries of the upper level of tables, but for very large sizes.</param>
    public static GpuNttPlan Create(int logSize, int logTile = DefaultLogTile, int logHigh = DefaultLogHigh)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(logSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(logSize, 28);
        ArgumentOutOfRangeException.ThrowIfLessThan(logTile, 2);
        int last = Math.Min(logSize, logTile), rest = logSize - last;
        int strips = rest <= logTile ? Math.Min(rest, 1) : (rest + logTile - 2) / (logTile - 1);
        var passes = new GpuNttPass[strips + 1];
        int first = 0;
        for (int i = 0; i <= strips; i++)
        {
            // The longer passes come first; the last takes what is left.
            int rows = i == strips ? last : (rest - first + strips - i - 1) / (strips - i);
            passes[i] = new(first, rows, logSize - first - rows);
            first += rows;
        }

        // Twiddles between passes before the last are multiples of 2^last: with at most as many low bits they need one entry only.
        int low = Math.Clamp(logSize - logHigh, 0, strips > 1 ? last : logSize);
        return new(logSize, logTile, low, passes);
    }

    /// <summary>Groups that a pass over one vector takes.</summary>
    public uint Groups(GpuNttPass pass) => 1u << (pass.First + Math.Max(0, pass.Columns - (LogTile - pass.Rows)));
}
