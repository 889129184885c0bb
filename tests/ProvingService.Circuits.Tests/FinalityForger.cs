// Owns: a small committee that signs a block, and a prover who cheats with it.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits.Tests;

/// <summary>Three members of weight 4 and an empty slot: two members are exactly two thirds.</summary>
internal sealed class FinalityCase<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public const int Slots = 4;

    public FinalityCase()
    {
        EddsaKey<TF>[] unsorted = [Key(1), Key(2), Key(3)];
        Committee = Committee<TF>.Create(Slots, [.. unsorted.Select(key => new CommitteeMember<TF>(key.PublicKey, 4))]);
        Keys = [.. unsorted.OrderBy(key => Committee.IndexOf(key.PublicKey))];
        Statement = new(Committee.Root, 3, 1000, 5, 1, TF.FromUInt64(77));
    }

    public Committee<TF> Committee { get; }

    /// <summary>The members' keys in the order of their slots.</summary>
    public EddsaKey<TF>[] Keys { get; }

    public FinalityStatement<TF> Statement { get; }

    public static EddsaKey<TF> Key(byte index)
    {
        byte[] seed = new byte[32];
        seed[0] = index;
        seed[31] = 0xF1;
        return new(seed);
    }

    public EddsaSignature<TF>?[] Signatures(params ReadOnlySpan<int> signers)
    {
        var signatures = new EddsaSignature<TF>?[Slots];
        foreach (int i in signers)
        {
            signatures[i] = Keys[i].Sign(Statement.Message());
        }

        return signatures;
    }
}

/// <summary>A prover who starts from the honest committee, changes what the attack needs, and recomputes the rest.</summary>
internal sealed class FinalityForger<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly FinalityCase<TF> honest;

    public FinalityForger(FinalityCase<TF> honest, params ReadOnlySpan<int> signers)
    {
        this.honest = honest;
        Keys = [.. honest.Committee.Slots.ToArray().Select(slot => slot.Key)];
        Weights = [.. honest.Committee.Slots.ToArray().Select(slot => TF.FromUInt64(slot.Weight))];
        Signatures = new EddsaSignature<TF>?[FinalityCase<TF>.Slots];
        foreach (int i in signers)
        {
            Bits[i] = TF.One;
            Signatures[i] = i < honest.Keys.Length ? honest.Keys[i].Sign(honest.Statement.Message()) : null;
        }
    }

    public EdwardsPoint<TF>[] Keys { get; }

    public TF[] Weights { get; }

    public TF[] Bits { get; } = new TF[FinalityCase<TF>.Slots];

    public EddsaSignature<TF>?[] Signatures { get; }

    public TF ChainStart { get; init; }

    /// <summary>The honest committee's chain, in spite of other members.</summary>
    public bool KeepsChain { get; init; }

    /// <summary>The honest committee's statement, in spite of another root.</summary>
    public bool ClaimsHonestStatement { get; init; }

    public CircuitInputs<TF> Inputs()
    {
        TF[] chain = honest.Committee.Chain.ToArray();
        TF total = TF.Zero;
        chain[0] = ChainStart;
        for (int i = 0; i < FinalityCase<TF>.Slots; i++)
        {
            total += Weights[i];
            chain[i + 1] = KeepsChain ? chain[i + 1] : Committee<TF>.Link(chain[i], Keys[i], Weights[i]);
        }

        FinalityStatement<TF> claimed = ClaimsHonestStatement
            ? honest.Statement : honest.Statement with { CommitteeRoot = Committee<TF>.RootOf(chain[^1], total) };
        return new CircuitInputs<TF>()
            .Set("statement", claimed.Hash())
            .Set("packed", claimed.Packed)
            .Set("blockHash", claimed.BlockHash)
            .Set("chain", chain)
            .Set("keys", [.. Keys.SelectMany(key => new[] { key.X, key.Y })])
            .Set("weights", Weights)
            .Set("signed", Bits)
            .Set("r", [.. Signatures.SelectMany(signature => new[] { signature?.R.X ?? default, signature?.R.Y ?? default })])
            .Set("s", [.. Signatures.Select(signature => TF.FromBigInteger(signature?.S ?? 0))]);
    }
}
