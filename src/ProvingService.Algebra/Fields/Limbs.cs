// Owns: carry chains on 64-bit words, shared by the two Montgomery fields. Never: knowledge of a modulus.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>
/// Word arithmetic with explicit carries. Carries are taken from unsigned comparisons, which the JIT compiles without
/// branches; the high product word comes from MULX where there is one, since <see cref="Math.BigMul(ulong, ulong, out ulong)"/>
/// passes its low word through memory.
/// </summary>
internal static class Limbs
{
    /// <summary>a + b + carry (0 or 1), with the carry out in <paramref name="carry"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong AddWithCarry(ulong a, ulong b, ref ulong carry)
    {
        ulong sum = a + b;
        ulong c1 = sum < a ? 1UL : 0UL;
        ulong result = sum + carry;
        carry = c1 + (result < sum ? 1UL : 0UL);
        return result;
    }

    /// <summary>a − b − borrow (0 or 1), with the borrow out in <paramref name="borrow"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SubtractWithBorrow(ulong a, ulong b, ref ulong borrow)
    {
        ulong difference = a - b;
        ulong b1 = a < b ? 1UL : 0UL;
        ulong result = difference - borrow;
        borrow = b1 + (difference < borrow ? 1UL : 0UL);
        return result;
    }

    /// <summary>Low word of a·b + c; the high word goes to <paramref name="high"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MultiplyAdd(ulong a, ulong b, ulong c, out ulong high)
    {
        ulong low = a * b;
        ulong result = low + c;
        high = MultiplyHigh(a, b) + (result < low ? 1UL : 0UL);
        return result;
    }

    /// <summary>Low word of a·b + c + d; the high word goes to <paramref name="high"/>. Cannot overflow two words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MultiplyAdd(ulong a, ulong b, ulong c, ulong d, out ulong high)
    {
        ulong low = a * b;
        ulong sum = low + c;
        ulong carry = sum < low ? 1UL : 0UL;
        ulong result = sum + d;
        high = MultiplyHigh(a, b) + carry + (result < sum ? 1UL : 0UL);
        return result;
    }

    /// <summary>The high word of a·b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MultiplyHigh(ulong a, ulong b) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(a, b) : Math.BigMul(a, b, out _);

    /// <summary><paramref name="whenZero"/> where mask is 0, <paramref name="whenOnes"/> where it is all ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Select(ulong mask, ulong whenZero, ulong whenOnes) => whenZero ^ (mask & (whenZero ^ whenOnes));

    /// <summary>−1 where a &lt; b, 0 where equal, 1 where a &gt; b, as little-endian integers of equal length.</summary>
    public static int Compare(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b)
    {
        for (int i = a.Length - 1; i >= 0; i--)
        {
            if (a[i] != b[i])
            {
                return a[i] < b[i] ? -1 : 1;
            }
        }

        return 0;
    }
}
