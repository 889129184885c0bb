// Owns: multiples of a point that is not known in advance, on variables.
//
// The scalar k = Σ b_i·2^i of n bits is made odd, m = k + 1 − b_0, and written with digits ±1:
//     m = 2^(n−1) + Σ_{i<n−1} (2·b_{i+1} − 1)·2^i,
// two digits a window: q = 4·β₁ + 2·β₀ − 3 in {−3, −1, 1, 3}. The accumulator mP begins at P and each window makes it
// m' = 4m + q. In the end P is subtracted where b_0 = 0.
//
// P has order l, an odd prime, so that jP = O exactly for l | j. While m' < l the windows run on the Montgomery curve with
// incomplete formulas, and none meets an exception:
//     doubling mP:           its ordinate is 0 at points of order 2 only, and l does not divide 2m with 0 < m < l;
//     a = 2m, aP ± qP:       a is even and q odd, so a ± q ≠ 0, and a + 3 < l: for m ≥ 3, a + 3 ≤ 4m − 3 ≤ m', and for m = 1
//                            a + 3 = 5 < l;
//     (a + q)P ± aP:         q ≠ 0 and |q| < l; 2a + q = m' is odd and positive, and below l.
// A prefix of zeros keeps m = 1, whose a = 2 is none of ±1, ±3. All this holds for every string of bits.
// As m ≤ (m' + 3)/4, all but the last few windows are below l: for n the length of the field's prime, all but two. Those two
// and the subtraction run in the complete Edwards law. CompleteWindows counts them from l, and the tests take k around every
// boundary.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>[k]P for a point of order l, by windows of two signed digits.</summary>
public static class VariableBaseGadget
{
    /// <summary>The fewest bits of a scalar.</summary>
    public const int MinBits = 4;

    /// <summary>
    /// [k]P. 1,683 constraints for 255 bits on Jubjub, 1,676 for 254 on BabyJubjub: 13 for two bits.
    /// </summary>
    /// <remarks>
    /// Hazard: P must be of order l or neutral, which the caller proves, for instance by having multiplied a point of the curve
    /// by 8. The neutral element is refused: no witness satisfies.
    /// </remarks>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="point">P.</param>
    /// <param name="bits">
    /// The bits of k, lowest first, 4 to the bit length of the field's prime. They are proven to be bits here where they are
    /// not yet; that they are the canonical ones of some element is up to the caller. k counts modulo l.
    /// </param>
    /// <returns>A point of the subgroup of order l, the neutral element where l divides k.</returns>
    public static EdwardsVariable<TF> Multiply<TF>(CircuitBuilder<TF> builder, EdwardsVariable<TF> point, ReadOnlySpan<Variable<TF>> bits)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (bits.Length is < MinBits || bits.Length > TF.BitLength)
        {
            throw new ArgumentException($"A scalar has {MinBits} to {TF.BitLength} bits, not {bits.Length}.");
        }

        foreach (Variable<TF> bit in bits)
        {
            builder.AssertBoolean(bit);
        }

        // P = (0, 1) is refused here; twice and three times a point of order l are neither neutral nor ±P.
        MontgomeryVariable<TF> one = MontgomeryGadget.FromEdwards(builder, point);
        MontgomeryVariable<TF> two = MontgomeryGadget.DoubleUnchecked(builder, one);
        MontgomeryVariable<TF> three = MontgomeryGadget.AddUnchecked(builder, two, one);

        int top = bits.Length - 1;
        MontgomeryVariable<TF> sum = one;
        MontgomeryVariable<TF>? doubled = two;
        if ((top & 1) != 0)
        {
            // An odd number of digits: the first alone makes 2 ± 1 of the leading 1.
            sum = new(
                MontgomeryGadget.MultiplyAdd(builder, bits[top], three.U - one.U, one.U),
                MontgomeryGadget.MultiplyAdd(builder, bits[top], three.V - one.V, one.V));
            doubled = null;
            top--;
        }

        for (int complete = 2 * CompleteWindows<TF>(bits.Length); top > complete; top -= 2)
        {
            doubled ??= MontgomeryGadget.DoubleUnchecked(builder, sum);
            (Variable<TF> u, Variable<TF> v) = SelectMultiple(builder, bits[top], bits[top - 1], one.U, three.U, one.V, three.V);
            sum = MontgomeryGadget.DoubleAndAddUnchecked(builder, doubled.Value, new MontgomeryVariable<TF>(u, v));
            doubled = null;
        }

        EdwardsVariable<TF> result = MontgomeryGadget.ToEdwardsUnchecked(builder, sum);
        if (top > 0)
        {
            EdwardsVariable<TF> triple = MontgomeryGadget.ToEdwardsUnchecked(builder, three);
            for (; top > 0; top -= 2)
            {
                result = EdwardsGadget.Double(builder, EdwardsGadget.Double(builder, result));
                (Variable<TF> y, Variable<TF> x) = SelectMultiple(builder, bits[top], bits[top - 1], point.Y, triple.Y, point.X, triple.X);
                result = EdwardsGadget.Add(builder, result, new EdwardsVariable<TF>(x, y));
            }
        }

        // Minus P where b₀ = 0, and the neutral element (0, 1) where it is 1.
        var correction = new EdwardsVariable<TF>(
            (bits[0] - 1) * point.X,
            MontgomeryGadget.MultiplyAdd(builder, bits[0], 1 - point.Y, point.Y));
        return EdwardsGadget.Add(builder, result, correction);
    }

    /// <summary>How many of the last windows may reach l for a scalar of so many bits: m before one is at most (m' + 3)/4.</summary>
    internal static int CompleteWindows<TF>(int bits)
        where TF : unmanaged, IPrimeField<TF>
    {
        BigInteger largest = (BigInteger.One << bits) - 1;
        int windows = 0;
        while (largest >= EdwardsCurve<TF>.Embedded.Order)
        {
            largest = (largest + 3) / 4;
            windows++;
        }

        return windows;
    }

    /// <summary>
    /// The coordinates of qP for q = 4·β₁ + 2·β₀ − 3. |q| is 3 where the bits are equal and 1 where not, which chooses the even
    /// coordinate; the odd one is β₀·(s₃ − s₁) + β₁·(s₁ + s₃) − s₃: −s₃, −s₁, s₁, s₃. Four constraints.
    /// </summary>
    private static (Variable<TF> Even, Variable<TF> Odd) SelectMultiple<TF>(
        CircuitBuilder<TF> builder, Variable<TF> high, Variable<TF> low, Variable<TF> e1, Variable<TF> e3, Variable<TF> s1, Variable<TF> s3)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> equal = 1 - low - high + (2 * (low * high));
        Variable<TF> even = MontgomeryGadget.MultiplyAdd(builder, equal, e3 - e1, e1);
        Variable<TF> partial = MontgomeryGadget.MultiplyAdd(builder, low, s3 - s1, -s3);
        return (even, MontgomeryGadget.MultiplyAdd(builder, high, s1 + s3, partial));
    }
}
