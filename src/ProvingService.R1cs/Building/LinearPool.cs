// Owns: flat storage of linear combinations with a shared table of coefficients. Never: what they are used for.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// Coefficients that occur, each once. Real circuits use few (a chain of a million products uses two), so a term takes
/// 8 bytes instead of 40 and multiplications by 1 and −1 are recognised by their number.
/// </summary>
internal sealed class CoefficientTable<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public const int One = 0;
    public const int MinusOne = 1;

    private readonly Dictionary<TF, int> numbers = [];
    private TF[] values = new TF[16];

    public CoefficientTable()
    {
        Intern(TF.One);
        Intern(-TF.One);
    }

    public int Count => numbers.Count;

    public TF[] Values => values;

    public int Intern(in TF value)
    {
        if (numbers.TryGetValue(value, out int number))
        {
            return number;
        }

        number = numbers.Count;
        if (number == values.Length)
        {
            Array.Resize(ref values, 2 * number);
        }

        values[number] = value;
        numbers.Add(value, number);
        return number;
    }
}

/// <summary>Append-only list of linear combinations, each known by its number.</summary>
internal sealed class LinearPool<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private int[] starts = new int[64];
    private int[] wires = new int[64];
    private int[] coefficients = new int[64];
    private int termCount;

    public LinearPool()
    {
        Append([]);
        Append([new LinearTerm<TF>(0, TF.One)]);
    }

    /// <summary>The number of the empty combination.</summary>
    public static int Zero => 0;

    /// <summary>The number of the constant 1.</summary>
    public static int One => 1;

    public CoefficientTable<TF> Coefficients { get; } = new();

    public int Count { get; private set; }

    public int Append(ReadOnlySpan<LinearTerm<TF>> terms)
    {
        Begin(terms.Length);
        foreach (ref readonly LinearTerm<TF> term in terms)
        {
            wires[termCount] = term.Wire;
            coefficients[termCount++] = Coefficients.Intern(term.Coefficient);
        }

        return End();
    }

    /// <summary>Appends sorted wires whose values are looked up in a dense array.</summary>
    public int Append(ReadOnlySpan<int> sortedWires, ReadOnlySpan<TF> dense)
    {
        Begin(sortedWires.Length);
        foreach (int wire in sortedWires)
        {
            wires[termCount] = wire;
            coefficients[termCount++] = Coefficients.Intern(dense[wire]);
        }

        return End();
    }

    public int Length(int number) => starts[number + 1] - starts[number];

    public ReadOnlySpan<int> Wires(int number) => wires.AsSpan(starts[number], Length(number));

    public ReadOnlySpan<int> CoefficientNumbers(int number) => coefficients.AsSpan(starts[number], Length(number));

    /// <summary>Whether no wire but the constant one occurs.</summary>
    public bool IsConstant(int number)
    {
        int length = Length(number);
        return length == 0 || (length == 1 && wires[starts[number]] == 0);
    }

    public TF ConstantPart(int number) =>
        Length(number) > 0 && wires[starts[number]] == 0 ? Coefficients.Values[coefficients[starts[number]]] : TF.Zero;

    /// <summary>The value under an assignment of all wires.</summary>
    public TF Evaluate(int number, ReadOnlySpan<TF> values) => Evaluate(Wires(number), CoefficientNumbers(number), Coefficients.Values, values);

    /// <summary>
    /// Σ table[coefficient] · values[wire], without a product where the coefficient is 1 or −1; other products are taken in
    /// pairs, which share a reduction.
    /// </summary>
    public static TF Evaluate(ReadOnlySpan<int> wires, ReadOnlySpan<int> coefficients, TF[] table, ReadOnlySpan<TF> values)
    {
        TF sum = default;
        int waiting = -1;
        coefficients = coefficients[..wires.Length];
        for (int k = 0; k < wires.Length; k++)
        {
            if (coefficients[k] == CoefficientTable<TF>.One)
            {
                sum += values[wires[k]];
            }
            else if (coefficients[k] == CoefficientTable<TF>.MinusOne)
            {
                sum -= values[wires[k]];
            }
            else if (waiting < 0)
            {
                waiting = k;
            }
            else
            {
                sum += TF.SumOfProducts(table[coefficients[waiting]], values[wires[waiting]], table[coefficients[k]], values[wires[k]]);
                waiting = -1;
            }
        }

        return waiting < 0 ? sum : sum + (table[coefficients[waiting]] * values[wires[waiting]]);
    }

    private void Begin(int length)
    {
        if (Count + 2 > starts.Length)
        {
            Array.Resize(ref starts, 2 * starts.Length);
        }

        if (termCount + length > wires.Length)
        {
            int capacity = (int)Math.Min(Array.MaxLength, Math.Max(2L * wires.Length, termCount + (long)length));
            Array.Resize(ref wires, capacity);
            Array.Resize(ref coefficients, capacity);
        }
    }

    private int End()
    {
        starts[++Count] = termCount;
        return Count - 1;
    }
}
