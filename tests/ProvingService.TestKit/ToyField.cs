<<<<<<< HEAD
// Owns: a prime field of 16 bits, on which every value of a small circuit or key can be checked by hand.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
=======
// Owns: a field small enough to check by hand.

using System.Numerics;
>>>>>>> msm
using ProvingService.Algebra;

namespace ProvingService.TestKit;

/// <summary>
<<<<<<< HEAD
/// Integers modulo 64513 = 63·2^10 + 1, one word, stored canonically (not in Montgomery form). The smallest
/// non-residue is 5, so the 2^10-th root of unity is 5^63. Every value can be enumerated in a test.
/// </summary>
public readonly struct ToyField : IPrimeField<ToyField>
{
    public const ulong P = 64513;

    private readonly ulong value;

    private ToyField(ulong value) => this.value = value;
=======
/// The integers modulo 64513 = 63·2^10 + 1, stored as themselves in one word (no Montgomery form): the toy field of
/// halo2's tests. 2-adicity 10; the smallest non-residue is 5, so the root of unity is 5^63.
/// </summary>
public readonly struct ToyField : IPrimeField<ToyField>
{
    public const uint P = 64513;

    private static readonly uint[] Roots = BuildRoots();

    private readonly ulong value;

    private ToyField(ulong reduced) => value = reduced;
>>>>>>> msm

    public static string Name => "toy field 64513";

    public static BigInteger Modulus => P;

    public static int LimbCount => 1;

    public static int BitLength => 16;

    public static int TwoAdicity => 10;

<<<<<<< HEAD
    public static ToyField RootOfUnity => Field.Pow(new ToyField(5), 63UL);
=======
    public static ToyField RootOfUnity { get; } = new((ulong)BigInteger.ModPow(5, 63, P));
>>>>>>> msm

    public static ToyField Zero => default;

    public static ToyField One => new(1);

    public static bool IsZero(in ToyField a) => a.value == 0;

    public static bool IsReduced(in ToyField a) => a.value < P;

    public static ToyField operator +(in ToyField a, in ToyField b) => new((a.value + b.value) % P);

    public static ToyField operator -(in ToyField a, in ToyField b) => new((a.value + P - b.value) % P);

    public static ToyField operator -(in ToyField a) => new((P - a.value) % P);

    public static ToyField operator *(in ToyField a, in ToyField b) => new(a.value * b.value % P);

    public static bool operator ==(in ToyField a, in ToyField b) => a.value == b.value;

    public static bool operator !=(in ToyField a, in ToyField b) => a.value != b.value;

    public static ToyField Double(in ToyField a) => a + a;

    public static ToyField Square(in ToyField a) => a * a;

<<<<<<< HEAD
    /// <summary>a^(p−2), which is 0 for 0.</summary>
    public static ToyField Inverse(in ToyField a) => Field.Pow(a, P - 2);

    public static bool TrySqrt(in ToyField a, out ToyField root)
    {
        for (ulong candidate = 0; candidate <= P / 2; candidate++)
        {
            root = new(candidate);
            if (root * root == a)
            {
                return true;
            }
        }

        root = default;
        return false;
    }

    public static ToyField Random() => new((ulong)RandomNumberGenerator.GetInt32((int)P));
=======
    public static ToyField Inverse(in ToyField a) => new((ulong)BigInteger.ModPow(a.value, P - 2, P));

    public static bool TrySqrt(in ToyField a, out ToyField root)
    {
        root = new(Roots[a.value]);
        return root * root == a;
    }

    public static ToyField Random() => new((ulong)System.Security.Cryptography.RandomNumberGenerator.GetInt32((int)P));
>>>>>>> msm

    public static ToyField FromUInt64(ulong value) => new(value % P);

    public static ToyField FromBigInteger(BigInteger value) => new((ulong)(((value % P) + P) % P));

    public static BigInteger ToBigInteger(in ToyField a) => a.value;

    public static bool TryFromCanonical(ReadOnlySpan<ulong> limbs, out ToyField element)
    {
<<<<<<< HEAD
        bool isCanonical = limbs[0] < P;
        element = isCanonical ? new(limbs[0]) : default;
        return isCanonical;
=======
        bool canonical = limbs[0] < P;
        element = new(canonical ? limbs[0] : 0);
        return canonical;
>>>>>>> msm
    }

    public static void ToCanonical(in ToyField a, Span<ulong> limbs) => limbs[0] = a.value;

    public bool Equals(ToyField other) => value == other.value;

<<<<<<< HEAD
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ToyField other && Equals(other);

    public override int GetHashCode() => value.GetHashCode();

    public override string ToString() => value.ToString(CultureInfo.InvariantCulture);
=======
    public override bool Equals(object? obj) => obj is ToyField other && Equals(other);

    public override int GetHashCode() => value.GetHashCode();

    public override string ToString() => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The smaller root of each square; zero for the others.</summary>
    private static uint[] BuildRoots()
    {
        uint[] roots = new uint[P];
        for (uint i = 1; i <= P / 2; i++)
        {
            roots[(ulong)i * i % P] = i;
        }

        return roots;
    }
>>>>>>> msm
}
