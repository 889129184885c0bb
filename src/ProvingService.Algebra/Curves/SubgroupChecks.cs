// Owns: the search of many points for one outside its group. The criterion for one point: the curves.

namespace ProvingService.Algebra;

/// <summary>Subgroup checks of many points.</summary>
public static unsafe class SubgroupChecks
{
    /// <summary>
    /// The lowest index of a point outside the subgroup of order r, or −1, on all cores unless told otherwise. Exact: every
    /// point passes the curve's own endomorphism criterion, 63 to 128 doublings each; nothing is decided by chance. On
    /// BN254's G1, where every point of the curve is in the group, it costs nothing.
    /// </summary>
    /// <param name="points">
    /// Points of the curve with reduced coordinates, read-only and unchanging meanwhile; infinity is inside. The criteria say
    /// nothing of points off the curve: <see cref="Iden3Encoding.TryValidate"/> checks that as well.
    /// </param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="OperationCanceledException">The token of the options was cancelled.</exception>
    public static int FindOutside<TField, TCurve>(ReadOnlySpan<Affine<TField, TCurve>> points, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        // The span outlives the call below, which ends when the last thread has.
        fixed (Affine<TField, TCurve>* pinned = points)
        {
            Affine<TField, TCurve>* from = pinned;
            PointChecks.CheckAll(
                points.Length, options, i => from[i].IsInSubgroup() ? DecodeError.None : DecodeError.NotInSubgroup, out int culprit);
            return culprit;
        }
    }
}
