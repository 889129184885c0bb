// Owns: transforms in lanes: which passes over the matrix, and which factors where. The passes: LanePasses.cs.

namespace ProvingService.Algebra;

/// <summary>
/// In-place transforms in two passes over a matrix of R rows and C columns (see <see cref="LaneDomain{TFr}"/>). From natural
/// to reversed order: columns, eight at a time, their R-point transforms; then rows, eight at a time, factors
/// ω^(column · frequency of the row) and C-point transforms. From reversed to natural order the same backwards. All lanes do
/// the same always, so no butterfly crosses lanes. Scale and coset are factors by row and column: one of the two is part of the
/// twist, the other a multiplication more an element. Equal to <see cref="PortableNtt"/> bit for bit. Scratch: 40·C + 240 words
/// a thread.
/// </summary>
internal static unsafe class LaneNtt
{
    /// <summary>Below this size a second thread costs more than it gains.</summary>
    private const int LogParallel = 13;

    /// <summary>As <see cref="INttEngine.Forward"/>, if tier, field and size have lanes.</summary>
    /// <returns>False where they have not; nothing is done then.</returns>
    public static bool TryForward<TFr>(
        KernelTier tier, NttDomain<TFr> domain, Span<TFr> values, NttOrder order, TFr shift, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (Passes(tier, domain, inverted: false, ref options) is not { } passes)
        {
            return false;
        }

        PortableNtt.Check(domain, values, shift);
        LaneDomain<TFr> matrix = domain.Lanes(inverted: false);
        if (order == NttOrder.ReversedToNatural)
        {
            // Coefficient rev(c)·R + rev(r) stands in row r, column c.
            LaneTwist twist = new(Starts(TFr.One, shift, matrix.LogRows), null);
            Merge(passes, values, Factors(Raise(shift, matrix.LogRows), matrix.LogColumns, reversed: true), twist, null);
        }
        else
        {
            // Coefficient r·C + c stands in row r, column c.
            LaneTwist twist = new(LaneDomain<TFr>.ToBlocks(TFr.One), Step(shift));
            Split(passes, values, Factors(Raise(shift, matrix.LogColumns), matrix.LogRows, reversed: false), twist, null);
            Permute(domain, values, order, options);
        }

        return true;
    }

    /// <summary>As <see cref="INttEngine.Inverse"/>, if tier, field and size have lanes.</summary>
    /// <returns>False where they have not; nothing is done then.</returns>
    public static bool TryInverse<TFr>(
        KernelTier tier, NttDomain<TFr> domain, Span<TFr> values, NttOrder order, TFr shift, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (Passes(tier, domain, inverted: true, ref options) is not { } passes)
        {
            return false;
        }

        PortableNtt.Check(domain, values, shift);
        LaneDomain<TFr> matrix = domain.Lanes(inverted: true);
        TFr step = shift == TFr.One ? shift : TFr.Inverse(shift);
        if (order == NttOrder.ReversedToNatural)
        {
            LaneTwist twist = new(LaneDomain<TFr>.ToBlocks(domain.SizeInverse), Step(step));
            Merge(passes, values, null, twist, Factors(Raise(step, matrix.LogColumns), matrix.LogRows, reversed: false));
        }
        else
        {
            LaneTwist twist = new(Starts(domain.SizeInverse, step, matrix.LogRows), null);
            Split(passes, values, null, twist, Factors(Raise(step, matrix.LogRows), matrix.LogColumns, reversed: true));
            Permute(domain, values, order, options);
        }

        return true;
    }

    /// <summary>The passes over a domain's matrix; null where tier, field or size have no lanes.</summary>
    public static LanePasses<TFr>? Passes<TFr>(
        KernelTier tier, NttDomain<TFr> domain, bool inverted, ref EngineOptions options, int vectors = 1)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (domain.LogSize < LaneDomain<TFr>.MinLogSize || NttLaneKernels.Of<TFr>(tier) is not { } kernels)
        {
            return null;
        }

        options.CancellationToken.ThrowIfCancellationRequested();
        options = domain.LogSize < LogParallel ? options with { MaxThreads = 1 } : options;
        return new(kernels, domain.Lanes(inverted), options, vectors);
    }

    /// <summary>step^i, or step^rev(i), as twiddles; null for the powers of one.</summary>
    public static ulong[]? Factors<TFr>(TFr step, int log, bool reversed)
        where TFr : unmanaged, IPrimeField<TFr> =>
        step == TFr.One ? null
        : LaneDomain<TFr>.ToTwiddles(reversed ? LaneDomain<TFr>.ReversedPowers(step, log) : LaneDomain<TFr>.Powers(step, log));

    /// <summary>factor · step^rev(r) for row r, in blocks.</summary>
    public static ulong[] Starts<TFr>(TFr factor, TFr step, int log)
        where TFr : unmanaged, IPrimeField<TFr> => step == TFr.One
        ? LaneDomain<TFr>.ToBlocks(factor)
        : LaneDomain<TFr>.ToBlocks(Array.ConvertAll(LaneDomain<TFr>.ReversedPowers(step, log), power => factor * power));

    /// <summary>step^(2^log).</summary>
    public static TFr Raise<TFr>(TFr step, int log)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        for (int i = 0; i < log && step != TFr.One; i++)
        {
            step = TFr.Square(step);
        }

        return step;
    }

    private static ulong[]? Step<TFr>(TFr step)
        where TFr : unmanaged, IPrimeField<TFr> => step == TFr.One ? null : LaneDomain<TFr>.ToBlocks(step);

    private static void Split<TFr>(
        LanePasses<TFr> passes, Span<TFr> values, ulong[]? rowFactors, LaneTwist twist, ulong[]? columnFactors)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // Pinned for both passes: workers address the vector and the factors by these pointers, within the matrix.
        fixed (TFr* pointer = values)
        fixed (ulong* byRow = rowFactors, byColumn = columnFactors)
        {
            ulong* data = (ulong*)pointer, rows = byRow, columns = byColumn;
            passes.ForColumns((column, scratch) =>
            {
                passes.LoadColumns(data, column, scratch.Blocks);
                passes.SplitColumns(scratch.Blocks, rows);
                passes.StoreColumns(scratch.Blocks, data, column, canonical: false);
            });
            passes.ForRows((row, scratch) =>
            {
                passes.LoadRows(data, row, scratch.Blocks);
                passes.SplitRows(scratch.Blocks, columns, twist, row, scratch);
                passes.StoreRows(scratch.Blocks, data, row, canonical: true);
            });
        }
    }

    private static void Merge<TFr>(
        LanePasses<TFr> passes, Span<TFr> values, ulong[]? columnFactors, LaneTwist twist, ulong[]? rowFactors)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // Pinned for both passes, as above.
        fixed (TFr* pointer = values)
        fixed (ulong* byRow = rowFactors, byColumn = columnFactors)
        {
            ulong* data = (ulong*)pointer, rows = byRow, columns = byColumn;
            passes.ForRows((row, scratch) =>
            {
                passes.LoadRows(data, row, scratch.Blocks);
                passes.MergeRows(scratch.Blocks, columns, twist, row, scratch);
                passes.StoreRows(scratch.Blocks, data, row, canonical: false);
            });
            passes.ForColumns((column, scratch) =>
            {
                passes.LoadColumns(data, column, scratch.Blocks);
                passes.MergeColumns(scratch.Blocks, rows);
                passes.StoreColumns(scratch.Blocks, data, column, canonical: true);
            });
        }
    }

    private static void Permute<TFr>(NttDomain<TFr> domain, Span<TFr> values, NttOrder order, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (order == NttOrder.NaturalToNatural)
        {
            // Pinned for the call, whose workers stay within the domain's size.
            fixed (TFr* data = values)
            {
                PortableNtt.Permute(data, domain.LogSize, options);
            }
        }
    }
}
