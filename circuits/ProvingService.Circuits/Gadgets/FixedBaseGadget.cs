// Owns: multiples of the base point on variables.
//
// The scalar's bits are taken three at a time, d_i in 0..7 at weight 8^i, and the table of window i holds (d_i + 2)·8^i·B.
// All windows but the last are summed on the Montgomery curve with incomplete additions. None meets an exception: before
// window i the sum is S·B with
//     0 < S ≤ 9·(8^i − 1)/7 < 2·8^i ≤ E ≤ 9·8^i      for the entry E·B that is added, and
//     S + E ≤ 9·(8^(i+1) − 1)/7 < l                   for each window so summed (MontgomeryWindows),
// so that neither E − S nor E + S is a multiple of l: the points are neither equal nor opposite, and none is neutral. That
// holds for every string of bits, whatever a prover chooses. The last window runs from −2·Σ 8^i, which takes the offsets
// back, and meets the sum in the complete Edwards law, where no pair of points is an exception.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>[s]B for the base point B of <see cref="EdwardsCurve{TF}.Embedded"/> by three-bit windows of constants.</summary>
public static class FixedBaseGadget
{
    /// <summary>
    /// [s]B. 506 constraints on Jubjub, 504 on BabyJubjub: three to look a window up, three to add it, and eleven to thirteen
    /// for the change of curve and the last window.
    /// </summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="bits">
    /// The bits of s, lowest first, as many as l has: 252 on Jubjub, 251 on BabyJubjub. They are proven to be bits here where
    /// they are not yet. s may exceed l and counts modulo l.
    /// </param>
    /// <returns>A point of the subgroup of order l, the neutral element for s = 0.</returns>
    public static EdwardsVariable<TF> Multiply<TF>(CircuitBuilder<TF> builder, ReadOnlySpan<Variable<TF>> bits)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        FixedBaseTable<TF> table = FixedBaseTable<TF>.Instance;
        if (bits.Length != table.BitCount)
        {
            throw new ArgumentException($"A scalar for the base point has {table.BitCount} bits, not {bits.Length}.");
        }

        foreach (Variable<TF> bit in bits)
        {
            builder.AssertBoolean(bit);
        }

        MontgomeryVariable<TF> sum = default;
        for (int i = 0; i < table.MontgomeryWindows; i++)
        {
            (Variable<TF> u, Variable<TF> v) = LookUp<TF>(builder, bits.Slice(3 * i, 3), table.Window(i));
            var entry = new MontgomeryVariable<TF>(u, v);
            sum = i == 0 ? entry : MontgomeryGadget.AddUnchecked(builder, sum, entry);
        }

        // 0 < S < l: a point of odd order, where the change of curve is defined.
        EdwardsVariable<TF> low = MontgomeryGadget.ToEdwardsUnchecked(builder, sum);
        (Variable<TF> x, Variable<TF> y) = LookUp<TF>(builder, bits[(3 * table.MontgomeryWindows)..], table.Window(table.MontgomeryWindows));
        return EdwardsGadget.Add(builder, low, new EdwardsVariable<TF>(x, y));
    }

    /// <summary>
    /// One of 2^n constant points, by one to three bits. A coordinate is the polynomial of degree one in each bit that goes
    /// through its values: with the product of the lower two bits shared, one more product a coordinate.
    /// </summary>
    private static (Variable<TF> First, Variable<TF> Second) LookUp<TF>(
        CircuitBuilder<TF> builder, ReadOnlySpan<Variable<TF>> bits, ReadOnlySpan<(TF First, TF Second)> entries)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF>[] monomials = bits.Length == 1 ? [builder.One, bits[0]] : [builder.One, bits[0], bits[1], bits[0] * bits[1]];
        var first = new TF[entries.Length];
        var second = new TF[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            (first[i], second[i]) = entries[i];
        }

        Variable<TF> top = bits.Length == 3 ? bits[2] : default;
        return (Coordinate(first), Coordinate(second));

        Variable<TF> Coordinate(TF[] values)
        {
            // From values at the corners of the cube to coefficients, one bit after the other.
            for (int half = 1; half < values.Length; half *= 2)
            {
                for (int i = 0; i < values.Length; i++)
                {
                    if ((i & half) != 0)
                    {
                        values[i] -= values[i - half];
                    }
                }
            }

            Variable<TF> low = builder.InnerProduct(values.AsSpan(0, monomials.Length), monomials);
            return values.Length == monomials.Length
                ? low
                : MontgomeryGadget.MultiplyAdd(builder, builder.InnerProduct(values.AsSpan(monomials.Length), monomials), top, low);
        }
    }
}

/// <summary>The constants of <see cref="FixedBaseGadget"/>, made once a field. Immutable.</summary>
internal sealed class FixedBaseTable<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private static FixedBaseTable<TF>? instance;

    private readonly (TF, TF)[] entries;

    private FixedBaseTable()
    {
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        BitCount = (int)curve.Order.GetBitLength();
        while (3 * (MontgomeryWindows + 1) < BitCount && LargestSum(MontgomeryWindows + 1) < curve.Order)
        {
            MontgomeryWindows++;
        }

        int left = BitCount - (3 * MontgomeryWindows);
        if (left is < 1 or > 3)
        {
            throw new InvalidOperationException($"{left} bits of {BitCount} are left for the last window on {curve.Name}.");
        }

        // Multiples by additions: one pass for the weights 8^i and another for the digits.
        int count = (8 * MontgomeryWindows) + (1 << left);
        var points = new ExtendedPoint<TF>[count];
        ExtendedPoint<TF> weight = ExtendedPoint<TF>.From(curve.Base);
        ExtendedPoint<TF> next = weight.Double(curve);
        BigInteger offset = 0;
        for (int i = 0; i < count; i++)
        {
            if (i % 8 == 0 && i > 0)
            {
                offset += BigInteger.One << (3 * ((i / 8) - 1));
                weight = weight.Double(curve).Double(curve).Double(curve);
                next = i < 8 * MontgomeryWindows
                    ? weight.Double(curve)
                    : ExtendedPoint<TF>.From(curve.MultiplyBaseVarTime(-2 * offset));
            }

            points[i] = next;
            next = next.Add(curve, weight);
        }

        EdwardsPoint<TF>[] affine = ExtendedPoint<TF>.ToAffine(points);
        entries = Array.ConvertAll(affine, point => (point.X, point.Y));
        var denominators = new TF[2 * 8 * MontgomeryWindows];
        for (int i = 0; i < denominators.Length; i += 2)
        {
            denominators[i] = TF.One - affine[i / 2].Y;
            denominators[i + 1] = affine[i / 2].X;
        }

        Field.BatchInverse<TF>(denominators);
        for (int i = 0; i < denominators.Length; i += 2)
        {
            TF u = (TF.One + affine[i / 2].Y) * denominators[i];
            entries[i / 2] = (u, u * denominators[i + 1]);
        }
    }

    public static FixedBaseTable<TF> Instance => instance ??= new();

    /// <summary>The bit length of l.</summary>
    public int BitCount { get; }

    /// <summary>Windows of three bits summed on the Montgomery curve; one window of one to three bits follows.</summary>
    public int MontgomeryWindows { get; }

    /// <summary>The largest Σ (d_i + 2)·8^i over so many windows: 9·(8^windows − 1)/7.</summary>
    public static BigInteger LargestSum(int windows) => 9 * (BigInteger.Pow(8, windows) - 1) / 7;

    /// <summary>(u, v) of the entries of a window, (x, y) in the last one.</summary>
    public ReadOnlySpan<(TF First, TF Second)> Window(int index) =>
        entries.AsSpan(8 * index, Math.Min(8, entries.Length - (8 * index)));
}
