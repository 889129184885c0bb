// Owns: the ways in which a transcript can be false, for programs and in words. Broken files: InvalidFileException.

namespace ProvingService.Setup;

/// <summary>Which relation of a transcript does not hold.</summary>
public enum TranscriptFaultKind
{
    /// <summary>No one contributed: whoever made the file knows its secrets.</summary>
    NoContributions,

    /// <summary>A proof of knowledge does not hold.</summary>
    KeyProof,

    /// <summary>A contribution's secret is 1: it changes nothing.</summary>
    TrivialSecret,

    /// <summary>A contribution does not follow from the one before by the secret whose knowledge is proved.</summary>
    NotSuccessive,

    /// <summary>Two contributions are the same.</summary>
    Repeated,

    /// <summary>A contribution's hash is not that of the transcript before it.</summary>
    HashChain,

    /// <summary>The last hash is not that of the points in the file.</summary>
    LastHash,

    /// <summary>What the record says about a beacon does not lead to its contribution.</summary>
    Beacon,

    /// <summary>The points of a section are not consecutive multiples by τ.</summary>
    Powers,

    /// <summary>A section does not begin as the last contribution says.</summary>
    FirstPoints,

    /// <summary>A Lagrange basis is not the transform of its powers.</summary>
    LagrangeBasis,

    /// <summary>The circuit's sizes, coefficients or fixed points differ from the key's.</summary>
    Circuit,

    /// <summary>The hash of the initial key is another.</summary>
    InitialKeyHash,

    /// <summary>α, β or γ differ from those of phase 1.</summary>
    PhaseOne,

    /// <summary>δ of the key is not δ after the last contribution, or not the same in both groups.</summary>
    Delta,

    /// <summary>The points of private wires (L) are not those of the initial key over δ.</summary>
    SectionL,

    /// <summary>The points of the quotient (H) are not those of the initial key over δ.</summary>
    SectionH,

    /// <summary>A rule of the ceremony for keys that leave it is not kept.</summary>
    Policy,
}

/// <summary>The first relation of a transcript that does not hold.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Contribution">The number of the contribution, from 1 as lists show them, or 0 where it concerns none.</param>
/// <param name="Text">What was expected and found, for a person, as a sentence.</param>
public sealed record TranscriptFault(TranscriptFaultKind Kind, int Contribution, string Text);
