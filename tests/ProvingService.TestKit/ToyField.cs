// Owns: a field small enough to check by hand.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.TestKit;

/// <summary>
/// The integers modulo 64513 = 63·2^10 + 1, stored as themselves in one word (no Montgomery form): the toy field of
/// halo2's tests. 2-adicity 10; the smallest non-residue is 5, so the root of unity is 5^63.
/// </summary>
public readonly struct ToyField : IPrimeField<ToyField>
{
    public const uint P = 64513;

    private static readonly uint[] Roots = BuildRoots();

    private readonly ulong value;

    private ToyField(ulong reduced) => value = reduced;

    public static string Name => "toy field 64513";

    public static BigInteger Modulus => P;

    public static int LimbCount => 1;

    public static int BitLength => 16;

    public static int TwoAdicity => 10;

    public static ToyField RootOfUnity { get; } = new((ulong)BigInteger.ModPow(5, 63, P));

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

    public static ToyField Inverse(in ToyField a) => new((ulong)BigInteger.ModPow(a.value, P - 2, P));

    public static bool TrySqrt(in ToyField a, out ToyField root)
    {
        root = new(Roots[a.value]);
        return root * root == a;
    }

    public static ToyField Random() => new((ulong)System.Security.Cryptography.RandomNumberGenerator.GetInt32((int)P));

    public static ToyField FromUInt64(ulong value) => new(value % P);

    public static ToyField FromBigInteger(BigInteger value) => new((ulong)(((value % P) + P) % P));

    public static BigInteger ToBigInteger(in ToyField a) => a.value;

    public static bool TryFromCanonical(ReadOnlySpan<ulong> limbs, out ToyField element)
    {
        bool canonical = limbs[0] < P;
        element = new(canonical ? limbs[0] : 0);
        return canonical;
    }

    public static void ToCanonical(in ToyField a, Span<ulong> limbs) => limbs[0] = a.value;

    public bool Equals(ToyField other) => value == other.value;

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
}
