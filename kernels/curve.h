// Owns: point arithmetic on y^2 = x^3 + b, for the group that a program is built for: GROUP 1 has coordinates in Fp, GROUP 2
// in Fp2. Every function is right for equal and opposite points and for infinity. Variable time.
//
// Formulas for a = 0 from the Explicit-Formulas Database (shortw/xyzz). M and S are multiplications and squares of the
// coordinates; two products of each formula share a reduction.
#pragma once
#include "fp2.h"

#if GROUP == 1

typedef fp coord;
#define COORD(name) fp_##name

// Products in Fp as calls, with operands in registers: for what is not in the innermost loop. Compilers take a fifth of the
// time. In Fp2 all products are calls already.
#define COORD_CALL(name) fp_called_##name

NOINLINE fp fp_called_mul(fp a, fp b)
{
    return fp_mul(a, b);
}

NOINLINE fp fp_called_sqr(fp a)
{
    return fp_sqr(a);
}

NOINLINE fp fp_called_difference_of_products(fp a, fp b, fp c, fp d)
{
    return fp_difference_of_products(a, b, c, d);
}

#else

typedef fp2 coord;
#define COORD(name) fp2_##name
#define COORD_CALL(name) fp2_##name

#endif

// (x, y), or infinity as (0, 0), which is on no curve with b != 0.
typedef struct {
    coord x, y;
} affine;

// (x / zz, y / zzz) with zz^3 = zzz^2, or infinity where zz = 0.
typedef struct {
    coord x, y, zz, zzz;
} xyzz;

INLINE int affine_is_infinity(affine p)
{
    return COORD(is_zero)(p.x) & COORD(is_zero)(p.y);
}

INLINE int xyzz_is_infinity(xyzz p)
{
    return COORD(is_zero)(p.zz);
}

INLINE xyzz xyzz_infinity(void)
{
    xyzz r;
    r.x = COORD(zero)();
    r.y = COORD(zero)();
    r.zz = COORD(zero)();
    r.zzz = COORD(zero)();
    return r;
}

INLINE xyzz xyzz_from_affine(affine p)
{
    xyzz r;
    if (affine_is_infinity(p)) {
        return xyzz_infinity();
    }
    r.x = p.x;
    r.y = p.y;
    r.zz = COORD(one)();
    r.zzz = COORD(one)();
    return r;
}

// 2p: mdbl-2008-s-1, 4M + 3S. Infinity gives zz = 0 by itself, as a point of order two would.
INLINE xyzz affine_double(affine p)
{
    xyzz r;
    coord u = COORD(double)(p.y);
    r.zz = COORD(sqr)(u);
    r.zzz = COORD(mul)(u, r.zz);
    coord s = COORD(mul)(p.x, r.zz);
    coord xx = COORD(sqr)(p.x);
    coord m = COORD(add)(COORD(double)(xx), xx);
    r.x = COORD(sub)(COORD(sqr)(m), COORD(double)(s));
    r.y = COORD(difference_of_products)(m, COORD(sub)(s, r.x), r.zzz, p.y);
    return r;
}

// 2p: dbl-2008-s-1, 6M + 3S. Infinity keeps zz = 0.
INLINE xyzz xyzz_double(xyzz p)
{
    xyzz r;
    coord u = COORD(double)(p.y);
    coord v = COORD_CALL(sqr)(u);
    coord w = COORD_CALL(mul)(u, v);
    coord s = COORD_CALL(mul)(p.x, v);
    coord xx = COORD_CALL(sqr)(p.x);
    coord m = COORD(add)(COORD(double)(xx), xx);
    r.x = COORD(sub)(COORD_CALL(sqr)(m), COORD(double)(s));
    r.y = COORD_CALL(difference_of_products)(m, COORD(sub)(s, r.x), w, p.y);
    r.zz = COORD_CALL(mul)(v, p.zz);
    r.zzz = COORD_CALL(mul)(w, p.zzz);
    return r;
}

// p + q: madd-2008-s, 8M + 2S.
INLINE xyzz xyzz_add_affine(xyzz p, affine q)
{
    if (affine_is_infinity(q)) {
        return p;
    }
    if (xyzz_is_infinity(p)) {
        return xyzz_from_affine(q);
    }

    coord h = COORD(sub)(COORD(mul)(q.x, p.zz), p.x);
    coord r = COORD(sub)(COORD(mul)(q.y, p.zzz), p.y);
    if (COORD(is_zero)(h)) {
        return COORD(is_zero)(r) ? affine_double(q) : xyzz_infinity();
    }

    xyzz sum;
    coord hh = COORD(sqr)(h);
    coord v = COORD(mul)(p.x, hh);
    sum.zz = COORD(mul)(p.zz, hh);
    coord hhh = COORD(mul)(h, hh);
    sum.zzz = COORD(mul)(p.zzz, hhh);
    sum.x = COORD(sub)(COORD(sub)(COORD(sqr)(r), hhh), COORD(double)(v));
    sum.y = COORD(difference_of_products)(r, COORD(sub)(v, sum.x), p.y, hhh);
    return sum;
}

// p + q: add-2008-s, 12M + 2S.
INLINE xyzz xyzz_add(xyzz p, xyzz q)
{
    if (xyzz_is_infinity(q)) {
        return p;
    }
    if (xyzz_is_infinity(p)) {
        return q;
    }

    coord u = COORD_CALL(mul)(p.x, q.zz);
    coord s = COORD_CALL(mul)(p.y, q.zzz);
    coord h = COORD(sub)(COORD_CALL(mul)(q.x, p.zz), u);
    coord r = COORD(sub)(COORD_CALL(mul)(q.y, p.zzz), s);
    if (COORD(is_zero)(h)) {
        return COORD(is_zero)(r) ? xyzz_double(p) : xyzz_infinity();
    }

    xyzz sum;
    coord hh = COORD_CALL(sqr)(h);
    coord hhh = COORD_CALL(mul)(h, hh);
    coord v = COORD_CALL(mul)(u, hh);
    sum.zz = COORD_CALL(mul)(COORD_CALL(mul)(p.zz, q.zz), hh);
    sum.zzz = COORD_CALL(mul)(COORD_CALL(mul)(p.zzz, q.zzz), hhh);
    sum.x = COORD(sub)(COORD(sub)(COORD_CALL(sqr)(r), hhh), COORD(double)(v));
    sum.y = COORD_CALL(difference_of_products)(r, COORD(sub)(v, sum.x), s, hhh);
    return sum;
}

// The same as calls, for kernels in which additions stand in several places: inlined they would not fit the instruction
// cache, and compilers would take minutes. The operands travel through private memory.

// sum += q.
NOINLINE void xyzz_accumulate(xyzz *sum, const xyzz *q)
{
    *sum = xyzz_add(*sum, *q);
}

// p = 2^count * p. Infinity is left alone: many work-items have nothing else, and some devices run them one by one.
NOINLINE void xyzz_double_times(xyzz *p, u32 count)
{
    if (xyzz_is_infinity(*p)) {
        return;
    }
    xyzz r = *p;
    for (u32 i = 0; i < count; i++) {
        r = xyzz_double(r);
    }
    *p = r;
}
