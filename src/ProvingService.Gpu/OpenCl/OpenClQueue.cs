// Owns: an in-order OpenCL queue: copies, launches, marks.


namespace ProvingService.Gpu;

/// <inheritdoc cref="IGpuQueue"/>
internal sealed unsafe class OpenClQueue(GpuDeviceInfo device, nint queue) : IGpuQueue
{
    private const uint DoNotBlock = 0;

    /// <inheritdoc/>
    public void Upload(void* from, GpuSlice to)
    {
        if (to.Bytes > 0)
        {
            Check(OpenClApi.EnqueueWriteBuffer(queue, Buffer(to), DoNotBlock, (nuint)to.Offset, (nuint)to.Bytes, from, 0, null, null), "clEnqueueWriteBuffer");
        }
    }

    /// <inheritdoc/>
    public void Download(GpuSlice from, void* to)
    {
        if (from.Bytes > 0)
        {
            Check(OpenClApi.EnqueueReadBuffer(queue, Buffer(from), DoNotBlock, (nuint)from.Offset, (nuint)from.Bytes, to, 0, null, null), "clEnqueueReadBuffer");
        }
    }

    /// <inheritdoc/>
    public void Copy(GpuSlice from, GpuSlice to)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(to.Bytes, from.Bytes);
        if (from.Bytes > 0)
        {
            Check(
                OpenClApi.EnqueueCopyBuffer(queue, Buffer(from), Buffer(to), (nuint)from.Offset, (nuint)to.Offset, (nuint)from.Bytes, 0, null, null),
                "clEnqueueCopyBuffer");
        }
    }

    /// <inheritdoc/>
    public void Clear(GpuSlice memory)
    {
        if (memory.Bytes > 0)
        {
            uint zero = 0;
            Check(
                OpenClApi.EnqueueFillBuffer(queue, Buffer(memory), &zero, sizeof(uint), (nuint)memory.Offset, (nuint)memory.Bytes, 0, null, null),
                "clEnqueueFillBuffer");
        }
    }

    /// <inheritdoc/>
    public void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (groups == 0)
        {
            return;
        }

        nint handle = ((OpenClKernel)kernel).Handle;
        for (int i = 0; i < arguments.Length; i++)
        {
            int code;
            if (arguments[i].IsMemory)
            {
                nint memory = ((OpenClMemory)arguments[i].Memory.Memory).Handle(arguments[i].Memory);
                code = OpenClApi.SetKernelArg(handle, (uint)i, (nuint)sizeof(nint), &memory);
            }
            else
            {
                uint value = arguments[i].Value;
                code = OpenClApi.SetKernelArg(handle, (uint)i, sizeof(uint), &value);
            }

            Check(code, $"clSetKernelArg {i} of {kernel.Name}");
        }

        nuint local = groupSize, global = (nuint)groups * groupSize;
        Check(OpenClApi.EnqueueNdRangeKernel(queue, handle, 1, null, &global, &local, 0, null, null), $"the launch of {kernel.Name}");
    }

    /// <inheritdoc/>
    public IGpuEvent Record()
    {
        nint mark;
        Check(OpenClApi.EnqueueMarkerWithWaitList(queue, 0, null, &mark), "clEnqueueMarkerWithWaitList");

        // Another queue may wait for it, and waits for ever for what was never handed over.
        Flush();
        return new Mark(device, mark);
    }

    /// <inheritdoc/>
    public void WaitFor(IGpuEvent mark)
    {
        nint handle = ((Mark)mark).Handle;
        Check(OpenClApi.EnqueueBarrierWithWaitList(queue, 1, &handle, null), "clEnqueueBarrierWithWaitList");
    }

    /// <inheritdoc/>
    public void Flush() => Check(OpenClApi.Flush(queue), "clFlush");

    /// <inheritdoc/>
    public void Synchronize() => Check(OpenClApi.Finish(queue), "clFinish");

    /// <inheritdoc/>
    public void Dispose() => _ = OpenClApi.ReleaseCommandQueue(queue);

    private static nint Buffer(GpuSlice slice) => ((OpenClMemory)slice.Memory).Buffer;

    private void Check(int code, string call) => OpenClApi.Check(code, call, device);

    private sealed class Mark(GpuDeviceInfo device, nint handle) : IGpuEvent
    {
        public nint Handle => handle;

        public double SecondsSince(IGpuEvent earlier) => (End() - ((Mark)earlier).End()) * 1e-9;

        public void Dispose() => _ = OpenClApi.ReleaseEvent(handle);

        /// <summary>When it was reached, in nanoseconds of the device's clock.</summary>
        private double End()
        {
            const uint ProfilingEnd = 0x1283;
            nint own = handle;
            OpenClApi.Check(OpenClApi.WaitForEvents(1, &own), "clWaitForEvents", device);
            ulong time;
            OpenClApi.Check(OpenClApi.GetEventProfilingInfo(handle, ProfilingEnd, sizeof(ulong), &time, null), "clGetEventProfilingInfo", device);
            return time;
        }
    }
}
