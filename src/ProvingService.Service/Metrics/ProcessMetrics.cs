// Owns: the figures of the process under the names that Prometheus's own clients have for them.

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ProvingService.Service;

/// <summary>Time of the processor, memory, threads and open files. The runtime's meter tells of its collector and its pool.</summary>
internal static class ProcessMetrics
{
    /// <summary>Adds the instruments to a meter.</summary>
    public static void Add(Meter meter)
    {
        double started;
        using (var process = Process.GetCurrentProcess())
        {
            started = (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
        }

        meter.CreateObservableCounter("process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Time of the processor, user and system.");
        meter.CreateObservableGauge("process.resident_memory", () => Environment.WorkingSet, "By", "Memory in use, as the operating system sees it.");
        meter.CreateObservableGauge("process.start_time", () => started, "s", "When the process began, since 1970.");
        meter.CreateObservableGauge("process.threads", CountThreads, "{thread}", "Threads of the operating system.");
        meter.CreateObservableGauge(
            "proving.build_info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", ServiceVersion.Text)), null, "Always 1; the version is a label.");
        if (OperatingSystem.IsLinux())
        {
            meter.CreateObservableGauge("process.open_fds", () => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(), "{file}", "Open files and sockets.");
        }
    }

    private static int CountThreads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
