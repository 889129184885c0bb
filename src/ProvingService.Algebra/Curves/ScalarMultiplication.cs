// Owns: one point times one scalar. Many points times many scalars: Msm/.

using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ProvingService.Algebra;

/// <summary>Multiplication of a point by an integer. Variable time, in scalar and point.</summary>
public static class ScalarMultiplication
{
    private const int Window = 5;

    /// <summary>k·P for any point of the curve, in the subgroup or not, by a signed window of five bits.</summary>
    /// <param name="point">A point of the curve.</param>
    /// <param name="scalar">An integer of any size and sign; it is not reduced modulo the group order.</param>
    public static Jacobian<TField, TCurve> Multiply<TField, TCurve>(in Jacobian<TField, TCurve> point, BigInteger scalar)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Jacobian<TField, TCurve> result = MultiplyByDigits(point, SignedDigits(BigInteger.Abs(scalar)));
        return scalar.Sign < 0 ? -result : result;
    }

    /// <summary>
    /// k·P for a point of the subgroup, by the curve's endomorphism: k = k₀ + k₁·λ (mod r) with |k₀|, |k₁| of half the
    /// length of r (Gallant, Lambert and Vanstone, CRYPTO 2001), then both halves in one chain of doublings.
    /// </summary>
    /// <param name="point">A point of the subgroup of order r; the result is wrong outside it.</param>
    /// <param name="scalar">Any integer; it is reduced modulo r.</param>
    public static Jacobian<TField, TCurve> MultiplyInSubgroup<TField, TCurve>(in Affine<TField, TCurve> point, BigInteger scalar)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        (BigInteger k0, BigInteger k1) = EndomorphismLattice<TField, TCurve>.Decompose(scalar);
        Affine<TField, TCurve> image = TCurve.Endomorphism(point);
        return MultiplyJointly(
            OddMultiples<TField, TCurve>(k0.Sign < 0 ? -point : point),
            SignedDigits(BigInteger.Abs(k0)),
            OddMultiples<TField, TCurve>(k1.Sign < 0 ? -image : image),
            SignedDigits(BigInteger.Abs(k1)));
    }

    /// <summary>
    /// (k₀ + k₁·λ)·P for the eigenvalue λ of the curve's endomorphism, in 64 doublings: what to use where a scalar need not
    /// be given but drawn. On G1, where λ is a cube root of unity, different pairs are different scalars: if a + b·λ ≡ 0
    /// (mod r) then a² − a·b + b² = (a + b·λ)(a + b·λ²) ≡ 0, and for |a|, |b| below 2^64 that is below 3·2^128 &lt; r, so zero,
    /// and a = b = 0.
    /// </summary>
    /// <param name="point">A point of the subgroup of order r; the result is wrong outside it.</param>
    /// <param name="k0">k₀.</param>
    /// <param name="k1">k₁.</param>
    public static Jacobian<TField, TCurve> MultiplySplit<TField, TCurve>(in Affine<TField, TCurve> point, ulong k0, ulong k1)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        MultiplyJointly(
            OddMultiples<TField, TCurve>(point), SignedDigits(k0), OddMultiples<TField, TCurve>(TCurve.Endomorphism(point)), SignedDigits(k1));

    /// <summary>As the overload for integers, for a scalar of the group's own field.</summary>
    public static Jacobian<TField, TCurve> MultiplyInSubgroup<TField, TCurve, TFr>(in Affine<TField, TCurve> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr> => MultiplyInSubgroup(point, TFr.ToBigInteger(scalar));

    /// <summary>
    /// k·P for a secret scalar, by a fixed window of four bits: no copy of the scalar stays behind on the heap, and its
    /// words on the stack are cleared. Still variable time.
    /// </summary>
    /// <param name="point">A point of the curve.</param>
    /// <param name="scalar">The secret.</param>
    public static Jacobian<TField, TCurve> MultiplySecret<TField, TCurve, TFr>(in Jacobian<TField, TCurve> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Span<ulong> words = stackalloc ulong[TFr.LimbCount];
        TFr.ToCanonical(scalar, words);
        Jacobian<TField, TCurve> result = MultiplySecret(point, words);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(words));
        return result;
    }

    /// <summary>As above, for an integer of little-endian words, of which nothing is copied.</summary>
    internal static Jacobian<TField, TCurve> MultiplySecret<TField, TCurve>(in Jacobian<TField, TCurve> point, ReadOnlySpan<ulong> words)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        var multiples = new Jacobian<TField, TCurve>[16];
        for (int i = 1; i < multiples.Length; i++)
        {
            multiples[i] = multiples[i - 1] + point;
        }

        Jacobian<TField, TCurve> result = default;
        for (int i = (16 * words.Length) - 1; i >= 0; i--)
        {
            for (int j = 0; j < 4; j++)
            {
                result = Jacobian<TField, TCurve>.Double(result);
            }

            result += multiples[(int)(words[i >> 4] >> (4 * (i & 15))) & 15];
        }

        return result;
    }

    /// <summary>k·P for a one-word scalar of low weight, such as a curve parameter, by double and add.</summary>
    internal static Jacobian<TField, TCurve> MultiplyShort<TField, TCurve>(in Jacobian<TField, TCurve> point, ulong scalar)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Jacobian<TField, TCurve> result = default;
        for (int i = 63 - BitOperations.LeadingZeroCount(scalar); i >= 0; i--)
        {
            result = Jacobian<TField, TCurve>.Double(result);
            if (((scalar >> i) & 1) != 0)
            {
                result += point;
            }
        }

        return result;
    }

    /// <summary>As <see cref="Multiply"/>, for an integer by its <see cref="SignedDigits"/>.</summary>
    internal static Jacobian<TField, TCurve> MultiplyByDigits<TField, TCurve>(in Jacobian<TField, TCurve> point, ReadOnlySpan<sbyte> digits)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Jacobian<TField, TCurve>[] odd = OddMultiples(point);
        Jacobian<TField, TCurve> result = default;
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            result = AddDigit(Jacobian<TField, TCurve>.Double(result), odd, digits[i]);
        }

        return result;
    }

    private static Jacobian<TField, TCurve> MultiplyJointly<TField, TCurve>(
        Jacobian<TField, TCurve>[] odd0, sbyte[] digits0, Jacobian<TField, TCurve>[] odd1, sbyte[] digits1)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Jacobian<TField, TCurve> result = default;
        for (int i = Math.Max(digits0.Length, digits1.Length) - 1; i >= 0; i--)
        {
            result = Jacobian<TField, TCurve>.Double(result);
            result = AddDigit(result, odd0, i < digits0.Length ? digits0[i] : (sbyte)0);
            result = AddDigit(result, odd1, i < digits1.Length ? digits1[i] : (sbyte)0);
        }

        return result;
    }

    /// <summary>P, 3P, 5P, … 15P: what a signed window of five bits needs.</summary>
    private static Jacobian<TField, TCurve>[] OddMultiples<TField, TCurve>(in Jacobian<TField, TCurve> point)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        var odd = new Jacobian<TField, TCurve>[1 << (Window - 2)];
        Jacobian<TField, TCurve> twice = Jacobian<TField, TCurve>.Double(point);
        odd[0] = point;
        for (int i = 1; i < odd.Length; i++)
        {
            odd[i] = odd[i - 1] + twice;
        }

        return odd;
    }

    private static Jacobian<TField, TCurve> AddDigit<TField, TCurve>(
        in Jacobian<TField, TCurve> sum, Jacobian<TField, TCurve>[] odd, sbyte digit)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        digit == 0 ? sum : digit > 0 ? sum + odd[digit >> 1] : sum - odd[-digit >> 1];

    /// <summary>The non-adjacent form of width <see cref="Window"/>: digits zero or odd and below 2^4 in magnitude.</summary>
    internal static sbyte[] SignedDigits(BigInteger scalar)
    {
        ulong[] words = new ulong[(scalar.GetByteCount(isUnsigned: true) / 8) + 2];
        scalar.TryWriteBytes(MemoryMarshal.AsBytes(words.AsSpan()), out _, isUnsigned: true);
        sbyte[] digits = new sbyte[(int)scalar.GetBitLength() + 1];
        int carry = 0;
        for (int i = 0; i < digits.Length;)
        {
            int bit = (int)(words[i >> 6] >> (i & 63)) & 1;
            if (bit == carry)
            {
                i++;
                continue;
            }

            ulong pair = words[i >> 6] >> (i & 63);
            if ((i & 63) != 0)
            {
                pair |= words[(i >> 6) + 1] << (64 - (i & 63));
            }

            int window = (int)(pair & ((1 << Window) - 1)) + carry;
            carry = window >> (Window - 1);
            digits[i] = (sbyte)(window - (carry << Window));
            i += Window;
        }

        return digits;
    }
}

/// <summary>
/// A short basis of the lattice {(a, b) : a + b·λ ≡ 0 (mod r)}, found by the extended Euclidean algorithm stopped at
/// √r (Guide to Elliptic Curve Cryptography, algorithm 3.74), and the decomposition of scalars by it.
/// </summary>
internal static class EndomorphismLattice<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private static readonly BigInteger Order = TCurve.Order;
    private static readonly (BigInteger A1, BigInteger B1, BigInteger A2, BigInteger B2) Basis = ShortBasis();

    /// <summary>The basis: (a₁, b₁) and (a₂, b₂), of determinant r.</summary>
    public static (BigInteger A1, BigInteger B1, BigInteger A2, BigInteger B2) Vectors => Basis;

    /// <summary>(k₀, k₁) with k₀ + k₁·λ ≡ k (mod r), both of about half the length of r.</summary>
    public static (BigInteger K0, BigInteger K1) Decompose(BigInteger k)
    {
        k %= Order;
        if (k.Sign < 0)
        {
            k += Order;
        }

        (BigInteger a1, BigInteger b1, BigInteger a2, BigInteger b2) = Basis;
        BigInteger c1 = RoundedQuotient(b2 * k);
        BigInteger c2 = RoundedQuotient(-b1 * k);
        return (k - (c1 * a1) - (c2 * a2), -((c1 * b1) + (c2 * b2)));
    }

    private static BigInteger RoundedQuotient(BigInteger numerator)
    {
        BigInteger doubled = (2 * numerator) + Order;
        BigInteger quotient = BigInteger.DivRem(doubled, 2 * Order, out BigInteger remainder);
        return remainder.Sign < 0 ? quotient - 1 : quotient;
    }

    private static (BigInteger A1, BigInteger B1, BigInteger A2, BigInteger B2) ShortBasis()
    {
        // Remainders r_i = s_i·r + t_i·λ: each (r_i, −t_i) is in the lattice.
        BigInteger r0 = Order, r1 = TCurve.EndomorphismEigenvalue, t0 = 0, t1 = 1;
        while (r1 * r1 >= Order)
        {
            BigInteger q = r0 / r1;
            (r0, r1) = (r1, r0 - (q * r1));
            (t0, t1) = (t1, t0 - (q * t1));
        }

        BigInteger next = r0 / r1;
        (BigInteger r2, BigInteger t2) = (r0 - (next * r1), t0 - (next * t1));
        (BigInteger A, BigInteger B) second =
            (r0 * r0) + (t0 * t0) <= (r2 * r2) + (t2 * t2) ? (r0, -t0) : (r2, -t2);

        // Decompose solves for coefficients with determinant +r; swap the vectors' sign where it is −r.
        (BigInteger a1, BigInteger b1) = (r1, -t1);
        return (a1 * second.B) - (b1 * second.A) > 0
            ? (a1, b1, second.A, second.B)
            : (a1, b1, -second.A, -second.B);
    }
}
