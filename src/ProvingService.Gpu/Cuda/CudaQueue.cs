// Owns: copies, launches and events on a CUDA stream.

namespace ProvingService.Gpu;

/// <summary>A stream. The driver starts what is put into it at once.</summary>
internal sealed unsafe class CudaQueue(CudaContext context, nint stream) : IGpuQueue
{
    /// <summary>More parameters than any kernel of ours has.</summary>
    private const int MaxArguments = 32;

    /// <inheritdoc/>
    public void Upload(void* from, GpuSlice to)
    {
        if (to.Bytes > 0)
        {
            context.Enter();
            context.Check(context.Driver.MemcpyHtoDAsync(Address(to), from, (nuint)to.Bytes, stream), "cuMemcpyHtoDAsync");
        }
    }

    /// <inheritdoc/>
    public void Download(GpuSlice from, void* to)
    {
        if (from.Bytes > 0)
        {
            context.Enter();
            context.Check(context.Driver.MemcpyDtoHAsync(to, Address(from), (nuint)from.Bytes, stream), "cuMemcpyDtoHAsync");
        }
    }

    /// <inheritdoc/>
    public void Copy(GpuSlice from, GpuSlice to)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(from.Bytes, to.Bytes, nameof(to));
        if (from.Bytes > 0)
        {
            context.Enter();
            context.Check(context.Driver.MemcpyDtoDAsync(Address(to), Address(from), (nuint)from.Bytes, stream), "cuMemcpyDtoDAsync");
        }
    }

    /// <inheritdoc/>
    public void Clear(GpuSlice memory)
    {
        if (memory.Bytes % sizeof(uint) != 0)
        {
            throw new ArgumentException("The length is no multiple of 4.", nameof(memory));
        }

        if (memory.Bytes > 0)
        {
            context.Enter();
            context.Check(
                context.Driver.MemsetD32Async(Address(memory), 0, (nuint)(memory.Bytes / sizeof(uint)), stream), "cuMemsetD32Async");
        }
    }

    /// <inheritdoc/>
    public void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(arguments.Length, MaxArguments, nameof(arguments));
        if (groups == 0)
        {
            return;
        }

        // Every parameter is a 64-bit address or a 32-bit integer; the driver reads as many bytes as the kernel's parameter has.
        ulong* values = stackalloc ulong[MaxArguments];
        void** pointers = stackalloc void*[MaxArguments];
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].IsMemory ? Address(arguments[i].Memory) : arguments[i].Value;
            pointers[i] = values + i;
        }

        context.Enter();
        int code = context.Driver.LaunchKernel(((CudaKernel)kernel).Function, groups, groupSize, stream, pointers);
        if (code != 0)
        {
            context.Check(code, $"cuLaunchKernel of {kernel.Name}");
        }
    }

    /// <inheritdoc/>
    public IGpuEvent Record()
    {
        context.Enter();
        context.Check(context.Driver.EventCreate(out nint mark, 0), "cuEventCreate");
        var result = new CudaEvent(context, mark);
        int code = context.Driver.EventRecord(mark, stream);
        if (code != 0)
        {
            result.Dispose();
            context.Check(code, "cuEventRecord");
        }

        return result;
    }

    /// <inheritdoc/>
    public void WaitFor(IGpuEvent mark)
    {
        context.Enter();
        context.Check(context.Driver.StreamWaitEvent(stream, ((CudaEvent)mark).Handle, 0), "cuStreamWaitEvent");
    }

    /// <inheritdoc/>
    public void Flush()
    {
        // The driver holds nothing back.
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        context.Enter();
        context.Check(context.Driver.StreamSynchronize(stream), "cuStreamSynchronize");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (context.TryEnter())
        {
            _ = context.Driver.StreamDestroy(stream);
        }
    }

    private static ulong Address(GpuSlice slice) => ((CudaMemory)slice.Memory).Address + (ulong)slice.Offset;

    private sealed class CudaEvent(CudaContext context, nint handle) : IGpuEvent
    {
        public nint Handle => handle;

        public double SecondsSince(IGpuEvent earlier)
        {
            context.Enter();
            context.Check(
                context.Driver.EventElapsedTime(out float milliseconds, ((CudaEvent)earlier).Handle, handle), "cuEventElapsedTime");
            return milliseconds / 1000.0;
        }

        public void Dispose()
        {
            if (context.TryEnter())
            {
                _ = context.Driver.EventDestroy(handle);
            }
        }
    }
}
