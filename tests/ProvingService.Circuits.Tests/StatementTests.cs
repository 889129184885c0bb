// Owns: statements: every field counts, bits do not overlap, ranges are kept.

using System.Numerics;
using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Circuits.Tests;

public sealed class StatementsOnBls12381 : StatementTests<Bls12381Fr>;

public sealed class StatementsOnBn254 : StatementTests<Bn254Fr>;

public abstract class StatementTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    [Fact]
    public void WordsHaveAPlaceForEveryField()
    {
        (TF parties, TF values) = new Transfer(uint.MaxValue, 0, ulong.MaxValue, 0, uint.MaxValue, 0).Words<TF>();
        Assert.Equal((((BigInteger.One << 32) - 1) << 64) + uint.MaxValue, TF.ToBigInteger(parties));
        Assert.Equal((BigInteger)ulong.MaxValue, TF.ToBigInteger(values));
        (parties, values) = new Transfer(0, 1, 0, (1UL << 48) - 1, 0, 1).Words<TF>();
        Assert.Equal((BigInteger.One << 32) + (BigInteger.One << 96), TF.ToBigInteger(parties));
        Assert.Equal((BigInteger)((1UL << 48) - 1) << 64, TF.ToBigInteger(values));
    }

    [Fact]
    public void EveryFieldOfATransferCounts()
    {
        var transfer = new Transfer(1, 2, 3, 4, 5, 6);
        Transfer[] others =
        [
            transfer with { From = 2, To = 1 }, transfer with { From = 0 }, transfer with { To = 3 }, transfer with { Amount = 4 },
            transfer with { Fee = 5 }, transfer with { Nonce = 6 }, transfer with { Token = 5 },
        ];
        TF[] hashes = [transfer.Hash<TF>(7), transfer.Hash<TF>(8), transfer.Link(TF.Zero), transfer.Link(TF.One), .. others.Select(t => t.Hash<TF>(7))];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        (TF parties, TF values) = transfer.Words<TF>();
        Assert.Equal(Poseidon.Hash<TF>([TF.FromUInt64(7), parties, values], 3), transfer.Hash<TF>(7));
        Assert.Equal(Poseidon.Hash<TF>([TF.One, parties, values], 4), transfer.Link(TF.One));
    }

    [Fact]
    public void EveryFieldOfAStateTransitionCounts()
    {
        var statement = new StateTransitionStatement<TF>(ulong.MaxValue, El(2), El(3), El(4), 5, 6);
        StateTransitionStatement<TF>[] all =
        [
            statement, statement with { ChainId = 0 }, statement with { OldRoot = El(3), NewRoot = El(2) }, statement with { NewRoot = El(9) },
            statement with { TransferHash = El(9) }, statement with { FeeToken = 6 }, statement with { Fee = 5 }, statement with { Fee = 0, FeeToken = 0 },
        ];
        Assert.Equal(all.Length, all.Select(s => s.Hash()).Distinct().Count());
        TF packed = TF.FromBigInteger(ulong.MaxValue + (new BigInteger(5) << 64) + (new BigInteger(6) << 96));
        Assert.Equal(Poseidon.Hash<TF>([packed, El(2), El(3), El(4)], 5), statement.Hash());
        Assert.Equal((1UL << 48) - 1, (statement with { Fee = (1UL << 48) - 1 }).Fee);
        Assert.Throws<ArgumentOutOfRangeException>(() => statement with { Fee = 1UL << 48 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StateTransitionStatement<TF>(1, El(2), El(3), El(4), 5, 1UL << 48));
    }

    [Fact]
    public void EveryFieldOfABatchCounts()
    {
        var statement = new BatchStatement<TF>(ulong.MaxValue, ulong.MaxValue, ushort.MaxValue, uint.MaxValue, El(2), El(3), El(4), El(5));
        BatchStatement<TF>[] all =
        [
            statement, statement with { ChainId = 0 }, statement with { Height = 0 }, statement with { Count = 0 }, statement with { FeeAccount = 0 },
            statement with { OldRoot = El(3), NewRoot = El(2) }, statement with { NewRoot = El(9) }, statement with { DataRoot = El(9) },
            statement with { ParentHash = El(9) },
        ];
        Assert.Equal(all.Length, all.Select(s => s.Hash()).Distinct().Count());
        TF packed = TF.FromBigInteger((BigInteger.One << 176) - 1);
        Assert.Equal(Poseidon.Hash<TF>([packed, El(2), El(3), El(4), El(5)], 6), statement.Hash());
    }

    /// <summary>Field by field, since sums of overlapping fields can still differ from each other.</summary>
    [Fact]
    public void FieldsOfAFinalityStatementDoNotOverlap()
    {
        var none = new FinalityStatement<TF>(El(2), 0, 0, 0, 0, El(3));
        Assert.Equal((BigInteger)ulong.MaxValue, Packed(none with { ChainId = ulong.MaxValue }));
        Assert.Equal((BigInteger)ulong.MaxValue << 64, Packed(none with { Epoch = ulong.MaxValue }));
        Assert.Equal((BigInteger)ulong.MaxValue << 128, Packed(none with { Height = ulong.MaxValue }));
        Assert.Equal((BigInteger)byte.MaxValue << 192, Packed(none with { Phase = byte.MaxValue }));
        var all = new FinalityStatement<TF>(El(2), ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, byte.MaxValue, El(3));
        Assert.Equal((BigInteger.One << 200) - 1, Packed(all));
        Assert.Equal(Poseidon.Hash<TF>([El(2), all.Packed, El(3)], 8), all.Hash());
        Assert.Equal(Poseidon.Hash<TF>([all.Packed, El(3)], 8), all.Message());

        static BigInteger Packed(FinalityStatement<TF> statement) => TF.ToBigInteger(statement.Packed);
    }

    /// <summary>Tags are part of every hash that anyone keeps: each has its number, and none has another's.</summary>
    [Fact]
    public void TagsAreFrozen() => Assert.Equal(
        [0UL, 1UL, 2UL, 3UL, 4UL, 5UL, 6UL, 7UL, 8UL, 10UL, 11UL, 12UL, 13UL, 14UL],
        [
            HashTag.Eddsa, HashTag.Node, HashTag.Leaf, HashTag.Transfer, HashTag.TransferChain, HashTag.StateTransition, HashTag.BatchValidity,
            HashTag.Participation, HashTag.Finality, HashTag.Nullifier, HashTag.Sortition, HashTag.Committee, HashTag.Key, HashTag.Share,
        ]);

    /// <summary>What is hashed how, by the numbers: circuits and numbers share these functions, so that they agree on a mistake too.</summary>
    [Fact]
    public void HashesAreFrozen()
    {
        var point = new EdwardsPoint<TF>(El(2), El(3));
        Assert.Equal(Poseidon.Hash<TF>([El(2), El(3), El(4), El(5), El(6)], 2), new Account<TF>(point, 4, 5, 6).Leaf());
        var validator = new ParticipationValidator<TF>(ParticipationValidator<TF>.Commit(El(7)), 8);
        Assert.Equal(Poseidon.Hash<TF>([El(7)], 13), validator.Key);
        Assert.Equal(Poseidon.Hash<TF>([validator.Key, El(8), TF.Zero], 13), validator.Leaf);
        var round = new ParticipationRound<TF>(El(1), El(2), new(3, 4, 5, 6, 7), 8, 9);
        TF scope = round.Scope.Pack<TF>();
        Assert.Equal(TF.FromBigInteger(3 + (new BigInteger(4) << 64) + (new BigInteger(5) << 112) + (new BigInteger(6) << 176) + (new BigInteger(7) << 192)), scope);
        Assert.Equal(Poseidon.Hash<TF>([El(7), scope, El(3)], 10), round.Nullifier(El(7)));
        Assert.Equal((ulong)(TF.ToBigInteger(Poseidon.Hash<TF>([El(7), El(2), scope], 11)) & ulong.MaxValue), round.Ticket(El(7)));
        TF share = El(7) + (Poseidon.Hash<TF>([El(7), scope], 14) * Poseidon.Hash<TF>([El(10)], 14));
        Assert.Equal(share, ParticipationSlashing.ShareOf(El(7), round.Scope, El(10)));
        Assert.Equal(
            Poseidon.Hash<TF>([El(1), El(2), scope, El(3), El(8), El(9), El(11), El(10), share], 7),
            new ParticipationStatement<TF>(round, El(11), El(10), share).Hash());
        var key = AccountStateTests<TF>.Key(1).PublicKey;
        TF link = Poseidon.Hash<TF>([TF.Zero, key.X, key.Y, El(5)], 12);
        Assert.Equal(Poseidon.Hash<TF>([link, El(5)], 12), Committee<TF>.Create(1, [new(key, 5)]).Root);
    }

    [Fact]
    public void DataRootsDependOnOrderAndNumber()
    {
        Transfer a = new(1, 2, 3, 4, 5, 6), b = new(2, 1, 3, 4, 5, 6);
        Transfer[][] lists = [[], [a], [b], [a, b], [b, a], [a, a]];
        Assert.Equal(lists.Length, lists.Select(list => BatchStatement.DataRoot<TF>(list)).Distinct().Count());
        Assert.Equal(b.Link(a.Link(TF.Zero)), BatchStatement.DataRoot<TF>([a, b]));
    }

    [Fact]
    public void StatementsFollowTraces()
    {
        EddsaKey<TF> key = AccountStateTests<TF>.Key(1);
        var state = new AccountState<TF>(1);
        state.Create(0, new(key.PublicKey, 9, 0, 4));
        TF old = state.Root;
        var transfer = new Transfer(0, 0, 1, 2, 0, 4);
        StateTransitionStatement<TF> statement = StateTransitionStatement<TF>.Of(state.Apply(transfer.Sign(key, 3), 3), 3);
        Assert.Equal(new(3, old, state.Root, transfer.Hash<TF>(3), 4, 2), statement);
    }

    private static TF El(ulong value) => TF.FromUInt64(value);
}
