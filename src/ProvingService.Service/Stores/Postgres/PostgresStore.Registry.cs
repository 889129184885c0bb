// Owns: what the PostgreSQL store keeps beside jobs: circuits, workers, API keys, verdicts.

using Npgsql;

namespace ProvingService.Service;

internal sealed partial class PostgresStore
{
    /// <inheritdoc/>
    public Task PutCircuitAsync(CircuitRecord circuit, CancellationToken cancellation = default) => WriteAsync(
        """
        INSERT INTO circuits VALUES ($1, $2, false, $3, $4) ON CONFLICT (key_hash) DO UPDATE SET
            registered = excluded.registered, retired = false, cost = excluded.cost, document = excluded.document
        """,
        cancellation,
        circuit.KeyHash,
        circuit.Registered,
        circuit.Cost,
        StoreText.ToJson(circuit));

    /// <inheritdoc/>
    public Task<IReadOnlyList<CircuitRecord>> ListCircuitsAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT document, retired, cost, registered FROM circuits ORDER BY registered, key_hash",
        row => StoreText.FromJson<CircuitRecord>(row.GetString(0)) with
        {
            Retired = row.GetBoolean(1),
            Cost = row.GetInt64(2),
            Registered = PostgresJobs.Time(row, 3),
        },
        cancellation);

    /// <inheritdoc/>
    public async Task<bool> RetireCircuitAsync(string keyHash, CancellationToken cancellation = default) =>
        await WriteAsync("UPDATE circuits SET retired = true WHERE key_hash = $1", cancellation, keyHash).ConfigureAwait(false) > 0;

    /// <inheritdoc/>
    public Task PutCostAsync(string keyHash, long cost, CancellationToken cancellation = default) =>
        WriteAsync("UPDATE circuits SET cost = $2 WHERE key_hash = $1", cancellation, keyHash, cost);

    /// <inheritdoc/>
    public Task PutWorkerAsync(WorkerRecord worker, CancellationToken cancellation = default) => WriteAsync(
        """
        INSERT INTO workers VALUES ($1, clock_timestamp(), $2)
        ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, document = excluded.document
        """,
        cancellation,
        worker.Id,
        StoreText.ToJson(worker));

    /// <inheritdoc/>
    public Task RemoveWorkerAsync(string id, CancellationToken cancellation = default) =>
        WriteAsync("DELETE FROM workers WHERE id = $1", cancellation, id);

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkerRecord>> ListWorkersAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT document, seen FROM workers ORDER BY id COLLATE \"C\"",
        row => StoreText.FromJson<WorkerRecord>(row.GetString(0)) with { Seen = PostgresJobs.Time(row, 1) },
        cancellation);

    /// <inheritdoc/>
    public async Task PutApiKeyAsync(ApiKeyRecord key, CancellationToken cancellation = default)
    {
        int written = await database.WriteAsync(
            async (connection, token) =>
            {
                try
                {
                    return await PostgresDatabase.ExecuteAsync(
                        connection,
                        token,
                        """
                        INSERT INTO api_keys VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET
                            revoked = api_keys.revoked OR excluded.revoked, document = excluded.document
                        WHERE api_keys.hash = excluded.hash
                        """,
                        key.Name,
                        key.Hash,
                        key.Revoked,
                        StoreText.ToJson(key)).ConfigureAwait(false);
                }
                catch (PostgresException failure) when (failure.SqlState == PostgresErrorCodes.UniqueViolation)
                {
                    return 0;
                }
            },
            cancellation).ConfigureAwait(false);
        if (written == 0)
        {
            throw new ArgumentException($"The name {key.Name} belongs to another API key, or this key has another name.", nameof(key));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT document, revoked FROM api_keys ORDER BY name COLLATE \"C\"",
        row => StoreText.FromJson<ApiKeyRecord>(row.GetString(0)) with { Revoked = row.GetBoolean(1) },
        cancellation);

    /// <inheritdoc/>
    public async Task<bool> RevokeApiKeyAsync(string name, CancellationToken cancellation = default) =>
        await WriteAsync("UPDATE api_keys SET revoked = true WHERE name = $1", cancellation, name).ConfigureAwait(false) > 0;

    /// <inheritdoc/>
    public Task AddVerdictsAsync(string keyHash, long valid, long invalid, CancellationToken cancellation = default) => WriteAsync(
        """
        INSERT INTO verdicts VALUES ($1, $2, $3) ON CONFLICT (key_hash) DO UPDATE SET
            valid = verdicts.valid + excluded.valid, invalid = verdicts.invalid + excluded.invalid
        """,
        cancellation,
        keyHash,
        valid,
        invalid);

    /// <inheritdoc/>
    public Task<IReadOnlyList<VerdictTally>> ListVerdictsAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT key_hash, valid, invalid FROM verdicts ORDER BY key_hash COLLATE \"C\"",
        row => new VerdictTally(row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
        cancellation);

    private Task<int> WriteAsync(string sql, CancellationToken cancellation, params object?[] values) =>
        database.WriteAsync((connection, token) => PostgresDatabase.ExecuteAsync(connection, token, sql, values), cancellation);

    private Task<IReadOnlyList<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellation, params object?[] values) =>
        database.ReadAsync<IReadOnlyList<T>>(
            async (connection, token) => [.. await PostgresDatabase.QueryAsync(connection, read, token, sql, values).ConfigureAwait(false)], cancellation);
}
