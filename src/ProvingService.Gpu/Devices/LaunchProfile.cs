// Owns: where a device's time goes, kernel by kernel, by the device's own clock.

namespace ProvingService.Gpu;

/// <summary>What one kernel did.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Resources">What it uses of the device.</param>
/// <param name="Launches">How often it ran.</param>
/// <param name="Seconds">How long, in all.</param>
internal sealed record KernelTime(string Kernel, KernelResources Resources, int Launches, double Seconds);

/// <summary>
/// A platform whose queues put a mark before and after each launch. The marks cost a few microseconds a launch, and keep
/// launches of one queue from running into each other, so that sums of times are a little more than the whole.
/// </summary>
internal sealed class LaunchProfile(IGpuPlatform inner) : IGpuPlatform
{
    private readonly Dictionary<string, KernelTime> times = [];

    /// <inheritdoc/>
    public GpuApi Api => inner.Api;

    /// <summary>The kernels that ran since <see cref="Clear"/>, those that took longest first.</summary>
    public IReadOnlyList<KernelTime> Times => [.. times.Values.OrderByDescending(time => time.Seconds)];

    /// <summary>Forgets what ran so far.</summary>
    public void Clear() => times.Clear();

    /// <inheritdoc/>
    public IReadOnlyList<GpuDeviceInfo> Discover() => inner.Discover();

    /// <inheritdoc/>
    public IGpuContext Open(GpuDeviceInfo device) => new Context(this, inner.Open(device));

    private sealed class Context(LaunchProfile profile, IGpuContext inner) : IGpuContext
    {
        public GpuDeviceInfo Device => inner.Device;

        public IGpuMemory Allocate(long bytes) => inner.Allocate(bytes);

        public IPinnedMemory AllocatePinned(long bytes) => inner.AllocatePinned(bytes);

        public IGpuQueue CreateQueue() => new Queue(profile, inner.CreateQueue());

        public IGpuProgram Build(KernelSource source) => inner.Build(source);

        public void Dispose() => inner.Dispose();
    }

    private sealed unsafe class Queue(LaunchProfile profile, IGpuQueue inner) : IGpuQueue
    {
        private readonly List<(IGpuKernel Kernel, IGpuEvent Before, IGpuEvent After)> open = [];

        public void Upload(void* from, GpuSlice to) => inner.Upload(from, to);

        public void Download(GpuSlice from, void* to) => inner.Download(from, to);

        public void Copy(GpuSlice from, GpuSlice to) => inner.Copy(from, to);

        public void Clear(GpuSlice memory) => inner.Clear(memory);

        public void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments)
        {
            IGpuEvent before = inner.Record();
            inner.Launch(kernel, groups, groupSize, arguments);
            open.Add((kernel, before, inner.Record()));
        }

        public IGpuEvent Record() => inner.Record();

        public void WaitFor(IGpuEvent mark) => inner.WaitFor(mark);

        public void Flush() => inner.Flush();

        public void Synchronize()
        {
            inner.Synchronize();
            foreach ((IGpuKernel kernel, IGpuEvent before, IGpuEvent after) in open)
            {
                // Kernels are gone when their device is closed; what is kept here stays.
                KernelTime time = profile.times.GetValueOrDefault(kernel.Name) ?? new(kernel.Name, kernel.Resources, 0, 0);
                profile.times[kernel.Name] = time with { Launches = time.Launches + 1, Seconds = time.Seconds + after.SecondsSince(before) };
                before.Dispose();
                after.Dispose();
            }

            open.Clear();
        }

        public void Dispose()
        {
            foreach ((_, IGpuEvent before, IGpuEvent after) in open)
            {
                before.Dispose();
                after.Dispose();
            }

            inner.Dispose();
        }
    }
}
