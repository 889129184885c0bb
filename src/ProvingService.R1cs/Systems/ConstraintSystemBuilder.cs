// Owns: assembling the three matrices row by row, from the compiler or from a file.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>Rows of one matrix as they arrive.</summary>
internal sealed class MatrixRows<TF>(CoefficientTable<TF> table)
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly List<int> starts = [0];
    private int[] wires = new int[64];
    private int[] numbers = new int[64];
    private int count;

    /// <summary>Makes room for so many more rows and terms, exactly: doubling would take twice the memory of a large batch.</summary>
    /// <exception cref="InvalidOperationException">There are more terms than an array holds.</exception>
    public void Reserve(int rows, long terms)
    {
        if (count + terms > Array.MaxLength)
        {
            throw new InvalidOperationException($"A matrix of a circuit has at most {Array.MaxLength} terms, not {count + terms}.");
        }

        starts.EnsureCapacity(starts.Count + rows);
        if (count + terms > wires.Length)
        {
            Array.Resize(ref wires, (int)(count + terms));
            Array.Resize(ref numbers, (int)(count + terms));
        }
    }

    /// <summary>Adds a term to the row being made.</summary>
    public void Add(int wire, int coefficientNumber)
    {
        if (count == wires.Length)
        {
            int capacity = (int)Math.Min(Array.MaxLength, 2L * count);
            Array.Resize(ref wires, capacity);
            Array.Resize(ref numbers, capacity);
        }

        wires[count] = wire;
        numbers[count++] = coefficientNumber;
    }

    /// <summary>Adds a term whose coefficient is not in the table yet.</summary>
    public void Add(int wire, in TF coefficient) => Add(wire, table.Intern(coefficient));

    /// <summary>Closes the row and sorts it by wire.</summary>
    /// <returns>A wire that occurs twice, or −1.</returns>
    public int EndRow()
    {
        int start = starts[^1];
        starts.Add(count);
        Span<int> row = wires.AsSpan(start, count - start);
        bool ascending = true;
        for (int k = 1; k < row.Length; k++)
        {
            ascending &= row[k - 1] < row[k];
        }

        if (ascending)
        {
            return -1;
        }

        row.Sort(numbers.AsSpan(start, count - start));
        for (int k = 1; k < row.Length; k++)
        {
            if (row[k] == row[k - 1])
            {
                return row[k];
            }
        }

        return -1;
    }

    public SparseMatrix<TF> ToMatrix(TF[] coefficients)
    {
        Array.Resize(ref wires, count);
        Array.Resize(ref numbers, count);
        return new(starts.ToArray(), wires, numbers, coefficients);
    }
}

/// <summary>The three matrices as they arrive.</summary>
internal sealed class ConstraintSystemBuilder<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public ConstraintSystemBuilder(CoefficientTable<TF> table)
    {
        Table = table;
        A = new(table);
        B = new(table);
        C = new(table);
    }

    public CoefficientTable<TF> Table { get; }

    public MatrixRows<TF> A { get; }

    public MatrixRows<TF> B { get; }

    public MatrixRows<TF> C { get; }

    public ConstraintSystem<TF> Build(int wireCount, int publicOutputs, int publicInputs, int privateInputs)
    {
        TF[] coefficients = Table.Values.AsSpan(0, Table.Count).ToArray();
        return new(
            wireCount, publicOutputs, publicInputs, privateInputs, A.ToMatrix(coefficients), B.ToMatrix(coefficients), C.ToMatrix(coefficients));
    }
}
