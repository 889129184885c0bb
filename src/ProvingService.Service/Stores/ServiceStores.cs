// Owns: choosing a store by its address.

namespace ProvingService.Service;

/// <summary>Opens stores.</summary>
public static class ServiceStores
{
    /// <summary>
    /// Opens a store: <c>postgres://user:password@host:port/database?sslmode=verify-full&amp;schema=proving</c>, or else the
    /// path of a SQLite file, which is made where it is missing. Older tables are brought up to date.
    /// </summary>
    /// <param name="address">The address or path. A password in it comes back in no name, log or error.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="FormatException">The address is not understood.</exception>
    /// <exception cref="StoreException">The store cannot be opened: the message says what to do.</exception>
    public static async Task<IServiceStore> OpenAsync(string address, CancellationToken cancellation = default) =>
        PostgresUrl.IsOne(address)
            ? await PostgresStore.OpenAsync(PostgresUrl.Parse(address), cancellation).ConfigureAwait(false)
            : address.Contains("://", StringComparison.Ordinal)
                ? throw new FormatException("This is no kind of store; postgres://user:password@host:port/database or the path of a SQLite file is expected.")
            : await SqliteStore.OpenAsync(address, cancellation).ConfigureAwait(false);
}
