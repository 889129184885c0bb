// Owns: what a look at a device tells: whether it computes rightly, and how fast. Never: tuning it (Tuning/).

using System.Diagnostics;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>A device looked at.</summary>
/// <param name="Device">The device.</param>
/// <param name="Curves">What it does over each curve.</param>
internal sealed record DeviceReport(GpuDeviceInfo Device, IReadOnlyList<DeviceCurveReport> Curves)
{
    /// <summary>Opens a device, tests it over both curves and measures two rates. Some seconds, longer where kernels are new.</summary>
    public static DeviceReport Make(GpuDeviceInfo device, CancellationToken cancellation) =>
        Make(GpuDevices.PlatformOf(device), device, cancellation);

    /// <summary>As above, through a given platform.</summary>
    public static DeviceReport Make(IGpuPlatform platform, GpuDeviceInfo device, CancellationToken cancellation) =>
        new(device, [.. Enum.GetValues<CurveId>().Select(curve => Make(platform, device, curve, cancellation))]);

    private static DeviceCurveReport Make(IGpuPlatform platform, GpuDeviceInfo device, CurveId curve, CancellationToken cancellation)
    {
        // The processor under OpenCL is looked at for curiosity: small sizes will do.
        int msmSize = device.IsCpu ? 10 : 20, nttSize = device.IsCpu ? 12 : 22;
        using var opened = new GpuDevice(platform, device, new());
        try
        {
            return opened.Run(
                session =>
                {
                    long start = Stopwatch.GetTimestamp();
                    GpuSelfTest.Run(session, curve);
                    double ready = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    return CurveDispatch.Run(curve, new Rates(session, msmSize, nttSize, ready, cancellation));
                },
                cancellation);
        }
        catch (GpuException e)
        {
            return new(curve, e.Message, 0, msmSize, 0, nttSize, 0);
        }
    }

    private sealed class Rates(GpuSession session, int msmSize, int nttSize, double ready, CancellationToken cancellation)
        : ICurveAction<DeviceCurveReport>
    {
        public DeviceCurveReport Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using var msm = new ResidentMsm<TFp, TCurve, TFr>(session, msmSize, GpuTuning.Default, levels: 1, cancellation);
            using var ntt = new ResidentNtt<TFr>(session, nttSize);
            return new(TCurve.Id, null, ready, msmSize, Fastest(() => msm.Run(cancellation)), nttSize, Fastest(() => ntt.Run(cancellation)));
        }

        private static double Fastest(Action run)
        {
            const int Runs = 3;
            double best = double.PositiveInfinity;
            for (int i = 0; i <= Runs; i++)
            {
                // The first run compiles what is left to compile.
                long start = Stopwatch.GetTimestamp();
                run();
                best = i == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            return best;
        }
    }
}

/// <summary>A device over one curve.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Failure">Why it is not to be used; null where it passed its self-test.</param>
/// <param name="ReadySeconds">How long compiling and self-test took.</param>
/// <param name="MsmSize">log₂ of the points of the MSM in G1.</param>
/// <param name="MsmSeconds">Its time, with points and scalars in place.</param>
/// <param name="NttSize">log₂ of the elements of the transform.</param>
/// <param name="NttSeconds">Its time, in place.</param>
internal sealed record DeviceCurveReport(
    CurveId Curve, string? Failure, double ReadySeconds, int MsmSize, double MsmSeconds, int NttSize, double NttSeconds);
