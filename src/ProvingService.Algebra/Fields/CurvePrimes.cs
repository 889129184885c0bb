// Owns: the four primes of the two curves, as literals that the multiplication folds into instructions.

namespace ProvingService.Algebra;

/// <summary>The base field of BLS12-381: (x−1)²·(x⁴−x²+1)/3 + x for x = −0xd201000000010000.</summary>
public readonly struct Bls12381FpParams : IFp384Params
{
    /// <inheritdoc/>
    public static string Name => "BLS12-381 Fp";

    /// <inheritdoc/>
    public static ulong P0 => 0xb9feffffffffaaab;

    /// <inheritdoc/>
    public static ulong P1 => 0x1eabfffeb153ffff;

    /// <inheritdoc/>
    public static ulong P2 => 0x6730d2a0f6b0f624;

    /// <inheritdoc/>
    public static ulong P3 => 0x64774b84f38512bf;

    /// <inheritdoc/>
    public static ulong P4 => 0x4b1ba7b6434bacd7;

    /// <inheritdoc/>
    public static ulong P5 => 0x1a0111ea397fe69a;

    /// <inheritdoc/>
    public static ulong NegInverse => 0x89f3fffcfffcfffd;
}

/// <summary>The scalar field of BLS12-381: x⁴ − x² + 1 for x = −0xd201000000010000; 2-adicity 32.</summary>
public readonly struct Bls12381FrParams : IFp256Params
{
    /// <inheritdoc/>
    public static string Name => "BLS12-381 Fr";

    /// <inheritdoc/>
    public static ulong P0 => 0xffffffff00000001;

    /// <inheritdoc/>
    public static ulong P1 => 0x53bda402fffe5bfe;

    /// <inheritdoc/>
    public static ulong P2 => 0x3339d80809a1d805;

    /// <inheritdoc/>
    public static ulong P3 => 0x73eda753299d7d48;

    /// <inheritdoc/>
    public static ulong NegInverse => 0xfffffffeffffffff;
}

/// <summary>The base field of BN254: 36x⁴ + 36x³ + 24x² + 6x + 1 for x = 4965661367192848881.</summary>
public readonly struct Bn254FpParams : IFp256Params
{
    /// <inheritdoc/>
    public static string Name => "BN254 Fp";

    /// <inheritdoc/>
    public static ulong P0 => 0x3c208c16d87cfd47;

    /// <inheritdoc/>
    public static ulong P1 => 0x97816a916871ca8d;

    /// <inheritdoc/>
    public static ulong P2 => 0xb85045b68181585d;

    /// <inheritdoc/>
    public static ulong P3 => 0x30644e72e131a029;

    /// <inheritdoc/>
    public static ulong NegInverse => 0x87d20782e4866389;
}

/// <summary>The scalar field of BN254: 36x⁴ + 36x³ + 18x² + 6x + 1 for x = 4965661367192848881; 2-adicity 28.</summary>
public readonly struct Bn254FrParams : IFp256Params
{
    /// <inheritdoc/>
    public static string Name => "BN254 Fr";

    /// <inheritdoc/>
    public static ulong P0 => 0x43e1f593f0000001;

    /// <inheritdoc/>
    public static ulong P1 => 0x2833e84879b97091;

    /// <inheritdoc/>
    public static ulong P2 => 0xb85045b68181585d;

    /// <inheritdoc/>
    public static ulong P3 => 0x30644e72e131a029;

    /// <inheritdoc/>
    public static ulong NegInverse => 0xc2e1f593efffffff;
}
