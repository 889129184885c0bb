// Owns: the rules of a transfer at their boundaries, and the state against a naive model.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Circuits.Tests;

public sealed class AccountStateOnBls12381(ITestOutputHelper output) : AccountStateTests<Bls12381Fr>(output);

public sealed class AccountStateOnBn254(ITestOutputHelper output) : AccountStateTests<Bn254Fr>(output);

public abstract class AccountStateTests<TF>(ITestOutputHelper output)
    where TF : unmanaged, IPrimeField<TF>
{
    private const ulong Chain = 7;

    private static readonly EddsaKey<TF> Alice = Key(1), Bob = Key(2);

    public static TheoryData<string, TransferRule> Cases => new()
    {
        { "plain", TransferRule.None },
        { "everything", TransferRule.None },
        { "nothing", TransferRule.None },
        { "to oneself", TransferRule.None },
        { "overspent by one", TransferRule.Balance },
        { "fee not covered", TransferRule.Balance },
        { "amount and fee wrap around", TransferRule.Balance },
        { "to oneself beyond the balance", TransferRule.Balance },
        { "fee 2^48 - 1", TransferRule.None },
        { "fee 2^48", TransferRule.FeeTooLarge },
        { "receiver reaches 2^64 - 1", TransferRule.None },
        { "receiver reaches 2^64", TransferRule.ReceiverOverflow },
        { "nonce reused", TransferRule.Nonce },
        { "nonce skipped", TransferRule.Nonce },
        { "nonce 2^32 - 2", TransferRule.None },
        { "nonce 2^32 - 1", TransferRule.NonceExhausted },
        { "other token", TransferRule.SenderToken },
        { "receiver of another token", TransferRule.ReceiverToken },
        { "no sender", TransferRule.SenderMissing },
        { "no receiver", TransferRule.ReceiverMissing },
        { "last place, empty", TransferRule.ReceiverMissing },
        { "sender beyond the tree", TransferRule.IndexOutOfRange },
        { "sender aliased", TransferRule.IndexOutOfRange },
        { "receiver beyond the tree", TransferRule.IndexOutOfRange },
        { "signed by the receiver", TransferRule.Signature },
        { "signed for another chain", TransferRule.Signature },
        { "signed another amount", TransferRule.Signature },
        { "s + l", TransferRule.Signature },
        { "R not on the curve", TransferRule.Signature },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rules(string name, TransferRule expected)
    {
        var sender = new Account<TF>(Alice.PublicKey, 1000, 5, 3);
        var receiver = new Account<TF>(Bob.PublicKey, 10, 0, 3);
        var transfer = new Transfer(1, 2, 100, 4, 5, 3);
        switch (name)
        {
            case "everything": transfer = transfer with { Amount = 996 }; break;
            case "nothing": transfer = transfer with { Amount = 0, Fee = 0 }; break;
            case "to oneself": transfer = transfer with { To = 1, Amount = 996 }; break;
            case "overspent by one": transfer = transfer with { Amount = 997 }; break;
            case "fee not covered": transfer = transfer with { Amount = 1000, Fee = 1 }; break;
            case "amount and fee wrap around": transfer = transfer with { Amount = ulong.MaxValue, Fee = 2 }; break;
            case "to oneself beyond the balance": transfer = transfer with { To = 1, Amount = 997 }; break;
            case "fee 2^48 - 1":
            case "fee 2^48":
                sender = sender with { Balance = ulong.MaxValue };
                transfer = transfer with { Fee = name == "fee 2^48" ? 1UL << 48 : (1UL << 48) - 1 };
                break;
            case "receiver reaches 2^64 - 1": receiver = receiver with { Balance = ulong.MaxValue - 100 }; break;
            case "receiver reaches 2^64": receiver = receiver with { Balance = ulong.MaxValue - 99 }; break;
            case "nonce reused": transfer = transfer with { Nonce = 4 }; break;
            case "nonce skipped": transfer = transfer with { Nonce = 6 }; break;
            case "nonce 2^32 - 2":
                sender = sender with { Nonce = uint.MaxValue - 1 };
                transfer = transfer with { Nonce = uint.MaxValue - 1 };
                break;
            case "nonce 2^32 - 1":
                sender = sender with { Nonce = uint.MaxValue };
                transfer = transfer with { Nonce = uint.MaxValue };
                break;
            case "other token": transfer = transfer with { Token = 2 }; break;
            case "receiver of another token": receiver = receiver with { Token = 2 }; break;
            case "no sender": transfer = transfer with { From = 4 }; break;
            case "no receiver": transfer = transfer with { To = 4 }; break;
            case "last place, empty": transfer = transfer with { To = 15 }; break;
            case "sender beyond the tree": transfer = transfer with { From = uint.MaxValue }; break;
            case "sender aliased": transfer = transfer with { From = 1 + 16 }; break;
            case "receiver beyond the tree": transfer = transfer with { To = 16 }; break;
        }

        SignedTransfer<TF> signed = transfer.Sign(Alice, Chain);
        signed = name switch
        {
            "signed by the receiver" => transfer.Sign(Bob, Chain),
            "signed for another chain" => transfer.Sign(Alice, Chain + 1),
            "signed another amount" => signed with { Transfer = transfer with { Amount = 101 } },
            "s + l" => signed with { Signature = signed.Signature with { S = signed.Signature.S + EdwardsCurve<TF>.Embedded.Order } },
            "R not on the curve" => signed with { Signature = signed.Signature with { R = new(TF.One, TF.One) } },
            _ => signed,
        };

        var state = new AccountState<TF>(2);
        state.Create(1, sender);
        state.Create(2, receiver);
        TF before = state.Root;
        Assert.Equal(expected, state.TryApply(signed, Chain, out TransferTrace<TF>? trace));
        if (expected != TransferRule.None)
        {
            Assert.Null(trace);
            Assert.Equal(before, state.Root);
            Assert.True(state.TryGet(1, out Account<TF> same) && same == sender && state.TryGet(2, out same) && same == receiver);
            var error = Assert.Throws<RequestRefusedException>(() => state.Apply(signed, Chain));
            Assert.Contains(expected.Describe(), error.Message, StringComparison.Ordinal);
            return;
        }

        Assert.NotNull(trace);
        CheckTrace(trace, before, state.Root);
        Assert.Equal(sender, trace.SenderBefore);
        transfer = trace.Signed.Transfer;
        ulong total = sender.Balance + receiver.Balance - transfer.Fee;
        Assert.True(state.TryGet(1, out Account<TF> payer));
        Assert.True(state.TryGet(2, out Account<TF> other));
        Assert.Equal(total, payer.Balance + other.Balance);
        Assert.Equal(sender.Nonce + 1, payer.Nonce);
        Assert.Equal(receiver.Nonce, other.Nonce);
    }

    [Fact]
    public void AccountsAreCreatedOnceAndWithValidKeys()
    {
        var state = new AccountState<TF>(2);
        var account = new Account<TF>(Alice.PublicKey, ulong.MaxValue, uint.MaxValue, uint.MaxValue);
        state.Create(15, account);
        TF root = state.Root;
        Assert.Throws<RequestRefusedException>(() => state.Create(15, account));
        Assert.Throws<RequestRefusedException>(() => state.Create(16, account));
        Assert.Throws<RequestRefusedException>(() => state.Create(0, account with { Key = EdwardsPoint<TF>.Identity }));
        Assert.Throws<RequestRefusedException>(() => state.Create(0, account with { Key = new(TF.Zero, -TF.One) }));
        Assert.Throws<RequestRefusedException>(() => state.Create(0, account with { Key = new(TF.One, TF.One) }));
        Assert.Throws<RequestRefusedException>(() => state.Create(0, account with { Key = account.Key.Add(new(TF.Zero, -TF.One)) }));
        Assert.Throws<RequestRefusedException>(() => state.CreateMany(14, new[] { account, account }));
        Assert.Throws<RequestRefusedException>(() => state.CreateMany(0, new[] { account, account with { Key = EdwardsPoint<TF>.Identity } }));
        Assert.Throws<RequestRefusedException>(() => state.CreateMany(1, new Account<TF>[16]));
        state.CreateMany(3, ReadOnlyMemory<Account<TF>>.Empty);
        Assert.Equal(root, state.Root);
        Assert.Equal(1, state.Count);
        Assert.False(TF.IsZero(account.Leaf()));
    }

    [Fact]
    public void BulkEqualsOneByOne()
    {
        Account<TF>[] accounts = [.. Enumerable.Range(0, 700).Select(i => new Account<TF>(
            (i % 2 == 0 ? Alice : Bob).PublicKey, (ulong)i * 12345, (uint)i, (uint)(i % 3)))];
        AccountState<TF> bulk = new(5), single = new(5);
        bulk.CreateMany(3, accounts);
        for (int i = 0; i < accounts.Length; i++)
        {
            single.Create((uint)(3 + i), accounts[i]);
        }

        Assert.Equal(single.Root, bulk.Root);
        Assert.Equal(700, bulk.Count);
        Assert.True(bulk.TryGet(702, out Account<TF> last) && last == accounts[^1]);
    }

    [Fact]
    public void ManyAccounts()
    {
        const int count = 1 << 16;
        var accounts = new Account<TF>[count];
        for (int i = 0; i < count; i++)
        {
            accounts[i] = new(Alice.PublicKey, (ulong)i, 0, 0);
        }

        var state = new AccountState<TF>(10);
        state.CreateMany(count, accounts);
        Assert.Equal(count, state.Count);
        Assert.True(state.PathOf(count + 77).Opens(state.Root, accounts[77].Leaf()));
        Assert.True(state.PathOf(77).Opens(state.Root, TF.Zero));
        CheckTrace(state.Apply(new Transfer(count + 77, count, 77, 0, 0, 0).Sign(Alice, Chain), Chain), null, state.Root);
    }

    /// <summary>Random transfers, most of them valid, against a dictionary and a tree built anew each time.</summary>
    [Fact]
    public void EqualsANaiveModel()
    {
        const int levels = 2;
        var random = new OracleRandom(output);
        EddsaKey<TF>[] keys = [Alice, Bob, Key(3)];
        var model = new Dictionary<uint, (int Key, ulong Balance, uint Nonce, uint Token)>();
        var state = new AccountState<TF>(levels);
        for (uint i = 0; i < 12; i++)
        {
            ulong balance = random.Next(4) == 0 ? ulong.MaxValue - (ulong)random.Next(50) : (ulong)random.Next(200);
            model[i] = (random.Next(3), balance, (uint)random.Next(2), i < 10 ? 0u : 1u);
            state.Create(i, new(keys[model[i].Key].PublicKey, balance, model[i].Nonce, model[i].Token));
        }

        int applied = 0;
        for (int round = 0; round < 150; round++)
        {
            uint from = (uint)random.Next(13), to = (uint)random.Next(13);
            model.TryGetValue(from, out var sender);
            uint nonce = random.Next(8) == 0 ? sender.Nonce + 1 : sender.Nonce;
            var transfer = new Transfer(from, to, (ulong)random.Next(60), (ulong)random.Next(3), nonce, random.Next(8) == 0 ? 1u : 0);
            int signer = random.Next(8) == 0 ? (sender.Key + 1) % 3 : sender.Key;

            // The model's own words: a copy that is thrown away where anything is wrong.
            var next = new Dictionary<uint, (int Key, ulong Balance, uint Nonce, uint Token)>(model);
            bool valid = model.ContainsKey(from) && model.ContainsKey(to) && signer == sender.Key && nonce == sender.Nonce
                && sender.Token == transfer.Token && model[to].Token == transfer.Token;
            if (valid)
            {
                Int128 rest = (Int128)sender.Balance - transfer.Amount - transfer.Fee;
                valid = rest >= 0;
                next[from] = sender with { Balance = valid ? (ulong)rest : 0, Nonce = sender.Nonce + 1 };
                Int128 sum = (Int128)next[to].Balance + transfer.Amount;
                valid &= sum <= ulong.MaxValue;
                next[to] = next[to] with { Balance = valid ? (ulong)sum : 0 };
            }

            TF before = state.Root;
            TransferRule rule = state.TryApply(transfer.Sign(keys[signer], Chain), Chain, out TransferTrace<TF>? trace);
            Assert.Equal(valid, rule == TransferRule.None);
            if (valid)
            {
                model = next;
                applied++;
                CheckTrace(trace!, before, state.Root);
            }

            var leaves = new TF[12];
            foreach ((uint index, var account) in model)
            {
                leaves[index] = new Account<TF>(keys[account.Key].PublicKey, account.Balance, account.Nonce, account.Token).Leaf();
            }

            Assert.Equal(new QuadTree<TF>(levels, leaves).Root, state.Root);
        }

        output.WriteLine($"{applied} of 150 applied");
        Assert.InRange(applied, 10, 140);
    }

    [Fact]
    public void Credits()
    {
        var state = new AccountState<TF>(1);
        state.Create(2, new(Alice.PublicKey, ulong.MaxValue - 5, 0, 0));
        TF root = state.Root;
        Assert.Equal(TransferRule.FeeAccountMissing, state.TryCredit(1, 0, out CreditTrace<TF>? trace));
        Assert.Equal(TransferRule.FeeAccountMissing, state.TryCredit(4, 0, out trace));
        Assert.Equal(TransferRule.FeeAccountOverflow, state.TryCredit(2, 6, out trace));
        Assert.Null(trace);
        Assert.Equal(root, state.Root);
        Assert.Equal(TransferRule.None, state.TryCredit(2, 0, out trace));
        Assert.Equal((root, root), (trace!.RootBefore, trace.RootAfter));
        Assert.Equal(TransferRule.None, state.TryCredit(2, 5, out trace));
        Assert.True(trace!.Path.Opens(root, trace.Before.Leaf()));
        Assert.Equal(state.Root, trace.Path.ComputeRoot((trace.Before with { Balance = ulong.MaxValue }).Leaf()));
    }

    internal static EddsaKey<TF> Key(byte seed)
    {
        byte[] bytes = new byte[EddsaKey<TF>.SeedLength];
        bytes[0] = seed;
        return new(bytes);
    }

    /// <summary>What a circuit would check of a trace: both openings, and the roots that follow from the changed leaves.</summary>
    internal static void CheckTrace(TransferTrace<TF> trace, TF? before, TF after)
    {
        Transfer transfer = trace.Signed.Transfer;
        Assert.True(before is null || before == trace.RootBefore);
        Assert.Equal(after, trace.RootAfter);
        Assert.Equal(((long)transfer.From, (long)transfer.To), (trace.SenderPath.Index, trace.ReceiverPath.Index));
        Assert.True(trace.SenderPath.Opens(trace.RootBefore, trace.SenderBefore.Leaf()));
        Assert.True(trace.ReceiverPath.Opens(trace.RootBetween, trace.ReceiverBefore.Leaf()));
        Account<TF> sender = trace.SenderBefore, receiver = trace.ReceiverBefore;
        if (trace.IsEnabled)
        {
            sender = sender with { Balance = sender.Balance - transfer.Amount - transfer.Fee, Nonce = sender.Nonce + 1 };
            receiver = receiver with { Balance = receiver.Balance + transfer.Amount };
        }

        Assert.Equal(trace.RootBetween, trace.SenderPath.ComputeRoot(sender.Leaf()));
        Assert.Equal(trace.RootAfter, trace.ReceiverPath.ComputeRoot(receiver.Leaf()));
    }
}
