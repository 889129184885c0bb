// Owns: what this machine's processor and its kernels are called.

using ProvingService.Algebra;

namespace ProvingService.Service;

/// <summary>Names for receipts and reports.</summary>
internal static class ProcessorNames
{
    /// <summary>The kernels that are in force: portable, adx, vector or emitted.</summary>
    public static string Kernels => KernelTiers.Current == KernelTier.Full ? "emitted" : KernelTiers.Current.ToString().ToLowerInvariant();

    /// <summary>The processor, as the system calls it.</summary>
    public static string Model { get; } = Read();

    private static string Read()
    {
        try
        {
            const string Label = "model name";
            string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(Label, StringComparison.Ordinal)) : null;
            if (line is not null)
            {
                return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }
        }
        catch (IOException)
        {
            // Then without.
        }

        return System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
    }
}
