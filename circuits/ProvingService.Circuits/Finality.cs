// Owns: the circuit finality.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// "Members of the committee, of more than two thirds of its weight, signed the block." The public input is the hash of a
/// <see cref="FinalityStatement{TF}"/>; a verifier recomputes it from the statement, whose packed numbers are in range for that
/// reason, and never takes a bare hash. 3,641 constraints a slot on BLS12-381, 3,595 on BN254, and about 800 more.
/// </summary>
public sealed class Finality : IRequestCircuit
{
    /// <summary>The catalog's name, before the number of slots.</summary>
    public const string BaseName = "finality";

    /// <summary>The most slots: sums of so many weights stay below 2^58.</summary>
    public const int MaxCapacity = 1024;

    /// <summary>The bits of a member's weight.</summary>
    public const int WeightBits = 48;

    /// <summary>Chooses a size.</summary>
    /// <param name="capacity">Slots of the committee, 1 to 1,024; fewer members are filled up.</param>
    public Finality(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        Capacity = capacity;
    }

    /// <summary>Slots of the committee.</summary>
    public int Capacity { get; }

    /// <inheritdoc/>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{BaseName}-{Capacity}");

    /// <inheritdoc/>
    public string RequestMember => "committee";

    /// <inheritdoc/>
    public JsonObject RequestSchema => RequestSchemas.Root(
        ("chainId", RequestSchemas.Integer(64, "the chain")),
        ("epoch", RequestSchemas.Integer(64, "the epoch that the committee is fixed for")),
        ("height", RequestSchemas.Integer(64, "the block's height")),
        ("phase", RequestSchemas.Integer(8, "the phase of voting")),
        ("blockHash", RequestSchemas.Element("the block's hash")),
        ("committee", RequestSchemas.Array(
            RequestSchemas.Object(
                ("key", RequestSchemas.Point("the public key")),
                ("weight", RequestSchemas.Integer(WeightBits, "the voting weight, at least 1")),
                ("signature", RequestSchemas.Optional(RequestSchemas.Signature("the signature of the statement's message; null where there is none")))),
            Capacity,
            "the members, in any order")));

    /// <summary>The inputs that prove a statement.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="statement">What is to be proved.</param>
    /// <param name="committee">Its committee, of as many slots as the circuit.</param>
    /// <param name="signatures">A signature for each slot of the committee, or null where there is none.</param>
    /// <exception cref="RequestRefusedException">The statement does not hold: see <see cref="Committee{TF}.RequireQuorum"/>.</exception>
    public static CircuitInputs<TF> InputsFor<TF>(
        FinalityStatement<TF> statement, Committee<TF> committee, ReadOnlySpan<EddsaSignature<TF>?> signatures)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(committee);
        committee.RequireQuorum(statement, signatures);
        int slots = signatures.Length;
        TF[] signed = new TF[slots], weights = new TF[slots], keys = new TF[2 * slots], response = new TF[slots], commitments = new TF[2 * slots];
        for (int i = 0; i < slots; i++)
        {
            CommitteeMember<TF> slot = committee.Slots[i];
            (keys[2 * i], keys[(2 * i) + 1]) = slot.Key;
            weights[i] = TF.FromUInt64(slot.Weight);
            if (signatures[i] is { } signature)
            {
                signed[i] = TF.One;
                (commitments[2 * i], commitments[(2 * i) + 1]) = signature.R;
                response[i] = TF.FromBigInteger(signature.S);
            }
        }

        return new CircuitInputs<TF>()
            .Set("statement", statement.Hash())
            .Set("packed", statement.Packed)
            .Set("blockHash", statement.BlockHash)
            .Set("chain", committee.Chain)
            .Set("keys", keys)
            .Set("weights", weights)
            .Set("signed", signed)
            .Set("r", commitments)
            .Set("s", response);
    }

    /// <inheritdoc/>
    public void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        Variable<TF> statement = builder.PublicInput("statement");
        Variable<TF> packed = builder.PrivateInput("packed"), blockHash = builder.PrivateInput("blockHash");
        Variable<TF>[] chain = builder.PrivateInputArray("chain", Capacity + 1), keys = builder.PrivateInputArray("keys", Capacity, 2);
        Variable<TF>[] weights = builder.PrivateInputArray("weights", Capacity), signed = builder.PrivateInputArray("signed", Capacity);
        Variable<TF>[] r = builder.PrivateInputArray("r", Capacity, 2), s = builder.PrivateInputArray("s", Capacity);

        using (builder.Scope("signed bits"))
        {
            // A 2 here would count one signature's weight twice.
            foreach (Variable<TF> bit in signed)
            {
                builder.AssertBoolean(bit);
            }
        }

        Variable<TF> message;
        using (builder.Scope("message"))
        {
            message = builder.Materialize(PoseidonGadget.Hash<TF>(builder, [packed, blockHash], HashTag.Finality));
        }

        using (builder.Scope("chain start"))
        {
            builder.AssertEqual(chain[0], 0);
        }

        var ports = new Variable<TF>[Capacity][];
        for (int i = 0; i < Capacity; i++)
        {
            ports[i] = [message, signed[i], keys[2 * i], keys[(2 * i) + 1], weights[i], r[2 * i], r[(2 * i) + 1], s[i], chain[i], chain[i + 1]];
        }

        builder.Repeat("slot", ports, DefineSlot);
        Variable<TF> total = builder.Sum(weights);
        using (builder.Scope("quorum"))
        {
            // Strictly more than two thirds. Weights are in range, so that 3·count − 2·T − 1 is below W·2^48 where it is not negative.
            var counted = new Variable<TF>[Capacity];
            for (int i = 0; i < Capacity; i++)
            {
                counted[i] = signed[i] * weights[i];
            }

            builder.AssertInRange(
                (3 * builder.Sum(counted)) - (2 * total) - 1, WeightBits + (int)((BigInteger)(Capacity - 1)).GetBitLength());
        }

        Variable<TF> root;
        using (builder.Scope("committee root"))
        {
            root = PoseidonGadget.Hash<TF>(builder, [chain[^1], total], HashTag.Committee);
        }

        using (builder.Scope("statement"))
        {
            builder.AssertEqual(PoseidonGadget.Hash<TF>(builder, [root, packed, blockHash], HashTag.Finality), statement);
        }
    }

    /// <inheritdoc/>
    public CircuitInputs<TF> Example<TF>()
        where TF : unmanaged, IPrimeField<TF> => this.ReadRequest<TF>(JsonElement.Parse(ExampleRequest<TF>().ToJsonString()));

    /// <inheritdoc/>
    /// <remarks>As many members as slots, of weights 100, 101, …; every fifth does not sign.</remarks>
    public JsonObject ExampleRequest<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        // The message does not depend on the committee's root.
        var statement = new FinalityStatement<TF>(TF.Zero, 7, 123456, 1, 2, TF.FromUInt64(20260101));
        TF message = statement.Message();
        var members = new JsonArray();
        byte[] seed = new byte[EddsaKey<TF>.SeedLength];
        for (int i = 0; i < Capacity; i++)
        {
            seed[0] = (byte)i;
            seed[1] = (byte)(i >> 8);
            var key = new EddsaKey<TF>(seed);
            JsonObject? signature = null;
            if (i % 5 != 4)
            {
                EddsaSignature<TF> made = key.Sign(message);
                signature = new JsonObject { ["r"] = Point(made.R), ["s"] = made.S.ToString(CultureInfo.InvariantCulture) };
            }

            members.Add((JsonNode)new JsonObject { ["key"] = Point(key.PublicKey), ["weight"] = 100 + i, ["signature"] = signature });
        }

        return new JsonObject
        {
            ["chainId"] = statement.ChainId,
            ["epoch"] = statement.Epoch,
            ["height"] = statement.Height,
            ["phase"] = statement.Phase,
            ["blockHash"] = Text(statement.BlockHash),
            ["committee"] = members,
        };

        static JsonArray Point(EdwardsPoint<TF> point) => [Text(point.X), Text(point.Y)];

        static string Text(TF element) => TF.ToBigInteger(element).ToString(CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public PreparedRequest<TF> PrepareRequest<TF>(JsonElement request)
        where TF : unmanaged, IPrimeField<TF>
    {
        var reader = new RequestReader<TF>(request);
        ulong chainId = reader.UInt64("chainId"), epoch = reader.UInt64("epoch"), height = reader.UInt64("height");
        byte phase = (byte)reader.Integer("phase", byte.MaxValue);
        TF blockHash = reader.Element("blockHash");
        RequestReader<TF>[] rows = reader.Objects("committee", Capacity);
        reader.RequireNothingElse();
        var members = new CommitteeMember<TF>[rows.Length];
        var found = new EddsaSignature<TF>?[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            members[i] = new(rows[i].Point("key"), (ulong)rows[i].Integer("weight", (1UL << WeightBits) - 1));
            found[i] = rows[i].Has("signature") ? rows[i].Signature("signature") : null;
            rows[i].RequireNothingElse();
        }

        if (!Committee<TF>.TryCreate(Capacity, members, out Committee<TF>? committee, out string? fault))
        {
            throw new RequestRefusedException(fault);
        }

        var signatures = new EddsaSignature<TF>?[Capacity];
        for (int i = 0; i < members.Length; i++)
        {
            signatures[committee.IndexOf(members[i].Key)] = found[i];
        }

        var statement = new FinalityStatement<TF>(committee.Root, epoch, height, chainId, phase, blockHash);
        return new(statement, InputsFor(statement, committee, signatures));
    }

    /// <summary>One slot, over its ports alone: message, signed bit, key, weight, R, s, and the chain before and after.</summary>
    private static void DefineSlot<TF>(CircuitBuilder<TF> builder, Variable<TF>[] ports)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> message = ports[0], signed = ports[1], weight = ports[4];
        var key = new EdwardsVariable<TF>(ports[2], ports[3]);
        using (builder.Scope("weight range"))
        {
            // A weight of −1 would lower the total.
            builder.AssertInRange(weight, WeightBits);
        }

        using (builder.Scope("link"))
        {
            builder.AssertEqual(PoseidonGadget.Hash<TF>(builder, [ports[8], key.X, key.Y, weight], HashTag.Committee), ports[9]);
        }

        using (builder.Scope("signature"))
        {
            EddsaGadget.Verify(builder, signed, key, message, new(ports[5], ports[6]), ports[7]);
        }
    }
}
