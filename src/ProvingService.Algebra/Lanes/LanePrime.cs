// Owns: the constants of a prime in radix 2^52 and single values on their way into and out of lanes. Kernels: LaneKernels.cs.

using System.Collections.Concurrent;
using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// A prime p of N 64-bit words as the lane kernels see it: L limbs of 52 bits with 2^(52·L) &gt; 32·p, so that sums and
/// differences need no reduction before they are multiplied, in Montgomery form with R = 2^(52·L). A value in memory with
/// the words' R = 2^(64·N) becomes one in lanes by a shift of 52·L − 64·N bits to the left: v·2^(64·N) · 2^shift.
/// </summary>
internal sealed class LanePrime
{
    /// <summary>The bits of a limb: what a fused multiply-add of 52-bit integers takes.</summary>
    public const int LimbBits = 52;

    /// <summary>The values of a vector of 512 bits.</summary>
    public const int Lanes = 8;

    /// <summary>The most limbs that the kernels have registers for.</summary>
    public const int MaxLimbs = 8;

    public const ulong LimbMask = (1UL << LimbBits) - 1;

    private static readonly ConcurrentDictionary<BigInteger, LanePrime> Known = new();

    private LanePrime(string name, BigInteger modulus, int words)
    {
        (Name, Modulus, Words) = (name, modulus, words);
        Limbs = ((int)modulus.GetBitLength() + 5 + LimbBits - 1) / LimbBits;
        ulong inverse = 1;
        for (int i = 0; i < 6; i++)
        {
            inverse *= 2 - ((ulong)(modulus & ulong.MaxValue) * inverse);
        }

        NegInverse = (0 - inverse) & LimbMask;
    }

    /// <summary>The field's name.</summary>
    public string Name { get; }

    /// <summary>p.</summary>
    public BigInteger Modulus { get; }

    /// <summary>N, the 64-bit words of an element in memory.</summary>
    public int Words { get; }

    /// <summary>L.</summary>
    public int Limbs { get; }

    /// <summary>−p⁻¹ mod 2^52.</summary>
    public ulong NegInverse { get; }

    /// <summary>By how many bits R in lanes exceeds R in words.</summary>
    public int Shift => (LimbBits * Limbs) - (64 * Words);

    /// <summary>R mod p: one in Montgomery form.</summary>
    public BigInteger One => (BigInteger.One << (LimbBits * Limbs)) % Modulus;

    /// <summary>
    /// μ = ⌊2^(52·L) / p⌋: with the top limb t of a value x below 2^(52·L), ⌊t·μ / 2^52⌋ falls short of x/p by less than
    /// one for x below 16p, so that x less that multiple of p is below 2p.
    /// </summary>
    public ulong Reciprocal => (ulong)((BigInteger.One << (LimbBits * Limbs)) / Modulus);

    /// <summary>2^(52·L) − p: adding q times this and dropping what exceeds 52·L bits subtracts q·p.</summary>
    public BigInteger Complement => (BigInteger.One << (LimbBits * Limbs)) - Modulus;

    /// <summary>The limbs of an integer below 2^(52·L), lowest first.</summary>
    public ulong[] ToLimbs(BigInteger value)
    {
        ulong[] limbs = new ulong[Limbs];
        for (int j = 0; j < Limbs; j++)
        {
            limbs[j] = (ulong)(value & LimbMask);
            value >>= LimbBits;
        }

        return value.IsZero ? limbs : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <summary>The prime of a field whose elements are N words in Montgomery form; null for any other field.</summary>
    public static LanePrime? Of<TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
    {
        Type type = typeof(TFp);
        bool isMontgomery = type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(Fp256<>) || type.GetGenericTypeDefinition() == typeof(Fp384<>));
        if (!isMontgomery || TFp.BitLength < 64 * (TFp.LimbCount - 1))
        {
            return null;
        }

        LanePrime prime = Known.GetOrAdd(TFp.Modulus, modulus => new(TFp.Name, modulus, TFp.LimbCount));
        return prime.Limbs <= MaxLimbs && prime.Shift is > 0 and < LimbBits ? prime : null;
    }
}
