// Owns: the digits of a scalar in a signed window. Who uses them: Pippenger.cs, FixedBaseTable.cs.

using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// scalar = Σ digit(w)·2^(c·w) with digits in (−2^(c−1), 2^(c−1)], each computed on its own from the scalar's bits, so
/// that windows can be processed in any order and no digit array is kept.
/// </summary>
internal static unsafe class SignedDigits
{
    /// <summary>From this bit on, scalars below 2^64 have no digits: digits below bit b reach every integer up to 2^(b−1).</summary>
    public const int ShortScalarBits = 65;

    /// <summary>Digits of scalars of so many bits: one bit more, since the highest digit is to be positive, over c.</summary>
    public static int Count(int bits, int c) => (bits + c) / c;

    /// <summary>
    /// The digit of weight 2^bit, for a multiple of c: the c bits there, plus one where the bits below round up, less
    /// 2^c where that makes more than 2^(c−1).
    /// </summary>
    /// <param name="scalar">Four words.</param>
    /// <param name="bit">The position of the window.</param>
    /// <param name="c">The bits of a window, at most 31.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int At(ulong* scalar, int bit, int c)
    {
        int half = 1 << (c - 1);
        int digit = Bits(scalar, bit, c);
        for (int below = bit - c; below >= 0; below -= c)
        {
            // Nearly always the next c bits decide; only 100…0 leaves it to those below them.
            int lower = Bits(scalar, below, c);
            if (lower != half)
            {
                digit += lower > half ? 1 : 0;
                break;
            }
        }

        return digit > half ? digit - (2 * half) : digit;
    }

    /// <summary>c bits from the given one on; bits from 256 on are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bits(ulong* scalar, int bit, int c)
    {
        int word = bit >> 6, shift = bit & 63;
        if (word > 3)
        {
            return 0;
        }

        ulong value = scalar[word] >> shift;
        if (shift + c > 64 && word < 3)
        {
            value |= scalar[word + 1] << (64 - shift);
        }

        return (int)(value & ((1UL << c) - 1));
    }
}
