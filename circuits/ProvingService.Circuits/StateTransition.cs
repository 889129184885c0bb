// Owns: the circuit state-transition.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// "The new root results from the old one by this one signed transfer." The public input is the hash of a
/// <see cref="StateTransitionStatement{TF}"/>; a verifier recomputes it from the statement and never takes a bare hash.
/// </summary>
public sealed class StateTransition : IRequestCircuit
{
    /// <summary>The catalog's name, before the depth.</summary>
    public const string BaseName = "state-transition";

    private readonly int levels;

    /// <summary>Chooses a depth.</summary>
    /// <param name="depth">The bits of an account's index: even, 2 to 32. The tree has depth / 2 levels of four.</param>
    public StateTransition(int depth = 20)
    {
        levels = AccountRequests.LevelsOf(depth);
    }

    /// <summary>The bits of an account's index.</summary>
    public int Depth => 2 * levels;

    /// <inheritdoc/>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{BaseName}-{Depth}");

    /// <inheritdoc/>
    public string RequestMember => "accounts";

    /// <inheritdoc/>
    public JsonObject RequestSchema => AccountRequests.Schema(isBatch: false, capacity: 1);

    /// <summary>The inputs that prove a transfer.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="chainId">The chain.</param>
    /// <param name="trace">What applying the transfer left behind.</param>
    public static CircuitInputs<TF> InputsFor<TF>(ulong chainId, TransferTrace<TF> trace)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(trace);
        StateTransitionStatement<TF> statement = StateTransitionStatement<TF>.Of(trace, chainId);
        var inputs = new CircuitInputs<TF>()
            .Set("statement", statement.Hash())
            .Set("chainId", TF.FromUInt64(chainId))
            .Set("oldRoot", statement.OldRoot)
            .Set("newRoot", statement.NewRoot);
        AccountRequests.SetTransfers(inputs, [trace], isBatch: false);
        return inputs;
    }

    /// <inheritdoc/>
    public void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        Variable<TF> statement = builder.PublicInput("statement");
        Variable<TF> chainId = builder.PrivateInput("chainId");
        Variable<TF> oldRoot = builder.PrivateInput("oldRoot"), newRoot = builder.PrivateInput("newRoot");
        var fields = new Variable<TF>[TransferGadget.FieldNames.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = builder.PrivateInput(TransferGadget.FieldNames[i]);
        }

        var wires = new TransferWires<TF>
        {
            Enabled = builder.One,
            ChainId = chainId,
            Fields = fields,
            Signature = builder.PrivateInputArray("signature", 3),
            Sender = builder.PrivateInputArray("sender", 3),
            Receiver = builder.PrivateInputArray("receiver", 4),
            SenderPath = builder.PrivateInputArray("senderPath", levels, 4),
            ReceiverPath = builder.PrivateInputArray("receiverPath", levels, 4),
            OldRoot = oldRoot,
            NewRoot = newRoot,
        };

        // Without its range the chain could take from the packed fee what the accounts do not give.
        TransferGadget.Range(builder, "chain", chainId, 64);
        TransferOutcome<TF> outcome = TransferGadget.Constrain(builder, levels, wires);
        using (builder.Scope("statement"))
        {
            Variable<TF> packed = builder.InnerProduct(
                [TF.One, TransferGadget.Power<TF>(64), TransferGadget.Power<TF>(96)],
                [chainId, fields[TransferGadget.Token], fields[TransferGadget.Fee]]);
            builder.AssertEqual(PoseidonGadget.Hash<TF>(builder, [packed, oldRoot, newRoot, outcome.Hash], HashTag.StateTransition), statement);
        }
    }

    /// <inheritdoc/>
    public CircuitInputs<TF> Example<TF>()
        where TF : unmanaged, IPrimeField<TF> => this.ReadRequest<TF>(AccountRequests.ToElement(ExampleRequest<TF>()));

    /// <inheritdoc/>
    public JsonObject ExampleRequest<TF>()
        where TF : unmanaged, IPrimeField<TF> => AccountRequests.Example<TF>(levels, transfers: 1, isBatch: false);

    /// <inheritdoc/>
    public PreparedRequest<TF> PrepareRequest<TF>(JsonElement request)
        where TF : unmanaged, IPrimeField<TF>
    {
        var reader = new RequestReader<TF>(request);
        ulong chainId = reader.UInt64("chainId");
        AccountState<TF> state = AccountRequests.ReadState(reader, levels);
        SignedTransfer<TF> transfer = AccountRequests.ReadTransfer(reader.Object("transfer"));
        reader.RequireNothingElse();
        TransferRule rule = state.TryApply(transfer, chainId, out TransferTrace<TF>? trace);
        return trace is not null
            ? new(StateTransitionStatement<TF>.Of(trace, chainId), InputsFor(chainId, trace))
            : throw new RequestRefusedException($"The transfer is refused: {rule.Describe()}.");
    }
}
