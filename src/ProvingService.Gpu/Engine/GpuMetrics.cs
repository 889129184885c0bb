// Owns: what the GPU engine tells monitoring, and what it tells those who ask why a device was not used.

using System.Diagnostics.Metrics;

namespace ProvingService.Gpu;

/// <summary>Why work that a device should have done was done elsewhere.</summary>
public enum GpuFallback
{
    /// <summary>The device's memory, or its budget, does not hold what the work needs.</summary>
    OutOfMemory,

    /// <summary>The device or its driver failed, or its programs do not build.</summary>
    Failure,

    /// <summary>The device computed something wrong.</summary>
    WrongResult,
}

/// <summary>Something went wrong with a device, and the work was done in another way.</summary>
/// <param name="Device">The device.</param>
/// <param name="Reason">The kind of failure.</param>
/// <param name="Message">What happened and what was done about it.</param>
public sealed record GpuIncident(GpuDeviceInfo Device, GpuFallback Reason, string Message);

/// <summary>
/// The instruments of the meter <c>ProvingService.Gpu</c>, tagged with the device: <c>gpu.busy</c> (seconds with a job, so
/// that its rate is the utilisation), <c>gpu.memory.held</c> and <c>gpu.memory.budget</c> (bytes), <c>gpu.ready</c> (1 or 0),
/// <c>gpu.jobs</c>, and <c>gpu.fallbacks</c> by reason.
/// </summary>
internal sealed class GpuMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "ProvingService.Gpu";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> jobs;
    private readonly Counter<long> fallbacks;

    public GpuMetrics(IReadOnlyList<GpuDevice> devices)
    {
        jobs = meter.CreateCounter<long>("gpu.jobs", "{job}", "Jobs that a device has done.");
        fallbacks = meter.CreateCounter<long>("gpu.fallbacks", "{job}", "Jobs that a device could not do, or did wrong.");
        meter.CreateObservableCounter("gpu.busy", () => Each(device => device.BusySeconds), "s", "Time with a job.");
        meter.CreateObservableGauge("gpu.memory.held", () => Each(device => device.HeldBytes), "By", "Device memory allocated.");
        meter.CreateObservableGauge("gpu.memory.budget", () => Each(device => device.MemoryBudget), "By", "Device memory that may be allocated.");
        meter.CreateObservableGauge("gpu.ready", () => Each(device => device.IsUsable ? 1 : 0), "1", "Whether the device may be used.");

        IEnumerable<Measurement<T>> Each<T>(Func<GpuDevice, T> read)
            where T : struct => devices.Select(device => new Measurement<T>(read(device), Tag(device)));
    }

    /// <summary>A device did a job.</summary>
    public void Done(GpuDevice device) => jobs.Add(1, Tag(device));

    /// <summary>A device's job was done in another way.</summary>
    public void FellBack(GpuDevice device, GpuFallback reason) =>
        fallbacks.Add(1, Tag(device), new("reason", reason switch
        {
            GpuFallback.OutOfMemory => "out_of_memory",
            GpuFallback.WrongResult => "wrong_result",
            _ => "failure",
        }));

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private static KeyValuePair<string, object?> Tag(GpuDevice device) => new("device", device.Info.Id);
}
