// Owns: the constants of a curve's fields, written by KernelConstants.cs: edit that instead.
#pragma once
#include "prelude.h"

// BLS12-381 Fp: p has 381 bits; R = 2^384.
#define FP_LIMBS 12
#define FP_BITS 381
// -1/p mod 2^32.
#define FP_NEG_INVERSE 0xfffcfffdu
CONSTANT u32 fp_modulus[12] = {
    0xffffaaabu, 0xb9feffffu, 0xb153ffffu, 0x1eabfffeu, 0xf6b0f624u, 0x6730d2a0u,
    0xf38512bfu, 0x64774b84u, 0x434bacd7u, 0x4b1ba7b6u, 0x397fe69au, 0x1a0111eau,
};
// R mod p, the Montgomery form of 1, and R^2 mod p.
CONSTANT u32 fp_r[12] = {
    0x0002fffdu, 0x76090000u, 0xc40c0002u, 0xebf4000bu, 0x53c758bau, 0x5f489857u,
    0x70525745u, 0x77ce5853u, 0xa256ec6du, 0x5c071a97u, 0xfa80e493u, 0x15f65ec3u,
};
CONSTANT u32 fp_r_squared[12] = {
    0x1c341746u, 0xf4df1f34u, 0x09d104f1u, 0x0a76e6a6u, 0x4c95b6d5u, 0x8de5476cu,
    0x939d83c0u, 0x67eb88a9u, 0xb519952du, 0x9a793e85u, 0x92cae3aau, 0x11988fe5u,
};

// BLS12-381 Fr: p has 255 bits; R = 2^256.
#define FR_LIMBS 8
#define FR_BITS 255
// -1/p mod 2^32.
#define FR_NEG_INVERSE 0xffffffffu
CONSTANT u32 fr_modulus[8] = {
    0x00000001u, 0xffffffffu, 0xfffe5bfeu, 0x53bda402u, 0x09a1d805u, 0x3339d808u,
    0x299d7d48u, 0x73eda753u,
};
// R mod p, the Montgomery form of 1, and R^2 mod p.
CONSTANT u32 fr_r[8] = {
    0xfffffffeu, 0x00000001u, 0x00034802u, 0x5884b7fau, 0xecbc4ff5u, 0x998c4fefu,
    0xacc5056fu, 0x1824b159u,
};
CONSTANT u32 fr_r_squared[8] = {
    0xf3f29c6du, 0xc999e990u, 0x87925c23u, 0x2b6cedcbu, 0x7254398fu, 0x05d31496u,
    0x9f59ff11u, 0x0748d9d9u,
};
