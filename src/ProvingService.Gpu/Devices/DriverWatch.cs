// Owns: knowing whether a device's thread is inside a driver's call, and giving up on one that does not come back.

namespace ProvingService.Gpu;

/// <summary>
/// Notes when the device's thread enters a call of the driver and when it leaves it. Others may give up on the thread, but
/// only while it is inside a call: when that returns after all, the thread learns of it there and touches nothing of its
/// job any more, so that those who waited may let go of the memory that it was to read.
/// </summary>
internal sealed class DriverWatch(TimeProvider time)
{
    private const long Outside = 0, GivenUp = -1;

    private long entered;

    /// <summary>Whether somebody gave up on the thread.</summary>
    public bool IsGivenUp => Volatile.Read(ref entered) == GivenUp;

    /// <summary>Enters a call; what is returned leaves it when disposed.</summary>
    /// <exception cref="GpuException">The thread was given up; so throws leaving.</exception>
    public Call Enter()
    {
        // Never one of the two marks.
        long now = Math.Max(1, time.GetTimestamp());
        if (Interlocked.CompareExchange(ref entered, now, Outside) == GivenUp)
        {
            throw Failure();
        }

        return new(this, now);
    }

    /// <summary>Gives up on the thread if it has been inside one call for longer than a limit.</summary>
    public bool TryGiveUp(TimeSpan limit)
    {
        long since = Volatile.Read(ref entered);
        return since > Outside
            && time.GetElapsedTime(since) > limit
            && Interlocked.CompareExchange(ref entered, GivenUp, since) == since;
    }

    private static GpuException Failure() => new("the driver did not answer, and the device's thread was given up.");

    /// <summary>A call under way.</summary>
    public readonly ref struct Call(DriverWatch watch, long since)
    {
        /// <summary>Leaves it.</summary>
        /// <exception cref="GpuException">The thread was given up meanwhile.</exception>
        public void Dispose()
        {
            if (Interlocked.CompareExchange(ref watch.entered, Outside, since) != since)
            {
                throw Failure();
            }
        }
    }
}

/// <summary>A context whose calls that may wait for the device are watched.</summary>
internal sealed class WatchedContext(IGpuContext inner, DriverWatch watch) : IGpuContext
{
    /// <inheritdoc/>
    public GpuDeviceInfo Device => inner.Device;

    /// <inheritdoc/>
    public IGpuMemory Allocate(long bytes)
    {
        using DriverWatch.Call call = watch.Enter();
        return inner.Allocate(bytes);
    }

    /// <inheritdoc/>
    public IPinnedMemory AllocatePinned(long bytes)
    {
        using DriverWatch.Call call = watch.Enter();
        return inner.AllocatePinned(bytes);
    }

    /// <inheritdoc/>
    public IGpuQueue CreateQueue()
    {
        using DriverWatch.Call call = watch.Enter();
        return new Queue(inner.CreateQueue(), watch);
    }

    /// <inheritdoc/>
    public IGpuProgram Build(KernelSource source)
    {
        using DriverWatch.Call call = watch.Enter();
        return inner.Build(source);
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private sealed unsafe class Queue(IGpuQueue inner, DriverWatch watch) : IGpuQueue
    {
        public void Upload(void* from, GpuSlice to)
        {
            using DriverWatch.Call call = watch.Enter();
            inner.Upload(from, to);
        }

        public void Download(GpuSlice from, void* to)
        {
            using DriverWatch.Call call = watch.Enter();
            inner.Download(from, to);
        }

        public void Copy(GpuSlice from, GpuSlice to)
        {
            using DriverWatch.Call call = watch.Enter();
            inner.Copy(from, to);
        }

        public void Clear(GpuSlice memory)
        {
            using DriverWatch.Call call = watch.Enter();
            inner.Clear(memory);
        }

        public void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments)
        {
            using DriverWatch.Call call = watch.Enter();
            inner.Launch(kernel, groups, groupSize, arguments);
        }

        public IGpuEvent Record()
        {
            using DriverWatch.Call call = watch.Enter();
            return inner.Record();
        }

        public void WaitFor(IGpuEvent mark)
        {
            using DriverWatch.Call call = watch.Enter();
            inner.WaitFor(mark);
        }

        public void Flush()
        {
            using DriverWatch.Call call = watch.Enter();
            inner.Flush();
        }

        public void Synchronize()
        {
            using DriverWatch.Call call = watch.Enter();
            inner.Synchronize();
        }

        public void Dispose() => inner.Dispose();
    }
}
