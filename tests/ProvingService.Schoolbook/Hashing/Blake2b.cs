// Owns: BLAKE2b with 64 bytes of output and no key, from RFC 7693, and its state in the middle of a message. No library hands out
// that state, which a .ptau records.
//
// A state as .ptau has it, words little-endian: 128 bytes of buffer; eight words h; a word of bytes compressed; a word of bytes
// valid in the buffer; a word 0.

using System.Buffers.Binary;
using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>A hash in progress. Not thread-safe.</summary>
internal sealed class Blake2b
{
    public const int StateLength = 216;

    private const int BlockLength = 128;

    private static readonly ulong[] InitialVector =
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    /// <summary>SIGMA of section 2.7, a digit of base 16 for each entry; rounds 10 and 11 are 0 and 1 again.</summary>
    private static readonly string[] Sigma =
    [
        "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
        "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
    ];

    private readonly ulong[] h = [.. InitialVector];
    private readonly List<byte> buffer = [];
    private ulong compressed;

    /// <summary>An empty message: h[0] takes the parameters, 64 bytes of output, no key, no tree.</summary>
    public Blake2b() => h[0] ^= 0x01010000 ^ 64;

    /// <summary>Bytes of the message so far.</summary>
    public ulong Length => compressed + (ulong)buffer.Count;

    /// <summary>The hash of a message in pieces.</summary>
    public static byte[] Hash(params byte[][] pieces)
    {
        var hash = new Blake2b();
        foreach (byte[] piece in pieces)
        {
            hash.Update(piece);
        }

        return hash.Digest();
    }

    /// <summary>Takes up a state, or null where its counts are those of no message.</summary>
    public static Blake2b? FromState(byte[] state)
    {
        var hash = new Blake2b { compressed = Word(state, 192) };
        ulong valid = Word(state, 200);
        if (hash.compressed % BlockLength != 0 || valid > BlockLength || Word(state, 208) != 0)
        {
            return null;
        }

        hash.buffer.AddRange(state.Take((int)valid));
        for (int i = 0; i < 8; i++)
        {
            hash.h[i] = Word(state, 128 + (8 * i));
        }

        return hash;
    }

    /// <summary>Whether both have had the same message, as far as a state tells.</summary>
    public bool IsSameState(Blake2b other) => compressed == other.compressed && h.AsSpan().SequenceEqual(other.h) && buffer.SequenceEqual(other.buffer);

    /// <summary>Adds to the message. A full block waits until more follows, since the last one is compressed otherwise.</summary>
    public void Update(byte[] bytes)
    {
        foreach (byte b in bytes)
        {
            if (buffer.Count == BlockLength)
            {
                compressed += BlockLength;
                Compress(h, [.. buffer], compressed, isLast: false);
                buffer.Clear();
            }

            buffer.Add(b);
        }
    }

    /// <summary>The hash of the message so far.</summary>
    public byte[] Digest()
    {
        ulong[] last = [.. h];
        Compress(last, [.. buffer, .. new byte[BlockLength - buffer.Count]], Length, isLast: true);
        byte[] digest = new byte[64];
        for (int i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest.AsSpan(8 * i), last[i]);
        }

        return digest;
    }

    /// <summary>The function F of section 3.2; messages here are shorter than 2^64 bytes.</summary>
    private static void Compress(ulong[] h, byte[] block, ulong length, bool isLast)
    {
        ulong[] m = [.. Enumerable.Range(0, 16).Select(i => Word(block, 8 * i))], v = [.. h, .. InitialVector];
        v[12] ^= length;
        v[14] = isLast ? ~v[14] : v[14];
        for (int round = 0; round < 12; round++)
        {
            int[] s = [.. Sigma[round % 10].Select(digit => Convert.ToInt32(digit.ToString(), 16))];
            Mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
            Mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
            Mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
            Mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
            Mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
            Mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
            Mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
            Mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
        }

        for (int i = 0; i < 8; i++)
        {
            h[i] ^= v[i] ^ v[i + 8];
        }
    }

    /// <summary>The function G of section 3.1.</summary>
    private static void Mix(ulong[] v, int a, int b, int c, int d, ulong x, ulong y)
    {
        v[a] += v[b] + x;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 32);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 24);
        v[a] += v[b] + y;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 63);
    }

    private static ulong Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
