// Owns: the contract on SQLite, and what is SQLite's own: files, rights, wiping, full disks, foreign and damaged files.

using System.Diagnostics;
using System.Text;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Stores;

public sealed class SqliteStoreTests : ServiceStoreContract
{
    private readonly TemporaryFolder folder = new();

    protected override string Address => folder.File("store.db");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task The_files_are_for_their_owner_alone()
    {
        await Store.AddAsync(StoreJobs.New());
        Assert.All(
            (string[])[Address, Address + "-wal", Address + "-shm"],
            file =>
            {
                if (!OperatingSystem.IsWindows())
                {
                    Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
                }
            });
    }

    [Fact]
    public async Task Behind_a_lock_that_nobody_lets_go_all_fail_together()
    {
        using var holder = new SqliteConnection(Address, writable: true);
        Assert.True(holder.TryBegin());
        var connection = new SqliteConnection(Address, writable: true);
        await using var writer = new SqliteWriter(connection, Address, new SignalHub(), patience: TimeSpan.FromSeconds(1));
        long begun = Stopwatch.GetTimestamp();
        Task<long>[] waiting = [.. Enumerable.Range(0, 60).Select(_ => writer.RunAsync((db, _) => db.Number("SELECT 1"), default))];
        foreach (Task<long> one in waiting)
        {
            Assert.True((await Assert.ThrowsAsync<StoreException>(() => one)).IsTransient);
        }

        // One wait, or two where the first operation went ahead alone; not sixty.
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0.9, 30);
        holder.Execute("ROLLBACK");
        Assert.Equal(1, await writer.RunAsync((db, _) => db.Number("SELECT 1"), default));
    }

    [Fact]
    public async Task Inputs_are_gone_from_the_files_when_their_job_has_ended()
    {
        byte[] secret = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("the secret witness ", 2000)));
        for (int i = 0; i < 5; i++)
        {
            await Store.AddAsync(StoreJobs.New() with { InlineInput = secret });
        }

        Assert.True(Holds());
        for (int i = 0; i < 4; i++)
        {
            LeasedJob taken = await Store.TakeAsync();
            Assert.Equal(secret, taken.InlineInput);
            await Store.EndAsync(taken.Lease, i == 0 ? new LeaseOutcome.Failed(FailureReason.InputInvalid, "") : new LeaseOutcome.Done(StoreJobs.Proof));
        }

        await Store.CancelAsync((await Store.ListJobsAsync(new() { States = [JobState.Queued] }))[0].Id);
        // The writer empties the log as soon as it has time.
        long since = Stopwatch.GetTimestamp();
        while (Holds() && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(30))
        {
            await Task.Delay(100);
        }

        Assert.False(Holds());

        bool Holds() => Directory.GetFiles(folder.Path).Any(file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray().AsSpan().IndexOf("secret witness"u8) >= 0;
        });
    }

    [Fact]
    public async Task Files_that_are_no_store_are_refused_by_name()
    {
        string garbage = folder.File("garbage.db");
        await File.WriteAllBytesAsync(garbage, Enumerable.Range(0, 9000).Select(n => (byte)(n * 7)).ToArray());
        await RefusedAsync(garbage, "is no SQLite database");

        string foreign = folder.File("foreign.db");
        using (var connection = new SqliteConnection(foreign, writable: true))
        {
            connection.ExecuteScript("CREATE TABLE other (x)");
        }

        await RefusedAsync(foreign, "belongs to another program");

        string newer = folder.File("newer.db");
        await (await ServiceStores.OpenAsync(newer)).DisposeAsync();
        using (var connection = new SqliteConnection(newer, writable: true))
        {
            connection.ExecuteScript("PRAGMA user_version = 1000");
        }

        await RefusedAsync(newer, "version 1000");
        await RefusedAsync(folder.File("missing/store.db"), "folder exists");
        await RefusedAsync(folder.Path, "cannot be made");

        static async Task RefusedAsync(string path, string words)
        {
            StoreException failure = await Assert.ThrowsAsync<StoreException>(() => ServiceStores.OpenAsync(path));
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.Contains(words, failure.Message, StringComparison.Ordinal);
            Assert.False(failure.IsTransient);
        }
    }

    [Fact]
    public async Task A_file_that_turns_into_garbage_gives_a_clear_error()
    {
        for (int i = 0; i < 50; i++)
        {
            await Store.AddAsync(StoreJobs.New());
        }

        await Store.DisposeAsync();
        byte[] bytes = await File.ReadAllBytesAsync(Address);
        Array.Fill<byte>(bytes, 0xA5, 4096, bytes.Length - 4096);
        await File.WriteAllBytesAsync(Address, bytes);
        StoreException failure = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            IServiceStore store = await OpenAsync();
            await store.AddAsync(StoreJobs.New());
        });
        Assert.Contains("is damaged", failure.Message, StringComparison.Ordinal);
        Assert.Contains(Address, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_operation_that_fails_takes_no_other_along()
    {
        using var connection = new SqliteConnection(folder.File("plain.db"), writable: true);
        connection.ExecuteScript("PRAGMA journal_mode = WAL; CREATE TABLE numbers (n INTEGER PRIMARY KEY)");
        await using var writer = new SqliteWriter(new SqliteConnection(folder.File("plain.db"), writable: true), folder.File("plain.db"), new SignalHub());
        Task<int>[] all = [.. Enumerable.Range(0, 100).Select(n => writer.RunAsync(
            (c, _) =>
            {
                int rows = c.Execute("INSERT INTO numbers VALUES (?)", n);
                return n % 10 == 3 ? throw new InvalidOperationException("no") : rows;
            },
            CancellationToken.None))];
        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal(10, all.Count(task => task.IsFaulted));
        Assert.Equal(90, connection.Number("SELECT count(*) FROM numbers"));
        Assert.Equal(0, connection.Number("SELECT count(*) FROM numbers WHERE n % 10 = 3"));
    }

    [Fact]
    public async Task A_full_database_refuses_and_goes_on_when_there_is_room()
    {
        string path = folder.File("full.db");
        using var connection = new SqliteConnection(path, writable: true);
        connection.ExecuteScript("PRAGMA journal_mode = WAL; CREATE TABLE blobs (b)");
        var limited = new SqliteConnection(path, writable: true);
        limited.ExecuteScript("PRAGMA max_page_count = 100");
        await using var writer = new SqliteWriter(limited, path, new SignalHub());
        int kept = 0;
        StoreException failure = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            while (true)
            {
                await writer.RunAsync((c, _) => c.Execute("INSERT INTO blobs VALUES (zeroblob(50000))"), CancellationToken.None);
                kept++;
            }
        });
        Assert.Contains("has no room", failure.Message, StringComparison.Ordinal);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
        Assert.Equal(kept, connection.Number("SELECT count(*) FROM blobs"));
        await writer.RunAsync((c, _) => c.Execute("DELETE FROM blobs"), CancellationToken.None);
        Assert.Equal(1, await writer.RunAsync((c, _) => c.Execute("INSERT INTO blobs VALUES (zeroblob(50000))"), CancellationToken.None));
    }

    [Fact]
    public async Task A_full_disk_refuses_and_goes_on_when_there_is_room()
    {
        string disk = folder.File("disk");
        Directory.CreateDirectory(disk);
        if (!TryRun("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk))
        {
            // Only root may mount; A_full_database_... stands in for this elsewhere.
            return;
        }

        try
        {
            await using IServiceStore store = await ServiceStores.OpenAsync(Path.Combine(disk, "store.db"));
            NewJob big = StoreJobs.New() with { InlineInput = new byte[200_000] };
            List<Guid> accepted = [];
            StoreException failure = await Assert.ThrowsAsync<StoreException>(async () =>
            {
                while (true)
                {
                    accepted.Add((await store.AddAsync(big with { Id = Guid.CreateVersion7() })).Id);
                }
            });
            Assert.Contains(Path.Combine(disk, "store.db"), failure.Message, StringComparison.Ordinal);
            Assert.False(failure.IsTransient);
            foreach (Guid id in accepted)
            {
                Assert.Equal(JobState.Queued, (await store.GetAsync(id)).State);
            }

            Assert.True(TryRun("mount", "-o", "remount,size=30m", disk));
            await store.AddAsync(big with { Id = Guid.CreateVersion7() });
            LeasedJob taken = await store.TakeAsync();
            Assert.Equal(accepted[0], taken.Job.Id);
            Assert.True(await store.DoneAsync(taken.Lease));
            Assert.Equal(accepted.Count + 1, (await store.ListJobsAsync(new())).Count);
        }
        finally
        {
            TryRun("umount", "-l", disk);
        }
    }

    [Fact]
    public Task Nothing_acknowledged_is_lost_when_processes_are_killed() => StoreWorker.KillAndCheckAsync(Address, rounds: 5, processes: 2);

    private static bool TryRun(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
