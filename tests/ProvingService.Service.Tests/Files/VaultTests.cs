// Owns: the shared folder where files come slowly, or from two sides at once.

using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using ProvingService.Service.Tests.Stores;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Files;

public sealed class VaultTests
{
    [Fact]
    public async Task Inputs_that_come_slowly_are_seen_to_come()
    {
        using var folder = new TemporaryFolder();
        var vault = new FileVault(folder.Path);
        var job = Guid.CreateVersion7();
        await vault.WriteInputAsync(job, SlowlyAsync(), 100, default);

        // The sweep goes by the time of the last write: each piece must be one, or inputs that are still brought look abandoned.
        async IAsyncEnumerable<ReadOnlyMemory<byte>> SlowlyAsync([EnumeratorCancellation] CancellationToken cancellation = default)
        {
            await Task.CompletedTask.WaitAsync(cancellation);
            yield return new byte[10];
            Assert.Equal(10, new FileInfo(vault.InputOf(job)).Length);
            yield return new byte[10];
            Assert.Equal(20, new FileInfo(vault.InputOf(job)).Length);
        }
    }

    [Fact]
    public async Task The_sweep_takes_old_inputs_that_no_job_needs_and_no_others()
    {
        using var folder = new TemporaryFolder();
        var vault = new FileVault(folder.Path);
        await using IServiceStore store = await ServiceStores.OpenAsync(folder.File("test.db"));
        NewJob waiting = StoreJobs.New(), ended = StoreJobs.New(), fresh = StoreJobs.New(), unknown = StoreJobs.New();
        await store.AddAsync(waiting);
        await store.AddAsync(ended);
        await store.CancelAsync(ended.Id);
        foreach (NewJob job in (NewJob[])[waiting, ended, fresh, unknown])
        {
            await File.WriteAllTextAsync(vault.InputOf(job.Id), "inputs");
            File.SetLastWriteTimeUtc(vault.InputOf(job.Id), DateTime.UtcNow - (job == fresh ? TimeSpan.Zero : TimeSpan.FromHours(1)));
        }

        var options = new ServiceOptions();
        await new Upkeep(store, vault, new Uploads(vault, 1), options, TimeProvider.System, NullLogger.Instance).SweepAsync(default);
        Assert.Equal(
            new[] { vault.InputOf(waiting.Id), vault.InputOf(fresh.Id) }.Order(), Directory.GetFiles(Path.Combine(folder.Path, "inputs")).Order());
    }

    [Fact]
    public async Task An_upload_that_another_process_finished_first_is_complete()
    {
        using var folder = new TemporaryFolder();
        var vault = new FileVault(folder.Path);
        byte[] file = RandomNumberGenerator.GetBytes(1000);
        string hash = Hashes.Of(file), part = Path.Combine(folder.Path, "uploads", hash + ".part");
        UploadState state = await new Uploads(vault, 1 << 20).TakeAsync(hash, file.Length, 0, TakenAwayAsync(), default);
        Assert.Equal(new UploadState(file.Length, true), state);
        Assert.Equal(file, await File.ReadAllBytesAsync(vault.PathOf(hash)));

        // As if the other process had come to the end of the same file a moment earlier.
        async IAsyncEnumerable<ReadOnlyMemory<byte>> TakenAwayAsync([EnumeratorCancellation] CancellationToken cancellation = default)
        {
            await Task.CompletedTask.WaitAsync(cancellation);
            yield return file;
            Directory.CreateDirectory(Path.GetDirectoryName(vault.PathOf(hash))!);
            File.Move(part, vault.PathOf(hash));
        }
    }
}
