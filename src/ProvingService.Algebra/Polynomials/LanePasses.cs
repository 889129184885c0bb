// Owns: the passes over a matrix of elements, eight columns or eight rows at a time, and their spread over threads.
// Which passes make a transform: LaneNtt.cs, LaneQuotient.cs. The transform of a column or row: Lanes/LaneTransform.cs.

namespace ProvingService.Algebra;

/// <summary>
/// The factors between columns and rows: start · byRow[r] · (ω^rev(r) · step)^c in row r and column c. Powers of another element
/// than ω, for scale and coset, cost nothing here.
/// </summary>
internal readonly record struct LaneTwist<TFr>(TFr Start, TFr[]? ByRow, TFr Step)
    where TFr : unmanaged, IPrimeField<TFr>;

/// <summary>
/// The passes over a vector as a matrix (see <see cref="LaneDomain{TFr}"/>), in place, each of which reads and writes memory
/// once. In memory elements are words as everywhere, so a pass may leave them below 2r for the next one to read.
/// </summary>
internal sealed unsafe class LanePasses<TFr>(NttLaneKernels kernels, LaneDomain<TFr> domain, EngineOptions options)
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
        LaneWords.StoreColumns(kernels.Prime, blocks, 1L << logRows, data + column, Stride, canonical);

    /// <summary>The rows from this one on into blocks.</summary>
    public void LoadRows(ulong* data, int row, ulong* blocks) =>
        LaneWords.LoadRows(data + (row * Stride), Stride, 1L << logColumns, blocks);

    /// <summary>And back; canonical, or below 2r.</summary>
    public void StoreRows(ulong* blocks, ulong* data, int row, bool canonical) =>
        LaneWords.StoreRows(kernels.Prime, blocks, 1L << logColumns, data + (row * Stride), Stride, canonical);

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

    /// <summary>Twist and C-point transforms to reversed order of rows in blocks, then multiplied by a factor a column.</summary>
    public void SplitRows(ulong* blocks, ulong* factors, in LaneTwist<TFr> twist, int row, LaneScratch scratch)
    {
        Twist(blocks, twist, row, scratch);
        transform.Split(blocks, logColumns);
        Scale(blocks, logColumns, factors);
    }

    /// <summary>C-point transforms from reversed order of rows in blocks, first multiplied by a factor a column, and twist.</summary>
    public void MergeRows(ulong* blocks, ulong* factors, in LaneTwist<TFr> twist, int row, LaneScratch scratch)
    {
        Scale(blocks, logColumns, factors);
        transform.Merge(blocks, logColumns);
        Twist(blocks, twist, row, scratch);
    }

    private LaneScratch NewScratch() => new(logColumns);

    private void Scale(ulong* blocks, int log, ulong* factors)
    {
        if (factors != null)
        {
            var lanes = new NttLanes { Data = blocks, Count = 1L << log, Twiddles = factors };
            kernels.Scale(&lanes);
        }
    }

    /// <summary>Operands below 8r, results below 1.5r.</summary>
    private void Twist(ulong* blocks, in LaneTwist<TFr> twist, int row, LaneScratch scratch)
    {
        const int Block = NttLaneKernels.BlockWords;
        ulong* t = scratch.Twist;
        ulong* ratio = t + (4 * Block);
        TFr one = LaneDomain<TFr>.One;
        for (int lane = 0; lane < Lanes; lane++)
        {
            TFr start = LaneDomain<TFr>.ToLanes(twist.ByRow is null ? twist.Start : twist.Start * twist.ByRow[row + lane]);
            TFr step = domain.Ratios[row + lane];
            step = LaneDomain<TFr>.ToLanes(twist.Step == TFr.One ? step : step * twist.Step);
            Write(t, lane, start);
            Write(t + Block, lane, start);
            Write(t + (2 * Block), lane, step);
            Write(t + (3 * Block), lane, step);
            Write(ratio, lane, one);
            Write(ratio + Block, lane, step);
        }

        // (t, t) by (1, ρ), and with (ρ, ρ) squared, (t₂, t₃) = (t₀, t₁)·(ρ², ρ²); then (ρ², ρ²) squared.
        Multiply(t, ratio);
        Buffer.MemoryCopy(t + (2 * Block), ratio, 16 * Block, 16 * Block);
        Multiply(ratio, ratio);
        Buffer.MemoryCopy(t, t + (2 * Block), 16 * Block, 16 * Block);
        Multiply(t + (2 * Block), ratio);
        Multiply(ratio, ratio);
        var lanes = new NttLanes { Data = blocks, Count = 1L << logColumns, Other = t };
        kernels.Twist(&lanes);
    }

    private void Multiply(ulong* a, ulong* b)
    {
        var lanes = new NttLanes { Data = a, Count = 2, Other = b };
        kernels.Multiply(&lanes);
    }

    private static void Write(ulong* block, int lane, TFr element)
    {
        ulong* limbs = stackalloc ulong[NttLaneKernels.Limbs];
        LaneWords.ToLimbs((ulong*)&element, limbs);
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            block[(Lanes * j) + lane] = limbs[j];
        }
    }
}
