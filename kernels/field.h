// Owns: a prime field in Montgomery form on 32-bit limbs. Included once for each field, after
//     #define FIELD fp            the type's name and the functions' prefix: fp_add, fp_mul, ...
//     #define FIELD_LIMBS FP_LIMBS
//     #define FIELD_BITS FP_BITS
//     #define FIELD_NEG_INVERSE FP_NEG_INVERSE
// with the arrays fp_modulus, fp_r and fp_r_squared in scope (constants-*.h). It undefines all four.
// Operands and results lie in [0, p) unless a name says otherwise. p has a spare bit: 2p < R. Variable time.
//
// Costs in instructions of an NVIDIA multiprocessor, for n limbs: a multiplication is 2n^2 + n multiply-adds (300 for 12
// limbs, 136 for 8) and about 2n others for the last reduction; an addition or subtraction is about 3n others.
#include "carry.h"

#define FIELD_PASTE(a, b) a##_##b
#define FIELD_EXPAND(a, b) FIELD_PASTE(a, b)
#define FIELD_NAME(name) FIELD_EXPAND(FIELD, name)
#define LIMBS FIELD_LIMBS

// Little-endian limbs; sixteen bytes travel at once.
typedef struct ALIGNED(16) {
    u32 limb[LIMBS];
} FIELD;

INLINE FIELD FIELD_NAME(zero)(void)
{
    FIELD r;
    UNROLL
    for (int i = 0; i < LIMBS; i++) {
        r.limb[i] = 0;
    }
    return r;
}

INLINE FIELD FIELD_NAME(one)(void)
{
    FIELD r;
    UNROLL
    for (int i = 0; i < LIMBS; i++) {
        r.limb[i] = FIELD_NAME(r)[i];
    }
    return r;
}

INLINE int FIELD_NAME(is_zero)(FIELD a)
{
    u32 any = 0;
    UNROLL
    for (int i = 0; i < LIMBS; i++) {
        any |= a.limb[i];
    }
    return any == 0;
}

INLINE int FIELD_NAME(equal)(FIELD a, FIELD b)
{
    u32 any = 0;
    UNROLL
    for (int i = 0; i < LIMBS; i++) {
        any |= a.limb[i] ^ b.limb[i];
    }
    return any == 0;
}

// a or a - p, whichever lies in [0, p), for a < 2p.
INLINE FIELD FIELD_NAME(reduce)(FIELD a)
{
    CARRY_CHAIN
    FIELD t;
    u32 borrow;
    SUB_START(t.limb[0], a.limb[0], FIELD_NAME(modulus)[0]);
    UNROLL
    for (int i = 1; i < LIMBS; i++) {
        SUB_STEP(t.limb[i], a.limb[i], FIELD_NAME(modulus)[i]);
    }
    SUB_END(borrow, 0u, 0u);
    UNROLL
    for (int i = 0; i < LIMBS; i++) {
        t.limb[i] = borrow ? a.limb[i] : t.limb[i];
    }
    return t;
}

INLINE FIELD FIELD_NAME(add)(FIELD a, FIELD b)
{
    CARRY_CHAIN
    FIELD r;
    ADD_START(r.limb[0], a.limb[0], b.limb[0]);
    UNROLL
    for (int i = 1; i < LIMBS - 1; i++) {
        ADD_STEP(r.limb[i], a.limb[i], b.limb[i]);
    }
    ADD_END(r.limb[LIMBS - 1], a.limb[LIMBS - 1], b.limb[LIMBS - 1]);
    return FIELD_NAME(reduce)(r);
}

INLINE FIELD FIELD_NAME(double)(FIELD a)
{
    return FIELD_NAME(add)(a, a);
}

INLINE FIELD FIELD_NAME(sub)(FIELD a, FIELD b)
{
    CARRY_CHAIN
    FIELD r;
    u32 borrow;
    SUB_START(r.limb[0], a.limb[0], b.limb[0]);
    UNROLL
    for (int i = 1; i < LIMBS; i++) {
        SUB_STEP(r.limb[i], a.limb[i], b.limb[i]);
    }
    SUB_END(borrow, 0u, 0u);
    ADD_START(r.limb[0], r.limb[0], borrow & FIELD_NAME(modulus)[0]);
    UNROLL
    for (int i = 1; i < LIMBS - 1; i++) {
        ADD_STEP(r.limb[i], r.limb[i], borrow & FIELD_NAME(modulus)[i]);
    }
    ADD_END(r.limb[LIMBS - 1], r.limb[LIMBS - 1], borrow & FIELD_NAME(modulus)[LIMBS - 1]);
    return r;
}

// p - a: in [0, p], p itself for zero, which products take as well as zero.
INLINE FIELD FIELD_NAME(neg_lazy)(FIELD a)
{
    CARRY_CHAIN
    FIELD r;
    SUB_START(r.limb[0], FIELD_NAME(modulus)[0], a.limb[0]);
    UNROLL
    for (int i = 1; i < LIMBS - 1; i++) {
        SUB_STEP(r.limb[i], FIELD_NAME(modulus)[i], a.limb[i]);
    }
    SUB_END(r.limb[LIMBS - 1], FIELD_NAME(modulus)[LIMBS - 1], a.limb[LIMBS - 1]);
    return r;
}

INLINE FIELD FIELD_NAME(neg)(FIELD a)
{
    return FIELD_NAME(is_zero)(a) ? a : FIELD_NAME(neg_lazy)(a);
}

// The accumulator of a Montgomery product is kept as even + odd * 2^32: the products a[j] * b of even j are 64 bits wide
// and lie side by side in `even`, those of odd j in `odd`, so that each is one chain of wide multiply-adds without
// additions between. What is shifted out of one becomes the other's: they change places after each limb of b.

// even + odd * 2^32 = (odd + even * 2^-32) / 1 + a * b, for an accumulator whose lowest limb was reduced to zero, and
// whose halves have changed places.
INLINE void FIELD_NAME(shift_and_multiply)(u32 *even, u32 *odd, const u32 *a, u32 b)
{
    CARRY_CHAIN
    ADD_START(even[0], even[0], odd[1]);
    UNROLL
    for (int j = 0; j < LIMBS - 2; j += 2) {
        MAD_LOW(odd[j], a[j + 1], b, odd[j + 2]);
        MAD_HIGH(odd[j + 1], a[j + 1], b, odd[j + 3]);
    }
    MAD_LOW(odd[LIMBS - 2], a[LIMBS - 1], b, 0u);
    MAD_HIGH_END(odd[LIMBS - 1], a[LIMBS - 1], b, 0u);

    MAD_LOW_START(even[0], a[0], b, even[0]);
    MAD_HIGH(even[1], a[0], b, even[1]);
    UNROLL
    for (int j = 2; j < LIMBS; j += 2) {
        MAD_LOW(even[j], a[j], b, even[j]);
        MAD_HIGH(even[j + 1], a[j], b, even[j + 1]);
    }
    ADD_END(odd[LIMBS - 1], odd[LIMBS - 1], 0u);
}

// even + odd * 2^32 += a * b.
INLINE void FIELD_NAME(multiply_add)(u32 *even, u32 *odd, const u32 *a, u32 b)
{
    CARRY_CHAIN
    MAD_LOW_START(odd[0], a[1], b, odd[0]);
    MAD_HIGH(odd[1], a[1], b, odd[1]);
    UNROLL
    for (int j = 2; j < LIMBS - 2; j += 2) {
        MAD_LOW(odd[j], a[j + 1], b, odd[j]);
        MAD_HIGH(odd[j + 1], a[j + 1], b, odd[j + 1]);
    }
    MAD_LOW(odd[LIMBS - 2], a[LIMBS - 1], b, odd[LIMBS - 2]);
    MAD_HIGH_END(odd[LIMBS - 1], a[LIMBS - 1], b, odd[LIMBS - 1]);

    MAD_LOW_START(even[0], a[0], b, even[0]);
    MAD_HIGH(even[1], a[0], b, even[1]);
    UNROLL
    for (int j = 2; j < LIMBS; j += 2) {
        MAD_LOW(even[j], a[j], b, even[j]);
        MAD_HIGH(even[j + 1], a[j], b, even[j + 1]);
    }
    ADD_END(odd[LIMBS - 1], odd[LIMBS - 1], 0u);
}

// even + odd * 2^32 += m * p for the m that makes the lowest limb zero. n multiply-adds and one for m; where p = 1 - 2^32
// modulo 2^64, as that of BLS12-381's scalars is, n - 2.
INLINE void FIELD_NAME(reduce_limb)(u32 *even, u32 *odd)
{
    u32 p[LIMBS];
    UNROLL
    for (int j = 0; j < LIMBS; j++) {
        p[j] = FIELD_NAME(modulus)[j];
    }
    if (p[0] != 1 || p[1] != 0xffffffffu) {
        FIELD_NAME(multiply_add)(even, odd, p, even[0] * FIELD_NEG_INVERSE);
        return;
    }

    // With x the lowest limb, m = -x modulo 2^32, and c = 1 where x is not 0:
    // x + m (1 - 2^32 + 2^64) = (x + c) 2^32 + (m - c) 2^64, and m times the other limbs of p comes to that. 0 - x borrows c,
    // x - 1 + 2^32 carries c. m is made as ~(x - 1): where NVIDIA's assembler sees a negation it multiplies by x and -p
    // instead, in two instructions a product.
    CARRY_CHAIN
    u32 x = even[0], m, m_less_c;
    SUB_START(m, 0u, x);
    SUB_END(m_less_c, 0u, x);
    ADD_START(m, x, 0xffffffffu);
    ADD_STEP(even[1], even[1], x);
    m = ~m;
    UNROLL
    for (int j = 2; j < LIMBS; j += 2) {
        MAD_LOW(even[j], p[j], m, even[j]);
        MAD_HIGH(even[j + 1], p[j], m, even[j + 1]);
    }
    ADD_END(odd[LIMBS - 1], odd[LIMBS - 1], 0u);

    ADD_START(odd[1], odd[1], m_less_c);
    UNROLL
    for (int j = 2; j < LIMBS - 2; j += 2) {
        MAD_LOW(odd[j], p[j + 1], m, odd[j]);
        MAD_HIGH(odd[j + 1], p[j + 1], m, odd[j + 1]);
    }
    MAD_LOW(odd[LIMBS - 2], p[LIMBS - 1], m, odd[LIMBS - 2]);
    MAD_HIGH_END(odd[LIMBS - 1], p[LIMBS - 1], m, odd[LIMBS - 1]);
}

// even = a[0], a[2], ... and odd = a[1], a[3], ... times b.
INLINE void FIELD_NAME(multiply_first)(u32 *even, u32 *odd, const u32 *a, u32 b)
{
    UNROLL
    for (int j = 0; j < LIMBS; j += 2) {
        even[j] = a[j] * b;
        even[j + 1] = multiply_high(a[j], b);
        odd[j] = a[j + 1] * b;
        odd[j + 1] = multiply_high(a[j + 1], b);
    }
}

// The accumulator after its last limb was reduced, shifted by that limb.
INLINE FIELD FIELD_NAME(merge)(const u32 *even, const u32 *odd)
{
    CARRY_CHAIN
    FIELD r;
    ADD_START(r.limb[0], even[0], odd[1]);
    UNROLL
    for (int j = 1; j < LIMBS - 1; j++) {
        ADD_STEP(r.limb[j], even[j], odd[j + 1]);
    }
    ADD_END(r.limb[LIMBS - 1], even[LIMBS - 1], 0u);
    return r;
}

// a * b / R in [0, 2p), for a in [0, 2p) and b in [0, R) with a * b < p * R. Where 3p > R, as for BLS12-381's scalars, a must
// lie in [0, p]: the accumulator holds (a + p) 2^32.
INLINE FIELD FIELD_NAME(mul_lazy)(FIELD a, FIELD b)
{
    u32 even[LIMBS], odd[LIMBS];
    FIELD_NAME(multiply_first)(even, odd, a.limb, b.limb[0]);
    FIELD_NAME(reduce_limb)(even, odd);
    UNROLL
    for (int i = 1; i < LIMBS - 1; i += 2) {
        FIELD_NAME(shift_and_multiply)(odd, even, a.limb, b.limb[i]);
        FIELD_NAME(reduce_limb)(odd, even);
        FIELD_NAME(shift_and_multiply)(even, odd, a.limb, b.limb[i + 1]);
        FIELD_NAME(reduce_limb)(even, odd);
    }
    FIELD_NAME(shift_and_multiply)(odd, even, a.limb, b.limb[LIMBS - 1]);
    FIELD_NAME(reduce_limb)(odd, even);
    return FIELD_NAME(merge)(even, odd);
}

INLINE FIELD FIELD_NAME(mul)(FIELD a, FIELD b)
{
    return FIELD_NAME(reduce)(FIELD_NAME(mul_lazy)(a, b));
}

// a * a: the products of different limbs once and doubled, then the squares, then the reduction of the low half:
// (3n^2 + 3n) / 2 multiply-adds (234 for 12 limbs, 108 for 8), and about 5n others more than a multiplication.
INLINE FIELD FIELD_NAME(sqr)(FIELD a)
{
    CARRY_CHAIN
    // The product of limbs i < j belongs to limbs i + j and i + j + 1: into `odd` or `even` as i + j is.
    u32 even[2 * LIMBS], odd[2 * LIMBS], p[LIMBS];
    UNROLL
    for (int i = 0; i < 2 * LIMBS; i++) {
        even[i] = 0;
        odd[i] = 0;
    }
    UNROLL
    for (int i = 0; i < LIMBS - 1; i++) {
        // One chain for j = i + 1, i + 3, ... and one for j = i + 2, i + 4, ...; the limb above takes the last carry.
        MAD_LOW_START(odd[2 * i + 1], a.limb[i], a.limb[i + 1], odd[2 * i + 1]);
        MAD_HIGH(odd[2 * i + 2], a.limb[i], a.limb[i + 1], odd[2 * i + 2]);
        UNROLL
        for (int j = i + 3; j < LIMBS; j += 2) {
            MAD_LOW(odd[i + j], a.limb[i], a.limb[j], odd[i + j]);
            MAD_HIGH(odd[i + j + 1], a.limb[i], a.limb[j], odd[i + j + 1]);
        }
        ADD_END(odd[LIMBS + i + 1 - (i & 1)], odd[LIMBS + i + 1 - (i & 1)], 0u);
        if (i < LIMBS - 2) {
            MAD_LOW_START(even[2 * i + 2], a.limb[i], a.limb[i + 2], even[2 * i + 2]);
            MAD_HIGH(even[2 * i + 3], a.limb[i], a.limb[i + 2], even[2 * i + 3]);
            UNROLL
            for (int j = i + 4; j < LIMBS; j += 2) {
                MAD_LOW(even[i + j], a.limb[i], a.limb[j], even[i + j]);
                MAD_HIGH(even[i + j + 1], a.limb[i], a.limb[j], even[i + j + 1]);
            }
            ADD_END(even[LIMBS + i + (i & 1)], even[LIMBS + i + (i & 1)], 0u);
        }
    }

    ADD_START(even[1], odd[1], 0u);
    UNROLL
    for (int i = 2; i < 2 * LIMBS; i++) {
        ADD_STEP(even[i], even[i], odd[i]);
    }
    ADD_START(even[1], even[1], even[1]);
    UNROLL
    for (int i = 2; i < 2 * LIMBS; i++) {
        ADD_STEP(even[i], even[i], even[i]);
    }
    MAD_LOW_START(even[0], a.limb[0], a.limb[0], 0u);
    MAD_HIGH(even[1], a.limb[0], a.limb[0], even[1]);
    UNROLL
    for (int i = 1; i < LIMBS; i++) {
        MAD_LOW(even[2 * i], a.limb[i], a.limb[i], even[2 * i]);
        MAD_HIGH(even[2 * i + 1], a.limb[i], a.limb[i], even[2 * i + 1]);
    }

    // even[0 .. LIMBS) becomes (itself + m * p) / R < p + 1, limb by limb, and the high half is added.
    FIELD high;
    UNROLL
    for (int i = 0; i < LIMBS; i++) {
        p[i] = FIELD_NAME(modulus)[i];
        high.limb[i] = even[LIMBS + i];
        odd[i] = 0;
    }
    FIELD_NAME(multiply_add)(even, odd, p, even[0] * FIELD_NEG_INVERSE);
    UNROLL
    for (int i = 1; i < LIMBS - 1; i += 2) {
        FIELD_NAME(shift_and_multiply)(odd, even, p, (odd[0] + even[1]) * FIELD_NEG_INVERSE);
        FIELD_NAME(shift_and_multiply)(even, odd, p, (even[0] + odd[1]) * FIELD_NEG_INVERSE);
    }
    FIELD_NAME(shift_and_multiply)(odd, even, p, (odd[0] + even[1]) * FIELD_NEG_INVERSE);
    FIELD low = FIELD_NAME(merge)(even, odd);
    ADD_START(low.limb[0], low.limb[0], high.limb[0]);
    UNROLL
    for (int i = 1; i < LIMBS - 1; i++) {
        ADD_STEP(low.limb[i], low.limb[i], high.limb[i]);
    }
    ADD_END(low.limb[LIMBS - 1], low.limb[LIMBS - 1], high.limb[LIMBS - 1]);
    return FIELD_NAME(reduce)(low);
}

#if 32 * FIELD_LIMBS - FIELD_BITS >= 2

// (a * b + c * d) / R in [0, 2p), with one reduction for both products: 3n^2 + n multiply-adds instead of 4n^2 + 2n. Each
// operand in [0, p]. The accumulator holds it, since 4p < R.
INLINE FIELD FIELD_NAME(sum_of_products_lazy)(FIELD a, FIELD b, FIELD c, FIELD d)
{
    u32 even[LIMBS], odd[LIMBS];
    FIELD_NAME(multiply_first)(even, odd, a.limb, b.limb[0]);
    FIELD_NAME(multiply_add)(even, odd, c.limb, d.limb[0]);
    FIELD_NAME(reduce_limb)(even, odd);
    UNROLL
    for (int i = 1; i < LIMBS - 1; i += 2) {
        FIELD_NAME(shift_and_multiply)(odd, even, a.limb, b.limb[i]);
        FIELD_NAME(multiply_add)(odd, even, c.limb, d.limb[i]);
        FIELD_NAME(reduce_limb)(odd, even);
        FIELD_NAME(shift_and_multiply)(even, odd, a.limb, b.limb[i + 1]);
        FIELD_NAME(multiply_add)(even, odd, c.limb, d.limb[i + 1]);
        FIELD_NAME(reduce_limb)(even, odd);
    }
    FIELD_NAME(shift_and_multiply)(odd, even, a.limb, b.limb[LIMBS - 1]);
    FIELD_NAME(multiply_add)(odd, even, c.limb, d.limb[LIMBS - 1]);
    FIELD_NAME(reduce_limb)(odd, even);
    return FIELD_NAME(merge)(even, odd);
}

// a * b + c * d.
INLINE FIELD FIELD_NAME(sum_of_products)(FIELD a, FIELD b, FIELD c, FIELD d)
{
    return FIELD_NAME(reduce)(FIELD_NAME(sum_of_products_lazy)(a, b, c, d));
}

// a * b - c * d.
INLINE FIELD FIELD_NAME(difference_of_products)(FIELD a, FIELD b, FIELD c, FIELD d)
{
    return FIELD_NAME(sum_of_products)(a, b, FIELD_NAME(neg_lazy)(c), d);
}

#endif

// The integer in [0, p) that a stands for.
INLINE FIELD FIELD_NAME(from_montgomery)(FIELD a)
{
    FIELD one = FIELD_NAME(zero)();
    one.limb[0] = 1;
    return FIELD_NAME(mul)(a, one);
}

// The element congruent to an integer in [0, R), which need not lie below p.
INLINE FIELD FIELD_NAME(to_montgomery)(FIELD a)
{
    FIELD r_squared;
    UNROLL
    for (int i = 0; i < LIMBS; i++) {
        r_squared.limb[i] = FIELD_NAME(r_squared)[i];
    }
    return FIELD_NAME(mul)(r_squared, a);
}

// 1/a, and 0 for 0: a^(p-2), a square and half a multiplication a bit. All work-items take the same way.
INLINE FIELD FIELD_NAME(inverse)(FIELD a)
{
    FIELD r = FIELD_NAME(one)();
    for (int i = 32 * LIMBS - 1; i >= 0; i--) {
        // p is odd and above 2, so p - 2 has p's limbs but for the lowest, unless that is 1.
        u32 word = FIELD_NAME(modulus)[i >> 5];
        if (FIELD_NAME(modulus)[0] < 2) {
            word -= i < 32 ? 2 : i < 64;
        } else {
            word -= i < 32 ? 2 : 0;
        }
        r = FIELD_NAME(sqr)(r);
        if (word >> (i & 31) & 1) {
            r = FIELD_NAME(mul)(r, a);
        }
    }
    return r;
}

#undef LIMBS
#undef FIELD_NAME
#undef FIELD_EXPAND
#undef FIELD_PASTE
#undef FIELD
#undef FIELD_LIMBS
#undef FIELD_BITS
#undef FIELD_NEG_INVERSE
