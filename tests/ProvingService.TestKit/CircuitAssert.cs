// Owns: one call that takes a circuit through compile, witness, checker and mutation at every optimisation level.

using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.TestKit;

/// <summary>Assertions on circuits, in the manner of a proof system's own tests: valid, invalid and mutated witnesses.</summary>
public static class CircuitAssert
{
    private static readonly OptimizationLevel[] Levels = [OptimizationLevel.O0, OptimizationLevel.O1, OptimizationLevel.O2];

    /// <summary>Values for inputs, by name; an array input takes an array.</summary>
    public static CircuitInputs<TF> Inputs<TF>(params ReadOnlySpan<(string Name, object Value)> values)
        where TF : unmanaged, IPrimeField<TF>
    {
        var inputs = new CircuitInputs<TF>();
        foreach ((string name, object value) in values)
        {
            _ = value switch
            {
                int number => inputs.Set(name, TF.FromBigInteger(number)),
                TF element => inputs.Set(name, element),
                int[] numbers => inputs.Set(name, Array.ConvertAll(numbers, n => TF.FromBigInteger(n))),
                TF[] elements => inputs.Set(name, elements),
                _ => throw new ArgumentException($"A {value.GetType()} is not a value for an input."),
            };
        }

        return inputs;
    }

    /// <summary>
    /// The inputs satisfy the circuit at every level, and no wire can be altered alone: what the definition computes is
    /// fully determined. Inputs too must not be alterable, so every input must matter.
    /// </summary>
    public static void Accepts<TF>(Action<CircuitBuilder<TF>> define, CircuitInputs<TF> inputs, bool mutate = true)
        where TF : unmanaged, IPrimeField<TF>
    {
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile("test", define, level);
            TF[] witness = circuit.Program.Run(inputs);
            Assert.Null(CircuitChecker.FindFailure(circuit.System, witness, circuit.Symbols));
            if (mutate)
            {
                RefusesEveryMutation(circuit, witness);
                RefusesTamperedHints(circuit, inputs);
            }
        }
    }

    /// <summary>
    /// The inputs satisfy the circuit with these outputs, and a prover who alters what a hint computed, and everything
    /// after it accordingly, is refused or reaches the same outputs. For circuits where some wire is legitimately free, such
    /// as the helper of <c>IsZero(0)</c>.
    /// </summary>
    public static void Determines<TF>(Action<CircuitBuilder<TF>> define, CircuitInputs<TF> inputs, params TF[] outputs)
        where TF : unmanaged, IPrimeField<TF>
    {
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile("test", define, level);
            TF[] witness = circuit.CreateWitness(inputs);
            Assert.Equal(outputs, circuit.PublicValues(witness)[..circuit.System.PublicOutputCount].ToArray());
            RefusesTamperedHints(circuit, inputs);
        }
    }

    /// <summary>No altered hint leads to a satisfying witness with other outputs.</summary>
    public static void RefusesTamperedHints<TF>(CompiledCircuit<TF> circuit, CircuitInputs<TF> inputs)
        where TF : unmanaged, IPrimeField<TF>
    {
        TF[] honest = circuit.CreateWitness(inputs);
        int hintWires = 0;
        circuit.Program.Run(inputs, (_, outputs) => hintWires += outputs.Length);
        for (int target = 0; target < hintWires; target++)
        {
            for (int change = 0; change < 6; change++)
            {
                int seen = 0;
                TF[] witness = circuit.Program.Run(inputs, (_, outputs) =>
                {
                    if (target >= seen && target < seen + outputs.Length)
                    {
                        ref TF value = ref outputs[target - seen];
                        value = change switch
                        {
                            0 => value + TF.One,
                            1 => value - TF.One,
                            2 => -value,
                            3 => TF.Zero,
                            4 => TF.One,
                            _ => TF.One - value,
                        };
                    }

                    seen += outputs.Length;
                });
                bool sameOutputs = circuit.PublicValues(witness).SequenceEqual(circuit.PublicValues(honest));
                Assert.True(
                    sameOutputs || !CircuitChecker.IsSatisfied(circuit.System, witness),
                    $"{circuit.Level}: a prover who alters hint wire {target} reaches outputs of their choice.");
            }
        }
    }

    /// <summary>The inputs are refused at every level.</summary>
    public static void Refuses<TF>(Action<CircuitBuilder<TF>> define, CircuitInputs<TF> inputs)
        where TF : unmanaged, IPrimeField<TF>
    {
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile("test", define, level);
            Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(inputs));
        }
    }

    /// <summary>Altering any one wire of a satisfying witness must be refused.</summary>
    public static void RefusesEveryMutation<TF>(CompiledCircuit<TF> circuit, TF[] witness)
        where TF : unmanaged, IPrimeField<TF>
    {
        for (int wire = 0; wire < witness.Length; wire++)
        {
            foreach (TF altered in new[] { witness[wire] + TF.One, witness[wire] - TF.One, -witness[wire], TF.Zero, TF.One })
            {
                if (altered == witness[wire])
                {
                    continue;
                }

                TF[] mutated = (TF[])witness.Clone();
                mutated[wire] = altered;
                Assert.False(
                    CircuitChecker.IsSatisfied(circuit.System, mutated),
                    $"{circuit.Level}: '{circuit.Symbols.WireName(wire)}' may be {altered} instead of {witness[wire]}.");
            }
        }
    }

    /// <summary>Golden counts: constraints as written and after O2.</summary>
    public static void Costs<TF>(int written, int optimised, Action<CircuitBuilder<TF>> define)
        where TF : unmanaged, IPrimeField<TF>
    {
        CompilationReport report = CircuitCompiler.Compile("test", define).Report;
        Assert.Equal((written, optimised), (report.ConstraintsBefore, report.ConstraintsAfter));
    }
}
