// Owns: in which constraints a wire matters, and which constraints free wires can always satisfy. Words for it: ConstraintLinter.cs.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// How many constraints each wire matters in, and which one if it is one. Terms that are multiplied by zero do not count. Linear
/// time; 8 bytes a wire.
/// </summary>
internal sealed class WireUse<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly ConstraintSystem<TF> system;
    private readonly int[] counts;

    /// <summary>The exclusive or of the constraints' numbers: where there is one, its number.</summary>
    private readonly int[] mixed;
    private readonly List<int> wires = [];

    public WireUse(ConstraintSystem<TF> system)
    {
        this.system = system;
        counts = new int[system.WireCount];
        mixed = new int[system.WireCount];
        for (int row = 0; row < system.ConstraintCount; row++)
        {
            Collect(row);
            foreach (int wire in wires)
            {
                counts[wire]++;
                mixed[wire] ^= row;
            }
        }
    }

    /// <summary>Whether the product of a row is zero though one of its factors is not.</summary>
    public static bool MultipliesByZero(ConstraintSystem<TF> system, int row) =>
        (system.A.Row(row).Length == 0) != (system.B.Row(row).Length == 0);

    /// <summary>In how many constraints a wire matters.</summary>
    public int Count(int wire) => counts[wire];

    /// <summary>The only constraint in which a wire matters, if it can always be chosen to make that true; else −1.</summary>
    public int FreeIn(int wire) => counts[wire] == 1 && IsLinear(wire, mixed[wire]) ? mixed[wire] : -1;

    /// <summary>
    /// Takes away every constraint that a free private wire can make true, and then those that have become such. Afterwards counts
    /// are of the constraints that are left.
    /// </summary>
    public void RemoveAbsorbed()
    {
        var open = new Stack<int>();
        for (int wire = system.PublicCount + 1; wire < counts.Length; wire++)
        {
            open.Push(wire);
        }

        while (open.TryPop(out int wire))
        {
            int row = FreeIn(wire);
            if (row < 0)
            {
                continue;
            }

            Collect(row);
            foreach (int other in wires)
            {
                mixed[other] ^= row;
                if (--counts[other] == 1 && other > system.PublicCount)
                {
                    open.Push(other);
                }
            }
        }
    }

    /// <summary>Whether a constraint has the form k·wire = (something without the wire), k a constant that is not zero.</summary>
    private bool IsLinear(int wire, int row)
    {
        SparseRow<TF> a = system.A.Row(row), b = system.B.Row(row), c = system.C.Row(row);
        TF inA = Coefficient(a, wire), inB = Coefficient(b, wire), inC = Coefficient(c, wire);
        if (a.Length == 0 || b.Length == 0 || (TF.IsZero(inA) && TF.IsZero(inB)))
        {
            return !TF.IsZero(inC);
        }

        return IsConstant(b) ? inA * b.Coefficient(0) != inC : IsConstant(a) && inB * a.Coefficient(0) != inC;

        static bool IsConstant(SparseRow<TF> terms) => terms.Length == 1 && terms.Wires[0] == 0;
    }

    private static TF Coefficient(SparseRow<TF> row, int wire)
    {
        int at = row.Wires.BinarySearch(wire);
        return at < 0 ? TF.Zero : row.Coefficient(at);
    }

    /// <summary>The wires that matter in a row, each once, but the constant.</summary>
    private void Collect(int row)
    {
        wires.Clear();
        ReadOnlySpan<int> a = system.A.Row(row).Wires, b = system.B.Row(row).Wires, c = system.C.Row(row).Wires;
        if (a.IsEmpty || b.IsEmpty)
        {
            a = b = [];
        }

        for (int i = 0, j = 0, k = 0; i < a.Length || j < b.Length || k < c.Length;)
        {
            int next = Math.Min(At(a, i), Math.Min(At(b, j), At(c, k)));
            i += At(a, i) == next ? 1 : 0;
            j += At(b, j) == next ? 1 : 0;
            k += At(c, k) == next ? 1 : 0;
            if (next != 0)
            {
                wires.Add(next);
            }
        }

        static int At(ReadOnlySpan<int> terms, int index) => index < terms.Length ? terms[index] : int.MaxValue;
    }
}
