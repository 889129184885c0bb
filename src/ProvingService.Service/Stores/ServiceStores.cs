// Owns: which store a text means.

namespace ProvingService.Service;

/// <summary>Opens stores.</summary>
internal static class ServiceStores
{
    /// <summary>Opens the store that a text names.</summary>
    /// <param name="where"><c>postgres://…</c> (or <c>postgresql://…</c>), or the path of an SQLite file, which is made where it is missing.</param>
    /// <param name="cancellation">Ends the opening.</param>
    /// <exception cref="SetupException">The text is none of these.</exception>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public static async Task<IServiceStore> OpenAsync(string where, CancellationToken cancellation)
    {
        if (where.StartsWith("postgres://", StringComparison.Ordinal) || where.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            throw new SetupException("PostgreSQL is not here yet.");
        }

        return where.Contains("://", StringComparison.Ordinal)
            ? throw new SetupException($"'{where.Split(':')[0]}' is no kind of store; postgres://user:password@host:port/database or the path of an SQLite file is expected.")
            : await SqliteStore.OpenAsync(where, cancellation).ConfigureAwait(false);
    }
}
