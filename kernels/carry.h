// Owns: 32-bit additions and multiplications that hand a carry on, as the words of a chain: PTX's instructions where the
// compiler takes them, and elsewhere a model in C of exactly those instructions, so that the same algorithms run
// everywhere. Never: what is computed with them.
//
// A function that uses these begins with CARRY_CHAIN. A chain is a START followed by steps with nothing between that
// would touch the carry; a step whose name ends in END takes the carry in and hands none on. d is an lvalue.
#pragma once
#include "prelude.h"

#ifdef HAS_PTX

#define CARRY_CHAIN
#define ADD_START(d, a, b) asm volatile("add.cc.u32 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b))
#define ADD_STEP(d, a, b) asm volatile("addc.cc.u32 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b))
#define ADD_END(d, a, b) asm volatile("addc.u32 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b))
#define SUB_START(d, a, b) asm volatile("sub.cc.u32 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b))
#define SUB_STEP(d, a, b) asm volatile("subc.cc.u32 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b))
#define SUB_END(d, a, b) asm volatile("subc.u32 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b))
#define MAD_LOW_START(d, a, b, c) asm volatile("mad.lo.cc.u32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c))
#define MAD_LOW(d, a, b, c) asm volatile("madc.lo.cc.u32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c))
#define MAD_HIGH(d, a, b, c) asm volatile("madc.hi.cc.u32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c))
#define MAD_HIGH_END(d, a, b, c) asm volatile("madc.hi.u32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c))

#else

#define CARRY_CHAIN u32 carry; u64 wide;
#define CARRY_SPLIT(d) (carry = (u32)(wide >> 32), (d) = (u32)wide)
#define ADD_START(d, a, b) (wide = (u64)(a) + (b), CARRY_SPLIT(d))
#define ADD_STEP(d, a, b) (wide = (u64)(a) + (b) + carry, CARRY_SPLIT(d))
#define ADD_END(d, a, b) ((d) = (a) + (b) + carry)
// The carry of a subtraction is what was borrowed: 0 or 1.
#define BORROW_SPLIT(d) (carry = (u32)(wide >> 63), (d) = (u32)wide)
#define SUB_START(d, a, b) (wide = (u64)(a) - (b), BORROW_SPLIT(d))
#define SUB_STEP(d, a, b) (wide = (u64)(a) - (b) - carry, BORROW_SPLIT(d))
#define SUB_END(d, a, b) ((d) = (a) - (b) - carry)
#define MAD_LOW_START(d, a, b, c) (wide = (u64)((u32)(a) * (u32)(b)) + (c), CARRY_SPLIT(d))
#define MAD_LOW(d, a, b, c) (wide = (u64)((u32)(a) * (u32)(b)) + (c) + carry, CARRY_SPLIT(d))
#define MAD_HIGH(d, a, b, c) (wide = (u64)multiply_high(a, b) + (c) + carry, CARRY_SPLIT(d))
#define MAD_HIGH_END(d, a, b, c) ((d) = multiply_high(a, b) + (c) + carry)

#endif
