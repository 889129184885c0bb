// Owns: a transfer, how it is packed, signed, and chained to others.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>An order to move an amount from one account to another. The fee leaves the sender as well and goes to whoever makes the batch.</summary>
/// <param name="From">The sender's place in the tree.</param>
/// <param name="To">The receiver's; may be the sender.</param>
/// <param name="Amount">What the receiver gets.</param>
/// <param name="Fee">What the sender pays besides; below 2^48 in any state.</param>
/// <param name="Nonce">The sender's nonce before the transfer.</param>
/// <param name="Token">The token of both accounts.</param>
public readonly record struct Transfer(uint From, uint To, ulong Amount, ulong Fee, uint Nonce, uint Token)
{
    /// <summary>The bits of an amount, and of a balance.</summary>
    public const int AmountBits = 64;

    /// <summary>The bits of a nonce; the last one, 2^32 − 1, is never spent.</summary>
    public const int NonceBits = 32;

    /// <summary>The bits of a token's number.</summary>
    public const int TokenBits = 32;

    /// <summary>Bits of a fee: 256 fees of a batch are far below 2^64.</summary>
    public const int FeeBits = 48;

    /// <summary>
    /// The transfer as two elements: from + to·2^32 + nonce·2^64 + token·2^96, and amount + fee·2^64. Every field has bits
    /// of its own, so that no two transfers share their words.
    /// </summary>
    /// <typeparam name="TF">The field.</typeparam>
    public (TF Parties, TF Values) Words<TF>()
        where TF : unmanaged, IPrimeField<TF> => (
            TF.FromBigInteger(From | ((BigInteger)To << 32) | ((BigInteger)Nonce << 64) | ((BigInteger)Token << 96)),
            TF.FromBigInteger(Amount | ((BigInteger)Fee << 64)));

    /// <summary>H(Transfer; chain, words): what the sender signs, and the transfer's name. It differs from chain to chain.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="chainId">The chain on which the transfer is valid.</param>
    public TF Hash<TF>(ulong chainId)
        where TF : unmanaged, IPrimeField<TF>
    {
        (TF parties, TF values) = Words<TF>();
        return Poseidon.Hash<TF>([TF.FromUInt64(chainId), parties, values], HashTag.Transfer);
    }

    /// <summary>The next link of the chain that commits to a batch's transfers: H(TransferChain; previous, words).</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="previous">The link before; 0 before the first.</param>
    public TF Link<TF>(TF previous)
        where TF : unmanaged, IPrimeField<TF>
    {
        (TF parties, TF values) = Words<TF>();
        return Poseidon.Hash<TF>([previous, parties, values], HashTag.TransferChain);
    }

    /// <summary>Signs the transfer.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="key">The sender's key.</param>
    /// <param name="chainId">The chain on which the transfer is to be valid.</param>
    public SignedTransfer<TF> Sign<TF>(EddsaKey<TF> key, ulong chainId)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(key);
        return new(this, key.Sign(Hash<TF>(chainId)));
    }
}

/// <summary>A transfer and its sender's signature of <see cref="Transfer.Hash"/>, true or not.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Transfer">The transfer.</param>
/// <param name="Signature">The signature.</param>
public sealed record SignedTransfer<TF>(Transfer Transfer, EddsaSignature<TF> Signature)
    where TF : unmanaged, IPrimeField<TF>;
