// Owns: the engine of a kernel tier: what provers and setups use on a processor. The work: Msm/, Polynomials/.

namespace ProvingService.Algebra;

/// <summary>
/// MSM and NTT with the kernels of one tier. Equal to <see cref="PortableEngine"/> bit for bit. Fields that the tier has no
/// kernels for are served by the portable code. Stateless and thread-safe.
/// </summary>
public sealed class CpuEngine : IMsmEngine, INttEngine
{
    private static readonly CpuEngine[] Engines = [.. Enum.GetValues<KernelTier>().Select(tier => new CpuEngine(tier))];

    private CpuEngine(KernelTier tier) => Tier = tier;

    /// <summary>The engine of the tier in force, <see cref="KernelTiers.Current"/>.</summary>
    /// <exception cref="InvalidOperationException">The switch names no tier.</exception>
    public static CpuEngine Default => Of(KernelTiers.Current);

    /// <summary>The tier.</summary>
    public KernelTier Tier { get; }

    /// <summary>The engine of a tier.</summary>
    /// <exception cref="PlatformNotSupportedException">The machine has not what the tier needs; see <see cref="KernelTiers.IsSupported"/>.</exception>
    public static CpuEngine Of(KernelTier tier) => KernelTiers.IsSupported(tier)
        ? Engines[(int)tier]
        : throw new PlatformNotSupportedException($"This machine cannot run the kernels of the tier {tier}.");

    /// <inheritdoc/>
    /// <remarks>As <see cref="PortableEngine"/>, with about 1 MiB a thread for the lanes.</remarks>
    public Jacobian<TField, TCurve> Multiply<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> bases, ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => Pippenger.Multiply(bases, scalars, options, Tier);

    /// <summary>An upper estimate of the scratch, beside the heap, of <see cref="Multiply"/> with scalars of full length.</summary>
    /// <param name="count">The number of bases.</param>
    /// <param name="threads">Threads of the call.</param>
    /// <returns>Bytes of the call, and bytes besides for each thread that takes part.</returns>
    public (long Shared, long PerThread) ScratchBytes<TField, TCurve>(int count, int threads)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        Pippenger.ScratchBytes<TField, TCurve>(Math.Max(count, 0), Math.Max(threads, 1), Tier);

    /// <inheritdoc/>
    public void Forward<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (!LaneNtt.TryForward(Tier, domain, values, order, cosetShift, options))
        {
            PortableNtt.Forward(domain, values, order, cosetShift, options);
        }
    }

    /// <inheritdoc/>
    public void Inverse<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (!LaneNtt.TryInverse(Tier, domain, values, order, cosetShift, options))
        {
            PortableNtt.Inverse(domain, values, order, cosetShift, options);
        }
    }

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
        if (!LaneQuotient.TryEvaluate(Tier, domain, a, b, c, shift, result, options))
        {
            PortableQuotient.Evaluate(domain, a, b, c, shift, result, options);
        }
    }
}
