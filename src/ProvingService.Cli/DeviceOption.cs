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
        try
        {
            return GpuDevices.Select(wish);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
