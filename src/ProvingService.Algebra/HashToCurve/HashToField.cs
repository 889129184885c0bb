// Owns: bytes to uniform bytes and to uniform field elements (RFC 9380, section 5). Never: curves.

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ProvingService.Algebra;

/// <summary>
/// expand_message_xmd with SHA-256 and hash_to_field for every prime field, at a security level of 128 bits. Not
/// constant time, since the reduction is not; thread-safe.
/// </summary>
public static class HashToField
{
    private const int HashSize = SHA256.HashSizeInBytes;
    private const int BlockSize = 64;
    private const int MaxDstLength = 255;

    /// <summary>L = ⌈(⌈log₂ p⌉ + 128)/8⌉, the uniform bytes from which one element is reduced: 64 for BLS12-381's Fp, 48 for both Fr.</summary>
    public static int UniformByteCount<TFp>()
        where TFp : unmanaged, IPrimeField<TFp> => (TFp.BitLength + 128 + 7) / 8;

    /// <summary>
    /// hash_to_field (section 5.2) with m = 1: fills <paramref name="elements"/> with independent uniform elements. For
    /// an extension field pass its coefficients in memory order: they are what m consecutive outputs become.
    /// </summary>
    /// <param name="message">Any bytes.</param>
    /// <param name="dst">The domain separation tag, not empty; see <see cref="ExpandMessageXmd"/>.</param>
    /// <param name="elements">As many elements as are wanted; at most 8160 / L of them.</param>
    /// <exception cref="ArgumentException">The tag is empty or there are too many elements.</exception>
    public static void Hash<TFp>(ReadOnlySpan<byte> message, ReadOnlySpan<byte> dst, Span<TFp> elements)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        int length = UniformByteCount<TFp>();
        byte[] uniform = new byte[checked(elements.Length * length)];
        ExpandMessageXmd(message, dst, uniform);
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = PrimeField.FromUniformBytes<TFp>(uniform.AsSpan(i * length, length));
        }
    }

    /// <summary>expand_message_xmd with SHA-256 (section 5.3.1): fills <paramref name="uniform"/> with pseudorandom bytes.</summary>
    /// <param name="message">Any bytes.</param>
    /// <param name="dst">The domain separation tag, not empty. One of more than 255 bytes is hashed first (section 5.3.3).</param>
    /// <param name="uniform">Receives the bytes; at most 255 · 32 of them. Its length enters the hash.</param>
    /// <exception cref="ArgumentException">The tag is empty or too many bytes are asked for.</exception>
    public static void ExpandMessageXmd(ReadOnlySpan<byte> message, ReadOnlySpan<byte> dst, Span<byte> uniform)
    {
        if (dst.IsEmpty)
        {
            throw new ArgumentException("A domain separation tag must not be empty (RFC 9380, section 3.1).", nameof(dst));
        }

        if (uniform.Length > 255 * HashSize)
        {
            throw new ArgumentException($"At most {255 * HashSize} bytes can be had, not {uniform.Length}.", nameof(uniform));
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> storage = stackalloc byte[MaxDstLength + 1];
        ReadOnlySpan<byte> dstPrime = DstPrime(dst, hash, storage);

        // b₀ = H(zero block || message || length || 0 || DST')
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        hash.AppendData(block);
        hash.AppendData(message);
        Span<byte> suffix = stackalloc byte[3];
        BinaryPrimitives.WriteUInt16BigEndian(suffix, (ushort)uniform.Length);
        suffix[2] = 0;
        hash.AppendData(suffix);
        hash.AppendData(dstPrime);
        Span<byte> b0 = stackalloc byte[HashSize];
        hash.GetHashAndReset(b0);

        // bᵢ = H((b₀ xor bᵢ₋₁) || i || DST'), with a zero b in the place of the missing one before b₁
        Span<byte> bi = stackalloc byte[HashSize];
        bi.Clear();
        for (int i = 1; !uniform.IsEmpty; i++)
        {
            for (int j = 0; j < HashSize; j++)
            {
                bi[j] ^= b0[j];
            }

            hash.AppendData(bi);
            hash.AppendData([(byte)i]);
            hash.AppendData(dstPrime);
            hash.GetHashAndReset(bi);
            int take = Math.Min(HashSize, uniform.Length);
            bi[..take].CopyTo(uniform);
            uniform = uniform[take..];
        }
    }

    /// <summary>The tag, or its hash where it is too long, followed by its length.</summary>
    private static ReadOnlySpan<byte> DstPrime(ReadOnlySpan<byte> dst, IncrementalHash hash, Span<byte> storage)
    {
        int length = dst.Length;
        if (length > MaxDstLength)
        {
            hash.AppendData("H2C-OVERSIZE-DST-"u8);
            hash.AppendData(dst);
            length = hash.GetHashAndReset(storage);
        }
        else
        {
            dst.CopyTo(storage);
        }

        storage[length] = (byte)length;
        return storage[..(length + 1)];
    }
}
