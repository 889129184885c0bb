// Owns: which CUDA devices this machine has. Never: what runs on them (CudaContext).

using System.Globalization;
using System.Text;

namespace ProvingService.Gpu;

/// <summary>The CUDA driver's devices. Thread-safe.</summary>
/// <param name="driver">The driver; null where the machine has none.</param>
/// <param name="compiler">What compiles programs on this machine; null where nothing does. Asked for with the first program.</param>
/// <param name="cache">Where compiled programs are kept; null keeps none.</param>
internal sealed unsafe class CudaPlatform(ICudaDriver? driver, Lazy<ICudaCompiler?> compiler, CubinCache? cache) : IGpuPlatform
{
    private readonly Lock discovery = new();
    private int[]? handles;

    /// <summary>The machine's own driver and compiler.</summary>
    public CudaPlatform()
        : this(LibCuda.TryLoad(), new(Nvrtc.TryLoad), CubinCache.OfUser())
    {
    }

    /// <inheritdoc/>
    public GpuApi Api => GpuApi.Cuda;

    /// <inheritdoc/>
    public IReadOnlyList<GpuDeviceInfo> Discover()
    {
        lock (discovery)
        {
            handles = null;

            // Without a device, and inside a container that was given none, cuInit is what fails.
            if (driver is null || driver.Init() != 0 || driver.DriverGetVersion(out int version) != 0
                || driver.DeviceGetCount(out int count) != 0)
            {
                return [];
            }

            var found = new List<GpuDeviceInfo>();
            var open = new List<int>();
            for (int ordinal = 0; ordinal < count; ordinal++)
            {
                if (driver.DeviceGet(out int device, ordinal) == 0 && Describe(found.Count, device, version) is { } info)
                {
                    found.Add(info);
                    open.Add(device);
                }
            }

            handles = [.. open];
            return found;
        }
    }

    /// <inheritdoc/>
    public IGpuContext Open(GpuDeviceInfo device)
    {
        int handle;
        lock (discovery)
        {
            if (driver is null || handles is null || (uint)device.Index >= (uint)handles.Length)
            {
                throw new GpuException($"{device.Id} is not there any more.");
            }

            handle = handles[device.Index];
        }

        return new CudaContext(driver, handle, device, compiler, cache);
    }

    /// <summary>A device, or null where the driver does not answer for it or nobody may compute on it.</summary>
    private GpuDeviceInfo? Describe(int index, int device, int version)
    {
        const int NameLength = 256;
        byte* name = stackalloc byte[NameLength];
        byte* uuid = stackalloc byte[16];
        if (driver!.DeviceGetName(name, NameLength, device) != 0
            || driver.DeviceTotalMem(out nuint memory, device) != 0
            || driver.DeviceGetAttribute(out int mode, Cuda.AttributeComputeMode, device) != 0
            || mode == Cuda.ComputeModeProhibited
            || driver.DeviceGetAttribute(out int major, Cuda.AttributeComputeCapabilityMajor, device) != 0
            || driver.DeviceGetAttribute(out int minor, Cuda.AttributeComputeCapabilityMinor, device) != 0
            || driver.DeviceGetAttribute(out int units, Cuda.AttributeMultiprocessorCount, device) != 0
            || driver.DeviceGetAttribute(out int group, Cuda.AttributeMaxThreadsPerBlock, device) != 0
            || driver.DeviceGetAttribute(out int local, Cuda.AttributeMaxSharedMemoryPerBlock, device) != 0)
        {
            return null;
        }

        int length = new ReadOnlySpan<byte>(name, NameLength).IndexOf((byte)0);
        return new()
        {
            Api = GpuApi.Cuda,
            Index = index,
            Name = Encoding.UTF8.GetString(name, length < 0 ? NameLength : length),
            Vendor = "NVIDIA",
            DriverVersion = string.Create(CultureInfo.InvariantCulture, $"CUDA {version / 1000}.{version % 1000 / 10}"),
            Uuid = driver.DeviceGetUuid(uuid, device) == 0 ? new Guid(new ReadOnlySpan<byte>(uuid, 16), bigEndian: true).ToString("D") : null,
            Architecture = string.Create(CultureInfo.InvariantCulture, $"sm_{major}{minor}"),
            MemoryBytes = (long)memory,
            MaxAllocationBytes = (long)memory,
            ComputeUnits = units,
            MaxGroupSize = group,
            LocalMemoryBytes = local,
            IsIntegrated = driver.DeviceGetAttribute(out int integrated, Cuda.AttributeIntegrated, device) == 0 && integrated != 0,
        };
    }
}
