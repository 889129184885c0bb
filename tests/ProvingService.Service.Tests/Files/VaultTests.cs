// Owns: the shared folder where files come slowly, or from two sides at once.

using System.Runtime.CompilerServices;
using System.Security.Cryptography;
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
