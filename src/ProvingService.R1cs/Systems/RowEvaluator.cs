// Owns: evaluating the rows of a system one after another without doing the same row twice.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// Values of rows under one witness; remembers the last long row. Circuits use a sum of many terms several times in a row:
/// the S-box x⁵ of Poseidon is x · x, x² · x² and x⁴ · x, where x stands in three of the six places and is most of the work.
/// </summary>
/// <param name="witness">One element a wire.</param>
internal ref struct RowEvaluator<TF>(ReadOnlySpan<TF> witness)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>Shorter rows are evaluated as fast as compared, and do not displace a long one.</summary>
    internal const int ShortestKept = 3;

    private readonly ReadOnlySpan<TF> witness = witness;
    private SparseRow<TF> last;
    private TF value;

    /// <summary>The value of a row of any of the matrices of one system: they share the table of coefficients.</summary>
    public TF Evaluate(SparseMatrix<TF> matrix, int row)
    {
        SparseRow<TF> terms = matrix.Row(row);
        if (terms.Length < ShortestKept)
        {
            return matrix.EvaluateRow(row, witness);
        }

        if (!terms.Wires.SequenceEqual(last.Wires) || !terms.CoefficientNumbers.SequenceEqual(last.CoefficientNumbers))
        {
            value = matrix.EvaluateRow(row, witness);
            last = terms;
        }

        return value;
    }
}
