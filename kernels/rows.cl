// Owns: sparse rows times a witness, and the witness as scalars. The layout: GpuRows.
//
// Row i of a matrix holds entries starts[i] to starts[i + 1] - 1. An entry is a wire and which of the matrix's distinct
// values it has: 8 bytes instead of 36, since nearly all values of a circuit repeat. Values 0 and 1 are 1 and -1 and are
// not multiplied by. Rows of more than LONG_ROW entries are cut into chunks of CHUNK entries, a group each, so that a dense
// row keeps nobody waiting.
#include "prelude.h"
#include "fields.h"

#define GROUP 64
#define LONG_ROW 64
#define CHUNK 1024
#define VALUE_ONE 0
#define VALUE_MINUS_ONE 1

// sum + value * w[wire]: a multiplication where the value is not 1 or -1.
INLINE fr add_entry(
    fr sum, GLOBAL const u32 *wires, GLOBAL const u32 *kinds, GLOBAL const fr *values, GLOBAL const fr *witness, u32 entry)
{
    fr wire = witness[wires[entry]];
    u32 kind = kinds[entry];
    if (kind == VALUE_MINUS_ONE) {
        return fr_sub(sum, wire);
    }
    if (kind != VALUE_ONE) {
        wire = fr_mul(wire, values[kind]);
    }
    return fr_add(sum, wire);
}

// The sum of the group's addends, in its first work-item.
INLINE fr sum_of_group(LOCAL_POINTER fr *tile, fr addend)
{
    tile[local_index()] = addend;
    for (u32 half_size = GROUP / 2; half_size > 0; half_size >>= 1) {
        group_barrier();
        if (local_index() < half_size) {
            tile[local_index()] = fr_add(tile[local_index()], tile[local_index() + half_size]);
        }
    }
    return tile[0];
}

// A row a work-item, up to LONG_ROW entries; zeros from the last row to the end of the vector. Long rows are left alone.
KERNEL(GROUP) rows_evaluate(
    GLOBAL const u32 *starts, GLOBAL const u32 *wires, GLOBAL const u32 *kinds, GLOBAL const fr *values,
    GLOBAL const fr *witness, GLOBAL fr *result, u32 row_count, u32 result_count)
{
    u32 row = global_index();
    if (row >= result_count) {
        return;
    }
    fr sum = fr_zero();
    if (row < row_count) {
        u32 end = starts[row + 1];
        u32 entry = starts[row];
        if (end - entry > LONG_ROW) {
            return;
        }
        for (; entry < end; entry++) {
            sum = add_entry(sum, wires, kinds, values, witness, entry);
        }
    }
    result[row] = sum;
}

// A chunk of a long row a group: chunks[i] is where it begins, ends[i] where it ends.
KERNEL(GROUP) rows_chunks(
    GLOBAL const u32 *chunk_starts, GLOBAL const u32 *chunk_ends, GLOBAL const u32 *wires, GLOBAL const u32 *kinds,
    GLOBAL const fr *values, GLOBAL const fr *witness, GLOBAL fr *sums)
{
    LOCAL fr tile[GROUP];
    fr sum = fr_zero();
    u32 end = chunk_ends[group_index()];
    for (u32 entry = chunk_starts[group_index()] + local_index(); entry < end; entry += GROUP) {
        sum = add_entry(sum, wires, kinds, values, witness, entry);
    }
    sum = sum_of_group(tile, sum);
    if (local_index() == 0) {
        sums[group_index()] = sum;
    }
}

// A long row a group: row rows[i] is the sum of chunks first_chunks[i] to first_chunks[i + 1] - 1.
KERNEL(GROUP) rows_long(
    GLOBAL const u32 *rows, GLOBAL const u32 *first_chunks, GLOBAL const fr *sums, GLOBAL fr *result)
{
    LOCAL fr tile[GROUP];
    fr sum = fr_zero();
    u32 end = first_chunks[group_index() + 1];
    for (u32 chunk = first_chunks[group_index()] + local_index(); chunk < end; chunk += GROUP) {
        sum = fr_add(sum, sums[chunk]);
    }
    sum = sum_of_group(tile, sum);
    if (local_index() == 0) {
        result[rows[group_index()]] = sum;
    }
}

// The elements' integers, which MSMs take as scalars.
KERNEL(GROUP) rows_scalars(GLOBAL const fr *elements, GLOBAL fr *scalars, u32 count)
{
    u32 i = global_index();
    if (i < count) {
        scalars[i] = fr_from_montgomery(elements[i]);
    }
}
