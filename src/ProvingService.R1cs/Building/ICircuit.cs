// Owns: the one interface a circuit implements. Never: how it is compiled.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// A circuit written in C#. <see cref="Define{TF}"/> runs once per compilation, never per proof: it describes the
/// constraints and how the witness is found, and must depend on nothing but the circuit's own parameters, so that
/// compiling twice gives the same <see cref="ConstraintSystem{TF}.Hash"/>.
/// </summary>
public interface ICircuit
{
    /// <summary>The name under which people find the circuit, parameters included: <c>multiplication-chain-4096</c>.</summary>
    string Name { get; }

    /// <summary>Declares inputs and constraints.</summary>
    /// <typeparam name="TF">The scalar field: one circuit class serves every curve.</typeparam>
    /// <param name="builder">Where inputs and constraints go; valid only during the call.</param>
    void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>;
}
