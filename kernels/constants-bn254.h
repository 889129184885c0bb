// Owns: the constants of a curve's fields, written by KernelConstants.cs: edit that instead.
#pragma once
#include "prelude.h"

// BN254 Fp: p has 254 bits; R = 2^256.
#define FP_LIMBS 8
#define FP_BITS 254
// -1/p mod 2^32.
#define FP_NEG_INVERSE 0xe4866389u
CONSTANT u32 fp_modulus[8] = {
    0xd87cfd47u, 0x3c208c16u, 0x6871ca8du, 0x97816a91u, 0x8181585du, 0xb85045b6u,
    0xe131a029u, 0x30644e72u,
};
// R mod p, the Montgomery form of 1, and R^2 mod p.
CONSTANT u32 fp_r[8] = {
    0xc58f0d9du, 0xd35d438du, 0xf5c70b3du, 0x0a78eb28u, 0x7879462cu, 0x666ea36fu,
    0x9a07df2fu, 0x0e0a77c1u,
};
CONSTANT u32 fp_r_squared[8] = {
    0x538afa89u, 0xf32cfc5bu, 0xd44501fbu, 0xb5e71911u, 0x0a417ff6u, 0x47ab1effu,
    0xcab8351fu, 0x06d89f71u,
};

// BN254 Fr: p has 254 bits; R = 2^256.
#define FR_LIMBS 8
#define FR_BITS 254
// -1/p mod 2^32.
#define FR_NEG_INVERSE 0xefffffffu
CONSTANT u32 fr_modulus[8] = {
    0xf0000001u, 0x43e1f593u, 0x79b97091u, 0x2833e848u, 0x8181585du, 0xb85045b6u,
    0xe131a029u, 0x30644e72u,
};
// R mod p, the Montgomery form of 1, and R^2 mod p.
CONSTANT u32 fr_r[8] = {
    0x4ffffffbu, 0xac96341cu, 0x9f60cd29u, 0x36fc7695u, 0x7879462eu, 0x666ea36fu,
    0x9a07df2fu, 0x0e0a77c1u,
};
CONSTANT u32 fr_r_squared[8] = {
    0xae216da7u, 0x1bb8e645u, 0xe35c59e3u, 0x53fe3ab1u, 0x53bb8085u, 0x8c49833du,
    0x7f4e44a5u, 0x0216d0b1u,
};
