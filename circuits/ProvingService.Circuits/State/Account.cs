// Owns: an account and its leaf.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>An account: one key, one token. Its place in the tree is its number, which it does not hold.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Key">Whose signatures it obeys; valid by <see cref="Eddsa.IsValidPublicKey"/> once it is in a state.</param>
/// <param name="Balance">What it has, in the token's smallest unit.</param>
/// <param name="Nonce">The number of transfers it has sent, and what its next one must say.</param>
/// <param name="Token">Of what it has a balance.</param>
public readonly record struct Account<TF>(EdwardsPoint<TF> Key, ulong Balance, uint Nonce, uint Token)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The inputs of a leaf's hash.</summary>
    internal const int LeafArity = 5;

    /// <summary>H(Leaf; x and y of the key, balance, nonce, token). An empty place has the leaf 0, which no account has.</summary>
    public TF Leaf()
    {
        Span<TF> inputs = stackalloc TF[LeafArity];
        WriteLeafInputs(inputs);
        return Poseidon.Hash<TF>(inputs, HashTag.Leaf);
    }

    internal void WriteLeafInputs(Span<TF> inputs)
    {
        inputs[0] = Key.X;
        inputs[1] = Key.Y;
        inputs[2] = TF.FromUInt64(Balance);
        inputs[3] = TF.FromUInt64(Nonce);
        inputs[4] = TF.FromUInt64(Token);
    }
}
