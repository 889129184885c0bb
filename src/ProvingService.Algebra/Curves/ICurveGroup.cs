// Owns: the contract of one pairing group (G1 or G2). Never: point formulas (Affine, Jacobian, Xyzz).

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// A group of prime order r on a curve y² = x³ + b. A pairing-friendly curve implements this twice: over Fp for G1 and
/// over Fp2 for G2, explicitly, so that <c>Affine&lt;TField, TCurve&gt;</c> names both groups without further types.
/// </summary>
/// <typeparam name="TSelf">The curve.</typeparam>
/// <typeparam name="TField">The field of the coordinates.</typeparam>
public interface ICurveGroup<TSelf, TField>
    where TSelf : struct, ICurveGroup<TSelf, TField>
    where TField : unmanaged, IField<TField>
{
    /// <summary>The group's name, such as <c>BLS12-381 G1</c>.</summary>
    static abstract string GroupName { get; }

    /// <summary>The coefficient b; not zero, so (0, 0) is not on the curve.</summary>
    static abstract TField B { get; }

    /// <summary>The standard generator of the subgroup of order r.</summary>
    static abstract Affine<TField, TSelf> Generator { get; }

    /// <summary>The prime order r of the group.</summary>
    static abstract BigInteger Order { get; }

    /// <summary>The number of curve points over r.</summary>
    static abstract BigInteger Cofactor { get; }

    /// <summary>
    /// Whether a point of the curve lies in the subgroup of order r; true at infinity. The point must be on the curve:
    /// the short criteria used here say nothing otherwise.
    /// </summary>
    static abstract bool IsInSubgroup(in Affine<TField, TSelf> point);

    /// <summary>k such that k·P decides, with a few additions more, whether P is in the subgroup: what many points can share.</summary>
    static abstract Scalar256 SubgroupMultiplier { get; }

    /// <summary>The criterion of <see cref="IsInSubgroup(in Affine{TField, TSelf})"/> where k·P is known already.</summary>
    /// <param name="point">A point of the curve.</param>
    /// <param name="multiple">k·P for k = <see cref="SubgroupMultiplier"/>.</param>
    static abstract bool IsInSubgroup(in Affine<TField, TSelf> point, in Affine<TField, TSelf> multiple);

    /// <summary>
    /// An endomorphism that costs a few multiplications and acts on the subgroup as multiplication by
    /// <see cref="EndomorphismEigenvalue"/>. Meaningless outside the subgroup.
    /// </summary>
    static abstract Affine<TField, TSelf> Endomorphism(in Affine<TField, TSelf> point);

    /// <summary>The eigenvalue λ of <see cref="Endomorphism"/> modulo r, in [0, r).</summary>
    static abstract BigInteger EndomorphismEigenvalue { get; }
}
