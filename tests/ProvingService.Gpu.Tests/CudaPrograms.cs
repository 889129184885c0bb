// Owns: the list of programs that the engine builds with its default parameters: those are shipped as PTX.

using ProvingService.Algebra;

namespace ProvingService.Gpu.Tests;

internal static class CudaPrograms
{
    /// <summary>Every program, for both curves.</summary>
    public static IReadOnlyList<KernelSource> All { get; } =
        [.. OfCurve<Bls12381Fr>(CurveId.Bls12381), .. OfCurve<Bn254Fr>(CurveId.Bn254)];

    private static IEnumerable<KernelSource> OfCurve<TFr>(CurveId curve)
        where TFr : unmanaged, IPrimeField<TFr> =>
    [
        MsmPrograms.Sort(curve),
        MsmPrograms.Points(new(curve, 1)),
        MsmPrograms.Points(new(curve, 2)),
        GpuFields.Source<TFr>("ntt", ("LOG_TILE", GpuNttPlan.DefaultLogTile)),
        GpuFields.Source<TFr>("rows"),
    ];
}
