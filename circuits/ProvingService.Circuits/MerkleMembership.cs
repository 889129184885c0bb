// Owns: the circuit merkle-membership.

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// "I know a leaf of the tree with this root, and its place." Public input: <c>root</c>. Private inputs: <c>leaf</c>,
/// <c>pathElements[depth]</c>, the siblings from the leaf upwards, and <c>pathIndices[depth]</c>, the bits of the leaf's
/// index. 242 constraints a level. The root differs from curve to curve; the example file has one for each.
/// </summary>
public sealed class MerkleMembership : IExampleCircuit
{
    /// <summary>The catalog's name.</summary>
    public const string BaseName = "merkle-membership";

    /// <summary>The depth where none is given.</summary>
    public const int DefaultDepth = 20;

    /// <summary>The greatest depth: indices stay far below every prime.</summary>
    public const int MaxDepth = 32;

    /// <summary>Chooses a depth.</summary>
    /// <param name="depth">1 to 32.</param>
    public MerkleMembership(int depth = DefaultDepth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, MaxDepth);
        Depth = depth;
    }

    /// <summary>Levels above the leaves.</summary>
    public int Depth { get; }

    /// <inheritdoc/>
    public string Name => Depth == DefaultDepth ? BaseName : string.Create(CultureInfo.InvariantCulture, $"{BaseName}-{Depth}");

    /// <summary>The inputs that prove a leaf's membership.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static CircuitInputs<TF> InputsFor<TF>(MerkleTree<TF> tree, long index)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(tree);
        MerklePath<TF> path = tree.PathOf(index);
        return new CircuitInputs<TF>()
            .Set("root", tree.Root)
            .Set("leaf", path.Leaf)
            .Set("pathElements", path.Siblings)
            .Set("pathIndices", path.Directions);
    }

    /// <inheritdoc/>
    public void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        Variable<TF> root = builder.PublicInput("root");
        Variable<TF> leaf = builder.PrivateInput("leaf");
        Variable<TF>[] siblings = builder.PrivateInputArray("pathElements", Depth);
        Variable<TF>[] directions = builder.PrivateInputArray("pathIndices", Depth);
        builder.AssertEqual(MerklePathGadget.ComputeRoot<TF>(builder, leaf, siblings, directions), root);
    }

    /// <summary>A tree of the leaves 1000, 1001, … and the path of its sixth leaf (its second in a tree of depth 1 or 2).</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public CircuitInputs<TF> Example<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        var leaves = new TF[Depth < 3 ? 2 : 8];
        for (int i = 0; i < leaves.Length; i++)
        {
            leaves[i] = TF.FromUInt64(1000 + (ulong)i);
        }

        return InputsFor(new MerkleTree<TF>(Depth, leaves), Depth < 3 ? 1 : 5);
    }
}
