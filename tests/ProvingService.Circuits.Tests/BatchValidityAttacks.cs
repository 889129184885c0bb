// Owns: what a cheating prover tries against batch-validity beyond what it tries against a single transfer, a name an
// attack, and which constraints stop it.

using ProvingService.Algebra;
using ProvingService.R1cs;
using static ProvingService.Circuits.Tests.TransferWorld;

namespace ProvingService.Circuits.Tests;

internal static class BatchValidityAttacks
{
    public const int Capacity = 3;
    private const string Link = "main.slot[*].link";
    private const string FeeLeaf = "main.fee credit.level[*].old select";
    private const string Equation = "main.slot[*].signature.equation";

    /// <summary>Every attack.</summary>
    public static ForgedStatement<TF>[] All<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        TF one = TF.One;
        return
        [
            // Slots that are not transfers.
            new("a filler that moves money", "main.slot[*].filler", () => Forge<TF>(f => f.Fill(Sender, t =>
            {
                // From the sender, who has signed nothing, to the account that fillers name as the receiver: itself here.
                t.Amount = N<TF>(500);
                t.Fee = TF.Zero;
            }))),
            new("a filler that takes a fee", "main.slot[*].filler", () => Forge<TF>(f => f.Fill(Sender, t => t.Fee = N<TF>(5)))),
            new("a slot that is enabled twice", "main.enabled bits", () => Forge<TF>(
                f => f.Transfer(Sender, Receiver, TF.Zero, TF.Zero, t => t.Enabled = N<TF>(2)), honest: 0)),
            new("a hole in the batch", "main.enabled order", () => Forge<TF>(
                f =>
                {
                    f.Fill(Sender);
                    f.Transfer(Receiver, Sender, N<TF>(10), one);
                },
                honest: 0)),
            new("a transfer without a signature", Equation, () => Forge<TF>(f =>
                f.Transfer(Sender, Receiver, one, one, t => t.Signature = [TF.Zero, one, TF.Zero]))),
            new("a transfer of another chain", Equation, () => Forge<TF>(f =>
                f.Transfer(Sender, Receiver, one, one, t => t.SignedHash = t.Hash(N<TF>(10))))),
            new("the same transfer twice", Equation, () => Forge<TF>(f =>
            {
                // The nonce has moved on, so the first one's signature does not fit.
                ForgedTransfer<TF> first = f.Slots[0];
                f.Transfer(Sender, Receiver, first.Amount, first.Fee, t => t.Signature = first.Signature);
            })),

            // Which transfers, and how many.
            new("a link of other data", Link, () => Forge<TF>(lie: b => b.Chain = [b.Chain[0], b.Chain[1], one, one])),
            new("the transfers in another order", Link, () => Forge<TF>(
                slots: (b, slots) => b.Chain = TransferForger<TF>.ChainOf(TF.Zero, [slots[1], slots[0], slots[2]]))),
            new("the last transfer dropped from the data", Link, () => Forge<TF>(lie: b => b.Chain = [b.Chain[0], b.Chain[1], b.Chain[1], b.Chain[1]])),
            new("a filler that joins the chain", Link, () => Forge<TF>(honest: 1, lie: b =>
            {
                b.Chain[2] = Poseidon.Hash<TF>([b.Chain[1], one, one], HashTag.TransferChain);
                b.Chain[3] = b.Chain[2];
            })),
            new("a chain that begins elsewhere", "main.chain start", () => Forge<TF>(
                slots: (b, slots) => b.Chain = TransferForger<TF>.ChainOf(one, slots))),
            new("one transfer fewer in the statement", "main.statement", () => Forge<TF>(lie: b => b.Count -= one)),
            new("one transfer more in the statement", "main.statement", () => Forge<TF>(lie: b => b.Count += one)),

            // Roots.
            new("a jump between two transfers", "main.slot[*].receiver.new root", () => Forge<TF>(
                f =>
                {
                    f.Put(Receiver, new(2, 1_000_000, nonce: 3));
                    f.Transfer(Receiver, Sender, N<TF>(500_000), one);
                },
                honest: 1)),
            new("the old root of another fork", "main.slot[*].sender.root", () => Forge<TF>(lie: b => b.Roots[0] += one)),
            new("another new root", "main.fee credit.new root", () => Forge<TF>(lie: b => b.NewRoot = one)),
            new("fees credited against an older root", "main.fee credit.root", () => OldFeePath<TF>()),

            // Fees.
            new("a fee that is not debited", "main.fee credit.new root", () => Forge<TF>(lie: b => b.Fees += one)),
            new("fees to another account", FeeLeaf, () => Forge<TF>(state: (b, f) =>
            {
                ForgedAccount<TF> other = f.Accounts[Receiver];
                b.FeeAccount = [other.Key.X, other.Key.Y, other.Balance, other.Nonce, other.Token];
                b.FeePath = f.Tree.PathOf(Receiver).Children;
            })),
            new("a fee account with a raised balance", FeeLeaf, () => Forge<TF>(lie: b => b.FeeAccount[2] += N<TF>(77))),
            new("fee account is the index plus the tree's size", "main.fee credit.index", () => Forge<TF>(
                lie: b => b.FeeIndex += ForgedTransfer<TF>.Power(Depth))),
            new("the fee account's balance reaches 2^64", "main.fee credit.balance", () => Forge<TF>(
                honest: 1, world: f => f.Accounts[FeeAccount].Balance = N<TF>(ulong.MaxValue))),
            new("a fee in another token", "main.slot[*].fee token", () => Forge<TF>(
                honest: 1, world: f => f.Accounts[FeeAccount].Token = N<TF>(2))),

            // The packed statement.
            new("the height takes from the count", "main.height", () => Forge<TF>(lie: b => b.Height += ForgedTransfer<TF>.Power(64))),
            new("the chain takes from the height", "main.chain id", () => Forge<TF>(world: f => f.ChainId += ForgedTransfer<TF>.Power(64))),
            new("another height", "main.statement", () => Forge<TF>(lie: b => b.StatedHeight = b.Height + one)),
            new("another parent", "main.statement", () => Forge<TF>(lie: b => b.StatedParent = b.ParentHash + one)),
        ];
    }

    /// <summary>The attacks on a transfer, in the first slot of a batch; those on what a batch has of its own are in <see cref="All"/>.</summary>
    public static ForgedStatement<TF>[] OnTransfers<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        string[] own = ["main.chain", "main.statement", "main.sender.root", "main.receiver.new root"];
        var attacks = new StateTransitionAttacks<TF>(forger =>
        {
            while (forger.Slots.Count < Capacity)
            {
                forger.Fill(FeeAccount);
            }

            return forger.BatchInputs(FeeAccount);
        });
        return [.. attacks.All().Where(attack => !own.Contains(attack.Guard)).Select(attack => attack with { Guard = "main.slot[*]" + attack.Guard["main".Length..] })];
    }

    /// <summary>A batch of three slots: honest transfers, what a test plays, and fillers up to the capacity.</summary>
    public static CircuitInputs<TF> Forge<TF>(
        Action<TransferForger<TF>>? play = null,
        int honest = 2,
        Action<TransferForger<TF>>? world = null,
        Action<ForgedBatch<TF>>? lie = null,
        Action<ForgedBatch<TF>, List<ForgedTransfer<TF>>>? slots = null,
        Action<ForgedBatch<TF>, TransferForger<TF>>? state = null)
        where TF : unmanaged, IPrimeField<TF>
    {
        TransferForger<TF> forger = TransferWorld.Create<TF>();
        world?.Invoke(forger);
        foreach ((long index, ForgedAccount<TF> account) in forger.Accounts.ToArray())
        {
            forger.Put(index, account);
        }

        for (int k = 0; k < honest; k++)
        {
            (int from, int to) = k == 0 ? (Sender, Receiver) : (Receiver, FeeAccount);
            forger.Transfer(from, to, N<TF>(100), N<TF>(2));
        }

        play?.Invoke(forger);
        while (forger.Slots.Count < Capacity)
        {
            forger.Fill(FeeAccount);
        }

        return forger.BatchInputs(FeeAccount, batch =>
        {
            lie?.Invoke(batch);
            slots?.Invoke(batch, forger.Slots);
            state?.Invoke(batch, forger);
        });
    }

    /// <summary>The fee account as it was before the batch, which has credited it meanwhile.</summary>
    private static CircuitInputs<TF> OldFeePath<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        TF[] path = [], account = [];
        return Forge<TF>(
            f =>
            {
                ForgedAccount<TF> before = f.Accounts[FeeAccount];
                path = f.Tree.PathOf(FeeAccount).Children;
                account = [before.Key.X, before.Key.Y, before.Balance, before.Nonce, before.Token];
                f.Transfer(Sender, FeeAccount, N<TF>(10), TF.One);
            },
            lie: b => (b.FeePath, b.FeeAccount) = (path, account));
    }

    private static TF N<TF>(ulong value)
        where TF : unmanaged, IPrimeField<TF> => TF.FromUInt64(value);
}
