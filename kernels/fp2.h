// Owns: Fp2 = Fp[u]/(u^2 + 1), the coordinates of G2 on both curves, in the same words as fields.h: fp2_add, fp2_mul, ...
//
// Costs in Fp: a multiplication is two sums of two products, each with one reduction (2 * 444 multiply-adds for 12 limbs;
// three products with a reduction each would be 900 and more additions); a square is 2M (600).
//
// Multiplications and squares are calls, with operands in registers: some 55 moves each, but an addition in G2 is then 70 kB
// of code instead of 300, which no instruction cache holds, and compilers take a tenth of the time.
#pragma once
#include "fields.h"

typedef struct {
    fp c0, c1;
} fp2;

INLINE fp2 fp2_make(fp c0, fp c1)
{
    fp2 r;
    r.c0 = c0;
    r.c1 = c1;
    return r;
}

INLINE fp2 fp2_zero(void)
{
    return fp2_make(fp_zero(), fp_zero());
}

INLINE fp2 fp2_one(void)
{
    return fp2_make(fp_one(), fp_zero());
}

INLINE int fp2_is_zero(fp2 a)
{
    return fp_is_zero(a.c0) & fp_is_zero(a.c1);
}

INLINE fp2 fp2_add(fp2 a, fp2 b)
{
    return fp2_make(fp_add(a.c0, b.c0), fp_add(a.c1, b.c1));
}

INLINE fp2 fp2_double(fp2 a)
{
    return fp2_make(fp_double(a.c0), fp_double(a.c1));
}

INLINE fp2 fp2_sub(fp2 a, fp2 b)
{
    return fp2_make(fp_sub(a.c0, b.c0), fp_sub(a.c1, b.c1));
}

INLINE fp2 fp2_neg(fp2 a)
{
    return fp2_make(fp_neg(a.c0), fp_neg(a.c1));
}

NOINLINE fp2 fp2_mul(fp2 a, fp2 b)
{
    return fp2_make(fp_difference_of_products(a.c0, b.c0, a.c1, b.c1), fp_sum_of_products(a.c0, b.c1, a.c1, b.c0));
}

// (c0 + c1)(c0 - c1) + 2 c0 c1 u.
NOINLINE fp2 fp2_sqr(fp2 a)
{
    return fp2_make(fp_mul(fp_add(a.c0, a.c1), fp_sub(a.c0, a.c1)), fp_mul(fp_double(a.c0), a.c1));
}

// a * b - c * d.
INLINE fp2 fp2_difference_of_products(fp2 a, fp2 b, fp2 c, fp2 d)
{
    return fp2_sub(fp2_mul(a, b), fp2_mul(c, d));
}

// 1/a, and 0 for 0: the conjugate over the norm.
INLINE fp2 fp2_inverse(fp2 a)
{
    fp i = fp_inverse(fp_sum_of_products(a.c0, a.c0, a.c1, a.c1));
    return fp2_make(fp_mul(a.c0, i), fp_mul(fp_neg(a.c1), i));
}
