// Owns: what can be measured beside one another: the processor's kernel tiers and the devices.

using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Cli;

/// <summary>A kernel tier of the processor, or a device.</summary>
/// <param name="Name">As users write it: <c>portable</c>, <c>emitted</c>, <c>cuda:0</c>.</param>
/// <param name="Tier">The tier in force in the process that measures.</param>
/// <param name="Device">The device; null for the processor.</param>
internal sealed record BenchEngine(string Name, KernelTier Tier, GpuDeviceInfo? Device)
{
    /// <summary>What the processor runs where nobody says otherwise.</summary>
    public static BenchEngine Current => new(EngineNames.Current, KernelTiers.Current, null);

    /// <summary>Whether it is the portable code that others are compared with.</summary>
    public bool IsPortable => Device is null && Tier == KernelTier.Portable;

    /// <summary>Whether this process, as it is, can measure it.</summary>
    public bool IsHere => Tier == KernelTiers.Current;

    /// <summary>An engine by its name.</summary>
    /// <exception cref="UsageException">There is none such on this machine.</exception>
    public static BenchEngine Parse(string name) => name.Contains(':', StringComparison.Ordinal)
        ? Of(DeviceOption.Find(name).Single())
        : new(name, EngineNames.Parse(name), null);

    /// <summary>A device as an engine.</summary>
    public static BenchEngine Of(GpuDeviceInfo device) => new(device.Id, KernelTiers.Current, device);
}
