// Owns: tests of a device's life: opened when needed, rested after failures, tried again, never in a loop.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class DeviceTests
{
    private readonly Faults faults = new();
    private readonly TestClock clock = new();

    [Fact]
    public void A_device_is_opened_by_its_first_job_and_has_one_thread()
    {
        using GpuDevice device = Device();
        Assert.Equal(GpuDeviceState.Closed, device.State);
        Assert.Equal(0, faults.Opened);
        int[] threads = [.. Enumerable.Range(0, 20).AsParallel().Select(_ => device.Run(_ => Environment.CurrentManagedThreadId, default))];
        Assert.Single(threads.Distinct());
        Assert.NotEqual(Environment.CurrentManagedThreadId, threads[0]);
        Assert.Equal((1, GpuDeviceState.Ready, 0), (faults.Opened, device.State, device.Load));
    }

    [Fact]
    public void A_failing_device_rests_and_is_tried_again_with_longer_rests()
    {
        using GpuDevice device = Device();
        double rest = 30;
        for (int failure = 0; failure < 12; failure++)
        {
            Assert.True(device.IsUsable);
            Assert.Throws<GpuException>(() => device.Run<int>(_ => throw new GpuException("broken " + failure), default));
            Assert.Equal(GpuDeviceState.OutOfUse, device.State);
            Assert.Equal("broken " + failure, device.OutOfUseReason);

            // Nobody gets through to it while it rests.
            GpuException refusal = Assert.Throws<GpuException>(() => device.Run<int>(_ => throw new InvalidOperationException(), default));
            Assert.Contains("out of use: broken " + failure, refusal.Message, StringComparison.Ordinal);
            Assert.Equal(failure + 1, faults.Opened);
            clock.Advance(rest - 1);
            Assert.False(device.IsUsable);
            clock.Advance(1);
            rest = Math.Min(rest * 2, 3600);
        }

        Assert.Equal(GpuDeviceState.Closed, device.State);
        Assert.Equal(7, device.Run(_ => 7, default));
        Assert.Equal((GpuDeviceState.Ready, null), (device.State, device.OutOfUseReason));

        // A success makes the next rest short again.
        Assert.Throws<GpuException>(() => device.Run<int>(_ => throw new GpuException("broken"), default));
        clock.Advance(30);
        Assert.True(device.IsUsable);
    }

    [Fact]
    public void A_device_that_does_not_open_is_out_of_use()
    {
        faults.Refuses = true;
        using GpuDevice device = Device();
        Assert.Throws<GpuException>(() => device.Run(_ => 0, default));
        Assert.Equal(GpuDeviceState.OutOfUse, device.State);
        Assert.Throws<GpuException>(() => device.Run(_ => 0, default));
        Assert.Equal(1, faults.Opened);
        faults.Refuses = false;
        clock.Advance(30);
        Assert.Equal(1, device.Run(_ => 1, default));
    }

    [Fact]
    public void Too_little_memory_is_not_the_devices_fault()
    {
        using GpuDevice device = Device();
        Assert.Throws<GpuOutOfMemoryException>(() => device.Run<int>(session => throw new GpuOutOfMemoryException("full"), default));
        Assert.Equal(GpuDeviceState.Ready, device.State);
        Assert.Equal(1, device.Run(_ => 1, default));
        Assert.Equal(1, faults.Opened);
    }

    [Fact]
    public void A_mistake_of_ours_is_not_the_devices_fault()
    {
        using GpuDevice device = Device();
        Assert.Throws<InvalidOperationException>(() => device.Run<int>(_ => throw new InvalidOperationException(), default));
        Assert.Equal(GpuDeviceState.Ready, device.State);
    }

    [Fact]
    public void Wrong_results_cost_the_longest_rest_and_checks_are_made_again()
    {
        using GpuDevice device = Device();
        int checks = 0;
        device.Run(session => Require(session), default);
        device.Run(session => Require(session), default);
        Assert.Equal(1, checks);
        device.Quarantine("wrong");
        Assert.Equal((GpuDeviceState.OutOfUse, "wrong"), (device.State, device.OutOfUseReason));
        clock.Advance(3599);
        Assert.False(device.IsUsable);
        clock.Advance(1);
        device.Run(session => Require(session), default);
        Assert.Equal((2, 2), (checks, faults.Opened));

        int Require(GpuSession session)
        {
            device.Require("check", session, _ => checks++);
            return 0;
        }
    }

    [Fact]
    public void A_job_that_fails_in_quarantine_does_not_end_it()
    {
        using GpuDevice device = Device();
        Assert.Throws<GpuException>(() => device.Run<int>(
            _ =>
            {
                device.Quarantine("wrong");
                throw new GpuException("broken");
            },
            default));
        Assert.Equal("wrong", device.OutOfUseReason);
        clock.Advance(3599);
        Assert.False(device.IsUsable);
        clock.Advance(1);
        Assert.True(device.IsUsable);
    }

    [Fact]
    public void A_device_found_wrong_while_it_opens_is_out_of_use()
    {
        using GpuDevice device = Device();
        faults.OnOpen = () => device.Quarantine("wrong");
        Assert.Equal(3, device.Run(_ => 3, default));
        Assert.Equal((GpuDeviceState.OutOfUse, "wrong"), (device.State, device.OutOfUseReason));
    }

    [Fact]
    public void A_disposed_device_takes_no_work_and_no_offence()
    {
        GpuDevice device = Device();
        Assert.Equal(1, device.Run(_ => 1, default));
        device.Dispose();
        device.Dispose();
        Assert.False(device.IsUsable);
        Assert.Throws<GpuException>(() => device.Run(_ => 1, default));
        device.Post(() => Assert.Fail("There is no thread any more."));
        device.Quarantine("wrong");
        Assert.Equal((1, 1, 0), (faults.Opened, faults.Closed, device.Load));
        Device().Dispose();
    }

    [Fact]
    public async Task What_was_queued_is_done_before_a_device_is_disposed()
    {
        GpuDevice device = Device();
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        Task<int> first = Task.Run(() => device.Run(
            _ =>
            {
                begun.Set();
                go.Wait();
                return 1;
            },
            default));
        begun.Wait();
        bool posted = false;
        device.Post(() => posted = true);
        Task disposal = Task.Run(device.Dispose);
        go.Set();
        await disposal;
        Assert.True(posted);
        Assert.Equal(1, await first);
    }

    [Fact]
    public void A_device_without_queues_is_closed_again()
    {
        faults.RefusesQueues = true;
        using GpuDevice device = Device();
        Assert.Throws<GpuException>(() => device.Run(_ => 0, default));
        Assert.Equal((1, 1), (faults.Opened, faults.Closed));
    }

    [Fact]
    public void A_failed_check_takes_the_device_out_of_use()
    {
        using GpuDevice device = Device();
        Assert.Throws<GpuException>(() => device.Run(
            session =>
            {
                device.Require("check", session, _ => throw new GpuException("the sum is wrong"));
                return 0;
            },
            default));
        Assert.Equal("the sum is wrong", device.OutOfUseReason);
    }

    [Fact]
    public void A_job_that_has_not_begun_is_taken_back()
    {
        using GpuDevice device = Device();
        Assert.Throws<OperationCanceledException>(() => device.Run(_ => 0, new CancellationToken(true)));
        Assert.Equal(0, faults.Opened);
    }

    [Fact]
    public async Task A_job_that_waits_for_another_is_taken_back_at_once()
    {
        using GpuDevice device = Device();
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        Task<int> first = Task.Run(() => device.Run(
            _ =>
            {
                begun.Set();
                go.Wait();
                return 1;
            },
            default));
        begun.Wait();
        using var source = new CancellationTokenSource();
        Task<int> second = Task.Run(() => device.Run<int>(_ => throw new InvalidOperationException("It was taken back."), source.Token));
        Assert.True(SpinWait.SpinUntil(() => device.Load == 2, TimeSpan.FromSeconds(30)));
        await source.CancelAsync();

        // The first job still runs, and nobody waits for it.
        await Assert.ThrowsAsync<OperationCanceledException>(() => second.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal((1, false), (device.Load, first.IsCompleted));
        go.Set();
        Assert.Equal(1, await first);
        Assert.Equal(2, device.Run(_ => 2, default));
        Assert.Equal(0, device.Load);
    }

    [Fact]
    public void Memory_is_bounded_by_share_and_budget()
    {
        Assert.Equal(900, Device().MemoryBudget);
        Assert.Equal(225, Device(isCpu: true).MemoryBudget);
        Assert.Equal(100, Device(new() { MemoryBudget = 100 }).MemoryBudget);
        Assert.Equal(500, Device(new() { MemoryBudget = 10000, MemoryShare = 0.5 }).MemoryBudget);
    }

    private GpuDevice Device(GpuOptions? options = null, bool isCpu = false)
    {
        GpuDeviceInfo info = new()
        {
            Api = GpuApi.OpenCl, Index = 0, Name = "", Vendor = "", DriverVersion = "", MemoryBytes = 1000,
            MaxAllocationBytes = 1000, ComputeUnits = 1, MaxGroupSize = 1, LocalMemoryBytes = 1, IsCpu = isCpu,
        };
        return new(new FaultyPlatform(new IdlePlatform(), faults), info, (options ?? new()) with { Time = clock });
    }

    /// <summary>Devices that open and do nothing.</summary>
    private sealed class IdlePlatform : IGpuPlatform
    {
        public GpuApi Api => GpuApi.OpenCl;

        public IReadOnlyList<GpuDeviceInfo> Discover() => [];

        public IGpuContext Open(GpuDeviceInfo device) => new Context(device);

        private sealed class Context(GpuDeviceInfo device) : IGpuContext
        {
            public GpuDeviceInfo Device => device;

            public IGpuMemory Allocate(long bytes) => throw new NotSupportedException();

            public IPinnedMemory AllocatePinned(long bytes) => throw new NotSupportedException();

            public IGpuQueue CreateQueue() => new Queue();

            public IGpuProgram Build(KernelSource source) => throw new NotSupportedException();

            public void Dispose()
            {
            }
        }

        private sealed unsafe class Queue : IGpuQueue
        {
            public void Upload(void* from, GpuSlice to) => throw new NotSupportedException();

            public void Download(GpuSlice from, void* to) => throw new NotSupportedException();

            public void Copy(GpuSlice from, GpuSlice to) => throw new NotSupportedException();

            public void Clear(GpuSlice memory) => throw new NotSupportedException();

            public void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments) =>
                throw new NotSupportedException();

            public IGpuEvent Record() => throw new NotSupportedException();

            public void WaitFor(IGpuEvent mark) => throw new NotSupportedException();

            public void Flush() => throw new NotSupportedException();

            public void Synchronize() => throw new NotSupportedException();

            public void Dispose()
            {
            }
        }
    }
}
