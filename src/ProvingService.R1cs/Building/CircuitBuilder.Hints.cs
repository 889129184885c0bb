// Owns: witness-only computation. Nothing here adds a constraint; every name says so.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// Computes wires from values when a witness is made. It must be a pure function, safe to call from many threads, and
/// must fill every output; outputs arrive zeroed.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public delegate void HintFunction<TF>(ReadOnlySpan<TF> inputs, Span<TF> outputs)
    where TF : unmanaged, IPrimeField<TF>;

public sealed partial class CircuitBuilder<TF>
{
    /// <summary>New wires filled by a function of the caller when the witness is made. No constraint.</summary>
    /// <remarks>
    /// Hazard: a prover puts anything into these wires. The caller adds the constraints that pin them down, and a test
    /// that alters each of them and is refused.
    /// </remarks>
    public Variable<TF>[] UnconstrainedHint(int outputCount, ReadOnlySpan<Variable<TF>> inputs, HintFunction<TF> hint)
    {
        ArgumentNullException.ThrowIfNull(hint);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputCount, 1);
        var operands = new int[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            operands[i] = Store(inputs[i]);
        }

        HintTable.Add(new HintEntry<TF> { Function = hint, Inputs = operands });
        return AddResults(Opcode.Hint, outputCount, HintTable.Count - 1, 0);
    }

    /// <summary>A new wire holding x⁻¹, or 0 where x is 0. No constraint.</summary>
    /// <remarks>Hazard: as <see cref="UnconstrainedHint"/>.</remarks>
    public Variable<TF> UnconstrainedInverse(Variable<TF> x) => AddResults(Opcode.Inverse, 1, Store(x), 0)[0];

    /// <summary>A new wire holding a / b, or 0 where b is 0. No constraint.</summary>
    /// <remarks>Hazard: as <see cref="UnconstrainedHint"/>.</remarks>
    public Variable<TF> UnconstrainedQuotient(Variable<TF> a, Variable<TF> b) =>
        AddResults(Opcode.Divide, 1, Store(a), Store(b))[0];

    /// <summary>New wires holding the lowest bits of the canonical integer of x, lowest first. No constraint.</summary>
    /// <remarks>Hazard: as <see cref="UnconstrainedHint"/>; <see cref="ToBits"/> is the sound form.</remarks>
    public Variable<TF>[] UnconstrainedBits(Variable<TF> x, int count)
    {
        if (count < 1 || count > 64 * TF.LimbCount)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"An element of {TF.Name} has 1 to {64 * TF.LimbCount} bits.");
        }

        return AddResults(Opcode.Bits, count, Store(x), 0);
    }

    private Variable<TF>[] AddResults(Opcode op, int count, int a, int b)
    {
        var results = new Variable<TF>[count];
        int first = Wires.Count;
        for (int i = 0; i < count; i++)
        {
            results[i] = FromWire(AddWire());
        }

        Instructions.Add(new Instruction { Op = op, Destination = first, Count = count, A = a, B = b });
        return results;
    }
}
