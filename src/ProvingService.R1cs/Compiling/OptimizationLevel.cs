// Owns: how far constraints are simplified.

namespace ProvingService.R1cs;

/// <summary>How far a circuit's linear constraints are eliminated; the levels of iden3's circom. Constants fold at every level.</summary>
public enum OptimizationLevel
{
    /// <summary>Constraints stay as they were written.</summary>
    O0,

    /// <summary>Constraints x = y and x = constant are removed, with their wires.</summary>
    O1,

    /// <summary>All linear constraints that contain a private wire are removed by substitution.</summary>
    O2,
}
