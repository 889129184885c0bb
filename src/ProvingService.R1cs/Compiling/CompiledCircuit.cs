// Owns: the outcome of a compilation.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>A circuit ready for keys and witnesses. Immutable, safe to use from many threads.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class CompiledCircuit<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    internal CompiledCircuit(
        string name, OptimizationLevel level, ConstraintSystem<TF> system, WitnessProgram<TF> program, SymbolTable symbols, CompilationReport report)
    {
        Name = name;
        Level = level;
        System = system;
        Program = program;
        Symbols = symbols;
        Report = report;
    }

    /// <summary>The circuit's name.</summary>
    public string Name { get; }

    /// <summary>How far it was optimised; the level is part of the hash through the constraints.</summary>
    public OptimizationLevel Level { get; }

    /// <summary>The constraints.</summary>
    public ConstraintSystem<TF> System { get; }

    /// <summary>The program that finds witnesses.</summary>
    public WitnessProgram<TF> Program { get; }

    /// <summary>Names of wires and scopes of constraints.</summary>
    public SymbolTable Symbols { get; }

    /// <summary>Constraint counts by scope.</summary>
    public CompilationReport Report { get; }

    /// <summary>The hash of <see cref="System"/>.</summary>
    public CircuitHash Hash => System.Hash;

    /// <summary>The declared inputs.</summary>
    public ReadOnlySpan<InputSignal> Inputs => Program.Inputs;

    /// <summary>Computes the witness and checks it against every constraint.</summary>
    /// <exception cref="InvalidInputException">An input is missing, surplus, or of the wrong shape.</exception>
    /// <exception cref="UnsatisfiedConstraintException">The inputs do not satisfy the circuit; the first failure is named.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public TF[] CreateWitness(CircuitInputs<TF> inputs, EngineOptions options = default)
    {
        TF[] witness = Program.Run(inputs, options);
        CircuitChecker.Require(System, witness, Symbols, options);
        return witness;
    }

    /// <summary>The part of a witness that the verifier sees: outputs, then public inputs, without the constant 1.</summary>
    public ReadOnlySpan<TF> PublicValues(ReadOnlySpan<TF> witness) => witness.Slice(1, System.PublicCount);
}
