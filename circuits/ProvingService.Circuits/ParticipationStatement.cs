// Owns: what a participation says, on numbers: validators, rounds, tickets, statements, and what two shares reveal.
// The circuit and the making of its inputs: Participation.cs.

using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// Where a vote counts once: a chain, an epoch, a height, an attempt and a phase. Two scopes give unlinkable nullifiers.
/// </summary>
public readonly record struct ParticipationScope
{
    /// <summary>The bits of an epoch.</summary>
    public const int EpochBits = 48;

    /// <summary>Names a scope.</summary>
    /// <param name="chainId">The chain.</param>
    /// <param name="epoch">Below 2^48.</param>
    /// <param name="height">The block's height.</param>
    /// <param name="attempt">Which attempt at that height.</param>
    /// <param name="phase">Which phase of the attempt.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch has more than 48 bits.</exception>
    public ParticipationScope(ulong chainId, ulong epoch, ulong height, ushort attempt, byte phase)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(epoch >> EpochBits, 0UL, nameof(epoch));
        ChainId = chainId;
        Epoch = epoch;
        Height = height;
        Attempt = attempt;
        Phase = phase;
    }

    /// <summary>The chain.</summary>
    public ulong ChainId { get; }

    /// <summary>The epoch, below 2^48.</summary>
    public ulong Epoch { get; }

    /// <summary>The block's height.</summary>
    public ulong Height { get; }

    /// <summary>Which attempt at that height.</summary>
    public ushort Attempt { get; }

    /// <summary>Which phase of the attempt.</summary>
    public byte Phase { get; }

    internal static ParticipationScope Read<TF>(RequestReader<TF> reader)
        where TF : unmanaged, IPrimeField<TF> => new(
        reader.UInt64("chainId"),
        (ulong)reader.Integer("epoch", (1UL << EpochBits) - 1),
        reader.UInt64("height"),
        (ushort)reader.Integer("attempt", ushort.MaxValue),
        (byte)reader.Integer("phase", byte.MaxValue));

    /// <summary>One element of 200 bits: from the lowest up chain (64), epoch (48), height (64), attempt (16), phase (8).</summary>
    /// <typeparam name="TF">The field.</typeparam>
    public TF Pack<TF>()
        where TF : unmanaged, IPrimeField<TF> => TF.FromBigInteger(
            ChainId + ((BigInteger)Epoch << 64) + ((BigInteger)Height << 112) + ((BigInteger)Attempt << 176) + ((BigInteger)Phase << 192));
}

/// <summary>A validator as the tree holds it.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Key">The commitment to the secret key, <see cref="Commit"/>.</param>
/// <param name="Stake">The stake.</param>
public readonly record struct ParticipationValidator<TF>(TF Key, ulong Stake)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The leaf: H(key; commitment, stake, 0). The 0 keeps room for what leaves may hold one day.</summary>
    public TF Leaf => Poseidon.Hash<TF>([Key, TF.FromUInt64(Stake), TF.Zero], HashTag.Key);

    /// <summary>The commitment to a secret key: H(key; sk). Register it before the seed of the epoch is known, else keys can be ground.</summary>
    public static TF Commit(in TF secretKey) => Poseidon.Hash<TF>([secretKey], HashTag.Key);
}

/// <summary>What all validators know of a round before anyone votes. Verifiers compare it with their own.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="ValidatorRoot">The root of the tree of validators' leaves.</param>
/// <param name="Seed">The epoch's randomness.</param>
/// <param name="Scope">Where votes count once.</param>
/// <param name="MinimumStake">The least stake that may take part.</param>
/// <param name="Threshold">τ: a ticket wins below τ · stake; see <see cref="ThresholdFor"/>.</param>
public sealed record ParticipationRound<TF>(TF ValidatorRoot, TF Seed, ParticipationScope Scope, ulong MinimumStake, ulong Threshold)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>
    /// τ = ⌊2^64 · seats / total stake⌋, at most 2^64 − 1: a validator wins with probability min(1, τ · stake / 2^64), so that the
    /// expected number of winners is the number of seats, less what is capped. A validator whose stake exceeds total / seats
    /// wins always and still once; it gains by registering several leaves.
    /// </summary>
    /// <param name="seats">The expected size of the committee.</param>
    /// <param name="totalStake">The sum of all stakes, not 0.</param>
    public static ulong ThresholdFor(uint seats, UInt128 totalStake)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(totalStake, UInt128.Zero);
        UInt128 threshold = ((UInt128)seats << 64) / totalStake;
        return threshold > ulong.MaxValue ? ulong.MaxValue : (ulong)threshold;
    }

    /// <summary>
    /// The ticket of a key: the lowest 64 bits of the canonical integer of H(sortition; sk, seed, scope). Each key has one,
    /// since the tree binds the key and a canonical integer has one form.
    /// </summary>
    public ulong Ticket(in TF secretKey)
    {
        Span<ulong> words = stackalloc ulong[TF.LimbCount];
        TF.ToCanonical(Poseidon.Hash<TF>([secretKey, Seed, Scope.Pack<TF>()], HashTag.Sortition), words);
        return words[0];
    }

    /// <summary>Whether a ticket wins: ticket &lt; τ · stake, as integers.</summary>
    public bool Selects(ulong ticket, ulong stake) => ticket < (UInt128)Threshold * stake;

    /// <summary>The mark of a key in this scope, the same for every vote: H(nullifier; sk, scope, chain).</summary>
    public TF Nullifier(in TF secretKey) =>
        Poseidon.Hash<TF>([secretKey, Scope.Pack<TF>(), TF.FromUInt64(Scope.ChainId)], HashTag.Nullifier);
}

/// <summary>
/// "Some validator of the round, with at least the minimum stake, holds a winning ticket, and votes so." The proof's one
/// public input is <see cref="Hash"/>, which every verifier computes from the statement. Since fields are typed,
/// the circuit need not range-check them: no verifier hashes a threshold of 65 bits.
/// </summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Round">What is known beforehand.</param>
/// <param name="Nullifier">The mark by which a second vote of the same validator in the same scope is known.</param>
/// <param name="VoteHash">What is voted.</param>
/// <param name="Share">sk + H(share; sk, scope) · H(share; vote): one reveals nothing, two of one scope the secret key.</param>
public sealed record ParticipationStatement<TF>(ParticipationRound<TF> Round, TF Nullifier, TF VoteHash, TF Share)
    : IStatement<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>H(participation; root, seed, scope, chain, minimum stake, τ, nullifier, vote, share).</summary>
    public TF Hash() => Poseidon.Hash<TF>(
        [
            Round.ValidatorRoot,
            Round.Seed,
            Round.Scope.Pack<TF>(),
            TF.FromUInt64(Round.Scope.ChainId),
            TF.FromUInt64(Round.MinimumStake),
            TF.FromUInt64(Round.Threshold),
            Nullifier,
            VoteHash,
            Share,
        ],
        HashTag.Participation);

    /// <inheritdoc/>
    public string Kind => Participation.BaseName;

    /// <inheritdoc/>
    public JsonObject ToJson() => new()
    {
        ["validatorRoot"] = StatementText.Of(Round.ValidatorRoot),
        ["seed"] = StatementText.Of(Round.Seed),
        ["chainId"] = StatementText.Of(Round.Scope.ChainId),
        ["epoch"] = StatementText.Of(Round.Scope.Epoch),
        ["height"] = StatementText.Of(Round.Scope.Height),
        ["attempt"] = Round.Scope.Attempt,
        ["phase"] = Round.Scope.Phase,
        ["minimumStake"] = StatementText.Of(Round.MinimumStake),
        ["threshold"] = StatementText.Of(Round.Threshold),
        ["nullifier"] = StatementText.Of(Nullifier),
        ["voteHash"] = StatementText.Of(VoteHash),
        ["share"] = StatementText.Of(Share),
    };

    internal static ParticipationStatement<TF> Read(RequestReader<TF> reader) => new(
        new(
            reader.Element("validatorRoot"),
            reader.Element("seed"),
            ParticipationScope.Read(reader),
            reader.UInt64("minimumStake"),
            reader.UInt64("threshold")),
        reader.Element("nullifier"),
        reader.Element("voteHash"),
        reader.Element("share"));
}

/// <summary>Voting twice in one scope gives the secret key away (RLN: rate-limiting nullifiers, after Shamir's line through two points).</summary>
public static class ParticipationSlashing
{
    /// <summary>H(share; vote): the place at which the share's line is taken.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    public static TF PlaceOf<TF>(in TF voteHash)
        where TF : unmanaged, IPrimeField<TF> => Poseidon.Hash<TF>([voteHash], HashTag.Share);

    /// <summary>The share of a vote: sk + H(share; sk, scope) · H(share; vote).</summary>
    /// <typeparam name="TF">The field.</typeparam>
    public static TF ShareOf<TF>(in TF secretKey, ParticipationScope scope, in TF voteHash)
        where TF : unmanaged, IPrimeField<TF> =>
        secretKey + (Poseidon.Hash<TF>([secretKey, scope.Pack<TF>()], HashTag.Share) * PlaceOf(voteHash));

    /// <summary>The secret key behind two proven statements of one scope and nullifier with different votes.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="first">A statement whose proof was verified.</param>
    /// <param name="second">Another one.</param>
    /// <param name="secretKey">The key, checked against the nullifier.</param>
    /// <returns>False where the two are no double vote, or were never proven.</returns>
    public static bool TryRecoverKey<TF>(
        ParticipationStatement<TF> first, ParticipationStatement<TF> second, [MaybeNullWhen(false)] out TF secretKey)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        secretKey = default;
        TF place = PlaceOf(first.VoteHash), run = PlaceOf(second.VoteHash) - place;
        if (first.Round.Scope != second.Round.Scope || first.Nullifier != second.Nullifier || TF.IsZero(run))
        {
            return false;
        }

        TF slope = (second.Share - first.Share) * TF.Inverse(run);
        TF candidate = first.Share - (slope * place);
        if (first.Round.Nullifier(candidate) != first.Nullifier)
        {
            return false;
        }

        secretKey = candidate;
        return true;
    }
}
