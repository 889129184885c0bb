// Owns: the way of field elements between memory and blocks: transposition, words to limbs and back, the last reduction.
// Never: arithmetic beyond that (NttLaneKernels.cs).

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>μ and the limbs of r.</summary>
internal readonly struct LaneReduction
{
    public readonly long Reciprocal, P0, P1, P2, P3, P4;

    public LaneReduction(LanePrime prime)
    {
        ulong[] p = prime.ToLimbs(prime.Modulus);
        Reciprocal = (long)prime.Reciprocal;
        (P0, P1, P2, P3, P4) = ((long)p[0], (long)p[1], (long)p[2], (long)p[3], (long)p[4]);
    }
}

/// <summary>
/// Elements of four words in memory to blocks of five limbs and back, for processors with AVX-512, in C# for all tiers: it
/// is a tenth of a transform. A transform is linear, so an element x, in memory as x·2^256, needs no other form in lanes.
/// Columns: eight consecutive elements make a block. Rows: eight elements one below the other do, and they are moved in
/// pairs of neighbours, which are 64 bytes.
/// </summary>
internal static unsafe class LaneWords
{
    /// <summary>Words of an element in memory.</summary>
    public const int ElementWords = 4;

    private const int Lanes = LanePrime.Lanes;

    /// <summary>Rows ahead of the current one that are fetched.</summary>
    private const int PrefetchRows = 12;

    /// <summary>limbs ← the lowest 256 bits of an integer; the fifth limb gets 48 of them.</summary>
    public static void ToLimbs(ulong* words, ulong* limbs)
    {
        limbs[0] = words[0] & LanePrime.LimbMask;
        limbs[1] = ((words[0] >> 52) | (words[1] << 12)) & LanePrime.LimbMask;
        limbs[2] = ((words[1] >> 40) | (words[2] << 24)) & LanePrime.LimbMask;
        limbs[3] = ((words[2] >> 28) | (words[3] << 36)) & LanePrime.LimbMask;
        limbs[4] = words[3] >> 16;
    }

    /// <summary>blocks[i] ← the eight elements at source + i·stride words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadColumns(ulong* source, long stride, long count, ulong* blocks)
    {
        for (long i = 0; i < count; i++, source += stride, blocks += NttLaneKernels.BlockWords)
        {
            ulong* ahead = source + (PrefetchRows * stride);
            Sse.Prefetch0(ahead);
            Sse.Prefetch0(ahead + 8);
            Sse.Prefetch0(ahead + 16);
            Sse.Prefetch0(ahead + 24);
            Vector512<ulong> z0 = Vector512.Create(Vector256.Load(source), Vector256.Load(source + 8));
            Vector512<ulong> z1 = Vector512.Create(Vector256.Load(source + 4), Vector256.Load(source + 12));
            Vector512<ulong> z2 = Vector512.Create(Vector256.Load(source + 16), Vector256.Load(source + 24));
            Vector512<ulong> z3 = Vector512.Create(Vector256.Load(source + 20), Vector256.Load(source + 28));
            Vector512<ulong> low02 = Avx512F.UnpackLow(z0, z1), high02 = Avx512F.UnpackHigh(z0, z1);
            Vector512<ulong> low13 = Avx512F.UnpackLow(z2, z3), high13 = Avx512F.UnpackHigh(z2, z3);
            StoreLimbs(
                Avx512F.Shuffle4x128(low02, low13, 0x88),
                Avx512F.Shuffle4x128(high02, high13, 0x88),
                Avx512F.Shuffle4x128(low02, low13, 0xdd),
                Avx512F.Shuffle4x128(high02, high13, 0xdd),
                blocks);
        }
    }

    /// <summary>The eight elements at target + i·stride words ← blocks[i], raw, reduced below 2r, or below r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreColumns(in LaneReduction reduction, ulong* blocks, long count, ulong* target, long stride, bool canonical)
    {
        Vector512<ulong> pairs = Vector512.Create(0UL, 8, 1, 9, 2, 10, 3, 11), upperPairs = Vector512.Create(4UL, 12, 5, 13, 6, 14, 7, 15);
        Vector512<ulong> halves = Vector512.Create(0UL, 1, 8, 9, 2, 3, 10, 11), upperHalves = Vector512.Create(4UL, 5, 12, 13, 6, 7, 14, 15);
        for (long i = 0; i < count; i++, target += stride, blocks += NttLaneKernels.BlockWords)
        {
            LoadWords(blocks, reduction, canonical, out var w0, out var w1, out var w2, out var w3);
            Vector512<ulong> low01 = Avx512F.PermuteVar8x64x2(w0, pairs, w1), high01 = Avx512F.PermuteVar8x64x2(w0, upperPairs, w1);
            Vector512<ulong> low23 = Avx512F.PermuteVar8x64x2(w2, pairs, w3), high23 = Avx512F.PermuteVar8x64x2(w2, upperPairs, w3);
            Avx512F.PermuteVar8x64x2(low01, halves, low23).Store(target);
            Avx512F.PermuteVar8x64x2(low01, upperHalves, low23).Store(target + 8);
            Avx512F.PermuteVar8x64x2(high01, halves, high23).Store(target + 16);
            Avx512F.PermuteVar8x64x2(high01, upperHalves, high23).Store(target + 24);
        }
    }

    /// <summary>blocks[i] ← blocks[i] − other[i] + 8r, limb by limb: raw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(in LaneReduction reduction, ulong* blocks, ulong* other, long count)
    {
        ReadOnlySpan<long> r = [reduction.P0, reduction.P1, reduction.P2, reduction.P3, reduction.P4];
        for (long i = 0; i < count; i++)
        {
            for (int j = 0; j < NttLaneKernels.Limbs; j++, blocks += Lanes, other += Lanes)
            {
                Vector512<long> difference = Vector512.LoadAligned((long*)blocks) - Vector512.LoadAligned((long*)other);
                (difference + Vector512.Create(8 * r[j])).StoreAligned((long*)blocks);
            }
        }
    }

    /// <summary>blocks[i] ← the elements of column i of eight rows, which are stride words apart; count is even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadRows(ulong* source, long stride, long count, ulong* blocks)
    {
        for (long i = 0; i < count; i += 2, source += 2 * ElementWords, blocks += 2 * NttLaneKernels.BlockWords)
        {
            Vector512<ulong> z0 = Vector512.Load(source), z1 = Vector512.Load(source + stride);
            Vector512<ulong> z2 = Vector512.Load(source + (2 * stride)), z3 = Vector512.Load(source + (3 * stride));
            Vector512<ulong> z4 = Vector512.Load(source + (4 * stride)), z5 = Vector512.Load(source + (5 * stride));
            Vector512<ulong> z6 = Vector512.Load(source + (6 * stride)), z7 = Vector512.Load(source + (7 * stride));
            Transpose(ref z0, ref z1, ref z2, ref z3, ref z4, ref z5, ref z6, ref z7);
            StoreLimbs(z0, z1, z2, z3, blocks);
            StoreLimbs(z4, z5, z6, z7, blocks + NttLaneKernels.BlockWords);
        }
    }

    /// <summary>Column i of eight rows ← blocks[i], reduced below 2r, or below r; count is even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreRows(in LaneReduction reduction, ulong* blocks, long count, ulong* target, long stride, bool canonical)
    {
        for (long i = 0; i < count; i += 2, target += 2 * ElementWords, blocks += 2 * NttLaneKernels.BlockWords)
        {
            LoadWords(blocks, reduction, canonical, out var z0, out var z1, out var z2, out var z3);
            LoadWords(blocks + NttLaneKernels.BlockWords, reduction, canonical, out var z4, out var z5, out var z6, out var z7);
            Transpose(ref z0, ref z1, ref z2, ref z3, ref z4, ref z5, ref z6, ref z7);
            z0.Store(target);
            z1.Store(target + stride);
            z2.Store(target + (2 * stride));
            z3.Store(target + (3 * stride));
            z4.Store(target + (4 * stride));
            z5.Store(target + (5 * stride));
            z6.Store(target + (6 * stride));
            z7.Store(target + (7 * stride));
        }
    }

    /// <summary>An 8×8 matrix of words, a row a vector, becomes its transpose.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        ref Vector512<ulong> z0,
        ref Vector512<ulong> z1,
        ref Vector512<ulong> z2,
        ref Vector512<ulong> z3,
        ref Vector512<ulong> z4,
        ref Vector512<ulong> z5,
        ref Vector512<ulong> z6,
        ref Vector512<ulong> z7)
    {
        Quarter(Avx512F.UnpackLow(z0, z1), Avx512F.UnpackLow(z2, z3), Avx512F.UnpackLow(z4, z5), Avx512F.UnpackLow(z6, z7), out var c0, out var c2, out var c4, out var c6);
        Quarter(Avx512F.UnpackHigh(z0, z1), Avx512F.UnpackHigh(z2, z3), Avx512F.UnpackHigh(z4, z5), Avx512F.UnpackHigh(z6, z7), out var c1, out var c3, out var c5, out var c7);
        (z0, z1, z2, z3, z4, z5, z6, z7) = (c0, c1, c2, c3, c4, c5, c6, c7);
    }

    /// <summary>Four vectors of four 128-bit pieces, as a 4×4 matrix, become its transpose.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        Vector512<ulong> a,
        Vector512<ulong> b,
        Vector512<ulong> c,
        Vector512<ulong> d,
        out Vector512<ulong> r0,
        out Vector512<ulong> r1,
        out Vector512<ulong> r2,
        out Vector512<ulong> r3)
    {
        Vector512<ulong> evenAb = Avx512F.Shuffle4x128(a, b, 0x88), evenCd = Avx512F.Shuffle4x128(c, d, 0x88);
        Vector512<ulong> oddAb = Avx512F.Shuffle4x128(a, b, 0xdd), oddCd = Avx512F.Shuffle4x128(c, d, 0xdd);
        r0 = Avx512F.Shuffle4x128(evenAb, evenCd, 0x88);
        r1 = Avx512F.Shuffle4x128(oddAb, oddCd, 0x88);
        r2 = Avx512F.Shuffle4x128(evenAb, evenCd, 0xdd);
        r3 = Avx512F.Shuffle4x128(oddAb, oddCd, 0xdd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLimbs(Vector512<ulong> w0, Vector512<ulong> w1, Vector512<ulong> w2, Vector512<ulong> w3, ulong* block)
    {
        Vector512<ulong> mask = Vector512.Create(LanePrime.LimbMask);
        (w0 & mask).StoreAligned(block);
        (((w0 >>> 52) | (w1 << 12)) & mask).StoreAligned(block + Lanes);
        (((w1 >>> 40) | (w2 << 24)) & mask).StoreAligned(block + (2 * Lanes));
        (((w2 >>> 28) | (w3 << 36)) & mask).StoreAligned(block + (3 * Lanes));
        (w3 >>> 16).StoreAligned(block + (4 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadWords(
        ulong* block,
        in LaneReduction reduction,
        bool canonical,
        out Vector512<ulong> w0,
        out Vector512<ulong> w1,
        out Vector512<ulong> w2,
        out Vector512<ulong> w3)
    {
        Vector512<long> mask = Vector512.Create((long)LanePrime.LimbMask);
        Vector512<long> l0 = Vector512.LoadAligned((long*)block), l1 = Vector512.LoadAligned((long*)block + Lanes);
        Vector512<long> l2 = Vector512.LoadAligned((long*)block + (2 * Lanes)), l3 = Vector512.LoadAligned((long*)block + (3 * Lanes));
        Vector512<long> l4 = Vector512.LoadAligned((long*)block + (4 * Lanes));

        l1 += l0 >> LanePrime.LimbBits;
        l2 += l1 >> LanePrime.LimbBits;
        l3 += l2 >> LanePrime.LimbBits;
        l4 += l3 >> LanePrime.LimbBits;
        l0 &= mask;
        l1 &= mask;
        l2 &= mask;
        l3 &= mask;
        l4 &= mask;

        // With the top limb t, q = ⌊t·μ / 2^52⌋ falls short of x/r by less than 1 + (R/r − μ) < 2; t·μ < 2^59.
        Vector512<long> q = Avx512DQ.MultiplyLow(l4, Vector512.Create(reduction.Reciprocal)) >>> LanePrime.LimbBits;
        l0 -= Avx512DQ.MultiplyLow(q, Vector512.Create(reduction.P0));
        l1 -= Avx512DQ.MultiplyLow(q, Vector512.Create(reduction.P1)) - (l0 >> LanePrime.LimbBits);
        l2 -= Avx512DQ.MultiplyLow(q, Vector512.Create(reduction.P2)) - (l1 >> LanePrime.LimbBits);
        l3 -= Avx512DQ.MultiplyLow(q, Vector512.Create(reduction.P3)) - (l2 >> LanePrime.LimbBits);
        l4 -= Avx512DQ.MultiplyLow(q, Vector512.Create(reduction.P4)) - (l3 >> LanePrime.LimbBits);
        l0 &= mask;
        l1 &= mask;
        l2 &= mask;
        l3 &= mask;
        if (canonical)
        {
            Vector512<long> d0 = l0 - Vector512.Create(reduction.P0);
            Vector512<long> d1 = l1 - Vector512.Create(reduction.P1) + (d0 >> LanePrime.LimbBits);
            Vector512<long> d2 = l2 - Vector512.Create(reduction.P2) + (d1 >> LanePrime.LimbBits);
            Vector512<long> d3 = l3 - Vector512.Create(reduction.P3) + (d2 >> LanePrime.LimbBits);
            Vector512<long> d4 = l4 - Vector512.Create(reduction.P4) + (d3 >> LanePrime.LimbBits);
            Vector512<long> keep = d4 >> 63;
            l0 = Vector512.ConditionalSelect(keep, l0, d0 & mask);
            l1 = Vector512.ConditionalSelect(keep, l1, d1 & mask);
            l2 = Vector512.ConditionalSelect(keep, l2, d2 & mask);
            l3 = Vector512.ConditionalSelect(keep, l3, d3 & mask);
            l4 = Vector512.ConditionalSelect(keep, l4, d4);
        }

        w0 = (l0 | (l1 << 52)).AsUInt64();
        w1 = ((l1 >>> 12) | (l2 << 40)).AsUInt64();
        w2 = ((l2 >>> 24) | (l3 << 28)).AsUInt64();
        w3 = ((l3 >>> 36) | (l4 << 16)).AsUInt64();
    }
}
