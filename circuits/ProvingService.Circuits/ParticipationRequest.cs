// Owns: requests for participations as JSON: schema, example, reading. What they mean: Participation.cs.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// A request names all validators with their key commitments and stakes, in the order of the tree's leaves, the secret key of one of
/// them, the round and the vote. Commitments differ from field to field.
/// </summary>
internal static class ParticipationRequest
{
    /// <summary>The member by which a document is known as a request.</summary>
    public const string Member = "validators";

    /// <summary>The schema of a request.</summary>
    public static JsonObject Schema(int levels) => RequestSchemas.Root(
        (
            Member,
            RequestSchemas.Array(
                RequestSchemas.Object(
                    ("key", RequestSchemas.Element("the commitment to the validator's secret key")),
                    ("stake", RequestSchemas.Integer(64, "the validator's stake"))),
                Capacity(levels),
                "all validators, in the order of the tree's leaves")),
        ("secretKey", RequestSchemas.Element("the secret key of the validator who votes")),
        ("seed", RequestSchemas.Element("the epoch's randomness")),
        ("chainId", RequestSchemas.Integer(64, "the chain")),
        ("epoch", RequestSchemas.Integer(ParticipationScope.EpochBits, "the epoch")),
        ("height", RequestSchemas.Integer(64, "the block's height")),
        ("attempt", RequestSchemas.Integer(16, "the attempt at that height")),
        ("phase", RequestSchemas.Integer(8, "the phase of the attempt")),
        ("minimumStake", RequestSchemas.Integer(64, "the least stake that may take part")),
        ("threshold", RequestSchemas.Integer(64, "tickets, of 64 bits, win below threshold times stake: 2^64 times seats by the total stake")),
        ("voteHash", RequestSchemas.Element("what is voted")));

    /// <summary>Eight validators (four in a tree of one level), three seats expected; the first winner votes.</summary>
    public static JsonObject Example<TF>(int levels)
        where TF : unmanaged, IPrimeField<TF>
    {
        int count = levels == 1 ? 4 : 8;
        var secrets = new TF[count];
        var validators = new ParticipationValidator<TF>[count];
        UInt128 total = 0;
        for (int i = 0; i < count; i++)
        {
            secrets[i] = TF.FromUInt64(1000 + (ulong)i);
            validators[i] = new(ParticipationValidator<TF>.Commit(secrets[i]), 5000 + (500 * (ulong)i));
            total += validators[i].Stake;
        }

        var round = new ParticipationRound<TF>(
            Tree(levels, validators).Root, TF.FromUInt64(77), new(1, 12, 3456, 0, 1), 2000, ParticipationRound<TF>.ThresholdFor(3, total));
        int winner = 0;
        while (!round.Selects(round.Ticket(secrets[winner]), validators[winner].Stake))
        {
            winner++;
        }

        return new JsonObject
        {
            [Member] = new JsonArray([.. validators.Select(validator => new JsonObject
            {
                ["key"] = Text(validator.Key),
                ["stake"] = validator.Stake,
            })]),
            ["secretKey"] = Text(secrets[winner]),
            ["seed"] = Text(round.Seed),
            ["chainId"] = round.Scope.ChainId,
            ["epoch"] = round.Scope.Epoch,
            ["height"] = round.Scope.Height,
            ["attempt"] = round.Scope.Attempt,
            ["phase"] = round.Scope.Phase,
            ["minimumStake"] = round.MinimumStake,
            ["threshold"] = round.Threshold.ToString(CultureInfo.InvariantCulture),
            ["voteHash"] = "4242",
        };
    }

    /// <summary>Reads a request.</summary>
    /// <exception cref="InvalidInputException">A member is missing, unknown, or of the wrong form.</exception>
    /// <exception cref="RequestRefusedException">The request is well formed and says something false.</exception>
    public static ParticipationInputs<TF> Read<TF>(Participation circuit, JsonElement request)
        where TF : unmanaged, IPrimeField<TF>
    {
        var reader = new RequestReader<TF>(request);
        ParticipationValidator<TF>[] validators = Validators(reader.Objects(Member, Capacity(circuit.Levels)));
        TF secretKey = reader.Element("secretKey"), seed = reader.Element("seed");
        ParticipationScope scope = ParticipationScope.Read(reader);
        ulong minimumStake = reader.UInt64("minimumStake"), threshold = reader.UInt64("threshold");
        TF voteHash = reader.Element("voteHash"), key = ParticipationValidator<TF>.Commit(secretKey);
        reader.RequireNothingElse();
        int index = Array.FindIndex(validators, validator => validator.Key == key);
        if (index < 0)
        {
            throw new RequestRefusedException("The secret key belongs to none of the validators.");
        }

        QuadTree<TF> tree = Tree(circuit.Levels, validators);
        var round = new ParticipationRound<TF>(tree.Root, seed, scope, minimumStake, threshold);
        return circuit.Prepare(secretKey, validators[index].Stake, tree, index, round, voteHash);
    }

    private static ParticipationValidator<TF>[] Validators<TF>(RequestReader<TF>[] readers)
        where TF : unmanaged, IPrimeField<TF>
    {
        var validators = new ParticipationValidator<TF>[readers.Length];
        var keys = new HashSet<TF>();
        for (int i = 0; i < readers.Length; i++)
        {
            validators[i] = new(readers[i].Element("key"), readers[i].UInt64("stake"));
            readers[i].RequireNothingElse();
            if (!keys.Add(validators[i].Key))
            {
                throw new RequestRefusedException($"Validator {i} has the key of another validator.");
            }
        }

        return validators;
    }

    /// <summary>The places of a tree, as far as an array holds them.</summary>
    private static int Capacity(int levels) => (int)Math.Min(1L << (2 * levels), Array.MaxLength);

    private static QuadTree<TF> Tree<TF>(int levels, ParticipationValidator<TF>[] validators)
        where TF : unmanaged, IPrimeField<TF> => new(levels, Array.ConvertAll(validators, validator => validator.Leaf));

    private static string Text<TF>(in TF element)
        where TF : unmanaged, IPrimeField<TF> => TF.ToBigInteger(element).ToString(CultureInfo.InvariantCulture);
}
