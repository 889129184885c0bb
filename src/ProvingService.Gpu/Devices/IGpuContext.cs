// Owns: what every host API (OpenCL, CUDA) must do for the kernels. Never: which kernels there are, or when they run.

namespace ProvingService.Gpu;

/// <summary>The host APIs.</summary>
public enum GpuApi
{
    /// <summary>The CUDA driver.</summary>
    Cuda,

    /// <summary>An OpenCL 1.2 platform.</summary>
    OpenCl,
}

/// <summary>A host API as found on this machine. Its absence is normal: then it has no devices.</summary>
internal interface IGpuPlatform
{
    /// <summary>Which API it is.</summary>
    GpuApi Api { get; }

    /// <summary>The devices, in the API's order; empty where the API or its driver is missing. Never throws.</summary>
    IReadOnlyList<GpuDeviceInfo> Discover();

    /// <summary>Opens a device that <see cref="Discover"/> told of.</summary>
    /// <exception cref="GpuException">The driver refuses.</exception>
    IGpuContext Open(GpuDeviceInfo device);
}

/// <summary>
/// An open device: memory, programs, queues. One thread uses it at a time, always the same one (a CUDA context is bound to
/// a thread). Everything made by it must be disposed before it.
/// </summary>
internal interface IGpuContext : IDisposable
{
    /// <summary>The device.</summary>
    GpuDeviceInfo Device { get; }

    /// <summary>Device memory, of unspecified content, aligned to at least 256 bytes.</summary>
    /// <exception cref="GpuOutOfMemoryException">The device has not so much left.</exception>
    IGpuMemory Allocate(long bytes);

    /// <summary>Host memory that the device copies from and to without staging.</summary>
    /// <exception cref="GpuException">The driver refuses.</exception>
    IPinnedMemory AllocatePinned(long bytes);

    /// <summary>A queue: what is put into it runs in order; queues run side by side.</summary>
    IGpuQueue CreateQueue();

    /// <summary>Compiles a program, or takes it from the cache.</summary>
    /// <exception cref="GpuBuildException">The compiler refuses; its log is told.</exception>
    IGpuProgram Build(KernelSource source);
}

/// <summary>An allocation on a device.</summary>
internal interface IGpuMemory : IDisposable
{
    /// <summary>Its length.</summary>
    long Bytes { get; }
}

/// <summary>Page-locked memory of the host.</summary>
internal interface IPinnedMemory : IDisposable
{
    /// <summary>The first byte.</summary>
    nint Pointer { get; }

    /// <summary>The length.</summary>
    long Bytes { get; }
}

/// <summary>A compiled program.</summary>
internal interface IGpuProgram : IDisposable
{
    /// <summary>One of its kernels; the same object for the same name.</summary>
    /// <exception cref="GpuException">There is no such kernel.</exception>
    IGpuKernel Kernel(string name);
}

/// <summary>A kernel.</summary>
internal interface IGpuKernel
{
    /// <summary>Its name in the source.</summary>
    string Name { get; }

    /// <summary>Registers, local memory and spills, as far as the driver tells.</summary>
    KernelResources Resources { get; }
}

/// <summary>What a kernel uses of the device; −1 where the driver does not tell.</summary>
/// <param name="Registers">32-bit registers a work-item.</param>
/// <param name="SpilledBytes">Bytes of private memory a work-item that did not fit into registers.</param>
/// <param name="LocalBytes">Bytes of local memory a group.</param>
/// <param name="MaxGroupSize">The largest group that can run.</param>
internal readonly record struct KernelResources(int Registers, int SpilledBytes, int LocalBytes, int MaxGroupSize);

/// <summary>A part of device memory. Offsets are multiples of <see cref="Alignment"/>.</summary>
internal readonly record struct GpuSlice(IGpuMemory Memory, long Offset, long Bytes)
{
    /// <summary>What every API's sub-buffers are content with.</summary>
    public const int Alignment = 512;

    /// <summary>All of an allocation.</summary>
    public GpuSlice(IGpuMemory memory)
        : this(memory, 0, memory.Bytes)
    {
    }

    /// <summary>The part [offset, offset + bytes) of this part.</summary>
    public GpuSlice Slice(long offset, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + bytes, Bytes, nameof(bytes));
        return new(Memory, Offset + offset, bytes);
    }
}

/// <summary>An in-order queue. Calls return when the work is queued, not when it is done, but for <see cref="Synchronize"/>.</summary>
/// <remarks>A driver's failure surfaces as <see cref="GpuException"/> from the failing call or from a later one.</remarks>
internal interface IGpuQueue : IDisposable
{
    /// <summary>Copies to the device. The host's memory must stay as it is until the copy is done.</summary>
    unsafe void Upload(void* from, GpuSlice to);

    /// <summary>Copies from the device.</summary>
    unsafe void Download(GpuSlice from, void* to);

    /// <summary>Copies on the device; the parts have the same length and do not overlap.</summary>
    void Copy(GpuSlice from, GpuSlice to);

    /// <summary>Fills with zeros; the length is a multiple of 4.</summary>
    void Clear(GpuSlice memory);

    /// <summary>Runs a kernel on <paramref name="groups"/> groups of <paramref name="groupSize"/> work-items.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="groups">Groups; none queues nothing.</param>
    /// <param name="groupSize">Work-items a group: what the source was built for.</param>
    /// <param name="arguments">In the order of the kernel's parameters.</param>
    void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments);

    /// <summary>Marks what was queued so far.</summary>
    IGpuEvent Record();

    /// <summary>What is queued from now on waits for the event, which may be of another queue of the context.</summary>
    void WaitFor(IGpuEvent mark);

    /// <summary>Hands to the device what is queued, without waiting.</summary>
    void Flush();

    /// <summary>Returns when everything queued is done.</summary>
    void Synchronize();
}

/// <summary>A mark in a queue.</summary>
internal interface IGpuEvent : IDisposable
{
    /// <summary>Seconds on the device's clock since an earlier mark of the same queue; both must be done.</summary>
    double SecondsSince(IGpuEvent earlier);
}

/// <summary>A kernel's argument: device memory or a 32-bit integer.</summary>
internal readonly struct KernelArgument
{
    private KernelArgument(GpuSlice memory, uint value, bool isMemory) => (Memory, Value, IsMemory) = (memory, value, isMemory);

    /// <summary>Whether it is memory.</summary>
    public bool IsMemory { get; }

    /// <summary>The memory.</summary>
    public GpuSlice Memory { get; }

    /// <summary>The integer.</summary>
    public uint Value { get; }

    public static implicit operator KernelArgument(GpuSlice memory) => new(memory, 0, true);

    public static implicit operator KernelArgument(uint value) => new(default, value, false);

    public static implicit operator KernelArgument(int value) => new(default, checked((uint)value), false);
}
