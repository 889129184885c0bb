// Owns: writing a file so that it is either complete or not there.

namespace ProvingService.R1cs;

/// <summary>
/// A file written aside, in the same folder, and renamed when complete: readers never see a part, and a failure leaves
/// neither the file nor the part. An existing file of the same name stays until then. Not thread-safe.
/// </summary>
public sealed class AtomicFile : IDisposable
{
    private readonly string temporaryPath;
    private bool isCommitted;

    /// <summary>Opens the part for writing.</summary>
    /// <param name="path">The file to be.</param>
    /// <exception cref="IOException">The folder is missing or cannot be written, or the path is a folder itself.</exception>
    public AtomicFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(Path))
        {
            throw new IOException($"{Path} is a folder; a file is to be written there.");
        }

        temporaryPath = $"{Path}.{Guid.NewGuid():N}.part";
        Stream = new FileStream(temporaryPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 18);
    }

    /// <summary>The file to be.</summary>
    public string Path { get; }

    /// <summary>The part; it can seek.</summary>
    public FileStream Stream { get; }

    /// <summary>Flushes the part to the disk and gives it its name, replacing what had it before.</summary>
    public void Commit()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(temporaryPath, Path, overwrite: true);
        isCommitted = true;
    }

    /// <summary>Removes the part, unless <see cref="Commit"/> has been called.</summary>
    public void Dispose()
    {
        try
        {
            // May write what is buffered, and fail where the disk is full.
            Stream.Dispose();
        }
        finally
        {
            if (!isCommitted)
            {
                File.Delete(temporaryPath);
            }
        }
    }
}
