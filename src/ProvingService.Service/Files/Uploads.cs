// Owns: uploads of key and circuit files: in order, resumable, and checked before anyone sees the file.

using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace ProvingService.Service;

/// <summary>How far an upload is.</summary>
/// <param name="Committed">Bytes that are on the disk.</param>
/// <param name="IsComplete">Whether the file is among the objects.</param>
public readonly record struct UploadState(long Committed, bool IsComplete);

/// <summary>Why an upload was refused.</summary>
public enum UploadFault
{
    /// <summary>The file is longer than files may be.</summary>
    TooLarge,

    /// <summary>The first byte that was announced is not the next one that is needed.</summary>
    WrongOffset,

    /// <summary>More bytes came than the file was said to have.</summary>
    TooManyBytes,

    /// <summary>All bytes are there and have another hash; they are thrown away.</summary>
    WrongHash,

    /// <summary>Another call uploads the same file.</summary>
    Busy,
}

/// <summary>An upload was refused.</summary>
/// <param name="fault">Why.</param>
/// <param name="message">The same for a person.</param>
public sealed class UploadException(UploadFault fault, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public UploadFault Fault => fault;
}

/// <summary>Uploads into a vault. Safe for concurrent use; of one file only one call at a time.</summary>
public sealed class Uploads(FileVault vault, long maxBytes)
{
    private readonly ConcurrentDictionary<string, bool> active = new(StringComparer.Ordinal);

    /// <summary>How far the upload of a hash is; null where none was begun.</summary>
    public UploadState? Find(string hash)
    {
        var whole = new FileInfo(vault.PathOf(hash));
        if (whole.Exists)
        {
            return new(whole.Length, true);
        }

        var part = new FileInfo(PartOf(hash));
        return part.Exists ? new(part.Length, false) : null;
    }

    /// <summary>Takes bytes from an offset on, until they end; what came is kept whatever happens.</summary>
    /// <exception cref="UploadException">The upload is refused.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public async Task<UploadState> TakeAsync(
        string hash, long size, long offset, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, CancellationToken cancellation)
    {
        if (size > maxBytes)
        {
            throw new UploadException(UploadFault.TooLarge, $"the file has {size} bytes; at most {maxBytes} are taken.");
        }

        if (Find(hash) is { IsComplete: true } done)
        {
            return done;
        }

        if (!active.TryAdd(hash, true))
        {
            throw new UploadException(UploadFault.Busy, "another call uploads this file; wait for its end.");
        }

        try
        {
            return await AppendAsync(hash, size, offset, pieces, cancellation).ConfigureAwait(false);
        }
        finally
        {
            active.TryRemove(hash, out _);
        }
    }

    /// <summary>Throws uploads away that nobody has gone on with since a time.</summary>
    public void Sweep(DateTimeOffset untouchedSince)
    {
        foreach (FileInfo part in new DirectoryInfo(vault.UploadFolder).EnumerateFiles())
        {
            if (part.LastWriteTimeUtc < untouchedSince.UtcDateTime)
            {
                try
                {
                    part.Delete();
                }
                catch (IOException)
                {
                    // The next sweep.
                }
            }
        }
    }

    private async Task<UploadState> AppendAsync(
        string hash, long size, long offset, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, CancellationToken cancellation)
    {
        string part = PartOf(hash);
        long length;
        try
        {
            await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.Asynchronous);
            length = file.Length;
            if (offset != length)
            {
                throw new UploadException(UploadFault.WrongOffset, $"the upload stands at byte {length}, and bytes from {offset} on were announced.");
            }

            file.Position = length;
            try
            {
                await foreach (ReadOnlyMemory<byte> piece in pieces.WithCancellation(cancellation).ConfigureAwait(false))
                {
                    if (length + piece.Length > size)
                    {
                        throw new UploadException(UploadFault.TooManyBytes, $"more than the {size} bytes came that the file was said to have.");
                    }

                    await file.WriteAsync(piece, cancellation).ConfigureAwait(false);
                    length += piece.Length;
                }
            }
            finally
            {
                await file.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException) when (IsLocked(part))
        {
            throw new UploadException(UploadFault.Busy, "another process uploads this file; wait for its end.");
        }

        if (length < size)
        {
            return new(length, false);
        }

        try
        {
            string found = length == size ? await PrivateFiles.HashAsync(part, cancellation).ConfigureAwait(false) : "";
            if (!string.Equals(found, hash, StringComparison.Ordinal))
            {
                File.Delete(part);
                throw new UploadException(UploadFault.WrongHash, $"the {length} bytes have the SHA-256 {found} and not {hash}; they were thrown away, send the file again.");
            }

            vault.Publish(part, hash);
        }
        catch (FileNotFoundException) when (vault.Contains(hash))
        {
            // Another process had the last bytes too, and was faster to find that they are right.
        }

        return new(length, true);
    }

    private string PartOf(string hash) => Path.Combine(vault.UploadFolder, Path.GetFileName(vault.PathOf(hash)) + ".part");

    /// <summary>Whether a file is there and somebody else has it open for himself.</summary>
    private static bool IsLocked(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using var probe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
