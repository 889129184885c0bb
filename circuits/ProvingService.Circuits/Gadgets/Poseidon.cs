// Owns: Poseidon on numbers. Its twin on variables is PoseidonGadget.cs; a test holds them together.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// Poseidon, x^5, with one capacity lane: H(tag; x₁…x_k) is lane 0 of the permutation of (tag, x₁, …, x_k). With tag 0 it is
/// circomlib's <c>Poseidon(k)</c> on BN254. Not constant time: do not hash secrets where an attacker can measure.
/// </summary>
public static class Poseidon
{
    /// <summary>The permutation, in place: 8·(t² + 3t) + R_P·(2t + 2) products, about 600 for three lanes.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="state">2 to 17 lanes.</param>
    public static void Permute<TF>(Span<TF> state)
        where TF : unmanaged, IPrimeField<TF>
    {
        PoseidonParameters<TF>.RequireWidth(state.Length);
        PoseidonSchedule<TF> schedule = PoseidonSchedule<TF>.For(state.Length);
        const int half = PoseidonParameters<TF>.FullRounds / 2;
        FullRounds(schedule, state, 0, half);
        for (int round = 0; round < schedule.PartialConstants.Length; round++)
        {
            TF first = Power5(state[0] + schedule.PartialConstants[round]);
            ReadOnlySpan<TF> row = schedule.Row(round), column = schedule.Column(round);
            TF sum = row[0] * first;
            for (int i = 1; i < state.Length; i++)
            {
                sum += row[i] * state[i];
                state[i] += column[i - 1] * first;
            }

            state[0] = sum;
        }

        FullRounds(schedule, state, half, PoseidonParameters<TF>.FullRounds);
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

    private static void FullRounds<TF>(PoseidonSchedule<TF> schedule, Span<TF> state, int from, int to)
        where TF : unmanaged, IPrimeField<TF>
    {
        Span<TF> powers = stackalloc TF[state.Length];
        for (int round = from; round < to; round++)
        {
            ReadOnlySpan<TF> constants = schedule.FullConstants(round), matrix = schedule.FullMatrix(round);
            for (int i = 0; i < state.Length; i++)
            {
                powers[i] = Power5(state[i] + constants[i]);
            }

            for (int i = 0; i < state.Length; i++)
            {
                ReadOnlySpan<TF> row = matrix.Slice(i * state.Length, state.Length);
                TF sum = row[0] * powers[0];
                for (int j = 1; j < state.Length; j++)
                {
                    sum += row[j] * powers[j];
                }

                state[i] = sum;
            }
        }
    }

    private static TF Power5<TF>(in TF x)
        where TF : unmanaged, IPrimeField<TF> => TF.Square(TF.Square(x)) * x;
}
