// Owns: G1 and G2 of one curve with their pairing: which points are theirs, ratios, and Lagrange bases.

using System.Collections.Concurrent;
using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>The groups of a curve. Remembers what it has found of points, since files share most of theirs. Thread-safe.</summary>
/// <param name="curve">The curve.</param>
internal sealed class Groups(PairingCurve curve)
{
    private readonly ConcurrentDictionary<(Curve Curve, Point Point), bool> seen = new();
    private readonly ConcurrentDictionary<(Point, Point, Point, Point), bool> ratios = new();
    private readonly ConcurrentDictionary<string, IReadOnlyList<Point>> transforms = new();
    private readonly ConcurrentDictionary<string, Point> hashed = new();

    public PairingCurve Curve => curve;

    public TatePairing Pairing { get; } = new(curve);

    /// <summary>Why a point is none of the curve's, or of its subgroup of order r, as the vectors call it; null where it is one.</summary>
    /// <param name="of">G1 or G2.</param>
    /// <param name="point">The point.</param>
    public string? FaultOf(Curve of, Point point) =>
        !of.Contains(point) ? Reasons.NotOnCurve
        : !seen.GetOrAdd((of, point), key => key.Curve.Multiply(key.Point, curve.R).IsInfinity) ? Reasons.NotInSubgroup
        : null;

    /// <summary>
    /// Whether the x with p₂ = x·p₁ is the x with q₂ = x·q₁: e(p₁, q₂) = e(p₂, q₁). Points at infinity have no ratio: false.
    /// </summary>
    public bool IsSameRatio(Point p1, Point p2, Point q1, Point q2) =>
        !p1.IsInfinity && !p2.IsInfinity && !q1.IsInfinity && !q2.IsInfinity
        && ratios.GetOrAdd((p1, p2, q1, q2), _ => Pairing.IsProductOne((p1, q2), (curve.G1.Negate(p2), q1)));

    /// <summary>The point of G2 that a hash determines.</summary>
    public Point PointOfHash(byte[] hash) => hashed.GetOrAdd(Convert.ToHexString(hash), _ => new ChaCha(hash).NextG2(curve));

    /// <summary>
    /// Σ ω^(ij)·Pᵢ for every j, with ω of as high an order as there are points, a power of two: the sums of even i and of odd i are the
    /// same with ω² and half of the points, of which the odd ones take ω^j more, and ω^(n/2) = −1.
    /// </summary>
    public IReadOnlyList<Point> Transform(Curve group, IReadOnlyList<Point> points, BigInteger omega)
    {
        if (points.Count == 1)
        {
            return points;
        }

        string key = $"{omega} {string.Join(';', points.Select(p => $"{p.X},{p.Y}"))}";
        return transforms.GetOrAdd(key, _ =>
        {
            int half = points.Count / 2;
            BigInteger square = omega * omega % curve.R;
            IReadOnlyList<Point> even = Transform(group, [.. points.Where((_, i) => i % 2 == 0)], square);
            IReadOnlyList<Point> odd = Transform(group, [.. points.Where((_, i) => i % 2 == 1)], square);
            var result = new Point[points.Count];
            for (int j = 0; j < half; j++)
            {
                Point turned = group.Multiply(odd[j], BigInteger.ModPow(omega, j, curve.R));
                result[j] = group.Add(even[j], turned);
                result[j + half] = group.Add(even[j], group.Negate(turned));
            }

            return result;
        });
    }

    /// <summary>The Lagrange basis of n points τ^i·P at τ: Lᵢ(τ)·P = n⁻¹·Σ ω^(−ij)·τ^j·P.</summary>
    public IReadOnlyList<Point> Lagrange(Curve group, IReadOnlyList<Point> powers)
    {
        BigInteger omega = curve.Omega(BitOperations.Log2((uint)powers.Count)), inverse = BigInteger.ModPow(powers.Count, curve.R - 2, curve.R);
        return [.. Transform(group, powers, BigInteger.ModPow(omega, curve.R - 2, curve.R)).Select(sum => group.Multiply(sum, inverse))];
    }
}
