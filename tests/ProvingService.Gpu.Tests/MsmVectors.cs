// Owns: moving arrays between tests and a device.

namespace ProvingService.Gpu.Tests;

internal static unsafe class MsmVectors
{
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
