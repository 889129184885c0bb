// Owns: one of the three matrices of a constraint system, by rows. Never: what the rows mean.

using System.Runtime.CompilerServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// A sparse matrix, compressed by rows: row i owns the terms [RowStarts[i], RowStarts[i+1]). Within a row wires ascend
/// strictly and no coefficient is zero. Coefficients are numbers into a table that the three matrices of a system share;
/// number 0 is the coefficient 1 and number 1 is −1. 8 bytes a term. Immutable, safe to read from many threads.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class SparseMatrix<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly int[] rowStarts;
    private readonly int[] wires;
    private readonly int[] coefficientNumbers;
    private readonly TF[] coefficients;

    internal SparseMatrix(int[] rowStarts, int[] wires, int[] coefficientNumbers, TF[] coefficients)
    {
        this.rowStarts = rowStarts;
        this.wires = wires;
        this.coefficientNumbers = coefficientNumbers;
        this.coefficients = coefficients;
    }

    /// <summary>The number of rows: constraints.</summary>
    public int RowCount => rowStarts.Length - 1;

    /// <summary>The number of terms in all rows.</summary>
    public int TermCount => rowStarts[^1];

    /// <summary>RowCount + 1 positions into <see cref="Wires"/> and <see cref="CoefficientNumbers"/>.</summary>
    public ReadOnlySpan<int> RowStarts => rowStarts;

    /// <summary>The wire of each term.</summary>
    public ReadOnlySpan<int> Wires => wires.AsSpan(0, TermCount);

    /// <summary>The place in <see cref="Coefficients"/> of each term's coefficient.</summary>
    public ReadOnlySpan<int> CoefficientNumbers => coefficientNumbers.AsSpan(0, TermCount);

    /// <summary>The table of coefficients shared by the three matrices; 1 and −1 come first.</summary>
    public ReadOnlySpan<TF> Coefficients => coefficients;

    /// <summary>One row.</summary>
    public SparseRow<TF> Row(int row)
    {
        int start = rowStarts[row], length = rowStarts[row + 1] - start;
        return new(wires.AsSpan(start, length), coefficientNumbers.AsSpan(start, length), coefficients);
    }

    /// <summary>The value of one row: Σ coefficient · witness[wire].</summary>
    /// <param name="row">0 to RowCount − 1.</param>
    /// <param name="witness">One element a wire.</param>
    public TF EvaluateRow(int row, ReadOnlySpan<TF> witness)
    {
        int start = rowStarts[row], length = rowStarts[row + 1] - start;
        return LinearPool<TF>.Evaluate(wires.AsSpan(start, length), coefficientNumbers.AsSpan(start, length), coefficients, witness);
    }

    /// <summary>Matrix times witness, on all cores. Costs a multiplication a term whose coefficient is not ±1.</summary>
    /// <param name="witness">One element a wire.</param>
    /// <param name="result">At least RowCount elements; what lies beyond is left alone.</param>
    public unsafe void Multiply(ReadOnlySpan<TF> witness, Span<TF> result)
    {
        if (result.Length < RowCount)
        {
            throw new ArgumentException($"The result takes {RowCount} elements, not {result.Length}.");
        }

        if (RowCount < RowBlock)
        {
            for (int row = 0; row < RowCount; row++)
            {
                result[row] = EvaluateRow(row, witness);
            }

            return;
        }

        // Spans cannot enter a lambda; both stay pinned until Parallel.For has returned, and each block writes rows of its own.
        fixed (TF* witnessPointer = witness, resultPointer = result)
        {
            TF* w = witnessPointer, r = resultPointer;
            int witnessLength = witness.Length;
            Parallel.For(0, (RowCount + RowBlock - 1) / RowBlock, block =>
            {
                var source = new ReadOnlySpan<TF>(w, witnessLength);
                int end = Math.Min(RowCount, (block + 1) * RowBlock);
                for (int row = block * RowBlock; row < end; row++)
                {
                    r[row] = EvaluateRow(row, source);
                }
            });
        }
    }

    /// <summary>Rows handed to a thread at a time: about 100 µs of work, so that scheduling costs under a percent.</summary>
    internal const int RowBlock = 1024;
}

/// <summary>One row of a <see cref="SparseMatrix{TF}"/>.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public readonly ref struct SparseRow<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly ReadOnlySpan<TF> coefficients;

    internal SparseRow(ReadOnlySpan<int> wires, ReadOnlySpan<int> coefficientNumbers, ReadOnlySpan<TF> coefficients)
    {
        Wires = wires;
        CoefficientNumbers = coefficientNumbers;
        this.coefficients = coefficients;
    }

    /// <summary>The number of terms.</summary>
    public int Length => Wires.Length;

    /// <summary>The wires, ascending.</summary>
    public ReadOnlySpan<int> Wires { get; }

    /// <summary>The place of each term's coefficient in the table that the matrices of a system share.</summary>
    internal ReadOnlySpan<int> CoefficientNumbers { get; }

    /// <summary>The coefficient of term <paramref name="k"/>, never zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly TF Coefficient(int k) => ref coefficients[CoefficientNumbers[k]];
}
