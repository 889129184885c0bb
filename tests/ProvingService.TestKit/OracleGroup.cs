// Owns: the textbook group law, slow and independent of every formula under test.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.TestKit;

/// <summary>Chord and tangent in affine coordinates with one inversion an operation.</summary>
public static class OracleGroup
{
    public static Affine<TField, TCurve> Add<TField, TCurve>(in Affine<TField, TCurve> p, in Affine<TField, TCurve> q)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (p.IsInfinity)
        {
            return q;
        }

        if (q.IsInfinity)
        {
            return p;
        }

        TField numerator, denominator;
        if (p.X == q.X)
        {
            if (TField.IsZero(p.Y + q.Y))
            {
                return default;
            }

            numerator = (p.X * p.X) + (p.X * p.X) + (p.X * p.X);
            denominator = p.Y + p.Y;
        }
        else
        {
            numerator = q.Y - p.Y;
            denominator = q.X - p.X;
        }

        TField slope = numerator * TField.Inverse(denominator);
        TField x = (slope * slope) - p.X - q.X;
        return new(x, (slope * (p.X - x)) - p.Y);
    }

    /// <summary>Double and add, from the lowest bit.</summary>
    public static Affine<TField, TCurve> Multiply<TField, TCurve>(Affine<TField, TCurve> point, BigInteger scalar)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (scalar.Sign < 0)
        {
            return Multiply(-point, -scalar);
        }

        Affine<TField, TCurve> sum = default;
        for (; !scalar.IsZero; scalar >>= 1)
        {
            if (!scalar.IsEven)
            {
                sum = Add(sum, point);
            }

            point = Add(point, point);
        }

        return sum;
    }
}
