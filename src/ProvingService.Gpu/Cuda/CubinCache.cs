// Owns: compiled CUDA programs on disk. Never: the truth: what is damaged or missing is compiled again.

using System.Security.Cryptography;
using System.Text;

namespace ProvingService.Gpu;

/// <summary>
/// A folder of compiled programs. An entry is the SHA-256 of its content, then the content, under a name that hashes all
/// that the content depends on. Entries are written aside and renamed, so processes may share the folder. A folder that
/// cannot be read or written is an empty cache. Thread-safe.
/// </summary>
/// <param name="folder">The folder; made when first written to.</param>
/// <param name="maxBytes">The entries' length in all; the oldest make way.</param>
internal sealed class CubinCache(string folder, long maxBytes = CubinCache.DefaultMaxBytes)
{
    /// <summary>Programs are about a megabyte; a tuning run tries some dozens of variants.</summary>
    public const long DefaultMaxBytes = 256L << 20;

    private const string Suffix = ".cubin", PartSuffix = ".part";
    private const int MaxEntryBytes = 64 << 20;

    /// <summary>The user's cache: in <c>$XDG_CACHE_HOME</c> or <c>~/.cache</c>; null where the user has no such folder.</summary>
    public static CubinCache? OfUser()
    {
        string? root = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!Path.IsPathFullyQualified(root ?? ""))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            root = home.Length == 0 ? null : Path.Combine(home, ".cache");
        }

        return root is null ? null : new(Path.Combine(root, "proving-service", "kernels"));
    }

    /// <summary>The name of an entry.</summary>
    /// <param name="parts">All that the content depends on.</param>
    public static string Key(params ReadOnlySpan<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts!))));

    /// <summary>An entry's content; null where there is none or it is damaged.</summary>
    public byte[]? TryRead(string key)
    {
        try
        {
            using FileStream file = new(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length is < SHA256.HashSizeInBytes or > MaxEntryBytes)
            {
                return null;
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            ReadOnlySpan<byte> content = bytes.AsSpan(SHA256.HashSizeInBytes);
            return SHA256.HashData(content).AsSpan().SequenceEqual(bytes.AsSpan(0, SHA256.HashSizeInBytes)) ? content.ToArray() : null;
        }
        catch (Exception failure) when (IsOfFiles(failure))
        {
            return null;
        }
    }

    /// <summary>Keeps an entry, if the folder can be written.</summary>
    public void Write(string key, ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxEntryBytes - SHA256.HashSizeInBytes)
        {
            return;
        }

        string part = $"{PathOf(key)}.{Guid.NewGuid():N}{PartSuffix}";
        try
        {
            // A program is code that runs in this user's name: nobody else is to put one there.
            _ = OperatingSystem.IsWindows()
                ? Directory.CreateDirectory(folder)
                : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using (FileStream file = new(part, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                file.Write(SHA256.HashData(content));
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(part, PathOf(key), overwrite: true);
            Trim();
        }
        catch (Exception failure) when (IsOfFiles(failure))
        {
            TryDelete(part);
        }
    }

    /// <summary>Forgets an entry that turned out to be of no use.</summary>
    public void Remove(string key) => TryDelete(PathOf(key));

    private static bool IsOfFiles(Exception failure) => failure is IOException or UnauthorizedAccessException;

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (IsOfFiles(failure))
        {
            // It stays; it is checked before it is used.
        }
    }

    private string PathOf(string key) => Path.Combine(folder, key + Suffix);

    /// <summary>Deletes the oldest entries until the rest fits, and what writers that died left behind.</summary>
    private void Trim()
    {
        long held = 0;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles().OrderByDescending(file => file.LastWriteTimeUtc).ToArray())
        {
            bool isPart = file.Name.EndsWith(PartSuffix, StringComparison.Ordinal);
            if (isPart ? file.LastWriteTimeUtc < DateTime.UtcNow.AddHours(-1) : (held += file.Length) > maxBytes)
            {
                TryDelete(file.FullName);
            }
        }
    }
}
