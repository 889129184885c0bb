// Owns: the names of the fields that files are over, for error messages and for choosing a curve.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>The scalar fields that this house knows by name.</summary>
public static class ScalarFields
{
    /// <summary>The order of BLS12-381's groups.</summary>
    public static BigInteger Bls12381 => Fp256<Bls12381FrParams>.Modulus;

    /// <summary>The order of BN254's groups.</summary>
    public static BigInteger Bn254 => Fp256<Bn254FrParams>.Modulus;

    /// <summary>The name of the scalar field with this prime, or "the prime field of …".</summary>
    public static string NameOf(BigInteger prime) =>
        prime == Bls12381 ? Fp256<Bls12381FrParams>.Name
        : prime == Bn254 ? Fp256<Bn254FrParams>.Name
        : $"the prime field of {prime}";
}
