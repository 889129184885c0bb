// Owns: points that a decoder must refuse, and the arithmetic of a forger. Never: what becomes of them.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Adversarial;

/// <summary>Points beside the groups.</summary>
internal static class Points
{
    /// <summary>x · P for a point of the group.</summary>
    public static Affine<TField, TGroup> Times<TField, TGroup, TFr>(in Affine<TField, TGroup> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TFr : unmanaged, IPrimeField<TFr>
        where TGroup : struct, ICurveGroup<TGroup, TField> =>
        ScalarMultiplication.Multiply<TField, TGroup>(point, TFr.ToBigInteger(scalar)).ToAffine();

    /// <summary>P + Q.</summary>
    public static Affine<TField, TGroup> Plus<TField, TGroup>(in Affine<TField, TGroup> p, in Affine<TField, TGroup> q)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => ((Jacobian<TField, TGroup>)p + q).ToAffine();

    /// <summary>The first point of the curve with x = 1, 2, … outside the group; null where the cofactor is 1.</summary>
    public static Affine<TField, TGroup>? OutsideSubgroup<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        if (TGroup.Cofactor.IsOne)
        {
            return null;
        }

        for (TField x = TField.One; ; x += TField.One)
        {
            if (TField.TrySqrt((x * x * x) + TGroup.B, out TField y) && !new Affine<TField, TGroup>(x, y).IsInSubgroup())
            {
                return new(x, y);
            }
        }
    }

    /// <summary>A point of the smallest prime order that divides the cofactor; null where that is 1.</summary>
    public static Affine<TField, TGroup>? OfSmallOrder<TField, TGroup>(out int order)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        order = 1;
        if (TGroup.Cofactor.IsOne)
        {
            return null;
        }

        for (order = 2; !(TGroup.Cofactor % order).IsZero; order++)
        {
        }

        BigInteger others = TGroup.Order * TGroup.Cofactor;
        while ((others % order).IsZero)
        {
            others /= order;
        }

        for (TField x = TField.One; ; x += TField.One)
        {
            if (!TField.TrySqrt((x * x * x) + TGroup.B, out TField y))
            {
                continue;
            }

            // A point of order a power of the prime; then down to the prime itself.
            Affine<TField, TGroup> point = TextbookTimes(new Affine<TField, TGroup>(x, y), others), next = point;
            while (!next.IsInfinity)
            {
                point = next;
                next = TextbookTimes(point, order);
            }

            if (!point.IsInfinity)
            {
                return point;
            }
        }
    }

    /// <summary>A point that satisfies y² = x³ + b + 1 with the x of another point, or the next that has such a y.</summary>
    public static Affine<TField, TGroup> OnAnotherCurve<TField, TGroup>(in Affine<TField, TGroup> near)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        for (TField x = near.X; ; x += TField.One)
        {
            if (TField.TrySqrt((x * x * x) + TGroup.B + TField.One, out TField y))
            {
                return new(x, y);
            }
        }
    }

    /// <summary>Chord and tangent, which know nothing of the group's order.</summary>
    private static Affine<TField, TGroup> TextbookTimes<TField, TGroup>(in Affine<TField, TGroup> point, BigInteger scalar)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => TestKit.OracleGroup.Multiply(point, scalar);
}
