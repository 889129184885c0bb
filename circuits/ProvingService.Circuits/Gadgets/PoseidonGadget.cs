// Owns: Poseidon on variables. Its twin on numbers is Poseidon.cs.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// Poseidon in a circuit. Only S-boxes cost constraints, three each; constants and matrices stay symbolic. A hash costs
/// 3·(8·t + R_P) − 3, the capacity lane being a constant: 213 for one input, 240 for two, 261, 297, 321 for five.
/// </summary>
public static class PoseidonGadget
{
    /// <summary>The permutation. 3·(8·t + R_P) constraints, three fewer for each lane that is a constant at the start.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="state">2 to 17 lanes; replaced by the result.</param>
    public static void Permute<TF>(CircuitBuilder<TF> builder, Span<Variable<TF>> state)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        PoseidonParameters<TF> parameters = PoseidonParameters<TF>.For(state.Length);
        const int half = PoseidonParameters<TF>.FullRounds / 2;
        int rounds = PoseidonParameters<TF>.FullRounds + parameters.PartialRounds;
        var mixed = new Variable<TF>[state.Length];
        for (int round = 0; round < rounds; round++)
        {
            ReadOnlySpan<TF> constants = parameters.RoundConstants.Slice(round * state.Length, state.Length);
            bool isFull = round < half || round >= rounds - half;
            for (int i = 0; i < state.Length; i++)
            {
                state[i] += constants[i];
                if (isFull || i == 0)
                {
                    Variable<TF> square = state[i] * state[i];
                    state[i] = square * square * state[i];
                }
            }

            for (int i = 0; i < state.Length; i++)
            {
                mixed[i] = builder.InnerProduct(parameters.Matrix.Slice(i * state.Length, state.Length), state);
            }

            mixed.CopyTo(state);
        }
    }

    /// <summary>H(tag; inputs), as <see cref="Poseidon.Hash"/>. 3·(8·t + R_P) − 3 constraints for t − 1 inputs.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="inputs">1 to 16 variables.</param>
    /// <param name="tag">The capacity lane, a constant of the circuit.</param>
    public static Variable<TF> Hash<TF>(CircuitBuilder<TF> builder, ReadOnlySpan<Variable<TF>> inputs, ulong tag = 0)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (inputs.Length is < 1 or >= PoseidonParameters<TF>.MaxWidth)
        {
            throw new ArgumentException($"Poseidon hashes 1 to {PoseidonParameters<TF>.MaxWidth - 1} elements, not {inputs.Length}.");
        }

        var state = new Variable<TF>[inputs.Length + 1];
        state[0] = TF.FromUInt64(tag);
        inputs.CopyTo(state.AsSpan(1));
        Permute(builder, state);
        return state[0];
    }
}
