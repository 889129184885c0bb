// Owns: long lists of fixed-base products in bounded memory.

using System.Buffers;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>Receives consecutive points of a long list.</summary>
internal delegate void PointConsumer<TField, TGroup>(ReadOnlySpan<Affine<TField, TGroup>> points)
    where TField : unmanaged, IField<TField>
    where TGroup : struct, ICurveGroup<TGroup, TField>;

/// <summary>Multiplies a table by many scalars, a slice at a time, so that points need not all be in memory.</summary>
internal static class FixedBaseSlices
{
    private const int Slice = 1 << 14;

    /// <summary>Hands out scalars[i]·P in order, and the number of points done after each slice.</summary>
    public static void ForEach<TField, TGroup, TFr>(
        FixedBaseTable<TField, TGroup> table,
        ReadOnlySpan<TFr> scalars,
        Action<int> done,
        EngineOptions options,
        PointConsumer<TField, TGroup> consume)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Scalar256[] integers = ArrayPool<Scalar256>.Shared.Rent(Slice);
        Affine<TField, TGroup>[] points = ArrayPool<Affine<TField, TGroup>>.Shared.Rent(Slice);
        try
        {
            for (int from = 0; from < scalars.Length; from += Slice)
            {
                int count = Math.Min(Slice, scalars.Length - from);
                Scalar256.From(scalars.Slice(from, count), integers.AsSpan(0, count));
                table.Multiply(integers.AsSpan(0, count), points.AsSpan(0, count), options);
                consume(points.AsSpan(0, count));
                done(count);
            }
        }
        finally
        {
            ArrayPool<Scalar256>.Shared.Return(integers, clearArray: true);
            ArrayPool<Affine<TField, TGroup>>.Shared.Return(points);
        }
    }
}
