// Owns: opening and replacing a leaf of a 4-ary Poseidon tree, in a circuit. Its twin on numbers is QuadTree.cs.

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// Paths of a <see cref="QuadTree{TF}"/>. A node's four children come from the witness together, the one on the way among
/// them; the bits of the index say which one must be the value computed below. Bits are asserted to be bits here, at no
/// cost where they already are: a selector outside 0 and 1 would let a prover "open" a mixture of children that was never a leaf.
/// The index cannot be aliased since exactly two bits a level are taken; callers who know it as a number decompose that
/// number into exactly 2·levels bits.
/// </summary>
/// <remarks>
/// Constraints stand in the scopes <c>level[i]</c>, from the leaf upwards, and in them <c>old select</c>, <c>old hash</c>,
/// <c>new select</c>, <c>new hash</c>.
/// </remarks>
public static class QuadTreeGadget
{
    /// <summary>The root above a leaf. 300 constraints a level: 297 for the hash and 3 to select.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="children">Four a level, as in <see cref="QuadTreePath{TF}.Children"/>.</param>
    /// <param name="bits">The leaf's index, two bits a level, lowest first.</param>
    /// <param name="leaf">The leaf.</param>
    /// <returns>The root; whoever calls must compare it with one it trusts.</returns>
    public static Variable<TF> ComputeMembership<TF>(
        CircuitBuilder<TF> builder, ReadOnlySpan<Variable<TF>> children, ReadOnlySpan<Variable<TF>> bits, Variable<TF> leaf)
        where TF : unmanaged, IPrimeField<TF>
    {
        int levels = RequireShape(builder, children, bits);
        Variable<TF> node = leaf;
        for (int level = 0; level < levels; level++)
        {
            using (Level(builder, level))
            {
                node = Open(builder, children.Slice(4 * level, 4), bits[2 * level], bits[(2 * level) + 1], node);
            }
        }

        return node;
    }

    /// <summary>
    /// The roots before and after a leaf is replaced. 600 constraints a level: as <see cref="ComputeMembership"/> for the old
    /// leaf, and 3 products and a hash for the new one. Both roots are computed from the same wires, so that nothing but the
    /// one leaf can differ between them.
    /// </summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="children">Four a level, of the tree before the change.</param>
    /// <param name="bits">The leaf's index, two bits a level, lowest first.</param>
    /// <param name="oldLeaf">The leaf before; must be what the children say.</param>
    /// <param name="newLeaf">The leaf after.</param>
    public static (Variable<TF> OldRoot, Variable<TF> NewRoot) Update<TF>(
        CircuitBuilder<TF> builder,
        ReadOnlySpan<Variable<TF>> children,
        ReadOnlySpan<Variable<TF>> bits,
        Variable<TF> oldLeaf,
        Variable<TF> newLeaf)
        where TF : unmanaged, IPrimeField<TF>
    {
        int levels = RequireShape(builder, children, bits);
        Variable<TF> oldNode = oldLeaf, newNode = newLeaf;
        for (int level = 0; level < levels; level++)
        {
            using (Level(builder, level))
            {
                ReadOnlySpan<Variable<TF>> group = children.Slice(4 * level, 4);
                (Variable<TF> low, Variable<TF> high) = (bits[2 * level], bits[(2 * level) + 1]);
                Variable<TF> change = newNode - oldNode;
                oldNode = Open(builder, group, low, high, oldNode);
                newNode = Replace(builder, group, low, high, change);
            }
        }

        return (oldNode, newNode);
    }

    /// <summary>The node above a child; its place is low + 2·high.</summary>
    private static Variable<TF> Open<TF>(
        CircuitBuilder<TF> builder, ReadOnlySpan<Variable<TF>> group, Variable<TF> low, Variable<TF> high, Variable<TF> child)
        where TF : unmanaged, IPrimeField<TF>
    {
        using (builder.Scope("old select"))
        {
            // child = lower + high·(upper − lower), where lower and upper are the selected ones of either half.
            Variable<TF> lower = builder.Select(low, group[1], group[0]);
            Variable<TF> upper = builder.Select(low, group[3], group[2]);
            builder.AssertBoolean(high);
            builder.AssertProduct(high, upper - lower, child - lower);
        }

        using (builder.Scope("old hash"))
        {
            return PoseidonGadget.Hash(builder, group, HashTag.Node);
        }
    }

    /// <summary>The node above a child that has changed. The bits are proven by <see cref="Open"/>.</summary>
    private static Variable<TF> Replace<TF>(
        CircuitBuilder<TF> builder, ReadOnlySpan<Variable<TF>> group, Variable<TF> low, Variable<TF> high, Variable<TF> change)
        where TF : unmanaged, IPrimeField<TF>
    {
        var replaced = new Variable<TF>[4];
        using (builder.Scope("new select"))
        {
            // The change goes to one half, then to one child of the half: the other three take 0.
            Variable<TF> upper = change * high, lower = change - upper;
            Variable<TF> third = upper * low, first = lower * low;
            replaced[0] = group[0] + lower - first;
            replaced[1] = group[1] + first;
            replaced[2] = group[2] + upper - third;
            replaced[3] = group[3] + third;
        }

        using (builder.Scope("new hash"))
        {
            return PoseidonGadget.Hash<TF>(builder, replaced, HashTag.Node);
        }
    }

    private static CircuitScope<TF> Level<TF>(CircuitBuilder<TF> builder, int level)
        where TF : unmanaged, IPrimeField<TF> => builder.Scope(string.Create(CultureInfo.InvariantCulture, $"level[{level}]"));

    private static int RequireShape<TF>(CircuitBuilder<TF> builder, ReadOnlySpan<Variable<TF>> children, ReadOnlySpan<Variable<TF>> bits)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        return children.Length == 2 * bits.Length && bits.Length % 2 == 0 && bits.Length > 0
            ? bits.Length / 2
            : throw new ArgumentException($"{children.Length} children and {bits.Length} bits: a level has four and two.");
    }
}
