// Owns: a sparse matrix by rows, as engines take it.

namespace ProvingService.Algebra;

/// <summary>A sparse matrix in compressed rows: row i holds the entries RowStarts[i] to RowStarts[i + 1] − 1.</summary>
/// <param name="RowStarts">One more than there are rows, ascending from 0.</param>
/// <param name="Wires">The column of each entry; a column may occur twice in a row, and then its values add up.</param>
/// <param name="Values">The value of each entry, in Montgomery form.</param>
public sealed record CompressedRows<TFr>(uint[] RowStarts, uint[] Wires, TFr[] Values)
    where TFr : unmanaged, IPrimeField<TFr>;
