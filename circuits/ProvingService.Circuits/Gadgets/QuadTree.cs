// Owns: the 4-ary Poseidon tree on numbers. The check of its paths in a circuit is QuadTreeGadget.cs.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// A tree of fixed depth in which every node is the hash of four children and a leaf's place is its index: 4 to the power of
/// <see cref="Levels"/> leaves, all 0 at first. Leaves are elements, not hashed again, so use leaves of one kind, and of a
/// kind whose hash is never 0. A leaf costs one hash a level to replace.
/// </summary>
/// <remarks>
/// Nodes lie in pages of 64 neighbours, found by a dictionary a level; a page exists once a leaf below it was written. A full
/// tree is thus as dense as an array (43 bytes a leaf: 45 MB at 2^20), and a lonely leaf in a tree of 2^32 takes 2 KiB a level.
/// Not thread-safe; reading alone is, from many threads.
/// </remarks>
/// <typeparam name="TF">The field.</typeparam>
public sealed class QuadTree<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The children of a node.</summary>
    public const int Arity = 4;

    /// <summary>The most levels: indices of 32 bits.</summary>
    public const int MaxLevels = 16;

    private const int LogPage = 6;
    private const int PageSize = 1 << LogPage;

    /// <summary>Pages below which a level is hashed by the calling thread: 256 hashes are a few milliseconds.</summary>
    private const int FewPages = 16;

    // pages[0] holds leaves, pages[Levels] the root; what lies in no page is empty[level].
    private readonly Dictionary<long, TF[]>[] pages;
    private readonly TF[] empty;

    /// <summary>A tree of zeros.</summary>
    /// <param name="levels">Levels above the leaves, 1 to 16.</param>
    public QuadTree(int levels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, MaxLevels);
        pages = new Dictionary<long, TF[]>[levels + 1];
        empty = new TF[levels + 1];
        for (int level = 0; level <= levels; level++)
        {
            pages[level] = [];
            if (level > 0)
            {
                TF child = empty[level - 1];
                empty[level] = HashNode([child, child, child, child]);
            }
        }
    }

    /// <summary>A tree whose first leaves are given and whose rest is 0. See <see cref="SetRange"/> for the cost.</summary>
    /// <param name="levels">Levels above the leaves, 1 to 16.</param>
    /// <param name="leaves">At most 4^levels leaves.</param>
    public QuadTree(int levels, ReadOnlySpan<TF> leaves)
        : this(levels) => SetRange(0, leaves);

    /// <summary>Levels above the leaves.</summary>
    public int Levels => empty.Length - 1;

    /// <summary>The number of leaves, zeros included.</summary>
    public long Capacity => 1L << (2 * Levels);

    /// <summary>The root.</summary>
    public TF Root => Node(Levels, 0);

    /// <summary>The leaf at an index; 0 where none was written.</summary>
    /// <param name="index">Below <see cref="Capacity"/>.</param>
    public TF this[long index]
    {
        get
        {
            RequireIndex(index);
            return Node(0, index);
        }
    }

    /// <summary>The hash of four children.</summary>
    /// <param name="children">Exactly four.</param>
    public static TF HashNode(ReadOnlySpan<TF> children) => children.Length == Arity
        ? Poseidon.Hash(children, HashTag.Node)
        : throw new ArgumentException($"A node has {Arity} children, not {children.Length}.");

    /// <summary>Replaces a leaf. One hash a level.</summary>
    /// <param name="index">Below <see cref="Capacity"/>.</param>
    /// <param name="leaf">The new leaf; 0 empties the place.</param>
    public void Update(long index, in TF leaf)
    {
        RequireIndex(index);
        PageOf(0, index)[index & (PageSize - 1)] = leaf;
        for (int level = 1; level <= Levels; level++)
        {
            index >>= 2;
            PageOf(level, index)[index & (PageSize - 1)] = HashNode(Children(level, index));
        }
    }

    /// <summary>
    /// Replaces neighbouring leaves, level by level, large levels on all cores. A third as many hashes as leaves, and up to two
    /// more a level.
    /// </summary>
    /// <param name="first">The index of the first.</param>
    /// <param name="leaves">The new leaves; first and their number together are at most <see cref="Capacity"/>.</param>
    public void SetRange(long first, ReadOnlySpan<TF> leaves)
    {
        RequireIndex(first);
        if (leaves.Length > Capacity - first)
        {
            throw new ArgumentException($"{leaves.Length} leaves from {first} on do not fit a tree of {Capacity}.");
        }

        if (leaves.IsEmpty)
        {
            return;
        }

        long last = first + leaves.Length - 1;
        for (long index = first; index <= last;)
        {
            Span<TF> room = PageOf(0, index).AsSpan((int)(index & (PageSize - 1)));
            ReadOnlySpan<TF> part = leaves[(int)(index - first)..];
            part = part[..Math.Min(part.Length, room.Length)];
            part.CopyTo(room);
            index += part.Length;
        }

        for (int level = 1; level <= Levels; level++)
        {
            first >>= 2;
            last >>= 2;
            HashRange(level, first, last);
        }
    }

    /// <summary>What a witness needs to open a leaf.</summary>
    /// <param name="index">Below <see cref="Capacity"/>.</param>
    public QuadTreePath<TF> PathOf(long index)
    {
        RequireIndex(index);
        var children = new TF[Arity * Levels];
        long node = index;
        for (int level = 1; level <= Levels; level++)
        {
            node >>= 2;
            Children(level, node).CopyTo(children.AsSpan(Arity * (level - 1)));
        }

        return new(index, children);
    }

    /// <summary>Hashes nodes first … last of a level, a page of children (16 nodes) at a time.</summary>
    private void HashRange(int level, long first, long last)
    {
        const int nodes = PageSize / Arity;
        long firstPart = first / nodes;
        int parts = checked((int)((last / nodes) - firstPart + 1));

        // Pages are made before threads start: a dictionary is written by one thread only.
        for (long node = first; node <= last; node = (node | (PageSize - 1)) + 1)
        {
            PageOf(level, node);
        }

        if (parts <= FewPages)
        {
            for (int part = 0; part < parts; part++)
            {
                HashPart(part);
            }
        }
        else
        {
            Parallel.For(0, parts, HashPart);
        }

        void HashPart(int part)
        {
            long from = Math.Max(first, (firstPart + part) * nodes), to = Math.Min(last, ((firstPart + part) * nodes) + nodes - 1);
            int count = (int)(to - from) + 1;
            Span<TF> hashes = pages[level][from >> LogPage].AsSpan((int)(from & (PageSize - 1)), count);
            long child = Arity * from;
            ReadOnlySpan<TF> children = pages[level - 1][child >> LogPage].AsSpan((int)(child & (PageSize - 1)), Arity * count);
            PoseidonBatch.Hash(children, Arity, hashes, HashTag.Node);
        }
    }

    /// <summary>The children of a node of which at least one page exists, or four empty ones.</summary>
    private TF[] Children(int level, long node)
    {
        var children = new TF[Arity];
        for (int i = 0; i < Arity; i++)
        {
            children[i] = Node(level - 1, (Arity * node) + i);
        }

        return children;
    }

    private TF Node(int level, long index) =>
        pages[level].TryGetValue(index >> LogPage, out TF[]? page) ? page[index & (PageSize - 1)] : empty[level];

    private TF[] PageOf(int level, long index)
    {
        if (!pages[level].TryGetValue(index >> LogPage, out TF[]? page))
        {
            page = new TF[PageSize];
            Array.Fill(page, empty[level]);
            pages[level].Add(index >> LogPage, page);
        }

        return page;
    }

    private void RequireIndex(long index)
    {
        if (index < 0 || index >= Capacity)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"A tree of {Levels} levels has {Capacity} leaves.");
        }
    }
}

/// <summary>The way from a leaf to the root of a <see cref="QuadTree{TF}"/>.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Index">The leaf's place; level l (0 at the leaf) takes the child numbered by its bits 2l and 2l + 1.</param>
/// <param name="Children">
/// For each node on the way, from the leaf's parent up to the root, all four children, the one on the way included.
/// </param>
public sealed record QuadTreePath<TF>(long Index, TF[] Children)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The levels of the tree.</summary>
    public int Levels => Children.Length / QuadTree<TF>.Arity;

    /// <summary>The root with the leaf replaced by another one. One hash a level.</summary>
    public TF ComputeRoot(in TF leaf)
    {
        Span<TF> group = stackalloc TF[QuadTree<TF>.Arity];
        TF node = leaf;
        for (int level = 0; level < Levels; level++)
        {
            Children.AsSpan(level * group.Length, group.Length).CopyTo(group);
            group[ChildAt(level)] = node;
            node = QuadTree<TF>.HashNode(group);
        }

        return node;
    }

    /// <summary>Whether the path leads from a leaf to a root: what the circuit checks. One hash a level.</summary>
    public bool Opens(in TF root, in TF leaf)
    {
        if (Children.Length % QuadTree<TF>.Arity != 0 || Index < 0 || Index >> (2 * Levels) != 0)
        {
            return false;
        }

        TF node = leaf;
        for (int level = 0; level < Levels; level++)
        {
            ReadOnlySpan<TF> group = Children.AsSpan(level * QuadTree<TF>.Arity, QuadTree<TF>.Arity);
            if (group[ChildAt(level)] != node)
            {
                return false;
            }

            node = QuadTree<TF>.HashNode(group);
        }

        return node == root;
    }

    /// <summary>Which child of its parent the node of a level is: 0 to 3.</summary>
    private int ChildAt(int level) => (int)(Index >> (2 * level)) & 3;
}
