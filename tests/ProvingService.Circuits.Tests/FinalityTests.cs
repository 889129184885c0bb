// Owns: the circuit finality: statement, committee, requests, counts, and attacks that fail in the guarding scope alone.

using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Circuits.Tests;

public sealed class FinalityOnBls12381 : FinalityTests<Bls12381Fr>
{
    protected override (int Written, int Optimised) CostOf16 => (59053, 59002);
}

public sealed class FinalityOnBn254 : FinalityTests<Bn254Fr>
{
    protected override (int Written, int Optimised) CostOf16 => (58317, 58266);
}

public abstract class FinalityTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private const int Slots = FinalityCase<TF>.Slots;

    private static readonly CompiledCircuit<TF> Circuit = CircuitCompiler.Compile<TF>(new Finality(Slots), OptimizationLevel.O0);

    private readonly FinalityCase<TF> honest = new();
    private readonly EddsaKey<TF>[] keys;
    private readonly Committee<TF> committee;
    private readonly FinalityStatement<TF> statement;

    protected FinalityTests() => (keys, committee, statement) = (honest.Keys, honest.Committee, honest.Statement);

    protected abstract (int Written, int Optimised) CostOf16 { get; }

    [Fact]
    public void CostOfSixteenSlots()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(new Finality(16));
        Assert.Equal(CostOf16, (circuit.Report.ConstraintsBefore, circuit.Report.ConstraintsAfter));
        Assert.Equal(1, circuit.System.PublicCount);
        Assert.InRange(circuit.System.ConstraintCount, 1, (1 << 16) - 2);
        Assert.Empty(ConstraintLinter.Lint(circuit.System, circuit.Symbols));
        TF[] witness = circuit.CreateWitness(new Finality(16).Example<TF>());
        Assert.Equal(witness[1], circuit.PublicValues(witness)[0]);
    }

    [Fact]
    public void SixtyFourSlotsFitTheirDomain()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(new Finality(64));
        Assert.InRange(circuit.System.ConstraintCount, 1 << 17, (1 << 18) - 2);
        circuit.CreateWitness(new Finality(64).Example<TF>());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void OtherSizes(int slots)
    {
        var finality = new Finality(slots);
        Assert.Equal($"finality-{slots}", finality.Name);
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(finality);
        circuit.CreateWitness(finality.Example<TF>());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Finality(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Finality(1025));
    }

    [Fact]
    public void AllMembersOrMoreThanTwoThirdsMaySign()
    {
        Accepts(Finality.InputsFor(statement, committee, honest.Signatures(0, 1, 2)));

        // Weights 4, 4 and 3: 8 of 11 are more than two thirds.
        Committee<TF> uneven = Committee<TF>.Create(Slots, [new(keys[0].PublicKey, 4), new(keys[1].PublicKey, 4), new(keys[2].PublicKey, 3)]);
        Accepts(Finality.InputsFor(statement with { CommitteeRoot = uneven.Root }, uneven, honest.Signatures(0, 1)));

        void Accepts(CircuitInputs<TF> inputs) => Circuit.CreateWitness(inputs);
    }

    [Fact]
    public void TheLargestWeightsDoNotWrap()
    {
        const ulong most = (1UL << 48) - 1;
        CommitteeMember<TF>[] members = [.. Enumerable.Range(10, 4).Select(i => new CommitteeMember<TF>(FinalityCase<TF>.Key((byte)i).PublicKey, most))];
        Committee<TF> heavy = Committee<TF>.Create(4, members);
        FinalityStatement<TF> own = statement with { CommitteeRoot = heavy.Root };
        var signatures = new EddsaSignature<TF>?[4];
        for (int i = 0; i < 4; i++)
        {
            EddsaKey<TF> key = FinalityCase<TF>.Key((byte)(10 + i));
            signatures[heavy.IndexOf(key.PublicKey)] = key.Sign(own.Message());
        }

        Circuit.CreateWitness(Finality.InputsFor(own, heavy, signatures));
        signatures[1] = null;
        Circuit.CreateWitness(Finality.InputsFor(own, heavy, signatures));
        Refuses(own, heavy, [.. signatures[..2], null, null]);
    }

    [Fact]
    public void EveryPartOfTheStatementMatters()
    {
        FinalityStatement<TF>[] others =
        [
            statement with { CommitteeRoot = statement.CommitteeRoot + TF.One },
            statement with { Epoch = 4 },
            statement with { Height = 1001 },
            statement with { ChainId = 6 },
            statement with { Phase = 2 },
            statement with { BlockHash = TF.FromUInt64(78) },
            statement with { Epoch = statement.Height, Height = statement.Epoch },
        ];
        CircuitInputs<TF> inputs = Finality.InputsFor(statement, committee, honest.Signatures(0, 1, 2));
        foreach (FinalityStatement<TF> other in others)
        {
            Assert.NotEqual(statement.Hash(), other.Hash());
            Assert.NotEqual(statement.Message(), other.Hash());
            FailingScopes.AreOnly("statement", Circuit, inputs.Set("statement", other.Hash()));
        }

        Assert.All(others[1..], other => Assert.NotEqual(statement.Message(), other.Message()));
        Assert.Equal(200, (TF.ToBigInteger((statement with { Phase = 255 }).Packed)).GetBitLength());
    }

    /// <summary>Inputs are made for a statement about this committee, or not at all.</summary>
    [Fact]
    public void AStatementAboutAnotherCommitteeIsRefused()
    {
        Refuses(statement with { CommitteeRoot = statement.CommitteeRoot + TF.One }, committee, honest.Signatures(0, 1, 2));
        Committee<TF> other = Committee<TF>.Create(Slots, [new(keys[0].PublicKey, 4), new(keys[1].PublicKey, 4), new(keys[2].PublicKey, 5)]);
        Refuses(statement, other, honest.Signatures(0, 1, 2));
        Assert.Throws<ArgumentException>(() => Finality.InputsFor(statement, committee, honest.Signatures(0, 1, 2).AsSpan(1)));
    }

    // The attacks of the plan. Each forger recomputes everything that follows from the lie, so that one scope alone is left.
    [Fact]
    public void OneSignatureTooFew() => FailsIn("quorum", new FinalityForger<TF>(honest, 0));

    [Fact]
    public void ExactlyTwoThirds()
    {
        FailsIn("quorum", new FinalityForger<TF>(honest, 0, 1));
        Refuses(statement, committee, honest.Signatures(0, 1));
    }

    [Fact]
    public void NoSignaturesAtAll() => FailsIn("quorum", new FinalityForger<TF>(honest));

    [Fact]
    public void ASignedBitOfTwo() => FailsIn("signed bits", new FinalityForger<TF>(honest, 0, 1) { Bits = { [1] = TF.FromUInt64(2) } });

    [Fact]
    public void ANegativeBitAgainstANegativeWeight() =>
        FailsIn(["signed bits", "slot[2].weight range"], new FinalityForger<TF>(honest, 0, 1, 2) { Bits = { [2] = -TF.One }, Weights = { [2] = -TF.FromUInt64(4) } });

    [Fact]
    public void AWeightOfMinusOne()
    {
        // 8 of 7 are more than two thirds.
        FailsIn("slot[2].weight range", new FinalityForger<TF>(honest, 0, 1) { Weights = { [2] = -TF.One } });
        FailsIn("slot[3].weight range", new FinalityForger<TF>(honest, 0, 1) { Weights = { [3] = -TF.One } });
    }

    [Fact]
    public void AWeightOf49Bits() =>
        FailsIn("slot[0].weight range", new FinalityForger<TF>(honest, 0, 1, 2) { Weights = { [0] = TF.FromUInt64(1UL << 48) } });

    [Fact]
    public void ASignatureCountedTwice()
    {
        // In another member's slot, and under the signer's own key put there.
        EddsaSignature<TF> first = keys[0].Sign(statement.Message());
        FailsIn("slot[2].signature.equation", new FinalityForger<TF>(honest, 0, 1, 2) { Signatures = { [2] = first } });
        FailsIn(
            "statement", new FinalityForger<TF>(honest, 0, 1, 2) { Keys = { [2] = keys[0].PublicKey }, Signatures = { [2] = first }, ClaimsHonestStatement = true });
        FailsIn(
            "slot[2].link", new FinalityForger<TF>(honest, 0, 1, 2) { Keys = { [2] = keys[0].PublicKey }, Signatures = { [2] = first }, KeepsChain = true });
        Assert.False(Committee<TF>.TryCreate(
            Slots, [new(keys[0].PublicKey, 4), new(keys[1].PublicKey, 4), new(keys[0].PublicKey, 5)], out _, out string? fault));
        Assert.Contains("Member 2", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void ASignerFromOutside()
    {
        EddsaKey<TF> outsider = FinalityCase<TF>.Key(99);
        EddsaSignature<TF> signature = outsider.Sign(statement.Message());
        FailsIn("slot[2].signature.equation", new FinalityForger<TF>(honest, 0, 1, 2) { Signatures = { [2] = signature } });
        FailsIn(
            "statement", new FinalityForger<TF>(honest, 0, 1, 2) { Keys = { [2] = outsider.PublicKey }, Signatures = { [2] = signature }, ClaimsHonestStatement = true });
        FailsIn("slot[2].link", new FinalityForger<TF>(honest, 0, 1, 2) { Keys = { [2] = outsider.PublicKey }, Signatures = { [2] = signature }, KeepsChain = true });
    }

    /// <summary>The base point of empty slots is a key whose secret is 1: who signs there signs for no weight.</summary>
    [Fact]
    public void ASignatureInTheEmptySlot()
    {
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        TF message = statement.Message();
        BigInteger challenge = TF.ToBigInteger(Poseidon.Hash<TF>([curve.Base.X, curve.Base.Y, curve.Base.X, curve.Base.Y, message]));
        var signature = new EddsaSignature<TF>(curve.Base, (1 + (8 * challenge)) % curve.Order);
        Assert.True(Eddsa.Verify(curve.Base, message, signature));
        FailsIn("quorum", new FinalityForger<TF>(honest, 0, 1, 3) { Signatures = { [3] = signature } });
        Refuses(statement, committee, [.. honest.Signatures(0, 1, 2)[..3], signature]);
    }

    [Fact]
    public void ASignatureOnAnotherBlockPhaseEpochHeightOrChain()
    {
        foreach (FinalityStatement<TF> other in new[]
        {
            statement with { BlockHash = TF.FromUInt64(78) },
            statement with { Phase = 2 },
            statement with { Epoch = 4 },
            statement with { Height = 1001 },
            statement with { ChainId = 6 },
        })
        {
            EddsaSignature<TF> signature = keys[1].Sign(other.Message());
            FailsIn("slot[1].signature.equation", new FinalityForger<TF>(honest, 0, 1, 2) { Signatures = { [1] = signature } });
            Refuses(statement, committee, [keys[0].Sign(statement.Message()), signature, keys[2].Sign(statement.Message()), null]);
        }
    }

    [Fact]
    public void ATotalTooHighOrTooLow()
    {
        // A lower total makes two of three enough; a higher one is a way to give the empty slot a voice.
        FailsIn("slot[2].link", new FinalityForger<TF>(honest, 0, 1) { Weights = { [2] = TF.One }, KeepsChain = true });
        FailsIn("statement", new FinalityForger<TF>(honest, 0, 1) { Weights = { [2] = TF.One }, ClaimsHonestStatement = true });
        FailsIn("statement", new FinalityForger<TF>(honest, 0, 1, 2) { Weights = { [3] = TF.One }, ClaimsHonestStatement = true });
    }

    [Fact]
    public void APermutedCommittee()
    {
        var forger = new FinalityForger<TF>(honest, 0, 1, 2) { ClaimsHonestStatement = true };
        (forger.Keys[0], forger.Keys[1]) = (forger.Keys[1], forger.Keys[0]);
        (forger.Signatures[0], forger.Signatures[1]) = (forger.Signatures[1], forger.Signatures[0]);
        FailsIn("statement", forger);
    }

    [Fact]
    public void ASignatureFromAnotherSlot()
    {
        var forger = new FinalityForger<TF>(honest, 0, 1, 2);
        forger.Signatures[0] = forger.Signatures[1];
        FailsIn("slot[0].signature.equation", forger);
    }

    /// <summary>From a start of the prover's choosing a chain could be made to end where another one ends.</summary>
    [Fact]
    public void AChainFromElsewhere() => FailsIn("chain start", new FinalityForger<TF>(honest, 0, 1, 2) { ChainStart = TF.One });

    [Fact]
    public void CommitteesAreSortedAndChecked()
    {
        CommitteeMember<TF>[] members = [.. keys.Select((key, i) => new CommitteeMember<TF>(key.PublicKey, (ulong)i + 1))];
        Committee<TF> made = Committee<TF>.Create(5, members);
        Assert.Equal(made.Root, Committee<TF>.Create(5, [.. members.Reverse()]).Root);
        Assert.NotEqual(made.Root, Committee<TF>.Create(4, members).Root);
        Assert.Equal(6UL, made.TotalWeight);
        Assert.Equal(3, made.MemberCount);
        Assert.Equal(-1, made.IndexOf(EdwardsCurve<TF>.Embedded.Base));
        for (int i = 1; i < made.MemberCount; i++)
        {
            Assert.True(TF.ToBigInteger(made.Slots[i - 1].Key.X) < TF.ToBigInteger(made.Slots[i].Key.X));
        }

        EdwardsPoint<TF> mixed = keys[0].PublicKey.Add(EdwardsTests<TF>.SmallOrderPoints()[3]);
        Fails(2, members);
        Fails(5);
        Fails(5, members[0], members[1] with { Weight = 0 });
        Fails(5, members[0], members[1] with { Weight = 1UL << 48 });
        Fails(5, members[0], members[1] with { Key = EdwardsPoint<TF>.Identity });
        Fails(5, members[0], members[1] with { Key = default });
        Fails(5, members[0], members[1] with { Key = mixed });
        Assert.Throws<ArgumentException>(() => Committee<TF>.Create(2, members));

        static void Fails(int capacity, params ReadOnlySpan<CommitteeMember<TF>> members)
        {
            Assert.False(Committee<TF>.TryCreate(capacity, members, out _, out string? fault));
            Assert.NotEmpty(fault);
        }
    }

    [Fact]
    public void RequestsAreReadInAnyOrderAndFaultsAreNamed()
    {
        var finality = new Finality(3);
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(finality);
        TF[] expected = circuit.CreateWitness(finality.Example<TF>());
        JsonObject request = finality.ExampleRequest<TF>();
        var members = (JsonArray)request["committee"]!;
        JsonNode last = members[2]!;
        members.RemoveAt(2);
        members.Insert(0, last);
        Assert.Equal(expected, circuit.CreateWitness(Read(request)));
        Assert.NotNull(finality.RequestSchema["properties"]![finality.RequestMember]);

        Refused("not valid", r => r["height"] = 5);
        Refused("not valid", r => r["committee"]![1]!["signature"]!["s"] = "1");
        Refused("two thirds", r => r["committee"]![1]!["signature"] = null);
        Refused("Member 1", r => r["committee"]![1]!["key"] = r["committee"]![0]!["key"]!.DeepClone());
        Refused("Member 2", r => r["committee"]![2]!["key"] = new JsonArray("0", "1"));
        Refused("Member 0", r => r["committee"]![0]!["weight"] = 0);
        Refused("1 to 3 members", r => r["committee"] = new JsonArray());
        Invalid("epoch", r => r.Remove("epoch"));
        Invalid("phase", r => r["phase"] = 256);
        Invalid("height", r => r["height"] = "18446744073709551616");
        Invalid("blockHash", r => r["blockHash"] = TF.Modulus.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Invalid("extra", r => r["extra"] = 1);
        Invalid("committee", r => r["committee"] = 1);
        Invalid("committee", r => ((JsonArray)r["committee"]!).Add(r["committee"]![0]!.DeepClone()));
        Invalid("committee[1].weight", r => r["committee"]![1]!["weight"] = 1L << 48);
        Invalid("committee[1].key", r => r["committee"]![1]!["key"] = new JsonArray("1"));
        Invalid("committee[0].signature.s", r => ((JsonObject)r["committee"]![0]!["signature"]!).Remove("s"));
        Invalid("committee[0].name", r => r["committee"]![0]!["name"] = "a");

        CircuitInputs<TF> Read(JsonObject r) => finality.ReadRequest<TF>(JsonElement.Parse(r.ToJsonString()));

        void Refused(string text, Action<JsonObject> change)
        {
            JsonObject r = finality.ExampleRequest<TF>();
            change(r);
            Assert.Contains(text, Assert.Throws<RequestRefusedException>(() => Read(r)).Message, StringComparison.Ordinal);
        }

        void Invalid(string path, Action<JsonObject> change)
        {
            JsonObject r = finality.ExampleRequest<TF>();
            change(r);
            Assert.Equal(path, Assert.Throws<InvalidInputException>(() => Read(r)).Signal);
        }
    }

    private static void Refuses(FinalityStatement<TF> statement, Committee<TF> committee, EddsaSignature<TF>?[] signatures) =>
        Assert.Throws<RequestRefusedException>(() => Finality.InputsFor(statement, committee, signatures));

    private static void FailsIn(string scope, FinalityForger<TF> forger) => FailsIn([scope], forger);

    private static void FailsIn(string[] scopes, FinalityForger<TF> forger) =>
        Assert.Equal(scopes, FailingScopes.Of(Circuit, Circuit.Program.Run(forger.Inputs())).Order(StringComparer.Ordinal));
}
