// Owns: what the catalog asks of a circuit beyond its definition.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>A circuit that can make inputs which satisfy it, for demonstrations, benchmarks and tests.</summary>
public interface IExampleCircuit : ICircuit
{
    /// <summary>Inputs that satisfy the circuit; the same at every call.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    CircuitInputs<TF> Example<TF>()
        where TF : unmanaged, IPrimeField<TF>;
}
