// Owns: the hash of setup transcripts, whose state can be set down in the middle of a message. Never: what is hashed.

using System.Buffers.Binary;
using System.Numerics;

namespace ProvingService.Groth16;

/// <summary>
/// BLAKE2b with 64 bytes of output and no key (RFC 7693), over a message that arrives in pieces. Written here, since a
/// <c>.ptau</c> records the state of the hash in the middle of each contribution, which no library hands out. Not thread-safe.
/// </summary>
public sealed class Blake2b512
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestLength = 64;

    /// <summary>
    /// Bytes of a state as <c>.ptau</c> files have it: 128 bytes of message not yet compressed, eight words of chain value, a
    /// word for the number of bytes compressed, a word for the number of valid bytes among the 128, a word of zeros; words
    /// little-endian. Those of the 128 that are not valid mean nothing; they are what the buffer last held.
    /// </summary>
    public const int StateLength = 216;

    private const int BlockLength = 128;

    private static readonly ulong[] InitialVector =
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    /// <summary>The order of message words in each of ten rounds; the last two rounds repeat the first two.</summary>
    private static readonly byte[] Sigma =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
    ];

    private readonly byte[] block = new byte[BlockLength];
    private readonly ulong[] chain = (ulong[])InitialVector.Clone();
    private ulong compressed;
    private int pending;

    /// <summary>An empty message.</summary>
    public Blake2b512() => chain[0] ^= 0x01010000 ^ DigestLength;

    private Blake2b512(Blake2b512 other)
    {
        other.block.CopyTo(block, 0);
        other.chain.CopyTo(chain, 0);
        compressed = other.compressed;
        pending = other.pending;
    }

    /// <summary>The digest of a whole message, 64 bytes.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        var hash = new Blake2b512();
        hash.Update(message);
        return hash.Digest();
    }

    /// <summary>Takes up a state that <see cref="ExportState"/> or another program set down.</summary>
    /// <param name="state">216 bytes.</param>
    /// <param name="hash">The hash, ready for the rest of the message.</param>
    /// <returns>False where the bytes are no state: a wrong length, or counts that no message leads to.</returns>
    public static bool TryImportState(ReadOnlySpan<byte> state, out Blake2b512 hash)
    {
        hash = new Blake2b512();
        if (state.Length != StateLength)
        {
            return false;
        }

        ReadOnlySpan<byte> counts = state[(BlockLength + 64)..];
        hash.compressed = BinaryPrimitives.ReadUInt64LittleEndian(counts);
        ulong valid = BinaryPrimitives.ReadUInt64LittleEndian(counts[8..]);
        if (hash.compressed % BlockLength != 0 || valid > BlockLength || counts[16..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        hash.pending = (int)valid;
        state[..hash.pending].CopyTo(hash.block);
        for (int i = 0; i < 8; i++)
        {
            hash.chain[i] = BinaryPrimitives.ReadUInt64LittleEndian(state[(BlockLength + (8 * i))..]);
        }

        return true;
    }

    /// <summary>Adds to the message.</summary>
    public void Update(ReadOnlySpan<byte> bytes)
    {
        // The last block is compressed with a mark, so a full one waits until more follows.
        while (!bytes.IsEmpty)
        {
            if (pending == BlockLength)
            {
                compressed += BlockLength;
                Compress(block, isLast: false);
                pending = 0;
            }

            while (pending == 0 && bytes.Length > BlockLength)
            {
                compressed += BlockLength;
                Compress(bytes, isLast: false);
                bytes = bytes[BlockLength..];
            }

            int taken = Math.Min(BlockLength - pending, bytes.Length);
            bytes[..taken].CopyTo(block.AsSpan(pending));
            pending += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>The digest of the message so far; more may be added afterwards.</summary>
    public byte[] Digest()
    {
        var last = new Blake2b512(this);
        Array.Clear(last.block, pending, BlockLength - pending);
        last.compressed += (ulong)pending;
        last.Compress(last.block, isLast: true);
        byte[] digest = new byte[DigestLength];
        for (int i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest.AsSpan(8 * i), last.chain[i]);
        }

        return digest;
    }

    /// <summary>Another hash with the same message so far.</summary>
    public Blake2b512 Clone() => new(this);

    /// <summary>
    /// The state in the middle of the message, 216 bytes. The buffer is set down as it stands, with what is left in it from
    /// earlier blocks, as snarkjs does: pieces of the same lengths then lead to the same bytes.
    /// </summary>
    public byte[] ExportState()
    {
        byte[] state = new byte[StateLength];
        block.CopyTo(state, 0);
        for (int i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(BlockLength + (8 * i)), chain[i]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(BlockLength + 64), compressed);
        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(BlockLength + 72), (ulong)pending);
        return state;
    }

    private void Compress(ReadOnlySpan<byte> message, bool isLast)
    {
        Span<ulong> m = stackalloc ulong[16];
        for (int i = 0; i < 16; i++)
        {
            m[i] = BinaryPrimitives.ReadUInt64LittleEndian(message[(8 * i)..]);
        }

        ulong v0 = chain[0], v1 = chain[1], v2 = chain[2], v3 = chain[3], v4 = chain[4], v5 = chain[5], v6 = chain[6], v7 = chain[7];
        ulong v8 = InitialVector[0], v9 = InitialVector[1], v10 = InitialVector[2], v11 = InitialVector[3];
        ulong v12 = InitialVector[4] ^ compressed, v13 = InitialVector[5];
        ulong v14 = isLast ? ~InitialVector[6] : InitialVector[6], v15 = InitialVector[7];
        for (int round = 0; round < 12; round++)
        {
            ReadOnlySpan<byte> order = Sigma.AsSpan(16 * (round % 10), 16);
            Mix(ref v0, ref v4, ref v8, ref v12, m[order[0]], m[order[1]]);
            Mix(ref v1, ref v5, ref v9, ref v13, m[order[2]], m[order[3]]);
            Mix(ref v2, ref v6, ref v10, ref v14, m[order[4]], m[order[5]]);
            Mix(ref v3, ref v7, ref v11, ref v15, m[order[6]], m[order[7]]);
            Mix(ref v0, ref v5, ref v10, ref v15, m[order[8]], m[order[9]]);
            Mix(ref v1, ref v6, ref v11, ref v12, m[order[10]], m[order[11]]);
            Mix(ref v2, ref v7, ref v8, ref v13, m[order[12]], m[order[13]]);
            Mix(ref v3, ref v4, ref v9, ref v14, m[order[14]], m[order[15]]);
        }

        chain[0] ^= v0 ^ v8;
        chain[1] ^= v1 ^ v9;
        chain[2] ^= v2 ^ v10;
        chain[3] ^= v3 ^ v11;
        chain[4] ^= v4 ^ v12;
        chain[5] ^= v5 ^ v13;
        chain[6] ^= v6 ^ v14;
        chain[7] ^= v7 ^ v15;
    }

    private static void Mix(ref ulong a, ref ulong b, ref ulong c, ref ulong d, ulong x, ulong y)
    {
        a += b + x;
        d = BitOperations.RotateRight(d ^ a, 32);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 24);
        a += b + y;
        d = BitOperations.RotateRight(d ^ a, 16);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 63);
    }
}
