// Owns: requests of the circuits about accounts (state-transition, batch-validity): their schema, reading, an example, and
// how traces of transfers become inputs.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// A request brings the accounts that the transfers touch (or more: all others are empty), and signed transfers. What the
/// circuits' wires need is found by executing it.
/// </summary>
internal static class AccountRequests
{
    /// <summary>The most accounts that one document may bring; a service with more keeps them in an <see cref="AccountState{TF}"/>.</summary>
    private const int MaxAccounts = 1 << 16;

    private const ulong ExampleChain = 7;
    private const int ExampleAccounts = 8;

    /// <summary>The tree's levels for a depth in bits.</summary>
    public static int LevelsOf(int depth) => depth is >= 2 and <= 32 && depth % 2 == 0
        ? depth / 2
        : throw new ArgumentOutOfRangeException(nameof(depth), depth, "An account's index has an even number of bits, 2 to 32.");

    public static AccountState<TF> ReadState<TF>(RequestReader<TF> request, int levels)
        where TF : unmanaged, IPrimeField<TF>
    {
        var accounts = new Dictionary<uint, Account<TF>>();
        foreach (RequestReader<TF> reader in request.Objects("accounts", MaxAccounts))
        {
            uint index = reader.UInt32("index");
            if (index >> (2 * levels) != 0 && levels < 16)
            {
                throw reader.Fault("index", $"{index} is outside the tree, which has 2^{2 * levels} places.");
            }

            EdwardsPoint<TF> key = reader.Point("key");
            if (!Eddsa.IsValidPublicKey(key))
            {
                throw reader.Fault("key", "is not a public key: a point of the embedded curve's prime-order subgroup other than the identity.");
            }

            if (!accounts.TryAdd(index, new Account<TF>(key, reader.UInt64("balance"), reader.UInt32("nonce"), reader.UInt32("token"))))
            {
                throw reader.Fault("index", $"{index} occurs twice.");
            }

            reader.RequireNothingElse();
        }

        var state = new AccountState<TF>(levels);
        foreach ((uint index, Account<TF> account) in accounts)
        {
            state.Set(index, account);
        }

        return state;
    }

    public static SignedTransfer<TF> ReadTransfer<TF>(RequestReader<TF> reader)
        where TF : unmanaged, IPrimeField<TF>
    {
        var transfer = new Transfer(
            reader.UInt32("from"),
            reader.UInt32("to"),
            reader.UInt64("amount"),
            (ulong)reader.Integer("fee", (1UL << Transfer.FeeBits) - 1),
            reader.UInt32("nonce"),
            reader.UInt32("token"));
        var signed = new SignedTransfer<TF>(transfer, reader.Signature("signature"));
        reader.RequireNothingElse();
        return signed;
    }

    /// <summary>Sets the inputs of one transfer, or of each slot of a batch.</summary>
    public static void SetTransfers<TF>(CircuitInputs<TF> inputs, IReadOnlyList<TransferTrace<TF>> traces, bool isBatch)
        where TF : unmanaged, IPrimeField<TF>
    {
        SetField("from", transfer => transfer.From);
        SetField("to", transfer => transfer.To);
        SetField("amount", transfer => transfer.Amount);
        SetField("fee", transfer => transfer.Fee);
        SetField("nonce", transfer => transfer.Nonce);
        SetField("token", transfer => transfer.Token);
        SetMany("signature", t => [t.Signed.Signature.R.X, t.Signed.Signature.R.Y, TF.FromBigInteger(t.Signed.Signature.S)]);
        SetMany("sender", t => [t.SenderBefore.Key.X, t.SenderBefore.Key.Y, TF.FromUInt64(t.SenderBefore.Balance)]);
        SetMany("receiver", t => [t.ReceiverBefore.Key.X, t.ReceiverBefore.Key.Y, TF.FromUInt64(t.ReceiverBefore.Balance), TF.FromUInt64(t.ReceiverBefore.Nonce)]);
        SetMany("senderPath", t => t.SenderPath.Children);
        SetMany("receiverPath", t => t.ReceiverPath.Children);

        void SetField(string name, Func<Transfer, ulong> field)
        {
            TF[] values = [.. traces.Select(trace => TF.FromUInt64(field(trace.Signed.Transfer)))];
            _ = isBatch ? inputs.Set(name, values) : inputs.Set(name, values[0]);
        }

        void SetMany(string name, Func<TransferTrace<TF>, TF[]> values) => inputs.Set(name, [.. traces.SelectMany(values)]);
    }

    /// <summary>Eight accounts that pay each other in turn, once to themselves; the last account takes the fees of a batch.</summary>
    public static JsonObject Example<TF>(int levels, int transfers, bool isBatch)
        where TF : unmanaged, IPrimeField<TF>
    {
        int count = Math.Min(ExampleAccounts, 1 << Math.Min(2 * levels, 30));
        var keys = new EddsaKey<TF>[count];
        var nonces = new uint[count];
        var accounts = new JsonArray();
        for (int i = 0; i < count; i++)
        {
            byte[] seed = new byte[32];
            seed[0] = (byte)(i + 1);
            keys[i] = new EddsaKey<TF>(seed);
            nonces[i] = (uint)(10 * i);
            accounts.Add(new JsonObject
            {
                ["index"] = IndexOf(i),
                ["key"] = ToJson(keys[i].PublicKey),
                ["balance"] = "1000000",
                ["nonce"] = nonces[i],
                ["token"] = 1,
            });
        }

        var signed = new JsonArray();
        for (int k = 0; k < transfers; k++)
        {
            int from = k % count, to = ((3 * k) + 1) % count;
            var transfer = new Transfer(IndexOf(from), IndexOf(to), (ulong)(100 + k), (ulong)(1 + (k % 3)), nonces[from]++, 1);
            EddsaSignature<TF> signature = keys[from].Sign(transfer.Hash<TF>(ExampleChain));
            signed.Add(new JsonObject
            {
                ["from"] = transfer.From,
                ["to"] = transfer.To,
                ["amount"] = Text(transfer.Amount),
                ["fee"] = Text(transfer.Fee),
                ["nonce"] = transfer.Nonce,
                ["token"] = transfer.Token,
                ["signature"] = new JsonObject { ["r"] = ToJson(signature.R), ["s"] = signature.S.ToString(CultureInfo.InvariantCulture) },
            });
        }

        if (!isBatch)
        {
            JsonNode only = signed[0]!;
            signed.RemoveAt(0);
            return new JsonObject { ["chainId"] = Text(ExampleChain), ["accounts"] = accounts, ["transfer"] = only };
        }

        return new JsonObject
        {
            ["chainId"] = Text(ExampleChain),
            ["height"] = "42",
            ["parentHash"] = "123456789",
            ["feeAccount"] = IndexOf(count - 1),
            ["accounts"] = accounts,
            ["transfers"] = signed,
        };

        // Spread over the tree, so that paths share few nodes and take every branch.
        uint IndexOf(int i)
        {
            long stride = (1L << (2 * levels)) / count;
            return (uint)((i * stride) + (i * 11 % stride));
        }
    }

    public static JsonObject Schema(bool isBatch, int capacity)
    {
        JsonObject transfer = RequestSchemas.Object(
            ("from", RequestSchemas.Integer(32, "index of the paying account")),
            ("to", RequestSchemas.Integer(32, "index of the receiving account")),
            ("amount", RequestSchemas.Integer(Transfer.AmountBits, "what the receiver gets")),
            ("fee", RequestSchemas.Integer(Transfer.FeeBits, "what the fee account gets")),
            ("nonce", RequestSchemas.Integer(Transfer.NonceBits, "the sender's nonce before the transfer; never the last one")),
            ("token", RequestSchemas.Integer(Transfer.TokenBits, "the token of both accounts")),
            ("signature", RequestSchemas.Signature("the sender's, over the transfer's hash")));
        JsonObject accounts = RequestSchemas.Array(
            RequestSchemas.Object(
                ("index", RequestSchemas.Integer(32, "the account's place in the tree")),
                ("key", RequestSchemas.Point("the owner's public key")),
                ("balance", RequestSchemas.Integer(Transfer.AmountBits, "the balance")),
                ("nonce", RequestSchemas.Integer(Transfer.NonceBits, "how many transfers were sent")),
                ("token", RequestSchemas.Integer(Transfer.TokenBits, "what the balance is of"))),
            MaxAccounts,
            "the accounts of the state; all other places are empty");
        JsonObject chainId = RequestSchemas.Integer(64, "the chain that signatures are for");
        return isBatch
            ? RequestSchemas.Root(
                ("chainId", chainId),
                ("height", RequestSchemas.Integer(64, "the block's height")),
                ("parentHash", RequestSchemas.Element("the hash of the block before")),
                ("feeAccount", RequestSchemas.Integer(32, "index of the account that takes the fees; its token is the fees' token")),
                ("accounts", accounts),
                ("transfers", RequestSchemas.Array(transfer, capacity, "the transfers in order; fewer than the circuit holds are filled up")))
            : RequestSchemas.Root(("chainId", chainId), ("accounts", accounts), ("transfer", transfer));
    }

    /// <summary>A document as <see cref="IRequestCircuit.PrepareRequest"/> takes it.</summary>
    public static JsonElement ToElement(JsonObject document) => JsonSerializer.SerializeToElement(document);

    private static JsonArray ToJson<TF>(EdwardsPoint<TF> point)
        where TF : unmanaged, IPrimeField<TF> => [TF.ToBigInteger(point.X).ToString(CultureInfo.InvariantCulture), TF.ToBigInteger(point.Y).ToString(CultureInfo.InvariantCulture)];

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
