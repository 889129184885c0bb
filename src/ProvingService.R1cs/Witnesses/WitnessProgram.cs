// Owns: finding the witness from the inputs: inputs in, code run, copies side by side, surviving wires out. Single
// instructions: WitnessCode. Whether the witness satisfies: CircuitChecker.

using System.Buffers;
using System.Runtime.ExceptionServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// The straight-line program that computes every wire from the inputs: flat instructions over flat linear combinations,
/// no reflection and no allocation per instruction; copies of a repeated part run side by side on all cores. Immutable and
/// safe to run from many threads. Variable time: its running time may depend on private inputs.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class WitnessProgram<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly WitnessCode<TF> code;
    private readonly RepeatEntry<TF>[] repeats;
    private readonly InputSignal[] inputs;
    private readonly int[] sources;

    /// <summary>
    /// Wires of the circuit proper are computed in the builder's numbering; <paramref name="sources"/> tells which of them
    /// survive, in the witness's order. The copies' wires follow them, repetition after repetition, copy after copy.
    /// </summary>
    internal WitnessProgram(WitnessCode<TF> code, RepeatEntry<TF>[] repeats, InputSignal[] inputs, int[] sources)
    {
        this.code = code;
        this.repeats = repeats;
        this.inputs = inputs;
        this.sources = sources;
        WitnessLength = checked((int)(sources.Length + repeats.Sum(repeat => repeat.WireCount)));
    }

    /// <summary>The inputs in the order of their declaration.</summary>
    public ReadOnlySpan<InputSignal> Inputs => inputs;

    /// <summary>The number of elements of a witness, the constant 1 included.</summary>
    public int WitnessLength { get; }

    /// <summary>
    /// Computes the witness: 1, public outputs, public inputs, private inputs, internal wires. It may fail to satisfy
    /// the constraints, where the inputs do not meet them: <see cref="CompiledCircuit{TF}.CreateWitness"/> checks.
    /// </summary>
    /// <param name="values">The inputs.</param>
    /// <param name="options">Threads for repeated parts, and cancellation, which waits for a hint that is being computed.</param>
    /// <exception cref="InvalidInputException">An input is missing, surplus, or of the wrong shape.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public TF[] Run(CircuitInputs<TF> values, EngineOptions options = default) => Run(values, null, options);

    /// <summary>
    /// As <see cref="Run(CircuitInputs{TF}, EngineOptions)"/>, letting a test play the cheating prover; see <see cref="HintTamper{TF}"/>.
    /// Everything runs in one thread then, in the order of definition, copy after copy.
    /// </summary>
    internal TF[] Run(CircuitInputs<TF> values, HintTamper<TF>? tamper, EngineOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        RequireNoSurplus(values);
        TF[] rented = ArrayPool<TF>.Shared.Rent(code.WireCount);
        try
        {
            Span<TF> wires = rented.AsSpan(0, code.WireCount);
            wires[0] = TF.One;
            foreach (InputSignal input in inputs)
            {
                values.Require(input).CopyTo(wires[input.FirstWire..]);
            }

            var witness = new TF[WitnessLength];
            code.Run(wires, tamper, entry => RunCopies(entry, rented, witness, tamper, options), options.CancellationToken);
            for (int i = 0; i < sources.Length; i++)
            {
                witness[i] = wires[sources[i]];
            }

            return witness;
        }
        finally
        {
            // The pool would hand private inputs to whoever rents next.
            rented.AsSpan(0, code.WireCount).Clear();
            ArrayPool<TF>.Shared.Return(rented);
        }
    }

    private void RunCopies(int entry, TF[] wires, TF[] witness, HintTamper<TF>? tamper, EngineOptions options)
    {
        RepeatEntry<TF> repeat = repeats[entry];
        int first = sources.Length;
        for (int i = 0; i < entry; i++)
        {
            first += (int)repeats[i].WireCount;
        }

        try
        {
            int allowed = tamper is not null ? 1 : options.MaxThreads > 0 ? options.MaxThreads : Environment.ProcessorCount;
            int threads = Math.Min(repeat.Count, allowed), next = -1;
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = options.CancellationToken };
            Parallel.For(0, threads, parallel, _ =>
            {
                TF[] scratch = ArrayPool<TF>.Shared.Rent(repeat.Template.Code.WireCount);
                Span<TF> own = scratch.AsSpan(0, repeat.Template.Code.WireCount);
                try
                {
                    for (int copy = Interlocked.Increment(ref next); copy < repeat.Count; copy = Interlocked.Increment(ref next))
                    {
                        Span<TF> kept = witness.AsSpan(first + (copy * repeat.Template.Kept.Length));
                        RunCopy(repeat, copy, wires, own, kept, tamper, options.CancellationToken);
                    }
                }
                finally
                {
                    own.Clear();
                    ArrayPool<TF>.Shared.Return(scratch);
                }
            });
        }
        catch (AggregateException e) when (e.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(e.InnerException);
        }
    }

    private static void RunCopy(
        RepeatEntry<TF> repeat,
        int copy,
        ReadOnlySpan<TF> wires,
        Span<TF> own,
        Span<TF> kept,
        HintTamper<TF>? tamper,
        CancellationToken cancellationToken)
    {
        own[0] = TF.One;
        int[] ports = repeat.Ports[copy];
        for (int port = 0; port < ports.Length; port++)
        {
            own[port + 1] = wires[ports[port]];
        }

        repeat.Template.Code.Run(own, tamper, null, cancellationToken);
        int[] survivors = repeat.Template.Kept;
        for (int i = 0; i < survivors.Length; i++)
        {
            kept[i] = own[survivors[i]];
        }
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
