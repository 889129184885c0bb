// Owns: what an engine tells of a device it uses, and of what a key would take of it.

namespace ProvingService.Gpu;

/// <summary>A device in use by an engine, at one moment.</summary>
/// <param name="Device">The device.</param>
/// <param name="State">Whether it is fit for use.</param>
/// <param name="Reason">Why it is out of use; null where it is not.</param>
/// <param name="Jobs">Jobs that it has done.</param>
/// <param name="BusySeconds">Seconds in which it had a job.</param>
/// <param name="MemoryHeld">Bytes of its memory that are allocated.</param>
/// <param name="MemoryBudget">Bytes of its memory that may be.</param>
public sealed record GpuDeviceStatus(
    GpuDeviceInfo Device, GpuDeviceState State, string? Reason, long Jobs, double BusySeconds, long MemoryHeld, long MemoryBudget);

/// <summary>What a key would take of a device's memory.</summary>
/// <param name="Device">The device.</param>
/// <param name="ResidentBytes">Bytes that stay as long as a prover has the key.</param>
/// <param name="PassingBytes">Bytes that loading it or a proof takes besides, at most.</param>
public sealed record GpuKeyMemory(GpuDeviceInfo Device, long ResidentBytes, long PassingBytes);
