// Owns: the engine of plain C#, which runs everywhere and which every other engine must equal. The work: Msm/, Polynomials/.

namespace ProvingService.Algebra;

/// <summary>MSM and NTT in portable C#: the reference for all engines. Stateless and thread-safe.</summary>
public sealed class PortableEngine : IMsmEngine, INttEngine
{
    private PortableEngine()
    {
    }

    /// <summary>The one instance.</summary>
    public static PortableEngine Instance { get; } = new();

    /// <inheritdoc/>
    /// <remarks>
    /// Pippenger's bucket method with signed windows and batch-affine additions. Scratch: 4 bytes a base and, for
    /// each thread, 8 bytes a base, at most 32 MiB, and 2^(c−1) points for windows of c bits.
    /// </remarks>
    public Jacobian<TField, TCurve> Multiply<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> bases, ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => Pippenger.Multiply(bases, scalars, options, KernelTier.Portable);

    /// <inheritdoc/>
    public void Forward<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr> => PortableNtt.Forward(domain, values, order, cosetShift, options);

    /// <inheritdoc/>
    public void Inverse<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr> => PortableNtt.Inverse(domain, values, order, cosetShift, options);

    /// <inheritdoc/>
    public void Quotient<TFr>(
        NttDomain<TFr> domain,
        Span<TFr> a,
        Span<TFr> b,
        Span<TFr> c,
        in TFr shift,
        Span<Scalar256> result,
        EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        PortableNtt.Check(domain, a, shift);
        PortableNtt.Check(domain, b, shift);
        PortableNtt.Check(domain, c, shift);
        PortableNtt.Check(domain, result, shift);
        PortableQuotient.Evaluate(domain, a, b, c, shift, result, options);
    }
}
