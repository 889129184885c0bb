// Owns: what is known of a device before it is opened.

namespace ProvingService.Gpu;

/// <summary>A device as its driver describes it.</summary>
public sealed record GpuDeviceInfo
{
    /// <summary>The API through which it was found.</summary>
    public required GpuApi Api { get; init; }

    /// <summary>Its position among the devices of that API, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its vendor.</summary>
    public required string Vendor { get; init; }

    /// <summary>The driver's version, as the driver writes it.</summary>
    public required string DriverVersion { get; init; }

    /// <summary>The UUID as 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12; null where the driver knows none.</summary>
    public string? Uuid { get; init; }

    /// <summary>What its code is compiled for, such as <c>sm_90</c>; empty where that is the driver's affair.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Bytes of device memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The longest single allocation, in bytes.</summary>
    public required long MaxAllocationBytes { get; init; }

    /// <summary>Multiprocessors or compute units.</summary>
    public required int ComputeUnits { get; init; }

    /// <summary>Work-items a group, at most.</summary>
    public required int MaxGroupSize { get; init; }

    /// <summary>Bytes of local memory a group, at most.</summary>
    public required long LocalMemoryBytes { get; init; }

    /// <summary>Whether it is the host's processor: right, but never faster than the engine that is written for it.</summary>
    public bool IsCpu { get; init; }

    /// <summary>
    /// Whether it shares the host's memory, as GPUs inside processors do. Such a one may well be slower than the processor's
    /// own engine, and is left alone unless a user names it or tuning found it faster.
    /// </summary>
    public bool IsIntegrated { get; init; }

    /// <summary><c>cuda:N</c> or <c>opencl:N</c>, as users name it.</summary>
    public string Id => $"{(Api == GpuApi.Cuda ? "cuda" : "opencl")}:{Index}";
}
