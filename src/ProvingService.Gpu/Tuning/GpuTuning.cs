// Owns: what tuning found out about devices.

namespace ProvingService.Gpu;

/// <summary>What tuning found out about devices.</summary>
public sealed record GpuTuning
{
    /// <summary>Default.</summary>
    public static GpuTuning Default { get; } = new();
}
