// Owns: G1 and G2 of one curve with their pairing, and which points are theirs.

using System.Collections.Concurrent;

namespace ProvingService.Schoolbook;

/// <summary>The groups of a curve. Remembers which points it has seen to be of order r. Thread-safe.</summary>
/// <param name="curve">The curve.</param>
internal sealed class Groups(PairingCurve curve)
{
    private readonly ConcurrentDictionary<(Curve Curve, Point Point), bool> seen = new();

    public PairingCurve Curve => curve;

    public TatePairing Pairing { get; } = new(curve);

    /// <summary>Why a point is none of the curve's, or of its subgroup of order r, as the vectors call it; null where it is one.</summary>
    /// <param name="of">G1 or G2.</param>
    /// <param name="point">The point.</param>
    public string? FaultOf(Curve of, Point point) =>
        !of.Contains(point) ? Reasons.NotOnCurve
        : !seen.GetOrAdd((of, point), key => key.Curve.Multiply(key.Point, curve.R).IsInfinity) ? Reasons.NotInSubgroup
        : null;
}
