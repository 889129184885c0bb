// Owns: EdDSA over the embedded curve with Poseidon as its hash, on numbers. Its twin on variables: EddsaGadget.cs.

using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>A signature.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
/// <param name="R">The commitment [r]B.</param>
/// <param name="S">The response r + 8·k·a mod l.</param>
public sealed record EddsaSignature<TF>(EdwardsPoint<TF> R, BigInteger S)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>
/// Verification of EdDSA-Poseidon, circomlib's convention on both curves: k = H(tag 0; Rx, Ry, Ax, Ay, M), and [s]B = R + [8k]A
/// exactly, no cofactor cleared beyond the factor 8 in front of k, so that this verifier and the circuit's cannot disagree.
/// </summary>
public static class Eddsa
{
    /// <summary>
    /// Whether a signature is valid: A on the curve and [8]A not neutral, R on the curve, 0 ≤ s &lt; l, and the equation. It
    /// accepts exactly what <see cref="EddsaGadget.Verify"/> accepts, also for keys that <see cref="IsValidPublicKey"/> refuses.
    /// </summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static bool Verify<TF>(EdwardsPoint<TF> publicKey, TF message, EddsaSignature<TF> signature)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(signature);
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        if (!publicKey.IsOnCurve || !signature.R.IsOnCurve || signature.S.Sign < 0 || signature.S >= curve.Order)
        {
            return false;
        }

        // 8A lies in the subgroup of order l, so that k counts modulo l.
        ExtendedPoint<TF> key = ExtendedPoint<TF>.From(publicKey).Double(curve).Double(curve).Double(curve);
        if (key.IsIdentity)
        {
            return false;
        }

        BigInteger challenge = TF.ToBigInteger(Challenge(signature.R, publicKey, message)) % curve.Order;
        ExtendedPoint<TF> right = key.Multiply(curve, challenge).Add(curve, ExtendedPoint<TF>.From(signature.R));
        return curve.MultiplyBaseVarTime(signature.S) == right.ToAffine();
    }

    /// <summary>
    /// Whether a key may be registered: on the curve, not neutral, and of order l. What is registered without this check may
    /// have a part of small order, and several keys then share their signatures.
    /// </summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static bool IsValidPublicKey<TF>(EdwardsPoint<TF> publicKey)
        where TF : unmanaged, IPrimeField<TF> => publicKey != EdwardsPoint<TF>.Identity && publicKey.IsInSubgroup();

    /// <summary>k = H(tag 0; Rx, Ry, Ax, Ay, M).</summary>
    internal static TF Challenge<TF>(EdwardsPoint<TF> r, EdwardsPoint<TF> publicKey, TF message)
        where TF : unmanaged, IPrimeField<TF> =>
        Poseidon.Hash<TF>([r.X, r.Y, publicKey.X, publicKey.Y, message], HashTag.Eddsa);
}

/// <summary>
/// A key pair from a seed. Signing is deterministic and runs in variable time: an attacker who measures it on the same
/// machine may learn the key, so it is for wallets, tests and demonstrations, not for a signing service that strangers time.
/// The secret stays in managed memory until it is collected.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class EddsaKey<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The length of a seed in bytes.</summary>
    public const int SeedLength = 32;

    private readonly BigInteger secret;
    private readonly byte[] prefix;

    /// <summary>
    /// Derives the key: a = 1 + (SHA-512("ProvingService EdDSA-Poseidon secret", curve name, seed) mod (l − 1)), within 2⁻²⁵⁸ of
    /// uniform and never zero. The prefix of nonces is another hash of the seed.
    /// </summary>
    /// <param name="seed">32 bytes from a secure generator.</param>
    /// <exception cref="ArgumentException">The seed has another length.</exception>
    public EddsaKey(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedLength)
        {
            throw new ArgumentException($"A seed has {SeedLength} bytes, not {seed.Length}.");
        }

        secret = ToScalar(Digest("secret", seed, []));
        prefix = Digest("prefix", seed, []);
        PublicKey = EdwardsCurve<TF>.Embedded.MultiplyBaseVarTime(secret);
    }

    /// <summary>A = [a]B.</summary>
    public EdwardsPoint<TF> PublicKey { get; }

    /// <summary>Signs an element; the same message always gives the same signature.</summary>
    public EddsaSignature<TF> Sign(TF message)
    {
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        byte[] bytes = new byte[PrimeField.ByteCount<TF>()];
        PrimeField.WriteBigEndian(message, bytes);
        BigInteger nonce = ToScalar(Digest("nonce", prefix, bytes));
        EdwardsPoint<TF> r = curve.MultiplyBaseVarTime(nonce);
        BigInteger challenge = TF.ToBigInteger(Eddsa.Challenge(r, PublicKey, message));
        return new(r, (nonce + (8 * challenge * secret)) % curve.Order);
    }

    private static BigInteger ToScalar(ReadOnlySpan<byte> digest) =>
        BigInteger.One + (new BigInteger(digest, isUnsigned: true, isBigEndian: true) % (EdwardsCurve<TF>.Embedded.Order - 1));

    /// <summary>The domain ends in a zero byte and the second part has a fixed length, so that inputs cannot run into each other.</summary>
    private static byte[] Digest(string use, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        sha.AppendData(Encoding.ASCII.GetBytes($"ProvingService EdDSA-Poseidon {use} {EdwardsCurve<TF>.Embedded.Name}\0"));
        sha.AppendData(first);
        sha.AppendData(second);
        return sha.GetHashAndReset();
    }
}
