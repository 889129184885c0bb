// Owns: the products of 6-word prime fields in C#, which run where no code is emitted and which emitted code must equal.

using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

public readonly partial struct Fp384<TParams>
{
    /// <summary>a · b in C#: the twin of the emitted code.</summary>
    /// <remarks>
    /// Coarsely integrated operand scanning, interleaved, without the two extra carry words: the top word of p is below
    /// 2^63 − 1 (Acar, "Fast software multiplication in F_p", and the note in gnark-crypto). 78 products.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Fp384<TParams> MultiplyPortable(in Fp384<TParams> a, in Fp384<TParams> b)
    {
        ulong a0 = a.l0, a1 = a.l1, a2 = a.l2, a3 = a.l3, a4 = a.l4, a5 = a.l5;
        ulong m, high, carry, w;

        w = b.l0;
        ulong t0 = Limbs.MultiplyAdd(a0, w, 0, out high);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        ulong t1 = Limbs.MultiplyAdd(a1, w, high, out high);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        ulong t2 = Limbs.MultiplyAdd(a2, w, high, out high);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        ulong t3 = Limbs.MultiplyAdd(a3, w, high, out high);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        ulong t4 = Limbs.MultiplyAdd(a4, w, high, out high);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        ulong t5 = Limbs.MultiplyAdd(a5, w, high, out high);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + high;

        w = b.l1;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + high;

        w = b.l2;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + high;

        w = b.l3;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + high;

        w = b.l4;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + high;

        w = b.l5;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + high;

        return ReduceOnce(t0, t1, t2, t3, t4, t5);
    }

    /// <summary>a·b + c·d in C#: the twin of the emitted code.</summary>
    /// <remarks>
    /// Both products share one interleaved reduction (Longa, eprint 2022/367, section 3). The running sum stays below 3p,
    /// which 6 words hold where p is below 2^384/3, and ends below 2p; larger primes take two products and a sum.
    /// 114 word products.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Fp384<TParams> SumOfProductsPortable(in Fp384<TParams> a, in Fp384<TParams> b, in Fp384<TParams> c, in Fp384<TParams> d)
    {
        if (TParams.P5 >= ulong.MaxValue / 3)
        {
            return MultiplyPortable(a, b) + MultiplyPortable(c, d);
        }

        ulong m, highA, highC, carry, w, v;

        w = b.l0;
        v = d.l0;
        ulong t0 = Limbs.MultiplyAdd(a.l0, w, 0, out highA);
        t0 = Limbs.MultiplyAdd(c.l0, v, t0, out highC);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        ulong t1 = Limbs.MultiplyAdd(a.l1, w, highA, out highA);
        t1 = Limbs.MultiplyAdd(c.l1, v, t1, highC, out highC);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        ulong t2 = Limbs.MultiplyAdd(a.l2, w, highA, out highA);
        t2 = Limbs.MultiplyAdd(c.l2, v, t2, highC, out highC);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        ulong t3 = Limbs.MultiplyAdd(a.l3, w, highA, out highA);
        t3 = Limbs.MultiplyAdd(c.l3, v, t3, highC, out highC);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        ulong t4 = Limbs.MultiplyAdd(a.l4, w, highA, out highA);
        t4 = Limbs.MultiplyAdd(c.l4, v, t4, highC, out highC);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        ulong t5 = Limbs.MultiplyAdd(a.l5, w, highA, out highA);
        t5 = Limbs.MultiplyAdd(c.l5, v, t5, highC, out highC);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + highA + highC;

        w = b.l1;
        v = d.l1;
        t0 = Limbs.MultiplyAdd(a.l0, w, t0, out highA);
        t0 = Limbs.MultiplyAdd(c.l0, v, t0, out highC);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a.l1, w, t1, highA, out highA);
        t1 = Limbs.MultiplyAdd(c.l1, v, t1, highC, out highC);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a.l2, w, t2, highA, out highA);
        t2 = Limbs.MultiplyAdd(c.l2, v, t2, highC, out highC);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a.l3, w, t3, highA, out highA);
        t3 = Limbs.MultiplyAdd(c.l3, v, t3, highC, out highC);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a.l4, w, t4, highA, out highA);
        t4 = Limbs.MultiplyAdd(c.l4, v, t4, highC, out highC);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a.l5, w, t5, highA, out highA);
        t5 = Limbs.MultiplyAdd(c.l5, v, t5, highC, out highC);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + highA + highC;

        w = b.l2;
        v = d.l2;
        t0 = Limbs.MultiplyAdd(a.l0, w, t0, out highA);
        t0 = Limbs.MultiplyAdd(c.l0, v, t0, out highC);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a.l1, w, t1, highA, out highA);
        t1 = Limbs.MultiplyAdd(c.l1, v, t1, highC, out highC);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a.l2, w, t2, highA, out highA);
        t2 = Limbs.MultiplyAdd(c.l2, v, t2, highC, out highC);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a.l3, w, t3, highA, out highA);
        t3 = Limbs.MultiplyAdd(c.l3, v, t3, highC, out highC);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a.l4, w, t4, highA, out highA);
        t4 = Limbs.MultiplyAdd(c.l4, v, t4, highC, out highC);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a.l5, w, t5, highA, out highA);
        t5 = Limbs.MultiplyAdd(c.l5, v, t5, highC, out highC);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + highA + highC;

        w = b.l3;
        v = d.l3;
        t0 = Limbs.MultiplyAdd(a.l0, w, t0, out highA);
        t0 = Limbs.MultiplyAdd(c.l0, v, t0, out highC);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a.l1, w, t1, highA, out highA);
        t1 = Limbs.MultiplyAdd(c.l1, v, t1, highC, out highC);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a.l2, w, t2, highA, out highA);
        t2 = Limbs.MultiplyAdd(c.l2, v, t2, highC, out highC);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a.l3, w, t3, highA, out highA);
        t3 = Limbs.MultiplyAdd(c.l3, v, t3, highC, out highC);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a.l4, w, t4, highA, out highA);
        t4 = Limbs.MultiplyAdd(c.l4, v, t4, highC, out highC);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a.l5, w, t5, highA, out highA);
        t5 = Limbs.MultiplyAdd(c.l5, v, t5, highC, out highC);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + highA + highC;

        w = b.l4;
        v = d.l4;
        t0 = Limbs.MultiplyAdd(a.l0, w, t0, out highA);
        t0 = Limbs.MultiplyAdd(c.l0, v, t0, out highC);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a.l1, w, t1, highA, out highA);
        t1 = Limbs.MultiplyAdd(c.l1, v, t1, highC, out highC);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a.l2, w, t2, highA, out highA);
        t2 = Limbs.MultiplyAdd(c.l2, v, t2, highC, out highC);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a.l3, w, t3, highA, out highA);
        t3 = Limbs.MultiplyAdd(c.l3, v, t3, highC, out highC);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a.l4, w, t4, highA, out highA);
        t4 = Limbs.MultiplyAdd(c.l4, v, t4, highC, out highC);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a.l5, w, t5, highA, out highA);
        t5 = Limbs.MultiplyAdd(c.l5, v, t5, highC, out highC);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + highA + highC;

        w = b.l5;
        v = d.l5;
        t0 = Limbs.MultiplyAdd(a.l0, w, t0, out highA);
        t0 = Limbs.MultiplyAdd(c.l0, v, t0, out highC);
        m = t0 * TParams.NegInverse;
        Limbs.MultiplyAdd(m, TParams.P0, t0, out carry);
        t1 = Limbs.MultiplyAdd(a.l1, w, t1, highA, out highA);
        t1 = Limbs.MultiplyAdd(c.l1, v, t1, highC, out highC);
        t0 = Limbs.MultiplyAdd(m, TParams.P1, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a.l2, w, t2, highA, out highA);
        t2 = Limbs.MultiplyAdd(c.l2, v, t2, highC, out highC);
        t1 = Limbs.MultiplyAdd(m, TParams.P2, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a.l3, w, t3, highA, out highA);
        t3 = Limbs.MultiplyAdd(c.l3, v, t3, highC, out highC);
        t2 = Limbs.MultiplyAdd(m, TParams.P3, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a.l4, w, t4, highA, out highA);
        t4 = Limbs.MultiplyAdd(c.l4, v, t4, highC, out highC);
        t3 = Limbs.MultiplyAdd(m, TParams.P4, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a.l5, w, t5, highA, out highA);
        t5 = Limbs.MultiplyAdd(c.l5, v, t5, highC, out highC);
        t4 = Limbs.MultiplyAdd(m, TParams.P5, t5, carry, out carry);
        t5 = carry + highA + highC;

        return ReduceOnce(t0, t1, t2, t3, t4, t5);
    }
}
