// Owns: the memory of the interpreted device: every access is checked against the allocation it falls into.

using System.Runtime.InteropServices;

namespace ProvingService.Gpu.Tests;

/// <summary>
/// Device memory. An address is a space (the highest byte), an allocation (20 bits) and an offset (36 bits); what lies
/// outside of an allocation is refused, as is an address not aligned to what is read there.
/// </summary>
internal sealed unsafe class PtxMemory : IDisposable
{
    private const int SpaceShift = 56, AllocationShift = 36;
    private const ulong OffsetMask = (1UL << AllocationShift) - 1;

    private readonly List<(nint Pointer, long Bytes, bool IsConstant)> allocations = [default];

    /// <summary>The address of an offset in shared or frame memory.</summary>
    public static ulong Address(PtxSpace space, int offset) => ((ulong)space << SpaceShift) + (ulong)offset;

    /// <summary>Bytes allocated and not freed, variables of modules left out.</summary>
    public long HeldBytes { get; private set; }

    public ulong Allocate(long bytes)
    {
        HeldBytes += bytes;
        return Add(bytes, isConstant: false);
    }

    public bool TryFree(ulong address)
    {
        int index = (int)(address >> AllocationShift) & 0xfffff;
        if ((address & OffsetMask) != 0 || index >= allocations.Count || allocations[index].Pointer == 0)
        {
            return false;
        }

        HeldBytes -= allocations[index].Bytes;
        NativeMemory.Free((void*)allocations[index].Pointer);
        allocations[index] = default;
        return true;
    }

    public ulong AddVariable(byte[] content, bool isConstant)
    {
        ulong address = Add(content.Length, isConstant);
        content.CopyTo(new Span<byte>((void*)allocations[^1].Pointer, content.Length));
        return address;
    }

    /// <summary>The host's pointer to global memory; null where the range is not inside one allocation.</summary>
    public byte* TryResolve(ulong address, long bytes, bool isStore = false)
    {
        int index = (int)(address >> AllocationShift) & 0xfffff;
        ulong offset = address & OffsetMask;
        if (address >> SpaceShift != (ulong)PtxSpace.Global || index >= allocations.Count)
        {
            return null;
        }

        (nint pointer, long length, bool isConstant) = allocations[index];
        return pointer == 0 || (isStore && isConstant) || offset + (ulong)bytes > (ulong)length ? null : (byte*)pointer + offset;
    }

    public void Dispose()
    {
        foreach ((nint pointer, _, _) in allocations)
        {
            NativeMemory.Free((void*)pointer);
        }

        allocations.Clear();
    }

    private ulong Add(long bytes, bool isConstant)
    {
        void* pointer = NativeMemory.Alloc((nuint)bytes);

        // Nobody may count on zeros.
        NativeMemory.Fill(pointer, (nuint)bytes, 0xa5);
        allocations.Add(((nint)pointer, bytes, isConstant));
        return ((ulong)PtxSpace.Global << SpaceShift) + ((ulong)(allocations.Count - 1) << AllocationShift);
    }
}
