// Owns: the laws that the schoolbook's own arithmetic must obey, on both curves.

using System.Numerics;
using Xunit;

namespace ProvingService.Schoolbook.Tests;

[Trait("Kernels", "any")]
public sealed class PairingLawTests
{
    public static TheoryData<string> Curves => ["bn254", "bls12-381"];

    [Theory]
    [MemberData(nameof(Curves))]
    public void Generators_are_on_their_curves_and_of_order_r(string name)
    {
        var groups = new Groups(PairingCurve.Of(name));
        Assert.Null(groups.FaultOf(groups.Curve.G1, groups.Curve.Generator1));
        Assert.Null(groups.FaultOf(groups.Curve.G2, groups.Curve.Generator2));
        Assert.False(groups.Curve.Generator1.IsInfinity || groups.Curve.Generator2.IsInfinity);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void The_field_of_the_pairing_contains_that_of_the_twist(string name)
    {
        PairingCurve curve = PairingCurve.Of(name);
        Element w6 = curve.Fp12.Monomial(1, 6), i = w6 - curve.Fp12.Of(curve.Shift[0]);
        Assert.Equal(-curve.Fp12.One, i.Square());

        // w² is no cube and no square in Fp2, so that w generates a field: (w⁶)^((p² − 1)/2) and (w⁶)^((p² − 1)/3) are not 1.
        BigInteger order = (curve.P * curve.P) - 1;
        Assert.NotEqual(curve.Fp2.One, curve.Shift.Power(order / 2));
        Assert.NotEqual(curve.Fp2.One, curve.Shift.Power(order / 3));

        // Conjugation w → −w is the power p⁶, on which the test for a product of 1 rests; checked where it can go wrong, on w.
        Assert.Equal(-curve.Fp12.Monomial(1, 1), curve.Fp12.Monomial(1, 1).Power(BigInteger.Pow(curve.P, 6)));
        BigInteger p2 = curve.P * curve.P;
        Assert.True((((p2 * p2) - p2 + 1) % curve.R).IsZero);
        Element a = curve.Fp12.Of([.. Enumerable.Range(1, 12).Select(k => BigInteger.Pow(7, 130 + k))]);
        Assert.Equal(a.Power(curve.P), new TatePairing(curve).PowerOfP(a));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_point_of_the_twist_is_one_of_the_curve_over_Fp12(string name)
    {
        PairingCurve curve = PairingCurve.Of(name);
        (Element x, Element y) = new TatePairing(curve).Untwist(curve.G2.Multiply(curve.Generator2, 12345));
        Assert.Equal((x.Square() * x) + curve.Fp12.Of(curve.G1.B[0]), y.Square());
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Multiples_are_repeated_sums(string name)
    {
        PairingCurve curve = PairingCurve.Of(name);
        foreach ((Curve group, Point generator) in (ReadOnlySpan<(Curve, Point)>)[(curve.G1, curve.Generator1), (curve.G2, curve.Generator2)])
        {
            Point sum = Point.Infinity;
            for (int k = 0; k <= 20; k++)
            {
                Assert.Equal(sum, group.Multiply(generator, k));
                Assert.Equal(group.Negate(sum), group.Multiply(generator, -k));
                Assert.True(group.Contains(sum));
                sum = group.Add(sum, generator);
            }

            // r·G is infinity, and past it multiples begin anew; by affine sums alone as well.
            Assert.Equal(generator, group.Multiply(generator, curve.R + 1));
            Assert.Equal(Point.Infinity, DoubleAndAdd(group, generator, curve.R));
            BigInteger scalar = (curve.R / 3) + 98765;
            Assert.Equal(DoubleAndAdd(group, generator, scalar), group.Multiply(generator, scalar));
        }
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void The_pairing_is_bilinear_and_not_degenerate(string name)
    {
        PairingCurve curve = PairingCurve.Of(name);
        var pairing = new TatePairing(curve);
        Point p = curve.Generator1, q = curve.Generator2;
        Element e = pairing.Compute(p, q);
        Assert.NotEqual(curve.Fp12.One, e);
        Assert.Equal(curve.Fp12.One, e.Power(curve.R));
        BigInteger a = BigInteger.Pow(3, 140), b = BigInteger.Pow(7, 80);
        Point ap = curve.G1.Multiply(p, a), bq = curve.G2.Multiply(q, b);
        Assert.Equal(e.Power(a), pairing.Compute(ap, q));
        Assert.Equal(e.Power(b), pairing.Compute(p, bq));
        Assert.Equal(e.Power(a * b % curve.R), pairing.Compute(ap, bq));
        Assert.Equal(curve.Fp12.One, pairing.Compute(Point.Infinity, q));
        Assert.Equal(curve.Fp12.One, pairing.Compute(p, Point.Infinity));
    }

    /// <summary>The test for a product of 1 says what the pairing's value by definition says.</summary>
    [Theory]
    [MemberData(nameof(Curves))]
    public void A_product_is_one_where_its_value_is(string name)
    {
        PairingCurve curve = PairingCurve.Of(name);
        var pairing = new TatePairing(curve);
        Point p = curve.Generator1, q = curve.Generator2;
        Assert.True(pairing.IsProductOne());
        Assert.False(pairing.IsProductOne((p, q)));
        Assert.True(pairing.IsProductOne((p, q), (curve.G1.Negate(p), q)));
        Assert.True(pairing.IsProductOne((curve.G1.Multiply(p, 6), q), (curve.G1.Multiply(p, -2), curve.G2.Multiply(q, 3))));
        Assert.False(pairing.IsProductOne((curve.G1.Multiply(p, 6), q), (curve.G1.Multiply(p, -2), curve.G2.Multiply(q, 4))));
        Assert.True(pairing.IsProductOne((Point.Infinity, q), (p, Point.Infinity)));

        // −1 lies in Fp[w²] and is not 1: a product may not be taken for 1 because of a factor that the last power removes.
        Assert.Equal(curve.Fp12.One, (-curve.Fp12.One).Power((BigInteger.Pow(curve.P, 12) - 1) / curve.R));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Square_roots_are_found_where_there_are_any(string name)
    {
        PairingCurve curve = PairingCurve.Of(name);
        foreach (Field field in (ReadOnlySpan<Field>)[curve.Fp, curve.Fp2])
        {
            int squares = 0;
            for (int k = 0; k < 40; k++)
            {
                Element a = field.Degree == 1 ? field.Of(k) : field.Of(k % 7, k / 7);
                bool isSquare = a.IsZero || a.Power((BigInteger.Pow(curve.P, field.Degree) - 1) / 2).Equals(field.One);
                Element? root = SquareRoots.Find(a);
                Assert.Equal(isSquare, root is not null);
                Assert.True(root is null || (root.Square().Equals(a) && (a.IsZero || SquareRoots.IsLarger(root) != SquareRoots.IsLarger(-root))));
                squares += isSquare ? 1 : 0;
            }

            Assert.InRange(squares, 8, 40);
        }
    }

    private static Point DoubleAndAdd(Curve group, Point point, BigInteger scalar)
    {
        Point sum = Point.Infinity;
        for (int bit = (int)scalar.GetBitLength() - 1; bit >= 0; bit--)
        {
            sum = group.Add(sum, sum);
            sum = ((scalar >> bit) & 1).IsZero ? sum : group.Add(sum, point);
        }

        return sum;
    }
}
