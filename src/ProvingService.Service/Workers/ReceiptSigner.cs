// Owns: the service's Ed25519 key and what it signs. Never: other uses of the key.

using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace ProvingService.Service;

/// <summary>
/// Signs receipts: Ed25519 (RFC 8032) over <c>proving.v1.Receipt</c>, a zero byte, and the receipt's bytes. The key is made
/// with the vault's first use and shared by all that share the vault. Safe for concurrent use.
/// </summary>
public sealed class ReceiptSigner
{
    private static readonly byte[] Context = Encoding.ASCII.GetBytes("proving.v1.Receipt\0");
    private readonly Ed25519PrivateKeyParameters key;

    /// <summary>Reads the key of a vault, and makes it where there is none.</summary>
    /// <exception cref="InvalidDataException">The file is not of its length.</exception>
    public ReceiptSigner(FileVault vault)
    {
        string path = Path.Combine(vault.Root, "receipt.key");
        byte[] seed = Read(path) ?? Make(vault.Root, path);
        try
        {
            key = new Ed25519PrivateKeyParameters(seed, 0);
            PublicKey = key.GeneratePublicKey().GetEncoded();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>The public key, 32 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>The signature of a receipt, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> receipt)
    {
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, key);
        byte[] message = [.. Context, .. receipt];
        signer.BlockUpdate(message, 0, message.Length);
        return signer.GenerateSignature();
    }

    /// <summary>Whether a signature is that of a receipt.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> receipt, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != Ed25519PublicKeyParameters.KeySize || signature.Length != Ed25519PrivateKeyParameters.SignatureSize)
        {
            return false;
        }

        var verifier = new Ed25519Signer();
        verifier.Init(forSigning: false, new Ed25519PublicKeyParameters(publicKey.ToArray(), 0));
        byte[] message = [.. Context, .. receipt];
        verifier.BlockUpdate(message, 0, message.Length);
        return verifier.VerifySignature(signature.ToArray());
    }

    private static byte[]? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        byte[] seed = File.ReadAllBytes(path);
        return seed.Length == Ed25519PrivateKeyParameters.KeySize
            ? seed
            : throw new InvalidDataException(
                $"{path} has {seed.Length} bytes; the key that signs receipts has {Ed25519PrivateKeyParameters.KeySize}. Restore it, or move it away: a new one is made then, which signs as somebody else.");
    }

    /// <summary>Makes a key; where another process was faster, its key counts.</summary>
    private static byte[] Make(string folder, string path)
    {
        byte[] seed = RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize);
        string part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (FileStream file = PrivateFiles.Create(part, UnixFileMode.UserRead | UnixFileMode.UserWrite))
            {
                file.Write(seed);
                file.Flush(flushToDisk: true);
            }

            // Fails where the file is there by now.
            File.Move(part, path, overwrite: false);
            FolderSync.Flush(folder);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(part);
        }

        return Read(path)!;
    }
}
