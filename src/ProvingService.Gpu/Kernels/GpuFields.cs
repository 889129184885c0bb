// Owns: which curve of the kernels a scalar field is, and the programs built for it.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>Programs over a scalar field.</summary>
internal static class GpuFields
{
    /// <summary>The program of a root file for the curve with this scalar field.</summary>
    /// <param name="root">The root file without its ending.</param>
    /// <param name="definitions">Its tuning parameters.</param>
    /// <exception cref="NotSupportedException">There are no kernels for the field.</exception>
    public static KernelSource Source<TFr>(string root, params ReadOnlySpan<(string Name, long Value)> definitions)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        CurveId curve = CurveOf<TFr>() ?? throw new NotSupportedException($"There are no kernels for {TFr.Name}.");
        return Source(curve, root, definitions);
    }

    /// <summary>The program of a root file for a curve.</summary>
    public static KernelSource Source(CurveId curve, string root, params ReadOnlySpan<(string Name, long Value)> definitions) =>
        KernelSource.Load($"{root} {curve.Name()}", root + ".cl", [("CURVE", Number(curve)), .. definitions]);

    /// <summary>A curve's number in kernels/fields.h.</summary>
    public static int Number(CurveId curve) => curve == CurveId.Bls12381 ? 1 : 2;

    /// <summary>The curve with this scalar field; null where the kernels know none.</summary>
    public static CurveId? CurveOf<TFr>()
        where TFr : unmanaged, IPrimeField<TFr> =>
        typeof(TFr) == typeof(Bls12381Fr) ? CurveId.Bls12381 : typeof(TFr) == typeof(Bn254Fr) ? CurveId.Bn254 : null;
}
