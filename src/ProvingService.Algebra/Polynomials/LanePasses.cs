// Owns: the passes over a matrix of elements, eight columns or eight rows at a time, and their spread over threads.
// Which passes make a transform: LaneNtt.cs, LaneQuotient.cs. The transform of a column or row: Lanes/LaneTransform.cs.

namespace ProvingService.Algebra;

/// <summary>
/// The factors between columns and rows: start[r] · (ω^rev(r) · step)^c in row r and column c. Powers of another element than
/// ω, for scale and coset, cost nothing here.
/// </summary>
/// <param name="Starts">Blocks of <see cref="LaneDomain{TFr}.ToBlocks"/>: one for all rows, or one for each eight.</param>
/// <param name="Step">One block, or null for one.</param>
internal readonly record struct LaneTwist(ulong[] Starts, ulong[]? Step);

/// <summary>
/// The passes over a vector as a matrix (see <see cref="LaneDomain{TFr}"/>), in place, each of which reads and writes memory
/// once. In memory elements are words as everywhere, so a pass may leave them below 2r for the next one to read.
/// </summary>
/// <param name="kernels">What computes.</param>
/// <param name="domain">The matrix and its tables.</param>
/// <param name="options">Threads and cancellation.</param>
/// <param name="vectors">How many columns' or rows' blocks a thread holds at once: one or two.</param>
internal sealed unsafe class LanePasses<TFr>(NttLaneKernels kernels, LaneDomain<TFr> domain, EngineOptions options, int vectors)
    where TFr : unmanaged, IPrimeField<TFr>
{
    private const int Words = LaneWords.ElementWords, Lanes = LanePrime.Lanes;

    private readonly int logRows = domain.LogRows, logColumns = domain.LogColumns;

    private readonly LaneTransform transform = new(kernels, domain.Twiddles);

    /// <summary>Words from an element to the one below.</summary>
    private long Stride => (long)Words << logColumns;

    /// <summary>For each eight columns: body(words of row 0, scratch).</summary>
    public void ForColumns(Action<long, LaneScratch> body) =>
        Workers.Run(1 << (logColumns - 3), options, NewScratch, (item, scratch) => body((long)item * Lanes * Words, scratch));

    /// <summary>For each eight rows: body(first row, scratch).</summary>
    public void ForRows(Action<int, LaneScratch> body) =>
        Workers.Run(1 << (logRows - 3), options, NewScratch, (item, scratch) => body(item * Lanes, scratch));

    /// <summary>The columns at these words into blocks.</summary>
    public void LoadColumns(ulong* data, long column, ulong* blocks) =>
        LaneWords.LoadColumns(data + column, Stride, 1L << logRows, blocks);

    /// <summary>And back; canonical, or below 2r.</summary>
    public void StoreColumns(ulong* blocks, ulong* data, long column, bool canonical) =>
        LaneWords.StoreColumns(kernels.Reduction, blocks, 1L << logRows, data + column, Stride, canonical);

    /// <summary>The rows from this one on into blocks.</summary>
    public void LoadRows(ulong* data, int row, ulong* blocks) =>
        LaneWords.LoadRows(data + (row * Stride), Stride, 1L << logColumns, blocks);

    /// <summary>And back; canonical, or below 2r.</summary>
    public void StoreRows(ulong* blocks, ulong* data, int row, bool canonical) =>
        LaneWords.StoreRows(kernels.Reduction, blocks, 1L << logColumns, data + (row * Stride), Stride, canonical);

    /// <summary>R-point transforms to reversed order of columns in blocks, first multiplied by a factor a row where there are such.</summary>
    public void SplitColumns(ulong* blocks, ulong* factors)
    {
        Scale(blocks, logRows, factors);
        transform.Split(blocks, logRows);
    }

    /// <summary>R-point transforms from reversed order of columns in blocks, then multiplied by a factor a row.</summary>
    public void MergeColumns(ulong* blocks, ulong* factors)
    {
        transform.Merge(blocks, logRows);
        Scale(blocks, logRows, factors);
    }

    /// <summary>blocks ← blocks · other / 2^260 of columns in blocks, below 3r if the operands are below 8r.</summary>
    public void MultiplyColumns(ulong* blocks, ulong* other)
    {
        var lanes = new NttLanes { Data = blocks, Count = 1L << logRows, Other = other };
        kernels.Multiply(&lanes);
    }

    /// <summary>blocks ← blocks − other + 8r of columns in blocks, the other below 8r.</summary>
    public void SubtractColumns(ulong* blocks, ulong* other) => LaneWords.Subtract(kernels.Reduction, blocks, other, 1L << logRows);

    /// <summary>Twist and C-point transforms to reversed order of rows in blocks, then multiplied by a factor a column.</summary>
    public void SplitRows(ulong* blocks, ulong* factors, in LaneTwist twist, int row, LaneScratch scratch)
    {
        Twist(blocks, twist, row, scratch);
        transform.Split(blocks, logColumns);
        Scale(blocks, logColumns, factors);
    }

    /// <summary>C-point transforms from reversed order of rows in blocks, first multiplied by a factor a column, and twist.</summary>
    public void MergeRows(ulong* blocks, ulong* factors, in LaneTwist twist, int row, LaneScratch scratch)
    {
        Scale(blocks, logColumns, factors);
        transform.Merge(blocks, logColumns);
        Twist(blocks, twist, row, scratch);
    }

    private LaneScratch NewScratch() => new(1L << logColumns, vectors);

    private void Scale(ulong* blocks, int log, ulong* factors)
    {
        if (factors != null)
        {
            var lanes = new NttLanes { Data = blocks, Count = 1L << log, Twiddles = factors };
            kernels.Scale(&lanes);
        }
    }

    /// <summary>Operands below 8r, results below 1.5r.</summary>
    private void Twist(ulong* blocks, in LaneTwist twist, int row, LaneScratch scratch)
    {
        const int Block = NttLaneKernels.BlockWords;
        ulong* t = scratch.Twist;
        ulong* upper = t + (2 * Block);
        ulong* ratio = t + (4 * Block);
        ReadOnlySpan<ulong> start = twist.Starts.AsSpan(twist.Starts.Length > Block ? row / Lanes * Block : 0, Block);
        ReadOnlySpan<ulong> step = domain.Ratios.AsSpan(row / Lanes * Block, Block);
        Fill(ratio, step, step);
        if (twist.Step is not null)
        {
            Fill(upper, twist.Step, twist.Step);
            Multiply(ratio, upper);
        }

        // t₀ and t₁ = t₀·ρ; then t₂, t₃ = (t₀, t₁)·ρ²; then ρ⁴.
        Fill(upper, start, start);
        Multiply(upper, ratio);
        Fill(t, start, new(upper, Block));
        Multiply(ratio, ratio);
        Fill(upper, new(t, Block), new(t + Block, Block));
        Multiply(upper, ratio);
        Multiply(ratio, ratio);
        var lanes = new NttLanes { Data = blocks, Count = 1L << logColumns, Other = t };
        kernels.Twist(&lanes);

        static void Fill(ulong* unit, ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second)
        {
            first.CopyTo(new(unit, Block));
            second.CopyTo(new(unit + Block, Block));
        }
    }

    private void Multiply(ulong* a, ulong* b)
    {
        var lanes = new NttLanes { Data = a, Count = 2, Other = b };
        kernels.Multiply(&lanes);
    }
}
