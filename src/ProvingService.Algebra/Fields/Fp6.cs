// Owns: the cubic extension Fp2[v]/(v³ − ξ), the middle storey of the tower. ξ comes from the curve.

using System.Diagnostics.CodeAnalysis;

namespace ProvingService.Algebra;

/// <summary>The non-residue ξ of Fp2 on which a curve builds Fp6 and Fp12.</summary>
/// <typeparam name="TFp">The base field.</typeparam>
public interface ITower<TFp>
    where TFp : unmanaged, IPrimeField<TFp>
{
    /// <summary>ξ: neither a square nor a cube in Fp2.</summary>
    static abstract Fp2<TFp> Xi { get; }

    /// <summary>Whether the sextic twist is of type M (b' = b·ξ) and not of type D (b' = b/ξ).</summary>
    static abstract bool IsTwistTypeM { get; }

    /// <summary>a · ξ by additions.</summary>
    static abstract Fp2<TFp> MultiplyByXi(in Fp2<TFp> a);
}

/// <summary>c0 + c1·v + c2·v² with v³ = ξ. Costs are counted in multiplications M₂ and squarings S₂ of Fp2.</summary>
/// <typeparam name="TFp">The base field.</typeparam>
/// <typeparam name="TTower">The curve, for ξ.</typeparam>
/// <param name="c0">The coefficient of 1.</param>
/// <param name="c1">The coefficient of v.</param>
/// <param name="c2">The coefficient of v².</param>
public readonly struct Fp6<TFp, TTower>(in Fp2<TFp> c0, in Fp2<TFp> c1, in Fp2<TFp> c2) : IFieldOperations<Fp6<TFp, TTower>>
    where TFp : unmanaged, IPrimeField<TFp>
    where TTower : struct, ITower<TFp>
{
    /// <summary>The coefficient of 1.</summary>
    public readonly Fp2<TFp> C0 = c0;

    /// <summary>The coefficient of v.</summary>
    public readonly Fp2<TFp> C1 = c1;

    /// <summary>The coefficient of v².</summary>
    public readonly Fp2<TFp> C2 = c2;

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> Zero => default;

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> One => new(Fp2<TFp>.One, default, default);

    /// <inheritdoc/>
    public static bool IsZero(in Fp6<TFp, TTower> a) => Fp2<TFp>.IsZero(a.C0) && Fp2<TFp>.IsZero(a.C1) && Fp2<TFp>.IsZero(a.C2);

    /// <inheritdoc/>
    public static bool IsReduced(in Fp6<TFp, TTower> a) =>
        Fp2<TFp>.IsReduced(a.C0) && Fp2<TFp>.IsReduced(a.C1) && Fp2<TFp>.IsReduced(a.C2);

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> operator +(in Fp6<TFp, TTower> a, in Fp6<TFp, TTower> b) =>
        new(a.C0 + b.C0, a.C1 + b.C1, a.C2 + b.C2);

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> operator -(in Fp6<TFp, TTower> a, in Fp6<TFp, TTower> b) =>
        new(a.C0 - b.C0, a.C1 - b.C1, a.C2 - b.C2);

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> operator -(in Fp6<TFp, TTower> a) => new(-a.C0, -a.C1, -a.C2);

    /// <inheritdoc/>
    /// <remarks>Karatsuba on three terms: 6M₂.</remarks>
    public static Fp6<TFp, TTower> operator *(in Fp6<TFp, TTower> a, in Fp6<TFp, TTower> b) =>
        TowerFunctions<TFp, TTower>.Multiply6 != 0
            ? ScalarCode.Call(TowerFunctions<TFp, TTower>.Multiply6, a, b)
            : MultiplyPortable(a, b);

    /// <summary>a · b in C#: the twin of the emitted code.</summary>
    internal static Fp6<TFp, TTower> MultiplyPortable(in Fp6<TFp, TTower> a, in Fp6<TFp, TTower> b)
    {
        Fp2<TFp> v0 = a.C0 * b.C0, v1 = a.C1 * b.C1, v2 = a.C2 * b.C2;
        Fp2<TFp> t12 = ((a.C1 + a.C2) * (b.C1 + b.C2)) - v1 - v2;
        Fp2<TFp> t01 = ((a.C0 + a.C1) * (b.C0 + b.C1)) - v0 - v1;
        Fp2<TFp> t02 = ((a.C0 + a.C2) * (b.C0 + b.C2)) - v0 - v2;
        return new(v0 + TTower.MultiplyByXi(t12), t01 + TTower.MultiplyByXi(v2), t02 + v1);
    }

    /// <inheritdoc/>
    public static bool operator ==(in Fp6<TFp, TTower> a, in Fp6<TFp, TTower> b) =>
        a.C0 == b.C0 && a.C1 == b.C1 && a.C2 == b.C2;

    /// <inheritdoc/>
    public static bool operator !=(in Fp6<TFp, TTower> a, in Fp6<TFp, TTower> b) => !(a == b);

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> Double(in Fp6<TFp, TTower> a) =>
        new(Fp2<TFp>.Double(a.C0), Fp2<TFp>.Double(a.C1), Fp2<TFp>.Double(a.C2));

    /// <inheritdoc/>
    /// <remarks>Chung and Hasan, SQR2: 2M₂ + 3S₂.</remarks>
    public static Fp6<TFp, TTower> Square(in Fp6<TFp, TTower> a)
    {
        Fp2<TFp> s0 = Fp2<TFp>.Square(a.C0);
        Fp2<TFp> s1 = Fp2<TFp>.Double(a.C0 * a.C1);
        Fp2<TFp> s2 = Fp2<TFp>.Square(a.C0 - a.C1 + a.C2);
        Fp2<TFp> s3 = Fp2<TFp>.Double(a.C1 * a.C2);
        Fp2<TFp> s4 = Fp2<TFp>.Square(a.C2);
        return new(s0 + TTower.MultiplyByXi(s3), s1 + TTower.MultiplyByXi(s4), s1 + s2 + s3 - s0 - s4);
    }

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> Inverse(in Fp6<TFp, TTower> a)
    {
        Fp2<TFp> t0 = Fp2<TFp>.Square(a.C0) - TTower.MultiplyByXi(a.C1 * a.C2);
        Fp2<TFp> t1 = TTower.MultiplyByXi(Fp2<TFp>.Square(a.C2)) - (a.C0 * a.C1);
        Fp2<TFp> t2 = Fp2<TFp>.Square(a.C1) - (a.C0 * a.C2);
        Fp2<TFp> norm = (a.C0 * t0) + TTower.MultiplyByXi((a.C2 * t1) + (a.C1 * t2));
        Fp2<TFp> inverse = Fp2<TFp>.Inverse(norm);
        return new(t0 * inverse, t1 * inverse, t2 * inverse);
    }

    /// <summary>a · v: a rotation and one multiplication by ξ.</summary>
    public static Fp6<TFp, TTower> MultiplyByV(in Fp6<TFp, TTower> a) => new(TTower.MultiplyByXi(a.C2), a.C0, a.C1);

    /// <summary>a · s for s in Fp2: 3M₂.</summary>
    public static Fp6<TFp, TTower> Scale(in Fp6<TFp, TTower> a, in Fp2<TFp> s) => new(a.C0 * s, a.C1 * s, a.C2 * s);

    /// <summary>a · (b0 + b1·v): 5M₂.</summary>
    public static Fp6<TFp, TTower> MultiplyBy01(in Fp6<TFp, TTower> a, in Fp2<TFp> b0, in Fp2<TFp> b1)
    {
        Fp2<TFp> v0 = a.C0 * b0, v1 = a.C1 * b1;
        Fp2<TFp> t0 = ((a.C1 + a.C2) * b1) - v1;
        Fp2<TFp> t1 = ((a.C0 + a.C1) * (b0 + b1)) - v0 - v1;
        Fp2<TFp> t2 = ((a.C0 + a.C2) * b0) - v0;
        return new(v0 + TTower.MultiplyByXi(t0), t1, t2 + v1);
    }

    /// <summary>a · b1·v: 3M₂.</summary>
    public static Fp6<TFp, TTower> MultiplyBy1(in Fp6<TFp, TTower> a, in Fp2<TFp> b1) =>
        new(TTower.MultiplyByXi(a.C2 * b1), a.C0 * b1, a.C1 * b1);

    /// <inheritdoc/>
    public static Fp6<TFp, TTower> Random() => new(Fp2<TFp>.Random(), Fp2<TFp>.Random(), Fp2<TFp>.Random());

    /// <inheritdoc/>
    public bool Equals(Fp6<TFp, TTower> other) => this == other;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Fp6<TFp, TTower> other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(C0, C1, C2);

    /// <summary>The three coefficients in decimal.</summary>
    public override string ToString() => $"[{C0}, {C1}, {C2}]";
}
