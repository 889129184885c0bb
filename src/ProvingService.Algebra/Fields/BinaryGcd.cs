// Owns: the modular inverse of both Montgomery fields. Never: exponentiation.

using System.Numerics;
using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// The optimised binary GCD of T. Pornin (eprint 2020/972, algorithm 2): 31 division steps at a time on 64-bit
/// approximations of the operands, then one multi-word update. Runs of steps that only halve are taken at once by counting
/// zeros, which gives the same states as single steps. Variable time.
/// </summary>
internal static unsafe class BinaryGcd
{
    private const int StepBits = 31;
    private const ulong StepMask = (1UL << StepBits) - 1;
    private const int MaxWords = 6;

    /// <summary>2^31 − 1 in both halves of a packed pair: makes halves from −(2^31 − 1) to 2^31 unsigned.</summary>
    private const ulong PackedBias = 0x7fffffff_7fffffff;

    /// <summary>Computes scale · value⁻¹ mod modulus, or zero where value is zero.</summary>
    /// <param name="value">The operand, below the modulus.</param>
    /// <param name="modulus">An odd prime of at most six words, with its top bit clear.</param>
    /// <param name="negInverse">−modulus⁻¹ mod 2^64.</param>
    /// <param name="scale">A factor below the modulus; R² keeps a Montgomery operand in Montgomery form.</param>
    /// <param name="result">Receives the result, reduced; as many words as the modulus.</param>
    /// <param name="steps">The emitted twin of <c>Steps</c>, or zero.</param>
    /// <param name="exact">The emitted twin of <c>CombineExact</c>, or zero.</param>
    /// <param name="modular">The emitted twin of <c>CombineModular</c>, or zero.</param>
    public static void Invert(
        ReadOnlySpan<ulong> value,
        ReadOnlySpan<ulong> modulus,
        ulong negInverse,
        ReadOnlySpan<ulong> scale,
        Span<ulong> result,
        nint steps = 0,
        nint exact = 0,
        nint modular = 0)
    {
        int n = modulus.Length;
        ulong* storage = stackalloc ulong[(10 * MaxWords) + 2];
        ulong* a = storage, b = a + n, u = b + n, v = u + n, spareA = v + n, spareB = spareA + n, s = spareB + n, t = s + n, p = t + n, zeros = p + n, rows = zeros + n;
        value.CopyTo(new Span<ulong>(a, n));
        modulus.CopyTo(new Span<ulong>(b, n));
        modulus.CopyTo(new Span<ulong>(p, n));
        scale.CopyTo(new Span<ulong>(u, n));
        new Span<ulong>(v, n).Clear();
        new Span<ulong>(zeros, n).Clear();

        // Invariant: a ≡ value · u / scale and b ≡ value · v / scale (mod modulus); b is odd. Words of a and b from length
        // on are zero.
        int length = n;
        while (true)
        {
            while (length > 0 && (a[length - 1] | b[length - 1]) == 0)
            {
                length--;
            }

            if (a[0] == 0 && new ReadOnlySpan<ulong>(a, length).IndexOfAnyExcept(0UL) < 0)
            {
                break;
            }

            (ulong x, ulong y) = Approximate(a, b, length);
            ulong row0, row1;
            if (steps != 0)
            {
                ((delegate* unmanaged[SuppressGCTransition]<ulong*, ulong, ulong, void>)steps)(rows, x, y);
                (row0, row1) = (rows[0], rows[1]);
            }
            else
            {
                (row0, row1) = Steps(x, y);
            }

            (long f0, long g0) = Unpack(row0);
            (long f1, long g1) = Unpack(row1);
            if (exact != 0 && Fits(f0, g0) && Fits(f1, g1))
            {
                if (CombineExact(exact, a, b, f0, g0, spareA, zeros))
                {
                    f0 = -f0;
                    g0 = -g0;
                }

                if (CombineExact(exact, a, b, f1, g1, spareB, zeros))
                {
                    f1 = -f1;
                    g1 = -g1;
                }

                CombineModular(modular, u, v, f0, g0, s, zeros);
                CombineModular(modular, u, v, f1, g1, t, zeros);
            }
            else
            {
                if (CombineExact(a, b, f0, g0, spareA, length, n))
                {
                    f0 = -f0;
                    g0 = -g0;
                }

                if (CombineExact(a, b, f1, g1, spareB, length, n))
                {
                    f1 = -f1;
                    g1 = -g1;
                }

                CombineModular(u, v, f0, g0, p, negInverse, s, n);
                CombineModular(u, v, f1, g1, p, negInverse, t, n);
            }

            Swap(ref a, ref spareA);
            Swap(ref b, ref spareB);
            Swap(ref u, ref s);
            Swap(ref v, ref t);
        }

        new ReadOnlySpan<ulong>(v, n).CopyTo(result);
    }

    private static void Swap(ref ulong* x, ref ulong* y)
    {
        ulong* z = x;
        x = y;
        y = z;
    }

    /// <summary>
    /// The matrix of 31 steps: (a, b) becomes (f0·a + g0·b, f1·a + g1·b) / 2^31. Each row travels packed in one word,
    /// f + 2^32·g, which subtraction and shifts respect.
    /// </summary>
    private static (ulong Row0, ulong Row1) Steps(ulong x, ulong y)
    {
        ulong row0 = 1, row1 = 1UL << 32;
        int left = StepBits;
        while (true)
        {
            // Halvings, as many as there are zeros and steps left.
            int zeros = BitOperations.TrailingZeroCount(x | (1UL << left));
            x >>= zeros;
            row1 <<= zeros;
            left -= zeros;
            if (left == 0)
            {
                break;
            }

            // Both odd: the greater minus the lesser, by masks, since the order is as good as random.
            ulong difference = x - y, rowDifference = row0 - row1, isLess = x < y ? ulong.MaxValue : 0;
            y += difference & isLess;
            row1 += rowDifference & isLess;
            x = (difference ^ isLess) - isLess;
            row0 = (rowDifference ^ isLess) - isLess;
        }

        return (row0, row1);
    }

    private static (long F, long G) Unpack(ulong row)
    {
        row += PackedBias;
        return ((long)(uint)row - 0x7fffffff, (long)(row >> 32) - 0x7fffffff);
    }

    /// <summary>The top 33 bits of both operands at their common length, over their low 31 bits; exact below 2^64.</summary>
    private static (ulong A, ulong B) Approximate(ulong* a, ulong* b, int length)
    {
        int top = length - 1;
        if (top == 0)
        {
            return (a[0], b[0]);
        }

        int shift = BitOperations.LeadingZeroCount(a[top] | b[top]);

        // A shift by 64 − 0 in two steps, since the machine takes shift counts modulo 64.
        ulong highA = (a[top] << shift) | ((a[top - 1] >> 1) >> (63 - shift));
        ulong highB = (b[top] << shift) | ((b[top - 1] >> 1) >> (63 - shift));
        return ((highA & ~StepMask) | (a[0] & StepMask), (highB & ~StepMask) | (b[0] & StepMask));
    }

    /// <summary>
    /// Whether a row suits the emitted code, which takes its factors times 2^33, so that dividing by 2^31 is dropping a word,
    /// and subtracts one product from the other. Steps make no rows with two positive or two negative factors; a factor of
    /// 2^31, which is made by 31 halvings, does not fit.
    /// </summary>
    private static bool Fits(long f, long g) => (f <= 0 || g <= 0) && (f >= 0 || g >= 0) && Math.Max(Math.Abs(f), Math.Abs(g)) < 1L << StepBits;

    private static bool CombineExact(nint function, ulong* a, ulong* b, long f, long g, ulong* r, ulong* zeros)
    {
        Order(ref a, ref b, ref f, ref g, zeros);
        return ((delegate* unmanaged[SuppressGCTransition]<ulong*, ulong*, ulong*, long, long, long>)function)(r, a, b, f << 33, g << 33) != 0;
    }

    private static void CombineModular(nint function, ulong* u, ulong* v, long f, long g, ulong* r, ulong* zeros)
    {
        Order(ref u, ref v, ref f, ref g, zeros);
        ((delegate* unmanaged[SuppressGCTransition]<ulong*, ulong*, ulong*, long, long, long>)function)(r, u, v, f << 33, g << 33);
    }

    /// <summary>Puts the product that is not negative first, and zero for a second factor of zero.</summary>
    private static void Order(ref ulong* x, ref ulong* y, ref long f, ref long g, ulong* zeros)
    {
        if (g > 0 || f < 0)
        {
            Swap(ref x, ref y);
            (f, g) = (g, f);
        }

        y = g == 0 ? zeros : y;
    }

    /// <summary>r = |a·f + b·g| / 2^31, where the division is exact and the result fits. True where the sum was negative.</summary>
    private static bool CombineExact(ulong* a, ulong* b, long f, long g, ulong* r, int length, int n)
    {
        new Span<ulong>(r + length, n - length).Clear();
        ulong uf = (ulong)f, ug = (ulong)g, fSign = (ulong)(f >> 63), gSign = (ulong)(g >> 63), carry = 0;
        ulong previous = MultiplyStep(a[0], b[0], uf, ug, fSign, gSign, ref carry);
        for (int i = 1; i < length; i++)
        {
            ulong word = MultiplyStep(a[i], b[i], uf, ug, fSign, gSign, ref carry);
            r[i - 1] = (previous >> StepBits) | (word << (64 - StepBits));
            previous = word;
        }

        r[length - 1] = (previous >> StepBits) | (carry << (64 - StepBits));
        if ((long)carry >= 0)
        {
            return false;
        }

        ulong one = 1;
        for (int i = 0; i < length; i++)
        {
            r[i] = Limbs.AddWithCarry(~r[i], 0, ref one);
        }

        return true;
    }

    /// <summary>r = (u·f + v·g) / 2^31 mod p, with |f| + |g| ≤ 2^31, in one pass that also adds the multiple of p that clears the low bits.</summary>
    private static void CombineModular(ulong* u, ulong* v, long f, long g, ulong* p, ulong negInverse, ulong* r, int n)
    {
        ulong uf = (ulong)f, ug = (ulong)g, fSign = (ulong)(f >> 63), gSign = (ulong)(g >> 63), carry = 0, clearing;

        // The sum lies in (−2^31·p, 2·2^31·p).
        ulong low = MultiplyStep(u[0], v[0], uf, ug, fSign, gSign, ref carry);
        ulong q = (low * negInverse) & StepMask;
        ulong previous = Limbs.MultiplyAdd(q, p[0], low, out clearing);
        for (int i = 1; i < n; i++)
        {
            ulong word = MultiplyStep(u[i], v[i], uf, ug, fSign, gSign, ref carry);
            word = Limbs.MultiplyAdd(q, p[i], word, clearing, out clearing);
            r[i - 1] = (previous >> StepBits) | (word << (64 - StepBits));
            previous = word;
        }

        ulong top = carry + clearing, zero = 0;
        r[n - 1] = (previous >> StepBits) | (top << (64 - StepBits));
        if ((long)top < 0)
        {
            for (int i = 0; i < n; i++)
            {
                r[i] = Limbs.AddWithCarry(r[i], p[i], ref zero);
            }
        }
        else if (r[n - 1] >= p[n - 1] && Limbs.Compare(new(r, n), new(p, n)) >= 0)
        {
            for (int i = 0; i < n; i++)
            {
                r[i] = Limbs.SubtractWithBorrow(r[i], p[i], ref zero);
            }
        }
    }

    /// <summary>
    /// The low word of a·f + b·g + carry, the signed rest staying in the carry: unsigned high words, corrected to signed
    /// ones. The running sum stays below 2^97 in magnitude.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyStep(ulong a, ulong b, ulong f, ulong g, ulong fSign, ulong gSign, ref ulong carry)
    {
        ulong low = a * f, product = b * g;
        ulong high = Limbs.MultiplyHigh(a, f) - (fSign & a) + Limbs.MultiplyHigh(b, g) - (gSign & b);
        low += product;
        high += low < product ? 1UL : 0UL;
        low += carry;
        high += (ulong)((long)carry >> 63) + (low < carry ? 1UL : 0UL);
        carry = high;
        return low;
    }
}
