// Owns: the tables of the SQLite store, and bringing an older file up to them. A published step never changes: a new version
// is a new step at the end.
//
//   jobs        one row a job, with the place in the queue (rank) and the end of the lease
//   job_inputs  inputs of jobs that are not final; secret, wiped when deleted
//   job_labels, job_events, job_proofs   what belongs to a job and goes with it
//   tally       jobs by state, and by tenant and priority while they wait; kept by triggers
//   shares      finish tags by tenant and priority
//   virtual_times   the greatest rank that was leased, by priority
//   circuits, workers, api_keys          documents as JSON, and beside them what is changed by itself
//   verdicts    counts
//
// Times are microseconds since 1970, names of jobs 16 bytes, states the numbers of JobState.

using System.Diagnostics;

namespace ProvingService.Service;

/// <summary>The tables.</summary>
internal static class SqliteSchema
{
    /// <summary>Marks a file as ours: "ZKPS".</summary>
    private const int ApplicationId = 0x5A4B5053;

    private static readonly string[] Steps =
    [
        """
        CREATE TABLE jobs (
            n INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            tenant TEXT NOT NULL,
            key_hash TEXT NOT NULL,
            input_kind INTEGER NOT NULL,
            input_hash TEXT NOT NULL,
            input_length INTEGER NOT NULL,
            idempotency_key TEXT,
            content_hash TEXT NOT NULL,
            priority INTEGER NOT NULL,
            deadline INTEGER,
            labels TEXT NOT NULL,
            device TEXT NOT NULL,
            cost INTEGER NOT NULL,
            memory_bytes INTEGER NOT NULL,
            allow_cached INTEGER NOT NULL,
            rank INTEGER NOT NULL,
            created INTEGER NOT NULL,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            lost_leases INTEGER NOT NULL,
            worker TEXT NOT NULL,
            fence INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            cancel_requested INTEGER NOT NULL,
            not_before INTEGER,
            started INTEGER,
            finished INTEGER,
            reason INTEGER NOT NULL,
            message TEXT NOT NULL,
            cached_from BLOB,
            lease_until INTEGER
        );
        CREATE UNIQUE INDEX jobs_idempotency ON jobs (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
        -- The lease's whole question is answered from this index, so that jobs at its head that fit nobody cost little.
        CREATE INDEX jobs_queue ON jobs (priority DESC, rank, id, memory_bytes, device, not_before, deadline) WHERE state = 1;
        CREATE INDEX jobs_waiting ON jobs (created) WHERE state = 1;
        CREATE INDEX jobs_rests ON jobs (not_before) WHERE state = 1 AND not_before IS NOT NULL;
        CREATE INDEX jobs_deadlines ON jobs (deadline) WHERE state = 1 AND deadline IS NOT NULL;
        CREATE INDEX jobs_held ON jobs (lease_until) WHERE lease_until IS NOT NULL;
        CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
        CREATE INDEX jobs_cache ON jobs (tenant, key_hash, input_hash) WHERE state = 5;
        CREATE INDEX jobs_of_tenant ON jobs (tenant, id);
        -- Lists of what is under way, and of what went wrong, beside a million jobs that are done.
        CREATE INDEX jobs_open ON jobs (id) WHERE state < 5;
        CREATE INDEX jobs_ended ON jobs (id) WHERE state > 5;

        CREATE TABLE job_inputs (job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, input BLOB NOT NULL);
        CREATE TABLE job_labels (
            name TEXT NOT NULL, value TEXT NOT NULL, job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, PRIMARY KEY (name, value, job)
        ) WITHOUT ROWID;
        CREATE INDEX job_labels_job ON job_labels (job);
        CREATE TABLE job_events (
            job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
            sequence INTEGER NOT NULL,
            at INTEGER NOT NULL,
            state INTEGER NOT NULL,
            phase TEXT NOT NULL,
            ended INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            message TEXT NOT NULL,
            PRIMARY KEY (job, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE job_proofs (
            job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
            proof BLOB NOT NULL,
            public_inputs BLOB NOT NULL,
            receipt BLOB NOT NULL,
            signature BLOB NOT NULL
        );

        CREATE TABLE tally (
            state INTEGER NOT NULL, tenant TEXT NOT NULL, priority INTEGER NOT NULL, jobs INTEGER NOT NULL, cost INTEGER NOT NULL,
            PRIMARY KEY (state, tenant, priority)
        ) WITHOUT ROWID;
        CREATE TRIGGER tally_insert AFTER INSERT ON jobs BEGIN
            INSERT INTO tally VALUES (new.state, iif(new.state = 1, new.tenant, ''), iif(new.state = 1, new.priority, 0), 1, new.cost)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1, cost = cost + excluded.cost;
        END;
        CREATE TRIGGER tally_update AFTER UPDATE OF state ON jobs WHEN old.state <> new.state BEGIN
            UPDATE tally SET jobs = jobs - 1, cost = cost - old.cost
            WHERE state = old.state AND tenant = iif(old.state = 1, old.tenant, '') AND priority = iif(old.state = 1, old.priority, 0);
            INSERT INTO tally VALUES (new.state, iif(new.state = 1, new.tenant, ''), iif(new.state = 1, new.priority, 0), 1, new.cost)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1, cost = cost + excluded.cost;
        END;
        CREATE TRIGGER tally_delete AFTER DELETE ON jobs BEGIN
            UPDATE tally SET jobs = jobs - 1, cost = cost - old.cost
            WHERE state = old.state AND tenant = iif(old.state = 1, old.tenant, '') AND priority = iif(old.state = 1, old.priority, 0);
        END;

        CREATE TABLE shares (
            tenant TEXT NOT NULL, priority INTEGER NOT NULL, tag INTEGER NOT NULL, PRIMARY KEY (tenant, priority)
        ) WITHOUT ROWID;
        CREATE TABLE virtual_times (priority INTEGER PRIMARY KEY, tag INTEGER NOT NULL);
        CREATE TABLE circuits (
            key_hash TEXT PRIMARY KEY, registered INTEGER NOT NULL, retired INTEGER NOT NULL, cost INTEGER NOT NULL, document TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE workers (id TEXT PRIMARY KEY, seen INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE api_keys (name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, revoked INTEGER NOT NULL, document TEXT NOT NULL);
        CREATE TABLE verdicts (key_hash TEXT PRIMARY KEY, valid INTEGER NOT NULL, invalid INTEGER NOT NULL) WITHOUT ROWID;
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Brings the file up to <see cref="Version"/>. Several processes may do so at the same time.</summary>
    /// <exception cref="StoreException">It is newer, or another program's, or no database at all.</exception>
    public static void Prepare(SqliteConnection connection, string path)
    {
        UseLog(connection, path);
        connection.ExecuteScript(
            """
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = ON;
            PRAGMA recursive_triggers = OFF;
            """);
        if (!connection.TryBegin())
        {
            throw new StoreException($"The database {path} is locked by another process that does not let go.", true, false);
        }

        try
        {
            Migrate(connection, path);
            connection.Commit();
        }
        catch
        {
            if (!connection.IsAutocommit)
            {
                connection.Execute("ROLLBACK");
            }

            throw;
        }
    }

    /// <summary>Two processes that make the file at the same time are told "busy" here without SQLite's waiting.</summary>
    private static void UseLog(SqliteConnection connection, string path)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (connection.First("PRAGMA journal_mode = WAL", row => row.Text(0)) == "wal")
                {
                    return;
                }

                throw new StoreException(
                    $"The database {path} cannot have a write-ahead log: its file system has no shared memory. Put it on a local disk.", false, false);
            }
            catch (StoreException failure) when (failure.IsTransient && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(20))
            {
                Thread.Sleep(10);
            }
        }
    }

    private static void Migrate(SqliteConnection connection, string path)
    {
        long version = connection.Number("PRAGMA user_version");
        long application = connection.Number("PRAGMA application_id");
        bool empty = connection.Number("SELECT count(*) FROM sqlite_master") == 0;
        if (!empty && application != ApplicationId)
        {
            throw new StoreException($"The database {path} belongs to another program: name another file.", false, false);
        }

        if (version > Version)
        {
            throw new StoreException(
                $"The database {path} has version {version} of the tables; this program knows version {Version}. Use the newer program.", false, false);
        }

        for (int step = (int)version; step < Version; step++)
        {
            connection.ExecuteScript(Steps[step]);
        }

        connection.ExecuteScript($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version};");
    }
}
