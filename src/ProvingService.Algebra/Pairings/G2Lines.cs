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
        var t = new RunningPoint<TCurve, TFp>(q.X, q.Y, Fp2<TFp>.One);
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
}
