// Owns: the laws that every pairing group obeys, in all coordinate systems.

using System.Numerics;
using ProvingService.Algebra;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.TestKit;

/// <summary>Derive a test class for each group; xunit runs the inherited facts.</summary>
public abstract class GroupLaws<TField, TCurve>(ITestOutputHelper output)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    protected OracleRandom Random { get; } = new(output);

    /// <summary>A random element of the coordinates' field.</summary>
    protected abstract TField SampleField();

    [Fact]
    public void Generator_generates_the_subgroup_of_order_r()
    {
        Affine<TField, TCurve> g = TCurve.Generator;
        Assert.True(g.IsOnCurve() && g.IsInSubgroup() && g.IsReduced() && !g.IsInfinity);
        Assert.True(OracleGroup.Multiply(g, TCurve.Order).IsInfinity);
        Assert.Equal(-g, OracleGroup.Multiply(g, TCurve.Order - 1));
        Assert.False(TField.IsZero(TCurve.B));
    }

    [Fact]
    public void Infinity_is_neutral_in_every_coordinate_system()
    {
        Affine<TField, TCurve> p = CurvePoint(), none = default;
        Assert.True(none.IsInfinity && none.IsOnCurve() && none.IsInSubgroup() && (-none).IsInfinity);
        Jacobian<TField, TCurve> j = p;
        Xyzz<TField, TCurve> x = p;
        Assert.Equal(p, (j + none).ToAffine());
        Assert.Equal(p, (j + Jacobian<TField, TCurve>.Infinity).ToAffine());
        Assert.Equal(p, (Jacobian<TField, TCurve>.Infinity + j).ToAffine());
        Assert.Equal(p, (Jacobian<TField, TCurve>.Infinity + p).ToAffine());
        Assert.Equal(p, (x + none).ToAffine());
        Assert.Equal(p, (x + Xyzz<TField, TCurve>.Infinity).ToAffine());
        Assert.Equal(p, (Xyzz<TField, TCurve>.Infinity + x).ToAffine());
        Assert.Equal(p, (Xyzz<TField, TCurve>.Infinity + p).ToAffine());
        Assert.True(Jacobian<TField, TCurve>.Double(default).IsInfinity && Xyzz<TField, TCurve>.Double(default).IsInfinity);
        Assert.True(default(Xyzz<TField, TCurve>).ToJacobian().IsInfinity && default(Xyzz<TField, TCurve>).ToAffine().IsInfinity);
    }

    [Fact]
    public void Addition_equals_the_textbook_in_every_coordinate_system()
    {
        for (int i = 0; i < 8; i++)
        {
            Affine<TField, TCurve> p = CurvePoint(), q = CurvePoint();
            foreach ((Affine<TField, TCurve> a, Affine<TField, TCurve> b) in new[] { (p, q), (p, p), (p, -p), (p, default), (default, q) })
            {
                Affine<TField, TCurve> expected = OracleGroup.Add(a, b);
                Assert.True(expected.IsOnCurve());
                Jacobian<TField, TCurve> ja = Rescaled(a), jb = Rescaled(b);
                Xyzz<TField, TCurve> xa = RescaledXyzz(a), xb = RescaledXyzz(b);
                Assert.Equal(expected, (ja + jb).ToAffine());
                Assert.Equal(expected, (ja + b).ToAffine());
                Assert.Equal(expected, (ja - -jb).ToAffine());
                Assert.Equal(expected, (xa + xb).ToAffine());
                Assert.Equal(expected, (xa + b).ToAffine());
                Assert.Equal(expected, (xa + xb).ToJacobian().ToAffine());
            }

            Affine<TField, TCurve> twice = OracleGroup.Add(p, p);
            Assert.Equal(twice, Jacobian<TField, TCurve>.Double(Rescaled(p)).ToAffine());
            Assert.Equal(twice, Xyzz<TField, TCurve>.Double(RescaledXyzz(p)).ToAffine());
        }
    }

    [Fact]
    public void Addition_is_an_abelian_group()
    {
        for (int i = 0; i < 8; i++)
        {
            Jacobian<TField, TCurve> p = Rescaled(CurvePoint()), q = Rescaled(CurvePoint()), s = Rescaled(CurvePoint());
            Assert.Equal(p + q, q + p);
            Assert.Equal((p + q) + s, p + (q + s));
            Assert.True((p - p).IsInfinity && (p + -p).IsInfinity);
            Xyzz<TField, TCurve> x = RescaledXyzz(p.ToAffine()), y = RescaledXyzz(q.ToAffine()), z = RescaledXyzz(s.ToAffine());
            Assert.Equal(((x + y) + z).ToAffine(), (x + (y + z)).ToAffine());
            Assert.True((x + -x).IsInfinity);
        }
    }

    [Fact]
    public void Equality_ignores_denominators()
    {
        Affine<TField, TCurve> p = CurvePoint();
        Jacobian<TField, TCurve> a = Rescaled(p), b = Rescaled(p);
        Assert.True(a == b && !(a != b) && a.Equals(b) && a.GetHashCode() == b.GetHashCode());
        Assert.True(a != -b && a != Jacobian<TField, TCurve>.Infinity && Jacobian<TField, TCurve>.Infinity != a);
        Assert.True(Jacobian<TField, TCurve>.Infinity == new Jacobian<TField, TCurve>(SampleField(), SampleField(), default));
    }

    [Fact]
    public void Many_points_become_affine_with_one_inversion()
    {
        Affine<TField, TCurve>[] expected = [CurvePoint(), default, CurvePoint(), CurvePoint(), default];
        var actual = new Affine<TField, TCurve>[expected.Length];
        Jacobian<TField, TCurve>.ToAffine([.. expected.Select(p => Rescaled(p))], actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Scalar_multiplication_equals_double_and_add()
    {
        BigInteger r = TCurve.Order;
        Affine<TField, TCurve> anywhere = CurvePoint(), inside = Random.SubgroupPoint<TField, TCurve>();
        BigInteger[] scalars =
        [
            0, 1, 2, 3, 15, 16, 17, 31, 32, -1, -2, r - 1, r, r + 1, (2 * r) - 1, -r, BigInteger.One << 255, (BigInteger.One << 256) - 1,
            TCurve.EndomorphismEigenvalue, r - TCurve.EndomorphismEigenvalue, Random.Next(r), Random.Next(r), Random.Next(r),
        ];
        foreach (BigInteger k in scalars)
        {
            Assert.Equal(OracleGroup.Multiply(anywhere, k), ScalarMultiplication.Multiply(Rescaled(anywhere), k).ToAffine());
            Assert.Equal(OracleGroup.Multiply(inside, k), ScalarMultiplication.MultiplyInSubgroup(inside, k).ToAffine());
            Assert.True(ScalarMultiplication.Multiply(Jacobian<TField, TCurve>.Infinity, k).IsInfinity);
            Assert.True(ScalarMultiplication.MultiplyInSubgroup(Affine<TField, TCurve>.Infinity, k).IsInfinity);
        }
    }

    [Fact]
    public void Endomorphism_multiplies_by_its_eigenvalue()
    {
        Assert.True(TCurve.Endomorphism(default).IsInfinity);
        for (int i = 0; i < 4; i++)
        {
            Affine<TField, TCurve> p = Random.SubgroupPoint<TField, TCurve>();
            Assert.Equal(OracleGroup.Multiply(p, TCurve.EndomorphismEigenvalue), TCurve.Endomorphism(p));
        }
    }

    [Fact]
    public void Subgroup_check_equals_multiplication_by_the_order()
    {
        for (int i = 0; i < 6; i++)
        {
            Affine<TField, TCurve> p = CurvePoint();
            Assert.Equal(OracleGroup.Multiply(p, TCurve.Order).IsInfinity, p.IsInSubgroup());
            Assert.Equal(TCurve.Cofactor.IsOne, p.IsInSubgroup());

            Affine<TField, TCurve> cleared = OracleGroup.Multiply(p, TCurve.Cofactor);
            Assert.True(cleared.IsInSubgroup());
            Assert.True(OracleGroup.Multiply(cleared, TCurve.Order).IsInfinity);
            Assert.True(Random.SubgroupPoint<TField, TCurve>().IsInSubgroup());

            // A point of the cofactor's part alone: the hardest for a short criterion to tell apart.
            Affine<TField, TCurve> outside = OracleGroup.Multiply(p, TCurve.Order);
            Assert.Equal(outside.IsInfinity, outside.IsInSubgroup());
        }
    }

    [Fact]
    public void Points_off_the_curve_are_seen()
    {
        for (int i = 0; i < 8; i++)
        {
            Affine<TField, TCurve> p = CurvePoint();
            Assert.True(p.IsOnCurve() && (-p).IsOnCurve());
            Assert.False(new Affine<TField, TCurve>(p.X, p.Y + TField.One).IsOnCurve());
            Assert.False(new Affine<TField, TCurve>(p.X + TField.One, p.Y).IsOnCurve());
        }
    }

    /// <summary>A random point of the curve, in the subgroup only by the inverse cofactor's chance.</summary>
    protected Affine<TField, TCurve> CurvePoint()
    {
        while (true)
        {
            TField x = SampleField();
            if (TField.TrySqrt((x * x * x) + TCurve.B, out TField y))
            {
                return new(x, Random.Next(2) == 0 ? y : -y);
            }
        }
    }

    /// <summary>The point with a random denominator.</summary>
    private Jacobian<TField, TCurve> Rescaled(in Affine<TField, TCurve> p)
    {
        TField z = SampleField();
        return p.IsInfinity ? default : new(p.X * z * z, p.Y * z * z * z, z);
    }

    private Xyzz<TField, TCurve> RescaledXyzz(in Affine<TField, TCurve> p)
    {
        TField z = SampleField(), zz = z * z, zzz = zz * z;
        return p.IsInfinity ? default : new(p.X * zz, p.Y * zzz, zz, zzz);
    }
}
