// Owns: what a finality proof says, on numbers: the statement, the message that is signed, the committee and its commitment.
// Its twin on variables: Finality.cs.

using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// "Members of the committee with this root, of more than two thirds of its weight, signed this block at this place." A
/// verifier holds the statement's parts and recomputes <see cref="Hash"/>, the proof's only public input; a bare hash tells
/// nothing.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
/// <param name="CommitteeRoot">The commitment to members, weights and total weight: <see cref="Committee{TF}.Root"/>.</param>
/// <param name="Epoch">The epoch, for which the committee is fixed.</param>
/// <param name="Height">The block's height.</param>
/// <param name="ChainId">The chain: a signature is good for no other.</param>
/// <param name="Phase">The phase of voting.</param>
/// <param name="BlockHash">The block.</param>
public sealed record FinalityStatement<TF>(TF CommitteeRoot, ulong Epoch, ulong Height, ulong ChainId, byte Phase, TF BlockHash)
    : IStatement<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>chainId + 2^64·epoch + 2^128·height + 2^192·phase: 200 bits, so that no two places share it in either field.</summary>
    public TF Packed => TF.FromBigInteger(
        ChainId + ((BigInteger)Epoch << 64) + ((BigInteger)Height << 128) + ((BigInteger)Phase << 192));

    /// <summary>H(tag of finality; root, packed, block hash).</summary>
    public TF Hash() => Poseidon.Hash<TF>([CommitteeRoot, Packed, BlockHash], HashTag.Finality);

    /// <summary>
    /// What members sign: H(tag of finality; packed, block hash). Two inputs where the statement has three: different functions.
    /// The root is left out, since members sign in whatever committee they stand.
    /// </summary>
    public TF Message() => Poseidon.Hash<TF>([Packed, BlockHash], HashTag.Finality);

    /// <inheritdoc/>
    public string Kind => Finality.BaseName;

    /// <inheritdoc/>
    public JsonObject ToJson() => new()
    {
        ["committeeRoot"] = StatementText.Of(CommitteeRoot),
        ["epoch"] = StatementText.Of(Epoch),
        ["height"] = StatementText.Of(Height),
        ["chainId"] = StatementText.Of(ChainId),
        ["phase"] = Phase,
        ["blockHash"] = StatementText.Of(BlockHash),
    };

    internal static FinalityStatement<TF> Read(RequestReader<TF> reader) => new(
        reader.Element("committeeRoot"),
        reader.UInt64("epoch"),
        reader.UInt64("height"),
        reader.UInt64("chainId"),
        (byte)reader.Integer("phase", byte.MaxValue),
        reader.Element("blockHash"));
}

/// <summary>A member of a committee.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
/// <param name="Key">A public key that <see cref="Eddsa.IsValidPublicKey"/> accepts.</param>
/// <param name="Weight">1 to 2^48 − 1.</param>
public readonly record struct CommitteeMember<TF>(EdwardsPoint<TF> Key, ulong Weight)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>
/// Members sorted by key, each key once, filled up to the circuit's size with slots of weight 0. The chain acc₀ = 0,
/// acc_{i+1} = H(tag of committees; acc_i, x, y, weight) ends in acc_W, and the root is H(tag of committees; acc_W, T) with the
/// total weight T. That keys are valid and occur once is proven nowhere else: a verifier takes roots only from committees that
/// were built by these rules. Immutable.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class Committee<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly CommitteeMember<TF>[] slots;
    private readonly TF[] chain;

    private Committee(CommitteeMember<TF>[] slots, int memberCount)
    {
        this.slots = slots;
        MemberCount = memberCount;
        chain = new TF[slots.Length + 1];
        for (int i = 0; i < slots.Length; i++)
        {
            CommitteeMember<TF> slot = slots[i];
            TotalWeight += slot.Weight;
            chain[i + 1] = Link(chain[i], slot.Key, TF.FromUInt64(slot.Weight));
        }

        Root = RootOf(chain[^1], TF.FromUInt64(TotalWeight));
    }

    /// <summary>The number of members; the slots after them are empty.</summary>
    public int MemberCount { get; }

    /// <summary>The members in the order of their keys, then empty slots: the base point with weight 0.</summary>
    public ReadOnlySpan<CommitteeMember<TF>> Slots => slots;

    /// <summary>The chain from 0 on: one element more than slots.</summary>
    public ReadOnlySpan<TF> Chain => chain;

    /// <summary>T, the sum of all weights.</summary>
    public ulong TotalWeight { get; }

    /// <summary>The commitment.</summary>
    public TF Root { get; }

    /// <summary>Builds a committee. Checking a key costs a multiplication by l.</summary>
    /// <param name="capacity">Slots: 1 to <see cref="Finality.MaxCapacity"/>.</param>
    /// <param name="members">1 to so many members, in any order.</param>
    /// <exception cref="ArgumentException">As <see cref="TryCreate"/> refuses.</exception>
    public static Committee<TF> Create(int capacity, ReadOnlySpan<CommitteeMember<TF>> members) =>
        TryCreate(capacity, members, out Committee<TF>? committee, out string? fault) ? committee : throw new ArgumentException(fault);

    /// <summary>Builds a committee.</summary>
    /// <param name="capacity">Slots: 1 to <see cref="Finality.MaxCapacity"/>.</param>
    /// <param name="members">The members, in any order.</param>
    /// <param name="committee">The committee.</param>
    /// <param name="fault">Which member breaks which rule.</param>
    /// <returns>False for no members or too many, a key that is invalid or occurs twice, a weight that is 0 or has over 48 bits.</returns>
    public static bool TryCreate(
        int capacity,
        ReadOnlySpan<CommitteeMember<TF>> members,
        [NotNullWhen(true)] out Committee<TF>? committee,
        [NotNullWhen(false)] out string? fault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, Finality.MaxCapacity);
        committee = null;
        if (members.Length < 1 || members.Length > capacity)
        {
            fault = $"A committee of {capacity} slots has 1 to {capacity} members, not {members.Length}.";
            return false;
        }

        var keys = new HashSet<EdwardsPoint<TF>>();
        for (int i = 0; i < members.Length; i++)
        {
            CommitteeMember<TF> member = members[i];
            fault = !Eddsa.IsValidPublicKey(member.Key) ? "key is not a point of the subgroup of order l other than the neutral one"
                : !keys.Add(member.Key) ? "key is another member's, too"
                : member.Weight == 0 || member.Weight >> Finality.WeightBits != 0 ? $"weight {member.Weight} is not 1 to 2^{Finality.WeightBits} − 1"
                : null;
            if (fault is not null)
            {
                fault = $"Member {i} of the committee: the {fault}.";
                return false;
            }
        }

        var slots = new CommitteeMember<TF>[capacity];
        members.CopyTo(slots);
        Array.Fill(slots, new CommitteeMember<TF>(EdwardsCurve<TF>.Embedded.Base, 0), members.Length, capacity - members.Length);
        (BigInteger, BigInteger)[] order = [.. members.ToArray().Select(m => (TF.ToBigInteger(m.Key.X), TF.ToBigInteger(m.Key.Y)))];
        Array.Sort(order, slots, 0, members.Length);
        committee = new(slots, members.Length);
        fault = null;
        return true;
    }

    /// <summary>The member's slot.</summary>
    /// <returns>−1 where the key is no member's.</returns>
    public int IndexOf(EdwardsPoint<TF> key) => Array.FindIndex(slots, 0, MemberCount, slot => slot.Key == key);

    /// <summary>
    /// The weight of those who signed, checked on numbers as the circuit checks it.
    /// </summary>
    /// <param name="statement">The statement.</param>
    /// <param name="signatures">A signature for each slot, or null where there is none.</param>
    /// <exception cref="RequestRefusedException">The root is another committee's, a signature is false, an empty slot has one, or the signers' weight is not more than two thirds.</exception>
    public ulong RequireQuorum(FinalityStatement<TF> statement, ReadOnlySpan<EddsaSignature<TF>?> signatures)
    {
        ArgumentNullException.ThrowIfNull(statement);
        if (signatures.Length != slots.Length)
        {
            throw new ArgumentException($"{signatures.Length} signatures for {slots.Length} slots.");
        }

        if (statement.CommitteeRoot != Root)
        {
            throw new RequestRefusedException($"The statement's committee root {statement.CommitteeRoot} is not this committee's, {Root}.");
        }

        TF message = statement.Message();
        ulong signed = 0;
        for (int i = 0; i < slots.Length; i++)
        {
            if (signatures[i] is not { } signature)
            {
                continue;
            }

            if (i >= MemberCount || !Eddsa.Verify(slots[i].Key, message, signature))
            {
                throw new RequestRefusedException(
                    i < MemberCount
                        ? $"The signature in slot {i}, of the member with key ({slots[i].Key.X}, {slots[i].Key.Y}), is not valid for this block."
                        : $"Slot {i} is empty and has a signature.");
            }

            signed += slots[i].Weight;
        }

        // At most 1,024 weights of 48 bits: three times the sum is below 2^60.
        return 3 * signed > 2 * TotalWeight
            ? signed
            : throw new RequestRefusedException($"The signers' weight, {signed} of {TotalWeight}, is not more than two thirds.");
    }

    /// <summary>acc_{i+1} from acc_i.</summary>
    internal static TF Link(TF chain, EdwardsPoint<TF> key, TF weight) =>
        Poseidon.Hash<TF>([chain, key.X, key.Y, weight], HashTag.Committee);

    /// <summary>The root from the end of the chain.</summary>
    internal static TF RootOf(TF chainEnd, TF totalWeight) => Poseidon.Hash<TF>([chainEnd, totalWeight], HashTag.Committee);
}
