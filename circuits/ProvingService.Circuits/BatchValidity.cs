// Owns: the circuit batch-validity.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// "There are n transfers, in this order, to which the data root commits; applied to the old root one after the other, and
/// their fees credited to the fee account, they give the new root." The public input is the hash of a
/// <see cref="BatchStatement{TF}"/>; a verifier recomputes it from the statement and never takes a bare hash.
/// </summary>
public sealed class BatchValidity : IRequestCircuit
{
    /// <summary>The catalog's name, before capacity and depth.</summary>
    public const string BaseName = "batch-validity";

    /// <summary>The most transfers of a batch; the count has 16 bits in the statement.</summary>
    public const int MaxCapacity = 1024;

    private readonly int levels;

    /// <summary>Chooses a size.</summary>
    /// <param name="capacity">The most transfers of a batch, 1 to 1,024; fewer are filled up.</param>
    /// <param name="depth">The bits of an account's index: even, 2 to 32.</param>
    public BatchValidity(int capacity, int depth = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        Capacity = capacity;
        levels = AccountRequests.LevelsOf(depth);
    }

    /// <summary>The most transfers of a batch.</summary>
    public int Capacity { get; }

    /// <summary>The bits of an account's index.</summary>
    public int Depth => 2 * levels;

    /// <inheritdoc/>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{BaseName}-{Capacity}-{Depth}");

    /// <inheritdoc/>
    public string RequestMember => "accounts";

    /// <inheritdoc/>
    public JsonObject RequestSchema => AccountRequests.Schema(isBatch: true, Capacity);

    /// <summary>The inputs that prove a batch.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="batch">What executing the batch left behind; its slots are as many as the circuit's.</param>
    public static CircuitInputs<TF> InputsFor<TF>(BatchTrace<TF> batch)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(batch);
        BatchStatement<TF> statement = batch.Statement;
        Account<TF> feeAccount = batch.FeeCredit.Before;
        var inputs = new CircuitInputs<TF>()
            .Set("statement", statement.Hash())
            .Set("chainId", TF.FromUInt64(statement.ChainId))
            .Set("height", TF.FromUInt64(statement.Height))
            .Set("feeIndex", TF.FromUInt64(statement.FeeAccount))
            .Set("newRoot", statement.NewRoot)
            .Set("parentHash", statement.ParentHash)
            .Set("feeAccount", [feeAccount.Key.X, feeAccount.Key.Y, TF.FromUInt64(feeAccount.Balance), TF.FromUInt64(feeAccount.Nonce), TF.FromUInt64(feeAccount.Token)])
            .Set("feePath", batch.FeeCredit.Path.Children)
            .Set("enabled", [.. batch.Slots.Select(slot => slot.IsEnabled ? TF.One : TF.Zero)])
            .Set("roots", [.. batch.Slots.Select(slot => slot.RootBefore), batch.Slots[^1].RootAfter])
            .Set("chain", [.. batch.Links]);
        AccountRequests.SetTransfers(inputs, batch.Slots, isBatch: true);
        return inputs;
    }

    /// <inheritdoc/>
    public void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        Variable<TF> statement = builder.PublicInput("statement");
        Variable<TF> chainId = builder.PrivateInput("chainId"), height = builder.PrivateInput("height");
        Variable<TF> feeIndex = builder.PrivateInput("feeIndex"), newRoot = builder.PrivateInput("newRoot");
        Variable<TF> parentHash = builder.PrivateInput("parentHash");
        Variable<TF>[] feeAccount = builder.PrivateInputArray("feeAccount", 5), feePath = builder.PrivateInputArray("feePath", levels, 4);
        Variable<TF>[] enabled = builder.PrivateInputArray("enabled", Capacity);
        Variable<TF>[] roots = builder.PrivateInputArray("roots", Capacity + 1), chain = builder.PrivateInputArray("chain", Capacity + 1);
        Variable<TF>[][] fields = [.. TransferGadget.FieldNames.Select(name => builder.PrivateInputArray(name, Capacity))];
        (string Name, int Count)[] groups = [("signature", 3), ("sender", 3), ("receiver", 4), ("senderPath", 4 * levels), ("receiverPath", 4 * levels)];
        Variable<TF>[][] arrays =
        [
            .. groups.Select(group => group.Count > 4
                ? builder.PrivateInputArray(group.Name, Capacity, levels, 4)
                : builder.PrivateInputArray(group.Name, Capacity, group.Count)),
        ];

        TransferGadget.Range(builder, "chain id", chainId, 64);
        TransferGadget.Range(builder, "height", height, 64);
        ConstrainOrder(builder, enabled);
        using (builder.Scope("chain start"))
        {
            builder.AssertEqual(chain[0], 0);
        }

        Variable<TF> feeToken = feeAccount[4];
        var ports = new Variable<TF>[Capacity][];
        for (int k = 0; k < Capacity; k++)
        {
            ports[k] =
            [
                enabled[k], chainId, feeToken, roots[k], roots[k + 1], chain[k], chain[k + 1],
                .. fields.Select(field => field[k]),
                .. groups.SelectMany((group, i) => arrays[i].AsSpan(k * group.Count, group.Count).ToArray()),
            ];
        }

        builder.Repeat("slot", ports, (inner, own) => DefineSlot(inner, own));
        CreditFees(builder, feeIndex, feeAccount, feePath, builder.Sum(fields[TransferGadget.Fee]), roots[^1], newRoot);
        using (builder.Scope("statement"))
        {
            Variable<TF> packed = builder.InnerProduct(
                [TF.One, TransferGadget.Power<TF>(64), TransferGadget.Power<TF>(128), TransferGadget.Power<TF>(144)],
                [chainId, height, builder.Sum(enabled), feeIndex]);
            Variable<TF> hash = PoseidonGadget.Hash<TF>(builder, [packed, roots[0], newRoot, chain[^1], parentHash], HashTag.BatchValidity);
            builder.AssertEqual(hash, statement);
        }
    }

    /// <inheritdoc/>
    public CircuitInputs<TF> Example<TF>()
        where TF : unmanaged, IPrimeField<TF> => this.ReadRequest<TF>(AccountRequests.ToElement(ExampleRequest<TF>()));

    /// <inheritdoc/>
    public JsonObject ExampleRequest<TF>()
        where TF : unmanaged, IPrimeField<TF> => AccountRequests.Example<TF>(levels, Math.Max(1, Capacity - 1), isBatch: true);

    /// <inheritdoc/>
    public PreparedRequest<TF> PrepareRequest<TF>(JsonElement request)
        where TF : unmanaged, IPrimeField<TF>
    {
        var reader = new RequestReader<TF>(request);
        ulong chainId = reader.UInt64("chainId"), height = reader.UInt64("height");
        TF parentHash = reader.Element("parentHash");
        uint feeAccount = reader.UInt32("feeAccount");
        AccountState<TF> state = AccountRequests.ReadState(reader, levels);
        SignedTransfer<TF>[] transfers = [.. reader.Objects("transfers", Capacity).Select(AccountRequests.ReadTransfer)];
        reader.RequireNothingElse();
        BatchTrace<TF> batch = BatchExecutor.Execute(state, chainId, height, parentHash, feeAccount, transfers, Capacity);
        return new(batch.Statement, InputsFor(batch));
    }

    private void DefineSlot<TF>(CircuitBuilder<TF> builder, Variable<TF>[] ports)
        where TF : unmanaged, IPrimeField<TF>
    {
        int next = 0;
        Variable<TF> enabled = Take(1)[0], chainId = Take(1)[0], feeToken = Take(1)[0];
        Variable<TF> oldRoot = Take(1)[0], newRoot = Take(1)[0], chainBefore = Take(1)[0], chainAfter = Take(1)[0];
        var wires = new TransferWires<TF>
        {
            Enabled = enabled,
            ChainId = chainId,
            Fields = Take(TransferGadget.FieldNames.Length),
            Signature = Take(3),
            Sender = Take(3),
            Receiver = Take(4),
            SenderPath = Take(4 * levels),
            ReceiverPath = Take(4 * levels),
            OldRoot = oldRoot,
            NewRoot = newRoot,
        };
        TransferOutcome<TF> outcome = TransferGadget.Constrain(builder, levels, wires);
        using (builder.Scope("fee token"))
        {
            // Fees are summed and credited in one token: a transfer of another pays none.
            builder.AssertProduct(wires.Fields[TransferGadget.Fee], wires.Fields[TransferGadget.Token] - feeToken, 0);
        }

        using (builder.Scope("link"))
        {
            Variable<TF> link = PoseidonGadget.Hash<TF>(builder, [chainBefore, outcome.Word0, outcome.Word1], HashTag.TransferChain);
            builder.AssertProduct(enabled, link - chainBefore, chainAfter - chainBefore);
        }

        Variable<TF>[] Take(int count)
        {
            next += count;
            return ports[(next - count)..next];
        }
    }

    /// <summary>Enabled slots come first. Bits and order make n = Σ enabled and the data root say which transfers ran.</summary>
    private static void ConstrainOrder<TF>(CircuitBuilder<TF> builder, Variable<TF>[] enabled)
        where TF : unmanaged, IPrimeField<TF>
    {
        using (builder.Scope("enabled bits"))
        {
            foreach (Variable<TF> bit in enabled)
            {
                builder.AssertBoolean(bit);
            }
        }

        using (builder.Scope("enabled order"))
        {
            for (int k = 1; k < enabled.Length; k++)
            {
                builder.AssertProduct(enabled[k], builder.One - enabled[k - 1], 0);
            }
        }
    }

    private void CreditFees<TF>(
        CircuitBuilder<TF> builder,
        Variable<TF> index,
        Variable<TF>[] account,
        Variable<TF>[] path,
        Variable<TF> fees,
        Variable<TF> before,
        Variable<TF> after)
        where TF : unmanaged, IPrimeField<TF>
    {
        using (builder.Scope("fee credit"))
        {
            Variable<TF>[] bits;
            using (builder.Scope("index"))
            {
                bits = builder.ToBits(index, 2 * levels);
            }

            // At most 1,024 fees of 48 bits: the sum is far from wrapping around.
            Variable<TF> balance = account[2] + fees;
            TransferGadget.Range(builder, "balance", balance, Transfer.AmountBits);
            (Variable<TF> oldRoot, Variable<TF> newRoot) = TransferGadget.Update(
                builder, path, bits, account, [account[0], account[1], balance, account[3], account[4]]);
            using (builder.Scope("root"))
            {
                builder.AssertEqual(oldRoot, before);
            }

            using (builder.Scope("new root"))
            {
                builder.AssertEqual(newRoot, after);
            }
        }
    }
}
