// Owns: the modular inverse of both Montgomery fields. Never: exponentiation.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// The optimised binary GCD of T. Pornin (eprint 2020/972, algorithm 2): 31 division steps at a time on 64-bit
/// approximations of the operands, then one multi-word update. About 3 µs for 381 bits. Variable time.
/// </summary>
internal static class BinaryGcd
{
    private const int StepBits = 31;
    private const ulong StepMask = (1UL << StepBits) - 1;
    private const int MaxWords = 6;

    /// <summary>Computes scale · value⁻¹ mod modulus, or zero where value is zero.</summary>
    /// <param name="value">The operand, below the modulus.</param>
    /// <param name="modulus">An odd prime of at most six words, with its top bit clear.</param>
    /// <param name="negInverse">−modulus⁻¹ mod 2^64.</param>
    /// <param name="scale">A factor below the modulus; R² keeps a Montgomery operand in Montgomery form.</param>
    /// <param name="result">Receives the result, reduced; as many words as the modulus.</param>
    public static void Invert(
        ReadOnlySpan<ulong> value, ReadOnlySpan<ulong> modulus, ulong negInverse, ReadOnlySpan<ulong> scale, Span<ulong> result)
    {
        int n = modulus.Length;
        Span<ulong> storage = stackalloc ulong[6 * MaxWords];
        Span<ulong> a = storage[..n], b = storage.Slice(MaxWords, n);
        Span<ulong> u = storage.Slice(2 * MaxWords, n), v = storage.Slice(3 * MaxWords, n);
        Span<ulong> s = storage.Slice(4 * MaxWords, n), t = storage.Slice(5 * MaxWords, n);
        value.CopyTo(a);
        modulus.CopyTo(b);
        scale.CopyTo(u);
        v.Clear();

        // Invariant: a ≡ value · u / scale and b ≡ value · v / scale (mod modulus); b is odd.
        while (!IsZero(a))
        {
            (ulong aBar, ulong bBar) = Approximate(a, b);
            long f0 = 1, g0 = 0, f1 = 0, g1 = 1;
            for (int i = 0; i < StepBits; i++)
            {
                // All ones where a is odd, and where moreover a < b.
                ulong odd = 0 - (aBar & 1);
                ulong swap = odd & (aBar < bBar ? ulong.MaxValue : 0);
                ulong d = swap & (aBar ^ bBar);
                aBar ^= d;
                bBar ^= d;
                long df = (long)swap & (f0 ^ f1), dg = (long)swap & (g0 ^ g1);
                f0 ^= df;
                f1 ^= df;
                g0 ^= dg;
                g1 ^= dg;
                aBar = (aBar - (odd & bBar)) >> 1;
                f0 -= (long)odd & f1;
                g0 -= (long)odd & g1;
                f1 <<= 1;
                g1 <<= 1;
            }

            if (CombineExact(a, b, f0, g0, s))
            {
                f0 = -f0;
                g0 = -g0;
            }

            if (CombineExact(a, b, f1, g1, t))
            {
                f1 = -f1;
                g1 = -g1;
            }

            s.CopyTo(a);
            t.CopyTo(b);
            CombineModular(u, v, f0, g0, modulus, negInverse, s);
            CombineModular(u, v, f1, g1, modulus, negInverse, t);
            s.CopyTo(u);
            t.CopyTo(v);
        }

        v.CopyTo(result);
    }

    private static bool IsZero(ReadOnlySpan<ulong> a) => a.IndexOfAnyExcept(0UL) < 0;

    /// <summary>The top 33 bits of both operands at their common length, over their low 31 bits; exact below 2^64.</summary>
    private static (ulong A, ulong B) Approximate(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b)
    {
        int top = a.Length - 1;
        while (top > 0 && (a[top] | b[top]) == 0)
        {
            top--;
        }

        if (top == 0)
        {
            return (a[0], b[0]);
        }

        int shift = BitOperations.LeadingZeroCount(a[top] | b[top]);
        ulong highA = a[top] << shift, highB = b[top] << shift;
        if (shift != 0)
        {
            highA |= a[top - 1] >> (64 - shift);
            highB |= b[top - 1] >> (64 - shift);
        }

        return ((highA & ~StepMask) | (a[0] & StepMask), (highB & ~StepMask) | (b[0] & StepMask));
    }

    /// <summary>r = |a·f + b·g| / 2^31, where the division is exact and the result fits. True where the sum was negative.</summary>
    private static bool CombineExact(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, long f, long g, Span<ulong> r)
    {
        long top = Combine(a, b, f, g, r);
        ShiftRight(r, top);
        if (top >= 0)
        {
            return false;
        }

        ulong carry = 1;
        for (int i = 0; i < r.Length; i++)
        {
            r[i] = Limbs.AddWithCarry(~r[i], 0, ref carry);
        }

        return true;
    }

    /// <summary>r = (u·f + v·g) / 2^31 mod modulus, with |f| + |g| ≤ 2^31.</summary>
    private static void CombineModular(
        ReadOnlySpan<ulong> u, ReadOnlySpan<ulong> v, long f, long g, ReadOnlySpan<ulong> modulus, ulong negInverse, Span<ulong> r)
    {
        long top = Combine(u, v, f, g, r);

        // Add the multiple of the modulus that clears the low 31 bits; the sum lies in (−2^31·p, 2·2^31·p).
        ulong q = (r[0] * negInverse) & StepMask;
        ulong carry = 0;
        for (int i = 0; i < r.Length; i++)
        {
            r[i] = Limbs.MultiplyAdd(q, modulus[i], r[i], carry, out carry);
        }

        top += (long)carry;
        ShiftRight(r, top);
        ulong zero = 0;
        if (top < 0)
        {
            for (int i = 0; i < r.Length; i++)
            {
                r[i] = Limbs.AddWithCarry(r[i], modulus[i], ref zero);
            }
        }
        else if (Limbs.Compare(r, modulus) >= 0)
        {
            for (int i = 0; i < r.Length; i++)
            {
                r[i] = Limbs.SubtractWithBorrow(r[i], modulus[i], ref zero);
            }
        }
    }

    /// <summary>r = the low words of a·f + b·g; returns the signed top word.</summary>
    private static long Combine(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, long f, long g, Span<ulong> r)
    {
        ulong uf = (ulong)f, ug = (ulong)g;
        ulong fSign = (ulong)(f >> 63), gSign = (ulong)(g >> 63);
        long acc = 0;
        for (int i = 0; i < r.Length; i++)
        {
            // Unsigned high words, corrected to signed ones; the running sum stays below 2^97 in magnitude.
            ulong low = (a[i] * uf) + (ulong)acc;
            ulong carry = low < (ulong)acc ? 1UL : 0UL;
            ulong high = Limbs.MultiplyHigh(a[i], uf) - (fSign & a[i]) + (ulong)(acc >> 63) + carry;
            ulong product = b[i] * ug;
            low += product;
            high += Limbs.MultiplyHigh(b[i], ug) - (gSign & b[i]) + (low < product ? 1UL : 0UL);
            r[i] = low;
            acc = (long)high;
        }

        return acc;
    }

    private static void ShiftRight(Span<ulong> r, long top)
    {
        for (int i = 0; i < r.Length - 1; i++)
        {
            r[i] = (r[i] >> StepBits) | (r[i + 1] << (64 - StepBits));
        }

        r[^1] = (r[^1] >> StepBits) | ((ulong)top << (64 - StepBits));
    }
}
