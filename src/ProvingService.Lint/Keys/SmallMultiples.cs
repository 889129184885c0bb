// Owns: the search for small factors between points of one group.

using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Whether one point is a small multiple of another.</summary>
internal static class SmallMultiples
{
    /// <summary>The largest factor that is looked for: an addition each, a few milliseconds in G2.</summary>
    public const int Most = 1024;

    /// <summary>For each target the factor k, 0 &lt; |k| ≤ <see cref="Most"/>, with target = k·point; 0 where there is none.</summary>
    public static int[] Find<TField, TGroup>(in Affine<TField, TGroup> point, ReadOnlySpan<Affine<TField, TGroup>> targets)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        var factors = new int[targets.Length];
        Jacobian<TField, TGroup> multiple = Jacobian<TField, TGroup>.Infinity;
        for (int k = 1; k <= Most && !point.IsInfinity; k++)
        {
            multiple += point;
            TField square = TField.Square(multiple.Z);
            for (int i = 0; i < targets.Length; i++)
            {
                // The same abscissa: the point or its negative.
                if (factors[i] == 0 && !targets[i].IsInfinity && targets[i].X * square == multiple.X)
                {
                    factors[i] = targets[i].Y * square * multiple.Z == multiple.Y ? k : -k;
                }
            }
        }

        return factors;
    }
}
