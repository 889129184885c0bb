// Owns: scalars in two halves for a curve's endomorphism, in words on the stack. With integers of any size: ScalarMultiplication.cs.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// k ≡ k₀ + k₁·λ (mod r) with both halves odd and of half the length of r and a few bits, for the eigenvalue λ of a curve's
/// endomorphism (Gallant, Lambert and Vanstone, CRYPTO 2001). Nothing of k goes to the heap. Odd, so that digits of fixed
/// windows need no correction: r is odd, so the two vectors of the lattice's basis differ modulo 2, and one of their four sums
/// has the parities that are missing.
/// </summary>
internal static class SplitScalars<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>Where the quotients' fixed point stands.</summary>
    private const int Shift = 320;

    /// <summary>|b₂|·2³²⁰/r and |b₁|·2³²⁰/r, each four words, and whether the quotients they give are to be negated.</summary>
    private static readonly ulong[] First, Second;

    private static readonly bool IsFirstNegative, IsSecondNegative;

    /// <summary>The basis, three words of two's complement each: a₁, b₁, a₂, b₂.</summary>
    private static readonly ulong[] Basis;

    /// <summary>By the parities of k₀ (bit 0) and k₁ (bit 1): the vector to add, a then b, three words each.</summary>
    private static readonly ulong[][] ToOdd;

    static SplitScalars()
    {
        (BigInteger a1, BigInteger b1, BigInteger a2, BigInteger b2) = EndomorphismLattice<TField, TCurve>.Vectors;
        (First, IsFirstNegative) = (Words((BigInteger.Abs(b2) << Shift) / TCurve.Order, 4), b2.Sign < 0);
        (Second, IsSecondNegative) = (Words((BigInteger.Abs(b1) << Shift) / TCurve.Order, 4), b1.Sign > 0);
        Basis = [.. Words(a1, 3), .. Words(b1, 3), .. Words(a2, 3), .. Words(b2, 3)];
        ToOdd = new ulong[4][];
        foreach ((BigInteger a, BigInteger b) in ((BigInteger, BigInteger)[])[(0, 0), (a1, b1), (a2, b2), (a1 + a2, b1 + b2)])
        {
            // It is added where the parities are the opposite of its own.
            ToOdd[(a.IsEven ? 1 : 0) | (b.IsEven ? 2 : 0)] = [.. Words(a, 3), .. Words(b, 3)];
        }

        // A rounded quotient is off by one half, a truncated one by one; and one more of each vector makes the halves odd.
        BigInteger largest = 2 * BigInteger.Max(BigInteger.Abs(a1) + BigInteger.Abs(a2), BigInteger.Abs(b1) + BigInteger.Abs(b2));
        MaxBits = (int)largest.GetBitLength();
    }

    /// <summary>The most bits of a half.</summary>
    public static int MaxBits { get; }

    /// <summary>Splits a scalar.</summary>
    /// <param name="k">Any integer of 256 bits.</param>
    /// <param name="first">|k₀| in three words; the fourth is 1 where k₀ is negative.</param>
    /// <param name="second">|k₁|, likewise.</param>
    public static unsafe void Split(in Scalar256 k, out Scalar256 first, out Scalar256 second)
    {
        ulong* scalar = stackalloc ulong[4] { k.Word0, k.Word1, k.Word2, k.Word3 };
        ulong* c1 = stackalloc ulong[3];
        ulong* c2 = stackalloc ulong[3];
        ulong* k0 = stackalloc ulong[3] { k.Word0, k.Word1, k.Word2 };
        ulong* k1 = stackalloc ulong[3] { 0, 0, 0 };
        fixed (ulong* basis = Basis, g1 = First, g2 = Second)
        {
            Quotient(scalar, g1, IsFirstNegative, c1);
            Quotient(scalar, g2, IsSecondNegative, c2);
            SubtractProduct(k0, c1, basis);
            SubtractProduct(k0, c2, basis + 6);
            SubtractProduct(k1, c1, basis + 3);
            SubtractProduct(k1, c2, basis + 9);
        }

        fixed (ulong* odd = ToOdd[(int)(k0[0] & 1) | (int)((k1[0] & 1) << 1)])
        {
            Add(k0, odd);
            Add(k1, odd + 3);
        }

        first = Magnitude(k0);
        second = Magnitude(k1);
        new Span<ulong>(scalar, 4).Clear();
        new Span<ulong>(c1, 3).Clear();
        new Span<ulong>(c2, 3).Clear();
        new Span<ulong>(k0, 3).Clear();
        new Span<ulong>(k1, 3).Clear();
    }

    /// <summary>±⌊k·g/2³²⁰⌋ in three words of two's complement.</summary>
    private static unsafe void Quotient(ulong* k, ulong* g, bool negate, ulong* quotient)
    {
        ulong* product = stackalloc ulong[8];
        new Span<ulong>(product, 8).Clear();
        for (int i = 0; i < 4; i++)
        {
            ulong carry = 0;
            for (int j = 0; j < 4; j++)
            {
                UInt128 sum = ((UInt128)k[i] * g[j]) + product[i + j] + carry;
                product[i + j] = (ulong)sum;
                carry = (ulong)(sum >> 64);
            }

            product[i + 4] = carry;
        }

        for (int i = 0; i < 3; i++)
        {
            quotient[i] = product[i + (Shift / 64)];
        }

        if (negate)
        {
            Negate(quotient);
        }

        new Span<ulong>(product, 8).Clear();
    }

    /// <summary>t ← t − c·v modulo 2¹⁹², all in two's complement.</summary>
    private static unsafe void SubtractProduct(ulong* t, ulong* c, ulong* v)
    {
        for (int i = 0; i < 3; i++)
        {
            ulong borrow = 0, carry = 0;
            for (int j = 0; i + j < 3; j++)
            {
                UInt128 product = ((UInt128)c[i] * v[j]) + carry;
                carry = (ulong)(product >> 64);
                ulong low = (ulong)product, before = t[i + j], after = before - low;
                ulong next = before < low ? 1UL : 0;
                next += after < borrow ? 1UL : 0;
                t[i + j] = after - borrow;
                borrow = next;
            }
        }
    }

    private static unsafe void Add(ulong* t, ulong* v)
    {
        ulong carry = 0;
        for (int i = 0; i < 3; i++)
        {
            UInt128 sum = (UInt128)t[i] + v[i] + carry;
            t[i] = (ulong)sum;
            carry = (ulong)(sum >> 64);
        }
    }

    private static unsafe void Negate(ulong* t)
    {
        ulong carry = 1;
        for (int i = 0; i < 3; i++)
        {
            t[i] = ~t[i] + carry;
            carry = carry != 0 && t[i] == 0 ? 1UL : 0;
        }
    }

    private static unsafe Scalar256 Magnitude(ulong* t)
    {
        ulong isNegative = t[2] >> 63;
        if (isNegative != 0)
        {
            Negate(t);
        }

        return new(t[0], t[1], t[2], isNegative);
    }

    /// <summary>The lowest words of an integer in two's complement.</summary>
    private static ulong[] Words(BigInteger value, int count)
    {
        var words = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            words[i] = (ulong)((value >> (64 * i)) & ulong.MaxValue);
        }

        return words;
    }
}
