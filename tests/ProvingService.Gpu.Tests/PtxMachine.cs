// Owns: running kernels: groups one after the other, the threads of a group from barrier to barrier.

using System.Runtime.InteropServices;

namespace ProvingService.Gpu.Tests;

/// <summary>
/// Runs grids of interpreted threads. A group's threads run one by one up to the barrier, every second time in the opposite
/// order, so that a barrier that is missing shows. All threads of a group must meet the same barrier.
/// </summary>
internal sealed unsafe partial class PtxMachine(PtxMemory memory)
{
    private byte* shared;
    private int sharedBytes;
    private uint groupIndex, groupCount, groupSize;

    /// <summary>Runs a kernel to its end.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="groups">Groups.</param>
    /// <param name="size">Threads a group.</param>
    /// <param name="arguments">The bytes of the parameters, each where the kernel has it.</param>
    /// <exception cref="PtxException">The program does what it must not.</exception>
    public void Run(PtxFunction kernel, uint groups, uint size, ReadOnlySpan<byte> arguments)
    {
        if (size == 0 || (kernel.MaxGroupSize != 0 && size > kernel.MaxGroupSize))
        {
            throw new PtxException($"{kernel.Name} is launched with {size} threads a group; it is made for {kernel.MaxGroupSize}.");
        }

        (groupCount, groupSize, sharedBytes) = (groups, size, kernel.SharedBytes);
        bool alone = !kernel.HasBarrier;
        var threads = new PtxThread[alone ? 1 : size];
        shared = (byte*)NativeMemory.AlignedAlloc((nuint)sharedBytes + 16, 256);
        try
        {
            for (int i = 0; i < threads.Length; i++)
            {
                threads[i] = new(kernel);
            }

            for (groupIndex = 0; groupIndex < groups; groupIndex++)
            {
                new Span<byte>(shared, sharedBytes).Fill(0xa5);
                for (uint i = 0; i < size; i++)
                {
                    PtxThread thread = threads[alone ? 0 : i];
                    thread.Begin(i, arguments);
                    if (alone)
                    {
                        Run(thread);
                    }
                }

                if (!alone)
                {
                    RunTogether(threads);
                }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(shared);
            foreach (PtxThread thread in threads)
            {
                thread?.Dispose();
            }
        }
    }

    private void RunTogether(PtxThread[] threads)
    {
        for (bool backwards = false; ; backwards = !backwards)
        {
            for (int i = 0; i < threads.Length; i++)
            {
                Run(threads[backwards ? threads.Length - 1 - i : i]);
            }

            PtxThread first = threads[0];
            if (Array.Exists(threads, thread => thread.IsDone != first.IsDone || (!thread.IsDone && thread.Position != first.Position)))
            {
                throw new PtxException($"{first.Function.Name}: a barrier that not all threads of group {groupIndex} meet.");
            }

            if (first.IsDone)
            {
                return;
            }
        }
    }

    /// <summary>The host's pointer to an address; refuses what lies outside, in another space, or is not aligned.</summary>
    private byte* Resolve(PtxThread thread, ulong address, int space, int bytes, int alignment, bool isStore)
    {
        var actual = (PtxSpace)(address >> 56);
        if ((address & (ulong)(alignment - 1)) != 0)
        {
            throw Fault(thread, address, $"an access of {alignment} bytes that is not aligned");
        }

        bool isRight = (PtxSpace)space switch
        {
            PtxSpace.Generic => true,
            PtxSpace.Constant => actual == PtxSpace.Global && !isStore,
            var expected => actual == expected,
        };
        long offset = (long)(address & 0xff_ffff_ffff_ffff);
        byte* result = !isRight
            ? null
            : actual switch
            {
                PtxSpace.Global => memory.TryResolve(address, bytes, isStore),
                PtxSpace.Shared => offset + bytes <= sharedBytes ? shared + offset : null,
                PtxSpace.Frame => offset + bytes <= thread.FrameBytes ? thread.Frames + offset : null,
                _ => null,
            };
        return result is not null ? result : throw Fault(thread, address, isStore ? "a store outside of memory" : "a load outside of memory");
    }

    private PtxException Fault(PtxThread thread, ulong address, string what) =>
        new($"{thread.Function.Name}, group {groupIndex}, thread {thread.Index}: {what}, at {address:x16}.");
}

/// <summary>A thread: its registers and frames, and where it stands.</summary>
internal sealed unsafe class PtxThread : IDisposable
{
    private readonly PtxFunction kernel;
    private readonly (PtxFunction Function, int Position, int Registers, int Frame)[] callers;
    private int depth;

    public PtxThread(PtxFunction kernel)
    {
        this.kernel = Function = kernel;
        callers = new (PtxFunction, int, int, int)[kernel.Depth];
        Registers = (ulong*)NativeMemory.Alloc((nuint)kernel.DeepRegisters, sizeof(ulong));
        FrameBytes = kernel.DeepFrameBytes;
        Frames = (byte*)NativeMemory.AlignedAlloc((nuint)FrameBytes + 16, 16);
    }

    /// <summary>Its index in the group.</summary>
    public uint Index { get; private set; }

    /// <summary>Registers of all frames.</summary>
    public ulong* Registers { get; }

    /// <summary>Bytes of all frames.</summary>
    public byte* Frames { get; }

    /// <summary>How many those are.</summary>
    public int FrameBytes { get; }

    /// <summary>The function it is in.</summary>
    public PtxFunction Function { get; private set; }

    /// <summary>The next instruction.</summary>
    public int Position { get; set; }

    /// <summary>The first register of the function's frame.</summary>
    public int RegisterBase { get; private set; }

    /// <summary>The first byte of the function's frame.</summary>
    public int FrameBase { get; private set; }

    public bool IsDone { get; set; }

    /// <summary>Stands at the kernel's beginning.</summary>
    public void Begin(uint index, ReadOnlySpan<byte> arguments)
    {
        (Index, Function, Position, RegisterBase, FrameBase, IsDone, depth) = (index, kernel, 0, 0, 0, false, 0);
        arguments.CopyTo(new(Frames, FrameBytes));
        SetConstants();
    }

    /// <summary>Enters a function; <see cref="Position"/> is that of the next instruction.</summary>
    public void Call(PtxCall call)
    {
        PtxFunction callee = call.Callee;
        callers[depth++] = (Function, Position, RegisterBase, FrameBase);
        int frame = FrameBase + Function.FrameBytes;
        for (int i = 0; i < call.Arguments.Length; i++)
        {
            if (call.Arguments[i].Bytes != callee.Parameters[i].Bytes)
            {
                throw new PtxException($"{Function.Name} passes {callee.Name} an argument of another length.");
            }

            Buffer.MemoryCopy(
                Frames + FrameBase + call.Arguments[i].Offset,
                Frames + frame + callee.Parameters[i].Offset,
                callee.Parameters[i].Bytes,
                callee.Parameters[i].Bytes);
        }

        RegisterBase += Function.Registers;
        (Function, Position, FrameBase) = (callee, 0, frame);
        SetConstants();
    }

    /// <summary>Goes back to the caller with the result.</summary>
    public void Return()
    {
        (PtxFunction callee, int frame) = (Function, FrameBase);
        (Function, Position, RegisterBase, FrameBase) = callers[--depth];
        if (callee.Result is { } result)
        {
            PtxCall call = Function.Calls[Function.Code[Position - 1].C];
            if (call.Result is { } place)
            {
                Buffer.MemoryCopy(Frames + frame + result.Offset, Frames + FrameBase + place.Offset, place.Bytes, result.Bytes);
            }
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(Registers);
        NativeMemory.AlignedFree(Frames);
    }

    private void SetConstants()
    {
        ulong* registers = Registers + RegisterBase;
        foreach ((int register, ulong value) in CollectionsMarshal.AsSpan(Function.Constants))
        {
            registers[register] = value;
        }
    }
}
