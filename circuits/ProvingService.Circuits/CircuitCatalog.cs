// Owns: the list of circuits that can be called by name.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ProvingService.Circuits;

/// <summary>A family of circuits in the catalog.</summary>
/// <param name="Name">The family: the name without parameters.</param>
/// <param name="Description">One sentence: what a proof says.</param>
/// <param name="Form">The form of its names, such as <c>batch-validity-N-D</c>.</param>
/// <param name="Parameters">What the parameters mean and their ranges.</param>
/// <param name="Names">The circuits that are commonly used; every other in range can be called as well.</param>
public sealed record CatalogEntry(string Name, string Description, string Form, string Parameters, IReadOnlyList<string> Names)
{
    /// <summary>Makes the circuit for parameters; null where their number or a value is wrong.</summary>
    internal Func<int[], IExampleCircuit?> Create { get; init; } = _ => null;
}

/// <summary>The circuits of this house by name: <c>state-transition-20</c>, <c>batch-validity-16-20</c>.</summary>
public static class CircuitCatalog
{
    /// <summary>Every family.</summary>
    public static IReadOnlyList<CatalogEntry> Entries { get; } =
    [
        new(
            StateTransition.BaseName,
            "One signed transfer leads from the old root of all accounts to the new one.",
            "state-transition-D",
            "D: bits of an account's index, even, 2 to 32",
            ["state-transition-20", "state-transition-32"])
        {
            Create = p => p is [var depth] && IsDepth(depth) ? new StateTransition(depth) : null,
        },
        new(
            BatchValidity.BaseName,
            "Up to N signed transfers, to which the data root commits, lead from the old root to the new one.",
            "batch-validity-N-D",
            "N: transfers, 1 to 1024; D: bits of an account's index, even, 2 to 32",
            [
                "batch-validity-4-20", "batch-validity-16-20", "batch-validity-112-20", "batch-validity-226-20",
                "batch-validity-16-32", "batch-validity-80-32",
            ])
        {
            Create = p => p is [>= 1 and <= BatchValidity.MaxCapacity, var depth] && IsDepth(depth) ? new BatchValidity(p[0], depth) : null,
        },
        new(
            Participation.BaseName,
            "A validator with enough stake won the round's sortition and votes, without saying which.",
            "participation-L",
            "L: levels of the 4-ary tree of validators, 1 to 16",
            ["participation-5", "participation-10"])
        {
            Create = p => p is [<= Participation.MaxLevels] ? new Participation(p[0]) : null,
        },
        new(
            Finality.BaseName,
            "More than two thirds of a committee's weight signed the block.",
            "finality-W",
            "W: places of the committee, 1 to 1024",
            ["finality-16", "finality-64", "finality-128"])
        {
            Create = p => p is [<= Finality.MaxCapacity] ? new Finality(p[0]) : null,
        },
        new(
            MerkleMembership.BaseName,
            "The prover knows a leaf of a binary Poseidon tree with a public root.",
            "merkle-membership[-D]",
            "D: depth of the tree, 1 to 32; 20 where it is left out",
            ["merkle-membership"])
        {
            Create = p => Single(p, MerkleMembership.DefaultDepth, MerkleMembership.MaxDepth) is { } depth ? new MerkleMembership(depth) : null,
        },
        new(
            MultiplicationChain.BaseName,
            "The prover knows where a chain of squarings with a public end began.",
            "multiplication-chain[-N]",
            "N: multiplications, 1 to 67108864; 4096 where it is left out",
            ["multiplication-chain"])
        {
            Create = p => Single(p, MultiplicationChain.DefaultLength, MultiplicationChain.MaxLength) is { } length ? new MultiplicationChain(length) : null,
        },
    ];

    /// <summary>Finds a circuit.</summary>
    /// <exception cref="ArgumentException">There is none of that name; the message lists what there is.</exception>
    public static IExampleCircuit Find(string name) => TryFind(name, out IExampleCircuit? circuit)
        ? circuit
        : throw new ArgumentException(
            $"There is no circuit '{name}'. There are: {string.Join("; ", Entries.Select(entry => $"{entry.Form} ({entry.Parameters})"))}.");

    /// <summary>Finds a circuit.</summary>
    /// <param name="name">A family's name and its parameters, decimal, without leading zeros, each after a hyphen.</param>
    /// <param name="circuit">The circuit.</param>
    /// <returns>False where there is none of that name.</returns>
    public static bool TryFind(string name, [NotNullWhen(true)] out IExampleCircuit? circuit)
    {
        ArgumentNullException.ThrowIfNull(name);
        circuit = null;
        foreach (CatalogEntry entry in Entries)
        {
            if (name.StartsWith(entry.Name, StringComparison.Ordinal) && TryParse(name[entry.Name.Length..], out int[] parameters))
            {
                circuit = entry.Create(parameters);
                return circuit is not null;
            }
        }

        return false;
    }

    /// <summary>Numbers, each after a hyphen: <c>-16-20</c>.</summary>
    private static bool TryParse(string text, out int[] parameters)
    {
        string[] parts = text.Split('-');
        parameters = new int[parts.Length - 1];
        if (parts[0].Length > 0)
        {
            return false;
        }

        for (int i = 0; i < parameters.Length; i++)
        {
            string part = parts[i + 1];
            if (part.StartsWith('0') || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out parameters[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDepth(int depth) => depth is >= 2 and <= 32 && depth % 2 == 0;

    private static int? Single(int[] parameters, int whenNone, int max) =>
        parameters.Length == 0 ? whenNone : parameters.Length == 1 && parameters[0] <= max ? parameters[0] : null;
}
