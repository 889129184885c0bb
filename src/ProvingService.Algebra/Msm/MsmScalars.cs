// Owns: which scalars of an MSM take part, and their signed digits. Sorting by digit and adding: Pippenger.cs.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>
/// The positions of an MSM: the indices of scalars that are not zero and whose base is not infinity, those longer than 64
/// bits first, so that high windows see only them. Witnesses are mostly small values, and keys have infinity for every wire
/// that a polynomial does not use.
/// </summary>
internal sealed unsafe class MsmScalars : IDisposable
{
    /// <summary>Scalars below 2^64 have no digits of windows from this bit on: 2^64 and K below it stay below 2^66.</summary>
    public const int ShortScalarBits = 66;

    private const int Range = 1 << 13;
    private const byte Absent = 0, Short = 1, Long = 2;

    private MsmScalars(int live, int longCount, int bits)
    {
        (LiveCount, LongCount, Bits) = (live, longCount, bits);
        Positions = new(live);
    }

    /// <summary>How many take part.</summary>
    public int LiveCount { get; }

    /// <summary>How many of them are longer than 64 bits: the first positions.</summary>
    public int LongCount { get; }

    /// <summary>The length of the longest scalar; 0 where none takes part.</summary>
    public int Bits { get; }

    /// <summary>For each position the index of its scalar and base.</summary>
    public NativeBuffer<uint> Positions { get; }

    /// <summary>Looks through scalars and bases, on all threads.</summary>
    public static MsmScalars Find<TField, TCurve>(
        Affine<TField, TCurve>* bases, Scalar256* scalars, int count, EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        int ranges = (count + Range - 1) / Range;
        using var kinds = new NativeBuffer<byte>(count);
        byte* kind = kinds.Pointer;
        var found = new (int Live, int Long, Scalar256 Union)[ranges];
        Workers.Run(ranges, options, range => found[range] = Classify(bases, scalars, kind, range * Range, Math.Min(count, (range + 1) * Range)));

        var next = new (int Long, int Short)[ranges];
        int live = 0, longCount = 0;
        Scalar256 union = default;
        for (int r = 0; r < ranges; r++)
        {
            next[r] = (longCount, live - longCount);
            live += found[r].Live;
            longCount += found[r].Long;
            union = Or(union, found[r].Union);
        }

        var result = new MsmScalars(live, longCount, Length(union));
        uint* positions = result.Positions.Pointer;
        Workers.Run(ranges, options, range =>
            List(kind, range * Range, Math.Min(count, (range + 1) * Range), positions + next[range].Long, positions + longCount + next[range].Short));
        return result;
    }

    public void Dispose() => Positions.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (int Live, int Long, Scalar256 Union) Classify<TField, TCurve>(
        Affine<TField, TCurve>* bases, Scalar256* scalars, byte* kind, int from, int to)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        ulong w0 = 0, w1 = 0, w2 = 0, w3 = 0;
        int live = 0, longCount = 0;
        for (int i = from; i < to; i++)
        {
            Scalar256 s = scalars[i];
            ulong high = s.Word1 | s.Word2 | s.Word3;
            if ((s.Word0 | high) == 0 || bases[i].IsInfinity)
            {
                kind[i] = Absent;
                continue;
            }

            w0 |= s.Word0;
            w1 |= s.Word1;
            w2 |= s.Word2;
            w3 |= s.Word3;
            live++;
            longCount += high != 0 ? 1 : 0;
            kind[i] = high != 0 ? Long : Short;
        }

        return (live, longCount, new(w0, w1, w2, w3));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void List(byte* kind, int from, int to, uint* longs, uint* shorts)
    {
        for (int i = from; i < to; i++)
        {
            if (kind[i] == Long)
            {
                *longs++ = (uint)i;
            }
            else if (kind[i] == Short)
            {
                *shorts++ = (uint)i;
            }
        }
    }

    private static Scalar256 Or(Scalar256 a, Scalar256 b) =>
        new(a.Word0 | b.Word0, a.Word1 | b.Word1, a.Word2 | b.Word2, a.Word3 | b.Word3);

    private static int Length(Scalar256 s) =>
        s.Word3 != 0 ? 256 - BitOperations.LeadingZeroCount(s.Word3)
        : s.Word2 != 0 ? 192 - BitOperations.LeadingZeroCount(s.Word2)
        : s.Word1 != 0 ? 128 - BitOperations.LeadingZeroCount(s.Word1)
        : 64 - BitOperations.LeadingZeroCount(s.Word0);
}

/// <summary>
/// scalar = Σ digit(w)·2^(c·w) for all positions of an MSM, window by window: two bytes a digit. With K = Σ 2^(c−1)·2^(c·w)
/// over all windows but the highest, the digits are the c-bit pieces of scalar + K less 2^(c−1), so one addition makes all
/// carries. Digits lie in [−2^(c−1), 2^(c−1) − 1], but for the highest, which is the plain piece, in [0, 2^(c−1)].
/// </summary>
internal sealed unsafe class DigitTable : IDisposable
{
    private const int Range = 1 << 12;
    private const int Block = 64;

    private readonly NativeBuffer<short> digits;
    private readonly MsmScalars scalars;
    private readonly MsmPlan plan;
    private readonly int lowWindows;

    public DigitTable(MsmPlan plan, MsmScalars scalars, Scalar256* values, EngineOptions options)
    {
        (this.plan, this.scalars) = (plan, scalars);
        lowWindows = plan.LowWindows;
        digits = new(((long)lowWindows * scalars.LiveCount) + ((long)(plan.Windows - lowWindows) * scalars.LongCount));
        Workers.Run((scalars.LiveCount + Range - 1) / Range, options, range => Fill(values, range * Range));
    }

    /// <summary>How many positions have a digit in a window: the first ones.</summary>
    public int Count(int window) => window < lowWindows ? scalars.LiveCount : scalars.LongCount;

    /// <summary>The digits of a window, position by position.</summary>
    public short* Window(int window) => window < lowWindows
        ? digits.Pointer + ((long)window * scalars.LiveCount)
        : digits.Pointer + ((long)lowWindows * scalars.LiveCount) + ((long)(window - lowWindows) * scalars.LongCount);

    /// <summary>A digit as a number: the highest window's has no sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Value(short digit, bool isHighest) => isHighest ? (ushort)digit : digit;

    public void Dispose() => digits.Dispose();

    private void Fill(Scalar256* values, int from)
    {
        int to = Math.Min(scalars.LiveCount, from + Range);
        Scalar256 offset = Offset();
        if (!Vector512.IsHardwareAccelerated)
        {
            FillOneByOne(values, offset, from, to);
            return;
        }

        // Blocks of long scalars, the block in which they end, and blocks of short ones.
        int whole = from + ((to - from) & ~(Block - 1));
        for (int p = from; p < whole; p += Block)
        {
            if (p < scalars.LongCount && p + Block > scalars.LongCount)
            {
                FillOneByOne(values, offset, p, p + Block);
            }
            else
            {
                FillBlock(values, offset, p, p < scalars.LongCount ? plan.Windows : lowWindows);
            }
        }

        FillOneByOne(values, offset, whole, to);
    }

    /// <summary>K.</summary>
    private Scalar256 Offset()
    {
        ulong* words = stackalloc ulong[4];
        new Span<ulong>(words, 4).Clear();
        for (int w = 0; w < plan.Windows - 1; w++)
        {
            int bit = (plan.WindowBits * w) + plan.WindowBits - 1;
            words[bit >> 6] |= 1UL << (bit & 63);
        }

        return new(words[0], words[1], words[2], words[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillOneByOne(Scalar256* values, Scalar256 offset, int from, int to)
    {
        // scalar + K, a word for its carry and one to read beyond it.
        ulong* sum = stackalloc ulong[6];
        sum[5] = 0;
        int c = plan.WindowBits, half = 1 << (c - 1);
        for (int p = from; p < to; p++)
        {
            Scalar256 s = values[scalars.Positions.Pointer[p]];
            ulong carry = 0;
            sum[0] = Limbs.AddWithCarry(s.Word0, offset.Word0, ref carry);
            sum[1] = Limbs.AddWithCarry(s.Word1, offset.Word1, ref carry);
            sum[2] = Limbs.AddWithCarry(s.Word2, offset.Word2, ref carry);
            sum[3] = Limbs.AddWithCarry(s.Word3, offset.Word3, ref carry);
            sum[4] = carry;
            int windows = p < scalars.LongCount ? plan.Windows : lowWindows;
            for (int w = 0, bit = 0; w < windows; w++, bit += c)
            {
                int shift = bit & 63;
                ulong piece = (sum[bit >> 6] >> shift) | (sum[(bit >> 6) + 1] << 1 << (63 - shift));
                int digit = (int)(piece & ((1UL << c) - 1)) - (w == plan.Windows - 1 ? 0 : half);
                Window(w)[p] = (short)digit;
            }
        }
    }

    /// <summary>As <see cref="FillOneByOne"/> for a block, eight scalars a vector: a third of a nanosecond a digit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillBlock(Scalar256* values, Scalar256 offset, int from, int windows)
    {
        const int Vectors = Block / 8;
        Vector512<ulong>* sums = stackalloc Vector512<ulong>[6 * Vectors];
        ulong* words = (ulong*)sums;
        for (int i = 0; i < Block; i++)
        {
            Scalar256 s = values[scalars.Positions.Pointer[from + i]];
            words[i] = s.Word0;
            words[Block + i] = s.Word1;
            words[(2 * Block) + i] = s.Word2;
            words[(3 * Block) + i] = s.Word3;
        }

        for (int v = 0; v < Vectors; v++)
        {
            // A carry out of a word is a comparison's all-ones, subtracted from the next.
            Vector512<ulong> s0 = sums[v] + Vector512.Create(offset.Word0);
            Vector512<ulong> carry = Vector512.LessThan(s0, sums[v]);
            sums[v] = s0;
            for (int w = 1; w < 4; w++)
            {
                Vector512<ulong> add = Vector512.Create(w switch { 1 => offset.Word1, 2 => offset.Word2, _ => offset.Word3 });
                Vector512<ulong> before = sums[(w * Vectors) + v], sum = before + add, with = sum - carry;
                carry = Vector512.LessThan(sum, before) | Vector512.LessThan(with, sum);
                sums[(w * Vectors) + v] = with;
            }

            sums[(4 * Vectors) + v] = Vector512<ulong>.Zero - carry;
            sums[(5 * Vectors) + v] = Vector512<ulong>.Zero;
        }

        int c = plan.WindowBits;
        Vector512<ulong> mask = Vector512.Create((1UL << c) - 1), half = Vector512.Create(1UL << (c - 1));
        for (int w = 0, bit = 0; w < windows; w++, bit += c)
        {
            int shift = bit & 63;
            short* target = Window(w) + from;
            Vector512<ulong>* low = sums + ((bit >> 6) * Vectors);
            Vector512<ulong> less = w == plan.Windows - 1 ? Vector512<ulong>.Zero : half;
            for (int v = 0; v < Vectors; v++)
            {
                Vector512<ulong> piece = (low[v] >>> shift) | ((low[Vectors + v] << 1) << (63 - shift));
                Vector512<long> digit = ((piece & mask) - less).AsInt64();
                if (Avx512F.IsSupported)
                {
                    Avx512F.ConvertToVector128Int16(digit).Store(target + (8 * v));
                }
                else
                {
                    for (int l = 0; l < 8; l++)
                    {
                        target[(8 * v) + l] = (short)digit[l];
                    }
                }
            }
        }
    }
}
