// Owns: Poseidon on numbers. Its twin on variables is PoseidonGadget.cs; a test holds them together.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// Poseidon, x^5, with one capacity lane: H(tag; x₁…x_k) is lane 0 of the permutation of (tag, x₁, …, x_k). With tag 0 it is
/// circomlib's <c>Poseidon(k)</c> on BN254. Not constant time: do not hash secrets where an attacker can measure.
/// </summary>
public static class Poseidon
{
    /// <summary>The permutation, in place. Costs t² products a round and three for each S-box.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="state">2 to 17 lanes.</param>
    public static void Permute<TF>(Span<TF> state)
        where TF : unmanaged, IPrimeField<TF>
    {
        PoseidonParameters<TF> parameters = PoseidonParameters<TF>.For(state.Length);
        const int half = PoseidonParameters<TF>.FullRounds / 2;
        int rounds = PoseidonParameters<TF>.FullRounds + parameters.PartialRounds;
        Span<TF> mixed = stackalloc TF[state.Length];
        for (int round = 0; round < rounds; round++)
        {
            ReadOnlySpan<TF> constants = parameters.RoundConstants.Slice(round * state.Length, state.Length);
            bool isFull = round < half || round >= rounds - half;
            for (int i = 0; i < state.Length; i++)
            {
                state[i] += constants[i];
                if (isFull || i == 0)
                {
                    state[i] *= TF.Square(TF.Square(state[i]));
                }
            }

            for (int i = 0; i < state.Length; i++)
            {
                ReadOnlySpan<TF> row = parameters.Matrix.Slice(i * state.Length, state.Length);
                TF sum = row[0] * state[0];
                for (int j = 1; j < state.Length; j++)
                {
                    sum += row[j] * state[j];
                }

                mixed[i] = sum;
            }

            mixed.CopyTo(state);
        }
    }

    /// <summary>H(tag; inputs).</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="inputs">1 to 16 elements; the number of them is part of the hash through the width.</param>
    /// <param name="tag">The capacity lane: separates uses of the hash. 0 is circomlib's.</param>
    public static TF Hash<TF>(ReadOnlySpan<TF> inputs, ulong tag = 0)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (inputs.Length is < 1 or >= PoseidonParameters<TF>.MaxWidth)
        {
            throw new ArgumentException($"Poseidon hashes 1 to {PoseidonParameters<TF>.MaxWidth - 1} elements, not {inputs.Length}.");
        }

        Span<TF> state = stackalloc TF[inputs.Length + 1];
        state[0] = TF.FromUInt64(tag);
        inputs.CopyTo(state[1..]);
        Permute(state);
        return state[0];
    }
}
