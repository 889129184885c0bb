// Owns: the public keys under which tokens are taken, from PEM files. Never: a private key, which has no business here.

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ProvingService.Service;

/// <summary>A public key whose tokens are taken.</summary>
/// <param name="Name">The file's name without its ending, one of the two that <c>kid</c> may say.</param>
/// <param name="Thumbprint">By RFC 7638, the other one.</param>
/// <param name="Key">The key.</param>
internal sealed record TokenKey(string Name, string Thumbprint, ECDsa Key)
{
    private const string NistP256 = "1.2.840.10045.3.1.7";
    private const int LongestFile = 64 << 10;

    /// <summary>Reads a file.</summary>
    /// <exception cref="SetupException">It is missing or holds something else; the message names it.</exception>
    public static TokenKey FromPemFile(string path)
    {
        string text;
        try
        {
            text = new FileInfo(path).Length <= LongestFile ? File.ReadAllText(path) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SetupException($"the token key '{path}' cannot be read: {e.Message}");
        }

        if (text.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            throw new SetupException(
                $"'{path}' holds a private key. Whoever reads it can make tokens, so keep it where tokens are made, and give the service the public one: openssl pkey -in key.pem -pubout -out pub.pem.");
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
            if (parameters.Curve.Oid.Value == NistP256)
            {
                return new TokenKey(Path.GetFileNameWithoutExtension(path), ThumbprintOf(parameters.Q), key);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Said below: what the file is instead does not matter.
        }

        key.Dispose();
        throw new SetupException($"'{path}' is no public key of the curve P-256 in PEM (BEGIN PUBLIC KEY).");
    }

    /// <summary>RFC 7638: the SHA-256 of the key's JSON with its members in the order of the alphabet.</summary>
    private static string ThumbprintOf(ECPoint point) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(
        $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""")));
}
