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
        PoseidonParameters<TF>.RequireWidth(state.Length);
        PoseidonSchedule<TF> schedule = PoseidonSchedule<TF>.For(state.Length);
        const int half = PoseidonParameters<TF>.FullRounds / 2;
        FullRounds(builder, schedule, state, 0, half);
        for (int round = 0; round < schedule.PartialConstants.Length; round++)
        {
            state[0] = Power5(state[0] + schedule.PartialConstants[round]);
            Variable<TF> sum = builder.InnerProduct(schedule.Row(round), state);
            for (int i = 1; i < state.Length; i++)
            {
                state[i] += state[0] * schedule.Column(round)[i - 1];
            }

            state[0] = sum;
        }

        FullRounds(builder, schedule, state, half, PoseidonParameters<TF>.FullRounds);
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

    private static void FullRounds<TF>(CircuitBuilder<TF> builder, PoseidonSchedule<TF> schedule, Span<Variable<TF>> state, int from, int to)
        where TF : unmanaged, IPrimeField<TF>
    {
        var powers = new Variable<TF>[state.Length];
        for (int round = from; round < to; round++)
        {
            for (int i = 0; i < state.Length; i++)
            {
                powers[i] = Power5(state[i] + schedule.FullConstants(round)[i]);
            }

            for (int i = 0; i < state.Length; i++)
            {
                state[i] = builder.InnerProduct(schedule.FullMatrix(round).Slice(i * state.Length, state.Length), powers);
            }
        }
    }

    private static Variable<TF> Power5<TF>(Variable<TF> x)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> square = x * x;
        return square * square * x;
    }
}
