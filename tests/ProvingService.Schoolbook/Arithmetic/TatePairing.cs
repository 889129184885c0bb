// Owns: the reduced Tate pairing by its definition: e(P, Q) = f(Q)^((p¹² − 1)/r), where f is the function on the curve with
// divisor r(P) − r(O). Source: Galbraith, Mathematics of Public Key Cryptography, chapter 26.
//
// Q in G2 is a point of the twist over Fp2; as a point of the curve itself it has coordinates in Fp12:
//   y² = x³ + b/w⁶   (x·w², y·w³), since (y·w³)² = (x³ + b/w⁶)·w⁶ = (x·w²)³ + b
//   y² = x³ + b·w⁶   (x/w², y/w³), since (y/w³)² = (x³ + b·w⁶)/w⁶ = (x/w²)³ + b
//
// Miller's algorithm builds f from lines: with R a multiple of P, f is squared and multiplied by the tangent at R over the
// vertical line at 2R, and where the bit of r is one by the chord through R and P over the vertical line at R + P. The vertical
// lines are left out. At Q such a line has the value x_Q − x_R with x_R in Fp and x_Q in w²·Fp2 or w⁴·Fp2, so that it lies in
// the field Fp[w²] of p⁶ elements, and is not zero, since points with x = 0 have order 3. Its power p⁶ − 1 is 1, and p⁶ − 1
// divides (p¹² − 1)/r: r divides p⁶ + 1. The last chord of all, through R = −P and P, is vertical itself.

using System.Collections.Concurrent;
using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>Pairings over one curve. Values before the last power are remembered, since vectors share most of their points. Thread-safe.</summary>
/// <param name="curve">The curve.</param>
internal sealed class TatePairing(PairingCurve curve)
{
    /// <summary>Points whose lines are kept: 80 KB each.</summary>
    private const int MostLines = 1000;

    private readonly ConcurrentDictionary<(Point P, Point Q), Element> values = new();
    private readonly ConcurrentDictionary<Point, IReadOnlyList<Line>> lines = new();

    /// <summary>A line through R of the slope λ, as y − λ·x + c with c = λ·x_R − y_R, and whether f is squared before it.</summary>
    private sealed record Line(bool IsTangent, BigInteger Slope, BigInteger Constant);

    /// <summary>e(P, Q), for points of G1 and G2.</summary>
    public Element Compute(Point p, Point q) => Value(p, q).Power((BigInteger.Pow(curve.P, 12) - 1) / curve.R);

    /// <summary>
    /// Whether the product of the e(P, Q) is 1. With g = (Π f)^((p⁶ + 1)/r) that is g^(p⁶ − 1) = 1, or g^(p⁶) = g: g lies in the
    /// field of p⁶ elements, which is Fp[w²]. So the odd coefficients of g are zero. Of the exponent, which is
    /// (p² + 1)·(p⁴ − p² + 1)/r, the first factor costs one multiplication.
    /// </summary>
    public bool IsProductOne(params (Point P, Point Q)[] pairs)
    {
        Element product = pairs.Aggregate(curve.Fp12.One, (product, pair) => product * Value(pair.P, pair.Q));
        BigInteger p2 = curve.P * curve.P;
        Element g = (PowerOfP2(product) * product).Power(((p2 * p2) - p2 + 1) / curve.R);
        return Enumerable.Range(0, 6).All(k => g[(2 * k) + 1].IsZero);
    }

    /// <summary>
    /// a^(p²): coefficients stay, since they are in Fp, and w becomes w·w^(p² − 1) = w·ζ with ζ = (w⁶)^((p² − 1)/6), a sixth root of 1,
    /// which lies in Fp.
    /// </summary>
    public Element PowerOfP2(Element a)
    {
        BigInteger zeta = curve.Shift.Power(((curve.P * curve.P) - 1) / 6)[0];
        return curve.Fp12.Of([.. Enumerable.Range(0, 12).Select(k => a[k] * BigInteger.ModPow(zeta, k, curve.P))]);
    }

    /// <summary>A point of G2 on the curve over Fp12.</summary>
    public (Element X, Element Y) Untwist(Point q) => curve.IsTwistDivided
        ? (Embed(q.X!, 2), Embed(q.Y!, 3))
        : (Embed(q.X! / curve.Shift, 4), Embed(q.Y! / curve.Shift, 3));

    private Element Value(Point p, Point q) =>
        p.IsInfinity || q.IsInfinity ? curve.Fp12.One : values.GetOrAdd((p, q), pair => Miller(LinesOf(pair.P), Untwist(pair.Q)));

    private Element Miller(IReadOnlyList<Line> lines, (Element X, Element Y) q)
    {
        Element f = curve.Fp12.One;
        foreach (Line line in lines)
        {
            Element value = q.Y - (q.X * line.Slope) + curve.Fp12.Of(line.Constant);
            f = (line.IsTangent ? f.Square() : f) * value;
        }

        return f;
    }

    private IReadOnlyList<Line> LinesOf(Point p)
    {
        if (lines.Count > MostLines)
        {
            lines.Clear();
        }

        return lines.GetOrAdd(p, Lines);
    }

    private List<Line> Lines(Point p)
    {
        List<Line> result = [];
        Point sum = p;
        for (int bit = (int)curve.R.GetBitLength() - 2; bit >= 0; bit--)
        {
            Through(sum, isTangent: true);
            if (!((curve.R >> bit) & 1).IsZero && sum != curve.G1.Negate(p))
            {
                Through(p, isTangent: false);
            }
        }

        return result;

        void Through(Point other, bool isTangent)
        {
            BigInteger slope = curve.G1.Slope(sum, other)[0];
            result.Add(new(isTangent, slope, ((slope * sum.X![0]) - sum.Y![0]) % curve.P));
            sum = curve.G1.Add(sum, other);
        }
    }

    /// <summary>(a + b·i)·w^k with i = w⁶ − s.</summary>
    private Element Embed(Element value, int power) =>
        curve.Fp12.Monomial(value[0] - (value[1] * curve.Shift[0]), power) + curve.Fp12.Monomial(value[1], power + 6);
}
