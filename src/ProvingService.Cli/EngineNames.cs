// Owns: the CPU engines by the names that users give them. Which one the machine gets: KernelTiers.

using ProvingService.Algebra;

namespace ProvingService.Cli;

/// <summary>Names of kernel tiers on the command line and in figures.</summary>
internal static class EngineNames
{
    /// <summary>The name of the engine that runs where nobody says otherwise.</summary>
    public static string Current => Of(KernelTiers.Current);

    /// <summary>portable, adx, vector, or emitted, which is the tier <see cref="KernelTier.Full"/>.</summary>
    public static string Of(KernelTier tier) => tier == KernelTier.Full ? "emitted" : SwitchValue(tier);

    /// <summary>What <see cref="KernelTiers.SwitchName"/> takes to put a tier in force.</summary>
    public static string SwitchValue(KernelTier tier) => tier.ToString().ToLowerInvariant();

    /// <summary>The tier of a name, which this machine can run.</summary>
    /// <exception cref="UsageException">There is no such engine, or not on this machine.</exception>
    public static KernelTier Parse(string name)
    {
        KernelTier tier = name switch
        {
            "portable" => KernelTier.Portable,
            "adx" => KernelTier.Adx,
            "vector" => KernelTier.Vector,
            "emitted" => KernelTier.Full,
            _ => throw new UsageException($"there is no engine '{name}'; there are portable, adx, vector, emitted, and the devices that zkps devices lists."),
        };
        return KernelTiers.IsSupported(tier)
            ? tier
            : throw new UsageException($"this machine cannot run the engine {name}: {Needs(tier)}.");
    }

    /// <summary>Fails where the switch names no tier, before any arithmetic meets it.</summary>
    /// <exception cref="UsageException">It does.</exception>
    public static void RequireSwitch()
    {
        try
        {
            _ = KernelTiers.Current;
        }
        catch (InvalidOperationException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static string Needs(KernelTier tier) => tier switch
    {
        KernelTier.Vector => "it needs a processor with AVX-512 DQ",
        KernelTier.Adx => "it needs Linux, leave to make code executable, and an x86-64 processor with BMI2 and ADX",
        _ => "it needs Linux, leave to make code executable, and an x86-64 processor with AVX-512 IFMA, VBMI2 and ADX",
    };
}
