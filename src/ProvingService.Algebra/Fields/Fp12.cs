// Owns: the quadratic extension Fp6[w]/(w² − v), in which pairings take their values: sparse products, Frobenius,
// cyclotomic squarings. Which lines are sparse how is the pairing's business.

using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>c0 + c1·w with w² = v. Costs are counted in multiplications M₂ and squarings S₂ of Fp2.</summary>
/// <typeparam name="TFp">The base field.</typeparam>
/// <typeparam name="TTower">The curve, for ξ.</typeparam>
/// <param name="c0">The coefficient of 1.</param>
/// <param name="c1">The coefficient of w.</param>
public readonly struct Fp12<TFp, TTower>(in Fp6<TFp, TTower> c0, in Fp6<TFp, TTower> c1) : IFieldOperations<Fp12<TFp, TTower>>
    where TFp : unmanaged, IPrimeField<TFp>
    where TTower : struct, ITower<TFp>
{
    /// <summary>The coefficient of 1.</summary>
    public readonly Fp6<TFp, TTower> C0 = c0;

    /// <summary>The coefficient of w.</summary>
    public readonly Fp6<TFp, TTower> C1 = c1;

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> Zero => default;

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> One => new(Fp6<TFp, TTower>.One, default);

    /// <inheritdoc/>
    public static bool IsZero(in Fp12<TFp, TTower> a) => Fp6<TFp, TTower>.IsZero(a.C0) && Fp6<TFp, TTower>.IsZero(a.C1);

    /// <inheritdoc/>
    public static bool IsReduced(in Fp12<TFp, TTower> a) => Fp6<TFp, TTower>.IsReduced(a.C0) && Fp6<TFp, TTower>.IsReduced(a.C1);

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> operator +(in Fp12<TFp, TTower> a, in Fp12<TFp, TTower> b) => new(a.C0 + b.C0, a.C1 + b.C1);

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> operator -(in Fp12<TFp, TTower> a, in Fp12<TFp, TTower> b) => new(a.C0 - b.C0, a.C1 - b.C1);

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> operator -(in Fp12<TFp, TTower> a) => new(-a.C0, -a.C1);

    /// <inheritdoc/>
    /// <remarks>Karatsuba: 18M₂.</remarks>
    public static Fp12<TFp, TTower> operator *(in Fp12<TFp, TTower> a, in Fp12<TFp, TTower> b) =>
        TowerFunctions<TFp, TTower>.Multiply12 != 0
            ? ScalarCode.Call(TowerFunctions<TFp, TTower>.Multiply12, a, b)
            : MultiplyPortable(a, b);

    /// <summary>a · b in C#: the twin of the emitted code.</summary>
    internal static Fp12<TFp, TTower> MultiplyPortable(in Fp12<TFp, TTower> a, in Fp12<TFp, TTower> b)
    {
        Fp6<TFp, TTower> v0 = a.C0 * b.C0, v1 = a.C1 * b.C1;
        return new(v0 + Fp6<TFp, TTower>.MultiplyByV(v1), ((a.C0 + a.C1) * (b.C0 + b.C1)) - v0 - v1);
    }

    /// <inheritdoc/>
    public static bool operator ==(in Fp12<TFp, TTower> a, in Fp12<TFp, TTower> b) => a.C0 == b.C0 && a.C1 == b.C1;

    /// <inheritdoc/>
    public static bool operator !=(in Fp12<TFp, TTower> a, in Fp12<TFp, TTower> b) => !(a == b);

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> Double(in Fp12<TFp, TTower> a) => new(Fp6<TFp, TTower>.Double(a.C0), Fp6<TFp, TTower>.Double(a.C1));

    /// <inheritdoc/>
    /// <remarks>The complex method: 12M₂.</remarks>
    public static Fp12<TFp, TTower> Square(in Fp12<TFp, TTower> a) =>
        TowerFunctions<TFp, TTower>.Square12 != 0
            ? ScalarCode.Call(TowerFunctions<TFp, TTower>.Square12, a)
            : SquarePortable(a);

    /// <summary>a² in C#: the twin of the emitted code.</summary>
    internal static Fp12<TFp, TTower> SquarePortable(in Fp12<TFp, TTower> a)
    {
        Fp6<TFp, TTower> product = a.C0 * a.C1;
        Fp6<TFp, TTower> real = (a.C0 + a.C1) * (a.C0 + Fp6<TFp, TTower>.MultiplyByV(a.C1));
        return new(real - product - Fp6<TFp, TTower>.MultiplyByV(product), Fp6<TFp, TTower>.Double(product));
    }

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> Inverse(in Fp12<TFp, TTower> a)
    {
        Fp6<TFp, TTower> norm = Fp6<TFp, TTower>.Square(a.C0) - Fp6<TFp, TTower>.MultiplyByV(Fp6<TFp, TTower>.Square(a.C1));
        Fp6<TFp, TTower> inverse = Fp6<TFp, TTower>.Inverse(norm);
        return new(a.C0 * inverse, -(a.C1 * inverse));
    }

    /// <summary>c0 − c1·w = a^(p⁶): the inverse of an element of the cyclotomic subgroup.</summary>
    public static Fp12<TFp, TTower> Conjugate(in Fp12<TFp, TTower> a) => new(a.C0, -a.C1);

    /// <summary>a^(p^power), for a power of 1, 2 or 3: 5M₂.</summary>
    public static Fp12<TFp, TTower> Frobenius(in Fp12<TFp, TTower> a, int power)
    {
        ReadOnlySpan<Fp2<TFp>> gamma = FrobeniusConstants<TFp, TTower>.Gamma(power);
        bool odd = (power & 1) != 0;
        return new(
            new(Map(a.C0.C0, odd), Map(a.C0.C1, odd) * gamma[2], Map(a.C0.C2, odd) * gamma[4]),
            new(Map(a.C1.C0, odd) * gamma[1], Map(a.C1.C1, odd) * gamma[3], Map(a.C1.C2, odd) * gamma[5]));

        static Fp2<TFp> Map(in Fp2<TFp> c, bool conjugate) => conjugate ? Fp2<TFp>.Conjugate(c) : c;
    }

    /// <summary>a · (b0 + b1·v + b4·v·w), a line on an M-type twist: 13M₂.</summary>
    public static Fp12<TFp, TTower> MultiplyBy014(in Fp12<TFp, TTower> a, in Fp2<TFp> b0, in Fp2<TFp> b1, in Fp2<TFp> b4)
    {
        Fp6<TFp, TTower> v0 = Fp6<TFp, TTower>.MultiplyBy01(a.C0, b0, b1);
        Fp6<TFp, TTower> v1 = Fp6<TFp, TTower>.MultiplyBy1(a.C1, b4);
        Fp6<TFp, TTower> cross = Fp6<TFp, TTower>.MultiplyBy01(a.C0 + a.C1, b0, b1 + b4);
        return new(v0 + Fp6<TFp, TTower>.MultiplyByV(v1), cross - v0 - v1);
    }

    /// <summary>a · (b0 + b3·w + b4·v·w), a line on a D-type twist: 13M₂.</summary>
    public static Fp12<TFp, TTower> MultiplyBy034(in Fp12<TFp, TTower> a, in Fp2<TFp> b0, in Fp2<TFp> b3, in Fp2<TFp> b4)
    {
        Fp6<TFp, TTower> v0 = Fp6<TFp, TTower>.Scale(a.C0, b0);
        Fp6<TFp, TTower> v1 = Fp6<TFp, TTower>.MultiplyBy01(a.C1, b3, b4);
        Fp6<TFp, TTower> cross = Fp6<TFp, TTower>.MultiplyBy01(a.C0 + a.C1, b0 + b3, b4);
        return new(v0 + Fp6<TFp, TTower>.MultiplyByV(v1), cross - v0 - v1);
    }

    /// <summary>
    /// a² for a in the cyclotomic subgroup, where a^(p⁴ − p² + 1) = 1 (Granger and Scott, eprint 2009/565, section 3.2): 9S₂.
    /// Wrong outside it.
    /// </summary>
    public static Fp12<TFp, TTower> CyclotomicSquare(in Fp12<TFp, TTower> a) =>
        TowerFunctions<TFp, TTower>.CyclotomicSquare != 0
            ? ScalarCode.Call(TowerFunctions<TFp, TTower>.CyclotomicSquare, a)
            : CyclotomicSquarePortable(a);

    /// <summary>As <see cref="CyclotomicSquare"/>, in C#: the twin of the emitted code.</summary>
    internal static Fp12<TFp, TTower> CyclotomicSquarePortable(in Fp12<TFp, TTower> a)
    {
        SquareFp4(a.C0.C0, a.C1.C1, out Fp2<TFp> a0, out Fp2<TFp> a1);
        SquareFp4(a.C1.C0, a.C0.C2, out Fp2<TFp> b0, out Fp2<TFp> b1);
        SquareFp4(a.C0.C1, a.C1.C2, out Fp2<TFp> c0, out Fp2<TFp> c1);
        return new(
            new(Minus(a0, a.C0.C0), Minus(b0, a.C0.C1), Minus(c0, a.C0.C2)),
            new(Plus(TTower.MultiplyByXi(c1), a.C1.C0), Plus(a1, a.C1.C1), Plus(b1, a.C1.C2)));

        // 3t − 2z and 3t + 2z.
        static Fp2<TFp> Minus(in Fp2<TFp> t, in Fp2<TFp> z) => Fp2<TFp>.Double(t - z) + t;
        static Fp2<TFp> Plus(in Fp2<TFp> t, in Fp2<TFp> z) => Fp2<TFp>.Double(t + z) + t;
    }

    /// <summary>a^exponent for a in the cyclotomic subgroup, by runs of cyclotomic squarings and a product for every one bit.</summary>
    public static Fp12<TFp, TTower> CyclotomicPow(in Fp12<TFp, TTower> a, ulong exponent)
    {
        if (exponent == 0)
        {
            return One;
        }

        Fp12<TFp, TTower> result = a;
        int bit = 63 - BitOperations.LeadingZeroCount(exponent);
        while (bit > 0)
        {
            // Down to the next one bit, or to bit 0.
            ulong below = exponent & ((1UL << bit) - 1);
            int next = below == 0 ? 0 : 63 - BitOperations.LeadingZeroCount(below);
            result = CyclotomicSquareRepeatedly(result, bit - next);
            result = below == 0 ? result : result * a;
            bit = next;
        }

        return result;
    }

    private static Fp12<TFp, TTower> CyclotomicSquareRepeatedly(in Fp12<TFp, TTower> a, int count)
    {
        if (TowerFunctions<TFp, TTower>.CyclotomicSquareRepeatedly != 0)
        {
            return ScalarCode.CallRepeatedly(TowerFunctions<TFp, TTower>.CyclotomicSquareRepeatedly, a, count, atOnce: 4);
        }

        Fp12<TFp, TTower> result = a;
        for (int i = 0; i < count; i++)
        {
            result = CyclotomicSquarePortable(result);
        }

        return result;
    }

    /// <inheritdoc/>
    public static Fp12<TFp, TTower> Random() => new(Fp6<TFp, TTower>.Random(), Fp6<TFp, TTower>.Random());

    /// <inheritdoc/>
    public bool Equals(Fp12<TFp, TTower> other) => this == other;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Fp12<TFp, TTower> other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(C0, C1);

    /// <summary>The twelve coefficients in decimal.</summary>
    public override string ToString() => $"{{{C0}, {C1}}}";

    /// <summary>(x + y·s)² in Fp4 = Fp2[s]/(s² − ξ): 3S₂.</summary>
    private static void SquareFp4(in Fp2<TFp> x, in Fp2<TFp> y, out Fp2<TFp> real, out Fp2<TFp> imaginary)
    {
        Fp2<TFp> xx = Fp2<TFp>.Square(x), yy = Fp2<TFp>.Square(y);
        imaginary = Fp2<TFp>.Square(x + y) - xx - yy;
        real = TTower.MultiplyByXi(yy) + xx;
    }
}

/// <summary>γ(k, i) = ξ^(i·(p^k − 1)/6), by which the k-th Frobenius multiplies the coefficient of w^i.</summary>
internal static class FrobeniusConstants<TFp, TTower>
    where TFp : unmanaged, IPrimeField<TFp>
    where TTower : struct, ITower<TFp>
{
    private static readonly Fp2<TFp>[][] Table = [Powers(1), Powers(2), Powers(3)];

    public static ReadOnlySpan<Fp2<TFp>> Gamma(int power) => Table[power - 1];

    private static Fp2<TFp>[] Powers(int k)
    {
        Fp2<TFp> gamma = Field.Pow(TTower.Xi, (BigInteger.Pow(TFp.Modulus, k) - 1) / 6);
        var powers = new Fp2<TFp>[6];
        powers[0] = Fp2<TFp>.One;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * gamma;
        }

        return powers;
    }
}
