// Owns: the quadratic extension Fp[u]/(u² + 1) of both curves. Never: curve constants; the next storey is Fp6.cs.

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// c0 + c1·u with u² = −1. Both curves have p ≡ 3 (mod 4), so −1 is a non-residue in both. In memory c0 comes first,
/// as in iden3's files. Costs are counted in multiplications M and squarings S of Fp.
/// </summary>
/// <typeparam name="TFp">The base field, with p ≡ 3 (mod 4).</typeparam>
/// <param name="c0">The coefficient of 1.</param>
/// <param name="c1">The coefficient of u.</param>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
public readonly struct Fp2<TFp>(in TFp c0, in TFp c1) : IField<Fp2<TFp>>
    where TFp : unmanaged, IPrimeField<TFp>
{
    /// <summary>The coefficient of 1.</summary>
    public readonly TFp C0 = c0;

    /// <summary>The coefficient of u.</summary>
    public readonly TFp C1 = c1;

    /// <inheritdoc/>
    public static Fp2<TFp> Zero => default;

    /// <inheritdoc/>
    public static Fp2<TFp> One => new(TFp.One, default);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsZero(in Fp2<TFp> a) => TFp.IsZero(a.C0) && TFp.IsZero(a.C1);

    /// <inheritdoc/>
    public static bool IsReduced(in Fp2<TFp> a) => TFp.IsReduced(a.C0) && TFp.IsReduced(a.C1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp2<TFp> operator +(in Fp2<TFp> a, in Fp2<TFp> b) => new(a.C0 + b.C0, a.C1 + b.C1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp2<TFp> operator -(in Fp2<TFp> a, in Fp2<TFp> b) => new(a.C0 - b.C0, a.C1 - b.C1);

    /// <inheritdoc/>
    public static Fp2<TFp> operator -(in Fp2<TFp> a) => new(-a.C0, -a.C1);

    /// <inheritdoc/>
    /// <remarks>
    /// c0·d0 − c1·d1 and c0·d1 + c1·d0, each with one reduction for its two products: as many word products as
    /// Karatsuba's 3M and a fifth of its additions.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp2<TFp> operator *(in Fp2<TFp> a, in Fp2<TFp> b) =>
        ScalarFunctions<TFp>.MultiplyQuadratic != 0
            ? ScalarCode.Call(ScalarFunctions<TFp>.MultiplyQuadratic, a, b)
            : MultiplyPortable(a, b);

    /// <summary>a · b in C#: the twin of the emitted code.</summary>
    internal static Fp2<TFp> MultiplyPortable(in Fp2<TFp> a, in Fp2<TFp> b)
    {
        TFp negated = -b.C1;
        return new(TFp.SumOfProducts(a.C0, b.C0, a.C1, negated), TFp.SumOfProducts(a.C0, b.C1, a.C1, b.C0));
    }

    /// <inheritdoc/>
    public static bool operator ==(in Fp2<TFp> a, in Fp2<TFp> b) => a.C0 == b.C0 && a.C1 == b.C1;

    /// <inheritdoc/>
    public static bool operator !=(in Fp2<TFp> a, in Fp2<TFp> b) => !(a == b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp2<TFp> Double(in Fp2<TFp> a) => new(TFp.Double(a.C0), TFp.Double(a.C1));

    /// <inheritdoc/>
    /// <remarks>(c0 + c1)(c0 − c1) and 2·c0·c1: 2M.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp2<TFp> Square(in Fp2<TFp> a) =>
        ScalarFunctions<TFp>.SquareQuadratic != 0
            ? ScalarCode.Call(ScalarFunctions<TFp>.SquareQuadratic, a)
            : SquarePortable(a);

    /// <summary>a² in C#: the twin of the emitted code.</summary>
    internal static Fp2<TFp> SquarePortable(in Fp2<TFp> a)
    {
        TFp product = a.C0 * a.C1;
        return new((a.C0 + a.C1) * (a.C0 - a.C1), TFp.Double(product));
    }

    /// <inheritdoc/>
    /// <remarks>The conjugate over the norm.</remarks>
    public static Fp2<TFp> Inverse(in Fp2<TFp> a)
    {
        TFp inverse = TFp.Inverse(Norm(a));
        return new(a.C0 * inverse, -(a.C1 * inverse));
    }

    /// <summary>c0² + c1², the product of a and its conjugate.</summary>
    public static TFp Norm(in Fp2<TFp> a) => TFp.Square(a.C0) + TFp.Square(a.C1);

    /// <summary>c0 − c1·u, which is also a^p.</summary>
    public static Fp2<TFp> Conjugate(in Fp2<TFp> a) => new(a.C0, -a.C1);

    /// <summary>a · s for s in Fp: 2M.</summary>
    public static Fp2<TFp> Scale(in Fp2<TFp> a, in TFp s) => new(a.C0 * s, a.C1 * s);

    /// <inheritdoc/>
    /// <remarks>The complex method: the root of the norm gives the real part's square. Two exponentiations and an inversion.</remarks>
    public static bool TrySqrt(in Fp2<TFp> a, out Fp2<TFp> root)
    {
        root = default;
        if (TFp.IsZero(a.C1))
        {
            if (TFp.TrySqrt(a.C0, out TFp real))
            {
                root = new(real, default);
                return true;
            }

            // −1 is a non-residue, so exactly one of c0 and −c0 is a square.
            TFp.TrySqrt(-a.C0, out TFp imaginary);
            root = new(default, imaginary);
            return true;
        }

        if (!TFp.TrySqrt(Norm(a), out TFp norm))
        {
            return false;
        }

        // (c0 + n)/2 is the real part's square, or else minus the imaginary part's, as their product is (c1/2)²; what the
        // exponentiation makes of it is a root of it or of its negative.
        TFp x = (a.C0 + norm) * Constants.Half;
        TFp part = PrimeFieldRoots<TFp>.SqrtPower(x);
        bool isReal = TFp.Square(part) == x;
        TFp other = a.C1 * TFp.Inverse(TFp.Double(part));
        Fp2<TFp> candidate = isReal ? new(part, other) : new(other, part);
        bool isRoot = Square(candidate) == a;
        root = isRoot ? candidate : default;
        return isRoot;
    }

    static nint[] IField<Fp2<TFp>>.EmitPointFunctions() => ScalarCode.EmitPoints<TFp>(isQuadratic: true);

    /// <inheritdoc/>
    public static Fp2<TFp> Random() => new(TFp.Random(), TFp.Random());

    /// <inheritdoc/>
    public bool Equals(Fp2<TFp> other) => this == other;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Fp2<TFp> other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(C0, C1);

    /// <summary>Both coefficients in decimal.</summary>
    public override string ToString() => $"({C0}, {C1})";

    private static class Constants
    {
        public static readonly TFp Half = TFp.Inverse(TFp.Double(TFp.One));
    }
}
