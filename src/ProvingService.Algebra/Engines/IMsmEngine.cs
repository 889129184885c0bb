// Owns: the contract of multi-scalar multiplication that every engine (portable, emitted, GPU) obeys.

namespace ProvingService.Algebra;

/// <summary>
/// Multi-scalar multiplication (MSM). All engines agree bit for bit on the affine form of the result; the denominators
/// of the Jacobian form are unspecified. Implementations are safe for concurrent calls. Variable time.
/// </summary>
public interface IMsmEngine
{
    /// <summary>Σ scalars[i] · bases[i].</summary>
    /// <param name="bases">
    /// Points of the curve, in the subgroup or not, infinity and repetitions allowed, with reduced coordinates. At most
    /// 2^30; the memory may be unmanaged, such as a mapped key file, and is only read.
    /// </param>
    /// <param name="scalars">As many scalars as bases: any 256-bit integers, not reduced modulo the group order.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are more than 2^30 bases.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    Jacobian<TField, TCurve> Multiply<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> bases, ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>;
}
