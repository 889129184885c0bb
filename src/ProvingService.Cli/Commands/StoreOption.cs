// Owns: how commands that work on a service's store and folder themselves are told where these are.

using System.CommandLine;

namespace ProvingService.Cli;

/// <summary>The options --data and --store.</summary>
internal sealed class StoreOption
{
    private readonly Option<string> data = CommonOptions.WithPath(new Option<string>("--data")
    {
        Description = "The folder for the database, keys and inputs. It is made where it is missing.",
        DefaultValueFactory = _ => "zkps-data",
    });

    private readonly Option<string?> store = CommonOptions.Optional("--store", "postgres://user:password@host:port/database; SQLite in the folder where left out. ZKPS_STORE says it too, without showing it to other users of the machine.");

    /// <summary>Both.</summary>
    public Symbol[] All => [data, store];

    /// <summary>The folder.</summary>
    public string Folder(ParseResult parsed) => parsed.GetRequiredValue(data);

    /// <summary>The address of the store; null for SQLite in the folder.</summary>
    public string? Store(ParseResult parsed) => parsed.GetValue(store) ?? Environment.GetEnvironmentVariable("ZKPS_STORE");
}
