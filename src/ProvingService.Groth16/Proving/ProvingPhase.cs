// Owns: the parts of a proof's work as a listener hears of them. Who tells: PhaseReporter.cs. Times: ProofTimeline.cs.

namespace ProvingService.Groth16;

/// <summary>The parts of the work. The sums and the quotient go on side by side.</summary>
public enum ProvingPhase
{
    /// <summary>The witness is checked and made ready.</summary>
    Witness,

    /// <summary>The MSM of A.</summary>
    MsmA,

    /// <summary>The MSMs of B in G1 and G2, from the beginning of the first to the end of the last.</summary>
    MsmB,

    /// <summary>The MSM of C.</summary>
    MsmC,

    /// <summary>A·w and B·w.</summary>
    Products,

    /// <summary>The quotient on the odd coset.</summary>
    Quotient,

    /// <summary>The MSM of H.</summary>
    MsmH,

    /// <summary>The finished proof is verified.</summary>
    Verification,
}

/// <summary>A phase begins or ends.</summary>
/// <param name="Phase">Which one.</param>
/// <param name="HasEnded">False where it begins, true where it ends.</param>
public readonly record struct PhaseChange(ProvingPhase Phase, bool HasEnded);
