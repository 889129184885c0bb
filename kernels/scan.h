// Owns: prefix sums of u32: within a group, and over an array of any length by three kernels.
#pragma once
#include "prelude.h"

#ifndef SORT_GROUP
#define SORT_GROUP 256
#endif
// Values a group scans at once.
#define SCAN_TILE (8 * SORT_GROUP)

// The sum of the values of the group's earlier work-items. Afterwards sums[SORT_GROUP - 1] is the sum of all, until a
// barrier and the next use.
INLINE u32 group_scan(LOCAL_POINTER u32 *sums, u32 value)
{
    u32 l = local_index();
    sums[l] = value;
    group_barrier();
    for (u32 distance = 1; distance < SORT_GROUP; distance <<= 1) {
        u32 before = l >= distance ? sums[l - distance] : 0;
        group_barrier();
        sums[l] += before;
        group_barrier();
    }
    return sums[l] - value;
}

// Replaces the work-item's eight values from `first` on by the sums of all before them in the tile, plus `base`.
INLINE void scan_eight(GLOBAL u32 *values, u32 first, u32 length, LOCAL_POINTER u32 *sums, u32 base)
{
    u32 own[8], sum = 0;
    UNROLL
    for (u32 i = 0; i < 8; i++) {
        own[i] = first + i < length ? values[first + i] : 0;
        sum += own[i];
    }
    sum = base + group_scan(sums, sum);
    UNROLL
    for (u32 i = 0; i < 8; i++) {
        if (first + i < length) {
            values[first + i] = sum;
        }
        sum += own[i];
    }
}

// Each group scans its tile of the values and leaves the tile's sum in totals.
KERNEL(SORT_GROUP) scan_tiles(GLOBAL u32 *values, GLOBAL u32 *totals, u32 length)
{
    LOCAL u32 sums[SORT_GROUP];
    scan_eight(values, group_index() * SCAN_TILE + 8 * local_index(), length, sums, 0);
    if (local_index() == 0) {
        totals[group_index()] = sums[SORT_GROUP - 1];
    }
}

// One group scans the tiles' sums.
KERNEL(SORT_GROUP) scan_totals(GLOBAL u32 *totals, u32 length)
{
    LOCAL u32 sums[SORT_GROUP];
    u32 base = 0;
    for (u32 tile = 0; tile < length; tile += SCAN_TILE) {
        scan_eight(totals, tile + 8 * local_index(), length, sums, base);
        base += sums[SORT_GROUP - 1];
        group_barrier();
    }
}

// Adds to each tile what came before it.
KERNEL(SORT_GROUP) scan_add(GLOBAL u32 *values, GLOBAL const u32 *totals, u32 length)
{
    u32 first = group_index() * SCAN_TILE;
    for (u32 i = first + local_index(); i < length && i < first + SCAN_TILE; i += SORT_GROUP) {
        values[i] += totals[group_index()];
    }
}
