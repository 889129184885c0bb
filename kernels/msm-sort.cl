// Owns: an MSM's order of work: which points go to which bucket, and in which pieces. Never: a point (msm.cl).
//
// An entry is a non-zero digit: the key names its bucket, set * 2^(c-1) + |digit| - 1, and the value its point: the index
// in the table of bases, with the sign in bit 31. Window w has bucket set w % sets and table level w / sets.
// Entries are partitioned by the high bits of their keys (msm_count, scan, msm_scatter), then each partition is put in
// order by one group in local memory (msm_sort). No global counter is touched by more than one group. The order of
// entries within a bucket is not determined; the sum is.
//
// A bucket's entries are cut into segments of S and a remainder. Segments of S come first, by bucket; then the remainders,
// longest first, so that neighbours have equal work (msm_split, scan, msm_order).
#include "digits.h"
#include "scan.h"

// The most partitions, buckets of a partition, and lengths of a remainder.
#define BINS 2048
// A bucket of more full segments than this is heavy: groups add them up, HEAVY_CHUNK segments each.
#ifndef HEAVY
#define HEAVY 64
#endif
#ifndef HEAVY_CHUNK
#define HEAVY_CHUNK 512
#endif

typedef struct ALIGNED(8) {
    u32 key, value;
} entry;

// A run of partial sums that a group adds up.
typedef struct ALIGNED(8) {
    u32 first, count;
} run;

// How many entries of a tile of scalars fall into each partition; counts[partition * groups + group].
KERNEL(SORT_GROUP) msm_count(
    GLOBAL const fr *scalars, GLOBAL u32 *counts, u32 first, u32 count, u32 tile, u32 fold, u32 c, u32 windows, u32 sets,
    u32 low_bits, u32 partitions)
{
    LOCAL u32 bins[BINS];
    for (u32 b = local_index(); b < partitions; b += SORT_GROUP) {
        bins[b] = 0;
    }
    group_barrier();

    u32 from = group_index() * tile;
    for (u32 i = from + local_index(); i < from + tile && i < count; i += SORT_GROUP) {
        digits d = digits_of(scalars[first + i], fold);
        u32 set = 0;
        for (u32 w = 0; w < windows; w++) {
            u32 magnitude = digits_next(&d, c) & 0x7fffffff;
            if (magnitude) {
                local_add(&bins[((set << (c - 1)) + magnitude - 1) >> low_bits], 1u);
            }
            set = set + 1 == sets ? 0 : set + 1;
        }
    }
    group_barrier();

    for (u32 b = local_index(); b < partitions; b += SORT_GROUP) {
        counts[b * group_count() + group_index()] = bins[b];
    }
    if (group_index() == 0 && local_index() == 0) {
        counts[partitions * group_count()] = 0;
    }
}

// Writes the entries of a tile of scalars to their partitions, whose places for this tile are in offsets.
// `point` is the index of the first scalar's base, `level_stride` the distance of the same base in the next level.
KERNEL(SORT_GROUP) msm_scatter(
    GLOBAL const fr *scalars, GLOBAL const u32 *offsets, GLOBAL entry *entries, u32 first, u32 count, u32 tile, u32 fold,
    u32 c, u32 windows, u32 sets, u32 low_bits, u32 partitions, u32 point, u32 level_stride)
{
    LOCAL u32 bins[BINS];
    for (u32 b = local_index(); b < partitions; b += SORT_GROUP) {
        bins[b] = offsets[b * group_count() + group_index()];
    }
    group_barrier();

    u32 from = group_index() * tile;
    for (u32 i = from + local_index(); i < from + tile && i < count; i += SORT_GROUP) {
        digits d = digits_of(scalars[first + i], fold);
        u32 set = 0, base = point + i;
        for (u32 w = 0; w < windows; w++) {
            u32 digit = digits_next(&d, c), magnitude = digit & 0x7fffffff;
            if (magnitude) {
                entry e;
                e.key = (set << (c - 1)) + magnitude - 1;
                e.value = base | (digit & 0x80000000);
                entries[local_add(&bins[e.key >> low_bits], 1u)] = e;
            }
            if (++set == sets) {
                set = 0;
                base += level_stride;
            }
        }
    }
}

// Puts a partition's entries in the order of their keys; starts[key] is where a bucket begins. The group of partition p
// finds its entries from offsets[p * stride] to offsets[(p + 1) * stride].
KERNEL(SORT_GROUP) msm_sort(
    GLOBAL const entry *entries, GLOBAL const u32 *offsets, GLOBAL u32 *starts, GLOBAL u32 *sorted, u32 stride, u32 low_bits)
{
    LOCAL u32 bins[BINS];
    LOCAL u32 sums[SORT_GROUP];
    u32 size = 1u << low_bits, mask = size - 1;
    u32 begin = offsets[group_index() * stride], end = offsets[(group_index() + 1) * stride];
    for (u32 b = local_index(); b < size; b += SORT_GROUP) {
        bins[b] = 0;
    }
    group_barrier();
    for (u32 i = begin + local_index(); i < end; i += SORT_GROUP) {
        local_add(&bins[entries[i].key & mask], 1u);
    }
    group_barrier();

    u32 own = (size + SORT_GROUP - 1) / SORT_GROUP, sum = 0;
    for (u32 b = own * local_index(); b < size && b < own * (local_index() + 1); b++) {
        sum += bins[b];
    }
    sum = begin + group_scan(sums, sum);
    for (u32 b = own * local_index(); b < size && b < own * (local_index() + 1); b++) {
        u32 length = bins[b];
        starts[(group_index() << low_bits) + b] = sum;
        bins[b] = sum;
        sum += length;
    }
    if (group_index() + 1 == group_count() && local_index() == 0) {
        starts[group_count() << low_bits] = end;
    }
    group_barrier();

    for (u32 i = begin + local_index(); i < end; i += SORT_GROUP) {
        entry e = entries[i];
        sorted[local_add(&bins[e.key & mask], 1u)] = e.value;
    }
}

// Cuts buckets: full[key] segments of S entries, and a remainder that counts[(S - 1 - its length) * groups + group] counts.
KERNEL(SORT_GROUP) msm_split(
    GLOBAL const u32 *starts, GLOBAL u32 *full, GLOBAL u32 *counts, u32 keys, u32 tile, u32 segment)
{
    LOCAL u32 bins[BINS];
    for (u32 b = local_index(); b < segment; b += SORT_GROUP) {
        bins[b] = 0;
    }
    group_barrier();

    u32 from = group_index() * tile;
    for (u32 key = from + local_index(); key < from + tile && key < keys; key += SORT_GROUP) {
        u32 length = starts[key + 1] - starts[key];
        full[key] = length / segment;
        if (length % segment) {
            local_add(&bins[segment - 1 - length % segment], 1u);
        }
    }
    group_barrier();

    for (u32 b = local_index(); b < segment; b += SORT_GROUP) {
        counts[b * group_count() + group_index()] = bins[b];
    }
    if (group_index() == 0 && local_index() == 0) {
        full[keys] = 0;
        counts[segment * group_count()] = 0;
    }
}

// Lists the buckets with a remainder, longest first, and the heavy buckets: chunks[0 .. totals[0]) cover their full
// segments, and heavies[0 .. totals[1]) the chunks' sums, each at the place of its chunk's first segment.
// full and offsets are what msm_split counted, scanned.
KERNEL(SORT_GROUP) msm_order(
    GLOBAL const u32 *starts, GLOBAL const u32 *full, GLOBAL const u32 *offsets, GLOBAL u32 *order, GLOBAL run *chunks,
    GLOBAL run *heavies, GLOBAL u32 *totals, u32 keys, u32 tile, u32 segment)
{
    LOCAL u32 bins[BINS];
    for (u32 b = local_index(); b < segment; b += SORT_GROUP) {
        bins[b] = offsets[b * group_count() + group_index()];
    }
    group_barrier();

    u32 from = group_index() * tile;
    for (u32 key = from + local_index(); key < from + tile && key < keys; key += SORT_GROUP) {
        u32 remainder = (starts[key + 1] - starts[key]) % segment;
        if (remainder) {
            order[local_add(&bins[segment - 1 - remainder], 1u)] = key;
        }

        u32 segments = full[key + 1] - full[key];
        if (segments > HEAVY) {
            run r;
            u32 count = (segments + HEAVY_CHUNK - 1) / HEAVY_CHUNK, slot = global_add(&totals[0], count);
            for (u32 i = 0; i < count; i++) {
                r.first = full[key] + i * HEAVY_CHUNK;
                r.count = i + 1 < count ? HEAVY_CHUNK : segments - i * HEAVY_CHUNK;
                chunks[slot + i] = r;
            }
            r.first = full[key];
            r.count = count;
            heavies[global_add(&totals[1], 1u)] = r;
        }
    }
}
