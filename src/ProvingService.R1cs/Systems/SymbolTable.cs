// Owns: names of wires and constraints. Names are made when asked for: a circuit of a million wires keeps no million strings.

using System.Globalization;

namespace ProvingService.R1cs;

/// <summary>
/// Names of wires and scopes of constraints. A label is a signal of the circuit as it was written; after optimisation
/// some labels have no wire. iden3's .r1cs maps wires to labels, its .sym maps labels to names. Immutable.
/// </summary>
public sealed class SymbolTable
{
    private readonly int[] labelOfWire;
    private readonly int[] wireOfLabel;
    private readonly Func<int, string> labelName;
    private readonly Func<int, string> constraintScope;

    internal SymbolTable(int[] labelOfWire, int[] wireOfLabel, Func<int, string> labelName, Func<int, string> constraintScope)
    {
        this.labelOfWire = labelOfWire;
        this.wireOfLabel = wireOfLabel;
        this.labelName = labelName;
        this.constraintScope = constraintScope;
    }

    /// <summary>The number of wires, the constant one included.</summary>
    public int WireCount => labelOfWire.Length;

    /// <summary>The number of labels, label 0 of the constant one included.</summary>
    public int LabelCount => wireOfLabel.Length;

    /// <summary>The label of each wire; −1 where a .sym file names none.</summary>
    public ReadOnlySpan<int> LabelOfWire => labelOfWire;

    /// <summary>The wire of each label; −1 where optimisation removed it.</summary>
    public ReadOnlySpan<int> WireOfLabel => wireOfLabel;

    /// <summary>The name of a label: <c>main.path[3].w17</c>; wires without a name of their own are numbered.</summary>
    public string LabelName(int label) => label == 0 ? "one" : labelName(label);

    /// <summary>The name of a wire.</summary>
    public string WireName(int wire)
    {
        if (wire == 0)
        {
            return "one";
        }

        int label = labelOfWire[wire];
        return label < 0 ? string.Create(CultureInfo.InvariantCulture, $"wire {wire}") : LabelName(label);
    }

    /// <summary>The scope in which a constraint was added; empty where it is not known.</summary>
    public string ConstraintScope(int constraint) => constraintScope(constraint);
}
