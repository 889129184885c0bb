// Owns: tests of the memory budget, on a device that only counts.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class MemoryPoolTests
{
    private const long Grain = 1 << 12;

    [Fact]
    public void A_reservation_gets_everything_or_nothing()
    {
        var context = new CountingContext(device: 100 * Grain);
        using var pool = new GpuMemoryPool(context, 10 * Grain);
        using (GpuReservation all = pool.Reserve(4 * Grain, 1, Grain + 1))
        {
            Assert.Equal(4 * Grain, all[0].Bytes);
            Assert.Equal(1, all[1].Bytes);
            Assert.Equal(Grain + 1, all[2].Bytes);
            Assert.Equal(7 * Grain, pool.LentBytes);
            Assert.Equal(3 * Grain, pool.FreeBytes);
            GpuOutOfMemoryException error = Assert.Throws<GpuOutOfMemoryException>(() => pool.Reserve(2 * Grain, 2 * Grain));
            Assert.Contains("budget", error.Message, StringComparison.Ordinal);
            Assert.Equal(7 * Grain, pool.LentBytes);
            pool.Reserve(3 * Grain).Dispose();
        }

        Assert.Equal(0, pool.LentBytes);
    }

    [Fact]
    public void What_is_given_back_is_handed_out_again()
    {
        var context = new CountingContext(device: 100 * Grain);
        using var pool = new GpuMemoryPool(context, 10 * Grain);
        pool.Reserve(4 * Grain, Grain).Dispose();
        Assert.Equal(2, context.Allocations);
        pool.Reserve(4 * Grain, Grain).Dispose();
        Assert.Equal(2, context.Allocations);

        // A much shorter buffer does not take the long one.
        pool.Reserve(2 * Grain).Dispose();
        Assert.Equal(3, context.Allocations);
        Assert.Equal(7 * Grain, pool.HeldBytes);
    }

    [Fact]
    public void The_shortest_that_is_long_enough_is_handed_out()
    {
        var context = new CountingContext(device: 100 * Grain);
        using var pool = new GpuMemoryPool(context, 100 * Grain);
        pool.Reserve(10 * Grain, 9 * Grain, 8 * Grain).Dispose();
        using GpuReservation nine = pool.Reserve((9 * Grain) - 1), ten = pool.Reserve((9 * Grain) - 1);
        Assert.Equal((9 * Grain, 10 * Grain), (nine[0].Memory.Bytes, ten[0].Memory.Bytes));
        Assert.Equal(3, context.Allocations);
    }

    [Fact]
    public void Kept_memory_makes_way_and_the_budget_is_never_passed()
    {
        var context = new CountingContext(device: 100 * Grain);
        using var pool = new GpuMemoryPool(context, 10 * Grain);
        pool.Reserve(4 * Grain, 4 * Grain).Dispose();
        using GpuReservation large = pool.Reserve(10 * Grain);
        Assert.Equal(10 * Grain, context.Peak);
        Assert.Equal(10 * Grain, pool.HeldBytes);
    }

    [Fact]
    public void The_longest_that_is_kept_makes_way_first()
    {
        var context = new CountingContext(device: 100 * Grain);
        using var pool = new GpuMemoryPool(context, 10 * Grain);
        pool.Reserve(2 * Grain, 6 * Grain, 2 * Grain).Dispose();
        pool.Reserve(4 * Grain).Dispose();
        Assert.Equal(8 * Grain, pool.HeldBytes);
    }

    [Fact]
    public void A_device_with_less_memory_than_the_budget_is_asked_again_without_the_kept()
    {
        var context = new CountingContext(device: 5 * Grain);
        using var pool = new GpuMemoryPool(context, 100 * Grain);
        pool.Reserve(Grain, 2 * Grain).Dispose();
        using (GpuReservation most = pool.Reserve(5 * Grain))
        {
            Assert.Throws<GpuOutOfMemoryException>(() => pool.Reserve(1));
        }

        pool.Trim();
        Assert.Equal(0, pool.HeldBytes);
        Assert.Equal(0, context.Held);
    }

    [Fact]
    public void One_allocation_is_not_longer_than_the_device_allows()
    {
        var context = new CountingContext(device: 100 * Grain) { MaxAllocation = 4 * Grain };
        using var pool = new GpuMemoryPool(context, 100 * Grain);
        Assert.Throws<GpuOutOfMemoryException>(() => pool.Reserve(Grain, 5 * Grain));
        Assert.Equal(0, pool.LentBytes);
        pool.Reserve(4 * Grain, 4 * Grain).Dispose();
    }

    [Fact]
    public void A_closed_pool_holds_nothing_and_takes_nothing_back()
    {
        var context = new CountingContext(device: 100 * Grain);
        var pool = new GpuMemoryPool(context, 100 * Grain);
        using GpuReservation key = pool.Reserve(4 * Grain, Grain);
        pool.Reserve(9 * Grain).Dispose();
        pool.Dispose();
        Assert.Equal(0, context.Held);
        key.Dispose();
        Assert.Equal((0, 0), (pool.HeldBytes, pool.LentBytes));
        Assert.Equal(0, context.Held);
    }

    private sealed class CountingContext(long device) : IGpuContext
    {
        public long MaxAllocation { get; init; } = long.MaxValue;

        public int Allocations { get; private set; }

        public long Held { get; private set; }

        public long Peak { get; private set; }

        public GpuDeviceInfo Device => new()
        {
            Api = GpuApi.OpenCl, Index = 0, Name = "", Vendor = "", DriverVersion = "", MemoryBytes = device,
            MaxAllocationBytes = MaxAllocation, ComputeUnits = 1, MaxGroupSize = 1, LocalMemoryBytes = 1,
        };

        public IGpuMemory Allocate(long bytes)
        {
            if (Held + bytes > device)
            {
                throw new GpuOutOfMemoryException("full");
            }

            Allocations++;
            Held += bytes;
            Peak = Math.Max(Peak, Held);
            return new Memory(this, bytes);
        }

        public IPinnedMemory AllocatePinned(long bytes) => throw new NotSupportedException();

        public IGpuQueue CreateQueue() => throw new NotSupportedException();

        public IGpuProgram Build(KernelSource source) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        private sealed class Memory(CountingContext owner, long bytes) : IGpuMemory
        {
            public long Bytes => bytes;

            public void Dispose() => owner.Held -= bytes;
        }
    }
}
