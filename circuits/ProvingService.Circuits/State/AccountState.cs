// Owns: accounts with their tree, and the rules of a single transfer. Never: batches (BatchExecutor.cs).

using System.Globalization;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// The accounts of a chain and the tree that commits to them. What is refused changes nothing. A transfer costs one signature
/// check, two leaf hashes and two hashes a level. Not thread-safe.
/// </summary>
/// <typeparam name="TF">The field.</typeparam>
public sealed class AccountState<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>Accounts that a thread hashes at a time.</summary>
    private const int Part = 256;

    private readonly QuadTree<TF> tree;
    private readonly Dictionary<uint, Account<TF>> accounts = [];

    /// <summary>A state without accounts.</summary>
    /// <param name="levels">Levels of the tree, 1 to 16: 4^levels places.</param>
    public AccountState(int levels) => tree = new(levels);

    /// <summary>Levels of the tree.</summary>
    public int Levels => tree.Levels;

    /// <summary>The number of accounts.</summary>
    public int Count => accounts.Count;

    /// <summary>The root of the tree.</summary>
    public TF Root => tree.Root;

    /// <summary>The account at a place, if there is one.</summary>
    public bool TryGet(uint index, out Account<TF> account) => accounts.TryGetValue(index, out account);

    /// <summary>The path of a place.</summary>
    /// <param name="index">Below 4^levels.</param>
    public QuadTreePath<TF> PathOf(uint index) => tree.PathOf(index);

    /// <summary>Puts an account into an empty place.</summary>
    /// <param name="index">Below 4^levels.</param>
    /// <param name="account">The account; any balance, nonce and token.</param>
    /// <exception cref="RequestRefusedException">The place does not exist or is taken, or the key is not valid.</exception>
    public void Create(uint index, Account<TF> account)
    {
        RequireEmpty(index, 1);
        if (!Eddsa.IsValidPublicKey(account.Key))
        {
            throw InvalidKey(index);
        }

        Set(index, account);
    }

    /// <summary>
    /// Puts accounts into neighbouring empty places, all or none, on all cores: about 5 µs of one core an account and 8 µs
    /// a different key.
    /// </summary>
    /// <param name="first">The first account's place.</param>
    /// <param name="newAccounts">The accounts.</param>
    /// <exception cref="RequestRefusedException">A place does not exist or is taken, or a key is not valid.</exception>
    public void CreateMany(uint first, ReadOnlyMemory<Account<TF>> newAccounts)
    {
        RequireEmpty(first, newAccounts.Length);
        RequireValidKeys(first, newAccounts.Span);
        var leaves = new TF[newAccounts.Length];
        Parallel.For(0, (leaves.Length + Part - 1) / Part, part =>
        {
            ReadOnlySpan<Account<TF>> own = newAccounts.Span[(part * Part)..];
            own = own[..Math.Min(own.Length, Part)];
            var inputs = new TF[own.Length * Account<TF>.LeafArity];
            for (int i = 0; i < own.Length; i++)
            {
                own[i].WriteLeafInputs(inputs.AsSpan(i * Account<TF>.LeafArity, Account<TF>.LeafArity));
            }

            PoseidonBatch.Hash<TF>(inputs, Account<TF>.LeafArity, leaves.AsSpan(part * Part, own.Length), HashTag.Leaf);
        });

        if (leaves.Length > 0)
        {
            tree.SetRange(first, leaves);
        }

        accounts.EnsureCapacity(accounts.Count + leaves.Length);
        for (int i = 0; i < leaves.Length; i++)
        {
            accounts.Add(first + (uint)i, newAccounts.Span[i]);
        }
    }

    /// <summary>Applies a transfer.</summary>
    /// <param name="signed">The transfer.</param>
    /// <param name="chainId">This state's chain.</param>
    /// <exception cref="RequestRefusedException">A rule is broken; the message says which.</exception>
    public TransferTrace<TF> Apply(SignedTransfer<TF> signed, ulong chainId)
    {
        TransferRule rule = TryApply(signed, chainId, out TransferTrace<TF>? trace);
        return trace ?? throw new RequestRefusedException($"The transfer is refused: {rule.Describe()}.");
    }

    /// <summary>Applies a transfer, if no rule forbids it.</summary>
    /// <param name="signed">The transfer.</param>
    /// <param name="chainId">This state's chain.</param>
    /// <param name="trace">What a witness needs; null where the transfer is refused.</param>
    /// <returns>The rule that is broken, or <see cref="TransferRule.None"/>.</returns>
    public TransferRule TryApply(SignedTransfer<TF> signed, ulong chainId, out TransferTrace<TF>? trace)
    {
        ArgumentNullException.ThrowIfNull(signed);
        Transfer transfer = signed.Transfer;
        trace = null;
        TransferRule rule = Check(signed, chainId, out Account<TF> sender, out Account<TF> receiver);
        if (rule != TransferRule.None)
        {
            return rule;
        }

        TF before = Root;
        QuadTreePath<TF> senderPath = PathOf(transfer.From);
        Set(transfer.From, Debit(sender, transfer));
        TF between = Root;
        QuadTreePath<TF> receiverPath = PathOf(transfer.To);
        Set(transfer.To, receiver with { Balance = receiver.Balance + transfer.Amount });
        trace = new(signed, true, sender, senderPath, receiver, receiverPath, before, between, Root);
        return TransferRule.None;
    }

    /// <summary>Adds to an account's balance, as at the end of a batch.</summary>
    /// <param name="index">The account's place.</param>
    /// <param name="amount">May be 0.</param>
    /// <param name="trace">What a witness needs; null where the credit is refused.</param>
    /// <returns>The rule that is broken, or <see cref="TransferRule.None"/>.</returns>
    public TransferRule TryCredit(uint index, ulong amount, out CreditTrace<TF>? trace)
    {
        trace = null;
        if (!TryGet(index, out Account<TF> account))
        {
            return TransferRule.FeeAccountMissing;
        }

        if (account.Balance > ulong.MaxValue - amount)
        {
            return TransferRule.FeeAccountOverflow;
        }

        TF before = Root;
        QuadTreePath<TF> path = PathOf(index);
        Set(index, account with { Balance = account.Balance + amount });
        trace = new(amount, account, path, before, Root);
        return TransferRule.None;
    }

    /// <summary>Writes an account as it is, no rule asked: also the undoing of a batch.</summary>
    internal void Set(uint index, Account<TF> account)
    {
        accounts[index] = account;
        tree.Update(index, account.Leaf());
    }

    /// <summary>All rules, cheap ones first; <paramref name="receiver"/> as it is once the sender is debited.</summary>
    private TransferRule Check(SignedTransfer<TF> signed, ulong chainId, out Account<TF> sender, out Account<TF> receiver)
    {
        Transfer transfer = signed.Transfer;
        receiver = default;
        if (!TryGet(transfer.From, out sender))
        {
            return transfer.From < tree.Capacity ? TransferRule.SenderMissing : TransferRule.IndexOutOfRange;
        }

        if (!TryGet(transfer.To, out receiver))
        {
            return transfer.To < tree.Capacity ? TransferRule.ReceiverMissing : TransferRule.IndexOutOfRange;
        }

        if (sender.Token != transfer.Token)
        {
            return TransferRule.SenderToken;
        }

        if (receiver.Token != transfer.Token)
        {
            return TransferRule.ReceiverToken;
        }

        if (sender.Nonce != transfer.Nonce)
        {
            return TransferRule.Nonce;
        }

        if (sender.Nonce == uint.MaxValue)
        {
            return TransferRule.NonceExhausted;
        }

        if (transfer.Fee >> Transfer.FeeBits != 0)
        {
            return TransferRule.FeeTooLarge;
        }

        if (sender.Balance < transfer.Amount || sender.Balance - transfer.Amount < transfer.Fee)
        {
            return TransferRule.Balance;
        }

        if (transfer.From == transfer.To)
        {
            receiver = Debit(sender, transfer);
        }

        if (receiver.Balance > ulong.MaxValue - transfer.Amount)
        {
            return TransferRule.ReceiverOverflow;
        }

        return Eddsa.Verify(sender.Key, transfer.Hash<TF>(chainId), signed.Signature) ? TransferRule.None : TransferRule.Signature;
    }

    private static Account<TF> Debit(Account<TF> sender, Transfer transfer) =>
        sender with { Balance = sender.Balance - transfer.Amount - transfer.Fee, Nonce = sender.Nonce + 1 };

    private void RequireEmpty(uint first, int count)
    {
        if (first >= tree.Capacity || count > tree.Capacity - first)
        {
            throw Refused($"a tree of {tree.Capacity} places has no room for {count} from {first} on");
        }

        for (uint index = first; index - first < count; index++)
        {
            if (accounts.ContainsKey(index))
            {
                throw Refused($"account {index} exists");
            }
        }
    }

    private static void RequireValidKeys(uint first, ReadOnlySpan<Account<TF>> newAccounts)
    {
        var owners = new Dictionary<EdwardsPoint<TF>, uint>();
        for (int i = 0; i < newAccounts.Length; i++)
        {
            owners.TryAdd(newAccounts[i].Key, first + (uint)i);
        }

        EdwardsPoint<TF>[] keys = [.. owners.Keys];
        int invalid = int.MaxValue;
        Parallel.For(0, keys.Length, i =>
        {
            if (!Eddsa.IsValidPublicKey(keys[i]))
            {
                Interlocked.Exchange(ref invalid, i);
            }
        });

        if (invalid < keys.Length)
        {
            throw InvalidKey(owners[keys[invalid]]);
        }
    }

    private static RequestRefusedException InvalidKey(uint index) =>
        Refused($"the key of account {index} is no point of the subgroup, or the neutral one");

    private static RequestRefusedException Refused(FormattableString reason) =>
        new($"An account cannot be created: {reason.ToString(CultureInfo.InvariantCulture)}.");
}
