// Owns: how the programs of an MSM are put together from kernels/.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>The programs of an MSM.</summary>
internal static class MsmPrograms
{
    /// <summary>Kernels that order the work; the same for both groups of a curve.</summary>
    public static KernelSource Sort(CurveId curve) => KernelSource.Load(
        $"msm-sort {curve.Name()}",
        "msm-sort.cl",
        ("CURVE", GpuFields.Number(curve)),
        ("SORT_GROUP", GpuMsmPlan.SortGroup),
        ("HEAVY", GpuMsmPlan.Heavy),
        ("HEAVY_CHUNK", GpuMsmPlan.HeavyChunk));

    /// <summary>Kernels that add points.</summary>
    public static KernelSource Points(MsmShape shape, int block = GpuMsmPlan.DefaultBlock) => KernelSource.Load(
        $"msm {shape.Curve.Name()} g{shape.Group}",
        "msm.cl",
        ("CURVE", GpuFields.Number(shape.Curve)),
        ("GROUP", shape.Group),
        ("ACCUMULATE_GROUP", block),
        ("HEAVY", GpuMsmPlan.Heavy));
}
