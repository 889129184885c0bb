// Owns: the terms of a constraint system by row and by wire, the three matrices side by side. Never: what is done with them.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.TestKit;

/// <summary>
/// One wire in one row. <see cref="Index"/> is the wire where a row is listed and the row where a wire is; A, B and C are
/// places in the table of coefficients, or −1 where the wire does not occur in that matrix.
/// </summary>
internal readonly record struct ConstraintTerm(int Index, int A, int B, int C);

/// <summary>
/// Rows and columns of A, B and C merged: what a change of one wire does is found in the rows of that wire alone. 16 bytes a
/// term, twice. Immutable.
/// </summary>
internal sealed class ConstraintIndex<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly int[] rowStarts;
    private readonly ConstraintTerm[] rowTerms;
    private readonly int[] columnStarts;
    private readonly ConstraintTerm[] columnTerms;
    private readonly TF[] coefficients;

    public ConstraintIndex(ConstraintSystem<TF> system)
    {
        coefficients = system.A.Coefficients.ToArray();
        rowStarts = new int[system.ConstraintCount + 1];
        columnStarts = new int[system.WireCount + 2];
        var terms = new List<ConstraintTerm>(system.C.TermCount);
        for (int row = 0; row < system.ConstraintCount; row++)
        {
            Merge(system, row, terms);
            rowStarts[row + 1] = terms.Count;
        }

        rowTerms = terms.ToArray();
        foreach (ConstraintTerm term in rowTerms)
        {
            columnStarts[term.Index + 2]++;
        }

        for (int i = 2; i < columnStarts.Length; i++)
        {
            columnStarts[i] += columnStarts[i - 1];
        }

        // columnStarts[wire + 1] is where the wire's next term goes, and ends as the place where the following wire begins.
        columnTerms = new ConstraintTerm[rowTerms.Length];
        for (int row = 0; row < system.ConstraintCount; row++)
        {
            foreach (ConstraintTerm term in Row(row))
            {
                columnTerms[columnStarts[term.Index + 1]++] = term with { Index = row };
            }
        }
    }

    public int RowCount => rowStarts.Length - 1;

    /// <summary>The wires of a row, ascending.</summary>
    public ReadOnlySpan<ConstraintTerm> Row(int row) => rowTerms.AsSpan(rowStarts[row]..rowStarts[row + 1]);

    /// <summary>The rows of a wire, ascending.</summary>
    public ReadOnlySpan<ConstraintTerm> Column(int wire) => columnTerms.AsSpan(columnStarts[wire]..columnStarts[wire + 1]);

    /// <summary>A coefficient by its place in the table; 0 for −1.</summary>
    public TF Coefficient(int place) => place < 0 ? TF.Zero : coefficients[place];

    private static void Merge(ConstraintSystem<TF> system, int row, List<ConstraintTerm> terms)
    {
        int i = system.A.RowStarts[row], j = system.B.RowStarts[row], k = system.C.RowStarts[row];
        int iEnd = system.A.RowStarts[row + 1], jEnd = system.B.RowStarts[row + 1], kEnd = system.C.RowStarts[row + 1];
        while (i < iEnd || j < jEnd || k < kEnd)
        {
            int a = i < iEnd ? system.A.Wires[i] : int.MaxValue;
            int b = j < jEnd ? system.B.Wires[j] : int.MaxValue;
            int c = k < kEnd ? system.C.Wires[k] : int.MaxValue;
            int wire = Math.Min(a, Math.Min(b, c));
            terms.Add(new(
                wire,
                a == wire ? system.A.CoefficientNumbers[i++] : -1,
                b == wire ? system.B.CoefficientNumbers[j++] : -1,
                c == wire ? system.C.CoefficientNumbers[k++] : -1));
        }
    }
}
