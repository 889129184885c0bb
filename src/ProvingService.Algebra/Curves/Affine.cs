// Owns: points in affine coordinates, the form of keys, proofs and MSM bases. Addition formulas: Jacobian.cs, Xyzz.cs.

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// A point (x, y) with y² = x³ + b, or infinity as (0, 0). In memory x then y, each in Montgomery form: the layout of
/// a <c>.zkey</c>. A value of this type may lie off the curve or outside the subgroup; decoders check both.
/// </summary>
/// <typeparam name="TField">The field of the coordinates.</typeparam>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <param name="x">The abscissa.</param>
/// <param name="y">The ordinate.</param>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
public readonly struct Affine<TField, TCurve>(in TField x, in TField y) : IEquatable<Affine<TField, TCurve>>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>The abscissa.</summary>
    public readonly TField X = x;

    /// <summary>The ordinate.</summary>
    public readonly TField Y = y;

    /// <summary>The neutral element, stored as (0, 0).</summary>
    public static Affine<TField, TCurve> Infinity => default;

    /// <summary>The standard generator.</summary>
    public static Affine<TField, TCurve> Generator => TCurve.Generator;

    /// <summary>The coefficient b of the curve equation.</summary>
    public static TField B => TCurve.B;

    /// <summary>Whether this is the neutral element.</summary>
    public bool IsInfinity
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TField.IsZero(X) && TField.IsZero(Y);
    }

    /// <summary>Whether the curve equation holds; true at infinity. Says nothing of the subgroup.</summary>
    public bool IsOnCurve() => IsInfinity || TField.Square(Y) == (TField.Square(X) * X) + TCurve.B;

    /// <summary>Whether a point that is on the curve lies in the subgroup of order r.</summary>
    public bool IsInSubgroup() => TCurve.IsInSubgroup(this);

    /// <summary>Whether both coordinates are reduced representations; see <see cref="IFieldOperations{TSelf}.IsReduced"/>.</summary>
    public bool IsReduced() => TField.IsReduced(X) && TField.IsReduced(Y);

    /// <summary>−P.</summary>
    public static Affine<TField, TCurve> operator -(in Affine<TField, TCurve> a) => new(a.X, -a.Y);

    /// <summary>Whether both are the same point.</summary>
    public static bool operator ==(in Affine<TField, TCurve> a, in Affine<TField, TCurve> b) => a.X == b.X && a.Y == b.Y;

    /// <summary>Whether the points differ.</summary>
    public static bool operator !=(in Affine<TField, TCurve> a, in Affine<TField, TCurve> b) => !(a == b);

    /// <inheritdoc/>
    public bool Equals(Affine<TField, TCurve> other) => this == other;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Affine<TField, TCurve> other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(X, Y);

    /// <summary>The coordinates in decimal, or <c>infinity</c>.</summary>
    public override string ToString() => IsInfinity ? "infinity" : $"({X}, {Y})";
}
