// Owns: the complete addition law of the embedded curve on variables. Its twin on numbers: EdwardsPoint.cs.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>A pair of variables that stands for a point of <see cref="EdwardsCurve{TF}.Embedded"/>.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
/// <param name="X">The abscissa.</param>
/// <param name="Y">The ordinate.</param>
public readonly record struct EdwardsVariable<TF>(Variable<TF> X, Variable<TF> Y)
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>A constant point.</summary>
    public static implicit operator EdwardsVariable<TF>(EdwardsPoint<TF> point) => new(point.X, point.Y);
}

/// <summary>
/// Points in a circuit, all of them: the neutral element and points of small order too. The operations assume that their
/// operands are on the curve (a constant, a result of these operations, or proven by <see cref="AssertOnCurve"/>): their
/// quotients are unchecked, and it is the curve equation that keeps the denominators from zero, a being a square and d not.
/// </summary>
public static class EdwardsGadget
{
    /// <summary>a·x² + y² = 1 + d·x²·y². Three constraints.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static void AssertOnCurve<TF>(CircuitBuilder<TF> builder, EdwardsVariable<TF> p)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        Variable<TF> x2 = p.X * p.X, y2 = p.Y * p.Y;
        builder.AssertProduct(curve.D * x2, y2, (curve.A * x2) + y2 - 1);
    }

    /// <summary>−P. No constraint.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static EdwardsVariable<TF> Negate<TF>(EdwardsVariable<TF> p)
        where TF : unmanaged, IPrimeField<TF> => new(-p.X, p.Y);

    /// <summary>
    /// P + Q for all points of the curve. Six constraints, three where one of the points is a constant, none where both are
    /// (ePrint 2008/013, section 6).
    /// </summary>
    /// <remarks>Hazard: off the curve a denominator may vanish, and the sum is then the prover's choice.</remarks>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static EdwardsVariable<TF> Add<TF>(CircuitBuilder<TF> builder, EdwardsVariable<TF> p, EdwardsVariable<TF> q)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;

        // (y₁ − a·x₁)(x₂ + y₂) = y₁y₂ − a·x₁x₂ + y₁x₂ − a·x₁y₂ holds the numerator of y.
        Variable<TF> first = p.X * q.Y, second = p.Y * q.X;
        Variable<TF> both = (p.Y - (curve.A * p.X)) * (q.X + q.Y);
        Variable<TF> product = curve.D * (first * second);
        return new(
            builder.DivideUnchecked(first + second, 1 + product),
            builder.DivideUnchecked(both - second + (curve.A * first), 1 - product));
    }

    /// <summary>
    /// P + P for all points of the curve. Five constraints: by the curve equation 1 ± d·x²y² is a·x² + y² and 2 − a·x² − y².
    /// </summary>
    /// <remarks>Hazard: as <see cref="Add"/>.</remarks>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static EdwardsVariable<TF> Double<TF>(CircuitBuilder<TF> builder, EdwardsVariable<TF> p)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        Variable<TF> xy = p.X * p.Y, ax2 = p.X * p.X * EdwardsCurve<TF>.Embedded.A, y2 = p.Y * p.Y;
        return new(builder.DivideUnchecked(2 * xy, ax2 + y2), builder.DivideUnchecked(y2 - ax2, 2 - ax2 - y2));
    }

    /// <summary>
    /// condition = 1 ? whenTrue : whenFalse. One constraint a coordinate, and one where the condition is not yet proven to be a
    /// bit.
    /// </summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static EdwardsVariable<TF> Select<TF>(
        CircuitBuilder<TF> builder, Variable<TF> condition, EdwardsVariable<TF> whenTrue, EdwardsVariable<TF> whenFalse)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        return new(builder.Select(condition, whenTrue.X, whenFalse.X), builder.Select(condition, whenTrue.Y, whenFalse.Y));
    }
}
