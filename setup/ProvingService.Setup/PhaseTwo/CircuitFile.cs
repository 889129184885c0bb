// Owns: reading the circuit that a key is to be for. The format: R1csFile.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

internal static class CircuitFile
{
    /// <summary>Reads a circuit that has a domain.</summary>
    /// <exception cref="InvalidFileException">The file is damaged, over another field, or the circuit is too large for it.</exception>
    public static ConstraintSystem<TFr> Read<TFr>(string path, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        ConstraintSystem<TFr> system = R1csFile.Read<TFr>(path, options.CancellationToken).System;
        return InsecureSetup.Supports(system)
            ? system
            : throw new InvalidFileException(
                path, FileFault.Unsupported, -1, $"the circuit has {system.ConstraintCount} constraints, more than {TFr.Name} has room for.");
    }
}
