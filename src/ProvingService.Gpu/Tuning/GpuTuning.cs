// Owns: what tuning found out about devices: parameters, and from which size on a device is faster than the processor.
// Never: finding it out (zkps bench tune), or the model that stands in where nobody did (GpuMsmDefaults).

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>What is known of devices. Immutable.</summary>
public sealed record GpuTuning
{
    /// <summary>What comes with the kernels: no device tuned, a model of costs, cautious thresholds.</summary>
    public static GpuTuning Default { get; } = new();

    /// <summary>The plan of an MSM.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The group.</param>
    /// <param name="bases">Bases, at least one.</param>
    /// <param name="fold">See <see cref="GpuMsmPlan.Fold"/>.</param>
    /// <param name="maxLevels">The most levels of tables; 1 for the bases alone.</param>
    /// <param name="capacity">The most scalars of a run.</param>
    internal GpuMsmPlan Msm(GpuDeviceInfo device, MsmShape shape, int bases, bool fold, int maxLevels, int capacity) =>
        GpuMsmDefaults.Choose(device, shape, bases, fold, maxLevels, capacity);

    /// <summary>Points from which on an MSM with bases that come and go is worth the way.</summary>
    internal int FasterMsm(GpuDeviceInfo device, MsmShape shape) => 1 << 14;

    /// <summary>Elements from which on a transform of a vector that comes and goes is.</summary>
    internal int FasterNtt(GpuDeviceInfo device, CurveId curve) => 1 << 18;

    /// <summary>Elements of the domain from which on a proof is.</summary>
    internal int FasterProof(GpuDeviceInfo device, CurveId curve) => 1 << 12;
}
