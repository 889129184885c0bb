// Owns: recomputing a Merkle root from a path, in a circuit.

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>Membership in a binary Poseidon tree; see <see cref="MerkleTree{TF}"/>.</summary>
public static class MerklePathGadget
{
    /// <summary>
    /// The root above a leaf. 242 constraints a level: 240 for the hash, one to swap the children, and one to force the
    /// direction to 0 or 1, without which a prover could hash a mixture of the two.
    /// </summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="leaf">The leaf.</param>
    /// <param name="siblings">The other child at each level, from the leaf upwards.</param>
    /// <param name="directions">As many: 1 where the node on the path is the right child.</param>
    public static Variable<TF> ComputeRoot<TF>(
        CircuitBuilder<TF> builder, Variable<TF> leaf, ReadOnlySpan<Variable<TF>> siblings, ReadOnlySpan<Variable<TF>> directions)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (siblings.Length != directions.Length)
        {
            throw new ArgumentException($"{siblings.Length} siblings and {directions.Length} directions.");
        }

        Variable<TF> node = leaf;
        for (int level = 0; level < siblings.Length; level++)
        {
            using (builder.Scope(string.Create(CultureInfo.InvariantCulture, $"path[{level}]")))
            {
                // One product serves both sides: left = node + m and right = sibling − m for m = direction · (sibling − node).
                Variable<TF> left = builder.Select(directions[level], siblings[level], node);
                Variable<TF> right = node + siblings[level] - left;
                node = PoseidonGadget.Hash<TF>(builder, [left, right]);
            }
        }

        return node;
    }
}
