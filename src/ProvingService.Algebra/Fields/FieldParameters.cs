// Owns: what a Montgomery field needs to know of its prime. Values: Parameters/*.cs.

namespace ProvingService.Algebra;

/// <summary>
/// The prime of an <see cref="Fp256{TParams}"/>. Only the modulus and its inverse word are literals, so that the
/// multiplication folds them into instructions; every other constant is derived from them at start.
/// </summary>
public interface IFp256Params
{
    /// <summary>The field's name.</summary>
    static abstract string Name { get; }

    /// <summary>Word 0 (lowest) of the modulus, an odd prime below 2^255.</summary>
    static abstract ulong P0 { get; }

    /// <summary>Word 1 of the modulus.</summary>
    static abstract ulong P1 { get; }

    /// <summary>Word 2 of the modulus.</summary>
    static abstract ulong P2 { get; }

    /// <summary>Word 3 (highest) of the modulus; below 2^63 − 1, which the carry-free multiplication relies on.</summary>
    static abstract ulong P3 { get; }

    /// <summary>−p⁻¹ mod 2^64.</summary>
    static abstract ulong NegInverse { get; }
}

/// <summary>The prime of an <see cref="Fp384{TParams}"/>; see <see cref="IFp256Params"/>.</summary>
public interface IFp384Params
{
    /// <summary>The field's name.</summary>
    static abstract string Name { get; }

    /// <summary>Word 0 (lowest) of the modulus, an odd prime below 2^383.</summary>
    static abstract ulong P0 { get; }

    /// <summary>Word 1 of the modulus.</summary>
    static abstract ulong P1 { get; }

    /// <summary>Word 2 of the modulus.</summary>
    static abstract ulong P2 { get; }

    /// <summary>Word 3 of the modulus.</summary>
    static abstract ulong P3 { get; }

    /// <summary>Word 4 of the modulus.</summary>
    static abstract ulong P4 { get; }

    /// <summary>Word 5 (highest) of the modulus; below 2^63 − 1, which the carry-free multiplication relies on.</summary>
    static abstract ulong P5 { get; }

    /// <summary>−p⁻¹ mod 2^64.</summary>
    static abstract ulong NegInverse { get; }
}
