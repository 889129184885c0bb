// Owns: files and folders for their owner alone, and files that are published under their hash. Never: where they are.

using System.Security.Cryptography;

namespace ProvingService.Storage;

/// <summary>Files that others on the machine may not read, made and published so that they outlast the power.</summary>
internal static class PrivateFiles
{
    private const int BufferLength = 1 << 20;

    /// <summary>Makes a folder, if it is not there, that only its owner may enter.</summary>
    public static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Opens a file for writing that has its rights from the beginning.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rights">Who may read and write it, where the system knows that.</param>
    /// <param name="mode">Whether one that is there is replaced or an error.</param>
    public static FileStream Create(string path, UnixFileMode rights, FileMode mode = FileMode.Create)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = BufferLength,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = rights;
        }

        return new FileStream(path, options);
    }

    /// <summary>Flushes a checked file, gives it its name for good, and takes away the right to write it. Both are in one file system.</summary>
    public static void Publish(string part, string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        MakeFolder(folder);
        using (var file = new FileStream(part, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);

        // Only now: an upload that ends between the two could not be gone on with if it could not be written.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead);
        }

        FolderSync.Flush(folder);
    }

    /// <summary>The SHA-256 of a file, in hex.</summary>
    public static async Task<string> HashAsync(string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferLength, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
    }
}
