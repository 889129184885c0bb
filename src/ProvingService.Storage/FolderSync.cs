// Owns: making names in a folder outlast the power, which flushing a file alone does not promise.

using System.Runtime.InteropServices;

namespace ProvingService.Storage;

/// <summary>Flushes folders to the disk where the system can.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <summary>Flushes the names in a folder.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"{folder} cannot be opened: error {Marshal.GetLastPInvokeError()}.");
        }

        try
        {
            // EINVAL: the file system has nothing to flush for folders.
            const int Invalid = 22;
            if (Synchronize(descriptor) != 0 && Marshal.GetLastPInvokeError() is not Invalid and int error)
            {
                throw new IOException($"{folder} cannot be flushed to the disk: error {error}.");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
