// Owns: bringing a published transcript from a coordinator into a folder. The folder appears when all is there.

using System.Text;
using ProvingService.Contract.Ceremonies;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>Exports transcripts.</summary>
public static class TranscriptExport
{
    /// <summary>Brings everything that is published, and writes SHA256SUMS.</summary>
    /// <param name="client">The coordinator.</param>
    /// <param name="folder">The folder to be; it must not exist. Bytes gather in <c>folder.part</c>, and an export that broke off goes on there.</param>
    /// <param name="withContributions">Whether the key after each contribution comes too; verification does not need them.</param>
    /// <param name="progress">Told the share of the bytes that are there.</param>
    /// <param name="cancellation">Ends the export.</param>
    /// <exception cref="CeremonyException">The ceremony is not finished, or the coordinator names paths that are none.</exception>
    public static async Task RunAsync(
        CeremonyClient client, string folder, bool withContributions, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (Directory.Exists(folder) || File.Exists(folder))
        {
            throw new CeremonyException($"{folder} exists already; name another folder.");
        }

        Contract.Ceremonies.Transcript transcript = await client.GetTranscriptAsync(cancellation).ConfigureAwait(false);
        if (!transcript.Finished)
        {
            throw new CeremonyException("the ceremony is not finished; there is no transcript to export yet. zkps ceremony status says where it stands.");
        }

        string part = folder.TrimEnd('/', Path.DirectorySeparatorChar) + ".part";
        TranscriptFile[] files = [.. transcript.Files.Where(file => withContributions || !file.Path.Contains("/contributions/", StringComparison.Ordinal))
            .OrderBy(file => file.Path, StringComparer.Ordinal)];
        double whole = files.Sum(file => (double)file.Size), done = 0;
        var sums = new StringBuilder();
        foreach (TranscriptFile file in files)
        {
            if (!TranscriptPaths.IsSafe(file.Path) || file.Path == TranscriptPaths.Sums || !CeremonyFiles.IsHash(file.Hash))
            {
                throw new CeremonyException($"the coordinator names the file '{file.Path}', which may not be written.");
            }

            string path = Path.Combine(part, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(path) || await PrivateFiles.HashAsync(path, cancellation).ConfigureAwait(false) != file.Hash)
            {
                await client.DownloadAsync(file.Hash, path, null, cancellation).ConfigureAwait(false);
            }

            done += file.Size;
            progress?.Report(done / Math.Max(whole, 1));
            sums.Append(file.Hash).Append("  ").Append(file.Path).Append('\n');
        }

        await File.WriteAllTextAsync(Path.Combine(part, TranscriptPaths.Sums), sums.ToString(), cancellation).ConfigureAwait(false);
        Directory.Move(part, folder);
    }
}
