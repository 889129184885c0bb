// Owns: a pass of a transform: which elements a group takes, their transform in local memory, factors by powers.
// Never: which passes there are (GpuNttPlan), what their ends do besides (ntt.cl).
//
// A transform of n = 2^k values runs in passes. The pass over stages [first, first + rows) sees the index of a value as
// (block, row, column) of `first`, `rows` and `columns` bits. It transforms the rows, for each block and column, in a tile
// of TILE elements: all rows of one block and of TILE / 2^rows adjacent columns. Four elements a work-item.
//   Towards reversed order the values of a pass are first multiplied by w^(rev(block) * row * 2^columns), rev the reversal
// of `first` bits, and then transformed with Cooley and Tukey's butterflies (u + W v, u - W v); a row's result lands at its
// reversed place. Passes run from the first stage to the last. Towards natural order everything is transposed: passes from
// the last stage to the first, Gentleman and Sande's butterflies (u + v, W(u - v)), then the multiplication.
//   W[i] = w^rev(i) for i below n/2, with rev the reversal of k - 1 bits: entry i is the same for all n, so one table of
// TILE / 2 roots serves all passes of all sizes.
//   Multiplications an element: rows/2 - 1 + 2^-rows in a tile, one for the factor in all passes but the one of block 0,
// one more where the factor is the product of two table entries: 11 to 12 for k = 24, as with tables of n/2 entries.
#pragma once
#include "prelude.h"
#include "fields.h"

#ifndef LOG_TILE
#define LOG_TILE 10
#endif
#define TILE (1u << LOG_TILE)
#define GROUP (TILE / 4)
#define ROLLED _Pragma("unroll 1")

// Half an element. The halves of a tile's elements lie in two planes, in which eight work-items side by side touch all
// 32 banks of local memory once, whether their elements are adjacent or 4 apart: see tile_slot.
typedef struct ALIGNED(16) {
    u32 limb[4];
} fr_half;

// A pass and a group's part in it.
typedef struct {
    u32 rows, columns;  // bits of the row's and the column's index
    u32 first;          // bits of the block's index: stages before this pass
    u32 width;          // log of the columns of a tile
    u32 block, column;  // the group's block and its first column
    u32 polynomial;     // which of the vectors of the launch is the group's
} tile_pass;

INLINE tile_pass pass_of_group(u32 log_size, u32 first, u32 rows)
{
    tile_pass p;
    p.rows = rows;
    p.first = first;
    p.columns = log_size - first - rows;
    p.width = LOG_TILE - rows;
    // A tile wider than there are columns is used in part.
    u32 log_tiles = p.columns > p.width ? p.columns - p.width : 0;
    u32 tile = group_index() & ((1u << log_tiles) - 1);
    u32 rest = group_index() >> log_tiles;
    p.column = tile << p.width;
    p.block = rest & ((1u << first) - 1);
    p.polynomial = rest >> first;
    return p;
}

// The i-th element, of four, of a work-item that holds elements 2^log_distance apart.
INLINE u32 tile_element(u32 log_distance, u32 i)
{
    u32 low = local_index() & ((1u << log_distance) - 1);
    return ((local_index() - low) << 2) + low + (i << log_distance);
}

INLINE u32 row_of(tile_pass p, u32 element)
{
    return element >> p.width;
}

// Whether an element of the tile is one of the vector.
INLINE int is_inside(tile_pass p, u32 element)
{
    return p.columns >= p.width || (element & ((1u << p.width) - 1)) >> p.columns == 0;
}

// Where it lies in the vector.
INLINE u32 index_of(tile_pass p, u32 element)
{
    u32 column = p.column + (element & ((1u << p.width) - 1));
    return (((p.block << p.rows) + row_of(p, element)) << p.columns) + column;
}

// Places are permuted so that work-items x, ..., x + 7 at elements 2^d apart in fours reach different places modulo 8 for
// d = 0, 1, 2 as well: bits 3 and 4 are added, by exclusive or, as 3 and 6.
INLINE u32 tile_slot(u32 element)
{
    u32 s = (element >> 3) & 3;
    return element ^ s ^ (s << 1);
}

INLINE void tile_put(LOCAL_POINTER fr_half *tile, u32 element, fr value)
{
    fr_half low, high;
    UNROLL
    for (int i = 0; i < 4; i++) {
        low.limb[i] = value.limb[i];
        high.limb[i] = value.limb[i + 4];
    }
    tile[tile_slot(element)] = low;
    tile[TILE + tile_slot(element)] = high;
}

INLINE fr tile_get(LOCAL_POINTER const fr_half *tile, u32 element)
{
    fr_half low = tile[tile_slot(element)], high = tile[TILE + tile_slot(element)];
    fr value;
    UNROLL
    for (int i = 0; i < 4; i++) {
        value.limb[i] = low.limb[i];
        value.limb[i + 4] = high.limb[i];
    }
    return value;
}

// A work-item puts its four elements where it got them last, so nobody waits for anybody before that; only when a tile is
// used for the next vector must all have got theirs.
INLINE void tile_put_four(LOCAL_POINTER fr_half *tile, u32 log_distance, const fr *v)
{
    UNROLL
    for (u32 i = 0; i < 4; i++) {
        tile_put(tile, tile_element(log_distance, i), v[i]);
    }
}

INLINE void tile_get_four(LOCAL_POINTER const fr_half *tile, u32 log_distance, fr *v)
{
    UNROLL
    for (u32 i = 0; i < 4; i++) {
        v[i] = tile_get(tile, tile_element(log_distance, i));
    }
}

// Limb i of 2p.
INLINE u32 twice_modulus(int i)
{
    return fr_modulus[i] << 1 | (i > 0 ? fr_modulus[i > 0 ? i - 1 : 0] >> 31 : 0);
}

// Within and between passes values lie in [0, 2p), and only the last pass reduces them: a product by a canonical factor
// needs no reduction then, and sums and differences cost as much as reduced ones. 4p may exceed R, so a sum has a ninth
// limb. In a product the canonical factor comes first: mul_lazy says why.
INLINE fr add_lazy(fr a, fr b)
{
    CARRY_CHAIN
    fr r, t;
    u32 top;
    ADD_START(r.limb[0], a.limb[0], b.limb[0]);
    UNROLL
    for (int i = 1; i < FR_LIMBS; i++) {
        ADD_STEP(r.limb[i], a.limb[i], b.limb[i]);
    }
    ADD_END(top, 0u, 0u);
    SUB_START(t.limb[0], r.limb[0], twice_modulus(0));
    UNROLL
    for (int i = 1; i < FR_LIMBS; i++) {
        SUB_STEP(t.limb[i], r.limb[i], twice_modulus(i));
    }
    SUB_END(top, top, 0u);
    UNROLL
    for (int i = 0; i < FR_LIMBS; i++) {
        t.limb[i] = top ? r.limb[i] : t.limb[i];
    }
    return t;
}

INLINE fr sub_lazy(fr a, fr b)
{
    CARRY_CHAIN
    fr r;
    u32 borrow;
    SUB_START(r.limb[0], a.limb[0], b.limb[0]);
    UNROLL
    for (int i = 1; i < FR_LIMBS; i++) {
        SUB_STEP(r.limb[i], a.limb[i], b.limb[i]);
    }
    SUB_END(borrow, 0u, 0u);
    ADD_START(r.limb[0], r.limb[0], borrow & twice_modulus(0));
    UNROLL
    for (int i = 1; i < FR_LIMBS - 1; i++) {
        ADD_STEP(r.limb[i], r.limb[i], borrow & twice_modulus(i));
    }
    ADD_END(r.limb[FR_LIMBS - 1], r.limb[FR_LIMBS - 1], borrow & twice_modulus(FR_LIMBS - 1));
    return r;
}

INLINE void butterfly(fr *u, fr *v)
{
    fr sum = add_lazy(*u, *v);
    *v = sub_lazy(*u, *v);
    *u = sum;
}

// How far apart the elements of a work-item lie at the end of tile_to_reversed and at the start of tile_to_natural.
INLINE u32 reversed_distance(u32 rows)
{
    return rows < 2 ? LOG_TILE - 2 : LOG_TILE - rows;
}

// Transforms the rows of a tile. The elements of a work-item are TILE / 4 apart at first. Two stages at a time; the first
// stage of odd numbers alone. 1 multiplication in the first two stages, 4 in each further two, but 1 in their block 0.
INLINE void tile_to_reversed(LOCAL_POINTER fr_half *tile, GLOBAL const fr *roots, u32 rows, fr *v)
{
    if (rows > 0) {
        butterfly(&v[0], &v[2]);
        butterfly(&v[1], &v[3]);
    }
    if (rows > 0 && (rows & 1) == 0) {
        v[3] = fr_mul_lazy(roots[1], v[3]);
        butterfly(&v[0], &v[1]);
        butterfly(&v[2], &v[3]);
    }
    u32 distance = LOG_TILE - 2;
    ROLLED
    for (u32 stage = 2 - (rows & 1); stage < rows; stage += 2) {
        tile_put_four(tile, distance, v);
        distance = LOG_TILE - 2 - stage;
        group_barrier();
        tile_get_four(tile, distance, v);
        u32 block = local_index() >> distance;
        if (block != 0) {
            fr root = roots[block];
            v[2] = fr_mul_lazy(root, v[2]);
            v[3] = fr_mul_lazy(root, v[3]);
        }
        butterfly(&v[0], &v[2]);
        butterfly(&v[1], &v[3]);
        if (block != 0) {
            v[1] = fr_mul_lazy(roots[2 * block], v[1]);
        }
        v[3] = fr_mul_lazy(roots[2 * block + 1], v[3]);
        butterfly(&v[0], &v[1]);
        butterfly(&v[2], &v[3]);
    }
}

// The transpose. The elements of a work-item are TILE / 4 apart at the end.
INLINE void tile_to_natural(LOCAL_POINTER fr_half *tile, GLOBAL const fr *roots, u32 rows, fr *v)
{
    u32 distance = reversed_distance(rows);
    ROLLED
    for (u32 stage = rows; stage > 2 - (rows & 1); stage -= 2) {
        u32 block = local_index() >> distance;
        butterfly(&v[0], &v[1]);
        butterfly(&v[2], &v[3]);
        if (block != 0) {
            v[1] = fr_mul_lazy(roots[2 * block], v[1]);
        }
        v[3] = fr_mul_lazy(roots[2 * block + 1], v[3]);
        butterfly(&v[0], &v[2]);
        butterfly(&v[1], &v[3]);
        if (block != 0) {
            fr root = roots[block];
            v[2] = fr_mul_lazy(root, v[2]);
            v[3] = fr_mul_lazy(root, v[3]);
        }
        tile_put_four(tile, distance, v);
        distance = distance + 2 > LOG_TILE - 2 ? LOG_TILE - 2 : distance + 2;
        group_barrier();
        tile_get_four(tile, distance, v);
    }
    if (rows > 0 && (rows & 1) == 0) {
        butterfly(&v[0], &v[1]);
        butterfly(&v[2], &v[3]);
        v[3] = fr_mul_lazy(roots[1], v[3]);
    }
    if (rows > 0) {
        butterfly(&v[0], &v[2]);
        butterfly(&v[1], &v[3]);
    }
}
