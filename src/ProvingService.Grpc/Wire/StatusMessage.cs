// Owns: a status's message as a header: percent-encoded UTF-8, bounded on the way out, never refused on the way in.

using System.Globalization;
using System.Text;

namespace ProvingService.Grpc.Wire;

internal static class StatusMessage
{
    /// <summary>
    /// The longest encoded message that is sent, in characters. Clients bound all trailers together, the tightest known to
    /// us at 8 KiB, and past that they lose the status itself.
    /// </summary>
    public const int MaxEncodedLength = 4096;

    /// <summary>Encodes; what is past <see cref="MaxEncodedLength"/> is cut off between characters.</summary>
    public static string Encode(string message)
    {
        if (message.Length <= MaxEncodedLength && !message.AsSpan().ContainsAnyExceptInRange(' ', '~') && !message.Contains('%', StringComparison.Ordinal))
        {
            return message;
        }

        var encoded = new StringBuilder(Math.Min(message.Length, MaxEncodedLength));
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in message.EnumerateRunes())
        {
            if (rune.Value is >= ' ' and <= '~' and not '%')
            {
                encoded.Append((char)rune.Value);
            }
            else
            {
                int length = rune.EncodeToUtf8(utf8);
                if (encoded.Length + (3 * length) > MaxEncodedLength)
                {
                    break;
                }

                foreach (byte b in utf8[..length])
                {
                    encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
                }
            }

            if (encoded.Length >= MaxEncodedLength)
            {
                break;
            }
        }

        return encoded.ToString();
    }

    /// <summary>Decodes. What is not well encoded stays as it is; what is not UTF-8 becomes U+FFFD.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.AsSpan().ContainsAnyExceptInRange(' ', '~') && !encoded.Contains('%', StringComparison.Ordinal))
        {
            return encoded;
        }

        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '%' && i + 2 < encoded.Length
                && byte.TryParse(encoded.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes[length++] = value;
                i += 2;
            }
            else if (encoded[i] <= 0xFF)
            {
                // A raw byte from a sender that does not encode: the HTTP layer hands it over as Latin-1.
                bytes[length++] = (byte)encoded[i];
            }
            else
            {
                length += Encoding.UTF8.GetBytes(encoded.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
