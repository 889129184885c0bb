// Owns: every number of the vectors that could have been drawn at random: SHA-512 of a name.

using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using ProvingService.Algebra;

namespace ProvingService.Adversarial;

/// <summary>Numbers that are the same in every run, and nothing up anyone's sleeve.</summary>
internal static class Seeds
{
    /// <summary>The bytes of a name: SHA-512 of <c>groth16-adversarial/NAME</c>.</summary>
    public static byte[] Bytes(string name) => SHA512.HashData(Encoding.UTF8.GetBytes("groth16-adversarial/" + name));

    /// <summary>The element of a name: its bytes, big-endian, modulo the order. Never 0 or 1 for the names in use, or the vectors' tests fail.</summary>
    public static TFr Element<TFr>(string name)
        where TFr : unmanaged, IPrimeField<TFr> =>
        TFr.FromBigInteger(new BigInteger(Bytes(name), isUnsigned: true, isBigEndian: true) % TFr.Modulus);
}
