// Owns: tests of a host API by itself: copies, slices, launches, marks, failures.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public sealed unsafe class HostTests(OpenClFixture fixture)
{
    private const string Doubling = """
        KERNEL(64) add(GLOBAL const u32 *from, GLOBAL u32 *to, u32 count, u32 term)
        {
            u32 i = global_index();
            if (i < count)
                to[i] = from[i] + term;
        }

        // Each group turns its 64 words round.
        KERNEL(64) turn(GLOBAL u32 *words)
        {
            LOCAL u32 tile[64];
            tile[local_index()] = words[global_index()];
            group_barrier();
            words[global_index()] = tile[local_size() - 1 - local_index()];
        }

        KERNEL(64) count(GLOBAL const u32 *words, GLOBAL u32 *odd)
        {
            LOCAL u32 sum[1];
            if (local_index() == 0)
                sum[0] = 0;
            group_barrier();
            if (words[global_index()] & 1)
                local_add(&sum[0], 1u);
            group_barrier();
            if (local_index() == 0)
                global_add(&odd[0], sum[0]);
        }
        """;

    private GpuSession Session => fixture.Session;

    [OpenClFact]
    public void Copies_and_launches_follow_each_other_in_a_queue()
    {
        using GpuReservation memory = Session.Memory.Reserve(1000 * sizeof(uint), 1000 * sizeof(uint));
        IGpuKernel add = Program().Kernel("add");
        uint[] words = [.. Enumerable.Range(0, 1000).Select(i => (uint)i)], result = new uint[1000];
        IGpuQueue queue = Session.Compute;
        fixed (uint* from = words, to = result)
        {
            queue.Upload(from, memory[0]);
            queue.Clear(memory[1]);
            queue.Launch(add, 16, 64, memory[0], memory[1], 999u, 7u);
            queue.Copy(memory[1], memory[0]);
            queue.Launch(add, 16, 64, memory[0], memory[1], 1000u, 1u);
            queue.Download(memory[1], to);
            queue.Synchronize();
        }

        Assert.Equal([.. Enumerable.Range(0, 999).Select(i => (uint)i + 8), 1u], result);
    }

    [OpenClFact]
    public void Slices_are_parts_of_their_memory()
    {
        using GpuReservation memory = Session.Memory.Reserve(4096);
        IGpuProgram program = Program();
        uint[] words = [.. Enumerable.Range(0, 1024).Select(i => (uint)i)], result = new uint[64];
        GpuSlice part = memory[0].Slice(1024, 512).Slice(0, 256);
        fixed (uint* from = words, to = result)
        {
            Session.Compute.Upload(from, memory[0]);
            Session.Compute.Launch(program.Kernel("turn"), 1, 64, part);
            Session.Compute.Download(part, to);
            Session.Compute.Synchronize();
            Assert.Equal(Enumerable.Range(0, 64).Select(i => 319u - (uint)i), result);
            Session.Compute.Download(memory[0].Slice(0, 256), to);
            Session.Compute.Synchronize();
            Assert.Equal(words[..64], result);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(4, 256));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(-1, 2));
    }

    [OpenClFact]
    public void Local_and_global_counters_add_up()
    {
        using GpuReservation memory = Session.Memory.Reserve(6400 * sizeof(uint), sizeof(uint));
        uint[] words = [.. Enumerable.Range(0, 6400).Select(i => (uint)(i * i / 3))];
        uint odd;
        fixed (uint* from = words)
        {
            Session.Compute.Upload(from, memory[0]);
            Session.Compute.Clear(memory[1]);
            Session.Compute.Launch(Program().Kernel("count"), 100, 64, memory[0], memory[1]);
            Session.Compute.Download(memory[1], &odd);
            Session.Compute.Synchronize();
        }

        Assert.Equal((uint)words.Count(word => word % 2 == 1), odd);
    }

    [OpenClFact]
    public void A_queue_waits_for_the_marks_of_another()
    {
        using GpuReservation memory = Session.Memory.Reserve(1 << 20, 1 << 20);
        using IPinnedMemory pinned = Session.Context.AllocatePinned(1 << 20);
        var words = new Span<uint>((void*)pinned.Pointer, 1 << 18);
        using IGpuQueue uploads = Session.Context.CreateQueue(), downloads = Session.Context.CreateQueue();
        IGpuKernel add = Program().Kernel("add");
        for (uint round = 0; round < 20; round++)
        {
            words.Fill(round);
            uploads.Upload((void*)pinned.Pointer, memory[0]);
            using IGpuEvent uploaded = uploads.Record();
            Session.Compute.WaitFor(uploaded);
            Session.Compute.Launch(add, 1 << 12, 64, memory[0], memory[1], 1 << 18, 1u);
            using IGpuEvent computed = Session.Compute.Record();
            downloads.WaitFor(computed);
            downloads.Download(memory[1], (void*)pinned.Pointer);
            downloads.Synchronize();
            Assert.Equal(-1, words.IndexOfAnyExcept(round + 1));
            Assert.True(uploaded.SecondsSince(uploaded) == 0);
        }
    }

    [OpenClTheory]
    [InlineData(1)]
    [InlineData(4 << 20)]
    [InlineData((4 << 20) + 1)]
    [InlineData((17 << 20) + 12)]
    public void Staged_copies_come_between_the_kernels_before_and_after(int length)
    {
        using GpuReservation memory = Session.Memory.Reserve(length, length);
        byte[] bytes = new byte[length], result = new byte[length];
        var random = new Random(length);
        for (int round = 0; round < 2; round++)
        {
            random.NextBytes(bytes);
            fixed (byte* from = bytes, to = result)
            {
                Session.Staging.Upload(from, memory[0]);

                // The copy is over: what the host does to its memory now changes nothing.
                byte[] sent = [.. bytes];
                Array.Clear(bytes);
                Session.Compute.Copy(memory[0], memory[1]);
                Session.Staging.Download(memory[1], to);
                Assert.True(sent.AsSpan().SequenceEqual(result));
            }
        }

        Session.Staging.Erase();
    }

    [OpenClFact]
    public void What_is_kept_is_made_once_until_room_is_needed()
    {
        using GpuSession session = OpenClFixture.Open(1 << 20);
        int made = 0;
        for (int i = 0; i < 3; i++)
        {
            session.Keep("tables", Make);
        }

        Assert.Equal((1, 1 << 12), (made, session.Memory.LentBytes));
        session.Trim();
        Assert.Equal(0, session.Memory.HeldBytes);
        session.Keep("tables", Make);
        Assert.Equal(2, made);

        GpuReservation Make()
        {
            made++;
            return session.Memory.Reserve(1);
        }
    }

    [OpenClFact]
    public void Marks_of_one_queue_tell_time()
    {
        using GpuReservation memory = Session.Memory.Reserve(1 << 20, 1 << 20);
        using IGpuEvent before = Session.Compute.Record();
        Session.Compute.Launch(Program().Kernel("add"), 1 << 12, 64, memory[0], memory[1], 1 << 18, 1u);
        using IGpuEvent after = Session.Compute.Record();
        Session.Compute.Synchronize();
        Assert.InRange(after.SecondsSince(before), 1e-9, 60);
    }

    [OpenClFact]
    public void What_does_not_compile_tells_the_compilers_words()
    {
        KernelSource broken = KernelSource.FromText("broken", "__kernel void f(__global uint *a) { a[0] = no_such_name; }");
        GpuBuildException error = Assert.Throws<GpuBuildException>(() => Session.Program(broken));
        Assert.Equal("broken", error.Program);
        Assert.Contains("no_such_name", error.Log, StringComparison.Ordinal);
    }

    [OpenClFact]
    public void A_kernel_that_is_not_there_is_named()
    {
        GpuException error = Assert.Throws<GpuException>(() => Program().Kernel("nothing"));
        Assert.Contains("nothing", error.Message, StringComparison.Ordinal);
    }

    [OpenClFact]
    public void A_device_has_a_name_and_memory()
    {
        GpuDeviceInfo device = OpenClFixture.Device;
        Assert.NotEmpty(device.Name);
        Assert.NotEmpty(device.DriverVersion);
        Assert.InRange(device.MemoryBytes, 1 << 20, long.MaxValue);
        Assert.InRange(device.MaxAllocationBytes, 1 << 20, device.MemoryBytes);
        Assert.InRange(device.MaxGroupSize, 64, int.MaxValue);
        Assert.Equal("opencl:" + device.Index, device.Id);
    }

    private IGpuProgram Program() =>
        Session.Program(KernelSource.FromText("host test", KernelSource.ReadFile("prelude.h").Replace("#pragma once", "", StringComparison.Ordinal) + Doubling));
}
