// Owns: the Ed25519 signatures of a ceremony: receipts by the coordinator, challenges by participants. Never: what a receipt says.

using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace ProvingService.Ceremony;

/// <summary>Ed25519 (RFC 8032) over a context, a zero byte and a message, so that no signature serves for two purposes.</summary>
internal static class Signatures
{
    /// <summary>Bytes of a seed, and of a public key.</summary>
    public const int KeyLength = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int Length = 64;

    /// <summary>What receipts are signed under.</summary>
    public const string ReceiptContext = "ceremony.v1.Receipt";

    /// <summary>What challenges are signed under.</summary>
    public const string ChallengeContext = "ceremony.v1.Challenge";

    /// <summary>Whether a signature holds.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, string context, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeyLength || signature.Length != Length)
        {
            return false;
        }

        var verifier = new Ed25519Signer();
        verifier.Init(forSigning: false, new Ed25519PublicKeyParameters(publicKey.ToArray(), 0));
        byte[] whole = Frame(context, message);
        verifier.BlockUpdate(whole, 0, whole.Length);
        return verifier.VerifySignature(signature.ToArray());
    }

    /// <summary>The context, a zero byte, and the message.</summary>
    public static byte[] Frame(string context, ReadOnlySpan<byte> message) => [.. Encoding.ASCII.GetBytes(context), 0, .. message];
}

/// <summary>A private key. Safe for concurrent use.</summary>
internal sealed class SigningKey
{
    private readonly Ed25519PrivateKeyParameters key;

    /// <summary>The key of a seed of 32 bytes, which is erased.</summary>
    public SigningKey(byte[] seed)
    {
        key = new Ed25519PrivateKeyParameters(seed, 0);
        CryptographicOperations.ZeroMemory(seed);
        PublicKey = key.GeneratePublicKey().GetEncoded();
    }

    /// <summary>32 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>A signature of 64 bytes.</summary>
    public byte[] Sign(string context, ReadOnlySpan<byte> message)
    {
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, key);
        byte[] whole = Signatures.Frame(context, message);
        signer.BlockUpdate(whole, 0, whole.Length);
        return signer.GenerateSignature();
    }
}
