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

    /// <summary>(p⁴ − p² + 1)/r in the base p, the lowest digit first.</summary>
    private readonly BigInteger[] exponent = Digits((BigInteger.Pow(curve.P, 4) - BigInteger.Pow(curve.P, 2) + 1) / curve.R, curve.P);

    /// <summary>(w^p)^k for k below 12.</summary>
    private readonly Element[] powersOfWp = [.. Enumerable.Range(0, 12).Select(k => curve.Fp12.Monomial(1, 1).Power(curve.P).Power(k))];

    /// <summary>A line through R of the slope λ, as y − λ·x + c with c = λ·x_R − y_R, and whether f is squared before it.</summary>
    private sealed record Line(bool IsTangent, BigInteger Slope, BigInteger Constant);

    /// <summary>e(P, Q), for points of G1 and G2.</summary>
    public Element Compute(Point p, Point q) => Value(p, q).Power((BigInteger.Pow(curve.P, 12) - 1) / curve.R);

    /// <summary>
    /// Whether the product of the e(P, Q) is 1. With g = (Π f)^((p⁶ + 1)/r) that is g^(p⁶ − 1) = 1, or g^(p⁶) = g: g lies in the
    /// field of p⁶ elements, which is Fp[w²]. So the odd coefficients of g are zero. The exponent is taken in the base p, since powers
    /// of p are cheap: (p⁶ + 1)/r = (p² + 1)·(d₀ + d₁·p + d₂·p² + d₃·p³).
    /// </summary>
    public bool IsProductOne(params (Point P, Point Q)[] pairs)
    {
        Element product = pairs.Aggregate(curve.Fp12.One, (product, pair) => product * Value(pair.P, pair.Q));
        Element f = PowerOfP(PowerOfP(product)) * product;
        Element[] powers = [f, PowerOfP(f), PowerOfP(PowerOfP(f)), PowerOfP(PowerOfP(PowerOfP(f)))];

        // Π powers[k]^d[k], all from their highest bits down: of each position the product of the powers whose bit is one.
        Element[] products = [.. Enumerable.Range(0, 16).Select(set =>
            powers.Where((_, k) => ((set >> k) & 1) == 1).Aggregate(curve.Fp12.One, (x, y) => x * y))];
        Element g = curve.Fp12.One;
        for (int bit = (int)curve.P.GetBitLength() - 1; bit >= 0; bit--)
        {
            int set = Enumerable.Range(0, 4).Sum(k => (int)((exponent[k] >> bit) & 1) << k);
            g = set == 0 ? g.Square() : g.Square() * products[set];
        }

        return Enumerable.Range(0, 6).All(k => g[(2 * k) + 1].IsZero);
    }

    /// <summary>a^p: to raise to the power p is additive and leaves coefficients, which are in Fp, so that Σ aₖ·w^k becomes Σ aₖ·(w^p)^k.</summary>
    public Element PowerOfP(Element a) => Enumerable.Range(0, 12).Aggregate(curve.Fp12.Zero, (sum, k) => sum + (powersOfWp[k] * a[k]));

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
            f = (line.IsTangent ? f.Square() : f) * curve.Fp12.Of([.. Enumerable.Range(0, 12).Select(k =>
                q.Y[k] - (line.Slope * q.X[k]) + (k == 0 ? line.Constant : 0))]);
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
            Element slope = curve.G1.Slope(sum, other);
            result.Add(new(isTangent, slope[0], ((slope * sum.X!) - sum.Y!)[0]));
            sum = curve.G1.Third(sum, other, slope);
        }
    }

    /// <summary>(a + b·i)·w^k with i = w⁶ − s.</summary>
    private Element Embed(Element value, int power) =>
        curve.Fp12.Monomial(value[0] - (value[1] * curve.Shift[0]), power) + curve.Fp12.Monomial(value[1], power + 6);

    private static BigInteger[] Digits(BigInteger value, BigInteger numberBase) =>
        [.. Enumerable.Range(0, 4).Select(k => value / BigInteger.Pow(numberBase, k) % numberBase)];
}
