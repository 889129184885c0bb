// Owns: products of 52-bit integers, eight at a time, as low and high halves, in plain C#. Who sums them: LaneAccumulator.cs.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>
/// x·y = low + 2^52·high for x, y below 2^52. With fused multiply-add on doubles, rounding toward zero: h = x·y + 2^104 keeps
/// of the product what is a multiple of 2^52, so the bits of its significand are the high half; and x·y − (h − 2^104) + 2^52 is
/// exact and has the low half as its significand. Without them, integer by integer.
/// </summary>
internal static class LimbProducts
{
    /// <summary>The bits of 2^52 as a double: with an integer below 2^52 in the significand, the sum of both.</summary>
    private const ulong TwoTo52Bits = 0x4330000000000000;

    private const ulong TwoTo104Bits = 0x4670000000000000;

    /// <summary>(low, high) ← (low + the low half of x·y, high + the high half).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector512<ulong> x, Vector512<ulong> y, ref Vector512<ulong> low, ref Vector512<ulong> high)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<double> a = ToDouble(x), b = ToDouble(y);
            Vector512<double> twoTo104 = Vector512.Create(TwoTo104Bits).AsDouble();
            Vector512<double> h = Avx512F.FusedMultiplyAdd(a, b, twoTo104, FloatRoundingMode.ToZero);
            Vector512<double> rest = (twoTo104 - h) + Vector512.Create(TwoTo52Bits).AsDouble();
            Vector512<double> l = Avx512F.FusedMultiplyAdd(a, b, rest, FloatRoundingMode.ToZero);
            high += h.AsUInt64() - Vector512.Create(TwoTo104Bits);
            low += l.AsUInt64() - Vector512.Create(TwoTo52Bits);
            return;
        }

        Vector512<ulong> lows = default, highs = default;
        for (int l = 0; l < LanePrime.Lanes; l++)
        {
            UInt128 product = (UInt128)x[l] * y[l];
            lows = lows.WithElement(l, (ulong)product & LanePrime.LimbMask);
            highs = highs.WithElement(l, (ulong)(product >> LanePrime.LimbBits));
        }

        low += lows;
        high += highs;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ToDouble(Vector512<ulong> x) =>
        (x | Vector512.Create(TwoTo52Bits)).AsDouble() - Vector512.Create(TwoTo52Bits).AsDouble();
}
