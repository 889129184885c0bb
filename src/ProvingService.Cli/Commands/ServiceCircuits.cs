// Owns: circuits at a service by the names that users type.

using ProvingService.Client;
using ProvingService.Contract;

namespace ProvingService.Cli;

/// <summary>Circuits at a service.</summary>
internal static class ServiceCircuits
{
    /// <summary>The hash for what a user typed: a hash as it is, a name by the service's list.</summary>
    /// <exception cref="UsageException">No circuit has the name, or several.</exception>
    public static async Task<string> ResolveAsync(ProvingClient client, string name, CancellationToken cancellation)
    {
        if (name.Length == 64 && name.All(char.IsAsciiHexDigitLower))
        {
            return name;
        }

        ListCircuitsResponse list = await client.Circuits.ListCircuitsAsync(new(), cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
        string[] found = [.. list.Circuits.Where(circuit => circuit.Name == name).Select(circuit => circuit.KeyHash)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new UsageException($"the service has no circuit '{name}'; it has {(list.Circuits.Count == 0 ? "none (zkps job register)" : string.Join(", ", list.Circuits.Select(circuit => circuit.Name).Distinct()))}."),
            _ => throw new UsageException($"the service has {found.Length} circuits '{name}'; name one by its key's hash: {string.Join(", ", found)}."),
        };
    }
}
