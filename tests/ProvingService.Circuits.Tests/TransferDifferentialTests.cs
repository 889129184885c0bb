// Owns: that the native state machine and the circuits accept the same transfers, with the same results.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Circuits.Tests;

/// <summary>
/// Random transfers, most of them with one value at an edge, are applied natively and put through the circuit by a prover
/// who does not ask whether they are lawful. <c>PROVING_SERVICE_FUZZ_FACTOR=40</c> makes it 10,000 a curve.
/// </summary>
public class TransferDifferentialTests(ITestOutputHelper output)
{
    private const ulong Chain = TransferWorld.Chain;
    private const int Places = 1 << TransferWorld.Depth;
    private const int PerWorld = 25;

    [Fact]
    public void DifferentialFuzzOnBls12381() => Run<Bls12381Fr>(FuzzBudget.Cases(250));

    [Fact]
    public void DifferentialFuzzOnBn254() => Run<Bn254Fr>(FuzzBudget.Cases(250));

    private void Run<TF>(int cases)
        where TF : unmanaged, IPrimeField<TF>
    {
        output.WriteLine($"PROVING_SERVICE_FUZZ_SEED={FuzzBudget.Seed}");
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(new StateTransition(TransferWorld.Depth));
        EddsaKey<TF>[] keys = [.. Enumerable.Range(0, Places).Select(i => new ForgedAccount<TF>(i, 0).Signer)];
        var counts = new int[Enum.GetValues<TransferRule>().Length];
        Parallel.For(0, (cases + PerWorld - 1) / PerWorld, world =>
        {
            var random = new Random(unchecked((FuzzBudget.Seed * 7919) + world));
            var state = new AccountState<TF>(TransferWorld.Depth / 2);
            for (uint i = 0; i < Places; i++)
            {
                if (random.Next(5) > 0)
                {
                    ulong balance = Pick(random, 0, 1, 1000, ulong.MaxValue - 1, ulong.MaxValue, (ulong)random.NextInt64());
                    uint nonce = (uint)Pick(random, 0, 1, 2, 3, uint.MaxValue - 1, uint.MaxValue, (ulong)random.Next());
                    state.Create(i, new(keys[i].PublicKey, balance, nonce, random.Next(8) == 0 ? 1U : 0));
                }
            }

            for (int k = 0; k < PerWorld; k++)
            {
                TransferRule rule = Try(circuit, state, keys, random);
                Interlocked.Increment(ref counts[(int)rule]);
            }
        });
        output.WriteLine(string.Join(", ", counts.Select((count, rule) => $"{(TransferRule)rule} {count}")));
        Assert.True(counts[(int)TransferRule.None] > cases / 10, "Hardly any transfer was lawful.");
    }

    private static TransferRule Try<TF>(CompiledCircuit<TF> circuit, AccountState<TF> state, EddsaKey<TF>[] keys, Random random)
        where TF : unmanaged, IPrimeField<TF>
    {
        uint[] present = [.. Enumerable.Range(0, Places).Select(i => (uint)i).Where(i => state.TryGet(i, out _))];
        uint from = present[random.Next(present.Length)];
        uint to = random.Next(8) == 0 ? (uint)random.Next(Places) : present[random.Next(present.Length)];
        state.TryGet(from, out Account<TF> sender);
        state.TryGet(to, out Account<TF> receiver);
        bool lawful = random.Next(2) > 0;
        ulong fee = lawful ? Math.Min(sender.Balance, (ulong)random.Next(3)) : Pick(random, 0, 1, (1UL << 48) - 1, 1UL << 48, (1UL << 48) + 1, ulong.MaxValue);
        ulong amount = lawful
            ? Math.Min(sender.Balance - fee, Math.Min((ulong)random.NextInt64(2000), ulong.MaxValue - receiver.Balance))
            : unchecked(Pick(random, 0, 1, sender.Balance, sender.Balance - fee, sender.Balance - fee + 1, ulong.MaxValue - receiver.Balance, 0 - receiver.Balance, ulong.MaxValue));
        uint nonce = lawful ? sender.Nonce : unchecked((uint)Pick(random, sender.Nonce, sender.Nonce, sender.Nonce, sender.Nonce, sender.Nonce, sender.Nonce + 1, sender.Nonce - 1));
        uint token = lawful ? sender.Token : (uint)Pick(random, sender.Token, sender.Token, sender.Token, receiver.Token, 2);
        var transfer = new Transfer(from, to, amount, fee, nonce, token);
        EddsaKey<TF> signer = keys[random.Next(12) == 0 ? to : from];
        EddsaSignature<TF> signature = signer.Sign(transfer.Hash<TF>(random.Next(12) == 0 ? Chain + 1 : Chain));
        if (random.Next(12) == 0)
        {
            signature = signature with { S = BigInteger.Remainder(signature.S + 1, EdwardsCurve<TF>.Embedded.Order) };
        }

        CircuitInputs<TF> inputs = Forge(state, present, transfer, signature, out TF newRoot);
        TF oldRoot = state.Root;
        TransferRule rule = state.TryApply(new(transfer, signature), Chain, out TransferTrace<TF>? trace);
        bool satisfied = CircuitChecker.IsSatisfied(circuit.System, circuit.Program.Run(inputs));
        Assert.True(satisfied == (rule == TransferRule.None), $"The circuit says {satisfied} and the state machine {rule} of {transfer}.");
        if (trace is not null)
        {
            Assert.Equal(newRoot, state.Root);
            Assert.Equal((oldRoot, newRoot), (trace.RootBefore, trace.RootAfter));
            Assert.Equal(circuit.Program.Run(inputs), circuit.Program.Run(StateTransition.InputsFor(Chain, trace)));
        }

        return rule;
    }

    /// <summary>What a prover tells the circuit who carries out the transfer whatever it is.</summary>
    private static CircuitInputs<TF> Forge<TF>(
        AccountState<TF> state, uint[] present, Transfer transfer, EddsaSignature<TF> signature, out TF newRoot)
        where TF : unmanaged, IPrimeField<TF>
    {
        var forger = new TransferForger<TF>(TransferWorld.Depth / 2, Chain);
        foreach (uint index in present)
        {
            state.TryGet(index, out Account<TF> account);
            forger.Put(index, new ForgedAccount<TF>(0, account.Balance, account.Nonce, account.Token) { Key = account.Key });
        }

        ForgedTransfer<TF> slot = forger.Transfer(transfer.From, transfer.To, TF.FromUInt64(transfer.Amount), TF.FromUInt64(transfer.Fee), t =>
        {
            t.Nonce = TF.FromUInt64(transfer.Nonce);
            t.Token = TF.FromUInt64(transfer.Token);
            t.Signature = [signature.R.X, signature.R.Y, TF.FromBigInteger(signature.S)];
        });
        newRoot = slot.NewRoot;
        return forger.StateTransitionInputs();
    }

    private static ulong Pick(Random random, params ReadOnlySpan<ulong> values) => values[random.Next(values.Length)];
}
