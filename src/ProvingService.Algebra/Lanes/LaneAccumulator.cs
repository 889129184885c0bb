// Owns: the steps on units in plain C#: the vocabulary of Emitted/LaneAssembler.cs, carried out and not written down.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>The constants of a prime that the steps need, in vectors.</summary>
internal sealed class LaneConstants
{
    public LaneConstants(LanePrime prime)
    {
        Prime = prime;
        Modulus = Limbs(prime.Modulus);
        Factors = [.. prime.ToLimbs(prime.Modulus).Select(limb => Vector512.Create((double)limb))];
        Complement = Limbs(prime.Complement);
        One = Limbs(prime.One);
        WordsOne = Limbs((BigInteger.One << (64 * prime.Words)) % prime.Modulus);
        Multiples = [.. Enumerable.Range(0, 9).Select(k => Limbs(k * prime.Modulus))];

        Vector512<ulong>[] Limbs(BigInteger value) => [.. prime.ToLimbs(value).Select(Vector512.Create)];
    }

    public LanePrime Prime { get; }

    public Vector512<ulong>[] Modulus { get; }

    /// <summary>p as factors of <see cref="VectorMultiply"/>.</summary>
    public Vector512<double>[] Factors { get; }

    /// <summary>2^(52·L) − p.</summary>
    public Vector512<ulong>[] Complement { get; }

    /// <summary>R mod p.</summary>
    public Vector512<ulong>[] One { get; }

    /// <summary>2^(64·N) mod p, which takes R = 2^(52·L) back to R = 2^(64·N).</summary>
    public Vector512<ulong>[] WordsOne { get; }

    /// <summary>k·p for k up to 8.</summary>
    public Vector512<ulong>[][] Multiples { get; }
}

/// <summary>
/// Sixteen accumulators: component k's limb j is acc[8·k + j]. Every step does to them what the step of the same name of
/// <see cref="LaneAssembler"/> emits, limb for limb, carries outstanding or not, so that both give the same bits. Bounds stand
/// there.
/// </summary>
/// <param name="constants">The prime's.</param>
/// <param name="acc">Sixteen vectors.</param>
internal readonly unsafe struct LaneAccumulator(LaneConstants constants, Vector512<ulong>* acc)
{
    /// <summary>The accumulators that belong to a component.</summary>
    public const int Component = LanePrime.MaxLimbs;

    private readonly int limbs = constants.Prime.Limbs;

    private static Vector512<ulong> Mask => Vector512.Create(LanePrime.LimbMask);

    public Vector512<ulong>* Accumulators => acc;

    public void Load(Vector512<ulong>* unit)
    {
        for (int j = 0; j < limbs; j++)
        {
            acc[j] = unit[j];
            acc[Component + j] = unit[limbs + j];
        }
    }

    public void Add(Vector512<ulong>* unit)
    {
        for (int j = 0; j < limbs; j++)
        {
            acc[j] += unit[j];
            acc[Component + j] += unit[limbs + j];
        }
    }

    public void Subtract(Vector512<ulong>* unit)
    {
        for (int j = 0; j < limbs; j++)
        {
            acc[j] -= unit[j];
            acc[Component + j] -= unit[limbs + j];
        }
    }

    public void AddModulus(int multiple)
    {
        Vector512<ulong>[] value = constants.Multiples[multiple];
        for (int j = 0; j < limbs; j++)
        {
            acc[j] += value[j];
            acc[Component + j] += value[j];
        }
    }

    public void Triple()
    {
        for (int j = 0; j < limbs; j++)
        {
            acc[j] += acc[j] + acc[j];
            acc[Component + j] += acc[Component + j] + acc[Component + j];
        }
    }

    public void Reduce(int slack)
    {
        Vector512<ulong> unused = default;
        for (int k = 0; k < 2; k++)
        {
            Vector512<ulong>* a = acc + (Component * k);
            Vector512<ulong> quotient = default;
            LimbProducts.Add(
                a[limbs - 1] - Vector512.Create((ulong)slack), Vector512.Create(constants.Prime.Reciprocal), ref unused, ref quotient);
            for (int j = 0; j < limbs; j++)
            {
                LimbProducts.Add(quotient, constants.Complement[j], ref a[j], ref j + 1 < limbs ? ref a[j + 1] : ref unused);
            }
        }
    }

    public void Carry()
    {
        for (int k = 0; k < 2; k++)
        {
            Carry(acc + (Component * k));
        }
    }

    public void Carry(Vector512<ulong>* a)
    {
        for (int j = 0; j < limbs; j++)
        {
            if (j + 1 < limbs)
            {
                a[j + 1] += (a[j].AsInt64() >> LanePrime.LimbBits).AsUInt64();
            }

            a[j] &= Mask;
        }
    }

    public void Store(Vector512<ulong>* unit)
    {
        for (int j = 0; j < limbs; j++)
        {
            unit[j] = acc[j];
            unit[limbs + j] = acc[Component + j];
        }
    }

    /// <summary>As <see cref="Store"/> in the lanes of the masks, whose lanes are all ones or zero.</summary>
    public void StoreMasked(Vector512<ulong>* unit, Vector512<ulong> mask0, Vector512<ulong> mask1)
    {
        for (int j = 0; j < limbs; j++)
        {
            unit[j] = Vector512.ConditionalSelect(mask0, acc[j], unit[j]);
            unit[limbs + j] = Vector512.ConditionalSelect(mask1, acc[Component + j], unit[limbs + j]);
        }
    }

    public void OneOutside(Vector512<ulong> mask0, Vector512<ulong> mask1, int degree)
    {
        for (int j = 0; j < limbs; j++)
        {
            acc[j] = Vector512.ConditionalSelect(mask0, acc[j], constants.One[j]);
            acc[Component + j] = Vector512.ConditionalSelect(
                mask1, acc[Component + j], degree == 1 ? constants.One[j] : Vector512<ulong>.Zero);
        }
    }

    /// <summary>acc ← a·b/R, component by component.</summary>
    public void Multiply(Vector512<ulong>* a, Vector512<ulong>* b)
    {
        for (int k = 0; k < 2; k++)
        {
            Sum(acc + (Component * k), a + (limbs * k), b + (limbs * k), null, null);
        }
    }

    /// <summary>acc ← a·b/R in Fp2, with a multiple of p less coefficient 1 of a.</summary>
    public void MultiplyExtension(Vector512<ulong>* a, Vector512<ulong>* negatedA1, Vector512<ulong>* b)
    {
        Sum(acc, a, b, negatedA1, b + limbs);
        Sum(acc + Component, a, b + limbs, a + limbs, b);
    }

    /// <summary>
    /// Montgomery's multiplication by operand scanning: t ← (a·b + c·d)/R, the second product where there is one. Where doubles
    /// make the products, each operand is converted once, and the bits that come with the halves are taken off beforehand.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum(Vector512<ulong>* t, Vector512<ulong>* a, Vector512<ulong>* b, Vector512<ulong>* c, Vector512<ulong>* d)
    {
        if (!Avx512DQ.IsSupported)
        {
            SumOneByOne(t, a, b, c, d);
            return;
        }

        int count = limbs;
        Vector512<double>* x = stackalloc Vector512<double>[LanePrime.MaxLimbs], z = stackalloc Vector512<double>[LanePrime.MaxLimbs];
        for (int j = 0; j < count; j++)
        {
            t[j] = default;
            x[j] = VectorMultiply.Factor(a[j]);
            if (c != null)
            {
                z[j] = VectorMultiply.Factor(c[j]);
            }
        }

        Vector512<ulong> negInverse = Vector512.Create(constants.Prime.NegInverse);
        Vector512<ulong> lowest = VectorMultiply.Start(1, 0), inner = VectorMultiply.Start(1, 1), highest = VectorMultiply.Start(0, 1);
        fixed (Vector512<double>* p = constants.Factors)
        {
            for (int i = 0; i < count; i++)
            {
                Vector512<ulong> top = Row(x, VectorMultiply.Factor(b[i]), t, count, lowest, inner, highest);
                if (c != null)
                {
                    top += Row(z, VectorMultiply.Factor(d[i]), t, count, lowest, inner, highest);
                }

                top += Row(p, VectorMultiply.Factor(Avx512DQ.MultiplyLow(t[0], negInverse)), t, count, lowest, inner, highest);
                t[1] += t[0] >>> LanePrime.LimbBits;
                for (int j = 1; j < count; j++)
                {
                    t[j - 1] = t[j];
                }

                t[count - 1] = top;
            }
        }
    }

    /// <summary>t ← t + x·y; returns what exceeds L limbs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Row(
        Vector512<double>* x,
        Vector512<double> y,
        Vector512<ulong>* t,
        int count,
        Vector512<ulong> lowest,
        Vector512<ulong> inner,
        Vector512<ulong> highest)
    {
        Vector512<ulong> low = t[0] + lowest;
        for (int j = 0; j < count - 1; j++)
        {
            Vector512<ulong> high = t[j + 1] + inner;
            VectorMultiply.Add(ref low, ref high, x[j], y);
            t[j] = low;
            low = high;
        }

        VectorMultiply.Add(ref low, ref highest, x[count - 1], y);
        t[count - 1] = low;
        return highest;
    }

    /// <summary>As <see cref="Sum"/>, product by product, for machines without doubles in eight lanes.</summary>
    private void SumOneByOne(Vector512<ulong>* t, Vector512<ulong>* a, Vector512<ulong>* b, Vector512<ulong>* c, Vector512<ulong>* d)
    {
        Vector512<ulong> negInverse = Vector512.Create(constants.Prime.NegInverse), top = default;
        fixed (Vector512<ulong>* p = constants.Modulus)
        {
            for (int j = 0; j < limbs; j++)
            {
                t[j] = default;
            }

            for (int i = 0; i < limbs; i++)
            {
                RowOneByOne(a, b[i], t, limbs, ref top);
                if (c != null)
                {
                    RowOneByOne(c, d[i], t, limbs, ref top);
                }

                RowOneByOne(p, (t[0] * negInverse) & Mask, t, limbs, ref top);
                t[1] += t[0] >>> LanePrime.LimbBits;
                for (int j = 1; j < limbs; j++)
                {
                    t[j - 1] = t[j];
                }

                t[limbs - 1] = top;
                top = default;
            }
        }
    }

    private static void RowOneByOne(Vector512<ulong>* x, Vector512<ulong> y, Vector512<ulong>* t, int limbs, ref Vector512<ulong> top)
    {
        for (int j = 0; j < limbs - 1; j++)
        {
            LimbProducts.Add(x[j], y, ref t[j], ref t[j + 1]);
        }

        LimbProducts.Add(x[limbs - 1], y, ref t[limbs - 1], ref top);
    }
}
