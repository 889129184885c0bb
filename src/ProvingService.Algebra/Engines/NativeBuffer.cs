// Owns: scratch memory outside the garbage collector's heap, addressed by pointers on hot paths.

using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>A block of uninitialised native memory that lives until disposed. The owner keeps indices in range.</summary>
internal sealed unsafe class NativeBuffer<T>(long length) : IDisposable
    where T : unmanaged
{
    /// <summary>The first element; 64-byte aligned. Null after disposal.</summary>
    public T* Pointer { get; private set; } = (T*)NativeMemory.AlignedAlloc(checked((nuint)(Math.Max(length, 1) * sizeof(T))), 64);

    /// <summary>The number of elements.</summary>
    public long Length { get; } = length;

    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
