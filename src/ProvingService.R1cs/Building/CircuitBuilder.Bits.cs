// Owns: decomposition into bits, range checks, and comparisons.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

public sealed partial class CircuitBuilder<TF>
{
    /// <summary>
    /// The bits of x, lowest first; no witness satisfies where x needs more than <paramref name="count"/>. Below the
    /// field's bit length: count + 1 constraints, one of them linear. At the field's bit length the bits are those of the
    /// canonical integer, since otherwise small x would have a second decomposition, that of x + p: count constraints and one
    /// for each 1 in p − 1, of them one linear (388 on BLS12-381, 354 on BN254).
    /// </summary>
    /// <param name="x">The value.</param>
    /// <param name="count">1 to the bit length of the prime.</param>
    public Variable<TF>[] ToBits(Variable<TF> x, int count)
    {
        if (count < 1 || count > TF.BitLength)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"An element of {TF.Name} has 1 to {TF.BitLength} bits.");
        }

        if (count == TF.BitLength)
        {
            return ToBitsAtMost(x, TF.Modulus - 1);
        }

        if (x.IsConstant)
        {
            return ConstantBits(x, count);
        }

        Variable<TF>[] bits = UnconstrainedBits(x, count);
        foreach (Variable<TF> bit in bits)
        {
            AssertBoolean(bit);
        }

        AssertEqual(FromBits(bits), x);
        return bits;
    }

    /// <summary>
    /// The bits of x as an integer of at most <paramref name="bound"/>, lowest first, as many as the bound has; no witness
    /// satisfies where x is greater. They are the only such bits, since the bound is below the prime. One constraint a bit, one
    /// for each 1 of the bound but its first and those below its last 0, and one linear: bits + ones where the bound is even.
    /// </summary>
    /// <param name="x">The value.</param>
    /// <param name="bound">1 to p − 1.</param>
    /// <exception cref="ArgumentException"><paramref name="x"/> is a constant above the bound.</exception>
    public Variable<TF>[] ToBitsAtMost(Variable<TF> x, BigInteger bound)
    {
        if (bound.Sign <= 0 || bound >= TF.Modulus)
        {
            throw new ArgumentOutOfRangeException(nameof(bound), bound, $"A bound on an element of {TF.Name} is 1 to {TF.Modulus - 1}.");
        }

        int count = (int)bound.GetBitLength();
        if (x.IsConstant)
        {
            return TF.ToBigInteger(x.ConstantPart) <= bound
                ? ConstantBits(x, count)
                : throw new ArgumentException($"The constant {x} is above {bound}.");
        }

        Variable<TF>[] bits = UnconstrainedBits(x, count);
        ConstrainAtMost(bits, bound);
        AssertEqual(FromBits(bits), x);
        return bits;
    }

    /// <summary>Σ 2^i · bits[i]. No constraint, or one for each element not yet proven to be a bit.</summary>
    /// <remarks>Of as many bits as the prime has, the sum may exceed the prime and wrap around.</remarks>
    public Variable<TF> FromBits(params ReadOnlySpan<Variable<TF>> bits)
    {
        if (bits.Length > TF.BitLength)
        {
            throw new ArgumentException($"{bits.Length} bits do not fit an element of {TF.Name}.");
        }

        var powers = new TF[bits.Length];
        TF power = TF.One;
        for (int i = 0; i < bits.Length; i++)
        {
            AssertBoolean(bits[i]);
            powers[i] = power;
            power = TF.Double(power);
        }

        return InnerProduct(powers, bits);
    }

    /// <summary>0 ≤ x &lt; 2^bits. bits + 1 constraints, one of them linear.</summary>
    public void AssertInRange(Variable<TF> x, int bits)
    {
        RequireComparable(bits, TF.BitLength - 1);
        ToBits(x, bits);
    }

    /// <summary>
    /// 1 where a &lt; b as integers below 2^bits, else 0; no witness satisfies where a or b is not below 2^bits.
    /// 3·bits + 4 constraints.
    /// </summary>
    /// <param name="a">Left.</param>
    /// <param name="b">Right.</param>
    /// <param name="bits">1 to the prime's bit length − 2.</param>
    public Variable<TF> LessThan(Variable<TF> a, Variable<TF> b, int bits)
    {
        AssertInRange(a, bits);
        AssertInRange(b, bits);
        return LessThanUnchecked(a, b, bits);
    }

    /// <summary>As <see cref="LessThan"/> for values already proven to be below 2^bits. bits + 2 constraints.</summary>
    /// <remarks>Hazard: with a or b outside the range the answer means nothing, and a prover chooses such values.</remarks>
    public Variable<TF> LessThanUnchecked(Variable<TF> a, Variable<TF> b, int bits)
    {
        RequireComparable(bits, TF.BitLength - 2);

        // a − b + 2^bits lies in (0, 2^(bits+1)), below the prime; its top bit is set exactly where a ≥ b.
        Variable<TF> shifted = a - b + new Variable<TF>(Field.Pow(TF.One + TF.One, (ulong)bits));
        return Not(ToBits(shifted, bits + 1)[bits]);
    }

    /// <summary>a &lt; b as integers below 2^bits, both range-checked here. 3·bits + 3 constraints.</summary>
    public void AssertLessThan(Variable<TF> a, Variable<TF> b, int bits)
    {
        AssertInRange(a, bits);
        AssertInRange(b, bits);
        AssertLessOrEqualUnchecked(a + One, b, bits);
    }

    /// <summary>a ≤ b as integers below 2^bits, both range-checked here. 3·bits + 3 constraints.</summary>
    public void AssertLessOrEqual(Variable<TF> a, Variable<TF> b, int bits)
    {
        AssertInRange(a, bits);
        AssertInRange(b, bits);
        AssertLessOrEqualUnchecked(a, b, bits);
    }

    /// <summary>a ≤ b for values already proven to be at most 2^bits. bits + 1 constraints.</summary>
    /// <remarks>Hazard: with a or b outside the range the answer means nothing, and a prover chooses such values.</remarks>
    public void AssertLessOrEqualUnchecked(Variable<TF> a, Variable<TF> b, int bits)
    {
        RequireComparable(bits, TF.BitLength - 2);
        AssertInRange(b - a, bits);
    }

    /// <summary>
    /// Forces wires, as many as the bound has bits, to bits and the integer they spell to at most the bound. From the top bit
    /// downwards, "equal" says that all bits so far agree with the bound. Where the bound has a 1 the bit is boolean and equal
    /// becomes equal · bit; where it has a 0 a single constraint bit · (1 − equal − bit) = 0 says both that the bit is boolean
    /// and, while equal is 1, that it is 0. Below the last 0 nothing reads equal, and bits are boolean only.
    /// </summary>
    private void ConstrainAtMost(ReadOnlySpan<Variable<TF>> bits, BigInteger bound)
    {
        int trailingOnes = 0;
        while (!(bound >> trailingOnes).IsEven)
        {
            trailingOnes++;
        }

        Variable<TF> equal = One;
        for (int i = bits.Length - 1; i >= 0; i--)
        {
            if (i < trailingOnes)
            {
                AssertBoolean(bits[i]);
            }
            else if ((bound >> i).IsEven)
            {
                AddConstraint(Store(bits[i]), Store(One - equal - bits[i]), LinearPool<TF>.Zero);
                MarkBoolean(bits[i].Terms[0].Wire);
            }
            else
            {
                equal = And(equal, bits[i]);
            }
        }
    }

    private Variable<TF>[] ConstantBits(in Variable<TF> x, int count)
    {
        BigInteger value = TF.ToBigInteger(x.ConstantPart);
        if (value.GetBitLength() > count)
        {
            throw new ArgumentException($"The constant {value} has more than {count} bits.");
        }

        var bits = new Variable<TF>[count];
        for (int i = 0; i < count; i++)
        {
            bits[i] = (value >> i).IsEven ? default : One;
        }

        return bits;
    }

    private static void RequireComparable(int bits, int most)
    {
        if (bits < 1 || bits > most)
        {
            throw new ArgumentOutOfRangeException(nameof(bits), bits, $"Integers of 1 to {most} bits can be told apart in {TF.Name}.");
        }
    }
}
