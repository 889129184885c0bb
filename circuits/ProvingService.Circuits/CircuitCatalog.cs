// Owns: the list of circuits that can be called by name.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ProvingService.Circuits;

/// <summary>A family of circuits in the catalog.</summary>
/// <param name="Name">The name without a parameter.</param>
/// <param name="Description">One sentence: what a proof says.</param>
/// <param name="Parameter">What the number after the name means.</param>
/// <param name="Default">Its value where the name has none.</param>
/// <param name="Max">Its greatest value; the least is 1.</param>
public sealed record CatalogEntry(string Name, string Description, string Parameter, int Default, int Max);

/// <summary>The circuits of this house by name: <c>merkle-membership</c>, or with a parameter <c>merkle-membership-32</c>.</summary>
public static class CircuitCatalog
{
    /// <summary>Every family.</summary>
    public static IReadOnlyList<CatalogEntry> Entries { get; } =
    [
        new(
            MerkleMembership.BaseName,
            "The prover knows a leaf of a binary Poseidon tree with a public root.",
            "depth of the tree",
            MerkleMembership.DefaultDepth,
            MerkleMembership.MaxDepth),
        new(
            MultiplicationChain.BaseName,
            "The prover knows where a chain of squarings with a public end began.",
            "number of multiplications",
            MultiplicationChain.DefaultLength,
            MultiplicationChain.MaxLength),
        new(
            Participation.BaseName,
            "A validator with enough stake won the round's sortition and votes, without saying which.",
            "levels of the 4-ary tree of validators",
            Participation.DefaultLevels,
            Participation.MaxLevels),
    ];

    /// <summary>Finds a circuit.</summary>
    /// <exception cref="ArgumentException">There is none of that name; the message lists what there is.</exception>
    public static IExampleCircuit Find(string name) => TryFind(name, out IExampleCircuit? circuit)
        ? circuit
        : throw new ArgumentException(
            $"There is no circuit '{name}'. There are: "
            + string.Join("; ", Entries.Select(entry => $"{entry.Name}[-N], N = {entry.Parameter}, 1 to {entry.Max}, else {entry.Default}"))
            + ".");

    /// <summary>Finds a circuit.</summary>
    /// <param name="name">A family's name, or that and a parameter: decimal, without leading zeros.</param>
    /// <param name="circuit">The circuit.</param>
    /// <returns>False where there is none of that name.</returns>
    public static bool TryFind(string name, [NotNullWhen(true)] out IExampleCircuit? circuit)
    {
        ArgumentNullException.ThrowIfNull(name);
        circuit = null;
        foreach (CatalogEntry entry in Entries)
        {
            if (!name.StartsWith(entry.Name, StringComparison.Ordinal))
            {
                continue;
            }

            int parameter = entry.Default;
            string rest = name[entry.Name.Length..];
            if (rest.Length > 0
                && (rest.Length < 2 || rest[0] != '-' || rest[1] == '0'
                    || !int.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out parameter)
                    || parameter > entry.Max))
            {
                continue;
            }

            circuit = entry.Name switch
            {
                MerkleMembership.BaseName => new MerkleMembership(parameter),
                Participation.BaseName => new Participation(parameter),
                _ => new MultiplicationChain(parameter),
            };
            return true;
        }

        return false;
    }
}
