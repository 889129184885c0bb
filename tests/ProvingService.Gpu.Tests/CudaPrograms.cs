// Owns: the list of programs that the engine builds with its default parameters: those are shipped as PTX.

namespace ProvingService.Gpu.Tests;

internal static class CudaPrograms
{
    /// <summary>Every program, for both curves.</summary>
    public static IReadOnlyList<KernelSource> All { get; } = [.. OfCurve<Bls12381Fr>(), .. OfCurve<Bn254Fr>()];

    private static IEnumerable<KernelSource> OfCurve<TFr>()
        where TFr : unmanaged, ProvingService.Algebra.IPrimeField<TFr> =>
    [
        GpuFields.Source<TFr>("ntt", ("LOG_TILE", GpuNttPlan.DefaultLogTile)),
        GpuFields.Source<TFr>("rows"),
    ];
}
