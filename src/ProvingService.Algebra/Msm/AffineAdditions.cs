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
    /// <param name="right">
    /// Positions of the second operands, which are overwritten; no position occurs twice in left and right together.
    /// </param>
    /// <param name="pairs">The number of additions.</param>
    /// <param name="denominators">Scratch of as many elements.</param>
    /// <param name="products">Scratch of as many elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddPairs(
        Affine<TField, TCurve>* points, int* left, int* right, int pairs, TField* denominators, TField* products)
    {
        // Results go straight to memory, coordinate by coordinate: a struct that is assembled in a local and then copied
        // is stored by words and loaded by vectors, which no store buffer forwards. Worth 10 % here.
        TField product = TField.One;
        for (int k = 0; k < pairs; k++)
        {
            Affine<TField, TCurve>* p = points + left[k], q = points + right[k];
            products[k] = product;
            denominators[k] = q->X - p->X;
            if (TField.IsZero(denominators[k]) || TField.IsZero(p->X) || TField.IsZero(q->X))
            {
                denominators[k] = Special(p, q);
                if (TField.IsZero(denominators[k]))
                {
                    continue;
                }
            }

            product *= denominators[k];
        }

        TField inverse = TField.Inverse(product);
        for (int k = pairs - 1; k >= 0; k--)
        {
            if (TField.IsZero(denominators[k]))
            {
                continue;
            }

            Affine<TField, TCurve>* p = points + left[k], q = points + right[k];
            TField slope = inverse * products[k];
            inverse *= denominators[k];
            if (p->X == q->X)
            {
                slope *= TangentNumerator(p->X);
            }
            else
            {
                slope *= q->Y - p->Y;
            }

            // The layout of a point is X, then Y; q's slot is free once its coordinates have been read.
            TField* sum = (TField*)p, x = (TField*)q;
            *x = TField.Square(slope) - p->X - q->X;
            sum[1] = (slope * (p->X - *x)) - p->Y;
            sum[0] = *x;
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
