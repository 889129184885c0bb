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
            return new Memory(this, inner.Allocate(bytes));
        }

        public IPinnedMemory AllocatePinned(long bytes) => inner.AllocatePinned(bytes);

        public IGpuQueue CreateQueue() => new Queue(inner.CreateQueue(), faults);

        public IGpuProgram Build(KernelSource source)
        {
            if (faults.BrokenProgram is { } broken && source.Name.Contains(broken, StringComparison.Ordinal))
            {
                faults.Failed++;
                throw new GpuBuildException(source.Name, "injected");
            }

            return inner.Build(source);
        }

        public void Dispose() => inner.Dispose();

        /// <summary>Counts what is given back.</summary>
        public sealed class Memory(Context owner, IGpuMemory inner) : IGpuMemory
        {
            public IGpuMemory Inner => inner;

            public long Bytes => inner.Bytes;

            public void Dispose()
            {
                owner.held -= inner.Bytes;
                inner.Dispose();
            }
        }
    }

    private sealed unsafe class Queue(IGpuQueue inner, Faults faults) : IGpuQueue
    {
        private readonly List<nint> corrupt = [];

        public void Upload(void* from, GpuSlice to) => inner.Upload(from, Own(to));

        public void Download(GpuSlice from, void* to)
        {
            inner.Download(Own(from), to);
            if (faults.Corrupts?.Invoke(from.Bytes) == true)
            {
                faults.Failed++;
                corrupt.Add((nint)to);
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
            foreach (nint address in corrupt)
            {
                *(byte*)address ^= 1;
            }

            corrupt.Clear();
        }

        public void Dispose() => inner.Dispose();

        private static GpuSlice Own(GpuSlice slice) => slice with { Memory = ((Context.Memory)slice.Memory).Inner };
    }
}
