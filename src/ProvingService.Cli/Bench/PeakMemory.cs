// Owns: the most memory that this process has held, since the last reset where the system has one.

using System.Diagnostics;
using System.Globalization;

namespace ProvingService.Cli;

/// <summary>
/// On Linux the high-water mark of resident memory (VmHWM), which a write to <c>/proc/self/clear_refs</c> brings down to what
/// is resident now; elsewhere, and where that file cannot be written, the peak of the whole process.
/// </summary>
internal static class PeakMemory
{
    private static readonly Lazy<bool> Resettable = new(TryReset);

    /// <summary>Whether <see cref="Reset"/> does anything.</summary>
    public static bool CanReset => Resettable.Value;

    /// <summary>Starts anew from what is held now.</summary>
    public static void Reset()
    {
        if (CanReset)
        {
            TryReset();
        }
    }

    /// <summary>The peak in bytes.</summary>
    public static long Read()
    {
        if (CanReset)
        {
            foreach (string line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    return 1024 * long.Parse(line.AsSpan(6).TrimEnd("kB").Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
                }
            }
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static bool TryReset()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
