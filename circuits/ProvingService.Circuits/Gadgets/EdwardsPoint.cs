// Owns: points of the embedded curve on numbers, and the extended coordinates inside. Their twin on variables: EdwardsGadget.cs.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// A pair of coordinates on the curve <see cref="EdwardsCurve{TF}.Embedded"/>. Any pair can be held: <see cref="IsOnCurve"/> and
/// <see cref="IsInSubgroup"/> tell; arithmetic means something for points of the curve only. <c>default</c> is (0, 0), which is
/// not on the curve. Nothing here runs in constant time.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
/// <param name="X">The abscissa.</param>
/// <param name="Y">The ordinate.</param>
public readonly record struct EdwardsPoint<TF>(TF X, TF Y)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The neutral element (0, 1).</summary>
    public static EdwardsPoint<TF> Identity => new(TF.Zero, TF.One);

    /// <summary>Whether a·x² + y² = 1 + d·x²·y². Points of small order are on the curve too.</summary>
    public bool IsOnCurve
    {
        get
        {
            EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
            TF x2 = TF.Square(X), y2 = TF.Square(Y);
            return (curve.A * x2) + y2 == TF.One + (curve.D * x2 * y2);
        }
    }

    /// <summary>
    /// Whether the point is on the curve and [l]P is the neutral element, which is itself in the subgroup. About 330
    /// multiplications, by a pairing (EdwardsSubgroup.cs).
    /// </summary>
    public bool IsInSubgroup() => IsOnCurve && EdwardsCurve<TF>.Embedded.Subgroup.Contains(this);

    /// <summary>P + Q, for all points of the curve. One inversion.</summary>
    public EdwardsPoint<TF> Add(EdwardsPoint<TF> other) =>
        ExtendedPoint<TF>.From(this).Add(EdwardsCurve<TF>.Embedded, ExtendedPoint<TF>.From(other)).ToAffine();

    /// <summary>−P = (−x, y).</summary>
    public EdwardsPoint<TF> Negate() => new(-X, Y);

    /// <summary>P + P. One inversion.</summary>
    public EdwardsPoint<TF> Double() => ExtendedPoint<TF>.From(this).Double(EdwardsCurve<TF>.Embedded).ToAffine();

    /// <summary>[scalar]P by windows of four bits. Running time depends on the scalar.</summary>
    /// <param name="scalar">Any integer; it is taken modulo 8·l, the number of points.</param>
    public EdwardsPoint<TF> MultiplyVarTime(BigInteger scalar)
    {
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        BigInteger points = curve.Order * curve.Cofactor;
        return ExtendedPoint<TF>.From(this).Multiply(curve, ((scalar % points) + points) % points).ToAffine();
    }
}

/// <summary>
/// x = X/Z, y = Y/Z, x·y = T/Z (Hisil, Wong, Carter, Dawson: Twisted Edwards Curves Revisited, ePrint 2008/522). Z is never zero
/// for points of the curve, as its addition law is complete.
/// </summary>
internal readonly record struct ExtendedPoint<TF>(TF X, TF Y, TF Z, TF T)
    where TF : unmanaged, IPrimeField<TF>
{
    private const int Window = 4;

    public static ExtendedPoint<TF> Identity => new(TF.Zero, TF.One, TF.One, TF.Zero);

    public bool IsIdentity => TF.IsZero(X) && Y == Z;

    public static ExtendedPoint<TF> From(EdwardsPoint<TF> point) => new(point.X, point.Y, TF.One, point.X * point.Y);

    /// <summary>All at the price of one inversion.</summary>
    public static EdwardsPoint<TF>[] ToAffine(ReadOnlySpan<ExtendedPoint<TF>> points)
    {
        var inverses = new TF[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            inverses[i] = points[i].Z;
        }

        Field.BatchInverse<TF>(inverses);
        var affine = new EdwardsPoint<TF>[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            affine[i] = new(points[i].X * inverses[i], points[i].Y * inverses[i]);
        }

        return affine;
    }

    public EdwardsPoint<TF> ToAffine()
    {
        TF inverse = TF.Inverse(Z);
        return new(X * inverse, Y * inverse);
    }

    /// <summary>Unified addition: 9M and products by a and d (section 3.1, "add-2008-hwcd").</summary>
    public ExtendedPoint<TF> Add(EdwardsCurve<TF> curve, in ExtendedPoint<TF> other) =>
        Add(curve, other.X, other.Y, other.T * curve.D, Z * other.Z);

    /// <summary>The same with Z = 1 and d·T at hand: 7M and a product by a.</summary>
    public ExtendedPoint<TF> Add(EdwardsCurve<TF> curve, in PrecomputedPoint<TF> other) => Add(curve, other.X, other.Y, other.DT, Z);

    /// <summary>4M + 4S and a product by a (section 3.3, "dbl-2008-hwcd").</summary>
    public ExtendedPoint<TF> Double(EdwardsCurve<TF> curve)
    {
        TF xx = TF.Square(X), yy = TF.Square(Y), axx = curve.A * xx;
        TF e = TF.Square(X + Y) - xx - yy;
        TF g = axx + yy;
        TF f = g - TF.Double(TF.Square(Z));
        TF h = axx - yy;
        return new(e * f, g * h, f * g, e * h);
    }

    /// <summary>[scalar]P for a scalar of at least 0, by windows of four bits.</summary>
    public ExtendedPoint<TF> Multiply(EdwardsCurve<TF> curve, BigInteger scalar)
    {
        Span<ExtendedPoint<TF>> multiples = stackalloc ExtendedPoint<TF>[1 << Window];
        multiples[0] = Identity;
        for (int i = 1; i < multiples.Length; i++)
        {
            multiples[i] = multiples[i - 1].Add(curve, this);
        }

        ExtendedPoint<TF> result = Identity;
        int windows = ((int)scalar.GetBitLength() + Window - 1) / Window;
        for (int i = windows - 1; i >= 0; i--)
        {
            for (int k = 0; k < Window && i < windows - 1; k++)
            {
                result = result.Double(curve);
            }

            result = result.Add(curve, multiples[(int)((scalar >> (i * Window)) & (multiples.Length - 1))]);
        }

        return result;
    }

    private ExtendedPoint<TF> Add(EdwardsCurve<TF> curve, in TF x2, in TF y2, in TF dt2, in TF zz)
    {
        TF xx = X * x2, yy = Y * y2, c = T * dt2;
        TF e = ((X + Y) * (x2 + y2)) - xx - yy;
        TF f = zz - c;
        TF g = zz + c;
        TF h = yy - (curve.A * xx);
        return new(e * f, g * h, f * g, e * h);
    }
}

/// <summary>An affine point with d·x·y beside it.</summary>
internal readonly struct PrecomputedPoint<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public readonly TF X;
    public readonly TF Y;
    public readonly TF DT;

    public PrecomputedPoint(EdwardsPoint<TF> point, EdwardsCurve<TF> curve)
    {
        X = point.X;
        Y = point.Y;
        DT = curve.D * point.X * point.Y;
    }
}
