// Owns: the inputs of a job as an attempt reads them.

using System.Security.Cryptography;

namespace ProvingService.Service;

/// <summary>Inputs in memory or in a file. Secret: never to be logged, and not to be kept after the attempt.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Bytes">The inputs, where there is no path.</param>
/// <param name="Path">The file that holds them, or null.</param>
internal sealed record JobInput(InputKind Kind, ReadOnlyMemory<byte> Bytes, string? Path)
{
    /// <summary>All of them in memory.</summary>
    public ReadOnlyMemory<byte> ReadAll() => Path is null ? Bytes : File.ReadAllBytes(Path);

    /// <summary>Whether they are what was submitted.</summary>
    /// <param name="hash">The SHA-256, in hex.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<bool> HasHashAsync(string hash, CancellationToken cancellation) => hash == (Path is null
        ? Convert.ToHexStringLower(SHA256.HashData(Bytes.Span))
        : await PrivateFiles.HashAsync(Path, cancellation).ConfigureAwait(false));

    // A record would print its members, and these are secret.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(Kind);
        return true;
    }
}
