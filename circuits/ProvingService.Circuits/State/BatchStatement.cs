// Owns: what a proof of a batch says, and the commitment to its transfers.

using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// "There are so many ordered transfers with this commitment; applying them to the state with the old root and crediting their
/// fees to the fee account gives the state with the new root." Its hash is the circuit's only public input; whoever verifies
/// computes it from these fields. Every value of every field is meaningful; the types are the ranges.
/// </summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="ChainId">The chain.</param>
/// <param name="Height">The batch's number on the chain.</param>
/// <param name="Count">The number of transfers, 0 to the circuit's capacity.</param>
/// <param name="FeeAccount">The place of the account that gets the fees.</param>
/// <param name="OldRoot">The root before.</param>
/// <param name="NewRoot">The root after.</param>
/// <param name="DataRoot"><see cref="BatchStatement.DataRoot"/> of the transfers.</param>
/// <param name="ParentHash">What the batch stands on, such as its parent's hash; binds a proof to one fork.</param>
public sealed record BatchStatement<TF>(
    ulong ChainId, ulong Height, ushort Count, uint FeeAccount, TF OldRoot, TF NewRoot, TF DataRoot, TF ParentHash)
    : IStatement<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>H(BatchValidity; chain + height·2^64 + count·2^128 + fee account·2^144, old root, new root, data root, parent).</summary>
    public TF Hash()
    {
        TF packed = TF.FromBigInteger(
            ChainId | ((BigInteger)Height << 64) | ((BigInteger)Count << 128) | ((BigInteger)FeeAccount << 144));
        return Poseidon.Hash<TF>([packed, OldRoot, NewRoot, DataRoot, ParentHash], HashTag.BatchValidity);
    }

    /// <inheritdoc/>
    public string Kind => BatchValidity.BaseName;

    /// <inheritdoc/>
    public JsonObject ToJson() => new()
    {
        ["chainId"] = StatementText.Of(ChainId),
        ["height"] = StatementText.Of(Height),
        ["count"] = Count,
        ["feeAccount"] = FeeAccount,
        ["oldRoot"] = StatementText.Of(OldRoot),
        ["newRoot"] = StatementText.Of(NewRoot),
        ["dataRoot"] = StatementText.Of(DataRoot),
        ["parentHash"] = StatementText.Of(ParentHash),
    };

    internal static BatchStatement<TF> Read(RequestReader<TF> reader) => new(
        reader.UInt64("chainId"),
        reader.UInt64("height"),
        (ushort)reader.Integer("count", ushort.MaxValue),
        reader.UInt32("feeAccount"),
        reader.Element("oldRoot"),
        reader.Element("newRoot"),
        reader.Element("dataRoot"),
        reader.Element("parentHash"));
}

/// <summary>What belongs to statements of batches over every field.</summary>
public static class BatchStatement
{
    /// <summary>The chain over transfers in their order, from 0 on, a <see cref="Transfer.Link"/> each; signatures are not in it.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="transfers">The transfers, in their order.</param>
    public static TF DataRoot<TF>(IEnumerable<Transfer> transfers)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(transfers);
        TF chain = default;
        foreach (Transfer transfer in transfers)
        {
            chain = transfer.Link(chain);
        }

        return chain;
    }
}
