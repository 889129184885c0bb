// Owns: what the SQLite store keeps beside jobs: circuits, workers, API keys, verdicts.

namespace ProvingService.Service;

internal sealed partial class SqliteStore
{
    /// <inheritdoc/>
    public Task PutCircuitAsync(CircuitRecord circuit, CancellationToken cancellation = default) => WriteAsync(
        """
        INSERT INTO circuits VALUES (?, ?, 0, ?, ?) ON CONFLICT DO UPDATE SET
            registered = excluded.registered, retired = 0, cost = excluded.cost, document = excluded.document
        """,
        cancellation,
        circuit.KeyHash,
        circuit.Registered,
        circuit.Cost,
        StoreText.ToJson(circuit));

    /// <inheritdoc/>
    public Task<IReadOnlyList<CircuitRecord>> ListCircuitsAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT document, retired, cost, registered FROM circuits ORDER BY registered, key_hash",
        row => StoreText.FromJson<CircuitRecord>(row.Text(0)) with { Retired = row.Flag(1), Cost = row.Long(2), Registered = row.Time(3) },
        cancellation);

    /// <inheritdoc/>
    public async Task<bool> RetireCircuitAsync(string keyHash, CancellationToken cancellation = default) =>
        await WriteAsync("UPDATE circuits SET retired = 1 WHERE key_hash = ?", cancellation, keyHash).ConfigureAwait(false) > 0;

    /// <inheritdoc/>
    public Task PutCostAsync(string keyHash, long cost, CancellationToken cancellation = default) =>
        WriteAsync("UPDATE circuits SET cost = ? WHERE key_hash = ?", cancellation, cost, keyHash);

    /// <inheritdoc/>
    public Task PutWorkerAsync(WorkerRecord worker, CancellationToken cancellation = default) => WriteAsync(
        "INSERT INTO workers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen, document = excluded.document",
        cancellation,
        worker.Id,
        Now(),
        StoreText.ToJson(worker));

    /// <inheritdoc/>
    public Task RemoveWorkerAsync(string id, CancellationToken cancellation = default) =>
        WriteAsync("DELETE FROM workers WHERE id = ?", cancellation, id);

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkerRecord>> ListWorkersAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT document, seen FROM workers ORDER BY id",
        row => StoreText.FromJson<WorkerRecord>(row.Text(0)) with { Seen = row.Time(1) },
        cancellation);

    /// <inheritdoc/>
    public Task PutApiKeyAsync(ApiKeyRecord key, CancellationToken cancellation = default) => writer.RunAsync(
        (connection, _) =>
        {
            if (connection.Number("SELECT count(*) FROM api_keys WHERE (name = ?) <> (hash = ?)", key.Name, key.Hash) > 0)
            {
                throw new ArgumentException($"The name {key.Name} belongs to another API key, or this key has another name.", nameof(key));
            }

            return connection.Execute(
                """
                INSERT INTO api_keys VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                    revoked = max(revoked, excluded.revoked), document = excluded.document
                """,
                key.Name,
                key.Hash,
                key.Revoked,
                StoreText.ToJson(key));
        },
        cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT document, revoked FROM api_keys ORDER BY name",
        row => StoreText.FromJson<ApiKeyRecord>(row.Text(0)) with { Revoked = row.Flag(1) },
        cancellation);

    /// <inheritdoc/>
    public async Task<bool> RevokeApiKeyAsync(string name, CancellationToken cancellation = default) =>
        await WriteAsync("UPDATE api_keys SET revoked = 1 WHERE name = ?", cancellation, name).ConfigureAwait(false) > 0;

    /// <inheritdoc/>
    public Task AddVerdictsAsync(string keyHash, long valid, long invalid, CancellationToken cancellation = default) => WriteAsync(
        """
        INSERT INTO verdicts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET valid = valid + excluded.valid, invalid = invalid + excluded.invalid
        """,
        cancellation,
        keyHash,
        valid,
        invalid);

    /// <inheritdoc/>
    public Task<IReadOnlyList<VerdictTally>> ListVerdictsAsync(CancellationToken cancellation = default) => ListAsync(
        "SELECT key_hash, valid, invalid FROM verdicts ORDER BY key_hash",
        row => new VerdictTally(row.Text(0), row.Long(1), row.Long(2)),
        cancellation);

    private Task<int> WriteAsync(string sql, CancellationToken cancellation, params object?[] values) =>
        writer.RunAsync((connection, _) => connection.Execute(sql, values), cancellation);

    private Task<IReadOnlyList<T>> ListAsync<T>(string sql, Func<SqliteRow, T> read, CancellationToken cancellation) =>
        readers.RunAsync<IReadOnlyList<T>>(connection => connection.Query(sql, read), cancellation);
}
