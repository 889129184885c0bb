// Owns: the way of ordinary host memory to and from a device: through page-locked buffers, a copy ahead of the bus.

namespace ProvingService.Gpu;

/// <summary>
/// Two page-locked buffers, each with a queue: while the bus empties or fills one, the host's processor works on the
/// other. Ordinary memory that is copied by the driver itself goes through such buffers too, but waits for each.
/// </summary>
internal sealed unsafe class GpuStaging : IDisposable
{
    /// <summary>Long enough that a copy of it takes longer than starting one (80 µs at 50 GB/s), short enough to overlap.</summary>
    private const int Length = 4 << 20;

    private readonly IGpuQueue compute;
    private readonly (IGpuQueue Queue, IPinnedMemory Memory)[] slots = new (IGpuQueue, IPinnedMemory)[2];
    private int used;

    /// <summary>Takes the buffers.</summary>
    /// <param name="context">The device.</param>
    /// <param name="compute">The queue whose later work sees what was uploaded, and whose earlier work is what is downloaded.</param>
    public GpuStaging(IGpuContext context, IGpuQueue compute)
    {
        this.compute = compute;
        try
        {
            for (int i = 0; i < slots.Length; i++)
            {
                slots[i].Queue = context.CreateQueue();
                slots[i].Memory = context.AllocatePinned(Length);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Copies to the device, after what is queued for it so far. Returns when the host's memory is needed no more; kernels
    /// queued afterwards wait for the copy.
    /// </summary>
    public void Upload(void* from, GpuSlice to)
    {
        using IGpuEvent before = compute.Record();
        int slot = 0;
        for (long at = 0; at < to.Bytes; at += Length)
        {
            (IGpuQueue queue, IPinnedMemory memory) = slots[slot];
            long length = Math.Min(Length, to.Bytes - at);
            used = Math.Max(used, (int)length);

            // The slot's copy before the last.
            queue.Synchronize();
            Buffer.MemoryCopy((byte*)from + at, (void*)memory.Pointer, Length, length);
            queue.WaitFor(before);
            queue.Upload((void*)memory.Pointer, to.Slice(at, length));
            queue.Flush();
            slot ^= 1;
        }

        foreach ((IGpuQueue queue, _) in slots)
        {
            using IGpuEvent done = queue.Record();
            compute.WaitFor(done);
        }
    }

    /// <summary>Copies from the device, after what is queued for it so far. Returns when all is there.</summary>
    public void Download(GpuSlice from, void* to)
    {
        using IGpuEvent before = compute.Record();
        long issued = 0, taken = 0;
        int slot = 0;
        while (taken < from.Bytes)
        {
            while (issued < from.Bytes && issued - taken < slots.Length * (long)Length)
            {
                long ahead = Math.Min(Length, from.Bytes - issued);
                (IGpuQueue next, IPinnedMemory buffer) = slots[(int)(issued / Length % slots.Length)];
                next.WaitFor(before);
                next.Download(from.Slice(issued, ahead), (void*)buffer.Pointer);
                next.Flush();
                issued += ahead;
            }

            (IGpuQueue queue, IPinnedMemory memory) = slots[slot];
            long length = Math.Min(Length, from.Bytes - taken);
            used = Math.Max(used, (int)length);
            queue.Synchronize();
            Buffer.MemoryCopy((void*)memory.Pointer, (byte*)to + taken, length, length);
            taken += length;
            slot ^= 1;
        }
    }

    /// <summary>Overwrites what was copied since this was called last.</summary>
    public void Erase()
    {
        foreach ((IGpuQueue queue, _) in slots)
        {
            queue.Synchronize();
        }

        Overwrite();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A device that failed in the middle of a job did not come to erase it.
        Overwrite();
        foreach ((IGpuQueue? queue, IPinnedMemory? memory) in slots)
        {
            memory?.Dispose();
            queue?.Dispose();
        }
    }

    private void Overwrite()
    {
        if (used > 0)
        {
            foreach ((_, IPinnedMemory memory) in slots)
            {
                new Span<byte>((void*)memory.Pointer, used).Clear();
            }
        }

        used = 0;
    }
}
