// Owns: finding and opening OpenCL devices.

namespace ProvingService.Gpu;

/// <summary>The devices of all OpenCL drivers on this machine, numbered through in the loader's order.</summary>
internal sealed class OpenClPlatform : IGpuPlatform
{
    private readonly Lazy<(GpuDeviceInfo Info, nint Handle)[]> devices = new(Find);

    /// <inheritdoc/>
    public GpuApi Api => GpuApi.OpenCl;

    /// <inheritdoc/>
    public IReadOnlyList<GpuDeviceInfo> Discover() => [.. devices.Value.Select(device => device.Info)];

    /// <inheritdoc/>
    public IGpuContext Open(GpuDeviceInfo device) => new OpenClContext(device, devices.Value[device.Index].Handle);

    private static unsafe (GpuDeviceInfo Info, nint Handle)[] Find()
    {
        uint count;
        if (!OpenClApi.IsPresent || OpenClApi.GetPlatformIds(0, null, &count) != OpenClApi.Success || count == 0)
        {
            return [];
        }

        nint[] platforms = new nint[count];
        fixed (nint* pointer = platforms)
        {
            if (OpenClApi.GetPlatformIds(count, pointer, null) != OpenClApi.Success)
            {
                return [];
            }
        }

        var found = new List<(GpuDeviceInfo, nint)>();
        foreach (nint platform in platforms)
        {
            uint inPlatform;
            if (OpenClApi.GetDeviceIds(platform, OpenClApi.DeviceTypeAll, 0, null, &inPlatform) != OpenClApi.Success || inPlatform == 0)
            {
                continue;
            }

            nint[] handles = new nint[inPlatform];
            fixed (nint* pointer = handles)
            {
                if (OpenClApi.GetDeviceIds(platform, OpenClApi.DeviceTypeAll, inPlatform, pointer, null) == OpenClApi.Success)
                {
                    found.AddRange(handles.Where(IsUsable).Select(handle => (Describe(handle, found.Count), handle)).ToArray());
                }
            }
        }

        // The numbers count usable devices only.
        return [.. found.Select((entry, i) => (entry.Item1 with { Index = i }, entry.Item2))];
    }

    /// <summary>Kernels are written for little-endian devices with a compiler.</summary>
    private static bool IsUsable(nint device) =>
        OpenClApi.Number<uint>(device, 0x1027) != 0 && OpenClApi.Number<uint>(device, 0x1028) != 0 && OpenClApi.Number<uint>(device, 0x1026) != 0;

    private static unsafe GpuDeviceInfo Describe(nint device, int index)
    {
        Span<byte> uuid = stackalloc byte[16];
        bool hasUuid;
        fixed (byte* pointer = uuid)
        {
            // CL_DEVICE_UUID_KHR of the extension cl_khr_device_uuid.
            hasUuid = OpenClApi.GetDeviceInfo(device, 0x106A, 16, pointer, null) == OpenClApi.Success;
        }

        return new()
        {
            Api = GpuApi.OpenCl,
            Index = index,
            Name = OpenClApi.Text(device, 0x102B),
            Vendor = OpenClApi.Text(device, 0x102C),
            DriverVersion = $"{OpenClApi.Text(device, 0x102F)}, driver {OpenClApi.Text(device, 0x102D)}",
            Uuid = hasUuid ? new Guid(uuid, bigEndian: true).ToString() : null,
            MemoryBytes = (long)OpenClApi.Number<ulong>(device, 0x101F),
            MaxAllocationBytes = (long)OpenClApi.Number<ulong>(device, 0x1010),
            ComputeUnits = (int)OpenClApi.Number<uint>(device, 0x1002),
            MaxGroupSize = (int)OpenClApi.Number<nuint>(device, 0x1004),
            LocalMemoryBytes = (long)OpenClApi.Number<ulong>(device, 0x1023),
            IsIntegrated = OpenClApi.Number<uint>(device, 0x1035) != 0,
            IsCpu = (OpenClApi.Number<ulong>(device, 0x1000) & OpenClApi.DeviceTypeCpu) != 0,
        };
    }
}
