// Owns: what an honest validator can and cannot do with a participation: counts, requests, shares, statements.

using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

public sealed class ParticipationOnBls12381 : ParticipationTests<Bls12381Fr>
{
    protected override (int Five, int Ten) Costs => (4019, 5529);
}

public sealed class ParticipationOnBn254 : ParticipationTests<Bn254Fr>
{
    protected override (int Five, int Ten) Costs => (3985, 5495);
}

public abstract class ParticipationTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private static readonly Participation Five = new();

    /// <summary>Constraints at five and ten levels.</summary>
    protected abstract (int Five, int Ten) Costs { get; }

    [Fact]
    public void CostsAndDomains()
    {
        Assert.Equal(Costs, (Compile(5).System.ConstraintCount, Compile(10).System.ConstraintCount));
        Assert.True(Costs.Five <= 4094 && Costs.Ten <= 8190);
        Assert.Equal(1, Compile(5).System.PublicCount);
        Assert.Empty(ConstraintLinter.Lint(Compile(5).System, Compile(5).Symbols));

        static CompiledCircuit<TF> Compile(int levels) => CircuitCompiler.Compile<TF>(new Participation(levels));
    }

    [Fact]
    public void ExamplesSatisfyAtEverySize()
    {
        foreach (int levels in new[] { 1, 2, 5, 16 })
        {
            var circuit = (Participation)CircuitCatalog.Find($"participation-{levels}");
            Assert.Equal($"participation-{levels}", circuit.Name);
            CircuitCompiler.Compile<TF>(circuit).CreateWitness(circuit.Example<TF>());
            Assert.True(JsonNode.DeepEquals(circuit.ExampleRequest<TF>(), circuit.ExampleRequest<TF>()));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new Participation(17));
    }

    [Fact]
    public void NoWireNorHintMayBeAltered()
    {
        foreach (OptimizationLevel level in new[] { OptimizationLevel.O0, OptimizationLevel.O2 })
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(Five, level);
            var mutator = new WitnessMutator<TF>(circuit, circuit.CreateWitness(Five.Example<TF>()));
            mutator.RefusesEveryMutation();
            mutator.IsUnique();
            HintTampering.AreRefused(circuit, Five.Example<TF>(), count: 50);
        }
    }

    [Fact]
    public void EveryFieldOfTheStatementIsBound()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(Five);
        ParticipationInputs<TF> prepared = new ParticipationWorld<TF>().Prepare();
        IReadOnlyList<string> fields = StatementTampering.IsRefused(
            circuit, circuit.CreateWitness(prepared.Inputs), prepared.Statement, statement => statement.Hash());
        Assert.Equal(
            [
                "Round.ValidatorRoot", "Round.Seed", "Round.Scope.chainId", "Round.Scope.epoch", "Round.Scope.height", "Round.Scope.attempt",
                "Round.Scope.phase", "Round.MinimumStake", "Round.Threshold", "Nullifier", "VoteHash", "Share",
            ],
            fields);
    }

    [Fact]
    public void ScopesDoNotOverlap()
    {
        var edge = new ParticipationScope(ulong.MaxValue, (1UL << 48) - 1, ulong.MaxValue, ushort.MaxValue, byte.MaxValue);
        Assert.Equal((System.Numerics.BigInteger.One << 200) - 1, TF.ToBigInteger(edge.Pack<TF>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ParticipationScope(1, 1UL << 48, 1, 1, 1));
        var world = new ParticipationWorld<TF>();
        TF nullifier = world.Round.Nullifier(world.SecretKey);
        ParticipationScope scope = world.Round.Scope;
        foreach (ParticipationScope other in new ParticipationScope[]
        {
            new(scope.ChainId + 1, scope.Epoch, scope.Height, scope.Attempt, scope.Phase),
            new(scope.ChainId, scope.Epoch + 1, scope.Height, scope.Attempt, scope.Phase),
            new(scope.ChainId, scope.Epoch, scope.Height + 1, scope.Attempt, scope.Phase),
            new(scope.ChainId, scope.Epoch, scope.Height, (ushort)(scope.Attempt + 1), scope.Phase),
            new(scope.ChainId, scope.Epoch, scope.Height, scope.Attempt, (byte)(scope.Phase + 1)),
        })
        {
            ParticipationRound<TF> round = world.Round with { Scope = other };
            Assert.NotEqual(nullifier, round.Nullifier(world.SecretKey));
            Assert.NotEqual(world.Round.Ticket(world.SecretKey), round.Ticket(world.SecretKey));
        }
    }

    /// <summary>Two votes in one scope: the same nullifier, and the secret key lies open. Votes that differ in scope or voter, or one vote twice, reveal nothing.</summary>
    [Fact]
    public void TwoVotesRevealTheKey()
    {
        var world = new ParticipationWorld<TF>();
        ParticipationStatement<TF> first = world.Prepare(vote: 1).Statement, second = world.Prepare(vote: 2).Statement;
        Assert.Equal(first.Nullifier, second.Nullifier);
        Assert.NotEqual(first.Share, second.Share);
        Assert.True(ParticipationSlashing.TryRecoverKey(first, second, out TF key));
        Assert.Equal(world.SecretKey, key);
        Assert.False(ParticipationSlashing.TryRecoverKey(first, first, out _));
        Assert.False(ParticipationSlashing.TryRecoverKey(first, second with { Share = second.Share + TF.One }, out _));
        Assert.False(ParticipationSlashing.TryRecoverKey(first, second with { Nullifier = TF.One }, out _));

        ParticipationRound<TF> later = world.Round with { Scope = new(1, 2, 3, 5, 5) };
        Assert.False(ParticipationSlashing.TryRecoverKey(first, second with { Round = later }, out _));
        ParticipationStatement<TF> elsewhere = world.Prepare(vote: 2, later).Statement;
        Assert.NotEqual(first.Nullifier, elsewhere.Nullifier);
        Assert.False(ParticipationSlashing.TryRecoverKey(first, elsewhere, out _));
    }

    /// <summary>Circuit and native rule agree at the edge: a ticket one below τ · stake wins, one equal to it does not.</summary>
    [Fact]
    public void TheTicketsEdge()
    {
        var world = new ParticipationWorld<TF>(stake: 1);
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(Five);
        ulong ticket = world.Round.Ticket(world.SecretKey);
        circuit.CreateWitness(world.Prepare(1, world.Round with { Threshold = ticket + 1 }).Inputs);
        Refused("ticket", () => world.Prepare(1, world.Round with { Threshold = ticket }));
        Refused("ticket", () => world.Prepare(1, world.Round with { Threshold = 0 }));

        // The largest product: (2^64 − 1)² still fits 128 bits.
        var largest = new ParticipationWorld<TF>(stake: ulong.MaxValue);
        circuit.CreateWitness(largest.Prepare(1, largest.Round with { Threshold = ulong.MaxValue, MinimumStake = ulong.MaxValue }).Inputs);
    }

    [Fact]
    public void WhatIsFalseIsRefused()
    {
        var world = new ParticipationWorld<TF>();
        Refused("minimum", () => world.Prepare(1, world.Round with { MinimumStake = world.Stake + 1 }));
        Refused("root", () => world.Prepare(1, world.Round with { ValidatorRoot = TF.One }));
        Refused("no validator", () => Five.Prepare(TF.One, world.Stake, world.Tree, world.Index, world.Round, TF.One));
        Refused("no validator", () => Five.Prepare(world.SecretKey, world.Stake + 1, world.Tree, world.Index, world.Round, TF.One));
        Refused("no validator", () => Five.Prepare(world.SecretKey, world.Stake, world.Tree, world.Index + 1024, world.Round, TF.One));
        Refused("no validator", () => Five.Prepare(world.SecretKey, world.Stake, world.Tree, -1, world.Round, TF.One));
        Assert.Throws<ArgumentException>(() => new Participation(4).Prepare(world.SecretKey, world.Stake, world.Tree, 1, world.Round, TF.One));
    }

    /// <summary>Forty validators, 250 seeds: winners add up to the seats expected, by stake.</summary>
    [Fact]
    public void CommitteesHaveTheExpectedSize()
    {
        ulong[] stakes = Enumerable.Range(1, 40).Select(i => 100UL * (ulong)i).ToArray();
        UInt128 total = 0;
        foreach (ulong stake in stakes)
        {
            total += stake;
        }

        const uint seats = 8, seeds = 250;
        ulong threshold = ParticipationRound<TF>.ThresholdFor(seats, total);
        int winners = 0, heavy = 0;
        for (uint seed = 0; seed < seeds; seed++)
        {
            var round = new ParticipationRound<TF>(default, TF.FromUInt64(seed), default, 0, threshold);
            for (int i = 0; i < stakes.Length; i++)
            {
                bool wins = round.Selects(round.Ticket(TF.FromUInt64((ulong)i + 500)), stakes[i]);
                winners += wins ? 1 : 0;
                heavy += wins && i >= 20 ? 1 : 0;
            }
        }

        // The standard deviation of the sum is below √(8 · 250) ≈ 45; the upper half holds 610 of 820 parts of the stake.
        Assert.InRange(winners, (int)(seats * seeds) - 180, (int)(seats * seeds) + 180);
        Assert.InRange(heavy, 1488 - 160, 1488 + 160);
        Assert.Equal(ulong.MaxValue, ParticipationRound<TF>.ThresholdFor(8, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => ParticipationRound<TF>.ThresholdFor(8, 0));
    }

    [Fact]
    public void RequestsAreReadStrictly()
    {
        var circuit = (IRequestCircuit)Five;
        Assert.Equal("validators", circuit.RequestMember);
        JsonObject schema = circuit.RequestSchema, example = circuit.ExampleRequest<TF>();
        Assert.All(example, member => Assert.True(schema["properties"]!.AsObject().ContainsKey(member.Key)));
        Read(example);

        foreach (string name in example.Select(member => member.Key).ToArray())
        {
            Assert.Equal(name, Fault(request => request.Remove(name)).Signal);
            Assert.StartsWith(name, Fault(request => request[name] = true).Signal, StringComparison.Ordinal);
        }

        Assert.Equal("epoch", Fault(request => request["epoch"] = 1UL << 48).Signal);
        Assert.Equal("phase", Fault(request => request["phase"] = 256).Signal);
        Assert.Equal("threshold", Fault(request => request["threshold"] = "0x10000000000000000").Signal);
        Assert.Equal("voteHash", Fault(request => request["voteHash"] = TF.Modulus.ToString(System.Globalization.CultureInfo.InvariantCulture)).Signal);
        Assert.Equal("stray", Fault(request => request["stray"] = 1).Signal);
        Assert.Equal("validators[1].stake", Fault(request => request["validators"]![1]!.AsObject().Remove("stake")).Signal);
        Assert.Equal("validators[2].stake", Fault(request => request["validators"]![2]!["stake"] = -1).Signal);
        Assert.Equal("validators[0].name", Fault(request => request["validators"]![0]!["name"] = 1).Signal);
        Refused("belongs to none", () => Read(With(request => request["validators"] = new JsonArray())));
        Assert.Throws<InvalidInputException>(() => Read(new JsonArray()));
        Refused("belongs to none", () => Read(With(request => request["secretKey"] = 1)));
        Refused("minimum", () => Read(With(request => request["minimumStake"] = 1UL << 40)));
        Refused("ticket", () => Read(With(request => request["threshold"] = 0)));
        Refused("another validator", () => Read(With(request => request["validators"]![1]!["key"] = request["validators"]![0]!["key"]!.DeepClone())));

        // Members for a curve go before those for all; another curve's are passed over.
        string own = TF.Modulus == Bn254Fr.Modulus ? "bn254" : "bls12-381", foreign = own == "bn254" ? "bls12-381" : "bn254";
        Read(With(request =>
        {
            request[own] = new JsonObject { ["secretKey"] = request["secretKey"]!.DeepClone() };
            request[foreign] = new JsonObject { ["secretKey"] = 1 };
            request["secretKey"] = 1;
        }));

        InvalidInputException Fault(Action<JsonObject> change) => Assert.Throws<InvalidInputException>(() => Read(With(change)));

        JsonObject With(Action<JsonObject> change)
        {
            JsonObject request = circuit.ExampleRequest<TF>();
            change(request);
            return request;
        }

        void Read(JsonNode request)
        {
            using JsonDocument document = JsonDocument.Parse(request.ToJsonString());
            circuit.ReadRequest<TF>(document.RootElement);
        }
    }

    private static void Refused(string reason, Action act) =>
        Assert.Contains(reason, Assert.Throws<RequestRefusedException>(act).Message, StringComparison.Ordinal);

    private static void Refused(string reason, Func<object> act) => Refused(reason, () => { act(); });
}

/// <summary>A tree of twelve validators, one of them with a known key and stake, and a round that lets it in.</summary>
internal sealed class ParticipationWorld<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public ParticipationWorld(ulong stake = 1_000_000, ulong secretKey = 0xC0FFEE, TF? leaf = null)
    {
        SecretKey = TF.FromUInt64(secretKey);
        Stake = stake;
        var leaves = new TF[12];
        for (int i = 0; i < leaves.Length; i++)
        {
            leaves[i] = new ParticipationValidator<TF>(ParticipationValidator<TF>.Commit(TF.FromUInt64((ulong)i)), 50).Leaf;
        }

        leaves[Index] = leaf ?? new ParticipationValidator<TF>(ParticipationValidator<TF>.Commit(SecretKey), stake).Leaf;
        Tree = new(5, leaves);
        Round = new(Tree.Root, TF.FromUInt64(99), new ParticipationScope(1, 2, 3, 4, 5), 1, ulong.MaxValue);
    }

    public TF SecretKey { get; }

    public ulong Stake { get; }

    /// <summary>The first child of its parent.</summary>
    public int Index => 8;

    public QuadTree<TF> Tree { get; }

    public ParticipationRound<TF> Round { get; }

    public ParticipationInputs<TF> Prepare(ulong vote = 1, ParticipationRound<TF>? round = null) =>
        new Participation().Prepare(SecretKey, Stake, Tree, Index, round ?? Round, TF.FromUInt64(vote));
}
