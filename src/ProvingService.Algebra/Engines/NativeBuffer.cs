// Owns: scratch memory outside the garbage collector's heap, addressed by pointers on hot paths.

using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>A block of uninitialised native memory that lives until disposed. The owner keeps indices in range.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    public NativeBuffer(long length)
    {
        Length = length;
        Pointer = (T*)NativeMemory.AlignedAlloc(checked((nuint)Bytes), 64);
        NativeBufferUse.Add(Bytes);
    }

    /// <summary>The first element; 64-byte aligned. Null after disposal.</summary>
    public T* Pointer { get; private set; }

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    private long Bytes => checked(Math.Max(Length, 1) * sizeof(T));

    /// <summary>Overwrites what the buffer holds, before memory that held secrets is given back.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, checked((nuint)Bytes));

    public void Dispose()
    {
        if (Pointer is not null)
        {
            NativeMemory.AlignedFree(Pointer);
            Pointer = null;
            NativeBufferUse.Add(-Bytes);
        }
    }
}

/// <summary>How much memory the buffers of the whole process take; what tests of leaks and of estimates look at.</summary>
internal static class NativeBufferUse
{
    private static long bytes, peak;

    /// <summary>Bytes held now.</summary>
    public static long Bytes => Volatile.Read(ref bytes);

    /// <summary>The most held at one time since <see cref="ResetPeak"/>.</summary>
    public static long Peak => Volatile.Read(ref peak);

    /// <summary>The peak is now what is held.</summary>
    public static void ResetPeak() => Volatile.Write(ref peak, Bytes);

    internal static void Add(long change)
    {
        long now = Interlocked.Add(ref bytes, change);
        for (long seen = Peak; now > seen;)
        {
            long before = Interlocked.CompareExchange(ref peak, now, seen);
            if (before == seen)
            {
                break;
            }

            seen = before;
        }
    }
}
