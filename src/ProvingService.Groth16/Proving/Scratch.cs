// Owns: the large arrays of a proof in the making, handed from one proof to the next.

using System.Buffers;

namespace ProvingService.Groth16;

/// <summary>
/// An array of exactly the length asked for, all zero, from the shared pool, so that a second proof under a key neither
/// allocates nor touches fresh memory. Given back, it is cleared: it held parts of a witness.
/// </summary>
internal readonly struct Scratch<T> : IDisposable
    where T : unmanaged
{
    private readonly bool isPooled;

    public Scratch(int length)
    {
        // Domains are powers of two, which is how the pool cuts its arrays; any other length may not be had exactly.
        T[] array = ArrayPool<T>.Shared.Rent(length);
        isPooled = array.Length == length;
        if (isPooled)
        {
            Array = array;
            System.Array.Clear(array);
        }
        else
        {
            ArrayPool<T>.Shared.Return(array);
            Array = new T[length];
        }
    }

    /// <summary>The array.</summary>
    public T[] Array { get; }

    public void Dispose()
    {
        if (isPooled)
        {
            ArrayPool<T>.Shared.Return(Array, clearArray: true);
        }
        else
        {
            System.Array.Clear(Array);
        }
    }
}
