// Owns: which groups there are kernels for.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>The groups that the kernels know.</summary>
internal static class GpuGroups
{
    /// <summary>The shape of a group; false where there are no kernels for it.</summary>
    public static bool TryShape<TField, TCurve>(out MsmShape shape)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        bool isKnown = typeof(TCurve) == typeof(Bls12381) || typeof(TCurve) == typeof(Bn254);
        shape = isKnown ? MsmShape.Of<TField, TCurve>() : default;
        return isKnown;
    }
}
