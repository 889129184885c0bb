// Owns: how jobs and hashes are written in messages.

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ProvingService.Service;

/// <summary>Names of jobs: UUIDs of version 7, so that they sort by time.</summary>
internal static class JobNames
{
    /// <summary>A new name.</summary>
    public static Guid Create(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow());

    /// <summary>As messages have it.</summary>
    public static string Write(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    /// <summary>The name in a message.</summary>
    /// <returns>False where it is none.</returns>
    public static bool TryRead(string text, out Guid id) => Guid.TryParseExact(text, "D", out id);
}

/// <summary>SHA-256 in hex.</summary>
internal static class Hashes
{
    /// <summary>Of a text in UTF-8.</summary>
    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Of bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
