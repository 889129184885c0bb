// Owns: the kernels of number-theoretic transforms and of Groth16's quotient. A pass: ntt-tile.h. The order in which
// they are launched: GpuNtt. The result in every case is that of the portable engine, bit for bit.
//
// `tables` of a domain of n = 2^k: TILE / 2 roots W, as many of the inverse transform, the powers w^i for i below
// 2^log_low, and w^(i 2^log_low) for i below 2^(k - log_low). `scale`, of a factor f and a step s: s^i for i below
// 2^log_low, f s^(i 2^log_low) for i below 2^(k - log_low), and as many with another factor.
#include "prelude.h"
#include "fields.h"
#include "ntt-tile.h"

// What an element is multiplied by on its way into or out of a pass.
#define FACTOR_NONE 0
// w^(rev(block) row 2^columns), or its inverse.
#define FACTOR_TWIDDLE 1
#define FACTOR_TWIDDLE_INVERSE 2
// f s^i where i is the element's index in the vector, its reversal, or 0.
#define FACTOR_NATURAL 3
#define FACTOR_REVERSED 4
#define FACTOR_CONSTANT 5

// The powers of an element by a table of two levels.
typedef struct {
    GLOBAL const fr *low;
    GLOBAL const fr *high;
    u32 log_low;
} powers;

INLINE GLOBAL const fr *roots_of(GLOBAL const fr *tables, int is_inverse)
{
    return is_inverse ? tables + TILE / 2 : tables;
}

INLINE powers powers_of_root(GLOBAL const fr *tables, u32 log_low)
{
    powers t;
    t.low = tables + TILE;
    t.high = t.low + (1u << log_low);
    t.log_low = log_low;
    return t;
}

INLINE powers powers_of_step(GLOBAL const fr *scale, u32 log_low, u32 log_size, int is_second)
{
    powers t;
    t.low = scale;
    t.high = scale + (1u << log_low) + (is_second ? 1u << (log_size - log_low) : 0);
    t.log_low = log_low;
    return t;
}

INLINE u32 reverse(u32 i, u32 bits)
{
    i = (i >> 1 & 0x55555555u) | (i & 0x55555555u) << 1;
    i = (i >> 2 & 0x33333333u) | (i & 0x33333333u) << 2;
    i = (i >> 4 & 0x0f0f0f0fu) | (i & 0x0f0f0f0fu) << 4;
    i = (i >> 8 & 0x00ff00ffu) | (i & 0x00ff00ffu) << 8;
    i = i >> 16 | i << 16;
    return bits == 0 ? 0 : i >> (32 - bits);
}

INLINE u32 exponent_of(u32 factor, tile_pass p, u32 log_size, u32 element)
{
    if (factor == FACTOR_TWIDDLE || factor == FACTOR_TWIDDLE_INVERSE) {
        u32 e = reverse(p.block, p.first) * row_of(p, element) << p.columns;
        return factor == FACTOR_TWIDDLE ? e : (0u - e) & ((1u << log_size) - 1);
    }
    u32 index = index_of(p, element);
    return factor == FACTOR_NATURAL ? index : factor == FACTOR_REVERSED ? reverse(index, log_size) : 0;
}

// Multiplies the four elements of a work-item by their factors; in local memory, so that there is one multiplication in
// the program for all four. 1 or 2 multiplications an element: the second where the exponent has low bits.
INLINE void multiply_four(
    LOCAL_POINTER fr_half *tile, tile_pass p, u32 distance, powers t, u32 factor, u32 log_size, fr *v)
{
    tile_put_four(tile, distance, v);
    ROLLED
    for (u32 i = 0; i < 4; i++) {
        u32 element = tile_element(distance, i);
        if (is_inside(p, element)) {
            u32 e = exponent_of(factor, p, log_size, element);
            u32 low = e & ((1u << t.log_low) - 1);
            fr value = fr_mul_lazy(t.high[e >> t.log_low], tile_get(tile, element));
            if (low != 0) {
                value = fr_mul_lazy(t.low[low], value);
            }
            tile_put(tile, element, value);
        }
    }
    tile_get_four(tile, distance, v);
}

INLINE void load_four(GLOBAL const fr *values, tile_pass p, u32 distance, fr *v)
{
    UNROLL
    for (u32 i = 0; i < 4; i++) {
        u32 element = tile_element(distance, i);
        v[i] = is_inside(p, element) ? values[index_of(p, element)] : fr_zero();
    }
}

// From the last pass on, elements are canonical.
INLINE void store_four(GLOBAL fr *values, tile_pass p, u32 distance, const fr *v, int is_last)
{
    UNROLL
    for (u32 i = 0; i < 4; i++) {
        u32 element = tile_element(distance, i);
        if (is_inside(p, element)) {
            values[index_of(p, element)] = is_last ? fr_reduce(v[i]) : v[i];
        }
    }
}

INLINE GLOBAL fr *choose(u32 polynomial, GLOBAL fr *a, GLOBAL fr *b, GLOBAL fr *c)
{
    return polynomial == 0 ? a : polynomial == 1 ? b : c;
}

// A pass towards reversed order over one to three vectors, each in its place.
KERNEL(GROUP) ntt_to_reversed(
    GLOBAL fr *a, GLOBAL fr *b, GLOBAL fr *c, GLOBAL const fr *tables, GLOBAL const fr *scale,
    u32 log_size, u32 log_low, u32 first, u32 rows, u32 is_inverse, u32 factor_in, u32 factor_out)
{
    LOCAL fr_half tile[2 * TILE];
    tile_pass p = pass_of_group(log_size, first, rows);
    GLOBAL fr *values = choose(p.polynomial, a, b, c);
    fr v[4];
    load_four(values, p, LOG_TILE - 2, v);
    if (factor_in != FACTOR_NONE) {
        powers t = factor_in <= FACTOR_TWIDDLE_INVERSE
            ? powers_of_root(tables, log_low) : powers_of_step(scale, log_low, log_size, 0);
        multiply_four(tile, p, LOG_TILE - 2, t, factor_in, log_size, v);
    }
    tile_to_reversed(tile, roots_of(tables, is_inverse), rows, v);
    if (factor_out != FACTOR_NONE) {
        powers t = powers_of_step(scale, log_low, log_size, 0);
        multiply_four(tile, p, reversed_distance(rows), t, factor_out, log_size, v);
    }
    store_four(values, p, reversed_distance(rows), v, first + rows == log_size);
}

// A pass towards natural order over one to three vectors, each in its place.
KERNEL(GROUP) ntt_to_natural(
    GLOBAL fr *a, GLOBAL fr *b, GLOBAL fr *c, GLOBAL const fr *tables, GLOBAL const fr *scale,
    u32 log_size, u32 log_low, u32 first, u32 rows, u32 is_inverse, u32 factor_in, u32 factor_out)
{
    LOCAL fr_half tile[2 * TILE];
    tile_pass p = pass_of_group(log_size, first, rows);
    GLOBAL fr *values = choose(p.polynomial, a, b, c);
    fr v[4];
    load_four(values, p, reversed_distance(rows), v);
    if (factor_in != FACTOR_NONE) {
        powers t = powers_of_step(scale, log_low, log_size, 0);
        multiply_four(tile, p, reversed_distance(rows), t, factor_in, log_size, v);
    }
    tile_to_natural(tile, roots_of(tables, is_inverse), rows, v);
    if (factor_out != FACTOR_NONE) {
        powers t = factor_out <= FACTOR_TWIDDLE_INVERSE
            ? powers_of_root(tables, log_low) : powers_of_step(scale, log_low, log_size, 0);
        multiply_four(tile, p, LOG_TILE - 2, t, factor_out, log_size, v);
    }
    store_four(values, p, LOG_TILE - 2, v, first == 0);
}

// The permutation between the two orders, for callers who must have it.
KERNEL(GROUP) ntt_permute(GLOBAL fr *values, u32 log_size)
{
    u32 i = global_index(), j = reverse(i, log_size);
    if (i < j && i >> log_size == 0) {
        fr value = values[i];
        values[i] = values[j];
        values[j] = value;
    }
}

// The quotient begins here: c = a b on the domain, and the first pass of c's inverse transform.
KERNEL(GROUP) ntt_product(
    GLOBAL const fr *a, GLOBAL const fr *b, GLOBAL fr *c, GLOBAL const fr *tables, u32 log_size, u32 rows)
{
    LOCAL fr_half tile[2 * TILE];
    tile_pass p = pass_of_group(log_size, 0, rows);
    fr v[4];
    load_four(a, p, LOG_TILE - 2, v);
    tile_put_four(tile, LOG_TILE - 2, v);
    ROLLED
    for (u32 i = 0; i < 4; i++) {
        u32 element = tile_element(LOG_TILE - 2, i);
        if (is_inside(p, element)) {
            tile_put(tile, element, fr_mul(tile_get(tile, element), b[index_of(p, element)]));
        }
    }
    tile_get_four(tile, LOG_TILE - 2, v);
    tile_to_reversed(tile, roots_of(tables, 1), rows, v);
    store_four(c, p, reversed_distance(rows), v, 0);
}

// The last pass of the inverse transforms, the scale, and the first pass of the forward ones: both take the same tiles,
// and the results of the one lie in the registers in which the other begins. b and c get the second factor.
KERNEL(GROUP) ntt_middle(
    GLOBAL fr *a, GLOBAL fr *b, GLOBAL fr *c, GLOBAL const fr *tables, GLOBAL const fr *scale,
    u32 log_size, u32 log_low, u32 first, u32 rows)
{
    LOCAL fr_half tile[2 * TILE];
    tile_pass p = pass_of_group(log_size, first, rows);
    GLOBAL fr *values = choose(p.polynomial, a, b, c);
    powers root = powers_of_root(tables, log_low);
    fr v[4];
    load_four(values, p, LOG_TILE - 2, v);
    if (first != 0) {
        multiply_four(tile, p, LOG_TILE - 2, root, FACTOR_TWIDDLE_INVERSE, log_size, v);
    }
    tile_to_reversed(tile, roots_of(tables, 1), rows, v);
    powers step = powers_of_step(scale, log_low, log_size, p.polynomial != 0);
    multiply_four(tile, p, reversed_distance(rows), step, FACTOR_REVERSED, log_size, v);
    tile_to_natural(tile, roots_of(tables, 0), rows, v);
    if (first != 0) {
        multiply_four(tile, p, LOG_TILE - 2, root, FACTOR_TWIDDLE, log_size, v);
    }
    store_four(values, p, LOG_TILE - 2, v, 0);
}

// The quotient ends here: the last pass of the forward transforms of a, b and c, and a b - c. Since b and c were scaled by
// 1 / R besides, the product of a and b, and c, are canonical integers: nothing is left to do for that.
KERNEL(GROUP) ntt_quotient(
    GLOBAL const fr *a, GLOBAL const fr *b, GLOBAL const fr *c, GLOBAL fr *result, GLOBAL const fr *tables,
    u32 log_size, u32 rows)
{
    LOCAL fr_half tile[2 * TILE];
    tile_pass p = pass_of_group(log_size, 0, rows);
    fr sum[4], v[4];
    ROLLED
    for (u32 polynomial = 0; polynomial < 3; polynomial++) {
        GLOBAL const fr *values = polynomial == 0 ? a : polynomial == 1 ? b : c;
        load_four(values, p, reversed_distance(rows), v);
        group_barrier();
        tile_to_natural(tile, roots_of(tables, 0), rows, v);
        UNROLL
        for (u32 i = 0; i < 4; i++) {
            fr value = fr_reduce(v[i]);
            sum[i] = polynomial == 0 ? value : polynomial == 1 ? fr_mul(sum[i], value) : fr_sub(sum[i], value);
        }
    }
    store_four(result, p, LOG_TILE - 2, sum, 0);
}
