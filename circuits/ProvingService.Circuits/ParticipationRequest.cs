// Owns: requests for participations as JSON: schema, example, reading. What they mean: Participation.cs.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// A request names all validators with their key commitments and stakes, in the tree's order, one of their secret keys, the round and the
/// vote. Members named after a curve hold members for that curve alone, since commitments differ from field to field.
/// </summary>
internal static class ParticipationRequest
{
    /// <summary>The member by which a document is known as a request.</summary>
    public const string Member = "validators";

    private const string Integer = "^(0x[0-9a-fA-F]+|[0-9]+)$";

    // Each member besides the validators, and the bits it has; 0 for an element of the field.
    private static readonly (string Name, int Bits, string Meaning)[] Members =
    [
        ("secretKey", 0, "The secret key of the validator who votes."),
        ("seed", 0, "The epoch's randomness."),
        ("chainId", 64, "The chain."),
        ("epoch", ParticipationScope.EpochBits, "The epoch."),
        ("height", 64, "The block's height."),
        ("attempt", 16, "The attempt at that height."),
        ("phase", 8, "The phase of the attempt."),
        ("minimumStake", 64, "The least stake that may take part."),
        ("threshold", 64, "A ticket of 64 bits wins below threshold times stake: 2^64 times seats by the total stake."),
        ("voteHash", 0, "What is voted."),
    ];

    /// <summary>The schema of a request.</summary>
    public static JsonObject Schema(int levels)
    {
        var properties = new JsonObject
        {
            [Member] = new JsonObject
            {
                ["description"] = "All validators, in the order of the tree's leaves.",
                ["type"] = "array",
                ["minItems"] = 1,
                ["maxItems"] = 1L << (2 * levels),
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject
                    {
                        ["key"] = Number(0, "The commitment to the validator's secret key."),
                        ["stake"] = Number(64, "The validator's stake."),
                    },
                    ["required"] = new JsonArray("key", "stake"),
                    ["additionalProperties"] = false,
                },
            },
        };
        foreach ((string name, int bits, string meaning) in Members)
        {
            properties[name] = Number(bits, meaning);
        }

        foreach (string curve in new[] { "bls12-381", "bn254" })
        {
            properties[curve] = new JsonObject
            {
                ["description"] = "Members for this curve alone; they go before those outside.",
                ["type"] = "object",
            };
        }

        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "A validator's vote in a round",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
    }

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
        int winner = Array.FindIndex(Enumerable.Range(0, count).ToArray(), i => round.Selects(round.Ticket(secrets[i]), validators[i].Stake));
        return new JsonObject
        {
            [Member] = new JsonArray([.. validators.Select(validator => new JsonObject
            {
                ["key"] = Text(validator.Key),
                ["stake"] = validator.Stake,
            })]),
            ["secretKey"] = Text(secrets[Math.Max(winner, 0)]),
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
        Dictionary<string, JsonElement> members = MembersOf<TF>(request);
        ParticipationValidator<TF>[] validators = Validators<TF>(Require(Member), circuit.Levels);
        TF secretKey = Element("secretKey"), key = ParticipationValidator<TF>.Commit(secretKey);
        var scope = new ParticipationScope(Word("chainId"), Word("epoch"), Word("height"), (ushort)Word("attempt"), (byte)Word("phase"));
        QuadTree<TF> tree = Tree(circuit.Levels, validators);
        var round = new ParticipationRound<TF>(tree.Root, Element("seed"), scope, Word("minimumStake"), Word("threshold"));
        TF voteHash = Element("voteHash");
        int index = Array.FindIndex(validators, validator => validator.Key == key);
        return index >= 0
            ? circuit.Prepare(secretKey, validators[index].Stake, tree, index, round, voteHash)
            : throw new RequestRefusedException("The secret key belongs to none of the validators.");

        JsonElement Require(string name) => members.TryGetValue(name, out JsonElement value)
            ? value
            : throw new InvalidInputException(name, "is missing.");

        TF Element(string name) => JsonValues.Element<TF>(name, Require(name));

        ulong Word(string name) => ReadWord(name, Require(name), Array.Find(Members, member => member.Name == name).Bits);
    }

    /// <summary>The members for a field, those for its curve before those for all.</summary>
    private static Dictionary<string, JsonElement> MembersOf<TF>(JsonElement request)
        where TF : unmanaged, IPrimeField<TF>
    {
        var own = new Dictionary<string, JsonElement>();
        var common = new Dictionary<string, JsonElement>();
        foreach ((string name, JsonElement value) in Properties(string.Empty, request))
        {
            if (!CurveNames.TryParse(name, out _))
            {
                Add(common, name, value);
            }
            else if (JsonValues.IsOwnCurve<TF>(name))
            {
                foreach ((string inner, JsonElement innerValue) in Properties(name, value))
                {
                    Add(own, inner, innerValue);
                }
            }
        }

        foreach ((string name, JsonElement value) in common)
        {
            own.TryAdd(name, value);
        }

        return own;

        static void Add(Dictionary<string, JsonElement> members, string name, JsonElement value)
        {
            if (name != Member && !Array.Exists(Members, member => member.Name == name))
            {
                throw new InvalidInputException(
                    name, $"is not a member of this request; it has {Member}, {string.Join(", ", Members.Select(member => member.Name))}.");
            }

            if (!members.TryAdd(name, value))
            {
                throw new InvalidInputException(name, "is given twice.");
            }
        }
    }

    private static ParticipationValidator<TF>[] Validators<TF>(JsonElement json, int levels)
        where TF : unmanaged, IPrimeField<TF>
    {
        long most = 1L << (2 * levels);
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is int count && (count == 0 || count > most))
        {
            throw new InvalidInputException(Member, $"must be an array of 1 to {most} validators.");
        }

        var validators = new ParticipationValidator<TF>[json.GetArrayLength()];
        var keys = new HashSet<TF>();
        int next = 0;
        foreach (JsonElement item in json.EnumerateArray())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{Member}[{next}]");
            (JsonElement? key, JsonElement? stake) = (null, null);
            foreach ((string name, JsonElement value) in Properties(path, item))
            {
                switch (name)
                {
                    case "key" when key is null:
                        key = value;
                        break;
                    case "stake" when stake is null:
                        stake = value;
                        break;
                    default:
                        throw new InvalidInputException($"{path}.{name}", "is given twice, or is neither key nor stake.");
                }
            }

            if (key is null || stake is null)
            {
                throw new InvalidInputException(path, "must have a key and a stake.");
            }

            validators[next] = new(JsonValues.Element<TF>($"{path}.key", key.Value), ReadWord($"{path}.stake", stake.Value, 64));
            if (!keys.Add(validators[next].Key))
            {
                throw new RequestRefusedException($"{path} has the key of another validator.");
            }

            next++;
        }

        return validators;
    }

    private static IEnumerable<(string Name, JsonElement Value)> Properties(string path, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException(path, $"must be an object, not {JsonValues.Kind(json)}.");
        }

        foreach (JsonProperty member in json.EnumerateObject())
        {
            yield return (JsonValues.NameOf(member), member.Value);
        }
    }

    private static ulong ReadWord(string name, JsonElement json, int bits)
    {
        BigInteger value = JsonValues.Integer(name, json);
        return value.GetBitLength() <= bits
            ? (ulong)value
            : throw new InvalidInputException(name, $"the number has more than {bits} bits.");
    }

    private static QuadTree<TF> Tree<TF>(int levels, ParticipationValidator<TF>[] validators)
        where TF : unmanaged, IPrimeField<TF> => new(levels, Array.ConvertAll(validators, validator => validator.Leaf));

    private static JsonObject Number(int bits, string meaning) => new()
    {
        ["description"] = bits == 0 ? meaning + " An element of the field." : $"{meaning} {bits} bits.",
        ["type"] = new JsonArray("integer", "string"),
        ["minimum"] = 0,
        ["pattern"] = Integer,
    };

    private static string Text<TF>(in TF element)
        where TF : unmanaged, IPrimeField<TF> => TF.ToBigInteger(element).ToString(CultureInfo.InvariantCulture);
}
