// Owns: a multiplication in the base field of BLS12-381 without type parameters, only to measure the generic one against.

using System.Runtime.CompilerServices;
using ProvingService.Algebra;

namespace ProvingService.Bench;

/// <summary>The twin of <c>Fp384&lt;Bls12381FpParams&gt;</c> with every constant a literal. Never used outside benchmarks.</summary>
public readonly record struct HandSpecialisedFp(ulong L0, ulong L1, ulong L2, ulong L3, ulong L4, ulong L5)
{
    public static HandSpecialisedFp From(Bls12381Fp element) => Unsafe.As<Bls12381Fp, HandSpecialisedFp>(ref element);

    /// <summary>The same interleaved operand scanning as the generic field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static HandSpecialisedFp operator *(in HandSpecialisedFp a, in HandSpecialisedFp b)
    {
        ulong a0 = a.L0, a1 = a.L1, a2 = a.L2, a3 = a.L3, a4 = a.L4, a5 = a.L5;
        ulong t0, t1, t2, t3, t4, t5, m, high, carry, w;

        w = b.L0;
        t0 = Limbs.MultiplyAdd(a0, w, 0, out high);
        m = t0 * 0x89f3fffcfffcfffd;
        Limbs.MultiplyAdd(m, 0xb9feffffffffaaab, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, high, out high);
        t0 = Limbs.MultiplyAdd(m, 0x1eabfffeb153ffff, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, high, out high);
        t1 = Limbs.MultiplyAdd(m, 0x6730d2a0f6b0f624, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, high, out high);
        t2 = Limbs.MultiplyAdd(m, 0x64774b84f38512bf, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, high, out high);
        t3 = Limbs.MultiplyAdd(m, 0x4b1ba7b6434bacd7, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, high, out high);
        t4 = Limbs.MultiplyAdd(m, 0x1a0111ea397fe69a, t5, carry, out carry);
        t5 = carry + high;

        w = b.L1;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * 0x89f3fffcfffcfffd;
        Limbs.MultiplyAdd(m, 0xb9feffffffffaaab, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, 0x1eabfffeb153ffff, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, 0x6730d2a0f6b0f624, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, 0x64774b84f38512bf, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, 0x4b1ba7b6434bacd7, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, 0x1a0111ea397fe69a, t5, carry, out carry);
        t5 = carry + high;

        w = b.L2;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * 0x89f3fffcfffcfffd;
        Limbs.MultiplyAdd(m, 0xb9feffffffffaaab, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, 0x1eabfffeb153ffff, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, 0x6730d2a0f6b0f624, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, 0x64774b84f38512bf, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, 0x4b1ba7b6434bacd7, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, 0x1a0111ea397fe69a, t5, carry, out carry);
        t5 = carry + high;

        w = b.L3;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * 0x89f3fffcfffcfffd;
        Limbs.MultiplyAdd(m, 0xb9feffffffffaaab, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, 0x1eabfffeb153ffff, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, 0x6730d2a0f6b0f624, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, 0x64774b84f38512bf, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, 0x4b1ba7b6434bacd7, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, 0x1a0111ea397fe69a, t5, carry, out carry);
        t5 = carry + high;

        w = b.L4;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * 0x89f3fffcfffcfffd;
        Limbs.MultiplyAdd(m, 0xb9feffffffffaaab, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, 0x1eabfffeb153ffff, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, 0x6730d2a0f6b0f624, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, 0x64774b84f38512bf, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, 0x4b1ba7b6434bacd7, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, 0x1a0111ea397fe69a, t5, carry, out carry);
        t5 = carry + high;

        w = b.L5;
        t0 = Limbs.MultiplyAdd(a0, w, t0, out high);
        m = t0 * 0x89f3fffcfffcfffd;
        Limbs.MultiplyAdd(m, 0xb9feffffffffaaab, t0, out carry);
        t1 = Limbs.MultiplyAdd(a1, w, t1, high, out high);
        t0 = Limbs.MultiplyAdd(m, 0x1eabfffeb153ffff, t1, carry, out carry);
        t2 = Limbs.MultiplyAdd(a2, w, t2, high, out high);
        t1 = Limbs.MultiplyAdd(m, 0x6730d2a0f6b0f624, t2, carry, out carry);
        t3 = Limbs.MultiplyAdd(a3, w, t3, high, out high);
        t2 = Limbs.MultiplyAdd(m, 0x64774b84f38512bf, t3, carry, out carry);
        t4 = Limbs.MultiplyAdd(a4, w, t4, high, out high);
        t3 = Limbs.MultiplyAdd(m, 0x4b1ba7b6434bacd7, t4, carry, out carry);
        t5 = Limbs.MultiplyAdd(a5, w, t5, high, out high);
        t4 = Limbs.MultiplyAdd(m, 0x1a0111ea397fe69a, t5, carry, out carry);
        t5 = carry + high;

        ulong borrow = 0;
        ulong r0 = Limbs.SubtractWithBorrow(t0, 0xb9feffffffffaaab, ref borrow);
        ulong r1 = Limbs.SubtractWithBorrow(t1, 0x1eabfffeb153ffff, ref borrow);
        ulong r2 = Limbs.SubtractWithBorrow(t2, 0x6730d2a0f6b0f624, ref borrow);
        ulong r3 = Limbs.SubtractWithBorrow(t3, 0x64774b84f38512bf, ref borrow);
        ulong r4 = Limbs.SubtractWithBorrow(t4, 0x4b1ba7b6434bacd7, ref borrow);
        ulong r5 = Limbs.SubtractWithBorrow(t5, 0x1a0111ea397fe69a, ref borrow);
        ulong mask = 0 - borrow;
        return new(
            Limbs.Select(mask, r0, t0),
            Limbs.Select(mask, r1, t1),
            Limbs.Select(mask, r2, t2),
            Limbs.Select(mask, r3, t3),
            Limbs.Select(mask, r4, t4),
            Limbs.Select(mask, r5, t5));
    }
}
