// Owns: the lines of the Miller loop that depend on the point of G2 alone, computed once per point.

namespace ProvingService.Algebra;

/// <summary>
/// The coefficients of one line: constant + x·xP·(…) + y·yP·(…) once it is evaluated at P = (xP, yP). At which powers
/// of w the three stand depends on the twist; see <see cref="Pairing"/>.
/// </summary>
internal readonly struct Line<TFp>(in Fp2<TFp> constant, in Fp2<TFp> x, in Fp2<TFp> y)
    where TFp : unmanaged, IPrimeField<TFp>
{
    public readonly Fp2<TFp> Constant = constant;
    public readonly Fp2<TFp> X = x;
    public readonly Fp2<TFp> Y = y;
}

/// <summary>
/// A point of G2 prepared for pairings: every line of its Miller loop in order. About 20 kB a point on BLS12-381.
/// Immutable and safe to share between threads.
/// </summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
public sealed class G2Lines<TCurve, TFp>
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private readonly Line<TFp>[] lines;

    /// <summary>Prepares a point of the subgroup; infinity is allowed and pairs to one.</summary>
    public G2Lines(in Affine<Fp2<TFp>, TCurve> point)
    {
        Point = point;
        lines = point.IsInfinity ? [] : Prepare(point);
    }

    /// <summary>The point that was prepared.</summary>
    public Affine<Fp2<TFp>, TCurve> Point { get; }

    internal ReadOnlySpan<Line<TFp>> Lines => lines;

    private static Line<TFp>[] Prepare(in Affine<Fp2<TFp>, TCurve> q)
    {
        var all = new List<Line<TFp>>(2 * TCurve.MillerLoop.Length);
        var t = new Projective(q.X, q.Y, Fp2<TFp>.One);
        ReadOnlySpan<sbyte> digits = TCurve.MillerLoop;
        for (int i = digits.Length - 2; i >= 0; i--)
        {
            all.Add(t.Double());
            if (digits[i] != 0)
            {
                all.Add(t.Add(digits[i] > 0 ? q : -q));
            }
        }

        if (TCurve.HasFrobeniusLines)
        {
            Jacobian<Fp2<TFp>, TCurve> psi = TCurve.Psi(q);
            all.Add(t.Add(psi.ToAffine()));
            all.Add(t.Add(-TCurve.Psi(psi).ToAffine()));
        }

        return [.. all];
    }

    /// <summary>
    /// The running point of the loop in homogeneous coordinates (x = X/Z, y = Y/Z), with the formulas of Aranha,
    /// Karabina, Longa, Gebotys and López (eprint 2010/526, section 4) for a = 0.
    /// </summary>
    private struct Projective(in Fp2<TFp> x, in Fp2<TFp> y, in Fp2<TFp> z)
    {
        private Fp2<TFp> _x = x, _y = y, _z = z;

        /// <summary>T ← 2T; returns the tangent at the old T.</summary>
        public Line<TFp> Double()
        {
            Fp2<TFp> xx = Fp2<TFp>.Square(_x);
            Fp2<TFp> yy = Fp2<TFp>.Square(_y);
            Fp2<TFp> zz = Fp2<TFp>.Square(_z);
            Fp2<TFp> e = Affine<Fp2<TFp>, TCurve>.B * (Fp2<TFp>.Double(zz) + zz);
            Fp2<TFp> f = Fp2<TFp>.Double(e) + e;
            Fp2<TFp> h = Fp2<TFp>.Square(_y + _z) - yy - zz;
            Fp2<TFp> ee = Fp2<TFp>.Square(e);

            // The textbook halves are cleared by scaling (X, Y, Z) by 4: X = 2xy(yy − f), Y = (yy + f)² − 12ee, Z = 4·yy·h.
            Fp2<TFp> g = yy + f;
            Fp2<TFp> twiceXy = Fp2<TFp>.Double(_x * _y);
            _x = twiceXy * (yy - f);
            _y = Fp2<TFp>.Square(g) - Fp2<TFp>.Double(Fp2<TFp>.Double(Fp2<TFp>.Double(ee) + ee));
            _z = Fp2<TFp>.Double(Fp2<TFp>.Double(yy * h));
            return new(e - yy, Fp2<TFp>.Double(xx) + xx, -h);
        }

        /// <summary>T ← T + Q; returns the line through both. T and Q differ and are not opposite within the loop.</summary>
        public Line<TFp> Add(in Affine<Fp2<TFp>, TCurve> q)
        {
            Fp2<TFp> theta = _y - (q.Y * _z);
            Fp2<TFp> lambda = _x - (q.X * _z);
            Fp2<TFp> lambda2 = Fp2<TFp>.Square(lambda);
            Fp2<TFp> lambda3 = lambda2 * lambda;
            Fp2<TFp> g = _x * lambda2;
            Fp2<TFp> h = lambda3 + (_z * Fp2<TFp>.Square(theta)) - Fp2<TFp>.Double(g);
            _x = lambda * h;
            _y = (theta * (g - h)) - (lambda3 * _y);
            _z *= lambda3;
            return new((theta * q.X) - (lambda * q.Y), -theta, lambda);
        }
    }
}
