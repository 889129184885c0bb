// Owns: the one thread of this process that writes to the database. It takes what has come together into one transaction,
// each operation in a savepoint, and acknowledges after the commit. Between transactions it looks for changes by other
// processes, and empties the log when there is time, since deleted inputs lie in the log until then.

using System.Collections.Concurrent;
using System.Diagnostics;

namespace ProvingService.Service;

/// <summary>The writing side of a database. Safe for concurrent use.</summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>Most operations of a transaction; beyond some hundreds, the cost of the disk is shared well enough.</summary>
    private const int MostOperations = 512;

    /// <summary>The log is emptied even under load when it is longer than this; at its usual 4 MB it never comes to that.</summary>
    private const long LongestLog = 64L << 20;

    /// <summary>How often changes by other processes are looked for while somebody listens.</summary>
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>How long nothing must be written before the log is emptied.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(500);

    /// <summary>How long another process may keep the lock before an operation fails.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly ConcurrentQueue<Operation> operations = new();
    private readonly SemaphoreSlim wake = new(0);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteConnection connection;
    private readonly SignalHub hub;
    private readonly string log;
    private readonly TimeSpan patience;
    private volatile bool ending;
    private long dataVersion;
    private long polled;
    private long othersSeen;
    private long written;
    private bool logIsDirty = true;

    /// <summary>Takes over a connection that is ready for use.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="path">The database's file.</param>
    /// <param name="hub">Told of changes.</param>
    /// <param name="patience">How long another process may keep the lock, where that is not <see cref="LongestWait"/>.</param>
    public SqliteWriter(SqliteConnection connection, string path, SignalHub hub, TimeSpan? patience = null)
    {
        this.patience = patience ?? LongestWait;
        this.connection = connection;
        this.hub = hub;
        log = path + "-wal";
        // A short wait in SQLite and a loop here: SQLite's own waits grow to 100 ms, and then others are always faster.
        connection.WaitForLocks(TimeSpan.FromMilliseconds(2));
        dataVersion = connection.Number("PRAGMA data_version");
        new Thread(Loop) { IsBackground = true, Name = "store writer" }.Start();
    }

    /// <summary>Runs an operation in a transaction; its result comes when that is on disk.</summary>
    /// <param name="run">Reads and writes; what changed is added to the list.</param>
    /// <param name="cancellation">Ends the waiting. An operation that was not begun by then is left out.</param>
    /// <param name="toTheEnd">Whether the answer to one that was begun is waited for nevertheless.</param>
    public Task<T> RunAsync<T>(
        Func<SqliteConnection, List<StoreSignal>, T> run, CancellationToken cancellation, bool toTheEnd = false)
    {
        ObjectDisposedException.ThrowIf(ending, this);
        cancellation.ThrowIfCancellationRequested();
        var operation = new Operation<T>(run, cancellation);
        operations.Enqueue(operation);
        wake.Release();
        if (ended.Task.IsCompleted)
        {
            operation.Fail(new ObjectDisposedException(nameof(SqliteWriter)));
        }

        return toTheEnd ? operation.Task : operation.Task.WaitAsync(cancellation);
    }

    /// <summary>Writes what was asked for already, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        ending = true;
        wake.Release();
        await ended.Task.ConfigureAwait(false);
    }

    private void Loop()
    {
        var batch = new List<Operation>();
        while (true)
        {
            wake.Wait(operations.IsEmpty ? hub.HasListeners ? PollEvery : Idle : TimeSpan.Zero);
            Take(batch);
            if (batch.Count > 0)
            {
                Write(batch);
                batch.Clear();
            }
            else if (ending)
            {
                break;
            }

            Look();
            Tidy();
        }

        connection.TryEmptyLog();
        connection.Dispose();
        while (operations.TryDequeue(out Operation? late))
        {
            late.Fail(new ObjectDisposedException(nameof(SqliteWriter)));
        }

        ended.SetResult();
    }

    private void Take(List<Operation> batch)
    {
        while (batch.Count < MostOperations && operations.TryDequeue(out Operation? operation))
        {
            // One release a piece was made; those of the others must not wake the loop for nothing.
            if (batch.Count > 0)
            {
                wake.Wait(TimeSpan.Zero);
            }

            if (!operation.IsCancelled)
            {
                batch.Add(operation);
            }
        }
    }

    private void Write(List<Operation> batch)
    {
        int done = 0;
        bool isBegun = false;
        List<StoreSignal> signals = [];
        try
        {
            Begin();
            isBegun = true;
            for (; done < batch.Count; done++)
            {
                RunInSavepoint(batch[done], signals);
            }

            connection.Commit();
        }
        catch (Exception failure)
        {
            GiveUp();
            // The failed one and those before it are undone. Those after it have a chance of their own; but where not even the
            // transaction could begin, none of them has, and each would wait as long again.
            int failed = isBegun ? done + 1 : batch.Count;
            foreach (Operation operation in batch.Take(failed))
            {
                operation.Fail(failure);
            }

            List<Operation> rest = [.. batch.Skip(failed)];
            if (rest.Count > 0)
            {
                Write(rest);
            }

            return;
        }

        written = Stopwatch.GetTimestamp();
        logIsDirty = true;
        foreach (Operation operation in batch)
        {
            operation.Complete();
        }

        foreach (StoreSignal signal in signals)
        {
            hub.Publish(signal);
        }
    }

    private void Begin()
    {
        long since = Stopwatch.GetTimestamp();
        if (othersSeen != 0 && Stopwatch.GetElapsedTime(othersSeen) < TimeSpan.FromSeconds(1))
        {
            // Another process writes too: without a pause between two transactions it would hardly ever find the lock free.
            Thread.Sleep(1);
        }

        while (!connection.TryBegin())
        {
            othersSeen = Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(since) > patience)
            {
                throw new StoreException(
                    $"The database {log[..^4]} is locked by another process that does not let go; look for one that hangs.", true, false);
            }
        }
    }

    private void RunInSavepoint(Operation operation, List<StoreSignal> signals)
    {
        int before = signals.Count;
        connection.Execute("SAVEPOINT operation");
        try
        {
            operation.Run(connection, signals);
        }
        catch (Exception failure) when (!connection.IsAutocommit)
        {
            // This one alone is undone. (A full disk may have ended the whole transaction: then all of it fails.)
            connection.Execute("ROLLBACK TO operation");
            signals.RemoveRange(before, signals.Count - before);
            operation.Mark(failure);
        }

        connection.Execute("RELEASE operation");
    }

    private void GiveUp()
    {
        try
        {
            if (!connection.IsAutocommit)
            {
                connection.Execute("ROLLBACK");
            }
        }
        catch (StoreException)
        {
            // The disk fails here too. SQLite undoes the transaction by itself before the next one.
        }
    }

    /// <summary>Tells listeners of changes by other processes. On this connection, own changes do not count as such.</summary>
    private void Look()
    {
        if (Stopwatch.GetElapsedTime(polled) < PollEvery)
        {
            return;
        }

        polled = Stopwatch.GetTimestamp();
        try
        {
            long version = connection.Number("PRAGMA data_version");
            if (version != dataVersion)
            {
                dataVersion = version;
                othersSeen = polled;
                hub.Publish(new(null, true));
            }
        }
        catch (StoreException)
        {
            // Whoever reads or writes next hears of it. Listeners may look for themselves.
            hub.Publish(new(null, true));
        }
    }

    private void Tidy()
    {
        if (!logIsDirty || (Stopwatch.GetElapsedTime(written) < Idle && !LogIsLong()))
        {
            return;
        }

        logIsDirty = !connection.TryEmptyLog();
        written = Stopwatch.GetTimestamp();
    }

    private bool LogIsLong()
    {
        var file = new FileInfo(log);
        return file.Exists && file.Length > LongestLog;
    }

    private abstract class Operation
    {
        public abstract bool IsCancelled { get; }

        public abstract void Run(SqliteConnection connection, List<StoreSignal> signals);

        /// <summary>It failed by itself; told when the rest is committed.</summary>
        public abstract void Mark(Exception failure);

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class Operation<T>(Func<SqliteConnection, List<StoreSignal>, T> run, CancellationToken cancellation) : Operation
    {
        private readonly TaskCompletionSource<T> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? failure;
        private T? result;

        public Task<T> Task => source.Task;

        public override bool IsCancelled => cancellation.IsCancellationRequested && source.TrySetCanceled(cancellation);

        public override void Run(SqliteConnection connection, List<StoreSignal> signals)
        {
            failure = null;
            result = run(connection, signals);
        }

        public override void Mark(Exception failure) => this.failure = failure;

        public override void Complete()
        {
            if (failure is null)
            {
                source.TrySetResult(result!);
            }
            else
            {
                source.TrySetException(failure);
            }
        }

        public override void Fail(Exception failure) => source.TrySetException(failure);
    }
}
