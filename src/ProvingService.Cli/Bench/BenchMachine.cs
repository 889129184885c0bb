// Owns: what figures say of the machine on which they were measured.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace ProvingService.Cli;

internal static class BenchMachine
{
    /// <summary>The processor's name where the system tells it, else its architecture.</summary>
    public static string Processor { get; } = FindProcessor();

    /// <summary>For people: processor, cores, runtime.</summary>
    public static string Description => $"{Processor}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}";

    /// <summary>For scripts, with the time at which the figures were ready.</summary>
    public static JsonObject ToJson() => new()
    {
        ["processor"] = Processor,
        ["cores"] = Environment.ProcessorCount,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    private static string FindProcessor()
    {
        const string Marker = "model name";
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(Marker, StringComparison.Ordinal))
            : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
