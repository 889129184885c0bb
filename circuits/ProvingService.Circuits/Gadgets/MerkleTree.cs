// Owns: a binary Merkle tree on numbers, for making inputs. The check of a path in a circuit is MerklePathGadget.cs.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>The way from a leaf to the root.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Leaf">The leaf.</param>
/// <param name="Siblings">The other child at each level, from the leaf upwards.</param>
/// <param name="Directions">1 where the node on the path is the right child: the bits of the index, lowest first.</param>
public sealed record MerklePath<TF>(TF Leaf, TF[] Siblings, TF[] Directions)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>
/// A binary tree of fixed depth: node = Poseidon(left, right), the first leaves given and the rest 0. Leaves are elements,
/// not hashed again, so use leaves of one kind. Subtrees of zeros are not stored. Costs one hash a node above a given leaf.
/// </summary>
/// <typeparam name="TF">The field.</typeparam>
public sealed class MerkleTree<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The greatest depth.</summary>
    public const int MaxDepth = 63;

    // levels[0] holds the given leaves, levels[Depth] the root; what lies beyond the end of a level is empty[level].
    private readonly TF[][] levels;
    private readonly TF[] empty;

    /// <summary>Hashes a tree.</summary>
    /// <param name="depth">Levels above the leaves, 1 to 63.</param>
    /// <param name="leaves">At most 2^depth leaves.</param>
    public MerkleTree(int depth, ReadOnlySpan<TF> leaves)
    {
        if (depth is < 1 or > MaxDepth || (depth < 31 && leaves.Length > 1 << depth))
        {
            throw new ArgumentException($"{leaves.Length} leaves and depth {depth}: the depth is 1 to {MaxDepth} and must hold the leaves.");
        }

        levels = new TF[depth + 1][];
        empty = new TF[depth + 1];
        levels[0] = leaves.ToArray();
        for (int level = 1; level <= depth; level++)
        {
            empty[level] = HashPair(empty[level - 1], empty[level - 1]);
            levels[level] = new TF[(levels[level - 1].Length + 1) / 2];
            for (int i = 0; i < levels[level].Length; i++)
            {
                levels[level][i] = HashPair(Node(level - 1, 2L * i), Node(level - 1, (2L * i) + 1));
            }
        }
    }

    /// <summary>Levels above the leaves.</summary>
    public int Depth => levels.Length - 1;

    /// <summary>The root.</summary>
    public TF Root => Node(Depth, 0);

    /// <summary>The hash of two children.</summary>
    public static TF HashPair(in TF left, in TF right) => Poseidon.Hash<TF>([left, right]);

    /// <summary>The path of a leaf, given or empty.</summary>
    public MerklePath<TF> PathOf(long index)
    {
        if (index < 0 || index >> Depth != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"A tree of depth {Depth} has 2^{Depth} leaves.");
        }

        var siblings = new TF[Depth];
        var directions = new TF[Depth];
        for (int level = 0; level < Depth; level++)
        {
            siblings[level] = Node(level, (index >> level) ^ 1);
            directions[level] = ((index >> level) & 1) == 0 ? TF.Zero : TF.One;
        }

        return new(Node(0, index), siblings, directions);
    }

    private TF Node(int level, long index) => index < levels[level].Length ? levels[level][index] : empty[level];
}
