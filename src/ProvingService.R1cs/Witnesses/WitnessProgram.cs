// Owns: finding the witness from the inputs. Whether it satisfies: CircuitChecker.

using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// The straight-line program that computes every wire from the inputs: flat instructions over flat linear combinations,
/// no reflection and no allocation per instruction. Immutable and safe to run from many threads. Variable time: its
/// running time may depend on private inputs.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class WitnessProgram<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly LinearPool<TF> pool;
    private readonly Instruction[] instructions;
    private readonly HintEntry<TF>[] hints;
    private readonly InputSignal[] inputs;
    private readonly int builderWires;
    private readonly int[] sources;

    /// <summary>Wires are computed in the builder's numbering; <paramref name="sources"/> tells which of them survive.</summary>
    internal WitnessProgram(
        LinearPool<TF> pool, Instruction[] instructions, HintEntry<TF>[] hints, InputSignal[] inputs, int builderWires, int[] sources)
    {
        this.pool = pool;
        this.instructions = instructions;
        this.hints = hints;
        this.inputs = inputs;
        this.builderWires = builderWires;
        this.sources = sources;
    }

    /// <summary>The inputs in the order of their declaration.</summary>
    public ReadOnlySpan<InputSignal> Inputs => inputs;

    /// <summary>The number of elements of a witness, the constant 1 included.</summary>
    public int WitnessLength => sources.Length;

    /// <summary>
    /// Computes the witness: 1, public outputs, public inputs, private inputs, internal wires. It may fail to satisfy
    /// the constraints, where the inputs do not meet them: <see cref="CompiledCircuit{TF}.CreateWitness"/> checks.
    /// </summary>
    /// <exception cref="InvalidInputException">An input is missing, surplus, or of the wrong shape.</exception>
    public TF[] Run(CircuitInputs<TF> values) => Run(values, null);

    /// <summary>As <see cref="Run(CircuitInputs{TF})"/>, letting a test play the cheating prover; see <see cref="HintTamper{TF}"/>.</summary>
    internal TF[] Run(CircuitInputs<TF> values, HintTamper<TF>? tamper)
    {
        ArgumentNullException.ThrowIfNull(values);
        RequireNoSurplus(values);
        TF[] wires = ArrayPool<TF>.Shared.Rent(builderWires);
        try
        {
            wires[0] = TF.One;
            foreach (InputSignal input in inputs)
            {
                values.Require(input).CopyTo(wires.AsSpan(input.FirstWire));
            }

            foreach (ref readonly Instruction instruction in instructions.AsSpan())
            {
                Execute(instruction, wires.AsSpan(0, builderWires));
                if (tamper is not null && instruction.Op is not (Opcode.Linear or Opcode.Multiply))
                {
                    tamper(instruction.Op, wires.AsSpan(instruction.Destination, instruction.Op == Opcode.IsZero ? 1 : instruction.Count));
                }
            }

            var witness = new TF[sources.Length];
            for (int i = 0; i < sources.Length; i++)
            {
                witness[i] = wires[sources[i]];
            }

            return witness;
        }
        finally
        {
            // The pool would hand private inputs to whoever rents next.
            wires.AsSpan(0, builderWires).Clear();
            ArrayPool<TF>.Shared.Return(wires);
        }
    }

    private void Execute(in Instruction instruction, Span<TF> wires)
    {
        ref TF result = ref wires[instruction.Destination];
        switch (instruction.Op)
        {
            case Opcode.Linear:
                result = pool.Evaluate(instruction.A, wires);
                break;
            case Opcode.Multiply:
                TF left = pool.Evaluate(instruction.A, wires);
                result = instruction.A == instruction.B ? TF.Square(left) : left * pool.Evaluate(instruction.B, wires);
                break;
            case Opcode.Inverse:
                result = TF.Inverse(pool.Evaluate(instruction.A, wires));
                break;
            case Opcode.Divide:
                result = pool.Evaluate(instruction.A, wires) * TF.Inverse(pool.Evaluate(instruction.B, wires));
                break;
            case Opcode.IsZero:
                result = TF.IsZero(pool.Evaluate(instruction.A, wires)) ? TF.One : TF.Zero;
                break;
            case Opcode.Bits:
                WriteBits(pool.Evaluate(instruction.A, wires), wires.Slice(instruction.Destination, instruction.Count));
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
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = pool.Evaluate(hint.Inputs[i], wires);
        }

        outputs.Clear();
        hint.Function(arguments, outputs);
        arguments.Clear();
        ArrayPool<TF>.Shared.Return(rented);
    }

    private void RequireNoSurplus(CircuitInputs<TF> values)
    {
        foreach (string name in values.Names)
        {
            if (!Array.Exists(inputs, input => input.Name == name))
            {
                throw new InvalidInputException(
                    name, $"is not an input of this circuit; it declares {string.Join(", ", inputs.Select(input => input.ToString()))}.");
            }
        }
    }
}
