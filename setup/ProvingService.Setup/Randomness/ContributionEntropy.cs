// Owns: where a contributor's secrets come from. Never: what becomes of them.
//
//   text    what the contributor typed, UTF-8; may be empty
//   PRK     HKDF-Extract-SHA-512 (RFC 5869) of 64 bytes from the operating system followed by SHA-512(text),
//           with the salt "Proving Service setup contribution v1"
//   secret  for counter = 0, 1, …: the bytes of HKDF-Expand(PRK, label ‖ 0x00 ‖ transcript hash ‖ u32be counter), as many as an
//           element has, read big-endian and cut to the bits of r, until 2 ≤ secret < r
//   fork    another PRK for one of several contributions: HKDF-Expand(PRK, "fork" ‖ 0x00 ‖ purpose), 64 bytes
//
// So secrets are uniform among the residues from 2 on as long as either source is good, and one that is 0 or 1, with which a
// contribution would change nothing, cannot occur.

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>
/// The randomness of one contribution: 64 bytes from the operating system, mixed with a text. It stands in pinned memory and
/// is erased on disposal; so are the secrets derived. Use it once. Not thread-safe.
/// </summary>
public sealed class ContributionEntropy : IDisposable
{
    private const int SystemBytes = 64;
    private readonly byte[] key = GC.AllocateArray<byte>(SHA512.HashSizeInBytes, pinned: true);

    private ContributionEntropy()
    {
    }

    private bool IsErased => !key.ContainsAnyExcept((byte)0);

    /// <summary>Draws from the operating system and mixes in a text.</summary>
    /// <param name="text">Anything a person typed; may be empty. The caller erases it.</param>
    public static ContributionEntropy Draw(ReadOnlySpan<char> text = default)
    {
        Span<byte> system = stackalloc byte[SystemBytes];
        RandomNumberGenerator.Fill(system);
        try
        {
            return Mix(system, text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(system);
        }
    }

    /// <summary>As <see cref="Draw"/> from known bytes: for tests that need the same secrets twice.</summary>
    internal static ContributionEntropy Mix(ReadOnlySpan<byte> system, ReadOnlySpan<char> text)
    {
        var entropy = new ContributionEntropy();
        byte[] utf8 = GC.AllocateArray<byte>(Encoding.UTF8.GetMaxByteCount(text.Length), pinned: true);
        byte[] material = GC.AllocateArray<byte>(system.Length + SHA512.HashSizeInBytes, pinned: true);
        try
        {
            int length = Encoding.UTF8.GetBytes(text, utf8);
            system.CopyTo(material);
            SHA512.HashData(utf8.AsSpan(0, length), material.AsSpan(system.Length));
            HKDF.Extract(HashAlgorithmName.SHA512, material, "Proving Service setup contribution v1"u8, entropy.key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
            CryptographicOperations.ZeroMemory(material);
        }

        return entropy;
    }

    /// <summary>Derives secrets, none of them 0 or 1, bound to what they will be used for.</summary>
    /// <param name="transcriptHash">The hash of all that went before.</param>
    /// <param name="labels">A name for each secret, such as <c>tau</c>; ASCII.</param>
    /// <returns>The secrets in the order of the labels; the caller disposes them.</returns>
    /// <exception cref="ObjectDisposedException">The randomness is erased.</exception>
    public SecretScalars<TFr> Derive<TFr>(ReadOnlySpan<byte> transcriptHash, params ReadOnlySpan<string> labels)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // From zeros anyone could derive the same.
        ObjectDisposedException.ThrowIf(IsErased, this);
        SecretScalars<TFr> secrets = SecretScalars<TFr>.Allocate(labels.Length, out Span<TFr> values);
        Span<byte> bytes = stackalloc byte[PrimeField.ByteCount<TFr>()];
        for (int i = 0; i < labels.Length; i++)
        {
            int named = Encoding.ASCII.GetByteCount(labels[i]);
            byte[] info = new byte[named + 1 + transcriptHash.Length + 4];
            Encoding.ASCII.GetBytes(labels[i], info);
            transcriptHash.CopyTo(info.AsSpan(named + 1));
            TFr secret;
            uint counter = 0;
            do
            {
                BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(info.Length - 4), counter++);
                HKDF.Expand(HashAlgorithmName.SHA512, key, bytes, info);
                bytes[0] &= (byte)(0xff >> ((8 * bytes.Length) - TFr.BitLength));
            }
            while (!PrimeField.TryReadBigEndian(bytes, out secret) || TFr.IsZero(secret) || secret == TFr.One);
            values[i] = secret;
        }

        CryptographicOperations.ZeroMemory(bytes);
        return secrets;
    }

    /// <summary>
    /// The randomness for one of several contributions whose secrets shall have nothing to do with each other, though the keys that they
    /// are for may be the same.
    /// </summary>
    /// <param name="purpose">Another one for each, such as a circuit's name.</param>
    /// <returns>Randomness that the caller disposes.</returns>
    /// <exception cref="ObjectDisposedException">The randomness is erased.</exception>
    public ContributionEntropy Fork(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        ObjectDisposedException.ThrowIf(IsErased, this);
        var fork = new ContributionEntropy();
        HKDF.Expand(HashAlgorithmName.SHA512, key, fork.key, [.. "fork\0"u8, .. Encoding.UTF8.GetBytes(purpose)]);
        return fork;
    }

    /// <summary>Erases the randomness.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(key);
}
