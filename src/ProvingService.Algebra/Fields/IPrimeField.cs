// Owns: the contract of a prime field: modulus, integer conversions, roots of unity.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// A prime field. An element occupies exactly <see cref="LimbCount"/> 64-bit words in memory, little-endian, in the
/// Montgomery representation (value · 2^(64·LimbCount) mod p) unless the implementing type says otherwise; iden3's
/// key files and the GPU kernels use the same bytes.
/// </summary>
/// <typeparam name="TSelf">The element type.</typeparam>
public interface IPrimeField<TSelf> : IField<TSelf>
    where TSelf : unmanaged, IPrimeField<TSelf>
{
    /// <summary>The field's name, such as <c>BLS12-381 Fr</c>.</summary>
    static abstract string Name { get; }

    /// <summary>The prime p.</summary>
    static abstract BigInteger Modulus { get; }

    /// <summary>64-bit words of an element; 8·LimbCount is also the length of its encodings in bytes.</summary>
    static abstract int LimbCount { get; }

    /// <summary>The bit length of p.</summary>
    static abstract int BitLength { get; }

    /// <summary>The largest s for which 2^s divides p − 1.</summary>
    static abstract int TwoAdicity { get; }

    /// <summary>
    /// A primitive 2^TwoAdicity-th root of unity: q^((p−1)/2^s) for the smallest quadratic non-residue q ≥ 2,
    /// which is the convention of iden3's files (q = 5 in both scalar fields).
    /// </summary>
    static abstract TSelf RootOfUnity { get; }

    /// <summary>a·b + c·d, cheaper than two products and a sum.</summary>
    static abstract TSelf SumOfProducts(in TSelf a, in TSelf b, in TSelf c, in TSelf d);

    /// <summary>The element congruent to <paramref name="value"/>.</summary>
    static abstract TSelf FromUInt64(ulong value);

    /// <summary>The element congruent to <paramref name="value"/>, which may be negative or above p.</summary>
    static abstract TSelf FromBigInteger(BigInteger value);

    /// <summary>The canonical integer in [0, p).</summary>
    static abstract BigInteger ToBigInteger(in TSelf a);

    /// <summary>Reads a canonical integer from <see cref="LimbCount"/> little-endian words.</summary>
    /// <returns>False where the integer is not below p.</returns>
    static abstract bool TryFromCanonical(ReadOnlySpan<ulong> limbs, out TSelf element);

    /// <summary>Writes the canonical integer in [0, p) to <see cref="LimbCount"/> little-endian words.</summary>
    static abstract void ToCanonical(in TSelf a, Span<ulong> limbs);
}
