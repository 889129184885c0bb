// Owns: the folder that a service and its workers share: key and circuit files by their hash, uploads under way, inputs of jobs.
// Never: what the files mean.
//
//   objects/ab/abcd…   a file by its SHA-256; complete, checked, never changed, mode 0400
//   uploads/abcd….part bytes of an upload in order, flushed; becomes an object when all are there and the hash is right
//   inputs/UUID        the inputs of the job of that name, deleted when the job ends; mode 0600
//   receipt.key        the seed of the Ed25519 key that signs receipts; mode 0600
//
// Inputs are named by job and not by content: two jobs never share one, so the end of a job can delete its own.

using System.Security.Cryptography;

namespace ProvingService.Service;

/// <summary>The shared folder. Safe for concurrent use, by several processes too. Faults of the disk are <see cref="IOException"/>s.</summary>
public sealed class FileVault
{
    private const int BufferLength = 1 << 20;
    private readonly string objects, inputs;

    /// <summary>Opens the folder and makes what is missing.</summary>
    /// <param name="root">The folder.</param>
    /// <exception cref="IOException">It cannot be made or written.</exception>
    public FileVault(string root)
    {
        Root = Path.GetFullPath(root);
        objects = Path.Combine(Root, "objects");
        inputs = Path.Combine(Root, "inputs");
        UploadFolder = Path.Combine(Root, "uploads");
        foreach (string folder in (string[])[Root, objects, UploadFolder, inputs])
        {
            PrivateFiles.MakeFolder(folder);
        }
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    internal string UploadFolder { get; }

    /// <summary>Where the file of a hash is, or would be.</summary>
    public string PathOf(string hash) => ServiceOptions.IsHash(hash)
        ? Path.Combine(objects, hash[..2], hash)
        : throw new ArgumentException("A hash is 64 lower-case hex digits.", nameof(hash));

    /// <summary>Whether the file of a hash is here.</summary>
    public bool Contains(string hash) => File.Exists(PathOf(hash));

    /// <summary>Where the inputs of a job are, or would be.</summary>
    public string InputOf(Guid job) => Path.Combine(inputs, job.ToString("N"));

    /// <summary>Writes the inputs of a job and flushes them to the disk.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="pieces">The bytes.</param>
    /// <param name="limit">More bytes than this are refused.</param>
    /// <param name="cancellation">Ends the writing.</param>
    /// <returns>The SHA-256, in hex, and the length.</returns>
    /// <exception cref="InvalidDataException">There are more bytes than the limit.</exception>
    public async Task<(string Hash, long Length)> WriteInputAsync(
        Guid job, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, long limit, CancellationToken cancellation)
    {
        string path = InputOf(job);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        try
        {
            await using FileStream file = PrivateFiles.Create(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await foreach (ReadOnlyMemory<byte> piece in pieces.WithCancellation(cancellation).ConfigureAwait(false))
            {
                length += piece.Length;
                if (length > limit)
                {
                    throw new InvalidDataException($"more than the {limit} bytes that were said.");
                }

                hash.AppendData(piece.Span);
                await file.WriteAsync(piece, cancellation).ConfigureAwait(false);

                // The file's time of writing tells the sweep that somebody still brings it, however slowly.
                await file.FlushAsync(cancellation).ConfigureAwait(false);
            }

            file.Flush(flushToDisk: true);
        }
        catch
        {
            DeleteInput(job);
            throw;
        }

        FolderSync.Flush(inputs);
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), length);
    }

    /// <summary>Deletes the inputs of a job, if there are any.</summary>
    public void DeleteInput(Guid job)
    {
        try
        {
            File.Delete(InputOf(job));
        }
        catch (IOException)
        {
            // The sweep takes it later.
        }
    }

    /// <summary>Jobs that have inputs here which were written before a time.</summary>
    public IReadOnlyList<Guid> ListInputs(DateTimeOffset writtenBefore)
    {
        var found = new List<Guid>();
        foreach (FileInfo file in new DirectoryInfo(inputs).EnumerateFiles())
        {
            if (file.LastWriteTimeUtc < writtenBefore.UtcDateTime && Guid.TryParseExact(file.Name, "N", out Guid job))
            {
                found.Add(job);
            }
        }

        return found;
    }

    /// <summary>Gives a checked file its name among the objects. Both are in the same file system.</summary>
    internal void Publish(string part, string hash) => PrivateFiles.Publish(part, PathOf(hash));
}
