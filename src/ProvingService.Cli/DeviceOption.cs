// Owns: the option --device: what users may write, and the engine that follows from it.

using System.CommandLine;
using ProvingService.Gpu;

namespace ProvingService.Cli;

/// <summary>The choice of what proves.</summary>
internal static class DeviceOption
{
    /// <summary>The option, with what it is where it is left out.</summary>
    public static Option<string> Create() => new("--device")
    {
        Description = "What proves: auto (a GPU where there is one), cpu, cuda:N, opencl:N, or a UUID as zkps devices shows it;\n"
            + "several separated by commas share the work.",
        DefaultValueFactory = _ => "auto",
    };

    /// <summary>The devices that a user's words mean; none for the processor.</summary>
    /// <exception cref="UsageException">There is none such on this machine.</exception>
    public static IReadOnlyList<GpuDeviceInfo> Find(string wish)
    {
        return Read(() => GpuDevices.Select(wish));
    }

    /// <summary>What tuning left for this user; the defaults where there is nothing.</summary>
    /// <exception cref="UsageException">The file cannot be read or is not of its form.</exception>
    public static GpuTuning Tuning() => Read(GpuTuningFile.ReadUsual);

    /// <summary>Reads what a user wrote.</summary>
    /// <exception cref="UsageException">It is not of its form.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Something done with a device by itself, without the processor as its safety net.</summary>
    /// <exception cref="UsageException">The device fails.</exception>
    public static T OnDevice<T>(GpuDeviceInfo info, Func<GpuDevice, T> work) => OnDevice(GpuDevices.PlatformOf(info), info, work);

    /// <summary>As above, through a given platform.</summary>
    public static T OnDevice<T>(IGpuPlatform platform, GpuDeviceInfo info, Func<GpuDevice, T> work)
    {
        using var device = new GpuDevice(platform, info, new() { Tuning = Tuning() });
        try
        {
            return work(device);
        }
        catch (GpuException e)
        {
            throw new UsageException($"{info.Id} cannot do this: {e.Message}");
        }
    }
}
