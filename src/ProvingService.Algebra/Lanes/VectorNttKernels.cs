// Owns: the transforms' lane kernels in plain C#: the twin of the emitted ones. Their contract: NttLaneKernels.cs.

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static ProvingService.Algebra.VectorMultiply;

namespace ProvingService.Algebra;

/// <summary>
/// The same sums and products in the same order as Emitted/NttLaneEmitter.cs, whose comments give the bounds, so that values
/// are equal modulo R and not only modulo r. Values on their way are five vectors on the stack.
/// </summary>
internal sealed unsafe class VectorNttKernels : NttLaneKernels
{
    private const int Lanes = LanePrime.Lanes;

    private static readonly ConcurrentDictionary<LanePrime, VectorNttKernels> Known = new();

    private readonly VectorModulus modulus;
    private readonly ulong[][] multiples;
    private readonly double[] complementFactors;

    private VectorNttKernels(LanePrime prime)
        : base(prime)
    {
        modulus = new(prime);
        multiples = [.. Enumerable.Range(0, 17).Select(k => prime.ToLimbs(k * prime.Modulus))];
        complementFactors = [.. prime.ToLimbs(prime.Complement).Select(limb => (double)limb)];
    }

    public static VectorNttKernels Of(LanePrime prime) => Known.GetOrAdd(prime, static key => new(key));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void FirstSplit(NttLanes* lanes)
    {
        ulong* sum = stackalloc ulong[BlockWords];
        long quarter = lanes->Count * BlockWords;
        for (ulong* a0 = lanes->Data, end = a0 + quarter; a0 < end; a0 += BlockWords)
        {
            Sum(sum, a0, a0 + quarter);
            Difference(a0 + quarter, a0, a0 + quarter, 14);
            Reduce(a0, sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void SplitZero(NttLanes* lanes)
    {
        ulong* v1 = stackalloc ulong[4 * BlockWords];
        ulong* v3 = v1 + BlockWords, u0 = v3 + BlockWords, u2 = u0 + BlockWords;
        long quarter = lanes->Count * BlockWords;
        for (ulong* a0 = lanes->Data, end = a0 + quarter; a0 < end; a0 += BlockWords)
        {
            ulong* a1 = a0 + quarter, a2 = a1 + quarter, a3 = a2 + quarter;
            Sum(v1, a1, a3);
            Difference(v3, a1, a3, 2);
            MultiplyByTwiddle(v3, v3, lanes->NextTwiddles + NttTwiddles.Words, centred: true);
            Sum(u0, a0, a2);
            Difference(u2, a0, a2, 15);
            Sum(a2, u2, v3);
            Difference(a3, u2, v3, 0);
            Difference(a1, u0, v1, 16);
            Sum(u0, u0, v1);
            Reduce(a0, u0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Split(NttLanes* lanes)
    {
        ulong* t = stackalloc ulong[BlockWords];
        long quarter = lanes->Count * BlockWords;
        ulong* a0 = lanes->Data;
        for (long group = 0; group < lanes->Groups; group++, a0 += 3 * quarter)
        {
            ulong* w = lanes->Twiddles + (group * NttTwiddles.Words), next = lanes->NextTwiddles + (2 * group * NttTwiddles.Words);
            for (ulong* end = a0 + quarter; a0 < end; a0 += BlockWords)
            {
                ulong* a1 = a0 + quarter, a2 = a1 + quarter, a3 = a2 + quarter;
                Butterfly(a0, a2, w, t);
                Butterfly(a1, a3, w, t);
                Butterfly(a0, a1, next, t);
                Butterfly(a2, a3, next + NttTwiddles.Words, t);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Merge(NttLanes* lanes)
    {
        ulong* t = stackalloc ulong[BlockWords];
        long quarter = lanes->Count * BlockWords;
        ulong* a0 = lanes->Data;
        for (long group = 0; group < lanes->Groups; group++, a0 += 3 * quarter)
        {
            ulong* w = lanes->Twiddles + (group * NttTwiddles.Words), next = lanes->NextTwiddles + (2 * group * NttTwiddles.Words);
            for (ulong* end = a0 + quarter; a0 < end; a0 += BlockWords)
            {
                ulong* a1 = a0 + quarter, a2 = a1 + quarter, a3 = a2 + quarter;
                TransposedButterfly(a0, a1, next, t, 4);
                TransposedButterfly(a2, a3, next + NttTwiddles.Words, t, 4);
                TransposedButterfly(a1, a3, w, t, 2);
                TransposedButterfly(a0, a2, w, t, 8);
                Reduce(a0, a0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void MergeZero(NttLanes* lanes)
    {
        ulong* s0 = stackalloc ulong[4 * BlockWords];
        ulong* d0 = s0 + BlockWords, s1 = d0 + BlockWords, d1 = s1 + BlockWords;
        long quarter = lanes->Count * BlockWords;
        for (ulong* a0 = lanes->Data, end = a0 + quarter; a0 < end; a0 += BlockWords)
        {
            ulong* a1 = a0 + quarter, a2 = a1 + quarter, a3 = a2 + quarter;
            Sum(s1, a2, a3);
            Difference(d1, a2, a3, 4);
            MultiplyByTwiddle(d1, d1, lanes->NextTwiddles + NttTwiddles.Words, centred: false);
            Sum(s0, a0, a1);
            Difference(d0, a0, a1, 6);
            Sum(a1, d0, d1);
            Reduce(a1, a1);
            Difference(a3, d0, d1, 0);
            Reduce(a3, a3);
            Sum(a0, s0, s1);
            Reduce(a0, a0);
            Difference(a2, s0, s1, 8);
            Reduce(a2, a2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void LastMerge(NttLanes* lanes)
    {
        ulong* t = stackalloc ulong[BlockWords];
        long quarter = lanes->Count * BlockWords;
        for (ulong* a0 = lanes->Data, end = a0 + quarter; a0 < end; a0 += BlockWords)
        {
            Difference(t, a0, a0 + quarter, 4);
            Sum(a0, a0, a0 + quarter);
            Buffer.MemoryCopy(t, a0 + quarter, 8 * BlockWords, 8 * BlockWords);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Scale(NttLanes* lanes)
    {
        for (long i = 0; i < lanes->Count; i++)
        {
            ulong* block = lanes->Data + (i * BlockWords);
            MultiplyByTwiddle(block, block, lanes->Twiddles + (i * NttTwiddles.Words), centred: false);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Twist(NttLanes* lanes)
    {
        for (long i = 0; i < lanes->Count; i++)
        {
            ulong* block = lanes->Data + (i * BlockWords), t = lanes->Other + (i % 4 * BlockWords);
            Normalize(block);
            Multiply5(block, t, block, modulus);
            Multiply5(t, lanes->Other + (4 * BlockWords), t, modulus);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Multiply(NttLanes* lanes)
    {
        for (long i = 0; i < lanes->Count; i++)
        {
            ulong* block = lanes->Data + (i * BlockWords), other = lanes->Other + (i * BlockWords);
            Normalize(block);
            Normalize(other);
            Multiply5(block, other, block, modulus);
        }
    }

    private static Vector512<long> Load(ulong* block, int limb) => Vector512.Load((long*)block + (Lanes * limb));

    private static void Sum(ulong* sum, ulong* a, ulong* b)
    {
        for (int j = 0; j < Limbs; j++)
        {
            (Load(a, j) + Load(b, j)).Store((long*)sum + (Lanes * j));
        }
    }

    /// <summary>Carries from limb to limb, with signs, and cuts limbs to 52 bits.</summary>
    private static void Normalize(ulong* block)
    {
        Vector512<long> carry = default, mask = Vector512.Create((long)LanePrime.LimbMask);
        for (int j = 0; j < Limbs; j++)
        {
            Vector512<long> limb = Load(block, j) + carry;
            carry = limb >> LanePrime.LimbBits;
            (limb & mask).Store((long*)block + (Lanes * j));
        }
    }

    /// <summary>difference ← a − b + multiple·r.</summary>
    private void Difference(ulong* difference, ulong* a, ulong* b, int multiple)
    {
        for (int j = 0; j < Limbs; j++)
        {
            (Load(a, j) - Load(b, j) + Vector512.Create((long)multiples[multiple][j])).Store((long*)difference + (Lanes * j));
        }
    }

    /// <summary>(u, v) ← (u + Wv, u − Wv).</summary>
    private void Butterfly(ulong* u, ulong* v, ulong* twiddle, ulong* t)
    {
        MultiplyByTwiddle(t, v, twiddle, centred: true);
        Difference(v, u, t, 0);
        Sum(u, u, t);
    }

    /// <summary>(u, v) ← (u + v, W(u − v + multiple·r)).</summary>
    private void TransposedButterfly(ulong* u, ulong* v, ulong* twiddle, ulong* t, int multiple)
    {
        Difference(t, u, v, multiple);
        Sum(u, u, v);
        MultiplyByTwiddle(v, t, twiddle, centred: false);
    }

    /// <summary>Brings a value below R below 2r; see the emitted twin.</summary>
    private void Reduce(ulong* result, ulong* value)
    {
        Normalize(value);
        Vector512<double> top = Factor(Load(value, Limbs - 1).AsUInt64());
        Vector512<ulong> q = Start(0, 1);
        AddHigh(ref q, top, Vector512.Create((double)Prime.Reciprocal));
        Vector512<double> factor = Factor(q);
        Vector512<ulong> carried = default;
        for (int j = 0; j < Limbs; j++)
        {
            Vector512<ulong> high = Start(0, 1);
            Vector512<ulong> low = Start(1, 0) + carried + Load(value, j).AsUInt64();
            Add(ref low, ref high, factor, Complement(j));
            carried = high;
            low.Store(result + (Lanes * j));
        }
    }

    private Vector512<double> Complement(int limb) => Vector512.Create(complementFactors[limb]);

    /// <summary>product ← a·w less a multiple of r: below 2r, or in (−r, r), raw. See the contract for the quotient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyByTwiddle(ulong* product, ulong* a, ulong* twiddle, bool centred)
    {
        Vector512<long> l0 = Load(a, 0), l1 = Load(a, 1) + (l0 >> LanePrime.LimbBits), l2 = Load(a, 2) + (l1 >> LanePrime.LimbBits);
        Vector512<long> l3 = Load(a, 3) + (l2 >> LanePrime.LimbBits), l4 = Load(a, 4) + (l3 >> LanePrime.LimbBits);
        Vector512<double> a0 = Factor(l0.AsUInt64()), a1 = Factor(l1.AsUInt64()), a2 = Factor(l2.AsUInt64());
        Vector512<double> a3 = Factor(l3.AsUInt64()), a4 = Factor(l4.AsUInt64()), w, quotient;

        // Column k takes the low halves of limbs whose indices add up to k and the high halves of those that do to k − 1.
        Vector512<ulong> p0 = Start(2, 0), p1 = Start(4, 2), p2 = Start(6, 4), p3 = Start(8, 6), p4 = Start(10, 8);
        Vector512<ulong> c4 = Start(5, 4), c5 = Start(4, 5), c6 = Start(3, 4), c7 = Start(2, 3), c8 = Start(1, 2), c9 = Start(0, 1);
        w = Vector512.Create((double)twiddle[0]);
        quotient = Vector512.Create((double)twiddle[5]);
        Add(ref p0, ref p1, a0, w);
        Add(ref p1, ref p2, a1, w);
        Add(ref p2, ref p3, a2, w);
        Add(ref p3, ref p4, a3, w);
        AddLow(ref p4, a4, w);
        AddHigh(ref c4, a3, quotient);
        Add(ref c4, ref c5, a4, quotient);
        w = Vector512.Create((double)twiddle[1]);
        quotient = Vector512.Create((double)twiddle[6]);
        Add(ref p1, ref p2, a0, w);
        Add(ref p2, ref p3, a1, w);
        Add(ref p3, ref p4, a2, w);
        AddLow(ref p4, a3, w);
        AddHigh(ref c4, a2, quotient);
        Add(ref c4, ref c5, a3, quotient);
        Add(ref c5, ref c6, a4, quotient);
        w = Vector512.Create((double)twiddle[2]);
        quotient = Vector512.Create((double)twiddle[7]);
        Add(ref p2, ref p3, a0, w);
        Add(ref p3, ref p4, a1, w);
        AddLow(ref p4, a2, w);
        AddHigh(ref c4, a1, quotient);
        Add(ref c4, ref c5, a2, quotient);
        Add(ref c5, ref c6, a3, quotient);
        Add(ref c6, ref c7, a4, quotient);
        w = Vector512.Create((double)twiddle[3]);
        quotient = Vector512.Create((double)twiddle[8]);
        Add(ref p3, ref p4, a0, w);
        AddLow(ref p4, a1, w);
        AddHigh(ref c4, a0, quotient);
        Add(ref c4, ref c5, a1, quotient);
        Add(ref c5, ref c6, a2, quotient);
        Add(ref c6, ref c7, a3, quotient);
        Add(ref c7, ref c8, a4, quotient);
        w = Vector512.Create((double)twiddle[4]);
        quotient = Vector512.Create((double)twiddle[9]);
        AddLow(ref p4, a0, w);
        Add(ref c4, ref c5, a0, quotient);
        Add(ref c5, ref c6, a1, quotient);
        Add(ref c6, ref c7, a2, quotient);
        Add(ref c7, ref c8, a3, quotient);
        Add(ref c8, ref c9, a4, quotient);

        // The quotient's limbs as the carries reach them, times R − r.
        c5 += c4 >>> LanePrime.LimbBits;
        quotient = Factor(c5);
        Add(ref p0, ref p1, quotient, Complement(0));
        Add(ref p1, ref p2, quotient, Complement(1));
        Add(ref p2, ref p3, quotient, Complement(2));
        Add(ref p3, ref p4, quotient, Complement(3));
        AddLow(ref p4, quotient, Complement(4));
        c6 += c5 >>> LanePrime.LimbBits;
        quotient = Factor(c6);
        Add(ref p1, ref p2, quotient, Complement(0));
        Add(ref p2, ref p3, quotient, Complement(1));
        Add(ref p3, ref p4, quotient, Complement(2));
        AddLow(ref p4, quotient, Complement(3));
        c7 += c6 >>> LanePrime.LimbBits;
        quotient = Factor(c7);
        Add(ref p2, ref p3, quotient, Complement(0));
        Add(ref p3, ref p4, quotient, Complement(1));
        AddLow(ref p4, quotient, Complement(2));
        c8 += c7 >>> LanePrime.LimbBits;
        quotient = Factor(c8);
        Add(ref p3, ref p4, quotient, Complement(0));
        AddLow(ref p4, quotient, Complement(1));
        c9 += c8 >>> LanePrime.LimbBits;
        quotient = Factor(c9);
        AddLow(ref p4, quotient, Complement(0));

        ulong[] r = multiples[centred ? 1 : 0];
        (p0 - Vector512.Create(r[0])).Store(product);
        (p1 - Vector512.Create(r[1])).Store(product + Lanes);
        (p2 - Vector512.Create(r[2])).Store(product + (2 * Lanes));
        (p3 - Vector512.Create(r[3])).Store(product + (3 * Lanes));
        (p4 - Vector512.Create(r[4])).Store(product + (4 * Lanes));
    }
}
