// Owns: the contract of summing groups of points: what an MSM and a fixed-base table need of an engine's arithmetic.

namespace ProvingService.Algebra;

/// <summary>Sums groups of points given by indices into an array. One object serves one thread.</summary>
internal unsafe interface IGroupSums<TField, TCurve> : IDisposable
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>sums[g] ← Σ ±source[position] over the indices from ends[g − 1] (0 for g = 0) to ends[g].</summary>
    /// <param name="source">Points, possibly in read-only memory; every index is a valid position of it.</param>
    /// <param name="indices">
    /// Positions, with the highest bit set where the point is to be negated, group after group; none is that of infinity.
    /// </param>
    /// <param name="ends">Ascending ends of the groups; an empty group sums to infinity.</param>
    /// <param name="groups">The number of groups.</param>
    /// <param name="sums">Receives the sums; does not overlap <paramref name="source"/>.</param>
    /// <param name="cancellationToken">Observed every two milliseconds or so.</param>
    void Sum(
        Affine<TField, TCurve>* source,
        uint* indices,
        uint* ends,
        int groups,
        Affine<TField, TCurve>* sums,
        CancellationToken cancellationToken);
}

/// <summary>Makes the sums of a tier.</summary>
internal static class GroupSums
{
    /// <summary>Sums in lanes where the tier has them for the field, otherwise in plain C#.</summary>
    public static IGroupSums<TField, TCurve> Create<TField, TCurve>(KernelTier tier)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        LaneKernels.Of<TField>(tier) is { } kernels
            ? new LaneGroupSums<TField, TCurve>(kernels)
            : new GroupSums<TField, TCurve>();
}
