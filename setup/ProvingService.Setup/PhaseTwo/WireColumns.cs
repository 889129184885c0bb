// Owns: a matrix of a constraint system by columns: where each wire stands. By rows: R1cs/Systems/SparseMatrix.cs.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// The terms of a matrix by wire, in ascending rows: 8 bytes a term. Coefficients stay numbers into the table that the three
/// matrices share, in which number 0 is 1.
/// </summary>
internal sealed class WireColumns
{
    private readonly int[] starts;

    private WireColumns(int[] starts, int[] rows, int[] numbers)
    {
        this.starts = starts;
        Rows = rows;
        Numbers = numbers;
    }

    /// <summary>The row of each term.</summary>
    public int[] Rows { get; }

    /// <summary>The coefficient's number of each term.</summary>
    public int[] Numbers { get; }

    /// <summary>The first term of a wire; that of one beyond the last is the number of terms.</summary>
    public int StartOf(int wire) => starts[wire];

    /// <summary>The columns of a matrix, and a coefficient 1 in a row of its own, behind the last, for each of the first wires.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="wires">The number of columns.</param>
    /// <param name="bound">The number of first wires with a row of their own.</param>
    public static WireColumns Of<TFr>(SparseMatrix<TFr> matrix, int wires, int bound = 0)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        ReadOnlySpan<int> wireOf = matrix.Wires, numberOf = matrix.CoefficientNumbers, rowStarts = matrix.RowStarts;
        var starts = new int[wires + 1];
        foreach (int wire in wireOf)
        {
            starts[wire + 1]++;
        }

        for (int s = 0; s < wires; s++)
        {
            starts[s + 1] += starts[s] + (s < bound ? 1 : 0);
        }

        var rows = new int[starts[wires]];
        var numbers = new int[rows.Length];
        int[] next = starts[..wires];
        for (int row = 0; row < matrix.RowCount; row++)
        {
            for (int k = rowStarts[row]; k < rowStarts[row + 1]; k++)
            {
                int at = next[wireOf[k]]++;
                rows[at] = row;
                numbers[at] = numberOf[k];
            }
        }

        for (int s = 0; s < bound; s++)
        {
            rows[next[s]] = matrix.RowCount + s;
        }

        return new(starts, rows, numbers);
    }
}
