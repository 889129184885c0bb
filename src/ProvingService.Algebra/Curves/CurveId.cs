// Owns: the names of the curves as users and files write them.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>A pairing-friendly curve that this library knows.</summary>
public enum CurveId
{
    /// <summary>BLS12-381, the primary curve; about 120 bits of security.</summary>
    Bls12381,

    /// <summary>BN254, the curve of circom's default and of EIP-196/197; about 100 bits of security.</summary>
    Bn254,
}

/// <summary>Names of curves: ours on the command line, iden3's in files.</summary>
public static class CurveNames
{
    /// <summary>The name used on the command line and in messages: <c>bls12-381</c> or <c>bn254</c>.</summary>
    public static string Name(this CurveId curve) => curve == CurveId.Bls12381 ? "bls12-381" : "bn254";

    /// <summary>The name in iden3's JSON files: <c>bls12381</c> or <c>bn128</c>.</summary>
    public static string Iden3Name(this CurveId curve) => curve == CurveId.Bls12381 ? "bls12381" : "bn128";

    /// <summary>Understands our names and iden3's, whatever their case.</summary>
    public static bool TryParse(string? text, out CurveId curve)
    {
        switch (text?.ToLowerInvariant())
        {
            case "bls12-381" or "bls12381":
                curve = CurveId.Bls12381;
                return true;
            case "bn254" or "bn128":
                curve = CurveId.Bn254;
                return true;
            default:
                curve = default;
                return false;
        }
    }

    /// <summary>The curve whose scalar field has the given modulus, as circuit and witness files state it.</summary>
    public static bool TryFromScalarModulus(BigInteger modulus, out CurveId curve)
    {
        curve = modulus == Fp256<Bn254FrParams>.Modulus ? CurveId.Bn254 : CurveId.Bls12381;
        return modulus == Fp256<Bn254FrParams>.Modulus || modulus == Fp256<Bls12381FrParams>.Modulus;
    }
}
