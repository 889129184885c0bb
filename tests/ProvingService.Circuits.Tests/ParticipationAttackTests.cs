// Owns: what cheating validators try, each lie carried through the whole witness, and the table of what guards against what.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

public sealed class ParticipationAttacksOnBls12381 : ParticipationAttackTests<Bls12381Fr>;

public sealed class ParticipationAttacksOnBn254 : ParticipationAttackTests<Bn254Fr>;

/// <summary>
/// Each attack is a full witness, public input included, consistent but for one lie: it must fail in the scope that guards
/// against the lie and nowhere else, so that without that scope it would succeed.
/// </summary>
[Trait("Kernels", "any")]
public abstract class ParticipationAttackTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    // Hints in the order of definition.
    private const int IndexBits = 0;
    private const int TicketBits = 3;

    private static readonly CompiledCircuit<TF> Circuit = CircuitCompiler.Compile<TF>(new Participation(), OptimizationLevel.O0);

    [Fact]
    public void NonMember() => FailsIn("main.path.level[*].old select", NonMemberAttack());

    [Fact]
    public void LeafWithRaisedStake() => FailsIn("main.path.level[*].old select", RaisedStakeAttack());

    [Fact]
    public void IndexBitThatMixesTwoLeaves() => FailsIn("main.path", MixedLeavesAttack());

    [Fact]
    public void IndexBeyondTheTree() => FailsIn("main.path", AliasedIndexAttack());

    [Fact]
    public void StakeOf65Bits() => FailsIn("main.stake range", LargeStakeAttack());

    [Fact]
    public void StakeOneBelowTheMinimum() => FailsIn("main.minimum stake", BelowMinimumAttack());

    [Fact]
    public void TicketEqualToTheBound() => FailsIn("main.ticket", LosingTicketAttack());

    /// <summary>Every bit of the ticket counts, the highest too: a losing one must not win by its lower bits.</summary>
    [Fact]
    public void TicketsEqualToTheBoundOfBothHalves()
    {
        bool low = false, high = false;
        for (ulong secretKey = 1; !low || !high; secretKey++)
        {
            var world = new ParticipationWorld<TF>(stake: 1, secretKey);
            ulong ticket = world.Round.Ticket(world.SecretKey);
            ref bool seen = ref ticket >> 63 == 0 ? ref low : ref high;
            if (!seen)
            {
                seen = true;
                FailsIn("main.ticket", Cheat("a ticket equal to the bound", new Wires(world) { Threshold = TF.FromUInt64(ticket) }));
                Circuit.CreateWitness(new Wires(world) { Threshold = TF.FromUInt64(ticket + 1) }.ToInputs());
            }
        }
    }

    [Fact]
    public void SecondTicketFromTheBitsOfHashPlusModulus() => FailsIn("main.ticket bits", SecondTicketAttack());

    [Fact]
    public void VoteSwappedUnderTheSameProof() => FailsIn("main.statement", OtherStatementAttack("vote", s => s with { VoteHash = TF.FromUInt64(2) }));

    [Fact]
    public void OldRootOfValidators() =>
        FailsIn("main.statement", OtherStatementAttack("root", s => s with { Round = s.Round with { ValidatorRoot = TF.One } }));

    /// <summary>The same scope gives the same nullifier, whatever is voted; no other one satisfies.</summary>
    [Fact]
    public void SecondNullifierInOneScope()
    {
        var world = new ParticipationWorld<TF>();
        Assert.Equal(world.Prepare(vote: 1).Statement.Nullifier, world.Prepare(vote: 2).Statement.Nullifier);
        FailsIn("main.statement", OtherStatementAttack("nullifier", s => s with { Nullifier = s.Nullifier + TF.One }));
        Assert.NotEqual(0, Mutator().FindUndeterminedWithout("main.nullifier").RankDeficit);
    }

    /// <summary>A share off the line would reveal another key, or none.</summary>
    [Fact]
    public void ShareThatRevealsNothing()
    {
        FailsIn("main.statement", OtherStatementAttack("share", s => s with { Share = TF.Zero }));
        Assert.NotEqual(0, Mutator().FindUndeterminedWithout("main.share").RankDeficit);
    }

    /// <summary>The removal of any scope is noticed. The table stands in circuits/SOUNDNESS.md.</summary>
    [Fact]
    public void EveryScopeIsGuarded()
    {
        TF[] witness = Circuit.CreateWitness(new ParticipationWorld<TF>().Prepare().Inputs);
        SoundnessTable table = SoundnessTable.Build(
            Circuit,
            witness,
            NonMemberAttack(),
            RaisedStakeAttack(),
            MixedLeavesAttack(),
            AliasedIndexAttack(),
            LargeStakeAttack(),
            BelowMinimumAttack(),
            LosingTicketAttack(),
            SecondTicketAttack(),
            OtherStatementAttack("a vote swapped under the same proof", s => s with { VoteHash = TF.FromUInt64(2) }),
            OtherStatementAttack("an old root of validators", s => s with { Round = s.Round with { ValidatorRoot = TF.One } }));
        table.RequireComplete();
        if (typeof(TF) == typeof(Bls12381Fr))
        {
            DocumentedTable.Require("circuits/SOUNDNESS.md", "participation", table.ToMarkdown());
        }
    }

    private static void FailsIn(string scope, Attack<TF> attack) => Assert.Equal([scope], Mutator().FailingScopes(attack.Witness));

    private static WitnessMutator<TF> Mutator() => new(Circuit, Circuit.CreateWitness(new ParticipationWorld<TF>().Prepare().Inputs));

    private static Attack<TF> NonMemberAttack()
    {
        var world = new ParticipationWorld<TF>();
        return Cheat("a key that is in no leaf", new Wires(world) { SecretKey = TF.FromUInt64(123456) });
    }

    private static Attack<TF> RaisedStakeAttack()
    {
        var world = new ParticipationWorld<TF>();
        return Cheat("a leaf with raised stake", new Wires(world) { Stake = TF.FromUInt64(world.Stake + 1) });
    }

    /// <summary>A "bit" b with first + b · (second − first) equal to a forged leaf, and an index made of it.</summary>
    private static Attack<TF> MixedLeavesAttack()
    {
        var world = new ParticipationWorld<TF>();
        TF secretKey = TF.FromUInt64(123456), first = world.Tree[world.Index], second = world.Tree[world.Index + 1];
        TF leaf = new ParticipationValidator<TF>(ParticipationValidator<TF>.Commit(secretKey), world.Stake).Leaf;
        TF bit = (leaf - first) * TF.Inverse(second - first);
        return Cheat(
            "an index bit that mixes two leaves",
            new Wires(world) { SecretKey = secretKey, Index = TF.FromUInt64((ulong)world.Index) + bit },
            (hint, outputs) =>
            {
                if (hint == IndexBits)
                {
                    for (int i = 0; i < outputs.Length; i++)
                    {
                        outputs[i] = i == 0 ? bit : TF.FromUInt64((ulong)(world.Index >> i) & 1);
                    }
                }
            });
    }

    private static Attack<TF> AliasedIndexAttack()
    {
        var world = new ParticipationWorld<TF>();
        return Cheat("an index one tree beyond", new Wires(world) { Index = TF.FromUInt64((ulong)(world.Index + world.Tree.Capacity)) });
    }

    /// <summary>A registry that let in a stake of 2^64: differences and products still have 64 and 128 bits.</summary>
    private static Attack<TF> LargeStakeAttack()
    {
        TF key = ParticipationValidator<TF>.Commit(TF.FromUInt64(0xC0FFEE)), stake = TF.FromBigInteger(BigInteger.One << 64);
        var world = new ParticipationWorld<TF>(leaf: Poseidon.Hash<TF>([key, stake, TF.Zero], HashTag.Key));
        return Cheat("a stake of 2^64", new Wires(world) { Stake = stake, Threshold = TF.FromUInt64(1UL << 62) });
    }

    private static Attack<TF> BelowMinimumAttack()
    {
        var world = new ParticipationWorld<TF>();
        return Cheat("a stake one below the minimum", new Wires(world) { MinimumStake = TF.FromUInt64(world.Stake + 1) });
    }

    private static Attack<TF> LosingTicketAttack()
    {
        var world = new ParticipationWorld<TF>(stake: 1);
        return Cheat("a ticket equal to the bound", new Wires(world) { Threshold = TF.FromUInt64(world.Round.Ticket(world.SecretKey)) });
    }

    /// <summary>A key whose hash h has h + p below the next power of two, with a lower ticket: the bound lies between the two.</summary>
    private static Attack<TF> SecondTicketAttack()
    {
        for (ulong secretKey = 1; ; secretKey++)
        {
            var world = new ParticipationWorld<TF>(stake: 1, secretKey);
            TF draw = Poseidon.Hash<TF>([world.SecretKey, world.Round.Seed, world.Round.Scope.Pack<TF>()], HashTag.Sortition);
            BigInteger alias = TF.ToBigInteger(draw) + TF.Modulus;
            ulong ticket = (ulong)(alias & ulong.MaxValue);
            if (alias.GetBitLength() > TF.BitLength || ticket >= world.Round.Ticket(world.SecretKey))
            {
                continue;
            }

            return Cheat(
                "a second ticket from the bits of h + p",
                new Wires(world) { Threshold = TF.FromUInt64(ticket + 1) },
                (hint, outputs) =>
                {
                    for (int i = 0; hint == TicketBits && i < outputs.Length; i++)
                    {
                        outputs[i] = (alias >> i).IsEven ? TF.Zero : TF.One;
                    }
                });
        }
    }

    /// <summary>An honest witness under the hash of another statement.</summary>
    private static Attack<TF> OtherStatementAttack(string name, Func<ParticipationStatement<TF>, ParticipationStatement<TF>> change)
    {
        ParticipationInputs<TF> prepared = new ParticipationWorld<TF>().Prepare();
        TF[] witness = Circuit.CreateWitness(prepared.Inputs);
        witness[1] = change(prepared.Statement).Hash();
        return new(name, witness);
    }

    private static Attack<TF> Cheat(string name, Wires wires, HintLie<TF>? lie = null) =>
        new(name, HintTampering.Run(Circuit, wires.ToInputs(), lie ?? ((_, _) => { })));

    /// <summary>All inputs of the circuit as a prover chooses them, typed or not, under a public input that fits them.</summary>
    private sealed class Wires(ParticipationWorld<TF> world)
    {
        public TF SecretKey { get; init; } = world.SecretKey;

        public TF Stake { get; init; } = TF.FromUInt64(world.Stake);

        public TF Index { get; init; } = TF.FromUInt64((ulong)world.Index);

        public TF MinimumStake { get; init; } = TF.FromUInt64(world.Round.MinimumStake);

        public TF Threshold { get; init; } = TF.FromUInt64(world.Round.Threshold);

        public CircuitInputs<TF> ToInputs()
        {
            ParticipationScope scope = world.Round.Scope;
            TF vote = TF.One, packed = scope.Pack<TF>(), chainId = TF.FromUInt64(scope.ChainId);
            TF statement = Poseidon.Hash<TF>(
                [
                    world.Tree.Root, world.Round.Seed, packed, chainId, MinimumStake, Threshold,
                    world.Round.Nullifier(SecretKey), vote, ParticipationSlashing.ShareOf(SecretKey, scope, vote),
                ],
                HashTag.Participation);
            return new CircuitInputs<TF>()
                .Set("statement", statement)
                .Set("secretKey", SecretKey)
                .Set("stake", Stake)
                .Set("index", Index)
                .Set("children", world.Tree.PathOf(world.Index).Children)
                .Set("seed", world.Round.Seed)
                .Set("scope", packed)
                .Set("chainId", chainId)
                .Set("minimumStake", MinimumStake)
                .Set("threshold", Threshold)
                .Set("voteHash", vote);
        }
    }
}
