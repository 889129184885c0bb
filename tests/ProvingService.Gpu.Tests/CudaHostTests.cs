// Owns: tests of the CUDA host on the PTX interpreter: copies, launches, marks, failures, what is given back.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed unsafe class CudaHostTests
{
    private const int InvalidPtx = 218, IllegalAddress = 700;

    private static readonly string Prelude = KernelSource.Load("prelude", "prelude.h").Text;

    private static readonly KernelSource Program = KernelSource.FromText("host test", Prelude + """
        KERNEL(64) add(GLOBAL const u32 *from, GLOBAL u32 *to, u32 count, u32 term)
        {
            u32 i = global_index();
            if (i < count)
                to[i] = from[i] + term;
        }

        // Each group turns its 64 words round, and counts the odd ones.
        KERNEL(64) turn(GLOBAL u32 *words, GLOBAL u32 *odd)
        {
            LOCAL u32 tile[64];
            LOCAL u32 sum[1];
            if (local_index() == 0)
                sum[0] = 0;
            tile[local_index()] = words[global_index()];
            group_barrier();
            if (tile[local_index()] & 1)
                local_add(&sum[0], 1u);
            words[global_index()] = tile[local_size() - 1 - local_index()];
            group_barrier();
            if (local_index() == 0)
                global_add(&odd[0], sum[0]);
        }

        // Not all work-items come to the barrier.
        KERNEL(64) part(GLOBAL u32 *words)
        {
            if (local_index() < 32)
                return;
            group_barrier();
            words[global_index()] = 0;
        }
        """);

    [Fact]
    public void No_driver_and_no_device_are_no_devices()
    {
        Assert.Empty(new CudaPlatform(null, new((ICudaCompiler?)null), null).Discover());
        using var driver = new PtxDriver { Fail = call => call == "Init" ? 100 : 0 };
        Assert.Empty(new CudaPlatform(driver, new((ICudaCompiler?)null), null).Discover());
    }

    [Fact]
    public void The_machines_own_platform_never_throws()
    {
        foreach (GpuDeviceInfo device in new CudaPlatform().Discover())
        {
            Assert.StartsWith("cuda:", device.Id, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_device_is_described()
    {
        using var device = new PtxDevice();
        GpuDeviceInfo info = device.Session.Context.Device;
        Assert.Equal(
            ("cuda:0", "PTX interpreter", "NVIDIA", "CUDA 12.4", "10111213-1415-1617-1819-1a1b1c1d1e1f", "sm_90", 1L << 32, 2, 1024, 48 << 10),
            (info.Id, info.Name, info.Vendor, info.DriverVersion, info.Uuid, info.Architecture, info.MemoryBytes, info.ComputeUnits,
                info.MaxGroupSize, (int)info.LocalMemoryBytes));
    }

    [ClangFact]
    public void Copies_and_launches_follow_each_other()
    {
        using var device = new PtxDevice();
        using GpuReservation memory = device.Session.Memory.Reserve(4000, 4000);
        IGpuKernel add = device.Session.Program(Program).Kernel("add");
        Assert.Same(add, device.Session.Program(Program).Kernel("add"));
        uint[] words = [.. Enumerable.Range(0, 1000).Select(i => (uint)i)], result = new uint[1000];
        IGpuQueue queue = device.Session.Compute;
        fixed (uint* from = words, to = result)
        {
            queue.Upload(from, memory[0]);
            queue.Clear(memory[1]);
            queue.Launch(add, 0, 64, memory[0], memory[1], 1000u, 9u);
            queue.Launch(add, 16, 64, memory[0], memory[1], 999u, 7u);
            queue.Copy(memory[1], memory[0]);
            queue.Launch(add, 16, 64, memory[0], memory[1], 1000u, 1u);
            queue.Flush();
            queue.Download(memory[1], to);
            queue.Synchronize();
        }

        Assert.Equal([.. Enumerable.Range(0, 999).Select(i => (uint)i + 8), 1u], result);
        Assert.Throws<ArgumentOutOfRangeException>(() => queue.Copy(memory[0].Slice(0, 512), memory[1]));
    }

    [ClangFact]
    public void Groups_share_memory_and_meet_at_barriers()
    {
        using var device = new PtxDevice();
        using GpuReservation memory = device.Session.Memory.Reserve(256 * sizeof(uint), sizeof(uint));
        IGpuKernel turn = device.Session.Program(Program).Kernel("turn");
        uint[] words = [.. Enumerable.Range(0, 256).Select(i => (uint)(i * i / 3))], result = new uint[64];
        uint odd;
        IGpuQueue queue = device.Session.Compute;
        fixed (uint* from = words, to = result)
        {
            queue.Upload(from, memory[0]);
            queue.Clear(memory[1]);
            queue.Launch(turn, 4, 64, memory[0], memory[1]);
            queue.Download(memory[0].Slice(512, 256), to);
            queue.Download(memory[1], &odd);
        }

        Assert.Equal(words[128..192].Reverse(), result);
        Assert.Equal((uint)words.Count(word => word % 2 == 1), odd);
        Assert.Equal(260, turn.Resources.LocalBytes);
        Assert.Equal(64, turn.Resources.MaxGroupSize);
    }

    [ClangFact]
    public void Marks_order_queues_and_tell_time()
    {
        using var device = new PtxDevice();
        using IPinnedMemory pinned = device.Session.Context.AllocatePinned(4096);
        using GpuReservation memory = device.Session.Memory.Reserve(4096);
        new Span<byte>((void*)pinned.Pointer, 4096).Fill(5);
        using IGpuQueue queue = device.Session.Context.CreateQueue();
        using IGpuEvent before = queue.Record();
        queue.Upload((void*)pinned.Pointer, memory[0]);
        using IGpuEvent after = queue.Record();
        device.Session.Compute.WaitFor(after);
        Assert.InRange(after.SecondsSince(before), 0, 60);
        Assert.Equal(4096, pinned.Bytes);
    }

    [ClangFact]
    public void What_the_interpreter_refuses_is_said()
    {
        using var device = new PtxDevice();
        using GpuReservation memory = device.Session.Memory.Reserve(4096, 4);
        IGpuProgram program = device.Session.Program(Program);
        IGpuQueue queue = device.Session.Compute;

        // Reservations are rounded up to 64 KiB; this reads beyond that.
        Refused("a load outside of memory", () => queue.Launch(program.Kernel("add"), 1 << 10, 64, memory[0], memory[0], 1u << 16, 1u));
        Refused("not all threads", () => queue.Launch(program.Kernel("part"), 1, 64, memory[0]));
        Refused("is made for 64", () => queue.Launch(program.Kernel("add"), 1, 128, memory[0], memory[0], 1u, 1u));
        Refused("launched with 3 arguments", () => queue.Launch(program.Kernel("add"), 1, 64, memory[0], memory[0], 1u));

        static void Refused(string why, Action launch) => Assert.Contains(why, Assert.Throws<PtxException>(launch).Message, StringComparison.Ordinal);
    }

    [ClangFact]
    public void Every_failing_call_is_an_exception_with_its_name_and_code()
    {
        foreach ((string call, Action<PtxDevice> work) in Calls)
        {
            var device = new PtxDevice();
            _ = device.Session.Program(Program);
            device.Driver.Fail = name => name == call ? IllegalAddress : 0;
            string message = Assert.Throws<GpuException>(() => work(device)).Message;
            Assert.Equal($"cu{call} on cuda:0 (PTX interpreter): CUDA_ERROR_700.", message.Replace(" of add", "", StringComparison.Ordinal));
            device.Dispose();
        }
    }

    [ClangFact]
    public void Out_of_memory_is_told_apart()
    {
        using var device = new PtxDevice();
        Assert.Throws<GpuOutOfMemoryException>(() => device.Session.Context.Allocate(1L << 33));
        device.Driver.Fail = name => name == "MemHostAlloc" ? Cuda.ErrorOutOfMemory : 0;
        Assert.Throws<GpuOutOfMemoryException>(() => device.Session.Context.AllocatePinned(4096));
    }

    [ClangFact]
    public void A_broken_context_is_given_up_in_silence()
    {
        var device = new PtxDevice();
        IGpuMemory memory = device.Session.Context.Allocate(4096);
        device.Session.Context.Dispose();
        memory.Dispose();
        device.Session.Dispose();
        Assert.Throws<GpuException>(() => device.Session.Context.Allocate(4096));
    }

    [ClangFact]
    public void A_program_that_does_not_compile_says_why()
    {
        using var device = new PtxDevice();
        KernelSource broken = KernelSource.FromText("broken", Prelude + "KERNEL(64) oops( {");
        var failure = Assert.Throws<GpuBuildException>(() => device.Session.Program(broken));
        Assert.Equal("broken", failure.Program);
        Assert.Contains("error", failure.Log, StringComparison.Ordinal);

        device.Driver.Fail = name => name == "ModuleLoadDataEx" ? InvalidPtx : 0;
        Assert.Contains("CUDA_ERROR_218", Assert.Throws<GpuBuildException>(() => device.Session.Program(Program)).Log, StringComparison.Ordinal);
        device.Driver.Fail = _ => 0;
        Assert.Throws<GpuException>(() => device.Session.Program(Program).Kernel("subtract"));
    }

    [Fact]
    public void Without_a_compiler_only_shipped_programs_build()
    {
        using var device = new PtxDevice(shippedOnly: true);
        Assert.Equal("rows_scalars", device.Session.Program(GpuFields.Source<Bn254Fr>("rows")).Kernel("rows_scalars").Name);
        Assert.Contains(
            "no NVRTC is installed; and no PTX is shipped",
            Assert.Throws<GpuBuildException>(() => device.Session.Program(Program)).Message,
            StringComparison.Ordinal);
    }

    private static IEnumerable<(string Call, Action<PtxDevice> Work)> Calls =>
    [
        ("MemAlloc", device => device.Session.Context.Allocate(4096)),
        ("MemHostAlloc", device => device.Session.Context.AllocatePinned(4096)),
        ("StreamCreate", device => device.Session.Context.CreateQueue()),
        ("EventCreate", device => device.Session.Compute.Record()),
        ("EventRecord", device => device.Session.Compute.Record()),
        ("StreamSynchronize", device => device.Session.Compute.Synchronize()),
        ("MemsetD32Async", device => With(device, slice => device.Session.Compute.Clear(slice))),
        ("MemcpyHtoDAsync", device => With(device, slice => device.Session.Compute.Upload((void*)1, slice))),
        ("MemcpyDtoHAsync", device => With(device, slice => device.Session.Compute.Download(slice, (void*)1))),
        ("MemcpyDtoDAsync", device => With(device, slice => device.Session.Compute.Copy(slice, slice))),
        ("LaunchKernel", device => With(
            device, slice => device.Session.Compute.Launch(device.Session.Program(Program).Kernel("add"), 1, 64, slice, slice, 1u, 1u))),
    ];

    private static void With(PtxDevice device, Action<GpuSlice> work)
    {
        using GpuReservation memory = device.Session.Memory.Reserve(4096);
        work(memory[0]);
    }
}
