// Owns: the numbers that keep the uses of Poseidon apart.

namespace ProvingService.Circuits;

/// <summary>
/// The capacity lane of each use of <see cref="Poseidon.Hash"/>. Two uses with different tags, or with different numbers of
/// inputs, are different hash functions: what was hashed as a leaf can never pass for a node. Numbers are part of every
/// statement and never change their meaning; new uses take new numbers.
/// </summary>
public static class HashTag
{
    /// <summary>The challenge of a signature; 0 so that signatures on BN254 are circomlib's.</summary>
    public const ulong Eddsa = 0;

    /// <summary>A node of a 4-ary tree.</summary>
    public const ulong Node = 1;

    /// <summary>An account's leaf.</summary>
    public const ulong Leaf = 2;

    /// <summary>A transfer: the message that its sender signs.</summary>
    public const ulong Transfer = 3;

    /// <summary>One link of the chain that commits to a batch's transfers.</summary>
    public const ulong TransferChain = 4;

    /// <summary>The statement of a state transition.</summary>
    public const ulong StateTransition = 5;

    /// <summary>The statement of a batch.</summary>
    public const ulong BatchValidity = 6;

    /// <summary>The statement of a participation.</summary>
    public const ulong Participation = 7;

    /// <summary>The statement of a finality proof, and the message its committee signs.</summary>
    public const ulong Finality = 8;

    /// <summary>A nullifier.</summary>
    public const ulong Nullifier = 10;

    /// <summary>A ticket of the sortition.</summary>
    public const ulong Sortition = 11;

    /// <summary>A committee's members and total weight.</summary>
    public const ulong Committee = 12;

    /// <summary>A validator's key commitment and its leaf.</summary>
    public const ulong Key = 13;

    /// <summary>The share by which two votes of one scope reveal their secret key.</summary>
    public const ulong Share = 14;
}
