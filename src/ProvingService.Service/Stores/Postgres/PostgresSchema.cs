// Owns: the tables of the PostgreSQL store, and bringing an older schema up to them. A published step never changes: a new
// version is a new step at the end. What the tables are for: Sqlite/SqliteSchema.cs; the differences:
//
//   final_tally   what was added to the numbers of final jobs; folded by reaping. A row for each state would be written by
//                 every finish, one after the other.
//   virtual_times holds the greatest rank of purged jobs. The virtual time is the greatest of this and of the ranks in
//                 jobs_ranks, so that leases write no row that they share.
//
// The tables of jobs have no foreign keys: all their rows are written under the lock of the job's row and deleted in one place.

using Npgsql;

namespace ProvingService.Service;

/// <summary>The tables.</summary>
internal static class PostgresSchema
{
    /// <summary>The first part of every advisory lock: "ZKPS".</summary>
    public const int LockSpace = 0x5A4B5053;

    private const int LeastServer = 12;

    private static readonly string[] Steps =
    [
        """
        CREATE TABLE jobs (
            id uuid PRIMARY KEY,
            tenant text NOT NULL,
            key_hash text NOT NULL,
            input_kind integer NOT NULL,
            input_hash text NOT NULL,
            input_length bigint NOT NULL,
            idempotency_key text,
            content_hash text NOT NULL,
            priority integer NOT NULL,
            deadline timestamptz,
            labels text NOT NULL,
            device text NOT NULL,
            cost bigint NOT NULL,
            memory_bytes bigint NOT NULL,
            allow_cached boolean NOT NULL,
            rank bigint NOT NULL,
            created timestamptz NOT NULL,
            state integer NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            lost_leases integer NOT NULL DEFAULT 0,
            worker text NOT NULL DEFAULT '',
            fence bigint NOT NULL DEFAULT 0,
            sequence bigint NOT NULL,
            cancel_requested boolean NOT NULL DEFAULT false,
            not_before timestamptz,
            started timestamptz,
            finished timestamptz,
            reason integer NOT NULL DEFAULT 0,
            message text NOT NULL DEFAULT '',
            cached_from uuid,
            lease_until timestamptz
        ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
        CREATE UNIQUE INDEX jobs_idempotency ON jobs (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE INDEX jobs_queue ON jobs (priority DESC, rank, id) WHERE state = 1;
        CREATE INDEX jobs_waiting ON jobs (tenant) WHERE state = 1;
        CREATE INDEX jobs_rests ON jobs (not_before) WHERE state = 1 AND not_before IS NOT NULL;
        CREATE INDEX jobs_deadlines ON jobs (deadline) WHERE state = 1 AND deadline IS NOT NULL;
        CREATE INDEX jobs_held ON jobs (lease_until) WHERE lease_until IS NOT NULL;
        CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
        CREATE INDEX jobs_cache ON jobs (tenant, key_hash, input_hash) WHERE state = 5;
        CREATE INDEX jobs_of_tenant ON jobs (tenant, id);
        CREATE INDEX jobs_open ON jobs (id) WHERE state < 5;
        CREATE INDEX jobs_ended ON jobs (id) WHERE state > 5;
        CREATE INDEX jobs_ranks ON jobs (priority, rank) WHERE fence > 0;

        CREATE TABLE job_inputs (job uuid PRIMARY KEY, input bytea NOT NULL);
        CREATE TABLE job_labels (name text NOT NULL, value text NOT NULL, job uuid NOT NULL, PRIMARY KEY (job, name));
        CREATE INDEX job_labels_value ON job_labels (md5(name || '=' || value), job);
        CREATE TABLE job_events (
            job uuid NOT NULL,
            sequence bigint NOT NULL,
            at timestamptz NOT NULL,
            state integer NOT NULL,
            phase text NOT NULL,
            ended boolean NOT NULL,
            attempt integer NOT NULL,
            message text NOT NULL,
            PRIMARY KEY (job, sequence)
        );
        CREATE TABLE job_proofs (
            job uuid PRIMARY KEY, proof bytea NOT NULL, public_inputs bytea NOT NULL, receipt bytea NOT NULL, signature bytea NOT NULL
        );

        CREATE TABLE final_tally (state integer NOT NULL, jobs bigint NOT NULL);
        CREATE TABLE shares (tenant text NOT NULL, priority integer NOT NULL, tag bigint NOT NULL, PRIMARY KEY (tenant, priority));
        CREATE TABLE virtual_times (priority integer PRIMARY KEY, tag bigint NOT NULL);
        CREATE TABLE circuits (
            key_hash text PRIMARY KEY, registered timestamptz NOT NULL, retired boolean NOT NULL, cost bigint NOT NULL, document text NOT NULL
        );
        CREATE TABLE workers (id text PRIMARY KEY, seen timestamptz NOT NULL, document text NOT NULL);
        CREATE TABLE api_keys (name text PRIMARY KEY, hash text NOT NULL UNIQUE, revoked boolean NOT NULL, document text NOT NULL);
        CREATE TABLE verdicts (key_hash text PRIMARY KEY, valid bigint NOT NULL, invalid bigint NOT NULL);
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Makes the schema, or brings it up to <see cref="Version"/>. Several processes may do so at the same time.</summary>
    /// <exception cref="StoreException">It is newer, or the server is too old, or does not let this user do it.</exception>
    public static Task PrepareAsync(PostgresDatabase database, CancellationToken cancellation)
    {
        string schema = database.Url.Schema;
        return database.TransactAsync(
            async (connection, _, token) =>
            {
                if (connection.PostgreSqlVersion.Major < LeastServer)
                {
                    throw new StoreException(
                        $"{database.Url.Name} is of version {connection.PostgreSqlVersion}; {LeastServer} is the least that serves here.", false, false);
                }

                await PostgresDatabase.ExecuteAsync(connection, token, "SELECT pg_advisory_xact_lock($1, hashtext($2))", LockSpace, schema + " migrate").ConfigureAwait(false);
                long version = await FindVersionAsync(connection, schema, token).ConfigureAwait(false);
                if (version > Version)
                {
                    throw new StoreException(
                        $"{database.Url.Name} has version {version} of the tables; this program knows version {Version}. Use the newer program.", false, false);
                }

                for (int step = (int)version; step < Version; step++)
                {
                    await RunScriptAsync(connection, Steps[step], token).ConfigureAwait(false);
                }

                return await PostgresDatabase.ExecuteAsync(connection, token, "UPDATE version SET version = $1 WHERE version <> $1", Version).ConfigureAwait(false);
            },
            cancellation);
    }

    private static async Task<long> FindVersionAsync(NpgsqlConnection connection, string schema, CancellationToken cancellation)
    {
        // Asked first: a user who may not make schemas can use one that is there.
        List<bool> there = await PostgresDatabase.QueryAsync(
            connection, reader => reader.GetBoolean(0), cancellation, "SELECT to_regclass($1) IS NOT NULL", schema + ".version").ConfigureAwait(false);
        if (!there[0])
        {
            await RunScriptAsync(
                connection,
                $"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.version (version integer NOT NULL); INSERT INTO {schema}.version VALUES (0);",
                cancellation).ConfigureAwait(false);
        }

        List<int> version = await PostgresDatabase.QueryAsync(
            connection, reader => reader.GetInt32(0), cancellation, "SELECT version FROM version").ConfigureAwait(false);
        return version is [int one] ? one : throw new StoreException($"The schema {schema} has no single version: it belongs to another program.", false, false);
    }

    private static async Task RunScriptAsync(NpgsqlConnection connection, string script, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(script, connection);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }
}
