// Owns: connections to the server, transactions, and what the server's errors mean to an operator. Knows nothing of jobs.

using System.Net.Sockets;
using Npgsql;

namespace ProvingService.Service;

/// <summary>A pool of connections. Safe for concurrent use.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Connections of a process. Each is a process of the server; more do not make its disk faster.</summary>
    private const int MostConnections = 16;

    /// <summary>How often a transaction is begun again that the server gave up for the sake of another.</summary>
    private const int MostConflicts = 5;

    private readonly NpgsqlDataSource source;

    /// <summary>Nothing is connected yet.</summary>
    public PostgresDatabase(PostgresUrl url)
    {
        Url = url;
        Connection = new NpgsqlConnectionStringBuilder(url.Connection.ConnectionString)
        {
            SearchPath = url.Schema,
            MaxPoolSize = MostConnections,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            CommandTimeout = 60,
            KeepAlive = 15,
            // What is acknowledged is on disk, whatever the server's default. Every question has its index, in order where order
            // counts: a plan that was made while the tables were empty would sort the whole queue for each lease until the next
            // ANALYZE. A client that hangs within a transaction must not hold its locks for ever.
            Options = "-c synchronous_commit=on -c enable_seqscan=off -c enable_sort=off -c jit=off "
                + "-c idle_in_transaction_session_timeout=60s -c timezone=UTC",
        };
        source = new NpgsqlDataSourceBuilder(Connection.ConnectionString).Build();
    }

    /// <summary>Where it is.</summary>
    public PostgresUrl Url { get; }

    /// <summary>How connections are made; holds the password.</summary>
    public NpgsqlConnectionStringBuilder Connection { get; }

    /// <summary>
    /// Runs a read, once more where the connection was broken: after a restart of the server, connections from before are in the pool.
    /// </summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            return await RunAsync(read, writes: false, cancellation).ConfigureAwait(false);
        }
        catch (StoreException failure) when (failure.IsTransient)
        {
            return await RunAsync(read, writes: false, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a statement that writes, and is a transaction of its own.</summary>
    public Task<T> WriteAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> write, CancellationToken cancellation) =>
        RunAsync(write, writes: true, cancellation);

    /// <summary>Runs a transaction, and commits it.</summary>
    public Task<T> TransactAsync<T>(
        Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task<T>> work, CancellationToken cancellation) =>
        RunAsync(
            async (connection, token) =>
            {
                await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
                T result = await work(connection, transaction, token).ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
                return result;
            },
            writes: true,
            cancellation);

    /// <summary>The error for the service, from one of Npgsql.</summary>
    public StoreException Translate(Exception failure, bool mayHaveHappened)
    {
        (string what, bool transient) = failure switch
        {
            PostgresException { SqlState: "53100" } => ("has no room on its disk: make room there. Work goes on by itself then.", false),
            PostgresException { SqlState: "28P01" or "28000" } => ("does not let this user in: see the user, the password and the server's pg_hba.conf.", false),
            PostgresException { SqlState: "3D000" } => ("has no database of this name: make it with CREATE DATABASE.", false),
            PostgresException { SqlState: "42501" } => ("does not let this user do that: give the user CREATE on the database, or make the schema for it.", false),
            PostgresException { SqlState: "25006" } => ("takes no writes: it is a standby. Wait until it leads, or name the server that does.", true),
            PostgresException { SqlState: ['0', '8', ..] } => ("lost the connection. Work goes on by itself when it is back.", true),
            PostgresException { SqlState: ['5', '7', 'P', '0', ..] } => ("is stopping or starting. Work goes on by itself when it is up.", true),
            PostgresException { SqlState: ['5', '3', ..] or ['4', '0', ..] or "55P03" or "57014" or "25P03" } => ("is overloaded. Work goes on by itself.", true),
            PostgresException other => ($"refused a statement ({other.SqlState}): {other.MessageText}", false),
            NpgsqlException or SocketException or IOException or TimeoutException => ("cannot be reached. Work goes on by itself when it is back.", true),
            _ => ("refused a statement; this is a fault of the service.", false),
        };
        return new($"{Url.Name} {what}", transient, mayHaveHappened, failure);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    /// <summary>A statement with values for $1, $2 and so on.</summary>
    public static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (object? value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = Storable(value) });
        }

        return command;
    }

    /// <summary>Every row of a query.</summary>
    public static async Task<List<T>> QueryAsync<T>(
        NpgsqlConnection connection, Func<NpgsqlDataReader, T> read, CancellationToken cancellation, string sql, params object?[] values)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(sql, values) } };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await RowsAsync(reader, read, cancellation).ConfigureAwait(false);
    }

    /// <summary>The rows of the result at which a reader stands.</summary>
    public static async Task<List<T>> RowsAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        List<T> rows = [];
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public static async Task<int> ExecuteAsync(NpgsqlConnection connection, CancellationToken cancellation, string sql, params object?[] values)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(sql, values) } };
        return await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static object Storable(object? value) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset time => StoreText.Cut(time).UtcDateTime,
        _ => value,
    };

    private async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, bool writes, CancellationToken cancellation)
    {
        for (int conflicts = 0; ; conflicts++)
        {
            NpgsqlConnection? connection = null;
            try
            {
                connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
                return await work(connection, cancellation).ConfigureAwait(false);
            }
            catch (PostgresException failure) when (failure.SqlState is "40P01" or "40001" && conflicts < MostConflicts)
            {
                // The server undid this transaction, for it and another waited for each other.
            }
            catch (Exception failure) when (failure is NpgsqlException or SocketException or IOException or TimeoutException)
            {
                // A statement that the server refused was undone. Of one whose answer never came, nobody knows.
                bool refused = failure is PostgresException { InvariantSeverity: "ERROR" };
                if (!refused)
                {
                    source.Clear();
                }

                throw Translate(failure, writes && connection is not null && !refused);
            }
            finally
            {
                if (connection is not null)
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
    }
}
