// Owns: the matrices of a key in the form that engines with keys take. The products on the processor: KeyProducts.cs.

using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>A or B of a key in compressed rows, from the mapped coefficient section in whatever order it is.</summary>
internal static class KeyRows
{
    /// <summary>Coefficients between two looks at the token.</summary>
    private const int Range = 1 << 16;

    /// <summary>The rows of one matrix: as many as the domain has elements, in two passes over the coefficients.</summary>
    public static CompressedRows<TFr> Compress<TCurve, TFp, TFr>(
        ProvingKey<TCurve, TFp, TFr> key, uint matrix, CancellationToken cancellationToken)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        // ends[i + 1] counts row i, then is where the row begins, and after the second pass where it ends.
        ReadOnlySpan<KeyCoefficient<TFr>> coefficients = key.Coefficients;
        uint[] ends = new uint[key.DomainSize + 2];
        for (int from = 0; from < coefficients.Length; from += Range)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (ref readonly KeyCoefficient<TFr> coefficient in coefficients.Slice(from, Math.Min(Range, coefficients.Length - from)))
            {
                if (coefficient.Matrix == matrix)
                {
                    ends[coefficient.Row + 2]++;
                }
            }
        }

        for (int i = 2; i < ends.Length; i++)
        {
            ends[i] += ends[i - 1];
        }

        uint[] wires = new uint[ends[^1]];
        TFr[] values = new TFr[wires.Length];

        // A stored value is v·R² and reads as the element v·R.
        TFr radixInverse = TFr.Inverse(Field.Pow(TFr.One + TFr.One, (ulong)(64 * TFr.LimbCount)));
        for (int from = 0; from < coefficients.Length; from += Range)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (ref readonly KeyCoefficient<TFr> coefficient in coefficients.Slice(from, Math.Min(Range, coefficients.Length - from)))
            {
                if (coefficient.Matrix == matrix)
                {
                    uint position = ends[coefficient.Row + 1]++;
                    wires[position] = coefficient.Wire;
                    values[position] = coefficient.Value * radixInverse;
                }
            }
        }

        return new(ends[..^1], wires, values);
    }
}
