// Owns: A·w and B·w from the coefficients of a key, on the processor.

using System.Runtime.CompilerServices;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>The sparse matrix-vector products of a proof, straight from the mapped coefficient section.</summary>
internal static class KeyProducts
{
    /// <summary>Coefficients an item of work; the ranges are moved to row boundaries.</summary>
    private const int Range = 1 << 14;

    /// <summary>a ← A·w, b ← B·w, for vectors of zeros as long as the domain.</summary>
    public static unsafe void Evaluate<TCurve, TFp, TFr>(
        ProvingKey<TCurve, TFp, TFr> key, ReadOnlySpan<TFr> witness, TFr[] a, TFr[] b, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        int count = key.Coefficients.Length;

        // A stored value is v·R² and reads as the element v·R: it is divided by R here, once for each product.
        TFr radixInverse = TFr.Inverse(Field.Pow(TFr.One + TFr.One, (ulong)(64 * TFr.LimbCount)));

        // Pinned while workers read it; rows of different ranges are disjoint, so are their writes.
        fixed (TFr* pointer = witness)
        {
            TFr* w = pointer;
            if (!key.AreCoefficientsOrdered)
            {
                for (int from = 0; from < count; from += Range)
                {
                    options.CancellationToken.ThrowIfCancellationRequested();
                    Accumulate(from, Math.Min(count, from + Range));
                }
            }
            else
            {
                int ranges = (count + Range - 1) / Range;
                Rows.ForEachItem(ranges, options, i => Accumulate(RowStart(i * Range), RowStart((int)Math.Min(count, (i + 1L) * Range))));
            }

            void Accumulate(int from, int to)
            {
                ReadOnlySpan<KeyCoefficient<TFr>> coefficients = key.Coefficients;
                for (int i = from; i < to; i++)
                {
                    ref readonly KeyCoefficient<TFr> k = ref coefficients[i];
                    ref TFr sum = ref (k.Matrix == 0 ? a : b)[k.Row];
                    sum += k.Value * w[k.Wire];
                }
            }
        }

        Rows.ForEach(a.Length, options, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                a[i] *= radixInverse;
                b[i] *= radixInverse;
            }
        });

        // The first coefficient at or after a position whose row differs from its predecessor's.
        int RowStart(int position)
        {
            ReadOnlySpan<KeyCoefficient<TFr>> coefficients = key.Coefficients;
            while (position > 0 && position < count && coefficients[position].Row == coefficients[position - 1].Row)
            {
                position++;
            }

            return position;
        }
    }
}
