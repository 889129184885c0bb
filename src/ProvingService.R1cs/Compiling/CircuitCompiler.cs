// Owns: from a definition to a constraint system, a witness program and symbols. Simplification: LinearEliminator.

using System.Globalization;
using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>Compiles circuits. Deterministic: the same circuit, field and level give the same hash.</summary>
public static class CircuitCompiler
{
    /// <summary>
    /// The longest expression, in wires, that <see cref="OptimizationLevel.O2"/> puts in place of a wire. Without a limit a
    /// running total of n steps would grow to n² terms; the longest row of the published transfer circuits has 514.
    /// </summary>
    public const int MaxSubstitutionTerms = 1024;

    /// <summary>
    /// The most terms that <see cref="OptimizationLevel.O2"/> adds to other rows to be rid of one. A row and a wire cost a
    /// prover about as much as a few hundred terms (a place in three MSMs over G1 and one over G2); a decomposition into 255
    /// bits adds 508 and must pass.
    /// </summary>
    public const int MaxFillIn = 512;

    /// <summary>Compiles a circuit class.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="circuit">The circuit.</param>
    /// <param name="level">How far it is simplified.</param>
    /// <param name="cancellationToken">Observed every few thousand constraints, from the definition to the matrices.</param>
    /// <exception cref="ArgumentException">The definition is faulty: a constraint that no witness satisfies, a name taken twice.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CompiledCircuit<TF> Compile<TF>(
        ICircuit circuit, OptimizationLevel level = OptimizationLevel.O2, CancellationToken cancellationToken = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(circuit);
        return Compile<TF>(circuit.Name, circuit.Define, level, cancellationToken);
    }

    /// <summary>Compiles a circuit given as a function.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="name">The circuit's name.</param>
    /// <param name="define">Called once.</param>
    /// <param name="level">How far it is simplified.</param>
    /// <param name="cancellationToken">As for a circuit class.</param>
    /// <exception cref="ArgumentException">As for a circuit class.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CompiledCircuit<TF> Compile<TF>(
        string name,
        Action<CircuitBuilder<TF>> define,
        OptimizationLevel level = OptimizationLevel.O2,
        CancellationToken cancellationToken = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(define);
        var builder = new CircuitBuilder<TF>(level, cancellationToken: cancellationToken);
        define(builder);
        builder.Seal();

        WireEntry[] wires = builder.Wires.ToArray();
        RepeatEntry<TF>[] repeats = builder.Repeats.ToArray();
        string[] scopePaths = ScopePaths(builder.Scopes, "main");
        int[] before = CountByScope(builder.Constraints, repeats, scopePaths.Length, template => template.Written);
        List<ConstraintEntry> rows = builder.Constraints;
        Func<int, bool> isEliminated = _ => false;
        if (level != OptimizationLevel.O0)
        {
            var eliminator = new LinearEliminator<TF>(builder.Pool, wires, rows, level, scope => scopePaths[scope], cancellationToken);
            eliminator.Run();
            rows = eliminator.Rows;
            isEliminated = eliminator.IsEliminated;
        }

        int[] wireOfLabel = Number(wires, isEliminated, out int[] builderOfLabel, out int[] labelOfWire);
        var builderOfWire = new int[labelOfWire.Length];
        var wireOfBuilder = new int[wires.Length];
        for (int label = 0; label < wireOfLabel.Length; label++)
        {
            wireOfBuilder[builderOfLabel[label]] = wireOfLabel[label];
            if (wireOfLabel[label] >= 0)
            {
                builderOfWire[wireOfLabel[label]] = builderOfLabel[label];
            }
        }

        var layout = new CopyLayout<TF>(repeats, rows.Count, builderOfWire.Length);
        ConstraintSystem<TF> system = SystemAssembler.Assemble(builder.Pool, rows, wires, builderOfWire, wireOfBuilder, layout, cancellationToken);
        var code = new WitnessCode<TF>(builder.Pool, builder.Instructions.ToArray(), builder.HintTable.ToArray(), wires.Length);
        var program = new WitnessProgram<TF>(code, repeats, builder.Inputs.ToArray(), builderOfWire);
        SymbolTable symbols = Symbols(layout, rows, wires, scopePaths, builderOfLabel, wireOfLabel, labelOfWire);
        ScopeCount[] counts = Report(builder.Scopes, scopePaths, before, CountByScope(rows, repeats, scopePaths.Length, template => template.Rows));
        long wiresBefore = wires.Length + repeats.Sum(repeat => repeat.Count * (long)(repeat.Template.Numbers.Length - repeat.Template.PortCount - 1));
        return new(name, level, system, program, symbols, new CompilationReport(counts, checked((int)wiresBefore), system.WireCount));
    }

    /// <summary>Full names of scopes; the outermost scope of a circuit is called main, as circom calls it.</summary>
    internal static string[] ScopePaths(List<ScopeEntry> scopes, string outermost)
    {
        var paths = new string[scopes.Count];
        paths[0] = outermost;
        for (int i = 1; i < paths.Length; i++)
        {
            paths[i] = $"{paths[scopes[i].Parent]}.{scopes[i].Name}";
        }

        return paths;
    }

    /// <summary>
    /// Names of what the circuit itself has, then of what its copies keep. What simplification removes within a part that is
    /// repeated has no label: a batch of a hundred transfers would have five million of them.
    /// </summary>
    private static SymbolTable Symbols<TF>(
        CopyLayout<TF> layout,
        List<ConstraintEntry> rows,
        WireEntry[] wires,
        string[] scopePaths,
        int[] builderOfLabel,
        int[] wireOfLabel,
        int[] labelOfWire)
        where TF : unmanaged, IPrimeField<TF>
    {
        int ownLabels = wireOfLabel.Length, ownWires = labelOfWire.Length;
        Array.Resize(ref wireOfLabel, checked(ownLabels + (layout.WireEnd - ownWires)));
        Array.Resize(ref labelOfWire, layout.WireEnd);
        for (int i = 0; i < layout.WireEnd - ownWires; i++)
        {
            wireOfLabel[ownLabels + i] = ownWires + i;
            labelOfWire[ownWires + i] = ownLabels + i;
        }

        int[] scopeOfRow = new int[rows.Count];
        for (int i = 0; i < scopeOfRow.Length; i++)
        {
            scopeOfRow[i] = rows[i].Scope;
        }

        return new SymbolTable(labelOfWire, wireOfLabel, LabelName, row => row < scopeOfRow.Length
            ? scopePaths[scopeOfRow[row]]
            : layout.ScopeOfRow(row, scopePaths));

        string LabelName(int label)
        {
            if (label >= ownLabels)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{layout.ScopeOfWire(wireOfLabel[label], scopePaths)}.w{label}");
            }

            ref readonly WireEntry wire = ref wires[builderOfLabel[label]];
            return wire.Kind != WireKind.Internal
                ? $"{scopePaths[0]}.{wire.Name}"
                : string.Create(CultureInfo.InvariantCulture, $"{scopePaths[wire.Scope]}.w{label}");
        }
    }

    /// <summary>Labels in iden3's order; wires are the labels that were not eliminated, in the same order.</summary>
    private static int[] Number(WireEntry[] wires, Func<int, bool> isEliminated, out int[] builderOfLabel, out int[] labelOfWire)
    {
        builderOfLabel = new int[wires.Length];
        int next = 0;
        for (WireKind kind = WireKind.One; kind <= WireKind.Internal; kind++)
        {
            for (int i = 0; i < wires.Length; i++)
            {
                if (wires[i].Kind == kind)
                {
                    builderOfLabel[next++] = i;
                }
            }
        }

        var labels = new List<int>(wires.Length);
        var wireOfLabel = new int[wires.Length];
        for (int label = 0; label < wires.Length; label++)
        {
            if (isEliminated(builderOfLabel[label]))
            {
                wireOfLabel[label] = -1;
            }
            else
            {
                wireOfLabel[label] = labels.Count;
                labels.Add(label);
            }
        }

        labelOfWire = labels.ToArray();
        return wireOfLabel;
    }

    private static int[] CountByScope<TF>(
        List<ConstraintEntry> rows, RepeatEntry<TF>[] repeats, int scopeCount, Func<Template<TF>, List<ConstraintEntry>> rowsOf)
        where TF : unmanaged, IPrimeField<TF>
    {
        var counts = new int[scopeCount];
        foreach (ref readonly ConstraintEntry row in CollectionsMarshal.AsSpan(rows))
        {
            counts[row.Scope]++;
        }

        foreach (RepeatEntry<TF> repeat in repeats)
        {
            foreach (ref readonly ConstraintEntry row in CollectionsMarshal.AsSpan(rowsOf(repeat.Template)))
            {
                counts[repeat.FirstScope + row.Scope] += repeat.Count;
            }
        }

        return counts;
    }

    private static ScopeCount[] Report(List<ScopeEntry> scopes, string[] paths, int[] before, int[] after)
    {
        // A scope is opened after its parent: going backwards, each is complete before it is added to its parent.
        for (int i = paths.Length - 1; i > 0; i--)
        {
            before[scopes[i].Parent] += before[i];
            after[scopes[i].Parent] += after[i];
        }

        var counts = new ScopeCount[paths.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = new(paths[i], before[i], after[i]);
        }

        return counts;
    }
}
