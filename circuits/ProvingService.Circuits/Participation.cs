// Owns: the circuit participation and the making of its inputs. The statement on numbers: ParticipationStatement.cs. Requests
// as JSON: ParticipationRequest.cs.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>A statement and the circuit's inputs that prove it.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Statement">What verifiers get.</param>
/// <param name="Inputs">The wires; they hold the secret key.</param>
public sealed record ParticipationInputs<TF>(ParticipationStatement<TF> Statement, CircuitInputs<TF> Inputs)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>
/// "I know the secret key of a validator in this tree, with at least the minimum stake, whose ticket wins this round; this is
/// my nullifier and this my vote." Public input: <c>statement</c>, the hash of a <see cref="ParticipationStatement{TF}"/>.
/// Private: <c>secretKey</c>, <c>stake</c>, <c>index</c>, <c>children[4·levels]</c>, and the statement's fields <c>seed</c>,
/// <c>scope</c>, <c>chainId</c>, <c>minimumStake</c>, <c>threshold</c>, <c>voteHash</c>. A tree has 4^levels places. At five levels
/// 4,019 constraints on BLS12-381 and 3,985 on BN254 (a domain of 2^12), and 1,510 more for five levels more.
/// </summary>
/// <remarks>
/// A proof hides who votes, and how large a stake beyond the minimum. It counts one seat. The ticket cannot be ground where the
/// key was registered before the seed was known; that is the registry's to enforce, not the circuit's.
/// </remarks>
public sealed class Participation : IRequestCircuit
{
    /// <summary>The catalog's name.</summary>
    public const string BaseName = "participation";

    /// <summary>The levels where none are given: 1,024 validators.</summary>
    public const int DefaultLevels = 5;

    /// <summary>The most levels.</summary>
    public const int MaxLevels = 16;

    /// <summary>Chooses a size.</summary>
    /// <param name="levels">1 to 16 levels of the tree.</param>
    public Participation(int levels = DefaultLevels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, MaxLevels);
        Levels = levels;
    }

    /// <summary>Levels of the tree above the leaves.</summary>
    public int Levels { get; }

    /// <inheritdoc/>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{BaseName}-{Levels}");

    /// <inheritdoc/>
    public string RequestMember => ParticipationRequest.Member;

    /// <inheritdoc/>
    public JsonObject RequestSchema => ParticipationRequest.Schema(Levels);

    /// <inheritdoc/>
    public void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        Variable<TF> statement = builder.PublicInput("statement");
        Variable<TF> secretKey = builder.PrivateInput("secretKey"), stake = builder.PrivateInput("stake"), index = builder.PrivateInput("index");
        Variable<TF>[] children = builder.PrivateInputArray("children", 4 * Levels);
        Variable<TF> seed = builder.PrivateInput("seed"), scope = builder.PrivateInput("scope"), chainId = builder.PrivateInput("chainId");
        Variable<TF> minimumStake = builder.PrivateInput("minimumStake"), threshold = builder.PrivateInput("threshold");
        Variable<TF> voteHash = builder.PrivateInput("voteHash");

        Variable<TF> key = Hash("key", [secretKey], HashTag.Key);
        Variable<TF> leaf = Hash("leaf", [key, stake, 0], HashTag.Key);
        Variable<TF> root;
        using (builder.Scope("path"))
        {
            root = QuadTreeGadget.ComputeMembership<TF>(builder, children, builder.ToBits(index, 2 * Levels), leaf);
        }

        // Minimum stake and threshold have 64 bits by their types in the statement, the stake only by this row: a leaf of a larger
        // one, if a registry let it in, would make differences and products below wrap around.
        using (builder.Scope("stake range"))
        {
            builder.AssertInRange(stake, 64);
        }

        using (builder.Scope("minimum stake"))
        {
            builder.AssertInRange(stake - minimumStake, 64);
        }

        // All bits of the hash, and canonical ones: those of y + p would be a second ticket.
        Variable<TF> draw = Hash("sortition", [secretKey, seed, scope], HashTag.Sortition), ticket;
        using (builder.Scope("ticket bits"))
        {
            ticket = builder.FromBits(builder.ToBits(draw, TF.BitLength).AsSpan(0, 64));
        }

        using (builder.Scope("ticket"))
        {
            builder.AssertInRange((threshold * stake) - ticket - 1, 128);
        }

        Variable<TF> nullifier = Hash("nullifier", [secretKey, scope, chainId], HashTag.Nullifier);
        Variable<TF> place = Hash("vote", [voteHash], HashTag.Share), share;
        using (builder.Scope("vote"))
        {
            // At place 0 the share is the key itself, for all to see.
            builder.AssertNonZero(place);
        }

        using (builder.Scope("share"))
        {
            share = secretKey + (PoseidonGadget.Hash<TF>(builder, [secretKey, scope], HashTag.Share) * place);
        }

        using (builder.Scope("statement"))
        {
            builder.AssertEqual(
                PoseidonGadget.Hash<TF>(
                    builder, [root, seed, scope, chainId, minimumStake, threshold, nullifier, voteHash, share], HashTag.Participation),
                statement);
        }

        Variable<TF> Hash(string name, ReadOnlySpan<Variable<TF>> inputs, ulong tag)
        {
            using (builder.Scope(name))
            {
                return PoseidonGadget.Hash(builder, inputs, tag);
            }
        }
    }

    /// <summary>The statement that a validator can prove, and the inputs that prove it.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="secretKey">The validator's key.</param>
    /// <param name="stake">Its stake.</param>
    /// <param name="tree">The validators' leaves, <see cref="ParticipationValidator{TF}.Leaf"/>.</param>
    /// <param name="index">The validator's place.</param>
    /// <param name="round">The round; its root must be the tree's.</param>
    /// <param name="voteHash">What to vote.</param>
    /// <exception cref="ArgumentException">The tree has another number of levels than the circuit.</exception>
    /// <exception cref="RequestRefusedException">The round is of another tree, or the validator is not in it, has too little stake, or did not win.</exception>
    public ParticipationInputs<TF> Prepare<TF>(
        in TF secretKey, ulong stake, QuadTree<TF> tree, long index, ParticipationRound<TF> round, in TF voteHash)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(round);
        if (tree.Levels != Levels)
        {
            throw new ArgumentException($"The tree has {tree.Levels} levels and the circuit {Levels}.", nameof(tree));
        }

        if (round.ValidatorRoot != tree.Root)
        {
            throw new RequestRefusedException("The round is one of other validators: its root is not the root of this tree.");
        }

        var validator = new ParticipationValidator<TF>(ParticipationValidator<TF>.Commit(secretKey), stake);
        if (index < 0 || index >= tree.Capacity || tree[index] != validator.Leaf)
        {
            throw new RequestRefusedException($"The tree has no validator with this key and a stake of {stake} at place {index}.");
        }

        if (stake < round.MinimumStake)
        {
            throw new RequestRefusedException($"The stake of {stake} is below the round's minimum of {round.MinimumStake}.");
        }

        if (!round.Selects(round.Ticket(secretKey), stake))
        {
            throw new RequestRefusedException("The validator's ticket does not win this round.");
        }

        TF scope = round.Scope.Pack<TF>();
        var statement = new ParticipationStatement<TF>(
            round, round.Nullifier(secretKey), voteHash, ParticipationSlashing.ShareOf(secretKey, round.Scope, voteHash));
        return new(statement, new CircuitInputs<TF>()
            .Set("statement", statement.Hash())
            .Set("secretKey", secretKey)
            .Set("stake", TF.FromUInt64(stake))
            .Set("index", TF.FromUInt64((ulong)index))
            .Set("children", tree.PathOf(index).Children)
            .Set("seed", round.Seed)
            .Set("scope", scope)
            .Set("chainId", TF.FromUInt64(round.Scope.ChainId))
            .Set("minimumStake", TF.FromUInt64(round.MinimumStake))
            .Set("threshold", TF.FromUInt64(round.Threshold))
            .Set("voteHash", voteHash));
    }

    /// <summary>The inputs of <see cref="ExampleRequest{TF}"/>.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public CircuitInputs<TF> Example<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        using JsonDocument document = JsonDocument.Parse(ExampleRequest<TF>().ToJsonString());
        return this.ReadRequest<TF>(document.RootElement);
    }

    /// <inheritdoc/>
    public JsonObject ExampleRequest<TF>()
        where TF : unmanaged, IPrimeField<TF> => ParticipationRequest.Example<TF>(Levels);

    /// <inheritdoc/>
    public PreparedRequest<TF> PrepareRequest<TF>(JsonElement request)
        where TF : unmanaged, IPrimeField<TF>
    {
        ParticipationInputs<TF> prepared = ParticipationRequest.Read<TF>(this, request);
        return new(prepared.Statement, prepared.Inputs);
    }
}
