// Owns: where the copies of repeated parts lie among the wires and constraints of a compiled circuit.

using System.Globalization;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// The circuit's own rows and wires come first, then those of each repetition, copy after copy. Immutable.
/// </summary>
internal sealed class CopyLayout<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly RepeatEntry<TF>[] repeats;
    private readonly int[] firstRows;
    private readonly int[] firstWires;

    /// <exception cref="InvalidOperationException">The circuit is larger than <see cref="CircuitBuilder{TF}.MaxSize"/>.</exception>
    public CopyLayout(RepeatEntry<TF>[] repeats, int ownRows, int ownWires)
    {
        this.repeats = repeats;
        firstRows = new int[repeats.Length + 1];
        firstWires = new int[repeats.Length + 1];
        firstRows[0] = ownRows;
        firstWires[0] = ownWires;
        for (int i = 0; i < repeats.Length; i++)
        {
            long rowEnd = firstRows[i] + repeats[i].RowCount, wireEnd = firstWires[i] + repeats[i].WireCount;
            if (Math.Max(rowEnd, wireEnd) > CircuitBuilder<TF>.MaxSize)
            {
                throw new InvalidOperationException($"A circuit has at most {CircuitBuilder<TF>.MaxSize} wires and as many constraints.");
            }

            firstRows[i + 1] = (int)rowEnd;
            firstWires[i + 1] = (int)wireEnd;
        }
    }

    public IReadOnlyList<RepeatEntry<TF>> Repeats => repeats;

    /// <summary>The number of wires, copies included.</summary>
    public int WireEnd => firstWires[^1];

    /// <summary>The first wire that a copy keeps.</summary>
    public int FirstWire(int repeat, int copy) => firstWires[repeat] + (copy * repeats[repeat].Template.Kept.Length);

    /// <summary>The scope of a row of a copy, the copy named.</summary>
    public string ScopeOfRow(int row, string[] scopePaths)
    {
        int repeat = Locate(firstRows, row);
        Template<TF> template = repeats[repeat].Template;
        (int copy, int place) = int.DivRem(row - firstRows[repeat], template.Rows.Count);
        return Name(repeat, copy, template.Rows[place].Scope, scopePaths);
    }

    /// <summary>The scope of a wire of a copy, the copy named.</summary>
    public string ScopeOfWire(int wire, string[] scopePaths)
    {
        int repeat = Locate(firstWires, wire);
        Template<TF> template = repeats[repeat].Template;
        (int copy, int place) = int.DivRem(wire - firstWires[repeat], template.Kept.Length);
        return Name(repeat, copy, template.KeptScopes[place], scopePaths);
    }

    private static int Locate(int[] firsts, int position)
    {
        int repeat = firsts.Length - 2;
        while (firsts[repeat] > position)
        {
            repeat--;
        }

        return repeat;
    }

    /// <summary>The path of the scope that stands for all copies ends in [*], which here becomes the copy's number.</summary>
    private string Name(int repeat, int copy, int scope, string[] scopePaths)
    {
        int first = repeats[repeat].FirstScope;
        string all = scopePaths[first], inner = scopePaths[first + scope];
        return string.Create(CultureInfo.InvariantCulture, $"{all.AsSpan(0, all.Length - 3)}[{copy}]{inner.AsSpan(all.Length)}");
    }
}
