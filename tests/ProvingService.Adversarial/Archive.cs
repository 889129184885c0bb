// Owns: the archive of the vectors for a release: the same bytes each time, so that anyone can make it again and compare.

using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ProvingService.R1cs;

namespace ProvingService.Adversarial;

/// <summary>
/// A .tar.gz with the folder <c>groth16-adversarial-VERSION</c>: the suite's files in the order of their names, the project's licence, and
/// SHA256SUMS over all of them. Entries belong to no user and have no time.
/// </summary>
internal static class Archive
{
    /// <summary>The folder's name inside, and the archive's without its ending.</summary>
    public static string Name { get; } = "groth16-adversarial-" + VectorFile.Version;

    /// <summary>Writes the archive, whole or not at all.</summary>
    /// <param name="folder">The folder of the vectors.</param>
    /// <param name="licence">The licence's file.</param>
    /// <param name="path">The archive to be.</param>
    public static void Write(string folder, string licence, string path)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal) { ["LICENSE"] = File.ReadAllBytes(licence) };
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            files[Path.GetRelativePath(folder, file).Replace('\\', '/')] = File.ReadAllBytes(file);
        }

        var sums = new StringBuilder();
        foreach ((string name, byte[] bytes) in files)
        {
            sums.Append(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  {name}\n");
        }

        files["SHA256SUMS"] = Encoding.UTF8.GetBytes(sums.ToString());
        using var target = new AtomicFile(path);
        using (var gzip = new GZipStream(target.Stream, CompressionLevel.SmallestSize, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            foreach ((string name, byte[] bytes) in files)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{Name}/{name}")
                {
                    DataStream = new MemoryStream(bytes),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                });
            }
        }

        target.Commit();
    }
}
