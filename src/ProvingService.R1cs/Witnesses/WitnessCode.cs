// Owns: executing witness instructions on an array of wires. Which wires are inputs and which survive: WitnessProgram.

using System.Buffers;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>The instructions of a circuit, or of a part that is repeated, over its own wires. Immutable and thread-safe.</summary>
internal sealed class WitnessCode<TF>(LinearPool<TF> pool, Instruction[] instructions, HintEntry<TF>[] hints, int wireCount)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The number of wires that the instructions run over, the constant one included.</summary>
    public int WireCount { get; } = wireCount;

    /// <summary>Instructions between two looks at the token: 100 µs or so, but for hints, which may take any time.</summary>
    private const int Range = 1 << 10;

    /// <summary>Computes every wire that is not given.</summary>
    /// <param name="wires">WireCount elements: the constant 1 and the inputs, or ports, are filled in.</param>
    /// <param name="tamper">Alters what hints computed, for tests.</param>
    /// <param name="repeat">Computes the copies of an entry of the table of repeated parts.</param>
    /// <param name="cancellationToken">Observed before the first instruction and every so many.</param>
    public void Run(Span<TF> wires, HintTamper<TF>? tamper, Action<int>? repeat, CancellationToken cancellationToken)
    {
        var values = new Values(pool, wires);
        for (int i = 0; i < instructions.Length; i++)
        {
            if (i % Range == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            ref readonly Instruction instruction = ref instructions[i];
            if (instruction.Op == Opcode.Repeat)
            {
                repeat!(instruction.A);
                continue;
            }

            Execute(instruction, wires, ref values);
            if (tamper is not null && instruction.Op is not (Opcode.Linear or Opcode.Multiply))
            {
                tamper(instruction.Op, wires.Slice(instruction.Destination, instruction.Op == Opcode.IsZero ? 1 : instruction.Count));
            }
        }
    }

    private void Execute(in Instruction instruction, Span<TF> wires, ref Values values)
    {
        ref TF result = ref wires[instruction.Destination];
        switch (instruction.Op)
        {
            case Opcode.Linear:
                result = values.Of(instruction.A);
                break;
            case Opcode.Multiply:
                TF left = values.Of(instruction.A);
                result = instruction.A == instruction.B ? TF.Square(left) : left * values.Of(instruction.B);
                break;
            case Opcode.Inverse:
                result = TF.Inverse(values.Of(instruction.A));
                break;
            case Opcode.Divide:
                result = values.Of(instruction.A) * TF.Inverse(values.Of(instruction.B));
                break;
            case Opcode.IsZero:
                result = TF.IsZero(values.Of(instruction.A)) ? TF.One : TF.Zero;
                break;
            case Opcode.Bits:
                WriteBits(values.Of(instruction.A), wires.Slice(instruction.Destination, instruction.Count));
                break;
            default:
                RunHint(hints[instruction.A], wires, wires.Slice(instruction.Destination, instruction.Count));
                break;
        }
    }

    private static void WriteBits(in TF value, Span<TF> bits)
    {
        Span<ulong> limbs = stackalloc ulong[TF.LimbCount];
        TF.ToCanonical(value, limbs);
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = ((limbs[i >> 6] >> (i & 63)) & 1) == 0 ? TF.Zero : TF.One;
        }
    }

    private void RunHint(in HintEntry<TF> hint, Span<TF> wires, Span<TF> outputs)
    {
        TF[] rented = ArrayPool<TF>.Shared.Rent(hint.Inputs.Length);
        Span<TF> arguments = rented.AsSpan(0, hint.Inputs.Length);
        try
        {
            for (int i = 0; i < arguments.Length; i++)
            {
                arguments[i] = pool.Evaluate(hint.Inputs[i], wires);
            }

            outputs.Clear();
            hint.Function(arguments, outputs);
        }
        finally
        {
            arguments.Clear();
            ArrayPool<TF>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// Values of combinations, with the last long one remembered: the S-box x⁵ of Poseidon asks twice for the same sum. Wires
    /// are assigned once, before they are read, so that a value once computed stays true for the whole run.
    /// </summary>
    private ref struct Values(LinearPool<TF> pool, ReadOnlySpan<TF> wires)
    {
        private readonly ReadOnlySpan<TF> wires = wires;
        private int last = LinearPool<TF>.Zero;
        private TF value;

        public TF Of(int number)
        {
            if (number == last)
            {
                return value;
            }

            TF computed = pool.Evaluate(number, wires);
            if (pool.Length(number) >= RowEvaluator<TF>.ShortestKept)
            {
                (last, value) = (number, computed);
            }

            return computed;
        }
    }
}
