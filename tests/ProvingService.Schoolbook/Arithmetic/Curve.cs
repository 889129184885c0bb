// Owns: the group law of y² = x³ + b, its order and its points. Pairings: TatePairing.cs.

using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>A point, or the one at infinity, whose coordinates are null.</summary>
internal sealed record Point(Element? X, Element? Y)
{
    public static Point Infinity { get; } = new(null, null);

    public bool IsInfinity => X is null;
}

/// <summary>The curve y² = x³ + b over a field. G1 and G2 are its points whose multiple by r is infinity.</summary>
/// <param name="coordinates">The field of the coordinates.</param>
/// <param name="b">b.</param>
internal sealed class Curve(Field coordinates, Element b)
{
    public Field Coordinates => coordinates;

    public Element B => b;

    public bool Contains(Point point) => point.X is not { } x || point.Y is not { } y || y.Square().Equals(Cube(x) + b);

    public Point Negate(Point point) => point is { X: { } x, Y: { } y } ? new(x, -y) : point;

    /// <summary>The chord, or the tangent where both points are one, meets the curve in a third point, whose negative is the sum.</summary>
    public Point Add(Point p, Point q)
    {
        if (p is not { X: { } px, Y: { } py })
        {
            return q;
        }

        if (q is not { X: { } qx, Y: { } qy })
        {
            return p;
        }

        if (px.Equals(qx) && (py + qy).IsZero)
        {
            return Point.Infinity;
        }

        return Third(p, q, Slope(p, q));
    }

    /// <summary>The sum of two points, given the slope of the line through them.</summary>
    public Point Third(Point p, Point q, Element slope)
    {
        Element x = slope.Square() - p.X! - q.X!;
        return new(x, (slope * (p.X! - x)) - p.Y!);
    }

    /// <summary>The slope of the chord, or of the tangent where both are one point: (x³ + b)' / (y²)' = 3x²/2y. Not for a vertical line.</summary>
    public Element Slope(Point p, Point q) => p.X!.Equals(q.X)
        ? (p.X.Square() * 3) / (p.Y! * 2)
        : (q.Y! - p.Y!) / (q.X! - p.X);

    /// <summary>
    /// The multiple of a point, by its bits from the highest: double, and add where the bit is one. The sum so far stands as
    /// (X/Z², Y/Z³), so that one division at the end is enough; <see cref="Add"/> without it is what the tests hold this to.
    /// </summary>
    public Point Multiply(Point point, BigInteger scalar)
    {
        if (scalar.Sign < 0)
        {
            return Multiply(Negate(point), -scalar);
        }

        if (point is not { X: { } px, Y: { } py })
        {
            return point;
        }

        (Element X, Element Y, Element Z) sum = (coordinates.One, coordinates.One, coordinates.Zero);
        for (long bit = scalar.GetBitLength() - 1; bit >= 0; bit--)
        {
            sum = Double(sum);
            if (!((scalar >> (int)bit) & 1).IsZero)
            {
                sum = AddAffine(sum, px, py);
            }
        }

        if (sum.Z.IsZero)
        {
            return Point.Infinity;
        }

        Element inverse = coordinates.Invert(sum.Z), square = inverse.Square();
        return new(sum.X * square, sum.Y * square * inverse);
    }

    /// <summary>Σ scalar·point, term by term.</summary>
    public Point Sum(IEnumerable<(BigInteger Scalar, Point Point)> terms) =>
        terms.Aggregate(Point.Infinity, (sum, term) => Add(sum, Multiply(term.Point, term.Scalar)));

    /// <summary>
    /// With x = X/Z², y = Y/Z³ the slope is 3x²/2y = 3X²/(2YZ) = m/Z' for Z' = 2YZ, and 4x·Z'²/4 = 4XY²: put into x' = λ² − 2x and
    /// y' = λ(x − x') − y. Infinity has Z = 0, and stays; no point of odd order has y = 0.
    /// </summary>
    private static (Element X, Element Y, Element Z) Double((Element X, Element Y, Element Z) p)
    {
        Element m = p.X.Square() * 3, yy = p.Y.Square(), s = p.X * yy * 4;
        Element x = m.Square() - (s * 2);
        return (x, (m * (s - x)) - (yy.Square() * 8), p.Y * p.Z * 2);
    }

    /// <summary>As <see cref="Add"/>, for (X/Z², Y/Z³) and an affine point: the slope is dy/(dx·Z) with dx = x₂Z² − X, dy = y₂Z³ − Y.</summary>
    private (Element X, Element Y, Element Z) AddAffine((Element X, Element Y, Element Z) p, Element x2, Element y2)
    {
        if (p.Z.IsZero)
        {
            return (x2, y2, coordinates.One);
        }

        Element zz = p.Z.Square(), dx = (x2 * zz) - p.X, dy = (y2 * zz * p.Z) - p.Y;
        if (dx.IsZero)
        {
            return dy.IsZero ? Double(p) : (coordinates.One, coordinates.One, coordinates.Zero);
        }

        Element dx2 = dx.Square(), dx3 = dx2 * dx, s = p.X * dx2;
        Element x = dy.Square() - dx3 - (s * 2);
        return (x, (dy * (s - x)) - (p.Y * dx3), p.Z * dx);
    }

    private static Element Cube(Element x) => x.Square() * x;
}
