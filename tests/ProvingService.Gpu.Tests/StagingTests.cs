// Owns: tests of the order in which staged copies wait for kernels and kernels for them, on queues that only write down
// what they are told: devices that run one thing at a time would forgive a wrong order.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed unsafe class StagingTests : IDisposable
{
    private const int Piece = 4 << 20;

    private readonly List<string> log = [];
    private readonly Context context;
    private readonly IGpuQueue compute;
    private readonly GpuStaging staging;
    private readonly Memory memory = new(3 * Piece);
    private readonly byte[] host = new byte[3 * Piece];

    public StagingTests()
    {
        context = new(log);
        compute = context.CreateQueue();
        staging = new(context, compute);
        Array.Fill(host, (byte)7);
    }

    public void Dispose() => staging.Dispose();

    [Fact]
    public void Uploads_wait_for_the_kernels_before_and_the_kernels_after_for_them()
    {
        fixed (byte* from = host)
        {
            staging.Upload(from, new(memory));
        }

        Assert.Equal(
            [
                "0 mark",
                "1 sync", "1 waits for 0", "1 up 0", "1 flush",
                "2 sync", "2 waits for 0", "2 up 1", "2 flush",
                "1 sync", "1 waits for 0", "1 up 2", "1 flush",
                "1 mark", "0 waits for 1", "2 mark", "0 waits for 2",
            ],
            log);
    }

    [Fact]
    public void Downloads_wait_for_the_kernels_before_and_are_taken_when_they_are_there()
    {
        fixed (byte* to = host)
        {
            staging.Download(new(memory), to);
        }

        Assert.Equal(
            [
                "0 mark",
                "1 waits for 0", "1 down 0", "1 flush",
                "2 waits for 0", "2 down 1", "2 flush",
                "1 sync", "1 waits for 0", "1 down 2", "1 flush",
                "2 sync", "1 sync",
            ],
            log);
        Assert.Equal([0, 1, 2], [host[0], host[Piece], host[(3 * Piece) - 1]]);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void What_was_copied_is_overwritten(bool isUpload, bool isDisposed)
    {
        fixed (byte* pointer = host)
        {
            if (isUpload)
            {
                staging.Upload(pointer, new(memory));
            }
            else
            {
                staging.Download(new GpuSlice(memory).Slice(Piece, 2 * Piece), pointer);
            }
        }

        Assert.True(context.Pinned.Sum(part => part.Left) > 0);
        log.Clear();
        if (isDisposed)
        {
            staging.Dispose();
        }
        else
        {
            staging.Erase();
            Assert.Equal(["1 sync", "2 sync"], log);
        }

        Assert.Equal(0, context.Pinned.Sum(part => part.Left));
    }

    private sealed class Context(List<string> log) : IGpuContext
    {
        private int queues;

        public List<Pinned> Pinned { get; } = [];

        public GpuDeviceInfo Device => throw new NotSupportedException();

        public IGpuMemory Allocate(long bytes) => throw new NotSupportedException();

        public IPinnedMemory AllocatePinned(long bytes)
        {
            Pinned.Add(new(bytes));
            return Pinned[^1];
        }

        public IGpuQueue CreateQueue() => new Queue(log, queues++);

        public IGpuProgram Build(KernelSource source) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    private sealed record Memory(long Bytes) : IGpuMemory
    {
        public void Dispose()
        {
        }
    }

    /// <summary>Memory that remembers how many bytes were not zero when it was freed.</summary>
    private sealed class Pinned : IPinnedMemory
    {
        private readonly byte[] bytes;
        private nint pointer;

        public Pinned(long length)
        {
            bytes = GC.AllocateArray<byte>((int)length, pinned: true);
            pointer = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref bytes[0]);
        }

        public nint Pointer => pointer;

        public long Bytes => bytes.Length;

        public int Left => bytes.Length - bytes.AsSpan().Count((byte)0);

        public void Dispose() => pointer = 0;
    }

    private sealed class Queue(List<string> log, int number) : IGpuQueue
    {
        public void Upload(void* from, GpuSlice to) => log.Add($"{number} up {to.Offset / Piece}");

        public void Download(GpuSlice from, void* to)
        {
            log.Add($"{number} down {from.Offset / Piece}");
            new Span<byte>(to, (int)from.Bytes).Fill((byte)(from.Offset / Piece));
        }

        public void Copy(GpuSlice from, GpuSlice to) => throw new NotSupportedException();

        public void Clear(GpuSlice part) => throw new NotSupportedException();

        public void Launch(IGpuKernel kernel, uint groups, uint groupSize, params ReadOnlySpan<KernelArgument> arguments) =>
            throw new NotSupportedException();

        public IGpuEvent Record()
        {
            log.Add($"{number} mark");
            return new Mark(number);
        }

        public void WaitFor(IGpuEvent mark) => log.Add($"{number} waits for {((Mark)mark).Number}");

        public void Flush() => log.Add($"{number} flush");

        public void Synchronize() => log.Add($"{number} sync");

        public void Dispose()
        {
        }
    }

    private sealed record Mark(int Number) : IGpuEvent
    {
        public double SecondsSince(IGpuEvent earlier) => 0;

        public void Dispose()
        {
        }
    }
}
