// Owns: the memory in which a thread transforms columns or rows, kept between calls. Never: what is done in it.

using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>
/// Blocks for one thread: once or twice the longer side of the matrix, and six for the twist; 322 KiB for n = 2^20. At most one
/// a core is kept when not in use, cleared, since what was in it may be a secret.
/// </summary>
internal sealed unsafe class LaneScratch : IDisposable
{
    private static readonly ConcurrentBag<NativeBuffer<ulong>> Idle = [];

    private readonly NativeBuffer<ulong> buffer;
    private readonly long used;

    private readonly long blocks;

    public LaneScratch(long blocks, int vectors)
    {
        this.blocks = blocks;
        used = (TwistBlocks + (vectors * blocks)) * NttLaneKernels.BlockWords;
        while (Idle.TryTake(out NativeBuffer<ulong>? idle))
        {
            if (idle.Length >= used)
            {
                buffer = idle;
                return;
            }

            idle.Dispose();
        }

        buffer = new(used);
    }

    /// <summary>Blocks of <see cref="Twist"/>: four factors and the ratio twice.</summary>
    public static int TwistBlocks => 6;

    /// <summary>The operands of a twist.</summary>
    public ulong* Twist => buffer.Pointer;

    /// <summary>The columns or rows.</summary>
    public ulong* Blocks => buffer.Pointer + (TwistBlocks * NttLaneKernels.BlockWords);

    /// <summary>Others, where there are two vectors of them.</summary>
    public ulong* More => Blocks + (blocks * NttLaneKernels.BlockWords);

    public void Dispose()
    {
        NativeMemory.Clear(buffer.Pointer, (nuint)(used * sizeof(ulong)));
        if (Idle.Count < Environment.ProcessorCount)
        {
            Idle.Add(buffer);
        }
        else
        {
            buffer.Dispose();
        }
    }
}
