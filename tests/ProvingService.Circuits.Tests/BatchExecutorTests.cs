// Owns: batches: their traces, their rules, and that a refused one leaves nothing behind.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Circuits.Tests;

public sealed class BatchExecutorOnBls12381(ITestOutputHelper output) : BatchExecutorTests<Bls12381Fr>(output);

public sealed class BatchExecutorOnBn254(ITestOutputHelper output) : BatchExecutorTests<Bn254Fr>(output);

public abstract class BatchExecutorTests<TF>(ITestOutputHelper output)
    where TF : unmanaged, IPrimeField<TF>
{
    private const ulong Chain = 9;

    private static readonly EddsaKey<TF>[] Keys = [.. Enumerable.Range(1, 4).Select(i => AccountStateTests<TF>.Key((byte)i))];

    /// <summary>Accounts 0 to 3 of token 0, 4 and 5 of token 1; key i mod 4.</summary>
    private static AccountState<TF> NewState()
    {
        var state = new AccountState<TF>(2);
        for (uint i = 0; i < 6; i++)
        {
            state.Create(i, new(Keys[i % 4].PublicKey, 1000, 0, i < 4 ? 0u : 1u));
        }

        return state;
    }

    private static SignedTransfer<TF> Send(uint from, uint to, ulong amount, ulong fee, uint nonce, uint token = 0) =>
        new Transfer(from, to, amount, fee, nonce, token).Sign(Keys[from % 4], Chain);

    [Fact]
    public void TracesLeadFromRootToRoot()
    {
        AccountState<TF> state = NewState(), twin = NewState();
        TF parent = TF.FromUInt64(77), old = state.Root;

        // Dependent transfers, one to oneself, one by the fee account, one of another token without a fee.
        SignedTransfer<TF>[] transfers =
        [
            Send(0, 1, 900, 1, 0), Send(1, 2, 1900, 0, 0), Send(2, 2, 2900, 0, 0), Send(3, 0, 5, 2, 0), Send(4, 5, 10, 0, 0, 1),
        ];
        BatchTrace<TF> trace = BatchExecutor.Execute(state, Chain, 42, parent, 3, transfers, 8);
        Assert.Equal(8, trace.Slots.Count);
        Assert.Equal(9, trace.Links.Count);
        TF root = old;
        for (int k = 0; k < 8; k++)
        {
            TransferTrace<TF> slot = trace.Slots[k];
            AccountStateTests<TF>.CheckTrace(slot, root, slot.RootAfter);
            root = slot.RootAfter;
            Assert.Equal(k < 5, slot.IsEnabled);
            Assert.Equal(k < 5 ? slot.Signed.Transfer.Link(trace.Links[k]) : trace.Links[k], trace.Links[k + 1]);
        }

        // The sequence by itself, then the fees.
        foreach (SignedTransfer<TF> transfer in transfers)
        {
            twin.Apply(transfer, Chain);
        }

        Assert.Equal(twin.Root, root);
        Assert.Equal((root, 3UL), (trace.FeeCredit.RootBefore, trace.FeeCredit.Amount));
        Assert.Equal(TransferRule.None, twin.TryCredit(3, 3, out _));
        Assert.Equal(twin.Root, state.Root);
        Assert.Equal(state.Root, trace.FeeCredit.RootAfter);
        Assert.Equal(
            new BatchStatement<TF>(Chain, 42, 5, 3, old, state.Root, BatchStatement.DataRoot<TF>(transfers.Select(t => t.Transfer)), parent),
            trace.Statement);
    }

    [Fact]
    public void FillingsSayNothing()
    {
        AccountState<TF> state = NewState();
        BatchTrace<TF> trace = BatchExecutor.Execute(state, Chain, 0, TF.Zero, 4, [Send(0, 1, 1, 0, 0)], 3);
        TransferTrace<TF> filling = trace.Slots[2];
        Assert.Equal(new Transfer(4, 4, 0, 0, 0, 1), filling.Signed.Transfer);
        Assert.Equal(EdwardsCurve<TF>.Embedded.Base, filling.Signed.Signature.R);
        Assert.True(filling.Signed.Signature.S.IsZero);
        Assert.Equal((filling.RootBefore, filling.RootBefore), (filling.RootBetween, filling.RootAfter));
        Assert.True(state.TryGet(4, out Account<TF> same) && same.Nonce == 0 && same.Balance == 1000);

        // An empty batch moves nothing, and a full one has no fillings.
        TF root = state.Root;
        trace = BatchExecutor.Execute(state, Chain, 1, TF.Zero, 0, [], 2);
        Assert.Equal((root, root, TF.Zero, (ushort)0), (trace.Statement.OldRoot, trace.Statement.NewRoot, trace.Statement.DataRoot, trace.Statement.Count));
        Assert.Equal(0UL, trace.FeeCredit.Amount);
        trace = BatchExecutor.Execute(state, Chain, 2, TF.Zero, 0, [Send(1, 0, 1, 0, 0), Send(1, 0, 1, 0, 1)], 2);
        Assert.All(trace.Slots, slot => Assert.True(slot.IsEnabled));
    }

    [Fact]
    public void RefusedBatchesLeaveTheStateAlone()
    {
        Refuses(1, TransferRule.Nonce, 0, Send(0, 1, 10, 1, 0), Send(0, 1, 10, 1, 0));
        Refuses(1, TransferRule.Nonce, 0, Send(0, 1, 10, 1, 0), Send(0, 1, 10, 1, 2));
        Refuses(2, TransferRule.Balance, 0, Send(0, 1, 10, 1, 0), Send(1, 2, 10, 1, 0), Send(2, 2, 1011, 0, 0));
        Refuses(0, TransferRule.Signature, 0, Send(0, 1, 10, 1, 0) with { Transfer = new(0, 1, 11, 1, 0, 0) });
        Refuses(1, TransferRule.ReceiverMissing, 0, Send(0, 1, 10, 1, 0), Send(1, 9, 10, 1, 0));
        Refuses(1, TransferRule.IndexOutOfRange, 0, Send(0, 1, 10, 1, 0), Send(16, 0, 10, 1, 0));
        Refuses(0, TransferRule.FeeTooLarge, 0, Send(0, 1, 10, 1UL << 48, 0));
        Refuses(null, TransferRule.FeeAccountMissing, 6, Send(0, 1, 10, 1, 0));
        Refuses(null, TransferRule.FeeAccountMissing, 16, Send(0, 1, 10, 1, 0));

        // A fee in another token than the fee account's, either way round.
        Refuses(1, TransferRule.FeeToken, 0, Send(0, 1, 10, 1, 0), Send(4, 5, 10, 1, 0, 1));
        Refuses(0, TransferRule.FeeToken, 5, Send(0, 1, 10, 1, 0));

        // Money that came from the fees is not there before the end.
        Refuses(1, TransferRule.Balance, 3, Send(0, 1, 0, 5, 0), Send(3, 1, 1001, 0, 0));

        static void Refuses(int? position, TransferRule rule, uint feeAccount, params SignedTransfer<TF>[] transfers)
        {
            AccountState<TF> state = NewState();
            TF root = state.Root;
            BatchRefusal? refusal = BatchExecutor.TryExecute(state, Chain, 1, TF.One, feeAccount, transfers, 4, out BatchTrace<TF>? trace);
            Assert.Null(trace);
            Assert.Equal(new BatchRefusal(position, rule), refusal);
            Assert.Equal(root, state.Root);
            for (uint i = 0; i < 6; i++)
            {
                Assert.True(state.TryGet(i, out Account<TF> account) && account.Balance == 1000 && account.Nonce == 0);
            }

            var error = Assert.Throws<RequestRefusedException>(
                () => BatchExecutor.Execute(state, Chain, 1, TF.One, feeAccount, transfers, 4));
            Assert.Contains(rule.Describe(), error.Message, StringComparison.Ordinal);
            Assert.True(position is null || error.Message.Contains($"Transfer {position} ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void FeesThatOverflowAreRefusedAtTheEnd()
    {
        var state = new AccountState<TF>(2);
        state.Create(0, new(Keys[0].PublicKey, 1000, 0, 0));
        state.Create(1, new(Keys[1].PublicKey, ulong.MaxValue - 4, 0, 0));
        TF root = state.Root;
        BatchRefusal? refusal = BatchExecutor.TryExecute(state, Chain, 1, TF.One, 1, [Send(0, 0, 1, 5, 0)], 1, out _);
        Assert.Equal(new BatchRefusal(null, TransferRule.FeeAccountOverflow), refusal);
        Assert.Equal(root, state.Root);
        Assert.Null(BatchExecutor.TryExecute(state, Chain, 1, TF.One, 1, [Send(0, 0, 1, 4, 0)], 1, out _));
        Assert.True(state.TryGet(1, out Account<TF> full) && full.Balance == ulong.MaxValue);
    }

    [Fact]
    public void SlotsAreLimited()
    {
        AccountState<TF> state = NewState();
        SignedTransfer<TF> transfer = Send(0, 1, 1, 0, 0);
        Assert.Throws<ArgumentException>(() => BatchExecutor.Execute(state, Chain, 1, TF.One, 0, [transfer, transfer], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BatchExecutor.Execute(state, Chain, 1, TF.One, 0, [], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => BatchExecutor.Execute(state, Chain, 1, TF.One, 0, [], 65536));
    }

    /// <summary>Random batches, some broken at a random place: applied as the single transfers, or not at all.</summary>
    [Fact]
    public void EqualsSingleTransfers()
    {
        var random = new OracleRandom(output);
        AccountState<TF> state = NewState();
        for (int round = 0; round < 20; round++)
        {
            int broken = random.Next(3) == 0 ? random.Next(4) : -1;
            AccountState<TF> twin = Copy(state);
            var transfers = new List<SignedTransfer<TF>>();
            ulong fees = 0;
            for (int i = 0; i < 4; i++)
            {
                uint from = (uint)random.Next(4);
                twin.TryGet(from, out Account<TF> sender);
                ulong fee = Math.Min(sender.Balance, (ulong)random.Next(4)), amount = Math.Min(sender.Balance - fee, (ulong)random.Next(300));
                SignedTransfer<TF> transfer = Send(from, (uint)random.Next(4), amount, fee, sender.Nonce + (i == broken ? 1u : 0));
                transfers.Add(transfer);
                fees += fee;
                if (i != broken)
                {
                    twin.Apply(transfer, Chain);
                }
            }

            TF root = state.Root;
            BatchRefusal? refusal = BatchExecutor.TryExecute(state, Chain, 1, TF.One, 2, transfers, 5, out _);
            Assert.Equal(broken >= 0 ? new BatchRefusal(broken, TransferRule.Nonce) : null, refusal);
            twin.TryCredit(2, fees, out _);
            Assert.Equal(broken >= 0 ? root : twin.Root, state.Root);
            Assert.Equal(Copy(state).Root, state.Root);
        }

        static AccountState<TF> Copy(AccountState<TF> original)
        {
            var copy = new AccountState<TF>(2);
            for (uint i = 0; i < 16; i++)
            {
                if (original.TryGet(i, out Account<TF> account))
                {
                    copy.Create(i, account);
                }
            }

            return copy;
        }
    }
}
