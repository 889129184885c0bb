// Owns: the coordinator's folder: published files by their hash, uploads under way. Never: what the files mean.
//
//   objects/ab/abcd…      a file by its SHA-256; complete, never changed, mode 0400
//   uploads/7-0-abcd….part    the bytes of an upload in order: place in the queue, circuit, hash
//   uploads/7-0-abcd….whole   all of them, with the right hash; becomes an object when it is accepted
//   work/…                 files being made; emptied at each start
//   ceremony.db            the state
//   receipt.key            the seed of the Ed25519 key that signs receipts; mode 0600
//   admin.token            the operator's token; mode 0600

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>Why bytes of an upload were refused.</summary>
internal enum UploadFault
{
    /// <summary>The first byte that was announced is not the next one that is needed.</summary>
    WrongOffset,

    /// <summary>More bytes came than the file was said to have.</summary>
    TooManyBytes,

    /// <summary>All bytes are there and have another hash; they are thrown away.</summary>
    WrongHash,

    /// <summary>Another call uploads.</summary>
    Busy,
}

/// <summary>Bytes of an upload were refused.</summary>
internal sealed class UploadException(UploadFault fault, string message) : Exception(message)
{
    public UploadFault Fault => fault;
}

/// <summary>The upload of one turn.</summary>
/// <param name="Ticket">The place in the queue.</param>
/// <param name="Circuit">The circuit's index.</param>
/// <param name="Hash">The hash of the whole file.</param>
internal readonly record struct UploadName(int Ticket, int Circuit, string Hash);

/// <summary>The folder. Safe for concurrent use by one process. Faults of the disk are <see cref="IOException"/>s.</summary>
internal sealed partial class CeremonyFiles
{
    private const int BufferLength = 1 << 20;
    private readonly ConcurrentDictionary<UploadName, bool> active = new();
    private readonly string objects, uploads, work;

    /// <summary>Opens the folder and makes what is missing.</summary>
    public CeremonyFiles(string root)
    {
        Root = Path.GetFullPath(root);
        objects = Path.Combine(Root, "objects");
        uploads = Path.Combine(Root, "uploads");
        work = Path.Combine(Root, "work");
        foreach (string folder in (string[])[Root, objects, uploads, work])
        {
            PrivateFiles.MakeFolder(folder);
        }
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>Whether a text is a hash as the contract writes them.</summary>
    public static bool IsHash(string text) => HashForm().IsMatch(text);

    /// <summary>Where the file of a hash is, or would be.</summary>
    public string PathOf(string hash) => IsHash(hash)
        ? Path.Combine(objects, hash[..2], hash)
        : throw new ArgumentException("A hash is 64 lower-case hex digits.", nameof(hash));

    /// <summary>A path for a file that is being made.</summary>
    public string NewWorkFile() => Path.Combine(work, Guid.NewGuid().ToString("N"));

    /// <summary>Deletes what a process that was killed had not finished making.</summary>
    public void EmptyWork()
    {
        foreach (string file in Directory.EnumerateFiles(work))
        {
            File.Delete(file);
        }
    }

    /// <summary>Takes a copy of a file into the objects.</summary>
    /// <returns>Its hash and length.</returns>
    public async Task<(string Hash, long Size)> ImportAsync(string path, CancellationToken cancellation)
    {
        string copy = NewWorkFile();
        await using (FileStream from = OpenToRead(path))
        await using (FileStream to = PrivateFiles.Create(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite, FileMode.CreateNew))
        {
            await from.CopyToAsync(to, BufferLength, cancellation).ConfigureAwait(false);
        }

        return await AdoptAsync(copy, cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes a work file an object.</summary>
    /// <returns>Its hash and length.</returns>
    public async Task<(string Hash, long Size)> AdoptAsync(string workFile, CancellationToken cancellation)
    {
        string hash = await PrivateFiles.HashAsync(workFile, cancellation).ConfigureAwait(false);
        long size = new FileInfo(workFile).Length;
        Publish(workFile, hash);
        return (hash, size);
    }

    /// <summary>Makes an object of a text.</summary>
    public async Task<(string Hash, long Size)> AdoptTextAsync(string text, CancellationToken cancellation)
    {
        string path = NewWorkFile();
        await File.WriteAllTextAsync(path, text, cancellation).ConfigureAwait(false);
        return await AdoptAsync(path, cancellation).ConfigureAwait(false);
    }

    /// <summary>How many bytes of an upload are on the disk, and whether that is all and the hash is right; null where none was begun.</summary>
    public (long Length, bool IsWhole)? FindUpload(UploadName name) =>
        new FileInfo(WholeOf(name)) is { Exists: true } whole ? (whole.Length, true)
        : new FileInfo(PartOf(name)) is { Exists: true } part ? (part.Length, false)
        : null;

    /// <summary>Where a whole upload is: among the uploads, or among the objects where a process was killed while it was accepted.</summary>
    public string WholePathOf(UploadName name) => File.Exists(WholeOf(name)) ? WholeOf(name) : PathOf(name.Hash);

    /// <summary>Takes bytes from an offset on, until they end; what came is kept whatever happens.</summary>
    /// <returns>How many bytes there are, and whether the upload is whole.</returns>
    /// <exception cref="UploadException">The upload is refused.</exception>
    public async Task<(long Length, bool IsWhole)> TakeAsync(UploadName name, long size, long offset, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, CancellationToken cancellation)
    {
        // One upload a turn: another hash of the same turn gives way.
        if (!active.TryAdd(name with { Hash = "" }, true))
        {
            throw new UploadException(UploadFault.Busy, "another call uploads for this turn; wait for its end.");
        }

        try
        {
            foreach (string other in Directory.EnumerateFiles(uploads, $"{name.Ticket}-{name.Circuit}-*"))
            {
                if (other != PartOf(name) && other != WholeOf(name))
                {
                    File.Delete(other);
                }
            }

            return FindUpload(name) is { IsWhole: true } whole ? whole : await AppendAsync(name, size, offset, pieces, cancellation).ConfigureAwait(false);
        }
        finally
        {
            active.TryRemove(name with { Hash = "" }, out _);
        }
    }

    /// <summary>Makes an object of a whole upload. Where a process was killed after that, it is one already.</summary>
    public void PublishUpload(UploadName name)
    {
        if (File.Exists(WholeOf(name)))
        {
            Publish(WholeOf(name), name.Hash);
        }
    }

    /// <summary>Throws the uploads of a turn away.</summary>
    public void DropUploads(int ticket, int circuit)
    {
        foreach (string part in Directory.EnumerateFiles(uploads, $"{ticket}-{circuit}-*"))
        {
            File.Delete(part);
        }
    }

    /// <summary>Opens a file that others may read and delete meanwhile.</summary>
    public static FileStream OpenToRead(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferLength, FileOptions.SequentialScan | FileOptions.Asynchronous);

    /// <summary>Reads a secret of its owner alone, and makes it where there is none.</summary>
    /// <param name="name">The file's name in the folder.</param>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="make">Makes them.</param>
    /// <exception cref="CeremonyException">It has another length.</exception>
    public byte[] ReadOrMakeSecret(string name, int length, Func<byte[]> make)
    {
        string path = Path.Combine(Root, name);
        if (!File.Exists(path))
        {
            string part = $"{path}.{Guid.NewGuid():N}.part";
            byte[] made = make();
            using (FileStream file = PrivateFiles.Create(part, UnixFileMode.UserRead | UnixFileMode.UserWrite, FileMode.CreateNew))
            {
                file.Write(made);
                file.Flush(flushToDisk: true);
            }

            CryptographicOperations.ZeroMemory(made);
            File.Move(part, path);
            FolderSync.Flush(Root);
        }

        byte[] secret = File.ReadAllBytes(path);
        return secret.Length == length
            ? secret
            : throw new CeremonyException($"{path} has {secret.Length} bytes, not {length}: restore it from a backup.");
    }

    private async Task<(long Length, bool IsWhole)> AppendAsync(UploadName name, long size, long offset, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, CancellationToken cancellation)
    {
        string part = PartOf(name);
        long length;
        await using (FileStream file = new(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, BufferLength, FileOptions.Asynchronous))
        {
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

                    // So that a process that is killed leaves what came behind.
                    await file.FlushAsync(cancellation).ConfigureAwait(false);
                    length += piece.Length;
                }
            }
            finally
            {
                await file.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
        }

        if (length < size)
        {
            return (length, false);
        }

        string found = await PrivateFiles.HashAsync(part, cancellation).ConfigureAwait(false);
        if (found != name.Hash)
        {
            File.Delete(part);
            throw new UploadException(UploadFault.WrongHash, $"the {length} bytes have the SHA-256 {found} and not {name.Hash}; they were thrown away, send the file again.");
        }

        File.Move(part, WholeOf(name));
        FolderSync.Flush(uploads);
        return (length, true);
    }

    private string PartOf(UploadName name) => Path.Combine(uploads, $"{name.Ticket}-{name.Circuit}-{name.Hash}.part");

    private string WholeOf(UploadName name) => Path.Combine(uploads, $"{name.Ticket}-{name.Circuit}-{name.Hash}.whole");

    private void Publish(string part, string hash) => PrivateFiles.Publish(part, PathOf(hash));

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HashForm();
}
