// Owns: moving arrays between tests and a device.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Gpu.Tests;

internal static unsafe class MsmVectors
{
    public static long Bytes<T>(T[] values)
        where T : unmanaged => (long)values.Length * sizeof(T);

    /// <summary>The low 256 bits of an integer.</summary>
    public static Scalar256 Scalar(BigInteger value)
    {
        ulong Word(int i) => (ulong)((value >> (64 * i)) & ulong.MaxValue);
        return new(Word(0), Word(1), Word(2), Word(3));
    }

    public static void Upload<T>(GpuSession session, ReadOnlySpan<T> values, GpuSlice to)
        where T : unmanaged
    {
        fixed (T* source = values)
        {
            session.Compute.Upload(source, to.Slice(0, (long)values.Length * sizeof(T)));
            session.Compute.Synchronize();
        }
    }

    public static T[] Download<T>(GpuSession session, GpuSlice from, int count)
        where T : unmanaged
    {
        var values = new T[count];
        fixed (T* target = values)
        {
            session.Compute.Download(from.Slice(0, (long)count * sizeof(T)), target);
            session.Compute.Synchronize();
        }

        return values;
    }
}
