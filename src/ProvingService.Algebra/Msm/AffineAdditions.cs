// Owns: many independent additions of affine points that share one inversion. What is added to what: GroupSums.cs.

using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// Batches of affine additions by Montgomery's trick: 5M + 1S and six subtractions an addition, and one inversion a
/// batch. Exact in every case: a pair with infinity or of opposite points is settled on the spot and kept out of the
/// shared inversion; a pair of equal points enters it with the denominator of the tangent.
/// </summary>
internal static unsafe class AffineAdditions<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>points[left[k]] ← points[left[k]] + points[right[k]] for all k below <paramref name="pairs"/>.</summary>
    /// <param name="points">The points; callers keep all positions in range.</param>
    /// <param name="left">Positions of the first operands and of the results.</param>
    /// <param name="right">Positions of the second operands; no position occurs twice in left and right together.</param>
    /// <param name="pairs">The number of additions.</param>
    /// <param name="denominators">Scratch of as many elements.</param>
    /// <param name="products">Scratch of as many elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddPairs(
        Affine<TField, TCurve>* points, int* left, int* right, int pairs, TField* denominators, TField* products)
    {
        TField product = TField.One;
        for (int k = 0; k < pairs; k++)
        {
            Affine<TField, TCurve>* p = points + left[k], q = points + right[k];
            TField d = q->X - p->X;
            if (TField.IsZero(d) || TField.IsZero(p->X) || TField.IsZero(q->X))
            {
                d = Special(p, q);
            }

            denominators[k] = d;
            products[k] = product;
            if (!TField.IsZero(d))
            {
                product *= d;
            }
        }

        TField inverse = TField.Inverse(product);
        for (int k = pairs - 1; k >= 0; k--)
        {
            TField d = denominators[k];
            if (TField.IsZero(d))
            {
                continue;
            }

            Affine<TField, TCurve>* p = points + left[k], q = points + right[k];
            TField slope = inverse * products[k];
            inverse *= d;
            slope *= p->X == q->X ? TangentNumerator(p->X) : q->Y - p->Y;
            TField x = TField.Square(slope) - p->X - q->X;
            TField y = (slope * (p->X - x)) - p->Y;
            *p = new(x, y);
        }
    }

    /// <summary>
    /// The denominator of a pair that may be exceptional. Zero where no inversion is needed, with the sum then in
    /// <paramref name="p"/>.
    /// </summary>
    private static TField Special(Affine<TField, TCurve>* p, Affine<TField, TCurve>* q)
    {
        if (q->IsInfinity)
        {
            return default;
        }

        if (p->IsInfinity)
        {
            *p = *q;
            return default;
        }

        if (p->X != q->X)
        {
            return q->X - p->X;
        }

        // On one vertical line: equal points have the tangent's denominator 2y, which is not zero since y = −y would
        // make them opposite.
        TField sum = p->Y + q->Y;
        if (TField.IsZero(sum))
        {
            *p = default;
        }

        return sum;
    }

    private static TField TangentNumerator(in TField x)
    {
        TField square = TField.Square(x);
        return TField.Double(square) + square;
    }
}
