// Owns: the constraints of one transfer, which state-transition has once and batch-validity N times. Its native twin is
// AccountState.TryApply. Never: statements, or how transfers follow each other.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>The wires of one transfer.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
internal sealed class TransferWires<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>1, or 0 for a slot that only fills a batch: a proven bit.</summary>
    public required Variable<TF> Enabled { get; init; }

    /// <summary>The chain that the signature is for; ranged by the caller.</summary>
    public required Variable<TF> ChainId { get; init; }

    /// <summary>What <see cref="Transfer"/> holds, in the order of <see cref="TransferGadget.FieldNames"/>.</summary>
    public required Variable<TF>[] Fields { get; init; }

    /// <summary>R.x, R.y, s.</summary>
    public required Variable<TF>[] Signature { get; init; }

    /// <summary>Key x and y and balance; nonce and token are the transfer's own wires.</summary>
    public required Variable<TF>[] Sender { get; init; }

    /// <summary>Key x and y, balance and nonce, after the sender's debit; the token is the transfer's own wire.</summary>
    public required Variable<TF>[] Receiver { get; init; }

    /// <summary>Four children a level, from the leaves upwards.</summary>
    public required Variable<TF>[] SenderPath { get; init; }

    /// <summary>Four children a level, from the leaves upwards, after the sender's debit.</summary>
    public required Variable<TF>[] ReceiverPath { get; init; }

    /// <summary>The root before.</summary>
    public required Variable<TF> OldRoot { get; init; }

    /// <summary>The root after.</summary>
    public required Variable<TF> NewRoot { get; init; }
}

/// <summary>What the rest of a circuit needs of a transfer.</summary>
/// <param name="Word0">from, to, nonce and token, packed; see <see cref="Transfer.Words"/>.</param>
/// <param name="Word1">amount and fee, packed.</param>
/// <param name="Hash">The transfer's hash, which its sender signs.</param>
internal readonly record struct TransferOutcome<TF>(Variable<TF> Word0, Variable<TF> Word1, Variable<TF> Hash)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>
/// One transfer: sender and receiver are in the tree, the sender signed, the balance covers amount and fee, and the new root
/// is the old one with both accounts updated, the sender first, so that a transfer to oneself keeps the amount.
/// </summary>
internal static class TransferGadget
{
    public const int From = 0;
    public const int To = 1;
    public const int Amount = 2;
    public const int Fee = 3;
    public const int Nonce = 4;
    public const int Token = 5;

    public static readonly string[] FieldNames = ["from", "to", "amount", "fee", "nonce", "token"];

    /// <summary>Constrains one transfer in a tree of so many levels of four.</summary>
    /// <remarks>
    /// Balances in the tree are below 2^64, nonces and tokens below 2^32, by induction: an account is created with such
    /// values and every update is checked here. So what an update reads needs no range of its own; what it writes does: the
    /// sender's new balance, where a debt would wrap around to an enormous one, its new nonce, which must not leave the range,
    /// and the receiver's new balance. Nonce and token of the transfer are the very wires of the sender's leaf.
    /// </remarks>
    public static TransferOutcome<TF> Constrain<TF>(CircuitBuilder<TF> builder, int levels, TransferWires<TF> wires)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> enabled = wires.Enabled;
        Variable<TF> amount = wires.Fields[Amount], fee = wires.Fields[Fee], nonce = wires.Fields[Nonce], token = wires.Fields[Token];
        Variable<TF>[] fromBits, toBits;
        using (builder.Scope("from"))
        {
            // Exactly 2·levels bits: with one more, an index and its alias would name the same account.
            fromBits = builder.ToBits(wires.Fields[From], 2 * levels);
        }

        using (builder.Scope("to"))
        {
            toBits = builder.ToBits(wires.Fields[To], 2 * levels);
        }

        Range(builder, "amount", amount, Transfer.AmountBits);
        Range(builder, "fee", fee, Transfer.FeeBits);

        Variable<TF> word0 = builder.InnerProduct([TF.One, Power<TF>(32), Power<TF>(64), Power<TF>(96)], [wires.Fields[From], wires.Fields[To], nonce, token]);
        Variable<TF> word1 = amount + (fee * Power<TF>(64));
        if (!enabled.IsConstant)
        {
            using (builder.Scope("filler"))
            {
                // A slot that only fills the batch moves nothing: word1 = 0 means amount = fee = 0, both being ranged.
                builder.AssertProduct(word1, builder.One - enabled, 0);
            }
        }

        Variable<TF> hash;
        using (builder.Scope("hash"))
        {
            hash = PoseidonGadget.Hash<TF>(builder, [wires.ChainId, word0, word1], HashTag.Transfer);
        }

        using (builder.Scope("signature"))
        {
            EddsaGadget.Verify(
                builder, enabled, new(wires.Sender[0], wires.Sender[1]), hash, new(wires.Signature[0], wires.Signature[1]), wires.Signature[2]);
        }

        Variable<TF> middleRoot;
        using (builder.Scope("sender"))
        {
            Variable<TF> balance = wires.Sender[2] - amount - fee;
            Range(builder, "balance", balance, Transfer.AmountBits);
            using (builder.Scope("last nonce"))
            {
                // The nonce after the last one would not fit: 2^32 − 1 is never spent.
                builder.AssertNonZero(Power<TF>(Transfer.NonceBits) - nonce - enabled);
            }

            (Variable<TF> oldRoot, middleRoot) = Update(
                builder,
                wires.SenderPath,
                fromBits,
                [wires.Sender[0], wires.Sender[1], wires.Sender[2], nonce, token],
                [wires.Sender[0], wires.Sender[1], balance, nonce + enabled, token]);
            using (builder.Scope("root"))
            {
                builder.AssertEqual(oldRoot, wires.OldRoot);
            }
        }

        using (builder.Scope("receiver"))
        {
            Variable<TF>[] receiver = wires.Receiver;
            Variable<TF> balance = receiver[2] + amount;
            Range(builder, "balance", balance, Transfer.AmountBits);
            (Variable<TF> oldRoot, Variable<TF> newRoot) = Update(
                builder,
                wires.ReceiverPath,
                toBits,
                [receiver[0], receiver[1], receiver[2], receiver[3], token],
                [receiver[0], receiver[1], balance, receiver[3], token]);
            using (builder.Scope("root"))
            {
                builder.AssertEqual(oldRoot, middleRoot);
            }

            using (builder.Scope("new root"))
            {
                builder.AssertEqual(newRoot, wires.NewRoot);
            }
        }

        return new(word0, word1, hash);
    }

    /// <summary>Replaces an account's leaf. The old leaf's hash must not be 0, the empty leaf, and cannot be: nobody knows a preimage.</summary>
    public static (Variable<TF> OldRoot, Variable<TF> NewRoot) Update<TF>(
        CircuitBuilder<TF> builder, Variable<TF>[] path, Variable<TF>[] indexBits, Variable<TF>[] oldAccount, Variable<TF>[] newAccount)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> oldLeaf, newLeaf;
        using (builder.Scope("old leaf"))
        {
            oldLeaf = PoseidonGadget.Hash<TF>(builder, oldAccount, HashTag.Leaf);
        }

        using (builder.Scope("new leaf"))
        {
            newLeaf = PoseidonGadget.Hash<TF>(builder, newAccount, HashTag.Leaf);
        }

        return QuadTreeGadget.Update(builder, path, indexBits, oldLeaf, newLeaf);
    }

    public static void Range<TF>(CircuitBuilder<TF> builder, string scope, Variable<TF> x, int bits)
        where TF : unmanaged, IPrimeField<TF>
    {
        using (builder.Scope(scope))
        {
            builder.AssertInRange(x, bits);
        }
    }

    /// <summary>2^exponent.</summary>
    public static TF Power<TF>(int exponent)
        where TF : unmanaged, IPrimeField<TF> => Field.Pow(TF.One + TF.One, (ulong)exponent);
}
