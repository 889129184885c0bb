// Owns: scalars as signed digits. A scalar is read from its low end, c bits at a time; a digit above 2^(c-1) becomes negative
// and carries one, so that digits lie in [-2^(c-1), 2^(c-1)] and buckets are half as many.
#pragma once
#include "fields.h"

typedef struct {
    fr rest;     // the bits above those that were read
    u32 carry;   // what the last digit handed on
    u32 flipped; // whether rest came from r - s
} digits;

// The scalar s, or r - s with all signs turned round where `fold` is set and that is smaller: a bit less, right only for
// s < r and points of order r. Without fold s may be any 256-bit integer.
INLINE digits digits_of(fr s, u32 fold)
{
    digits d;
    d.rest = s;
    d.carry = 0;
    d.flipped = 0;
    if (fold) {
        // s < r, so r - s has no borrow. It is smaller where (r - s) - s has one.
        CARRY_CHAIN
        fr t;
        u32 limb, smaller;
        SUB_START(t.limb[0], fr_modulus[0], s.limb[0]);
        UNROLL
        for (int i = 1; i < FR_LIMBS; i++) {
            SUB_STEP(t.limb[i], fr_modulus[i], s.limb[i]);
        }
        SUB_START(limb, t.limb[0], s.limb[0]);
        UNROLL
        for (int i = 1; i < FR_LIMBS; i++) {
            SUB_STEP(limb, t.limb[i], s.limb[i]);
        }
        SUB_END(smaller, 0u, 0u);
        UNROLL
        for (int i = 0; i < FR_LIMBS; i++) {
            d.rest.limb[i] = smaller ? t.limb[i] : s.limb[i];
        }
        d.flipped = smaller & 1;
    }
    return d;
}

// The next digit of c bits, 1 <= c < 32: its absolute value, with the sign in bit 31.
INLINE u32 digits_next(digits *d, u32 c)
{
    u32 value = (d->rest.limb[0] & ((1u << c) - 1)) + d->carry;
    UNROLL
    for (int i = 0; i < FR_LIMBS - 1; i++) {
        d->rest.limb[i] = d->rest.limb[i] >> c | d->rest.limb[i + 1] << (32 - c);
    }
    d->rest.limb[FR_LIMBS - 1] >>= c;
    d->carry = value > 1u << (c - 1);
    if (d->carry) {
        value = (1u << c) - value;
    }
    return value | (d->carry ^ d->flipped) << 31;
}
