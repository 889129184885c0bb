// Owns: what all prime fields share whatever their number of words: integers, bytes, randomness, inverse, square root.

using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ProvingService.Algebra;

/// <summary>Conversions and algorithms over any <see cref="IPrimeField{TSelf}"/>. Variable time.</summary>
public static class PrimeField
{
    /// <summary>The bytes of a canonical encoding: 8 · LimbCount.</summary>
    public static int ByteCount<T>()
        where T : unmanaged, IPrimeField<T> => 8 * T.LimbCount;

    /// <summary>Reads a canonical little-endian integer of exactly <see cref="ByteCount{T}"/> bytes.</summary>
    /// <returns>False where the integer is not below p.</returns>
    public static bool TryReadLittleEndian<T>(ReadOnlySpan<byte> source, out T element)
        where T : unmanaged, IPrimeField<T>
    {
        RequireLength<T>(source.Length);
        Span<ulong> limbs = stackalloc ulong[T.LimbCount];
        for (int i = 0; i < limbs.Length; i++)
        {
            limbs[i] = BinaryPrimitives.ReadUInt64LittleEndian(source[(8 * i)..]);
        }

        return T.TryFromCanonical(limbs, out element);
    }

    /// <summary>Reads a canonical big-endian integer of exactly <see cref="ByteCount{T}"/> bytes.</summary>
    /// <returns>False where the integer is not below p.</returns>
    public static bool TryReadBigEndian<T>(ReadOnlySpan<byte> source, out T element)
        where T : unmanaged, IPrimeField<T>
    {
        RequireLength<T>(source.Length);
        Span<ulong> limbs = stackalloc ulong[T.LimbCount];
        for (int i = 0; i < limbs.Length; i++)
        {
            limbs[^(i + 1)] = BinaryPrimitives.ReadUInt64BigEndian(source[(8 * i)..]);
        }

        return T.TryFromCanonical(limbs, out element);
    }

    /// <summary>Writes the canonical integer as <see cref="ByteCount{T}"/> little-endian bytes.</summary>
    public static void WriteLittleEndian<T>(in T element, Span<byte> destination)
        where T : unmanaged, IPrimeField<T>
    {
        RequireLength<T>(destination.Length);
        Span<ulong> limbs = stackalloc ulong[T.LimbCount];
        T.ToCanonical(element, limbs);
        for (int i = 0; i < limbs.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[(8 * i)..], limbs[i]);
        }
    }

    /// <summary>Writes the canonical integer as <see cref="ByteCount{T}"/> big-endian bytes.</summary>
    public static void WriteBigEndian<T>(in T element, Span<byte> destination)
        where T : unmanaged, IPrimeField<T>
    {
        RequireLength<T>(destination.Length);
        Span<ulong> limbs = stackalloc ulong[T.LimbCount];
        T.ToCanonical(element, limbs);
        for (int i = 0; i < limbs.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination[(8 * i)..], limbs[^(i + 1)]);
        }
    }

    /// <summary>
    /// Reduces a big-endian integer of any length modulo p. With 16 bytes more than p has, the result of uniform bytes
    /// is uniform up to 2⁻¹²⁸ (RFC 9380, section 5).
    /// </summary>
    public static T FromUniformBytes<T>(ReadOnlySpan<byte> bigEndian)
        where T : unmanaged, IPrimeField<T> =>
        T.FromBigInteger(new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true));

    /// <summary>Whether the canonical integer is above (p − 1)/2: the sign of the Zcash point encoding.</summary>
    public static bool IsLexicographicallyLargest<T>(in T element)
        where T : unmanaged, IPrimeField<T>
    {
        Span<ulong> own = stackalloc ulong[T.LimbCount], negated = stackalloc ulong[T.LimbCount];
        T.ToCanonical(element, own);
        T.ToCanonical(-element, negated);
        return Limbs.Compare(own, negated) > 0;
    }

    /// <summary>Whether the canonical integer is odd: sgn0 of RFC 9380 in a prime field.</summary>
    public static bool IsOdd<T>(in T element)
        where T : unmanaged, IPrimeField<T>
    {
        Span<ulong> limbs = stackalloc ulong[T.LimbCount];
        T.ToCanonical(element, limbs);
        return (limbs[0] & 1) != 0;
    }

    /// <summary>A little-endian word string as an integer.</summary>
    internal static BigInteger ToInteger(ReadOnlySpan<ulong> limbs) =>
        new(MemoryMarshal.AsBytes(limbs), isUnsigned: true);

    internal static T FromInteger<T>(BigInteger value)
        where T : unmanaged, IPrimeField<T>
    {
        BigInteger reduced = value % T.Modulus;
        if (reduced.Sign < 0)
        {
            reduced += T.Modulus;
        }

        Span<ulong> limbs = stackalloc ulong[T.LimbCount];
        ToLimbs(reduced, limbs);
        T.TryFromCanonical(limbs, out T element);
        return element;
    }

    internal static void ToLimbs(BigInteger value, Span<ulong> limbs)
    {
        limbs.Clear();
        value.TryWriteBytes(MemoryMarshal.AsBytes(limbs), out _, isUnsigned: true);
    }

    /// <summary>Uniform by rejection: random words masked to the length of p, drawn again until below p.</summary>
    internal static T Random<T>()
        where T : unmanaged, IPrimeField<T>
    {
        // A uniform reduced representation is a uniform element: Montgomery form is a bijection.
        T candidate = default;
        Span<ulong> limbs = RawLimbs(ref candidate);
        ulong topMask = ulong.MaxValue >> ((64 * T.LimbCount) - T.BitLength);
        do
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(limbs));
            limbs[^1] &= topMask;
        }
        while (!T.IsReduced(candidate));
        return candidate;
    }

    /// <summary>The inverse of an element in Montgomery form, in Montgomery form; zero for zero.</summary>
    internal static T Inverse<T>(in T a)
        where T : unmanaged, IPrimeField<T>
    {
        T value = a, scale = PrimeFieldConstants<T>.RSquared, result = default;
        BinaryGcd.Invert(
            RawLimbs(ref value),
            PrimeFieldConstants<T>.ModulusLimbs,
            PrimeFieldConstants<T>.NegInverse,
            RawLimbs(ref scale),
            RawLimbs(ref result),
            ScalarFunctions<T>.DivisionSteps,
            ScalarFunctions<T>.CombineExact,
            ScalarFunctions<T>.CombineModular);
        return result;
    }

    /// <summary>One exponentiation where p ≡ 3 (mod 4), Tonelli and Shanks otherwise.</summary>
    internal static bool TrySqrt<T>(in T a, out T root)
        where T : unmanaged, IPrimeField<T>
    {
        if (T.TwoAdicity == 1)
        {
            root = PrimeFieldRoots<T>.SqrtPower(a);
        }
        else
        {
            // With p − 1 = 2^s·q: root = a^((q+1)/2), and root² = a·t with t = a^q of order dividing 2^s.
            T w = PrimeFieldRoots<T>.SqrtPower(a);
            root = a * w;
            T t = root * w;
            T z = T.RootOfUnity;
            int order = T.TwoAdicity;
            while (!T.IsZero(t) && t != T.One)
            {
                int k = 0;
                for (T square = t; square != T.One && k < order; k++)
                {
                    square = T.Square(square);
                }

                if (k >= order)
                {
                    break;
                }

                T correction = z;
                for (int i = 0; i < order - k - 1; i++)
                {
                    correction = T.Square(correction);
                }

                root *= correction;
                z = T.Square(correction);
                t *= z;
                order = k;
            }
        }

        if (T.Square(root) == a)
        {
            return true;
        }

        root = T.Zero;
        return false;
    }

    internal static Span<ulong> RawLimbs<T>(ref T element)
        where T : unmanaged, IPrimeField<T> =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<T, ulong>(ref element), T.LimbCount);

    private static void RequireLength<T>(int length)
        where T : unmanaged, IPrimeField<T>
    {
        if (length != ByteCount<T>())
        {
            throw new ArgumentException($"An element of {T.Name} takes {ByteCount<T>()} bytes, not {length}.");
        }
    }
}

/// <summary>Constants of a Montgomery field, derived once from its modulus.</summary>
internal static class PrimeFieldConstants<T>
    where T : unmanaged, IPrimeField<T>
{
    public static readonly ulong[] ModulusLimbs = Words(T.Modulus);
    public static readonly int BitLength = (int)T.Modulus.GetBitLength();
    public static readonly int TwoAdicity = BitOperations.TrailingZeroCount(ModulusLimbs[0] - 1);

    /// <summary>−p⁻¹ mod 2^64, by Newton's iteration, which doubles the number of correct bits.</summary>
    public static readonly ulong NegInverse = NegatedInverse(ModulusLimbs[0]);

    /// <summary>R mod p: the Montgomery form of 1.</summary>
    public static readonly T R = Raw((BigInteger.One << (64 * T.LimbCount)) % T.Modulus);

    /// <summary>R² mod p: the Montgomery form of R.</summary>
    public static readonly T RSquared = Raw((BigInteger.One << (128 * T.LimbCount)) % T.Modulus);

    private static ulong[] Words(BigInteger value)
    {
        ulong[] limbs = new ulong[T.LimbCount];
        PrimeField.ToLimbs(value, limbs);
        return limbs;
    }

    private static ulong NegatedInverse(ulong p)
    {
        ulong inverse = p;
        for (int i = 0; i < 6; i++)
        {
            inverse *= 2 - (p * inverse);
        }

        return 0 - inverse;
    }

    private static T Raw(BigInteger representation)
    {
        T element = default;
        PrimeField.ToLimbs(representation, PrimeField.RawLimbs(ref element));
        return element;
    }
}

/// <summary>Roots of unity and square-root exponents, apart from the constants since they need the multiplication.</summary>
internal static class PrimeFieldRoots<T>
    where T : unmanaged, IPrimeField<T>
{
    public static readonly BigInteger OddPart = (T.Modulus - 1) >> T.TwoAdicity;

    /// <summary>(p+1)/4 where p ≡ 3 (mod 4), else (q−1)/2 for the odd part q of p − 1.</summary>
    public static readonly ulong[] SqrtExponent = Words(T.TwoAdicity == 1 ? (T.Modulus + 1) >> 2 : (OddPart - 1) >> 1);

    public static readonly T RootOfUnity = Field.Pow(SmallestNonResidue(), OddPart);

    /// <summary>a to the power of <see cref="SqrtExponent"/>; where p ≡ 3 (mod 4), a root of a or of −a.</summary>
    public static T SqrtPower(in T a) => Field.Pow(a, SqrtExponent);

    private static ulong[] Words(BigInteger value)
    {
        ulong[] words = new ulong[T.LimbCount];
        PrimeField.ToLimbs(value, words);
        return words;
    }

    private static T SmallestNonResidue()
    {
        BigInteger half = (T.Modulus - 1) >> 1;
        for (T candidate = T.One + T.One; ; candidate += T.One)
        {
            if (Field.Pow(candidate, half) == -T.One)
            {
                return candidate;
            }
        }
    }
}
