// Owns: how much of a device's memory this process may hold, and which allocations are kept for the next job.
// Never: what lies in them.

namespace ProvingService.Gpu;

/// <summary>
/// Device memory under a hard budget. A job reserves all that it needs before it starts: it gets everything or nothing.
/// What is given back is kept and handed out again; kept memory makes way when the budget needs it. Used from the device's
/// thread alone, but for the counters.
/// </summary>
/// <param name="context">The device.</param>
/// <param name="budget">The most bytes to hold, kept memory included.</param>
internal sealed class GpuMemoryPool(IGpuContext context, long budget) : IDisposable
{
    /// <summary>Allocations are rounded up to this, so that jobs of about the same size share them.</summary>
    private const long Grain = 1 << 12;

    private readonly List<IGpuMemory> kept = [];
    private readonly HashSet<IGpuMemory> inUse = [];
    private bool isDisposed;
    private long held;
    private long lent;

    /// <summary>The most bytes to hold.</summary>
    public long Budget => budget;

    /// <summary>Bytes allocated on the device, lent or kept.</summary>
    public long HeldBytes => Interlocked.Read(ref held);

    /// <summary>Bytes that jobs and keys have reserved.</summary>
    public long LentBytes => Interlocked.Read(ref lent);

    /// <summary>The most bytes that a reservation can still get.</summary>
    public long FreeBytes => budget - LentBytes;

    /// <summary>What buffers of these lengths take of the budget.</summary>
    public static long Bytes(params ReadOnlySpan<long> lengths)
    {
        long bytes = 0;
        foreach (long length in lengths)
        {
            bytes += Math.Max(Grain, (length + Grain - 1) / Grain * Grain);
        }

        return bytes;
    }

    /// <summary>Reserves buffers of these lengths, in this order, each aligned to <see cref="GpuSlice.Alignment"/>.</summary>
    /// <exception cref="GpuOutOfMemoryException">The budget or the device does not hold them all; then nothing is reserved.</exception>
    public GpuReservation Reserve(params ReadOnlySpan<long> lengths)
    {
        var reservation = new GpuReservation(this);
        try
        {
            foreach (long length in lengths)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(length);
                reservation.Add(Take(Bytes(length)), length);
            }

            return reservation;
        }
        catch
        {
            reservation.Dispose();
            throw;
        }
    }

    /// <summary>Gives kept memory back to the device.</summary>
    public void Trim() => MakeRoom(long.MaxValue);

    /// <summary>Frees everything, also what is reserved: it goes with the device.</summary>
    public void Dispose()
    {
        Trim();
        isDisposed = true;
        foreach (IGpuMemory memory in inUse)
        {
            memory.Dispose();
        }

        inUse.Clear();
        held = lent = 0;
    }

    /// <summary>Takes back what a reservation had.</summary>
    internal void Return(IGpuMemory memory)
    {
        if (!isDisposed)
        {
            inUse.Remove(memory);
            Interlocked.Add(ref lent, -memory.Bytes);
            kept.Add(memory);
        }
    }

    private IGpuMemory Take(long bytes)
    {
        // The smallest kept allocation that is long enough and wastes at most a quarter.
        int best = -1;
        for (int i = 0; i < kept.Count; i++)
        {
            if (kept[i].Bytes >= bytes && kept[i].Bytes - bytes <= bytes / 4 && (best < 0 || kept[i].Bytes < kept[best].Bytes))
            {
                best = i;
            }
        }

        IGpuMemory memory;
        if (best >= 0)
        {
            memory = kept[best];
            kept.RemoveAt(best);
        }
        else
        {
            memory = Allocate(bytes);
        }

        inUse.Add(memory);
        Interlocked.Add(ref lent, memory.Bytes);
        return memory;
    }

    private IGpuMemory Allocate(long bytes)
    {
        if (bytes > context.Device.MaxAllocationBytes)
        {
            throw new GpuOutOfMemoryException(
                $"{context.Device.Id} allocates at most {context.Device.MaxAllocationBytes} bytes at once, not {bytes}.");
        }

        if (LentBytes + bytes > budget)
        {
            throw new GpuOutOfMemoryException(
                $"the budget of {context.Device.Id} is {budget} bytes, of which {LentBytes} are in use; {bytes} more do not fit.");
        }

        MakeRoom(held + bytes - budget);
        IGpuMemory memory;
        try
        {
            memory = context.Allocate(bytes);
        }
        catch (GpuOutOfMemoryException) when (kept.Count > 0)
        {
            Trim();
            memory = context.Allocate(bytes);
        }

        Interlocked.Add(ref held, bytes);
        return memory;
    }

    /// <summary>Frees kept allocations, the longest first, until so many bytes are gained or none is left.</summary>
    private void MakeRoom(long bytes)
    {
        kept.Sort((a, b) => b.Bytes.CompareTo(a.Bytes));
        while (bytes > 0 && kept.Count > 0)
        {
            IGpuMemory longest = kept[0];
            kept.RemoveAt(0);
            bytes -= longest.Bytes;
            Interlocked.Add(ref held, -longest.Bytes);
            longest.Dispose();
        }
    }
}

/// <summary>The memory of a job or a key; given back when disposed, on the device's thread.</summary>
internal sealed class GpuReservation(GpuMemoryPool pool) : IDisposable
{
    private readonly List<(IGpuMemory Memory, long Length)> parts = [];

    /// <summary>Buffer i, with exactly the length that was asked for.</summary>
    public GpuSlice this[int i] => new(parts[i].Memory, 0, parts[i].Length);

    /// <summary>Overwrites all of it, in a queue's order: before what holds secrets goes back. Lengths are multiples of 4.</summary>
    public void Clear(IGpuQueue queue)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            queue.Clear(this[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((IGpuMemory memory, _) in parts)
        {
            pool.Return(memory);
        }

        parts.Clear();
    }

    internal void Add(IGpuMemory memory, long length) => parts.Add((memory, length));
}
