// Owns: the rank of a sparse matrix over a prime field and the columns that its rows leave free.

using ProvingService.Algebra;

namespace ProvingService.TestKit;

/// <summary>
/// Gaussian elimination on sparse rows. A column that occurs in one row is that row's pivot without any arithmetic, and
/// both go; in the core that remains, the shortest row is the next pivot row and its rarest column the pivot. Whether
/// a column can move is read off a random vector of the kernel: right but for a chance of about 1/p a column.
/// </summary>
internal sealed class SparseElimination<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The most columns of the core. Its elimination costs up to their cube, and sound circuits leave few.</summary>
    public const int MaxCore = 4000;

    private readonly List<(int Column, TF Value)[]> rows;
    private readonly int columnCount;
    private readonly List<(int Column, (int Column, TF Value)[] Row)> pivots = [];
    private readonly bool[] hasPivot;

    public SparseElimination(List<(int Column, TF Value)[]> rows, int columnCount)
    {
        this.rows = rows;
        this.columnCount = columnCount;
        hasPivot = new bool[columnCount];
    }

    /// <summary>Columns minus rank, and the columns that are not 0 throughout the kernel.</summary>
    public (int Deficit, int[] Free) Run()
    {
        EliminateCore(Peel());
        int deficit = hasPivot.Count(has => !has);
        return (deficit, deficit == 0 ? [] : MovingColumns());
    }

    private bool[] Peel()
    {
        var rowsOfColumn = new List<int>[columnCount];
        int[] count = new int[columnCount];
        for (int i = 0; i < columnCount; i++)
        {
            rowsOfColumn[i] = [];
        }

        for (int row = 0; row < rows.Count; row++)
        {
            foreach ((int column, _) in rows[row])
            {
                rowsOfColumn[column].Add(row);
                count[column]++;
            }
        }

        bool[] isPeeled = new bool[rows.Count];
        var ready = new Queue<int>(Enumerable.Range(0, columnCount).Where(column => count[column] == 1));
        while (ready.TryDequeue(out int column))
        {
            if (count[column] != 1)
            {
                continue;
            }

            int row = rowsOfColumn[column].Find(r => !isPeeled[r]);
            isPeeled[row] = true;
            AddPivot(column, rows[row]);
            foreach ((int other, _) in rows[row])
            {
                if (--count[other] == 1)
                {
                    ready.Enqueue(other);
                }
            }
        }

        return isPeeled;
    }

    private void EliminateCore(bool[] isPeeled)
    {
        var core = new Dictionary<int, Dictionary<int, TF>>();
        var rowsOfColumn = new Dictionary<int, HashSet<int>>();
        var queue = new PriorityQueue<int, int>();
        for (int row = 0; row < rows.Count; row++)
        {
            if (!isPeeled[row])
            {
                core.Add(row, rows[row].ToDictionary(term => term.Column, term => term.Value));
                queue.Enqueue(row, rows[row].Length);
                foreach ((int column, _) in rows[row])
                {
                    RowsOf(column).Add(row);
                }
            }
        }

        if (rowsOfColumn.Count > MaxCore)
        {
            throw new InvalidOperationException(
                $"{rowsOfColumn.Count} wires are determined only together; at most {MaxCore} can be told apart. "
                + "Check the circuit at O0, or a smaller instance of it.");
        }

        while (queue.TryDequeue(out int row, out int length))
        {
            Dictionary<int, TF> terms = core[row];
            if (terms.Count == 0)
            {
                continue;
            }

            if (terms.Count != length)
            {
                queue.Enqueue(row, terms.Count);
                continue;
            }

            int pivot = terms.Keys.MinBy(column => rowsOfColumn[column].Count);
            TF inverse = -TF.Inverse(terms[pivot]);
            AddPivot(pivot, terms.Select(term => (term.Key, term.Value)).ToArray());
            foreach (int column in terms.Keys)
            {
                rowsOfColumn[column].Remove(row);
            }

            foreach (int other in rowsOfColumn[pivot].ToArray())
            {
                AddMultiple(core[other], other, terms, core[other][pivot] * inverse);
            }
        }

        void AddMultiple(Dictionary<int, TF> target, int targetRow, Dictionary<int, TF> source, TF factor)
        {
            foreach ((int column, TF value) in source)
            {
                TF sum = target.GetValueOrDefault(column) + (factor * value);
                if (TF.IsZero(sum))
                {
                    target.Remove(column);
                    RowsOf(column).Remove(targetRow);
                }
                else
                {
                    target[column] = sum;
                    RowsOf(column).Add(targetRow);
                }
            }
        }

        HashSet<int> RowsOf(int column)
        {
            if (!rowsOfColumn.TryGetValue(column, out HashSet<int>? set))
            {
                rowsOfColumn.Add(column, set = []);
            }

            return set;
        }
    }

    private void AddPivot(int column, (int Column, TF Value)[] row)
    {
        hasPivot[column] = true;
        pivots.Add((column, row));
    }

    /// <summary>Columns without a pivot take random values; each pivot row, the last first, then gives its column's.</summary>
    private int[] MovingColumns()
    {
        var random = new Random(1);
        var values = new TF[columnCount];
        for (int i = 0; i < columnCount; i++)
        {
            values[i] = hasPivot[i] ? TF.Zero : RandomElements.Next<TF>(random);
        }

        for (int i = pivots.Count - 1; i >= 0; i--)
        {
            TF sum = TF.Zero, own = TF.Zero;
            foreach ((int column, TF value) in pivots[i].Row)
            {
                if (column == pivots[i].Column)
                {
                    own = value;
                }
                else
                {
                    sum += value * values[column];
                }
            }

            values[pivots[i].Column] = TF.IsZero(sum) ? TF.Zero : -sum * TF.Inverse(own);
        }

        return Enumerable.Range(0, columnCount).Where(column => !TF.IsZero(values[column])).ToArray();
    }
}

/// <summary>Non-zero elements from a seeded generator.</summary>
internal static class RandomElements
{
    public static TF Next<TF>(Random random)
        where TF : unmanaged, IPrimeField<TF>
    {
        byte[] bytes = new byte[(8 * TF.LimbCount) + 8];
        while (true)
        {
            random.NextBytes(bytes);
            TF element = TF.FromBigInteger(new System.Numerics.BigInteger(bytes, isUnsigned: true));
            if (!TF.IsZero(element))
            {
                return element;
            }
        }
    }
}
