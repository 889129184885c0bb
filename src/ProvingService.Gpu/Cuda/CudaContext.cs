// Owns: an open CUDA device: its context, memory and result codes. Never: how programs are compiled (CudaProgram).

namespace ProvingService.Gpu;

/// <summary>
/// A context of the CUDA driver, of this object alone: after a failure that the driver does not recover from, a new
/// context works again. Each call makes it the thread's current one, so threads may take turns.
/// </summary>
internal sealed class CudaContext : IGpuContext
{
    private readonly Lazy<ICudaCompiler?> compiler;
    private readonly CubinCache? cache;
    private readonly nint handle;

    /// <summary>Opens a device.</summary>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public CudaContext(ICudaDriver driver, int device, GpuDeviceInfo info, Lazy<ICudaCompiler?> compiler, CubinCache? cache)
    {
        Driver = driver;
        Device = info;
        this.compiler = compiler;
        this.cache = cache;
        Check(driver.CtxCreate(out handle, Cuda.ContextBlockingSync, device), "cuCtxCreate");
    }

    /// <inheritdoc/>
    public GpuDeviceInfo Device { get; }

    /// <summary>The driver; what is called first is <see cref="Enter"/>.</summary>
    internal ICudaDriver Driver { get; }

    /// <inheritdoc/>
    public IGpuMemory Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Enter();
        Check(Driver.MemAlloc(out ulong address, (nuint)bytes), "cuMemAlloc");
        return new CudaMemory(this, address, bytes);
    }

    /// <inheritdoc/>
    public IPinnedMemory AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Enter();
        Check(Driver.MemHostAlloc(out nint pointer, (nuint)bytes, 0), "cuMemHostAlloc");
        return new CudaPinnedMemory(this, pointer, bytes);
    }

    /// <inheritdoc/>
    public IGpuQueue CreateQueue()
    {
        Enter();
        Check(Driver.StreamCreate(out nint stream, Cuda.StreamNonBlocking), "cuStreamCreate");
        return new CudaQueue(this, stream);
    }

    /// <inheritdoc/>
    public IGpuProgram Build(KernelSource source)
    {
        Enter();
        return CudaProgram.Build(this, source, compiler.Value, cache);
    }

    /// <summary>Destroys the context with all that is left in it. A failed one may refuse: it is given up all the same.</summary>
    public void Dispose() => _ = Driver.CtxDestroy(handle);

    /// <summary>Makes the context the thread's current one.</summary>
    internal void Enter() => Check(Driver.CtxSetCurrent(handle), "cuCtxSetCurrent");

    /// <summary>As <see cref="Enter"/>, for giving something back: false where the context is beyond that.</summary>
    internal bool TryEnter() => Driver.CtxSetCurrent(handle) == 0;

    /// <summary>Throws for every result code but 0.</summary>
    internal void Check(int code, string call)
    {
        if (code == Cuda.ErrorOutOfMemory)
        {
            throw new GpuOutOfMemoryException($"{call} on {Device.Id}: {Driver.ErrorName(code)}.");
        }

        if (code != 0)
        {
            throw new GpuException($"{call} on {Device.Id} ({Device.Name}): {Driver.ErrorName(code)}.");
        }
    }

    private sealed class CudaPinnedMemory(CudaContext context, nint pointer, long bytes) : IPinnedMemory
    {
        public nint Pointer => pointer;

        public long Bytes => bytes;

        public void Dispose()
        {
            if (context.TryEnter())
            {
                _ = context.Driver.MemFreeHost(pointer);
            }
        }
    }
}

/// <summary>Device memory; freeing it waits for what uses it.</summary>
internal sealed class CudaMemory(CudaContext context, ulong address, long bytes) : IGpuMemory
{
    /// <summary>Its first byte, as kernels see it.</summary>
    public ulong Address => address;

    /// <inheritdoc/>
    public long Bytes => bytes;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (context.TryEnter())
        {
            _ = context.Driver.MemFree(address);
        }
    }
}
