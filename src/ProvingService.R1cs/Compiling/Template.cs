// Owns: a repeated part, simplified once, and where its copies lie. Who makes them: CircuitBuilder.Repeat.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// A part that is repeated. Its own wires are numbered: 0 is the constant 1, then the ports, then the wires that
/// simplification left (<see cref="Kept"/>).
/// </summary>
internal sealed class Template<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private Template(
        LinearPool<TF> pool, List<ConstraintEntry> written, List<ConstraintEntry> rows, WireEntry[] wires, int portCount, int[] kept, WitnessCode<TF> code)
    {
        Pool = pool;
        Written = written;
        Rows = rows;
        PortCount = portCount;
        Kept = kept;
        Code = code;
        KeptScopes = Array.ConvertAll(kept, wire => wires[wire].Scope);
        Numbers = new int[wires.Length];
        Array.Fill(Numbers, -1);
        for (int i = 0; i <= portCount; i++)
        {
            Numbers[i] = i;
        }

        for (int i = 0; i < kept.Length; i++)
        {
            Numbers[kept[i]] = portCount + 1 + i;
        }
    }

    public LinearPool<TF> Pool { get; }

    /// <summary>Constraints as written.</summary>
    public List<ConstraintEntry> Written { get; }

    /// <summary>Constraints after simplification, over the part's builder wires.</summary>
    public List<ConstraintEntry> Rows { get; }

    public int PortCount { get; }

    /// <summary>Builder wires of the part that stay, without the constant one and the ports; ascending.</summary>
    public int[] Kept { get; }

    /// <summary>The scope, within the part, of each of <see cref="Kept"/>.</summary>
    public int[] KeptScopes { get; }

    /// <summary>The number of each builder wire; −1 where it was removed.</summary>
    public int[] Numbers { get; }

    public WitnessCode<TF> Code { get; }

    /// <summary>Simplifies what a builder has collected; its wires 1 to portCount are the ports.</summary>
    public static Template<TF> Compile(CircuitBuilder<TF> part, int portCount, OptimizationLevel level, string name, CancellationToken cancellationToken)
    {
        WireEntry[] wires = part.Wires.ToArray();
        List<ConstraintEntry> rows = part.Constraints;
        Func<int, bool> isEliminated = _ => false;
        if (level != OptimizationLevel.O0)
        {
            string[] paths = CircuitCompiler.ScopePaths(part.Scopes, $"{name}[*]");
            var eliminator = new LinearEliminator<TF>(part.Pool, wires, rows, level, scope => paths[scope], cancellationToken);
            eliminator.Run();
            rows = eliminator.Rows;
            isEliminated = eliminator.IsEliminated;
        }

        var kept = new List<int>();
        for (int wire = portCount + 1; wire < wires.Length; wire++)
        {
            if (!isEliminated(wire))
            {
                kept.Add(wire);
            }
        }

        var code = new WitnessCode<TF>(part.Pool, part.Instructions.ToArray(), part.HintTable.ToArray(), wires.Length);
        return new(part.Pool, part.Constraints, rows, wires, portCount, kept.ToArray(), code);
    }
}

/// <summary>The copies of a part within a circuit.</summary>
/// <param name="Template">The part.</param>
/// <param name="Ports">For each copy the circuit's builder wires that are its ports.</param>
/// <param name="FirstScope">The circuit's scope that stands for all copies; the part's own scopes follow.</param>
internal sealed record RepeatEntry<TF>(Template<TF> Template, int[][] Ports, int FirstScope)
    where TF : unmanaged, IPrimeField<TF>
{
    public int Count => Ports.Length;

    /// <summary>The wires that all copies keep, and thus add to the circuit.</summary>
    public long WireCount => (long)Count * Template.Kept.Length;

    public long RowCount => (long)Count * Template.Rows.Count;
}
