// Owns: which scopes of a circuit a false witness breaks.

using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Circuits.Tests;

/// <summary>
/// Attacks are only worth something as tests where they break nothing but the constraint that guards: a witness that is false
/// in several places would be refused without it, too.
/// </summary>
internal static class FailingScopes
{
    /// <summary>The scopes of all constraints that fail, each once, without the leading <c>main.</c>, in the order of constraints.</summary>
    public static string[] Of<TF>(CompiledCircuit<TF> circuit, TF[] witness)
        where TF : unmanaged, IPrimeField<TF>
    {
        var scopes = new List<string>();
        for (int row = 0; row < circuit.System.ConstraintCount; row++)
        {
            TF product = circuit.System.A.EvaluateRow(row, witness) * circuit.System.B.EvaluateRow(row, witness);
            if (product != circuit.System.C.EvaluateRow(row, witness))
            {
                string scope = circuit.Symbols.ConstraintScope(row);
                scopes.Add(scope.StartsWith("main.", StringComparison.Ordinal) ? scope[5..] : scope);
            }
        }

        return [.. scopes.Distinct()];
    }

    /// <summary>The inputs fail in exactly one scope, the guarding one.</summary>
    public static void AreOnly<TF>(string expected, CompiledCircuit<TF> circuit, CircuitInputs<TF> inputs)
        where TF : unmanaged, IPrimeField<TF> => AreOnly(expected, circuit, circuit.Program.Run(inputs));

    /// <summary>The witness fails in exactly one scope, the guarding one.</summary>
    public static void AreOnly<TF>(string expected, CompiledCircuit<TF> circuit, TF[] witness)
        where TF : unmanaged, IPrimeField<TF> => Assert.Equal([expected], Of(circuit, witness));
}
