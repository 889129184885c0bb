// Owns: a·b − c on a coset in lanes, from evaluations to integers. The passes: LanePasses.cs. The contract: INttEngine.cs.

namespace ProvingService.Algebra;

/// <summary>
/// Three vectors go from ⟨ω⟩ to a coset in three passes, not four: a row that the inverse transform has finished is where the
/// forward one begins, so both, and the coset's factors between them, are one pass. Products with the factor of Montgomery's
/// form to be mended and the step from field elements to integers are part of the inverse transforms' factors. Scratch beside
/// the three vectors: 80·C + 480 words a thread, C as in <see cref="LaneDomain{TFr}"/>: 0.3 MiB for n = 2^18.
/// </summary>
internal static unsafe class LaneQuotient
{
    /// <summary>As <see cref="INttEngine.Quotient"/>, if tier, field and size have lanes.</summary>
    /// <returns>False where they have not; nothing is done then.</returns>
    public static bool TryEvaluate<TFr>(
        KernelTier tier,
        NttDomain<TFr> domain,
        Span<TFr> a,
        Span<TFr> b,
        Span<TFr> c,
        TFr shift,
        Span<Scalar256> result,
        EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (LaneNtt.Passes(tier, domain, inverted: true, ref options, vectors: 2) is not { } inverse
            || LaneNtt.Passes(tier, domain, inverted: false, ref options, vectors: 2) is not { } forward)
        {
            return false;
        }

        // a and b are x·2^256 in memory, products in lanes x·y/2^260. So a∘b starts as z·2^252, and a·b ends as x·y·2^252.
        LaneDomain<TFr> matrix = domain.Lanes(inverted: true);
        TFr correction = TFr.Inverse(Field.Pow(TFr.FromUInt64(2), 252UL)) * domain.SizeInverse;
        LaneTwist plain = new(LaneNtt.Starts(domain.SizeInverse, shift, matrix.LogRows), null);
        LaneTwist corrected = new(LaneNtt.Starts(correction, shift, matrix.LogRows), null);
        LaneTwist one = new(LaneDomain<TFr>.ToBlocks(TFr.One), null);

        // Pinned for all passes: workers address the vectors and factors by these pointers, within the matrix.
        fixed (TFr* pointerA = a, pointerB = b, pointerC = c)
        fixed (Scalar256* pointerResult = result)
        fixed (ulong* pointerFactors = LaneNtt.Factors(LaneNtt.Raise(shift, matrix.LogRows), matrix.LogColumns, reversed: true))
        {
            ulong* wordsA = (ulong*)pointerA, wordsB = (ulong*)pointerB, wordsC = (ulong*)pointerC;
            ulong* target = (ulong*)pointerResult, factors = pointerFactors;
            inverse.ForColumns((column, scratch) =>
            {
                inverse.LoadColumns(wordsA, column, scratch.Blocks);
                inverse.LoadColumns(wordsB, column, scratch.More);
                inverse.MultiplyColumns(scratch.Blocks, scratch.More);
                SplitColumns(wordsC, column, scratch.Blocks);
                inverse.LoadColumns(wordsA, column, scratch.Blocks);
                SplitColumns(wordsA, column, scratch.Blocks);
                inverse.LoadColumns(wordsB, column, scratch.Blocks);
                SplitColumns(wordsB, column, scratch.Blocks);
            });
            inverse.ForRows((row, scratch) =>
            {
                Rows(wordsA, row, plain, scratch);
                Rows(wordsB, row, corrected, scratch);
                Rows(wordsC, row, corrected, scratch);
            });
            forward.ForColumns((column, scratch) =>
            {
                MergeColumns(wordsA, column, scratch.Blocks);
                MergeColumns(wordsB, column, scratch.More);
                forward.MultiplyColumns(scratch.Blocks, scratch.More);
                MergeColumns(wordsC, column, scratch.More);
                forward.SubtractColumns(scratch.Blocks, scratch.More);
                forward.StoreColumns(scratch.Blocks, target, column, canonical: true);
            });

            void SplitColumns(ulong* data, long column, ulong* blocks)
            {
                inverse.SplitColumns(blocks, null);
                inverse.StoreColumns(blocks, data, column, canonical: false);
            }

            void Rows(ulong* data, int row, in LaneTwist twist, LaneScratch scratch)
            {
                inverse.LoadRows(data, row, scratch.Blocks);
                inverse.SplitRows(scratch.Blocks, factors, twist, row, scratch);
                forward.MergeRows(scratch.Blocks, null, one, row, scratch);
                forward.StoreRows(scratch.Blocks, data, row, canonical: false);
            }

            void MergeColumns(ulong* data, long column, ulong* blocks)
            {
                forward.LoadColumns(data, column, blocks);
                forward.MergeColumns(blocks, null);
            }
        }

        return true;
    }
}
