// Owns: a sparse matrix as kernels/rows.cl reads it. Pure.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// A matrix with its entries' values replaced by their positions in a table of distinct ones, and its long rows cut into
/// chunks. Made in one pass over the entries.
/// </summary>
internal sealed unsafe class RowLayout<TFr>
    where TFr : unmanaged, IPrimeField<TFr>
{
    /// <summary>LONG_ROW and CHUNK of the kernels.</summary>
    public const int LongRow = 64, Chunk = 1024;

    /// <summary>Entries between two looks at the token.</summary>
    private const int Range = 1 << 14;

    /// <summary>Lays a matrix out.</summary>
    /// <exception cref="ArgumentException">The rows are not ascending, or the arrays' lengths do not agree.</exception>
    /// <exception cref="OperationCanceledException">The token, which is looked at every few thousand entries, was cancelled.</exception>
    public RowLayout(CompressedRows<TFr> rows, CancellationToken cancellation = default)
    {
        uint[] starts = rows.RowStarts;
        if (starts.Length == 0 || starts[0] != 0 || starts[^1] != rows.Wires.Length || rows.Wires.Length != rows.Values.Length)
        {
            throw new ArgumentException("The rows do not cover the entries.", nameof(rows));
        }

        List<uint> chunkStarts = [], chunkEnds = [], longRows = [], firstChunks = [];
        for (int i = 0; i + 1 < starts.Length; i++)
        {
            if (starts[i + 1] < starts[i])
            {
                throw new ArgumentException($"Row {i} ends before it begins.", nameof(rows));
            }

            if (starts[i + 1] - starts[i] > LongRow)
            {
                longRows.Add((uint)i);
                firstChunks.Add((uint)chunkStarts.Count);
                for (uint from = starts[i]; from < starts[i + 1]; from += Chunk)
                {
                    chunkStarts.Add(from);
                    chunkEnds.Add(Math.Min(from + Chunk, starts[i + 1]));
                }
            }
        }

        firstChunks.Add((uint)chunkStarts.Count);
        (RowStarts, Wires) = (starts, rows.Wires);
        (ChunkStarts, ChunkEnds, LongRows, FirstChunks) = ([.. chunkStarts], [.. chunkEnds], [.. longRows], [.. firstChunks]);
        (Kinds, Values) = Distinct(rows.Values, cancellation);
        foreach (uint wire in Wires)
        {
            WireCount = Math.Max(WireCount, checked(wire + 1));
        }
    }

    /// <summary>Where each row begins, and where the last ends.</summary>
    public uint[] RowStarts { get; }

    /// <summary>The column of each entry.</summary>
    public uint[] Wires { get; }

    /// <summary>Which of the values each entry has.</summary>
    public uint[] Kinds { get; }

    /// <summary>1, −1 and all others that occur.</summary>
    public TFr[] Values { get; }

    /// <summary>Where each chunk begins.</summary>
    public uint[] ChunkStarts { get; }

    /// <summary>Where each chunk ends.</summary>
    public uint[] ChunkEnds { get; }

    /// <summary>The rows that are cut into chunks.</summary>
    public uint[] LongRows { get; }

    /// <summary>The first chunk of each of those, and the number of chunks.</summary>
    public uint[] FirstChunks { get; }

    /// <summary>One more than the last column that occurs.</summary>
    public uint WireCount { get; }

    /// <summary>Bytes of each array in the order of the properties, and of the chunks' sums.</summary>
    public long[] Bytes() =>
    [
        RowStarts.LongLength * sizeof(uint), Wires.LongLength * sizeof(uint), Kinds.LongLength * sizeof(uint), Values.LongLength * sizeof(TFr),
        ChunkStarts.LongLength * sizeof(uint), ChunkEnds.LongLength * sizeof(uint), LongRows.LongLength * sizeof(uint),
        FirstChunks.LongLength * sizeof(uint), ChunkStarts.LongLength * sizeof(TFr),
    ];

    private static (uint[] Kinds, TFr[] Values) Distinct(TFr[] entries, CancellationToken cancellation)
    {
        List<TFr> values = [TFr.One, -TFr.One];
        var kinds = new Dictionary<TFr, uint> { [values[0]] = 0, [values[1]] = 1 };
        uint[] result = new uint[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            if (i % Range == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if (!kinds.TryGetValue(entries[i], out uint kind))
            {
                kind = (uint)values.Count;
                values.Add(entries[i]);
                kinds.Add(entries[i], kind);
            }

            result[i] = kind;
        }

        return (result, [.. values]);
    }
}
