// Owns: which groups there are kernels for, and from which size on they are worth it where nobody has tuned.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>A group of points that the kernels know.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="IsG2">Whether it is G2.</param>
internal sealed record GpuGroup(CurveId Curve, bool IsG2)
{
    /// <summary>The group of a field and a curve; null where the kernels do not know it.</summary>
    public static GpuGroup? Of<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        typeof(TCurve) == typeof(Bls12381) ? new(CurveId.Bls12381, typeof(TField) == typeof(Fp2<Bls12381Fp>))
        : typeof(TCurve) == typeof(Bn254) ? new(CurveId.Bn254, typeof(TField) == typeof(Fp2<Bn254Fp>))
        : null;
}
