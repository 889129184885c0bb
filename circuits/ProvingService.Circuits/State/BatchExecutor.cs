// Owns: applying a batch, all or nothing, and what it leaves for a witness.

using System.Globalization;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>A batch as it was applied.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Statement">What a proof of it says.</param>
/// <param name="Slots">As many as the circuit has: the transfers in their order, then fillings that change nothing.</param>
/// <param name="Links">The chain over the transfers before each slot and, last, the data root; it stands still in fillings.</param>
/// <param name="FeeCredit">The credit of the summed fees, after all slots.</param>
public sealed record BatchTrace<TF>(
    BatchStatement<TF> Statement, IReadOnlyList<TransferTrace<TF>> Slots, IReadOnlyList<TF> Links, CreditTrace<TF> FeeCredit)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>Why a batch is refused.</summary>
/// <param name="Transfer">The transfer's position in the batch; null where the fee account is at fault.</param>
/// <param name="Rule">The rule that is broken.</param>
public sealed record BatchRefusal(int? Transfer, TransferRule Rule)
{
    /// <summary>A sentence.</summary>
    public override string ToString() => Transfer is { } position
        ? string.Create(CultureInfo.InvariantCulture, $"Transfer {position} of the batch is refused: {Rule.Describe()}.")
        : $"The batch is refused: {Rule.Describe()}.";
}

/// <summary>Applies batches to states.</summary>
public static class BatchExecutor
{
    /// <summary>As <see cref="TryExecute"/>, with a refusal as an exception.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="state">Changed only where the whole batch is applied.</param>
    /// <param name="chainId">The chain.</param>
    /// <param name="height">The batch's number.</param>
    /// <param name="parentHash">What it stands on.</param>
    /// <param name="feeAccount">Who gets the fees.</param>
    /// <param name="transfers">In their order; at most the capacity.</param>
    /// <param name="capacity">The slots of the circuit, 1 to 65,535.</param>
    /// <exception cref="RequestRefusedException">A rule is broken; the message names the transfer and the rule.</exception>
    /// <exception cref="ArgumentException">The capacity is out of range or less than the transfers.</exception>
    public static BatchTrace<TF> Execute<TF>(
        AccountState<TF> state,
        ulong chainId,
        ulong height,
        TF parentHash,
        uint feeAccount,
        IReadOnlyList<SignedTransfer<TF>> transfers,
        int capacity)
        where TF : unmanaged, IPrimeField<TF>
    {
        BatchRefusal? refusal = TryExecute(state, chainId, height, parentHash, feeAccount, transfers, capacity, out BatchTrace<TF>? trace);
        return trace ?? throw new RequestRefusedException(refusal!.ToString());
    }

    /// <summary>
    /// Applies transfers in their order, then credits the sum of their fees, be it 0. A transfer of another token than the fee
    /// account's must have no fee. Free slots are filled with transfers of nothing from the fee account to itself, which are
    /// not enabled: no signature, no new nonce, no new root.
    /// </summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="state">Changed only where the whole batch is applied.</param>
    /// <param name="chainId">The chain.</param>
    /// <param name="height">The batch's number.</param>
    /// <param name="parentHash">What it stands on.</param>
    /// <param name="feeAccount">Who gets the fees.</param>
    /// <param name="transfers">In their order; at most the capacity.</param>
    /// <param name="capacity">The slots of the circuit, 1 to 65,535.</param>
    /// <param name="trace">What a witness needs; null where the batch is refused.</param>
    /// <returns>Null where the batch is applied.</returns>
    /// <exception cref="ArgumentException">The capacity is out of range or less than the transfers.</exception>
    public static BatchRefusal? TryExecute<TF>(
        AccountState<TF> state,
        ulong chainId,
        ulong height,
        TF parentHash,
        uint feeAccount,
        IReadOnlyList<SignedTransfer<TF>> transfers,
        int capacity,
        out BatchTrace<TF>? trace)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(transfers);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, ushort.MaxValue);
        if (transfers.Count > capacity)
        {
            throw new ArgumentException($"{transfers.Count} transfers for {capacity} slots.");
        }

        trace = null;
        if (!state.TryGet(feeAccount, out Account<TF> collector))
        {
            return new(null, TransferRule.FeeAccountMissing);
        }

        // Accounts as they were before the batch, in case it is refused.
        var originals = new Dictionary<uint, Account<TF>>();
        TF oldRoot = state.Root;
        var slots = new TransferTrace<TF>[capacity];
        var links = new TF[capacity + 1];
        ulong fees = 0;
        for (int i = 0; i < transfers.Count; i++)
        {
            Transfer transfer = transfers[i].Transfer;
            Remember(transfer.From);
            Remember(transfer.To);

            // 65,535 fees below 2^48 sum up to less than 2^64; those that are larger are refused before they count.
            TransferRule rule = transfer.Fee != 0 && transfer.Token != collector.Token
                ? TransferRule.FeeToken
                : state.TryApply(transfers[i], chainId, out slots[i]!);
            if (rule != TransferRule.None)
            {
                return Undo(new(i, rule));
            }

            fees += transfer.Fee;
            links[i + 1] = transfer.Link(links[i]);
        }

        slots.AsSpan(transfers.Count).Fill(Filling(state, feeAccount));
        links.AsSpan(transfers.Count).Fill(links[transfers.Count]);
        TransferRule credit = state.TryCredit(feeAccount, fees, out CreditTrace<TF>? feeCredit);
        if (credit != TransferRule.None)
        {
            return Undo(new(null, credit));
        }

        var statement = new BatchStatement<TF>(
            chainId, height, (ushort)transfers.Count, feeAccount, oldRoot, state.Root, links[capacity], parentHash);
        trace = new(statement, slots, links, feeCredit!);
        return null;

        void Remember(uint index)
        {
            if (state.TryGet(index, out Account<TF> account))
            {
                originals.TryAdd(index, account);
            }
        }

        BatchRefusal Undo(BatchRefusal refusal)
        {
            foreach ((uint index, Account<TF> account) in originals)
            {
                state.Set(index, account);
            }

            return refusal;
        }
    }

    /// <summary>A slot that changes nothing: its signature has the base point for R and 0 for s, and does not hold.</summary>
    private static TransferTrace<TF> Filling<TF>(AccountState<TF> state, uint index)
        where TF : unmanaged, IPrimeField<TF>
    {
        state.TryGet(index, out Account<TF> account);
        QuadTreePath<TF> path = state.PathOf(index);
        var transfer = new Transfer(index, index, 0, 0, account.Nonce, account.Token);
        var signature = new EddsaSignature<TF>(EdwardsCurve<TF>.Embedded.Base, 0);
        return new(new(transfer, signature), false, account, path, account, path, state.Root, state.Root, state.Root);
    }
}
