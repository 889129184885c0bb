// Owns: the tables of the coordinator's database. A published step never changes: a new version is a new step at the end.
//
//   ceremony       one row: id, document, phase, closing, beacon, fault
//   inputs         hashes and lengths of the files that the ceremony was begun with
//   circuits       one row a circuit
//   invitations    SHA-256 of each token; never the token
//   participants   by identity: "token:" and the token's hash, or "key:" and the public key
//   tickets        places in the queue
//   turns          at most one a circuit, with the clock as it was last written
//   contributions  what was accepted, with receipts
//   outputs        files that finishing made
//
// Times are microseconds since 1970, durations milliseconds, hashes of files hex digits.

using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>The tables.</summary>
internal static class CeremonySchema
{
    /// <summary>Marks a file as ours: "ZKPC".</summary>
    private const int ApplicationId = 0x5A4B5043;

    private static readonly string[] Steps =
    [
        """
        CREATE TABLE ceremony (
            n INTEGER PRIMARY KEY CHECK (n = 1),
            id TEXT NOT NULL,
            document BLOB NOT NULL,
            phase INTEGER NOT NULL,
            closed INTEGER,
            beacon BLOB NOT NULL,
            fault TEXT NOT NULL
        );
        CREATE TABLE inputs (hash TEXT PRIMARY KEY, size INTEGER NOT NULL);
        CREATE TABLE circuits (
            n INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            curve TEXT NOT NULL,
            constraints INTEGER NOT NULL,
            points INTEGER NOT NULL,
            r1cs_hash TEXT NOT NULL,
            ptau_hash TEXT NOT NULL,
            initial_hash TEXT NOT NULL,
            initial_size INTEGER NOT NULL,
            initial_contributions BLOB NOT NULL,
            nanoseconds INTEGER NOT NULL
        );
        CREATE TABLE invitations (hash BLOB PRIMARY KEY, label TEXT NOT NULL, created INTEGER NOT NULL);
        CREATE TABLE participants (
            n INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL UNIQUE,
            stalls INTEGER NOT NULL,
            attestation_hash TEXT,
            attestation_size INTEGER
        );
        CREATE TABLE tickets (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            participant INTEGER NOT NULL REFERENCES participants,
            phase INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            reason_text TEXT NOT NULL,
            circuit TEXT NOT NULL,
            joined INTEGER NOT NULL,
            ended INTEGER
        );
        CREATE TABLE turns (
            circuit INTEGER PRIMARY KEY REFERENCES circuits,
            ticket INTEGER NOT NULL UNIQUE REFERENCES tickets,
            began INTEGER NOT NULL,
            budget INTEGER NOT NULL,
            spent INTEGER NOT NULL,
            transferred INTEGER NOT NULL,
            submitted INTEGER,
            hash TEXT,
            taken INTEGER NOT NULL
        );
        CREATE TABLE contributions (
            circuit INTEGER NOT NULL REFERENCES circuits,
            number INTEGER NOT NULL,
            ticket INTEGER NOT NULL REFERENCES tickets,
            participant INTEGER NOT NULL REFERENCES participants,
            name TEXT NOT NULL,
            hash BLOB NOT NULL,
            key_before TEXT NOT NULL,
            key_hash TEXT NOT NULL,
            key_size INTEGER NOT NULL,
            submitted INTEGER NOT NULL,
            spent INTEGER NOT NULL,
            whole INTEGER NOT NULL,
            receipt BLOB NOT NULL,
            signature BLOB NOT NULL,
            PRIMARY KEY (circuit, number),
            UNIQUE (circuit, participant),
            UNIQUE (circuit, hash)
        );
        CREATE TABLE outputs (path TEXT PRIMARY KEY, hash TEXT NOT NULL, size INTEGER NOT NULL);
        """,
    ];

    private static int Version => Steps.Length;

    /// <summary>Sets the connection up and brings the tables to this version.</summary>
    /// <exception cref="StoreException">The file is another program's, or a newer version's.</exception>
    public static void Prepare(SqliteConnection connection, string path)
    {
        if (connection.First("PRAGMA journal_mode = WAL", row => row.Text(0)) != "wal")
        {
            throw new StoreException(
                $"The database {path} cannot have a write-ahead log: its file system has no shared memory. Put it on a local disk.", false, false);
        }

        connection.ExecuteScript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;");
        SqliteTransaction.Run(connection, path, () =>
        {
            long version = connection.Number("PRAGMA user_version");
            if (connection.Number("SELECT count(*) FROM sqlite_master") > 0 && connection.Number("PRAGMA application_id") != ApplicationId)
            {
                throw new StoreException($"The database {path} belongs to another program: name another folder.", false, false);
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
            return true;
        });
    }
}

/// <summary>A transaction around some statements.</summary>
internal static class SqliteTransaction
{
    /// <summary>Runs work, and commits; on any error nothing of it has happened.</summary>
    /// <exception cref="StoreException">Another process keeps the lock, or the disk refuses.</exception>
    public static T Run<T>(SqliteConnection connection, string path, Func<T> work)
    {
        if (!connection.TryBegin())
        {
            throw new StoreException($"The database {path} is locked by another process that does not let go; look for one that hangs.", true, false);
        }

        try
        {
            T result = work();
            connection.Commit();
            return result;
        }
        finally
        {
            if (!connection.IsAutocommit)
            {
                connection.Execute("ROLLBACK");
            }
        }
    }
}
