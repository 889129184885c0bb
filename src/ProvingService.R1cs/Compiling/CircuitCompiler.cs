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
    /// <exception cref="ArgumentException">The definition is faulty: a constraint that no witness satisfies, a name taken twice.</exception>
    public static CompiledCircuit<TF> Compile<TF>(ICircuit circuit, OptimizationLevel level = OptimizationLevel.O2)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(circuit);
        return Compile<TF>(circuit.Name, circuit.Define, level);
    }

    /// <summary>Compiles a circuit given as a function.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <exception cref="ArgumentException">As for a circuit class.</exception>
    public static CompiledCircuit<TF> Compile<TF>(
        string name, Action<CircuitBuilder<TF>> define, OptimizationLevel level = OptimizationLevel.O2)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(define);
        var builder = new CircuitBuilder<TF>();
        define(builder);
        builder.Seal();

        WireEntry[] wires = builder.Wires.ToArray();
        string[] scopePaths = ScopePaths(builder.Scopes);
        int[] before = CountByScope(builder.Constraints, scopePaths.Length);
        List<ConstraintEntry> rows = builder.Constraints;
        Func<int, bool> isEliminated = _ => false;
        if (level != OptimizationLevel.O0)
        {
            var eliminator = new LinearEliminator<TF>(builder.Pool, wires, rows, level, scope => scopePaths[scope]);
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

        ConstraintSystem<TF> system = Assemble(builder.Pool, rows, wires, builderOfWire, wireOfBuilder);
        var program = new WitnessProgram<TF>(
            builder.Pool, builder.Instructions.ToArray(), builder.HintTable.ToArray(), builder.Inputs.ToArray(), wires.Length, builderOfWire);
        int[] scopeOfRow = new int[rows.Count];
        for (int i = 0; i < scopeOfRow.Length; i++)
        {
            scopeOfRow[i] = rows[i].Scope;
        }

        var symbols = new SymbolTable(
            labelOfWire, wireOfLabel, label => LabelName(wires[builderOfLabel[label]], label, scopePaths), row => scopePaths[scopeOfRow[row]]);
        ScopeCount[] counts = Report(builder.Scopes, scopePaths, before, CountByScope(rows, scopePaths.Length));
        return new(name, level, system, program, symbols, new CompilationReport(counts, wires.Length, labelOfWire.Length));
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

    private static ConstraintSystem<TF> Assemble<TF>(
        LinearPool<TF> pool, List<ConstraintEntry> rows, WireEntry[] wires, int[] builderOfWire, int[] wireOfBuilder)
        where TF : unmanaged, IPrimeField<TF>
    {
        var assembly = new ConstraintSystemBuilder<TF>(new CoefficientTable<TF>());
        foreach (ref readonly ConstraintEntry row in CollectionsMarshal.AsSpan(rows))
        {
            Add(assembly.A, row.A);
            Add(assembly.B, row.B);
            Add(assembly.C, row.C);
        }

        var counts = new int[(int)WireKind.Internal + 1];
        foreach (int wire in builderOfWire)
        {
            counts[(int)wires[wire].Kind]++;
        }

        return assembly.Build(
            builderOfWire.Length,
            counts[(int)WireKind.PublicOutput],
            counts[(int)WireKind.PublicInput],
            counts[(int)WireKind.PrivateInput]);

        void Add(MatrixRows<TF> matrix, int number)
        {
            ReadOnlySpan<int> terms = pool.Wires(number), numbers = pool.CoefficientNumbers(number);
            for (int k = 0; k < terms.Length; k++)
            {
                if (numbers[k] <= CoefficientTable<TF>.MinusOne)
                {
                    matrix.Add(wireOfBuilder[terms[k]], numbers[k]);
                }
                else
                {
                    matrix.Add(wireOfBuilder[terms[k]], pool.Coefficients.Values[numbers[k]]);
                }
            }

            matrix.EndRow();
        }
    }

    private static string LabelName(in WireEntry wire, int label, string[] scopePaths) =>
        wire.Kind != WireKind.Internal
            ? $"{scopePaths[0]}.{wire.Name}"
            : string.Create(CultureInfo.InvariantCulture, $"{scopePaths[wire.Scope]}.w{label}");

    /// <summary>The outermost scope is called main, as circom calls it.</summary>
    private static string[] ScopePaths(List<ScopeEntry> scopes)
    {
        var paths = new string[scopes.Count];
        paths[0] = "main";
        for (int i = 1; i < paths.Length; i++)
        {
            paths[i] = $"{paths[scopes[i].Parent]}.{scopes[i].Name}";
        }

        return paths;
    }

    private static int[] CountByScope(List<ConstraintEntry> rows, int scopeCount)
    {
        var counts = new int[scopeCount];
        foreach (ref readonly ConstraintEntry row in CollectionsMarshal.AsSpan(rows))
        {
            counts[row.Scope]++;
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
