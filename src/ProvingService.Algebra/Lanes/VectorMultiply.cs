// Owns: products of 52-bit limbs in eight lanes by fused multiply-add on doubles, each operand converted once, and
// Montgomery's multiplication made of them. Who uses it: VectorNttKernels.cs. LimbProducts.cs does the same a product at a
// time, and without AVX-512.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>
/// The product of two integers x, y below 2^52, as doubles: x·y + 2^104 rounded toward zero has a unit in the last place of
/// 2^52, so its bits are those of 2^104 plus ⌊x·y / 2^52⌋, the high half; with that subtracted, x·y + 2^52 less the high half is
/// exact and its bits are those of 2^52 plus the low half. Bits are added up as integers, and <see cref="Start"/> takes the two
/// constants away beforehand, once an accumulator.
/// </summary>
internal static unsafe class VectorMultiply
{
    private const double TwoTo52 = 1UL << 52, TwoTo104 = TwoTo52 * TwoTo52;

    /// <summary>What an accumulator holds before that many low and high halves are added to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Start(int lows, int highs) => Vector512.Create(0UL
        - ((ulong)lows * BitConverter.DoubleToUInt64Bits(TwoTo52)) - ((ulong)highs * BitConverter.DoubleToUInt64Bits(TwoTo104)));

    /// <summary>The lowest 52 bits of each lane, as a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Factor(Vector512<ulong> limb)
    {
        Vector512<ulong> exponent = Vector512.Create(BitConverter.DoubleToUInt64Bits(TwoTo52));
        return ((limb & Vector512.Create(LanePrime.LimbMask)) | exponent).AsDouble() - Vector512.Create(TwoTo52);
    }

    /// <summary>Adds both halves of x·y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Vector512<ulong> low, ref Vector512<ulong> high, Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> h = High(x, y);
        high += h.AsUInt64();
        low += Low(x, y, h).AsUInt64();
    }

    /// <summary>Adds the low half of x·y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddLow(ref Vector512<ulong> low, Vector512<double> x, Vector512<double> y) =>
        low += Low(x, y, High(x, y)).AsUInt64();

    /// <summary>Adds the high half of x·y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddHigh(ref Vector512<ulong> high, Vector512<double> x, Vector512<double> y) => high += High(x, y).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> High(Vector512<double> x, Vector512<double> y) =>
        Avx512F.FusedMultiplyAdd(x, y, Vector512.Create(TwoTo104), FloatRoundingMode.ToZero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Low(Vector512<double> x, Vector512<double> y, Vector512<double> high) =>
        Avx512F.FusedMultiplyAdd(x, y, Vector512.Create(TwoTo104 + TwoTo52) - high, FloatRoundingMode.ToZero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Limb(ulong* block, int limb) => Vector512.Load(block + (LanePrime.Lanes * limb));

    /// <summary>
    /// result ← a·b/R, below a·b/R + p, in limbs of 52 bits, for blocks of five limbs. Of the operands' limbs 52 bits are
    /// read. The result may be an operand.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply5(ulong* a, ulong* b, ulong* result, VectorModulus modulus)
    {
        Vector512<double> a0 = Factor(Limb(a, 0)), a1 = Factor(Limb(a, 1)), a2 = Factor(Limb(a, 2)), a3 = Factor(Limb(a, 3));
        Vector512<double> a4 = Factor(Limb(a, 4));
        Vector512<ulong> s0 = default, s1 = default, s2 = default, s3 = default;
        Vector512<ulong> s4 = default;
        Vector512<ulong> lowest = Start(1, 0), inner = Start(2, 2), top = Start(0, 2);
        for (int i = 0; i < 5; i++)
        {
            Vector512<double> y = Factor(Limb(b, i));
            Vector512<ulong> s5 = top;
            s0 += lowest;
            s1 += inner;
            s2 += inner;
            s3 += inner;
            s4 += inner;
            Add(ref s0, ref s1, a0, y);
            Add(ref s1, ref s2, a1, y);
            Add(ref s2, ref s3, a2, y);
            Add(ref s3, ref s4, a3, y);
            Add(ref s4, ref s5, a4, y);
            Vector512<double> q = Factor(Avx512DQ.MultiplyLow(s0, Vector512.Create(modulus.NegInverse)));
            s0 += lowest;
            Add(ref s0, ref s1, q, modulus.Factor(0));
            Add(ref s1, ref s2, q, modulus.Factor(1));
            Add(ref s2, ref s3, q, modulus.Factor(2));
            Add(ref s3, ref s4, q, modulus.Factor(3));
            Add(ref s4, ref s5, q, modulus.Factor(4));
            s0 = s1 + (s0 >>> LanePrime.LimbBits);
            s1 = s2;
            s2 = s3;
            s3 = s4;
            s4 = s5;
        }

        Vector512<ulong> mask = Vector512.Create(LanePrime.LimbMask);
        (s0 & mask).Store(result + 0);
        s1 += s0 >>> LanePrime.LimbBits;
        (s1 & mask).Store(result + 8);
        s2 += s1 >>> LanePrime.LimbBits;
        (s2 & mask).Store(result + 16);
        s3 += s2 >>> LanePrime.LimbBits;
        (s3 & mask).Store(result + 24);
        s4 += s3 >>> LanePrime.LimbBits;
        (s4 & mask).Store(result + 32);
    }
}

/// <summary>A prime as <see cref="VectorMultiply"/> reads it.</summary>
internal sealed class VectorModulus
{
    private readonly double[] factors;

    public VectorModulus(LanePrime prime)
    {
        factors = [.. prime.ToLimbs(prime.Modulus).Select(limb => (double)limb)];
        NegInverse = prime.NegInverse;
    }

    /// <summary>−p⁻¹ mod 2^52.</summary>
    public ulong NegInverse { get; }

    /// <summary>A limb of p in all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Factor(int limb) => Vector512.Create(factors[limb]);
}
