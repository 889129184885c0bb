// Owns: the equivalent Montgomery curve on variables: incomplete additions, cheap where the caller proves that no denominator
// vanishes. Internal: the two multiplications beside it are its only users, and each holds its proof.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>A point of B·v² = u³ + A·u² + u other than the one at infinity.</summary>
internal readonly record struct MontgomeryVariable<TF>(Variable<TF> U, Variable<TF> V)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>
/// Chord and tangent (Montgomery 1987; Bernstein and Lange: Montgomery curves and the Montgomery ladder, ePrint 2017/293,
/// section 4.3). Each slope is a hint λ with λ · denominator = numerator: where the denominator is zero and the numerator is
/// not, no witness satisfies; where both are zero the prover chooses λ. Callers exclude both.
/// </summary>
internal static class MontgomeryGadget
{
    /// <summary>A new wire a·b + c: one constraint, and shorter rows afterwards than the symbolic sum has.</summary>
    public static Variable<TF> MultiplyAdd<TF>(CircuitBuilder<TF> builder, Variable<TF> a, Variable<TF> b, Variable<TF> c)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (a.IsConstant || b.IsConstant)
        {
            return (a * b) + c;
        }

        Variable<TF> result = builder.UnconstrainedHint(1, [a, b, c], static (i, o) => o[0] = (i[0] * i[1]) + i[2])[0];
        builder.AssertProduct(a, b, result - c);
        return result;
    }

    /// <summary>
    /// u = (1 + y)/(1 − y), v = u/x. Three constraints; no witness satisfies at the points without an image, (0, 1) and (0, −1),
    /// as both denominators are inverted: the quotients 0/0 that a single product would leave to the prover cannot occur.
    /// </summary>
    public static MontgomeryVariable<TF> FromEdwards<TF>(CircuitBuilder<TF> builder, EdwardsVariable<TF> p)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> u = (2 * builder.Inverse(1 - p.Y)) - 1;
        return new(u, builder.Divide(u, p.X));
    }

    /// <summary>x = u/v, y = (u − 1)/(u + 1). Two constraints.</summary>
    /// <remarks>Hazard: v = 0 or u = −1 must be excluded, which they are for points of odd order.</remarks>
    public static EdwardsVariable<TF> ToEdwardsUnchecked<TF>(CircuitBuilder<TF> builder, MontgomeryVariable<TF> p)
        where TF : unmanaged, IPrimeField<TF> =>
        new(builder.DivideUnchecked(p.U, p.V), builder.DivideUnchecked(p.U - 1, p.U + 1));

    /// <summary>P + Q. Three constraints.</summary>
    /// <remarks>Hazard: P = Q and P = −Q must be excluded.</remarks>
    public static MontgomeryVariable<TF> AddUnchecked<TF>(CircuitBuilder<TF> builder, MontgomeryVariable<TF> p, MontgomeryVariable<TF> q)
        where TF : unmanaged, IPrimeField<TF>
    {
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        Variable<TF> slope = SlopeUnchecked(builder, q.V - p.V, q.U - p.U);
        Variable<TF> u = MultiplyAdd(builder, slope * curve.MontgomeryB, slope, -p.U - q.U - curve.MontgomeryA);
        return new(u, MultiplyAdd(builder, p.U - u, slope, -p.V));
    }

    /// <summary>2P. Four constraints.</summary>
    /// <remarks>Hazard: v = 0, a point of order 2, must be excluded.</remarks>
    public static MontgomeryVariable<TF> DoubleUnchecked<TF>(CircuitBuilder<TF> builder, MontgomeryVariable<TF> p)
        where TF : unmanaged, IPrimeField<TF>
    {
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        Variable<TF> numerator = (3 * (p.U * p.U)) + (TF.Double(curve.MontgomeryA) * p.U) + 1;
        Variable<TF> slope = SlopeUnchecked(builder, numerator, TF.Double(curve.MontgomeryB) * p.V);
        Variable<TF> u = MultiplyAdd(builder, slope * curve.MontgomeryB, slope, (-2 * p.U) - curve.MontgomeryA);
        return new(u, MultiplyAdd(builder, p.U - u, slope, -p.V));
    }

    /// <summary>
    /// 2P + Q as (P + Q) + P without the ordinate of P + Q (Eisenträger, Lauter, Montgomery: Fast elliptic curve arithmetic and
    /// improved Weil pairing evaluation, CT-RSA 2003). Five constraints.
    /// </summary>
    /// <remarks>Hazard: P = ±Q and P + Q = ±P must be excluded.</remarks>
    public static MontgomeryVariable<TF> DoubleAndAddUnchecked<TF>(
        CircuitBuilder<TF> builder, MontgomeryVariable<TF> p, MontgomeryVariable<TF> q)
        where TF : unmanaged, IPrimeField<TF>
    {
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;

        // With S = P + Q on the chord of slope λ₁: v_S = λ₁·(u_P − u_S) − v_P, so that the chord through S and P has the slope
        // λ₂ = (v_S − v_P)/(u_S − u_P) = −λ₁ + 2·v_P/(u_P − u_S). Then u = B·λ₂² − A − u_S − u_P = B·(λ₂² − λ₁²) + u_Q.
        Variable<TF> first = SlopeUnchecked(builder, q.V - p.V, q.U - p.U);
        Variable<TF> square = first * first * curve.MontgomeryB;
        Variable<TF> sumU = square - curve.MontgomeryA - p.U - q.U;
        Variable<TF> second = SlopeUnchecked(builder, 2 * p.V, p.U - sumU) - first;
        Variable<TF> u = MultiplyAdd(builder, second * curve.MontgomeryB, second, q.U - square);
        return new(u, MultiplyAdd(builder, p.U - u, second, -p.V));
    }

    /// <summary>
    /// numerator/denominator. One constraint, with the slope on the right: abscissas then stay out of B, whose wires cost a prover
    /// a point of G2 each.
    /// </summary>
    private static Variable<TF> SlopeUnchecked<TF>(CircuitBuilder<TF> builder, Variable<TF> numerator, Variable<TF> denominator)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (denominator.IsConstant)
        {
            return builder.DivideUnchecked(numerator, denominator);
        }

        Variable<TF> slope = builder.UnconstrainedQuotient(numerator, denominator);
        builder.AssertProduct(denominator, slope, numerator);
        return slope;
    }
}
