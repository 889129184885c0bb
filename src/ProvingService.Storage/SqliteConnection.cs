// Owns: one connection to a database file: statements kept prepared, values in and out, and what SQLite's codes mean to an
// operator. Knows nothing of jobs.

using System.Globalization;
using SQLitePCL;

namespace ProvingService.Storage;

/// <summary>A connection. For one thread at a time.</summary>
internal sealed class SqliteConnection : IDisposable
{
    private readonly Dictionary<string, sqlite3_stmt> statements = [];
    private readonly sqlite3 handle;
    private readonly string path;

    /// <summary>Opens the file, and makes it where it is missing and <paramref name="writable"/>.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public SqliteConnection(string path, bool writable)
    {
        this.path = path;
        _ = SqliteLibrary.Version;
        int flags = raw.SQLITE_OPEN_NOMUTEX | (writable ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READWRITE);
        int code = raw.sqlite3_open_v2(path, out handle, flags, null);
        try
        {
            Check(code, false);
            raw.sqlite3_extended_result_codes(handle, 1);
            Check(raw.sqlite3_busy_timeout(handle, 10_000), false);
            if (!writable)
            {
                // Opened for writing nevertheless: a reader may have to recover the log. No statement of its own may write.
                Execute("PRAGMA query_only = ON");
            }
        }
        catch
        {
            handle?.Dispose();
            throw;
        }
    }

    /// <summary>Whether no transaction is open.</summary>
    public bool IsAutocommit => raw.sqlite3_get_autocommit(handle) != 0;

    /// <summary>How long a statement waits for another process's lock.</summary>
    public void WaitForLocks(TimeSpan time) => raw.sqlite3_busy_timeout(handle, (int)time.TotalMilliseconds);

    /// <summary>Runs several statements without values, as they stand in a schema.</summary>
    public void ExecuteScript(string sql) => Check(raw.sqlite3_exec(handle, sql), false);

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        Run(sql, null, values);
        return raw.sqlite3_changes(handle);
    }

    /// <summary>Every row of a query.</summary>
    public List<T> Query<T>(string sql, Func<SqliteRow, T> read, params ReadOnlySpan<object?> values)
    {
        List<T> rows = [];
        Run(sql, row => rows.Add(read(row)), values);
        return rows;
    }

    /// <summary>The first row of a query, or the default.</summary>
    public T? First<T>(string sql, Func<SqliteRow, T> read, params ReadOnlySpan<object?> values)
    {
        T? first = default;
        bool found = false;
        Run(
            sql,
            row =>
            {
                first = found ? first : read(row);
                found = true;
            },
            values);
        return first;
    }

    /// <summary>The number that a query gives; 0 without a row.</summary>
    public long Number(string sql, params ReadOnlySpan<object?> values) => First(sql, static row => row.Long(0), values);

    /// <summary>Tries to begin a transaction that writes.</summary>
    /// <returns>False where another process is writing.</returns>
    public bool TryBegin()
    {
        int code = raw.sqlite3_step(Prepare("BEGIN IMMEDIATE"));
        raw.sqlite3_reset(Prepare("BEGIN IMMEDIATE"));
        if ((code & 0xFF) == raw.SQLITE_BUSY)
        {
            return false;
        }

        Check(code, false);
        return true;
    }

    /// <summary>Commits. Where the disk fails in the middle of that, the next start may find the transaction nevertheless.</summary>
    public void Commit()
    {
        sqlite3_stmt statement = Prepare("COMMIT");
        int code = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        Check(code, (code & 0xFF) == raw.SQLITE_IOERR);
    }

    /// <summary>Brings the log into the database, waits for nobody, and empties it where no reader stands in the way.</summary>
    public bool TryEmptyLog() =>
        raw.sqlite3_wal_checkpoint_v2(handle, null, raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _) == raw.SQLITE_OK;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (sqlite3_stmt statement in statements.Values)
        {
            statement.Dispose();
        }

        handle.Dispose();
    }

    private void Run(string sql, Action<SqliteRow>? row, ReadOnlySpan<object?> values)
    {
        sqlite3_stmt statement = Prepare(sql);
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                Check(Bind(statement, i + 1, values[i]), false);
            }

            int code;
            while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                row?.Invoke(new SqliteRow(statement));
            }

            Check(code, false);
        }
        finally
        {
            raw.sqlite3_reset(statement);
            raw.sqlite3_clear_bindings(statement);
        }
    }

    private sqlite3_stmt Prepare(string sql)
    {
        if (!statements.TryGetValue(sql, out sqlite3_stmt? statement))
        {
            Check(raw.sqlite3_prepare_v2(handle, sql, out statement), false);
            statements.Add(sql, statement);
        }

        return statement;
    }

    private static int Bind(sqlite3_stmt statement, int index, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(statement, index),
        long number => raw.sqlite3_bind_int64(statement, index, number),
        int number => raw.sqlite3_bind_int64(statement, index, number),
        bool flag => raw.sqlite3_bind_int64(statement, index, flag ? 1 : 0),
        string text => raw.sqlite3_bind_text(statement, index, text),
        Guid id => raw.sqlite3_bind_blob(statement, index, id.ToByteArray(bigEndian: true)),
        DateTimeOffset time => raw.sqlite3_bind_int64(statement, index, DatabaseTime.ToMicroseconds(time)),
        byte[] bytes => Bind(statement, index, bytes.AsSpan()),
        ReadOnlyMemory<byte> bytes => Bind(statement, index, bytes.Span),
        _ => throw new ArgumentException($"No column takes a {value.GetType().Name}.", nameof(value)),
    };

    // An empty span has no address, which SQLite would take for NULL.
    private static int Bind(sqlite3_stmt statement, int index, ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, bytes);

    private void Check(int code, bool mayHaveHappened)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            throw Failure(code, mayHaveHappened);
        }
    }

    private StoreException Failure(int code, bool mayHaveHappened)
    {
        // Of the message, nothing but SQLite's own words: values never stand in it.
        string detail = string.Create(CultureInfo.InvariantCulture, $"SQLite {code}: {raw.sqlite3_errstr(code).utf8_to_string()}");
        (string what, bool transient) = (code & 0xFF) switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => ("is locked by another process that does not let go; look for one that hangs.", true),
            raw.SQLITE_FULL => ("has no room to grow: make room on its disk. Work goes on by itself then.", false),
            raw.SQLITE_IOERR => ("could not be read or written: see that its disk has room and is in order.", false),
            raw.SQLITE_NOTADB => ("is no SQLite database: name another file, or move this one away.", false),
            raw.SQLITE_CORRUPT => ("is damaged: stop every process that has it open, and put a copy from a backup in its place.", false),
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN =>
                ("cannot be opened for writing: see that its folder exists, and that this user may write the file and the folder.", false),
            _ => ("refused a statement; this is a fault of zkps.", false),
        };
        return new StoreException($"The database {path} {what} ({detail})", transient, mayHaveHappened);
    }
}

/// <summary>The row at which a query stands.</summary>
internal readonly struct SqliteRow(sqlite3_stmt statement)
{
    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(statement, column);

    public int Int(int column) => checked((int)Long(column));

    public bool Flag(int column) => Long(column) != 0;

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string() ?? "";

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public byte[] Bytes(int column) => raw.sqlite3_column_blob(statement, column).ToArray();

    public byte[]? BytesOrNull(int column) => IsNull(column) ? null : Bytes(column);

    public Guid Guid(int column) => new(raw.sqlite3_column_blob(statement, column), bigEndian: true);

    public Guid? GuidOrNull(int column) => IsNull(column) ? null : Guid(column);

    public DateTimeOffset Time(int column) => DatabaseTime.FromMicroseconds(Long(column));

    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);
}
