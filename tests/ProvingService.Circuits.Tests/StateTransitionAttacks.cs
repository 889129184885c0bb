// Owns: what a cheating prover tries against state-transition, a name an attack, and which constraints stop it.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;
using static ProvingService.Circuits.Tests.TransferWorld;

namespace ProvingService.Circuits.Tests;

/// <summary>A false statement, with everything that follows from it made consistent.</summary>
/// <param name="Name">What is tried.</param>
/// <param name="Guard">The scope of the constraints that stop it, numbers of levels and slots as [*]; the only ones that fail.</param>
/// <param name="Forge">Makes the inputs.</param>
internal sealed record ForgedStatement<TF>(string Name, string Guard, Func<CircuitInputs<TF>> Forge)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>The attacks, each carried out in a world of its own.</summary>
/// <param name="finish">Makes inputs of a world in which one transfer has been carried out.</param>
internal sealed class StateTransitionAttacks<TF>(Func<TransferForger<TF>, CircuitInputs<TF>> finish)
    where TF : unmanaged, IPrimeField<TF>
{
    private const string SenderLeaf = "main.sender.level[*].old select";
    private const string ReceiverLeaf = "main.receiver.level[*].old select";
    private const string Equation = "main.signature.equation";

    /// <summary>Every attack.</summary>
    public ForgedStatement<TF>[] All()
    {
        TF one = TF.One;
        BigInteger order = EdwardsCurve<TF>.Embedded.Order;
        return
        [
            // Money from nothing.
            new("overspend by 1", "main.sender.balance", () => Forge(N(1000), N(1))),
            new("overspend by the fee", "main.sender.balance", () => Forge(N(995), N(6))),
            new("amount -1 takes from the receiver", "main.amount", () => Forge(-one, N(5))),
            new("amount 2^64 wraps the receiver", "main.amount", () => Forge(
                ForgedTransfer<TF>.Power(64), TF.Zero, f => f.Accounts[Sender].Balance = ForgedTransfer<TF>.Power(64) + one, f => f.Accounts[Receiver].Balance = -one)),
            new("receiver's balance reaches 2^64", "main.receiver.balance", () => Forge(
                one, TF.Zero, f => f.Accounts[Receiver].Balance = N(ulong.MaxValue))),
            new("fee 2^48", "main.fee", () => Forge(
                one, ForgedTransfer<TF>.Power(48), f => f.Accounts[Sender].Balance = N(ulong.MaxValue))),
            new("fee -1 pays the sender", "main.fee", () => Forge(one, -one)),
            new("sender's leaf with a raised balance", SenderLeaf, () => Forge(lie: t => t.Sender[2] += N(1_000_000))),
            new("receiver's leaf of another owner", ReceiverLeaf, () => Forge(lie: t =>
                t.Receiver = [.. new ForgedAccount<TF>(77, 2000).Key is var key ? new[] { key.X, key.Y } : [], N(2000), N(3)])),
            new("a transfer to oneself credited against the old root", "main.receiver.root", () => Forge(
                to: Sender,
                lie: t =>
                {
                    t.Receiver = [t.Sender[0], t.Sender[1], t.Sender[2], t.Nonce];
                    t.ReceiverPath = t.SenderPath;
                })),
            new("receiver that is an empty leaf", ReceiverLeaf, () => Forge(to: 14)),

            // Nonces.
            new("reused nonce", SenderLeaf, () => Forge(lie: t => t.Nonce -= one)),
            new("skipped nonce", SenderLeaf, () => Forge(lie: t => t.Nonce += one)),
            new("the last nonce, 2^32 - 1", "main.sender.last nonce", () => Forge(
                one, one, f => f.Accounts[Sender].Nonce = N(uint.MaxValue))),

            // Tokens and indices.
            new("token of the sender's account is another", SenderLeaf, () => Forge(
                one, TF.Zero, f => f.Accounts[Receiver].Token = N(2), lie: t => t.Token = N(2))),
            new("token of the receiver's account is another", ReceiverLeaf, () => Forge(
                one, one, f => f.Accounts[Receiver].Token = N(2))),
            new("from is the index plus the tree's size", "main.from", () => Forge(lie: t => t.From += ForgedTransfer<TF>.Power(Depth))),
            new("to is the index plus the tree's size", "main.to", () => Forge(lie: t => t.To += ForgedTransfer<TF>.Power(Depth))),
            new("fee and chain share the packed statement", "main.chain", () => Forge(
                one, N(4), f => f.ChainId += ForgedTransfer<TF>.Power(96))),

            // Signatures.
            new("signature by another key", Equation, () => Forge(lie: t => t.Signer = new ForgedAccount<TF>(66, 0).Signer)),
            new("signature for another chain", Equation, () => Forge(lie: t => t.SignedHash = t.Hash(N(Chain + 1)))),
            new("signature for another amount", Equation, () => Forge(lie: t =>
            {
                t.Amount -= one;
                t.SignedHash = t.Hash(N(Chain));
                t.Amount += one;
            })),
            new("signature with from and to exchanged", Equation, () => Forge(lie: t =>
            {
                (t.From, t.To) = (t.To, t.From);
                t.SignedHash = t.Hash(N(Chain));
                (t.From, t.To) = (t.To, t.From);
            })),
            new("s + l", "main.signature.response bits", () => Resign(s => s + order, r => r)),
            new("s = l - s", Equation, () => Resign(s => order - s, r => r)),
            new("R plus a point of order 2", Equation, () => Resign(s => s, r => new(-r.X, -r.Y))),
            new("no signature", Equation, () => Forge(lie: t => t.Signature = [TF.Zero, one, TF.Zero])),

            // Trees.
            new("an account of another tree", "main.sender.root", () => Forge(after: t => t.OldRoot += one)),
            new("swapped siblings", "main.sender.root", () => Swapped()),
            new("another new root", "main.receiver.new root", () => Forge(after: t => t.NewRoot += one)),
            new("old siblings for the new root", "main.receiver.new root", () => Forge(after: t => t.NewRoot = t.OldRoot)),
            new("another statement", "main.statement", () => Forge().Set("statement", one)),
        ];
    }

    /// <summary>A transfer of 100 with a fee of 2, unless altered.</summary>
    public CircuitInputs<TF> Forge(
        TF? amount = null,
        TF? fee = null,
        Action<TransferForger<TF>>? world = null,
        Action<TransferForger<TF>>? more = null,
        Action<ForgedTransfer<TF>>? lie = null,
        Action<ForgedTransfer<TF>>? after = null,
        long to = Receiver)
    {
        TransferForger<TF> forger = TransferWorld.Create<TF>();
        world?.Invoke(forger);
        more?.Invoke(forger);
        foreach ((long index, ForgedAccount<TF> account) in forger.Accounts.ToArray())
        {
            forger.Put(index, account);
        }

        ForgedTransfer<TF> slot = forger.Transfer(Sender, to, amount ?? N(100), fee ?? N(2), lie);
        after?.Invoke(slot);
        return finish(forger);
    }

    private CircuitInputs<TF> Resign(Func<BigInteger, BigInteger> alterS, Func<EdwardsPoint<TF>, EdwardsPoint<TF>> alterR) => Forge(lie: t =>
        {
            // An amount for which s + l still has no more bits than l.
            EddsaSignature<TF> signature;
            BigInteger order = EdwardsCurve<TF>.Embedded.Order;
            do
            {
                t.Amount += TF.One;
                signature = new ForgedAccount<TF>(1, 0).Signer.Sign(t.Hash(N(Chain)));
            }
            while ((signature.S + order).GetBitLength() > order.GetBitLength());
            EdwardsPoint<TF> r = alterR(signature.R);
            t.Signature = [r.X, r.Y, TF.FromBigInteger(alterS(signature.S))];
        });

    /// <summary>The whole way on a tree in which two neighbours have changed places, under the old root of the true one.</summary>
    private CircuitInputs<TF> Swapped()
    {
        TF trueRoot = default;
        return Forge(
            world: f =>
            {
                f.Accounts[2] = new(4, 40);
                foreach ((long index, ForgedAccount<TF> account) in f.Accounts)
                {
                    f.Put(index, account);
                }

                trueRoot = f.Tree.Root;
                f.Accounts[1] = f.Accounts[2];
                f.Accounts.Remove(2);
                f.Tree.Update(2, TF.Zero);
            },
            after: t => t.OldRoot = trueRoot);
    }

    private static TF N(ulong value) => TF.FromUInt64(value);
}

/// <summary>What the attacks on transfers and batches happen in.</summary>
internal static class TransferWorld
{
    public const int Depth = 4;
    public const ulong Chain = 9;
    public const int Sender = 3;
    public const int Receiver = 10;
    public const int FeeAccount = 7;

    /// <summary>Accounts with 1,000, 2,000 and 3,000, not yet in the tree.</summary>
    public static TransferForger<TF> Create<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        var forger = new TransferForger<TF>(Depth / 2, Chain);
        forger.Accounts[Sender] = new(1, 1000, nonce: 5);
        forger.Accounts[Receiver] = new(2, 2000, nonce: 3);
        forger.Accounts[FeeAccount] = new(3, 3000);
        return forger;
    }
}
