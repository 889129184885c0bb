// Owns: the connections that read. In WAL mode readers wait for nobody, and nobody for them.

using System.Collections.Concurrent;

namespace ProvingService.Service;

/// <summary>A few connections for reading, opened as they are needed. Safe for concurrent use.</summary>
internal sealed class SqliteReaders(string path) : IDisposable
{
    /// <summary>So many reads at the same time: each costs a cache of 2 MB, and answers in microseconds.</summary>
    private const int MostConnections = 4;

    private readonly SemaphoreSlim free = new(MostConnections);
    private readonly ConcurrentBag<SqliteConnection> idle = [];
    private volatile bool closed;

    /// <summary>Runs a read on a thread of the pool, all of it on one state of the database.</summary>
    public async Task<T> RunAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        await free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Run(read), cancellation).ConfigureAwait(false);
        }
        finally
        {
            free.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        closed = true;
        while (idle.TryTake(out SqliteConnection? connection))
        {
            connection.Dispose();
        }
    }

    private T Run<T>(Func<SqliteConnection, T> read)
    {
        SqliteConnection connection = idle.TryTake(out SqliteConnection? taken) ? taken : new SqliteConnection(path, writable: false);
        try
        {
            connection.Execute("BEGIN");
            T result = read(connection);
            connection.Execute("COMMIT");
            if (closed)
            {
                connection.Dispose();
            }
            else
            {
                idle.Add(connection);
            }

            return result;
        }
        catch
        {
            // Whatever is wrong with it, a new one will show whether it is the file.
            connection.Dispose();
            throw;
        }
    }
}
