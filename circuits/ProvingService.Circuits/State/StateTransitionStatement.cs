// Owns: what a proof of a single transfer says.

using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// "Applying one transfer, signed for this chain, to the state with the old root gives the state with the new root; its sender
/// has paid the fee." Its hash is the circuit's only public input; whoever verifies computes it from these fields.
/// </summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="ChainId">The chain.</param>
/// <param name="OldRoot">The root before.</param>
/// <param name="NewRoot">The root after.</param>
/// <param name="TransferHash"><see cref="Transfer.Hash"/>.</param>
/// <param name="FeeToken">The transfer's token.</param>
/// <param name="Fee">Its fee, below 2^48.</param>
/// <exception cref="ArgumentOutOfRangeException">The fee is out of range.</exception>
public sealed record StateTransitionStatement<TF>(ulong ChainId, TF OldRoot, TF NewRoot, TF TransferHash, uint FeeToken, ulong Fee)
    : IStatement<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The transfer's fee, below 2^48.</summary>
    public ulong Fee { get; init => field = RequireFee(value); } = RequireFee(Fee);

    /// <summary>What a traced transfer proves.</summary>
    /// <param name="trace">The transfer as it was applied.</param>
    /// <param name="chainId">The chain.</param>
    public static StateTransitionStatement<TF> Of(TransferTrace<TF> trace, ulong chainId)
    {
        ArgumentNullException.ThrowIfNull(trace);
        Transfer transfer = trace.Signed.Transfer;
        return new(chainId, trace.RootBefore, trace.RootAfter, transfer.Hash<TF>(chainId), transfer.Token, transfer.Fee);
    }

    /// <summary>H(StateTransition; chain + token·2^64 + fee·2^96, old root, new root, transfer's hash).</summary>
    public TF Hash()
    {
        TF packed = TF.FromBigInteger(ChainId | ((BigInteger)FeeToken << 64) | ((BigInteger)Fee << 96));
        return Poseidon.Hash<TF>([packed, OldRoot, NewRoot, TransferHash], HashTag.StateTransition);
    }

    /// <inheritdoc/>
    public string Kind => StateTransition.BaseName;

    /// <inheritdoc/>
    public JsonObject ToJson() => new()
    {
        ["chainId"] = StatementText.Of(ChainId),
        ["oldRoot"] = StatementText.Of(OldRoot),
        ["newRoot"] = StatementText.Of(NewRoot),
        ["transferHash"] = StatementText.Of(TransferHash),
        ["feeToken"] = FeeToken,
        ["fee"] = StatementText.Of(Fee),
    };

    internal static StateTransitionStatement<TF> Read(RequestReader<TF> reader) => new(
        reader.UInt64("chainId"),
        reader.Element("oldRoot"),
        reader.Element("newRoot"),
        reader.Element("transferHash"),
        reader.UInt32("feeToken"),
        (ulong)reader.Integer("fee", (1UL << Transfer.FeeBits) - 1));

    private static ulong RequireFee(ulong fee) => fee >> Transfer.FeeBits == 0
        ? fee
        : throw new ArgumentOutOfRangeException(nameof(fee), fee, $"A fee is below 2^{Transfer.FeeBits}.");
}
