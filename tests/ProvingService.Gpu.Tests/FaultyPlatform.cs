// Owns: a platform that fails as a test wants it: out of memory, programs that do not build, drivers that err, wrong bytes.

using System.Collections.Concurrent;

namespace ProvingService.Gpu.Tests;

/// <summary>What goes wrong; everything can be changed while devices are open.</summary>
internal sealed class Faults
{
    /// <summary>The most bytes that the device gives in all; null for what it has.</summary>
    public long? Memory { get; set; }

    /// <summary>Programs that do not build: those whose name contains it.</summary>
    public string? BrokenProgram { get; set; }

    /// <summary>Kernels whose launch fails: those whose name contains it.</summary>
    public string? BrokenKernel { get; set; }

    /// <summary>Whether a bit of what is downloaded is turned over, given its length in bytes.</summary>
    public Func<long, bool>? Corrupts { get; set; }

    /// <summary>Whether it is all of it that is wrong, and not a bit: what is no element of any field.</summary>
    public bool Garbles { get; set; }

    /// <summary>Programs that do not build: those whose text contains it.</summary>
    public string? BrokenText { get; set; }

    /// <summary>Whether the download of so many bytes fails.</summary>
    public Func<long, bool>? BrokenDownload { get; set; }

    /// <summary>Page-locked memory that can be had, in allocations; null for any number.</summary>
    public int? Pinnable { get; set; }

    /// <summary>Page-locked memory that was allocated and not freed.</summary>
    public ConcurrentDictionary<nint, long> Pinned { get; } = [];

    /// <summary>Told of what is in memory that is freed. Device memory is zero at first where this was set before it was allocated.</summary>
    public Action<byte[]>? OnFree { get; set; }

    /// <summary>Told when the device is opened.</summary>
    public Action? OnOpen { get; set; }

    /// <summary>Whether queues cannot be made.</summary>
    public bool RefusesQueues { get; set; }

    public int Closed { get; set; }

    /// <summary>Whether the driver does not open the device.</summary>
    public bool Refuses { get; set; }

    /// <summary>So many launches fail, the next ones.</summary>
    public int BrokenLaunches { get; set; }

    /// <summary>Told of each launch.</summary>
    public Action<string>? OnLaunch { get; set; }

    /// <summary>The kernels that were launched.</summary>
    public ConcurrentDictionary<string, int> Launched { get; } = [];

    public IEnumerable<string> Kernels => Launched.Keys;

    public int Opened { get; set; }

    public int Launches => Launched.Values.Sum();

    public int Failed { get; set; }
}

/// <summary>Another platform with faults.</summary>
internal sealed class FaultyPlatform(IGpuPlatform inner, Faults faults) : IGpuPlatform
{
    public GpuApi Api => inner.Api;

    public IReadOnlyList<GpuDeviceInfo> Discover() => inner.Discover();

    public IGpuContext Open(GpuDeviceInfo device)
    {
        faults.Opened++;
        faults.OnOpen?.Invoke();
        return faults.Refuses ? throw Fail("opening") : new Context(inner.Open(device), faults);
    }

    private GpuException Fail(string what) => Fail(faults, what);

    private static GpuException Fail(Faults faults, string what)
    {
        faults.Failed++;
        return new($"injected: {what} failed");
    }

    private sealed class Context(IGpuContext inner, Faults faults) : IGpuContext
    {
        private readonly List<IGpuQueue> queues = [];
        private long held;

        public GpuDeviceInfo Device => inner.Device;

        public IGpuMemory Allocate(long bytes)
        {
            if (held + bytes > faults.Memory)
            {
                faults.Failed++;
                throw new GpuOutOfMemoryException($"injected: {bytes} bytes beside {held} of {faults.Memory}");
            }

            held += bytes;
            IGpuMemory memory = inner.Allocate(bytes);
            if (faults.OnFree is not null)
            {
                using IGpuQueue queue = inner.CreateQueue();
                queue.Clear(new(memory));
                queue.Synchronize();
            }

            return new Memory(this, memory);
        }

        public IPinnedMemory AllocatePinned(long bytes)
        {
            if (faults.Pinnable-- <= 0)
            {
                throw new GpuOutOfMemoryException("injected: no page-locked memory");
            }

            return new PinnedMemory(faults, inner.AllocatePinned(bytes));
        }

        public IGpuQueue CreateQueue()
        {
            if (faults.RefusesQueues)
            {
                throw Fail(faults, "a queue");
            }

            queues.Add(inner.CreateQueue());
            return new Queue(queues[^1], faults);
        }

        public IGpuProgram Build(KernelSource source)
        {
            if ((faults.BrokenProgram is { } broken && source.Name.Contains(broken, StringComparison.Ordinal))
                || (faults.BrokenText is { } text && source.Text.Contains(text, StringComparison.Ordinal)))
            {
                faults.Failed++;
                throw new GpuBuildException(source.Name, "injected");
            }

            return inner.Build(source);
        }

        public void Dispose()
        {
            faults.Closed++;
            inner.Dispose();
        }

        private unsafe void TellFree(IGpuMemory memory)
        {
            if (faults.OnFree is { } tell)
            {
                // What is queued for it comes first.
                queues.ForEach(other => other.Synchronize());
                byte[] bytes = new byte[memory.Bytes];
                using IGpuQueue queue = inner.CreateQueue();
                fixed (byte* target = bytes)
                {
                    queue.Download(new(memory), target);
                    queue.Synchronize();
                }

                tell(bytes);
            }
        }

        private sealed class PinnedMemory : IPinnedMemory
        {
            private readonly Faults faults;
            private readonly IPinnedMemory inner;

            public PinnedMemory(Faults faults, IPinnedMemory inner)
            {
                (this.faults, this.inner) = (faults, inner);
                faults.Pinned[inner.Pointer] = inner.Bytes;
            }

            public nint Pointer => inner.Pointer;

            public long Bytes => inner.Bytes;

            public unsafe void Dispose()
            {
                faults.OnFree?.Invoke(new ReadOnlySpan<byte>((void*)Pointer, (int)Bytes).ToArray());
                faults.Pinned.TryRemove(Pointer, out _);
                inner.Dispose();
            }
        }

        /// <summary>Counts what is given back.</summary>
        public sealed class Memory(Context owner, IGpuMemory inner) : IGpuMemory
        {
            public IGpuMemory Inner => inner;

            public long Bytes => inner.Bytes;

            public void Dispose()
            {
                owner.held -= inner.Bytes;
                owner.TellFree(inner);
                inner.Dispose();
            }
        }
    }

    private sealed unsafe class Queue(IGpuQueue inner, Faults faults) : IGpuQueue
    {
        private readonly List<(nint Address, long Bytes)> corrupt = [];

        public void Upload(void* from, GpuSlice to) => inner.Upload(from, Own(to));

        public void Download(GpuSlice from, void* to)
        {
            if (faults.BrokenDownload?.Invoke(from.Bytes) == true)
            {
                throw Fail(faults, "a download");
            }

            inner.Download(Own(from), to);
            if (faults.Corrupts?.Invoke(from.Bytes) == true)
            {
                faults.Failed++;
                corrupt.Add(((nint)to, from.Bytes));
            }
        }

        public void Copy(GpuSlice from, GpuSlice to) => inner.Copy(Own(from), Own(to));

        public void Clear(GpuSlice memory) => inner.Clear(Own(memory));

        public void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments)
        {
            faults.Launched.AddOrUpdate(kernel.Name, 1, (_, count) => count + 1);
            faults.OnLaunch?.Invoke(kernel.Name);
            if (faults.BrokenLaunches > 0)
            {
                faults.BrokenLaunches--;
                throw Fail(faults, $"the launch of {kernel.Name}");
            }

            if (faults.BrokenKernel is { } broken && kernel.Name.Contains(broken, StringComparison.Ordinal))
            {
                throw Fail(faults, $"the launch of {kernel.Name}");
            }

            var own = new KernelArgument[arguments.Length];
            for (int i = 0; i < own.Length; i++)
            {
                own[i] = arguments[i].IsMemory ? Own(arguments[i].Memory) : arguments[i];
            }

            inner.Launch(kernel, groups, groupSize, own);
        }

        public IGpuEvent Record() => inner.Record();

        public void WaitFor(IGpuEvent mark) => inner.WaitFor(mark);

        public void Flush() => inner.Flush();

        public void Synchronize()
        {
            inner.Synchronize();
            foreach ((nint address, long bytes) in corrupt)
            {
                *(byte*)address ^= 1;
                if (faults.Garbles)
                {
                    new Span<byte>((void*)address, (int)bytes).Fill(0xff);
                }
            }

            corrupt.Clear();
        }

        public void Dispose() => inner.Dispose();

        private static GpuSlice Own(GpuSlice slice) => slice with { Memory = ((Context.Memory)slice.Memory).Inner };
    }
}
