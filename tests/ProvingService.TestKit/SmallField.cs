// Owns: prime fields of 16 bits, on which every value of a small circuit, key or proof can be checked by hand.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using ProvingService.Algebra;

namespace ProvingService.TestKit;

/// <summary>An odd prime of at most 16 bits.</summary>
public interface ISmallPrime
{
    static abstract ulong P { get; }
}

/// <summary>64513 = 63·2^10 + 1. The type ToyField is the field of this prime (an alias in Directory.Build.targets).</summary>
public readonly struct Prime64513 : ISmallPrime
{
    public static ulong P => 64513;
}

/// <summary>61441 = 15·2^12 + 1, the order of <see cref="ToyCurve"/>.</summary>
public readonly struct Prime61441 : ISmallPrime
{
    public static ulong P => 61441;
}

/// <summary>61231 ≡ 3 (mod 4), over which <see cref="ToyCurve"/> is defined.</summary>
public readonly struct Prime61231 : ISmallPrime
{
    public static ulong P => 61231;
}

/// <summary>
/// Integers modulo a small prime, one word, stored canonically (not in Montgomery form), with roots of unity by the
/// smallest non-residue. Every value can be enumerated in a test.
/// </summary>
/// <typeparam name="TPrime">The prime.</typeparam>
public readonly struct SmallField<TPrime> : IPrimeField<SmallField<TPrime>>
    where TPrime : struct, ISmallPrime
{
    private static readonly SmallField<TPrime> Root = FindRoot();

    private readonly ulong value;

    private SmallField(ulong value) => this.value = value;

    public static string Name => $"toy field {P}";

    public static BigInteger Modulus => P;

    public static int LimbCount => 1;

    public static int BitLength => 16;

    public static int TwoAdicity => BitOperations.TrailingZeroCount(P - 1);

    public static SmallField<TPrime> RootOfUnity => Root;

    public static ulong P => TPrime.P;

    public static SmallField<TPrime> Zero => default;

    public static SmallField<TPrime> One => new(1);

    public static bool IsZero(in SmallField<TPrime> a) => a.value == 0;

    public static bool IsReduced(in SmallField<TPrime> a) => a.value < P;

    public static SmallField<TPrime> operator +(in SmallField<TPrime> a, in SmallField<TPrime> b) => new((a.value + b.value) % P);

    public static SmallField<TPrime> operator -(in SmallField<TPrime> a, in SmallField<TPrime> b) => new((a.value + P - b.value) % P);

    public static SmallField<TPrime> operator -(in SmallField<TPrime> a) => new((P - a.value) % P);

    public static SmallField<TPrime> operator *(in SmallField<TPrime> a, in SmallField<TPrime> b) => new(a.value * b.value % P);

    public static SmallField<TPrime> SumOfProducts(
        in SmallField<TPrime> a, in SmallField<TPrime> b, in SmallField<TPrime> c, in SmallField<TPrime> d) => (a * b) + (c * d);

    public static bool operator ==(in SmallField<TPrime> a, in SmallField<TPrime> b) => a.value == b.value;

    public static bool operator !=(in SmallField<TPrime> a, in SmallField<TPrime> b) => a.value != b.value;

    public static SmallField<TPrime> Double(in SmallField<TPrime> a) => a + a;

    public static SmallField<TPrime> Square(in SmallField<TPrime> a) => a * a;

    /// <summary>a^(p−2), which is 0 for 0.</summary>
    public static SmallField<TPrime> Inverse(in SmallField<TPrime> a) => Field.Pow(a, P - 2);

    public static bool TrySqrt(in SmallField<TPrime> a, out SmallField<TPrime> root)
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

    public static SmallField<TPrime> Random() => new((ulong)RandomNumberGenerator.GetInt32((int)P));

    public static SmallField<TPrime> FromUInt64(ulong value) => new(value % P);

    public static SmallField<TPrime> FromBigInteger(BigInteger value) => new((ulong)(((value % P) + P) % P));

    public static BigInteger ToBigInteger(in SmallField<TPrime> a) => a.value;

    public static bool TryFromCanonical(ReadOnlySpan<ulong> limbs, out SmallField<TPrime> element)
    {
        bool isCanonical = limbs[0] < P;
        element = isCanonical ? new(limbs[0]) : default;
        return isCanonical;
    }

    public static void ToCanonical(in SmallField<TPrime> a, Span<ulong> limbs) => limbs[0] = a.value;

    public bool Equals(SmallField<TPrime> other) => value == other.value;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is SmallField<TPrime> other && Equals(other);

    public override int GetHashCode() => value.GetHashCode();

    public override string ToString() => value.ToString(CultureInfo.InvariantCulture);

    private static SmallField<TPrime> FindRoot()
    {
        var candidate = new SmallField<TPrime>(2);
        while (Field.Pow(candidate, (P - 1) / 2) == One)
        {
            candidate += One;
        }

        return Field.Pow(candidate, (P - 1) >> TwoAdicity);
    }
}
