// Owns: an open OpenCL device: its memory, its programs and kernels. Queues: OpenClQueue.

using System.Text;

namespace ProvingService.Gpu;

/// <inheritdoc cref="IGpuContext"/>
internal sealed unsafe class OpenClContext : IGpuContext
{
    private readonly nint device;
    private readonly nint context;

    public OpenClContext(GpuDeviceInfo info, nint device)
    {
        Device = info;
        this.device = device;
        int code;
        context = OpenClApi.CreateContext(null, 1, &device, 0, 0, &code);
        OpenClApi.Check(code, "clCreateContext", info);
    }

    /// <inheritdoc/>
    public GpuDeviceInfo Device { get; }

    /// <inheritdoc/>
    public IGpuMemory Allocate(long bytes) => new OpenClMemory(Device, Create(bytes, OpenClApi.MemoryReadWrite), bytes);

    /// <inheritdoc/>
    public IPinnedMemory AllocatePinned(long bytes) =>
        new Pinned(this, Create(bytes, OpenClApi.MemoryReadWrite | OpenClApi.MemoryAllocateOnHost), bytes);

    /// <inheritdoc/>
    public IGpuQueue CreateQueue() => new OpenClQueue(Device, NewQueue(OpenClApi.QueueProfiling));

    /// <inheritdoc/>
    public IGpuProgram Build(KernelSource source)
    {
        byte[] text = Encoding.UTF8.GetBytes(source.Text);
        nint program;
        int code;
        fixed (byte* pointer = text)
        {
            nuint length = (nuint)text.Length;
            byte* start = pointer;
            program = OpenClApi.CreateProgramWithSource(context, 1, &start, &length, &code);
        }

        OpenClApi.Check(code, "clCreateProgramWithSource", Device);
        nint handle = device;
        fixed (byte* options = "-cl-std=CL1.2\0"u8)
        {
            code = OpenClApi.BuildProgram(program, 1, &handle, options, 0, 0);
        }

        if (code != OpenClApi.Success)
        {
            string log = BuildLog(program);
            _ = OpenClApi.ReleaseProgram(program);
            throw new GpuBuildException(source.Name, log.Length == 0 ? $"the compiler of {Device.Id} gave {code} and no reason" : log);
        }

        return new OpenClProgram(Device, device, program, source.Name);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = OpenClApi.ReleaseContext(context);

    private nint NewQueue(ulong properties)
    {
        int code;
        nint queue = OpenClApi.CreateCommandQueue(context, device, properties, &code);
        OpenClApi.Check(code, "clCreateCommandQueue", Device);
        return queue;
    }

    private nint Create(long bytes, ulong flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        int code;
        nint memory = OpenClApi.CreateBuffer(context, flags, (nuint)bytes, null, &code);
        OpenClApi.Check(code, $"clCreateBuffer of {bytes} bytes", Device);
        return memory;
    }

    private string BuildLog(nint program)
    {
        const uint Log = 0x1183;
        nuint length;
        if (OpenClApi.GetProgramBuildInfo(program, device, Log, 0, null, &length) != OpenClApi.Success || length == 0)
        {
            return "";
        }

        byte[] log = new byte[length];
        fixed (byte* pointer = log)
        {
            _ = OpenClApi.GetProgramBuildInfo(program, device, Log, length, pointer, null);
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0').Trim();
    }

    /// <summary>Memory that the driver allocated on the host, mapped for as long as it lives.</summary>
    private sealed class Pinned : IPinnedMemory
    {
        private readonly nint memory;
        private readonly nint queue;

        public Pinned(OpenClContext context, nint memory, long bytes)
        {
            this.memory = memory;
            Bytes = bytes;
            try
            {
                queue = context.NewQueue(0);
                int code;
                Pointer = (nint)OpenClApi.EnqueueMapBuffer(queue, memory, 1, OpenClApi.MapReadWrite, 0, (nuint)bytes, 0, null, null, &code);
                OpenClApi.Check(code, "clEnqueueMapBuffer", context.Device);
            }
            catch
            {
                Release();
                throw;
            }
        }

        public nint Pointer { get; }

        public long Bytes { get; }

        public void Dispose()
        {
            _ = OpenClApi.EnqueueUnmapMemObject(queue, memory, (void*)Pointer, 0, null, null);
            _ = OpenClApi.Finish(queue);
            Release();
        }

        private void Release()
        {
            if (queue != 0)
            {
                _ = OpenClApi.ReleaseCommandQueue(queue);
            }

            _ = OpenClApi.ReleaseMemObject(memory);
        }
    }
}

/// <summary>A buffer, with the sub-buffers that slices of it are passed as.</summary>
internal sealed unsafe class OpenClMemory(GpuDeviceInfo device, nint buffer, long bytes) : IGpuMemory
{
    private readonly Dictionary<(long Offset, long Bytes), nint> parts = [];

    /// <inheritdoc/>
    public long Bytes => bytes;

    /// <summary>The buffer.</summary>
    public nint Buffer => buffer;

    /// <summary>The handle that a kernel is given for a slice.</summary>
    public nint Handle(GpuSlice slice)
    {
        // A part that begins the buffer is the buffer: kernels are told lengths.
        if (slice.Offset == 0)
        {
            return buffer;
        }

        // A part at the very end may be empty; no API has empty sub-buffers.
        (long Offset, long Bytes) region = slice.Bytes == 0 ? (0, bytes) : (slice.Offset, slice.Bytes);
        if (!parts.TryGetValue(region, out nint part))
        {
            nuint* where = stackalloc nuint[] { (nuint)region.Offset, (nuint)region.Bytes };
            int code;
            part = OpenClApi.CreateSubBuffer(buffer, OpenClApi.MemoryReadWrite, OpenClApi.BufferRegion, where, &code);
            OpenClApi.Check(code, $"clCreateSubBuffer of {region.Bytes} bytes at {region.Offset}", device);
            parts.Add(region, part);
        }

        return part;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint part in parts.Values)
        {
            _ = OpenClApi.ReleaseMemObject(part);
        }

        _ = OpenClApi.ReleaseMemObject(buffer);
    }
}

/// <inheritdoc cref="IGpuProgram"/>
internal sealed unsafe class OpenClProgram(GpuDeviceInfo info, nint device, nint program, string name) : IGpuProgram
{
    private readonly Dictionary<string, OpenClKernel> kernels = [];

    /// <inheritdoc/>
    public IGpuKernel Kernel(string kernelName)
    {
        if (!kernels.TryGetValue(kernelName, out OpenClKernel? kernel))
        {
            byte[] bytes = [.. Encoding.UTF8.GetBytes(kernelName), 0];
            int code;
            nint handle;
            fixed (byte* pointer = bytes)
            {
                handle = OpenClApi.CreateKernel(program, pointer, &code);
            }

            OpenClApi.Check(code, $"clCreateKernel {kernelName} of {name}", info);
            kernels.Add(kernelName, kernel = new(kernelName, handle, device));
        }

        return kernel;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OpenClKernel kernel in kernels.Values)
        {
            _ = OpenClApi.ReleaseKernel(kernel.Handle);
        }

        _ = OpenClApi.ReleaseProgram(program);
    }
}

/// <inheritdoc cref="IGpuKernel"/>
internal sealed unsafe class OpenClKernel(string name, nint handle, nint device) : IGpuKernel
{
    /// <inheritdoc/>
    public string Name => name;

    /// <summary>The kernel's handle.</summary>
    public nint Handle => handle;

    /// <inheritdoc/>
    public KernelResources Resources => new(
        -1, (int)Number<ulong>(0x11B4), (int)Number<ulong>(0x11B2), (int)Number<nuint>(0x11B0));

    private T Number<T>(uint what)
        where T : unmanaged
    {
        T value = default;
        return OpenClApi.GetKernelWorkGroupInfo(handle, device, what, (nuint)sizeof(T), &value, null) == OpenClApi.Success ? value : default;
    }
}
