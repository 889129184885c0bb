// Owns: how jobs and hashes are written in messages.

using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ProvingService.Service;

/// <summary>
/// Names of jobs: UUIDs of version 7 (RFC 9562), which sort by time; those of one process and one millisecond by a counter in
/// rand_a (section 6.2, method 1).
/// </summary>
internal static class JobNames
{
    private const int CounterBits = 12;
    private static readonly Lock Gate = new();
    private static long last;

    /// <summary>A new name, greater than all that this process made before.</summary>
    public static Guid Create(TimeProvider time)
    {
        long stamp;
        lock (Gate)
        {
            // Milliseconds, then the counter; a full counter borrows from the next millisecond.
            stamp = last = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds() << CounterBits, last + 1);
        }

        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes[8..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (stamp >> CounterBits << 16) | 0x7000 | (stamp & ((1 << CounterBits) - 1)));
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

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
