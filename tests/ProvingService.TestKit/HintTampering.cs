// Owns: the prover who lies in what hints compute and recomputes everything after.

using System.Globalization;
using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.TestKit;

/// <summary>A hint whose lie was not noticed.</summary>
/// <param name="Operation">What it computes.</param>
/// <param name="Wire">The first wire that differs from the honest witness.</param>
/// <param name="Change">What was done to it.</param>
/// <param name="ChangesPublicValues">Whether the verifier, too, sees other values.</param>
public sealed record HintOffender(string Operation, string Wire, string Change, bool ChangesPublicValues)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{Operation} {Wire}: {Change}{(ChangesPublicValues ? ", other public values" : string.Empty)}";
}

/// <summary>What a cheating prover puts in place of the outputs of a hint.</summary>
/// <param name="hint">Which hint, counted from 0 in the order of definition; decompositions, inverses and quotients are hints.</param>
/// <param name="outputs">What it computed, to be overwritten.</param>
public delegate void HintLie<TF>(int hint, Span<TF> outputs)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>
/// <see cref="CircuitAssert.RefusesTamperedHints"/> for circuits of any size. Since inputs, and with them a statement that is hashed
/// into the public input, are the same in every run, a lie that satisfies must lead back to the honest witness: a
/// circuit without outputs would otherwise pass whatever it lacks.
/// </summary>
public static class HintTampering
{
    private static readonly string[] WireChanges = ["+1", "−1", "negated", "0", "1", "1 − itself"];
    private static readonly string[] GroupChanges = ["digits 2 and −1 in place of bits", "the bits of x + p"];

    /// <summary>The lies that satisfy and differ from the honest witness in other wires than those allowed.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="inputs">Inputs that satisfy it.</param>
    /// <param name="count">How many hint wires, all where there are no more.</param>
    /// <param name="seed">Which of them.</param>
    /// <param name="allowed">Patterns of wires that are rightly free.</param>
    public static IReadOnlyList<HintOffender> FindOffenders<TF>(
        CompiledCircuit<TF> circuit, CircuitInputs<TF> inputs, int count = int.MaxValue, int seed = 1, params string[] allowed)
        where TF : unmanaged, IPrimeField<TF>
    {
        TF[] honest = circuit.CreateWitness(inputs);
        var hints = new List<(Opcode Op, int Length)>();
        circuit.Program.Run(inputs, (op, outputs) => hints.Add((op, outputs.Length)));

        var lies = new List<(int Hint, int Wire, int Change)>();
        for (int hint = 0; hint < hints.Count; hint++)
        {
            for (int wire = 0; wire < hints[hint].Length; wire++)
            {
                lies.Add((hint, wire, 0));
            }
        }

        if (count < lies.Count)
        {
            (int, int, int)[] all = lies.ToArray();
            new Random(seed).Shuffle(all);
            lies = [.. all.AsSpan(0, count)];
        }

        lies = lies.SelectMany(lie => Enumerable.Range(0, WireChanges.Length).Select(change => lie with { Change = change })).ToList();
        for (int hint = 0; hint < hints.Count; hint++)
        {
            if (hints[hint] is { Op: Opcode.Bits, Length: > 1 })
            {
                lies.Add((hint, -1, 0));
                lies.Add((hint, -1, 1));
            }
        }

        var offenders = new HintOffender?[lies.Count];
        Parallel.For(0, lies.Count, i => offenders[i] = Try(lies[i]));
        return offenders.OfType<HintOffender>().ToArray();

        HintOffender? Try((int Hint, int Wire, int Change) lie)
        {
            int seen = 0;
            TF[] witness = circuit.Program.Run(inputs, (_, outputs) =>
            {
                if (seen++ == lie.Hint)
                {
                    Lie(outputs, lie.Wire, lie.Change);
                }
            });
            if (!CircuitChecker.IsSatisfied(circuit.System, witness))
            {
                return null;
            }

            string[] other = Enumerable.Range(0, witness.Length).Where(wire => witness[wire] != honest[wire]).Select(circuit.Symbols.WireName).ToArray();
            string? first = other.FirstOrDefault(name => !CircuitNames.FitsAny(name, allowed));
            return first is null ? null : new(
                hints[lie.Hint].Op.ToString(),
                first,
                lie.Wire < 0 ? GroupChanges[lie.Change] : string.Create(CultureInfo.InvariantCulture, $"output {lie.Wire} {WireChanges[lie.Change]}"),
                !circuit.PublicValues(witness).SequenceEqual(circuit.PublicValues(honest)));
        }
    }

    /// <summary>The witness of a prover who lies in hints of choice and computes everything else from the lies.</summary>
    public static TF[] Run<TF>(CompiledCircuit<TF> circuit, CircuitInputs<TF> inputs, HintLie<TF> lie)
        where TF : unmanaged, IPrimeField<TF>
    {
        int hint = 0;
        return circuit.Program.Run(inputs, (_, outputs) => lie(hint++, outputs));
    }

    /// <summary>Fails where a lie goes unnoticed; arguments as <see cref="FindOffenders"/>.</summary>
    public static void AreRefused<TF>(
        CompiledCircuit<TF> circuit, CircuitInputs<TF> inputs, int count = int.MaxValue, int seed = 1, params string[] allowed)
        where TF : unmanaged, IPrimeField<TF>
    {
        IReadOnlyList<HintOffender> offenders = FindOffenders(circuit, inputs, count, seed, allowed);
        Assert.True(
            offenders.Count == 0,
            $"{offenders.Count} lies of hints satisfy ({circuit.Name}, {circuit.Level}, seed {seed}): {string.Join("; ", offenders.Take(10))}");
    }

    private static void Lie<TF>(Span<TF> outputs, int wire, int change)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (wire >= 0)
        {
            TF value = outputs[wire];
            outputs[wire] = change switch
            {
                0 => value + TF.One,
                1 => value - TF.One,
                2 => -value,
                3 => TF.Zero,
                4 => TF.One,
                _ => TF.One - value,
            };
        }
        else if (change == 0)
        {
            outputs[0] += TF.One + TF.One;
            outputs[1] -= TF.One;
        }
        else
        {
            BigInteger alias = TF.Modulus;
            for (int i = 0; i < outputs.Length; i++)
            {
                alias += TF.ToBigInteger(outputs[i]) << i;
            }

            for (int i = 0; alias.GetBitLength() <= outputs.Length && i < outputs.Length; i++)
            {
                outputs[i] = (alias >> i).IsEven ? TF.Zero : TF.One;
            }
        }
    }
}
