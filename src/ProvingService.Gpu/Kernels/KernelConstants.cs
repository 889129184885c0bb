// Owns: kernels/constants-*.h, the numbers of the fields as the kernels want them, derived from the C# parameters. A test
// holds the files to this text. Never: the arithmetic that uses them (kernels/field.h).

using System.Globalization;
using System.Numerics;
using System.Text;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>Writes the constants of a curve's two fields in the words of <c>kernels/prelude.h</c>.</summary>
internal static class KernelConstants
{
    /// <summary>The file's name for a curve.</summary>
    public static string FileName(CurveId curve) => $"constants-{(curve == CurveId.Bls12381 ? "bls12-381" : "bn254")}.h";

    /// <summary>The file's text.</summary>
    /// <typeparam name="TFp">The base field.</typeparam>
    /// <typeparam name="TFr">The scalar field.</typeparam>
    public static string Emit<TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var text = new StringBuilder();
        text.Append("// Owns: the constants of a curve's fields, written by KernelConstants.cs: edit that instead.\n");
        text.Append("#pragma once\n#include \"prelude.h\"\n");
        AppendField<TFp>(text, "fp");
        AppendField<TFr>(text, "fr");
        return text.ToString();
    }

    private static void AppendField<T>(StringBuilder text, string name)
        where T : unmanaged, IPrimeField<T>
    {
        int limbs = 2 * T.LimbCount;
        BigInteger p = T.Modulus, radix = BigInteger.One << (32 * limbs), word = BigInteger.One << 32;
        string upper = name.ToUpperInvariant();

        // An odd p squares to 1 modulo 8, and Newton's iteration doubles the number of right bits.
        BigInteger inverse = p;
        for (int i = 0; i < 4; i++)
        {
            inverse = inverse * (2 - (p * inverse)) % word;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n// {T.Name}: p has {T.BitLength} bits; R = 2^{32 * limbs}.\n");
        text.Append(CultureInfo.InvariantCulture, $"#define {upper}_LIMBS {limbs}\n");
        text.Append(CultureInfo.InvariantCulture, $"#define {upper}_BITS {T.BitLength}\n");
        text.Append("// -1/p mod 2^32.\n");
        text.Append(CultureInfo.InvariantCulture, $"#define {upper}_NEG_INVERSE 0x{(uint)(((-inverse % word) + word) % word):x8}u\n");
        AppendLimbs(text, $"{name}_modulus", limbs, p);
        text.Append("// R mod p, the Montgomery form of 1, and R^2 mod p.\n");
        AppendLimbs(text, $"{name}_r", limbs, radix % p);
        AppendLimbs(text, $"{name}_r_squared", limbs, radix * radix % p);
    }

    private static void AppendLimbs(StringBuilder text, string name, int limbs, BigInteger value)
    {
        text.Append(CultureInfo.InvariantCulture, $"CONSTANT u32 {name}[{limbs}] = {{");
        for (int i = 0; i < limbs; i++)
        {
            text.Append(i % 6 == 0 ? "\n   " : "").Append(CultureInfo.InvariantCulture, $" 0x{(uint)((value >> (32 * i)) & uint.MaxValue):x8}u,");
        }

        text.Append("\n};\n");
    }
}
