// Owns: arithmetic of prime fields of 4 words in Montgomery form. Fp384.cs is its twin for 6 words.
// What does not depend on the number of words lives in PrimeField.cs.

using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// An element of a prime field of at most 255 bits: 4 words, little-endian, in Montgomery form (R = 2^256),
/// always reduced. Operation counts in the remarks are 64-bit multiplications. Nothing runs in constant time.
/// </summary>
/// <typeparam name="TParams">The prime.</typeparam>
public readonly partial struct Fp256<TParams> : IPrimeField<Fp256<TParams>>
    where TParams : struct, IFp256Params
{
    private readonly ulong l0, l1, l2, l3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Fp256(ulong w0, ulong w1, ulong w2, ulong w3)
    {
        l0 = w0;
        l1 = w1;
        l2 = w2;
        l3 = w3;
    }

    /// <inheritdoc/>
    public static string Name => TParams.Name;

    /// <inheritdoc/>
    public static int LimbCount => 4;

    /// <inheritdoc/>
    public static int BitLength => PrimeFieldConstants<Fp256<TParams>>.BitLength;

    /// <inheritdoc/>
    public static BigInteger Modulus =>
        PrimeField.ToInteger([TParams.P0, TParams.P1, TParams.P2, TParams.P3]);

    /// <inheritdoc/>
    public static int TwoAdicity => PrimeFieldConstants<Fp256<TParams>>.TwoAdicity;

    /// <inheritdoc/>
    public static Fp256<TParams> RootOfUnity => PrimeFieldRoots<Fp256<TParams>>.RootOfUnity;

    /// <inheritdoc/>
    public static Fp256<TParams> Zero => default;

    /// <inheritdoc/>
    public static Fp256<TParams> One => PrimeFieldConstants<Fp256<TParams>>.R;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsZero(in Fp256<TParams> a) => (a.l0 | a.l1 | a.l2 | a.l3) == 0;

    /// <inheritdoc/>
    public static bool IsReduced(in Fp256<TParams> a)
    {
        ulong borrow = 0;
        Limbs.SubtractWithBorrow(a.l0, TParams.P0, ref borrow);
        Limbs.SubtractWithBorrow(a.l1, TParams.P1, ref borrow);
        Limbs.SubtractWithBorrow(a.l2, TParams.P2, ref borrow);
        Limbs.SubtractWithBorrow(a.l3, TParams.P3, ref borrow);
        return borrow != 0;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp256<TParams> operator +(in Fp256<TParams> a, in Fp256<TParams> b)
    {
        // Both are below p < 2^255: the sum fits 4 words.
        ulong carry = 0;
        ulong s0 = Limbs.AddWithCarry(a.l0, b.l0, ref carry);
        ulong s1 = Limbs.AddWithCarry(a.l1, b.l1, ref carry);
        ulong s2 = Limbs.AddWithCarry(a.l2, b.l2, ref carry);
        ulong s3 = Limbs.AddWithCarry(a.l3, b.l3, ref carry);
        return ReduceOnce(s0, s1, s2, s3);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp256<TParams> operator -(in Fp256<TParams> a, in Fp256<TParams> b)
    {
        ulong borrow = 0;
        ulong d0 = Limbs.SubtractWithBorrow(a.l0, b.l0, ref borrow);
        ulong d1 = Limbs.SubtractWithBorrow(a.l1, b.l1, ref borrow);
        ulong d2 = Limbs.SubtractWithBorrow(a.l2, b.l2, ref borrow);
        ulong d3 = Limbs.SubtractWithBorrow(a.l3, b.l3, ref borrow);
        ulong mask = 0 - borrow;
        ulong carry = 0;
        d0 = Limbs.AddWithCarry(d0, TParams.P0 & mask, ref carry);
        d1 = Limbs.AddWithCarry(d1, TParams.P1 & mask, ref carry);
        d2 = Limbs.AddWithCarry(d2, TParams.P2 & mask, ref carry);
        d3 = Limbs.AddWithCarry(d3, TParams.P3 & mask, ref carry);
        return new(d0, d1, d2, d3);
    }

    /// <inheritdoc/>
    public static Fp256<TParams> operator -(in Fp256<TParams> a) => default(Fp256<TParams>) - a;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp256<TParams> operator *(in Fp256<TParams> a, in Fp256<TParams> b) =>
        ScalarFunctions<Fp256<TParams>>.Multiply != 0 ? ScalarCode.Call(ScalarFunctions<Fp256<TParams>>.Multiply, a, b) : MultiplyPortable(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp256<TParams> Square(in Fp256<TParams> a) =>
        ScalarFunctions<Fp256<TParams>>.Square != 0 ? ScalarCode.Call(ScalarFunctions<Fp256<TParams>>.Square, a) : MultiplyPortable(a, a);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp256<TParams> SumOfProducts(in Fp256<TParams> a, in Fp256<TParams> b, in Fp256<TParams> c, in Fp256<TParams> d) =>
        ScalarFunctions<Fp256<TParams>>.SumOfProducts != 0
            ? ScalarCode.Call(ScalarFunctions<Fp256<TParams>>.SumOfProducts, a, b, c, d)
            : ScalarFunctions<Fp256<TParams>>.Multiply != 0 ? (a * b) + (c * d) : SumOfProductsPortable(a, b, c, d);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator ==(in Fp256<TParams> a, in Fp256<TParams> b) =>
        ((a.l0 ^ b.l0) | (a.l1 ^ b.l1) | (a.l2 ^ b.l2) | (a.l3 ^ b.l3)) == 0;

    /// <inheritdoc/>
    public static bool operator !=(in Fp256<TParams> a, in Fp256<TParams> b) => !(a == b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp256<TParams> Double(in Fp256<TParams> a) => a + a;

    /// <inheritdoc/>
    /// <remarks>Pornin's optimised binary GCD; see <see cref="BinaryGcd"/>.</remarks>
    public static Fp256<TParams> Inverse(in Fp256<TParams> a) => PrimeField.Inverse(a);

    /// <inheritdoc/>
    public static bool TrySqrt(in Fp256<TParams> a, out Fp256<TParams> root) => PrimeField.TrySqrt(a, out root);

    static Fp256<TParams> IFieldOperations<Fp256<TParams>>.SquareRepeatedly(in Fp256<TParams> a, int count)
    {
        if (ScalarFunctions<Fp256<TParams>>.SquareRepeatedly != 0)
        {
            return ScalarCode.CallRepeatedly(ScalarFunctions<Fp256<TParams>>.SquareRepeatedly, a, count, atOnce: 64);
        }

        Fp256<TParams> result = a;
        for (int i = 0; i < count; i++)
        {
            result = MultiplyPortable(result, result);
        }

        return result;
    }

    static nint[] IField<Fp256<TParams>>.EmitPointFunctions() => ScalarCode.EmitPoints<Fp256<TParams>>(isQuadratic: false);

    /// <inheritdoc/>
    public static Fp256<TParams> Random() => PrimeField.Random<Fp256<TParams>>();

    /// <inheritdoc/>
    public static Fp256<TParams> FromUInt64(ulong value) =>
        new Fp256<TParams>(value, 0, 0, 0) * PrimeFieldConstants<Fp256<TParams>>.RSquared;

    /// <inheritdoc/>
    public static Fp256<TParams> FromBigInteger(BigInteger value) => PrimeField.FromInteger<Fp256<TParams>>(value);

    /// <inheritdoc/>
    public static BigInteger ToBigInteger(in Fp256<TParams> a)
    {
        Span<ulong> limbs = stackalloc ulong[4];
        ToCanonical(a, limbs);
        return PrimeField.ToInteger(limbs);
    }

    /// <inheritdoc/>
    public static bool TryFromCanonical(ReadOnlySpan<ulong> limbs, out Fp256<TParams> element)
    {
        var raw = new Fp256<TParams>(limbs[0], limbs[1], limbs[2], limbs[3]);
        if (!IsReduced(raw))
        {
            element = default;
            return false;
        }

        element = raw * PrimeFieldConstants<Fp256<TParams>>.RSquared;
        return true;
    }

    /// <inheritdoc/>
    public static void ToCanonical(in Fp256<TParams> a, Span<ulong> limbs)
    {
        // Multiplying by the integer 1 divides by R.
        Fp256<TParams> raw = a * new Fp256<TParams>(1, 0, 0, 0);
        limbs[3] = raw.l3;
        limbs[2] = raw.l2;
        limbs[1] = raw.l1;
        limbs[0] = raw.l0;
    }

    /// <inheritdoc/>
    public bool Equals(Fp256<TParams> other) => this == other;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Fp256<TParams> other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(l0, l1, l2, l3);

    /// <summary>The canonical integer in decimal, as iden3's JSON files write it.</summary>
    public override string ToString() => ToBigInteger(this).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>t − p where t ≥ p, else t; t is below 2p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Fp256<TParams> ReduceOnce(ulong t0, ulong t1, ulong t2, ulong t3)
    {
        ulong borrow = 0;
        ulong r0 = Limbs.SubtractWithBorrow(t0, TParams.P0, ref borrow);
        ulong r1 = Limbs.SubtractWithBorrow(t1, TParams.P1, ref borrow);
        ulong r2 = Limbs.SubtractWithBorrow(t2, TParams.P2, ref borrow);
        ulong r3 = Limbs.SubtractWithBorrow(t3, TParams.P3, ref borrow);
        ulong mask = 0 - borrow;
        return new(Limbs.Select(mask, r0, t0), Limbs.Select(mask, r1, t1), Limbs.Select(mask, r2, t2), Limbs.Select(mask, r3, t3));
    }
}
