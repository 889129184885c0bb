// Owns: the work that is measured on devices: sums with their points in place, transforms in place, whole proofs.

using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Cli;

/// <summary>
/// Bodies on devices. Nothing falls back to the processor here: a figure that is not the device's is worse than none.
/// </summary>
internal static class DeviceBodies
{
    /// <summary>An MSM by points that are on the device with their multiples, and scalars that go there with each run.</summary>
    public static BenchBody Msm<TField, TGroup, TFr>(GpuDeviceInfo info, int logSize, CancellationToken cancellation)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
        where TFr : unmanaged, IPrimeField<TFr> => Make(
            info,
            session => new ResidentMsm<TField, TGroup, TFr>(session, logSize, DeviceOption.Tuning(), info.IsCpu ? 1 : int.MaxValue, cancellation),
            work => work.RunFromHost(cancellation),
            cancellation);

    /// <summary>A transform of a vector that stays on the device, natural to reversed order, as in a proof.</summary>
    public static BenchBody Ntt<TFr>(GpuDeviceInfo info, int logSize, CancellationToken cancellation)
        where TFr : unmanaged, IPrimeField<TFr> => Make(
            info, session => new ResidentNtt<TFr>(session, logSize, DeviceOption.Tuning().Ntt(info, GpuFields.CurveOf<TFr>()!.Value, logSize)), work => work.Run(cancellation), cancellation);

    /// <summary>An engine of one device that fails where the device does.</summary>
    public static GpuEngine Engine(GpuDeviceInfo info)
    {
        var engine = new GpuEngine([info], new() { EvenIfSlower = true, Tuning = DeviceOption.Tuning() });
        engine.Incident += incident => throw new UsageException($"{incident.Device.Id} cannot do this: {incident.Message}");
        return engine;
    }

    private static BenchBody Make<TWork>(
        GpuDeviceInfo info, Func<GpuSession, TWork> make, Action<TWork> run, CancellationToken cancellation)
        where TWork : IDisposable
    {
        var device = new GpuDevice(GpuDevices.PlatformOf(info), info, new());
        try
        {
            TWork work = Run(make);
            return new(
                () => Run(_ =>
                {
                    run(work);
                    return 0;
                }),
                1,
                () =>
                {
                    device.Post(work.Dispose);
                    device.Dispose();
                });
        }
        catch
        {
            device.Dispose();
            throw;
        }

        T Run<T>(Func<GpuSession, T> job)
        {
            try
            {
                return device.Run(job, cancellation);
            }
            catch (GpuException e)
            {
                throw new UsageException($"{info.Id} cannot do this: {e.Message}");
            }
        }
    }
}
