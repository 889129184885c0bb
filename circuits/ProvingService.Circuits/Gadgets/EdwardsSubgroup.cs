// Owns: telling points of order l from the others by a pairing into the eighth roots of unity.
//
// A point P of the curve lies in the subgroup exactly where it is 8 times another point, since the curve's group is cyclic
// of order 8 times that of the subgroup (a is a square and d is none, so there is one point of order 2). The reduced Tate
// pairing of order 8 tells: t(T, P) = f(P)^((p − 1)/8) for a point T of order 8 is 1 exactly there, because μ₈ lies in the
// field, the pairing is non-degenerate, and T generates the 8-torsion. (Koshelev, "Subgroup membership testing on elliptic
// curves via the Tate pairing", Journal of Cryptographic Engineering 13 (2023); ePrint 2022/037.)
//
// Miller's loop on the Montgomery curve has three doublings with constant points, 4T = (0, 0) being its point of order 2:
//     f = l_T⁴ · l_2T² / (v_2T⁴ · v_4T),
// where l_V is the tangent at V and v_V the vertical through V. The line at the pole is not normalised: f is 1 up to a
// constant, which the base point, being of order l, shows.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>The test, with its constants for one curve. Immutable.</summary>
internal sealed class EdwardsSubgroup<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly (TF U, TF V) eighth;
    private readonly TF eighthSlope;
    private readonly (TF U, TF V) quarter;
    private readonly TF quarterSlope;
    private readonly ulong[] exponent;
    private readonly TF one;

    public EdwardsSubgroup(EdwardsCurve<TF> curve)
    {
        EdwardsPoint<TF> torsion = PointOfOrder8(curve);
        (eighth, eighthSlope) = Tangent(curve, torsion);
        (quarter, quarterSlope) = Tangent(curve, ExtendedPoint<TF>.From(torsion).Double(curve).ToAffine());
        exponent = new ulong[TF.LimbCount];
        TF.ToCanonical(-TF.One, exponent);
        for (int i = 0; i < exponent.Length; i++)
        {
            // (p − 1)/8; 8 divides p − 1.
            exponent[i] = (exponent[i] >> 3) | (i + 1 < exponent.Length ? exponent[i + 1] << 61 : 0);
        }

        one = Pair(curve.Base);
    }

    /// <summary>Whether a point of the curve is of order l or neutral; of a pair off the curve it says nothing, which callers exclude. About 330 multiplications, an eighth of those of [l]P.</summary>
    public bool Contains(EdwardsPoint<TF> point) => point == EdwardsPoint<TF>.Identity || Pair(point) == one;

    /// <summary>
    /// t(T, P) times a constant, or 0 for P where a line vanishes, which are points of order 2, 4 and 8. u = U/Z and v = U/W
    /// for U = 1 + y, Z = 1 − y and W = x·Z; of all denominators one W remains.
    /// </summary>
    private TF Pair(EdwardsPoint<TF> point)
    {
        TF bigU = TF.One + point.Y, w = point.X * (TF.One - point.Y), ux = bigU * point.X;
        TF lineEighth = Line(eighth, eighthSlope), lineQuarter = Line(quarter, quarterSlope);
        TF vertical = ux - (quarter.U * w);
        TF numerator = TF.Square(TF.Square(lineEighth) * lineQuarter);
        TF denominator = TF.Square(TF.Square(vertical)) * ux * w;

        // 1/x is x⁷ to the power (p − 1)/8.
        TF square = TF.Square(denominator);
        return Field.Pow<TF>(numerator * TF.Square(square) * square * denominator, exponent);

        TF Line((TF U, TF V) at, TF slope) => bigU - (at.V * w) - (slope * (ux - (at.U * w)));
    }

    private static ((TF U, TF V) Point, TF Slope) Tangent(EdwardsCurve<TF> curve, EdwardsPoint<TF> point)
    {
        TF u = (TF.One + point.Y) * TF.Inverse(TF.One - point.Y), v = u * TF.Inverse(point.X);
        TF slope = (Field.Pow(u, 2UL) * TF.FromUInt64(3)) + (TF.Double(curve.MontgomeryA) * u) + TF.One;
        return ((u, v), slope * TF.Inverse(TF.Double(curve.MontgomeryB * v)));
    }

    /// <summary>l times the first point, by its ordinate, for which that is of order 8.</summary>
    private static EdwardsPoint<TF> PointOfOrder8(EdwardsCurve<TF> curve)
    {
        for (ulong i = 2; ; i++)
        {
            // x² = (1 − y²)/(a − d·y²)
            TF y = TF.FromUInt64(i), y2 = TF.Square(y);
            if (!TF.TrySqrt((TF.One - y2) * TF.Inverse(curve.A - (curve.D * y2)), out TF x))
            {
                continue;
            }

            ExtendedPoint<TF> torsion = ExtendedPoint<TF>.From(new EdwardsPoint<TF>(x, y)).Multiply(curve, curve.Order);
            if (!torsion.Double(curve).Double(curve).IsIdentity)
            {
                return torsion.ToAffine();
            }
        }
    }
}
