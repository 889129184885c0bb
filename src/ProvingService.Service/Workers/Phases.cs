// Owns: the names of phases in events and messages, and how far an attempt is when one ends.

using ProvingService.Contract;
using ProvingService.Groth16;

namespace ProvingService.Service;

/// <summary>Phases by name.</summary>
internal static class Phases
{
    /// <summary>The key is loaded.</summary>
    public const string Key = "key";

    /// <summary>The witness is found and checked.</summary>
    public const string Witness = "witness";

    /// <summary>The verification of the finished proof.</summary>
    public const string Checks = "checks";

    /// <summary>Every phase: its name, its message, and about how much of an attempt it is.</summary>
    public static IReadOnlyList<(string Name, Phase Message, double Share)> All { get; } =
    [
        (Key, Phase.Key, 0.02),
        (Witness, Phase.Witness, 0.10),
        ("products", Phase.Products, 0.03),
        ("ntt", Phase.Ntt, 0.15),
        ("msm-a", Phase.MsmA, 0.12),
        ("msm-b", Phase.MsmB, 0.26),
        ("msm-c", Phase.MsmC, 0.12),
        ("msm-h", Phase.MsmH, 0.18),
        (Checks, Phase.Checks, 0.02),
    ];

    /// <summary>The name of a prover's phase.</summary>
    public static string NameOf(ProvingPhase phase) => phase switch
    {
        ProvingPhase.Witness => Witness,
        ProvingPhase.Products => "products",
        ProvingPhase.Quotient => "ntt",
        ProvingPhase.MsmA => "msm-a",
        ProvingPhase.MsmB => "msm-b",
        ProvingPhase.MsmC => "msm-c",
        ProvingPhase.MsmH => "msm-h",
        _ => Checks,
    };

    /// <summary>The message of a phase's name.</summary>
    public static Phase ToMessage(string name)
    {
        foreach ((string known, Phase message, _) in All)
        {
            if (known == name)
            {
                return message;
            }
        }

        return Phase.Unspecified;
    }

    /// <summary>About how much of an attempt a phase is; 0 for no phase.</summary>
    public static double ShareOf(string name)
    {
        foreach ((string known, _, double share) in All)
        {
            if (known == name)
            {
                return share;
            }
        }

        return 0;
    }
}
