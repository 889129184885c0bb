// Owns: a prover without scruples, for the circuits about accounts: it carries out any transfer, lawful or not, and keeps
// everything that follows from it consistent, so that exactly the constraints that guard the broken rule are left to fail.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits.Tests;

/// <summary>An account of any content.</summary>
internal sealed class ForgedAccount<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public ForgedAccount(int seed, ulong balance, ulong nonce = 0, ulong token = 1)
    {
        Signer = new EddsaKey<TF>([.. new byte[31], (byte)seed]);
        Key = Signer.PublicKey;
        Balance = TF.FromUInt64(balance);
        Nonce = TF.FromUInt64(nonce);
        Token = TF.FromUInt64(token);
    }

    public EddsaKey<TF> Signer { get; set; }

    public EdwardsPoint<TF> Key { get; set; }

    public TF Balance { get; set; }

    public TF Nonce { get; set; }

    public TF Token { get; set; }

    public TF Leaf() => Poseidon.Hash<TF>([Key.X, Key.Y, Balance, Nonce, Token], HashTag.Leaf);
}

/// <summary>The wires of one transfer; a test alters them before they take effect.</summary>
internal sealed class ForgedTransfer<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public TF Enabled { get; set; } = TF.One;

    public TF From { get; set; }

    public TF To { get; set; }

    public TF Amount { get; set; }

    public TF Fee { get; set; }

    public TF Nonce { get; set; }

    public TF Token { get; set; }

    /// <summary>What the signature is for where it is not for the transfer's own hash.</summary>
    public TF? SignedHash { get; set; }

    /// <summary>Who signs, where it is not the sender.</summary>
    public EddsaKey<TF>? Signer { get; set; }

    /// <summary>A signature from elsewhere.</summary>
    public TF[]? Signature { get; set; }

    public TF[] Sender { get; set; } = [];

    public TF[] Receiver { get; set; } = [];

    public TF[] SenderPath { get; set; } = [];

    public TF[] ReceiverPath { get; set; } = [];

    public TF OldRoot { get; set; }

    public TF NewRoot { get; set; }

    public TF Word0 => From + (To * Power(32)) + (Nonce * Power(64)) + (Token * Power(96));

    public TF Word1 => Amount + (Fee * Power(64));

    public static TF Power(int exponent) => Field.Pow(TF.FromUInt64(2), (ulong)exponent);

    public TF Hash(TF chainId) => Poseidon.Hash<TF>([chainId, Word0, Word1], HashTag.Transfer);
}

/// <summary>The state, true or false, and what can be done to it.</summary>
internal sealed class TransferForger<TF>(int levels, ulong chainId)
    where TF : unmanaged, IPrimeField<TF>
{
    public QuadTree<TF> Tree { get; } = new(levels);

    public Dictionary<long, ForgedAccount<TF>> Accounts { get; } = [];

    public TF ChainId { get; set; } = TF.FromUInt64(chainId);

    public List<ForgedTransfer<TF>> Slots { get; } = [];

    public void Put(long index, ForgedAccount<TF> account)
    {
        Accounts[index] = account;
        Tree.Update(index, account.Leaf());
    }

    /// <summary>Carries out a transfer.</summary>
    /// <param name="from">Where the sender is.</param>
    /// <param name="to">Where the receiver is.</param>
    /// <param name="amount">The amount.</param>
    /// <param name="fee">The fee.</param>
    /// <param name="lie">Alters what the circuit is told, before it is hashed, signed and applied.</param>
    public ForgedTransfer<TF> Transfer(long from, long to, TF amount, TF fee, Action<ForgedTransfer<TF>>? lie = null)
    {
        ForgedAccount<TF> sender = Accounts[from];
        var slot = new ForgedTransfer<TF>
        {
            From = TF.FromUInt64((ulong)from),
            To = TF.FromUInt64((ulong)to),
            Amount = amount,
            Fee = fee,
            Nonce = sender.Nonce,
            Token = sender.Token,
            OldRoot = Tree.Root,
            Sender = [sender.Key.X, sender.Key.Y, sender.Balance],
            SenderPath = Tree.PathOf(from).Children,
        };
        lie?.Invoke(slot);
        if (slot.Signature is null)
        {
            EddsaSignature<TF> signature = (slot.Signer ?? sender.Signer).Sign(slot.SignedHash ?? slot.Hash(ChainId));
            slot.Signature = [signature.R.X, signature.R.Y, TF.FromBigInteger(signature.S)];
        }

        // A false leaf changes the tree by the same difference as a true one: that is what the circuit computes.
        (sender.Balance, sender.Nonce) = (slot.Sender[2] - slot.Amount - slot.Fee, slot.Nonce + slot.Enabled);
        TF debit = Leaf(slot.Sender, sender.Balance, sender.Nonce, slot.Token) - Leaf(slot.Sender, slot.Sender[2], slot.Nonce, slot.Token);
        Tree.Update(from, Tree[from] + debit);

        ForgedAccount<TF> receiver = Accounts.TryGetValue(to, out ForgedAccount<TF>? found) ? found : new(200, 0);
        if (slot.Receiver.Length == 0)
        {
            slot.Receiver = [receiver.Key.X, receiver.Key.Y, receiver.Balance, receiver.Nonce];
        }

        if (slot.ReceiverPath.Length == 0)
        {
            slot.ReceiverPath = Tree.PathOf(to).Children;
        }

        receiver.Balance = slot.Receiver[2] + slot.Amount;
        TF credit = Leaf(slot.Receiver, receiver.Balance, slot.Receiver[3], slot.Token) - Leaf(slot.Receiver, slot.Receiver[2], slot.Receiver[3], slot.Token);
        slot.NewRoot = Replace(slot.ReceiverPath, to, credit);
        Tree.Update(to, slot.ReceiverPath[to & 3] + credit);
        Slots.Add(slot);
        return slot;
    }

    /// <summary>
    /// The root over a path after its leaf has changed by a difference, as the circuit computes it: at each level the change
    /// goes to the child that the index names, whether or not that child is what stood below.
    /// </summary>
    public TF Replace(TF[] path, long index, TF change)
    {
        TF root = default;
        for (int level = 0; level < levels; level++)
        {
            TF[] children = path[(4 * level)..((4 * level) + 4)];
            TF before = Poseidon.Hash<TF>(children, HashTag.Node);
            children[(index >> (2 * level)) & 3] += change;
            root = Poseidon.Hash<TF>(children, HashTag.Node);
            change = root - before;
        }

        return root;
    }

    /// <summary>The chain over slots from a beginning, which is 0 for those who do not lie.</summary>
    public static TF[] ChainOf(TF start, IEnumerable<ForgedTransfer<TF>> slots)
    {
        List<TF> chain = [start];
        foreach (ForgedTransfer<TF> slot in slots)
        {
            TF link = Poseidon.Hash<TF>([chain[^1], slot.Word0, slot.Word1], HashTag.TransferChain);
            chain.Add(chain[^1] + (slot.Enabled * (link - chain[^1])));
        }

        return [.. chain];
    }

    private static TF Leaf(TF[] key, TF balance, TF nonce, TF token) => Poseidon.Hash<TF>([key[0], key[1], balance, nonce, token], HashTag.Leaf);

    /// <summary>A slot that only fills the batch, as an honest prover makes it.</summary>
    public ForgedTransfer<TF> Fill(long index, Action<ForgedTransfer<TF>>? lie = null) => Transfer(index, index, TF.Zero, TF.Zero, slot =>
    {
        slot.Enabled = TF.Zero;
        EdwardsPoint<TF> basePoint = EdwardsCurve<TF>.Embedded.Base;
        slot.Signature = [basePoint.X, basePoint.Y, TF.Zero];
        lie?.Invoke(slot);
    });

    /// <summary>The inputs of state-transition for the first slot.</summary>
    public CircuitInputs<TF> StateTransitionInputs()
    {
        ForgedTransfer<TF> slot = Slots[0];
        TF packed = ChainId + (slot.Token * ForgedTransfer<TF>.Power(64)) + (slot.Fee * ForgedTransfer<TF>.Power(96));
        return new CircuitInputs<TF>()
            .Set("statement", Poseidon.Hash<TF>([packed, slot.OldRoot, slot.NewRoot, slot.Hash(ChainId)], HashTag.StateTransition))
            .Set("chainId", ChainId)
            .Set("oldRoot", slot.OldRoot)
            .Set("newRoot", slot.NewRoot)
            .Set("from", slot.From)
            .Set("to", slot.To)
            .Set("amount", slot.Amount)
            .Set("fee", slot.Fee)
            .Set("nonce", slot.Nonce)
            .Set("token", slot.Token)
            .Set("signature", slot.Signature!)
            .Set("sender", slot.Sender)
            .Set("receiver", slot.Receiver)
            .Set("senderPath", slot.SenderPath)
            .Set("receiverPath", slot.ReceiverPath);
    }

    /// <summary>The inputs of batch-validity for all slots; credits the fees.</summary>
    public CircuitInputs<TF> BatchInputs(long feeAccount, Action<ForgedBatch<TF>>? lie = null)
    {
        ForgedAccount<TF> account = Accounts[feeAccount];
        var batch = new ForgedBatch<TF>
        {
            FeeIndex = TF.FromUInt64((ulong)feeAccount),
            FeeAccount = [account.Key.X, account.Key.Y, account.Balance, account.Nonce, account.Token],
            FeePath = Tree.PathOf(feeAccount).Children,
            Roots = [.. Slots.Select(slot => slot.OldRoot), Slots[^1].NewRoot],
            Fees = Slots.Aggregate(TF.Zero, (sum, slot) => sum + slot.Fee),
            Count = Slots.Aggregate(TF.Zero, (sum, slot) => sum + slot.Enabled),
        };
        batch.Chain = ChainOf(TF.Zero, Slots);
        lie?.Invoke(batch);
        TF[] owner = batch.FeeAccount;
        TF credit = Leaf(owner, owner[2] + batch.Fees, owner[3], owner[4]) - Leaf(owner, owner[2], owner[3], owner[4]);
        TF newRoot = batch.NewRoot ?? Replace(batch.FeePath, feeAccount, credit);
        TF packed = ChainId + ((batch.StatedHeight ?? batch.Height) * ForgedTransfer<TF>.Power(64)) + (batch.Count * ForgedTransfer<TF>.Power(128))
            + (batch.FeeIndex * ForgedTransfer<TF>.Power(144));
        TF statement = Poseidon.Hash<TF>(
            [packed, batch.Roots[0], newRoot, batch.Chain[^1], batch.StatedParent ?? batch.ParentHash], HashTag.BatchValidity);
        return new CircuitInputs<TF>()
            .Set("statement", statement)
            .Set("chainId", ChainId)
            .Set("height", batch.Height)
            .Set("feeIndex", batch.FeeIndex)
            .Set("newRoot", newRoot)
            .Set("parentHash", batch.ParentHash)
            .Set("feeAccount", batch.FeeAccount)
            .Set("feePath", batch.FeePath)
            .Set("enabled", [.. Slots.Select(slot => slot.Enabled)])
            .Set("roots", batch.Roots)
            .Set("chain", batch.Chain)
            .Set("from", [.. Slots.Select(slot => slot.From)])
            .Set("to", [.. Slots.Select(slot => slot.To)])
            .Set("amount", [.. Slots.Select(slot => slot.Amount)])
            .Set("fee", [.. Slots.Select(slot => slot.Fee)])
            .Set("nonce", [.. Slots.Select(slot => slot.Nonce)])
            .Set("token", [.. Slots.Select(slot => slot.Token)])
            .Set("signature", [.. Slots.SelectMany(slot => slot.Signature!)])
            .Set("sender", [.. Slots.SelectMany(slot => slot.Sender)])
            .Set("receiver", [.. Slots.SelectMany(slot => slot.Receiver)])
            .Set("senderPath", [.. Slots.SelectMany(slot => slot.SenderPath)])
            .Set("receiverPath", [.. Slots.SelectMany(slot => slot.ReceiverPath)]);
    }
}

/// <summary>What a batch has beside its slots; a test alters it before the fees are credited.</summary>
internal sealed class ForgedBatch<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public TF Height { get; set; } = TF.FromUInt64(42);

    public TF ParentHash { get; set; } = TF.FromUInt64(4711);

    public TF FeeIndex { get; set; }

    public TF Count { get; set; }

    /// <summary>What is credited.</summary>
    public TF Fees { get; set; }

    public TF[] FeeAccount { get; set; } = [];

    public TF[] FeePath { get; set; } = [];

    public TF[] Roots { get; set; } = [];

    public TF[] Chain { get; set; } = [];

    /// <summary>A root other than what follows.</summary>
    public TF? NewRoot { get; set; }

    /// <summary>What the statement says instead of the height.</summary>
    public TF? StatedHeight { get; set; }

    /// <summary>What the statement says instead of the parent.</summary>
    public TF? StatedParent { get; set; }
}
