// Owns: what a caller of the linter can say.

using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>What goes with the file that is linted.</summary>
public sealed record LintOptions
{
    /// <summary>The circuit of a <c>.zkey</c>; with <see cref="Ptau"/> its whole transcript is verified.</summary>
    public string? R1cs { get; init; }

    /// <summary>The powers of tau that a <c>.zkey</c> was made from; verified too.</summary>
    public string? Ptau { get; init; }

    /// <summary>Names for the wires of a <c>.r1cs</c>; by default the <c>.sym</c> of the same name beside it, if there is one.</summary>
    public string? Sym { get; init; }

    /// <summary>Threads and cancellation.</summary>
    public EngineOptions Engine { get; init; }
}
