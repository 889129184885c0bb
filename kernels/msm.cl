// Owns: an MSM's points: sums of segments, of buckets, of bucket sets, and tables of multiples. Never: the order of work
// (msm-sort.cl), which this follows. Built for a CURVE and a GROUP.
#include "curve.h"

#ifndef ACCUMULATE_GROUP
#define ACCUMULATE_GROUP 128
#endif
// Work-items that add up in local memory, a point each: a power of two.
#ifndef REDUCE_GROUP
#define REDUCE_GROUP (128 / GROUP)
#endif
#ifndef HEAVY
#define HEAVY 64
#endif

// A run of partial sums that a group adds up, as in msm-sort.cl.
typedef struct ALIGNED(8) {
    u32 first, count;
} run;

// The last key whose full segments begin at or before segment t: log2(keys) reads.
INLINE u32 bucket_of_segment(GLOBAL const u32 *full, u32 keys, u32 t)
{
    u32 low = 0, high = keys;
    while (high - low > 1) {
        u32 middle = (low + high) >> 1;
        if (full[middle] <= t) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

// A work-item adds up a segment: full segment t to segments[t], the remainder of a bucket to buckets[key].
// lengths[last_length] is the number of remainders. An addition is 8M + 2S, of which the last two products share a reduction; the wait for points is hidden by other work-items.
KERNEL(ACCUMULATE_GROUP) msm_accumulate(
    GLOBAL const affine *points, GLOBAL const u32 *sorted, GLOBAL const u32 *starts, GLOBAL const u32 *full,
    GLOBAL const u32 *order, GLOBAL const u32 *lengths, GLOBAL xyzz *segments, GLOBAL xyzz *buckets, u32 keys, u32 segment,
    u32 last_length, u32 from)
{
    u32 t = from + global_index(), count = full[keys], key, i, end;
    if (t < count) {
        key = bucket_of_segment(full, keys, t);
        i = starts[key] + (t - full[key]) * segment;
        end = i + segment;
    } else if (t - count < lengths[last_length]) {
        key = order[t - count];
        i = starts[key] + (full[key + 1] - full[key]) * segment;
        end = starts[key + 1];
    } else {
        return;
    }

    xyzz sum = xyzz_infinity();
    for (; i < end; i++) {
        u32 index = sorted[i];
        affine p = points[index & 0x7fffffff];
        if (index >> 31) {
            p.y = COORD(neg)(p.y);
        }
        sum = xyzz_add_affine(sum, p);
    }
    if (t < count) {
        segments[t] = sum;
    } else {
        buckets[key] = sum;
    }
}

// The sum of the group's points, in work-item 0: a tree, 7 additions one after the other for 128 work-items.
INLINE xyzz group_sum(LOCAL_POINTER xyzz *sums, xyzz own)
{
    u32 l = local_index();
    for (u32 half_size = REDUCE_GROUP / 2; half_size > 0; half_size >>= 1) {
        sums[l] = own;
        group_barrier();
        if (l < half_size) {
            xyzz other = sums[l + half_size];
            xyzz_accumulate(&own, &other);
        }
        group_barrier();
    }
    return own;
}

// Adds up runs of partial sums, each by a group: segments[first + i * stride] for i < count, to segments[first].
// There are totals[which] runs.
KERNEL(REDUCE_GROUP) msm_heavy(GLOBAL xyzz *segments, GLOBAL const run *runs, GLOBAL const u32 *totals, u32 which, u32 stride)
{
    LOCAL xyzz sums[REDUCE_GROUP];
    for (u32 j = group_index(); j < totals[which]; j += group_count()) {
        run r = runs[j];
        xyzz sum = xyzz_infinity();
        for (u32 i = local_index(); i < r.count; i += REDUCE_GROUP) {
            xyzz other = segments[r.first + i * stride];
            xyzz_accumulate(&sum, &other);
        }
        sum = group_sum(sums, sum);
        if (local_index() == 0) {
            segments[r.first] = sum;
        }
    }
}

// A work-item adds a bucket's full segments to its remainder; those of a heavy bucket are in its first segment.
KERNEL(ACCUMULATE_GROUP) msm_combine(
    GLOBAL const u32 *starts, GLOBAL const u32 *full, GLOBAL const xyzz *segments, GLOBAL xyzz *buckets, u32 keys, u32 segment)
{
    u32 key = global_index();
    if (key >= keys) {
        return;
    }

    u32 first = full[key], count = full[key + 1] - first;
    int has_remainder = (starts[key + 1] - starts[key]) % segment != 0;
    if (has_remainder && count == 0) {
        return;
    }
    xyzz sum = xyzz_infinity();
    if (has_remainder) {
        sum = buckets[key];
    }
    if (count > HEAVY) {
        count = 1;
    }
    for (u32 i = 0; i < count; i++) {
        xyzz other = segments[first + i];
        xyzz_accumulate(&sum, &other);
    }
    buckets[key] = sum;
}

// A group takes `span` = REDUCE_GROUP << log_own consecutive buckets b_0, b_1, ... of a set, and leaves the sums of
// (i + 1) b_i and of b_i. Work-item t has its own 2^log_own of them by running sums, acc_t and run_t; then
//     sum of (i + 1) b_i = sum of acc_t + 2^log_own * (sum of t run_t), and sum of t run_t = sum over t > 0 of the
// suffix sums of run, so that the group needs no multiples but those by 2^log_own.
// 2 * 2^log_own + 2 log2(REDUCE_GROUP) + 1 additions and log_own doublings one after the other.
KERNEL(REDUCE_GROUP) msm_reduce(GLOBAL const xyzz *buckets, GLOBAL xyzz *sums, u32 set_size, u32 groups_a_set, u32 log_own)
{
    LOCAL xyzz shared_points[REDUCE_GROUP];
    u32 l = local_index(), set = group_index() / groups_a_set;
    u32 first = ((group_index() % groups_a_set) * REDUCE_GROUP + l) << log_own;
    xyzz total = xyzz_infinity(), weighted = total;
    for (u32 i = 1u << log_own; i-- > 0;) {
        if (first + i < set_size) {
            xyzz other = buckets[set * set_size + first + i];
            xyzz_accumulate(&total, &other);
            xyzz_accumulate(&weighted, &total);
        }
    }

    for (u32 distance = 1; distance < REDUCE_GROUP; distance <<= 1) {
        shared_points[l] = total;
        group_barrier();
        if (l + distance < REDUCE_GROUP) {
            xyzz other = shared_points[l + distance];
            xyzz_accumulate(&total, &other);
        }
        group_barrier();
    }
    if (l == 0) {
        sums[2 * group_index() + 1] = total;
    } else {
        xyzz_double_times(&total, log_own);
        xyzz_accumulate(&weighted, &total);
    }

    weighted = group_sum(shared_points, weighted);
    if (l == 0) {
        sums[2 * group_index()] = weighted;
    }
}

// The next level of a table: 2^doublings times each point of the level that begins at `level`, in affine form. A work-item
// takes every so-manieth of the points [from, from + count) of the level, doubles them (6M + 3S each time), and shares one
// inversion among them; `multiples` and `products` keep its own results between the two passes.
KERNEL(ACCUMULATE_GROUP) msm_multiples(
    GLOBAL affine *points, GLOBAL xyzz *multiples, GLOBAL coord *products, u32 level, u32 level_stride, u32 from, u32 count,
    u32 doublings)
{
    u32 stride = group_count() * ACCUMULATE_GROUP;
    if (global_index() >= count) {
        return;
    }
    coord product = COORD(one)();
    for (u32 i = global_index(); i < count; i += stride) {
        xyzz p = xyzz_from_affine(points[level + from + i]);
        xyzz_double_times(&p, doublings);
        multiples[i] = p;
        products[i] = product;
        if (!xyzz_is_infinity(p)) {
            product = COORD_CALL(mul)(product, p.zzz);
        }
    }

    // inverse = 1 / (product of the zzz up to here); 1/zzz leads to 1/zz = (zz / zzz)^2.
    coord inverse = COORD(inverse)(product);
    for (u32 own = (count - 1 - global_index()) / stride + 1; own-- > 0;) {
        u32 i = global_index() + own * stride;
        xyzz p = multiples[i];
        affine r;
        r.x = COORD(zero)();
        r.y = COORD(zero)();
        if (!xyzz_is_infinity(p)) {
            coord zzz = COORD_CALL(mul)(inverse, products[i]), z = COORD_CALL(mul)(zzz, p.zz);
            inverse = COORD_CALL(mul)(inverse, p.zzz);
            r.x = COORD_CALL(mul)(p.x, COORD_CALL(sqr)(z));
            r.y = COORD_CALL(mul)(p.y, zzz);
        }
        points[level + level_stride + from + i] = r;
    }
}
