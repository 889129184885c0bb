// Owns: metadata as headers: base64 for "-bin" names, with and without padding, several values joined by commas.

using Grpc.Core;

namespace ProvingService.Grpc.Wire;

internal static class MetadataHeaders
{
    /// <summary>The header's value of an entry. Bytes are sent without padding, as the protocol asks.</summary>
    public static string Value(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.Bytes).TrimEnd('=') : entry.Value;

    /// <summary>Adds what a header says, unless it is reserved.</summary>
    /// <exception cref="RpcException">INTERNAL: a "-bin" header is not base64.</exception>
    public static void Read(Metadata metadata, string name, IEnumerable<string?> values)
    {
        string key = name.ToLowerInvariant();
        if (GrpcProtocol.IsReserved(key))
        {
            return;
        }

        bool binary = key.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal);
        foreach (string? value in values)
        {
            if (!binary)
            {
                metadata.Add(Metadata.Entry.FromWire(key, value ?? ""));
                continue;
            }

            foreach (Range part in value.AsSpan().Split(','))
            {
                byte[]? bytes = Decode(value.AsSpan()[part].Trim(' '));
                metadata.Add(Metadata.Entry.FromWire(
                    key, bytes ?? throw new RpcException(new Status(StatusCode.Internal, $"The header '{key}' is not base64."))));
            }
        }
    }

    /// <summary>The bytes of base64 with or without padding; null where it is neither.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> digits = text.TrimEnd('=');
        if (text.Length - digits.Length > 2 || digits.Length % 4 == 1 || (text.Length != digits.Length && text.Length % 4 != 0))
        {
            return null;
        }

        char[] padded = new char[(digits.Length + 3) / 4 * 4];
        digits.CopyTo(padded);
        padded.AsSpan(digits.Length).Fill('=');
        byte[] bytes = new byte[digits.Length * 3 / 4];

        // The framework's decoder would pass over blanks.
        return !digits.ContainsAnyInRange('\0', ' ') && Convert.TryFromBase64Chars(padded, bytes, out int written) && written == bytes.Length
            ? bytes
            : null;
    }
}
