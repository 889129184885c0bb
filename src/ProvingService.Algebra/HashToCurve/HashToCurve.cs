// Owns: bytes and field elements to points of BLS12-381's groups (RFC 9380, sections 3, 6.6.3 and 8.8).
// Bytes to field elements: HashToField.cs. The isogenies' constants: IsogenyConstants.cs.

using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>
/// The suites BLS12381G1_XMD:SHA-256_SSWU_ and BLS12381G2_XMD:SHA-256_SSWU_, RO_ and NU_. Every result is in the
/// subgroup. Not constant time: the running time tells something of the message, which must not be secret. Thread-safe.
/// </summary>
public static class HashToCurve
{
    /// <summary>hash_to_curve to G1, the suite's RO_ variant: indistinguishable from a random oracle. Two maps, one clearing of the cofactor.</summary>
    /// <param name="message">Any bytes.</param>
    /// <param name="dst">The domain separation tag, not empty and peculiar to the application (section 3.1).</param>
    /// <exception cref="ArgumentException">The tag is empty.</exception>
    public static Affine<Bls12381Fp, Bls12381> HashToG1(ReadOnlySpan<byte> message, ReadOnlySpan<byte> dst)
    {
        Span<Bls12381Fp> u = stackalloc Bls12381Fp[2];
        HashToField.Hash(message, dst, u);
        return ClearCofactor(MapToCurve(u[0]) + MapToCurve(u[1])).ToAffine();
    }

    /// <summary>hash_to_curve to G2, the suite's RO_ variant: indistinguishable from a random oracle.</summary>
    /// <param name="message">Any bytes.</param>
    /// <param name="dst">The domain separation tag, not empty and peculiar to the application (section 3.1).</param>
    /// <exception cref="ArgumentException">The tag is empty.</exception>
    public static Affine<Fp2<Bls12381Fp>, Bls12381> HashToG2(ReadOnlySpan<byte> message, ReadOnlySpan<byte> dst)
    {
        Span<Fp2<Bls12381Fp>> u = stackalloc Fp2<Bls12381Fp>[2];
        HashToField.Hash(message, dst, MemoryMarshal.Cast<Fp2<Bls12381Fp>, Bls12381Fp>(u));
        return ClearCofactor(MapToCurve(u[0]) + MapToCurve(u[1])).ToAffine();
    }

    /// <summary>encode_to_curve to G1, the suite's NU_ variant: half the work; its image is a fraction of the group, not uniform.</summary>
    /// <inheritdoc cref="HashToG1"/>
    public static Affine<Bls12381Fp, Bls12381> EncodeToG1(ReadOnlySpan<byte> message, ReadOnlySpan<byte> dst)
    {
        Bls12381Fp u = default;
        HashToField.Hash(message, dst, new Span<Bls12381Fp>(ref u));
        return MapToG1(u);
    }

    /// <summary>encode_to_curve to G2, the suite's NU_ variant: half the work; its image is a fraction of the group, not uniform.</summary>
    /// <inheritdoc cref="HashToG2"/>
    public static Affine<Fp2<Bls12381Fp>, Bls12381> EncodeToG2(ReadOnlySpan<byte> message, ReadOnlySpan<byte> dst)
    {
        Fp2<Bls12381Fp> u = default;
        HashToField.Hash(message, dst, Coordinates.Coefficients<Bls12381Fp, Fp2<Bls12381Fp>>(ref u));
        return MapToG2(u);
    }

    /// <summary>clear_cofactor(map_to_curve(u)) to G1; EIP-2537's map_fp_to_G1.</summary>
    /// <param name="u">Any element.</param>
    public static Affine<Bls12381Fp, Bls12381> MapToG1(in Bls12381Fp u) => ClearCofactor(MapToCurve(u)).ToAffine();

    /// <summary>clear_cofactor(map_to_curve(u)) to G2; EIP-2537's map_fp2_to_G2.</summary>
    /// <param name="u">Any element.</param>
    public static Affine<Fp2<Bls12381Fp>, Bls12381> MapToG2(in Fp2<Bls12381Fp> u) => ClearCofactor(MapToCurve(u)).ToAffine();

    /// <summary>map_to_curve (section 6.6.3): simplified SWU to the 11-isogenous curve, then the isogeny. On the curve, not in G1.</summary>
    internal static Jacobian<Bls12381Fp, Bls12381> MapToCurve(in Bls12381Fp u)
    {
        (Bls12381Fp x, Bls12381Fp y) = SimplifiedSwu(
            u, IsogenyConstants.G1.A, IsogenyConstants.G1.B, IsogenyConstants.G1.Z, static a => PrimeField.IsOdd(a));
        return Isogeny<Bls12381Fp, Bls12381>(
            x,
            y,
            IsogenyConstants.G1.XNumerator,
            IsogenyConstants.G1.XDenominator,
            IsogenyConstants.G1.YNumerator,
            IsogenyConstants.G1.YDenominator);
    }

    /// <summary>map_to_curve (section 6.6.3): simplified SWU to the 3-isogenous curve, then the isogeny. On the twist, not in G2.</summary>
    internal static Jacobian<Fp2<Bls12381Fp>, Bls12381> MapToCurve(in Fp2<Bls12381Fp> u)
    {
        (Fp2<Bls12381Fp> x, Fp2<Bls12381Fp> y) = SimplifiedSwu(
            u, IsogenyConstants.G2.A, IsogenyConstants.G2.B, IsogenyConstants.G2.Z, IsOdd);
        return Isogeny<Fp2<Bls12381Fp>, Bls12381>(
            x,
            y,
            IsogenyConstants.G2.XNumerator,
            IsogenyConstants.G2.XDenominator,
            IsogenyConstants.G2.YNumerator,
            IsogenyConstants.G2.YDenominator);
    }

    /// <summary>Multiplication by h_eff = 1 − x (section 8.8.1; Wahby and Boneh, eprint 2019/403, section 5).</summary>
    internal static Jacobian<Bls12381Fp, Bls12381> ClearCofactor(in Jacobian<Bls12381Fp, Bls12381> point) =>
        ScalarMultiplication.MultiplyShort(point, Bls12381.AbsoluteX + 1);

    /// <summary>
    /// (x² − x − 1)·P + (x − 1)·ψ(P) + ψ²(2P), which is h_eff·P (section 8.8.2 and appendix G.3; Budroni and Pintore,
    /// eprint 2017/419): two multiplications by the 64-bit |x| instead of one by 636 bits.
    /// </summary>
    internal static Jacobian<Fp2<Bls12381Fp>, Bls12381> ClearCofactor(in Jacobian<Fp2<Bls12381Fp>, Bls12381> point)
    {
        // With t = x·P + ψ(P) the sum is x·t − t − P + ψ²(2P); x is negative.
        Jacobian<Fp2<Bls12381Fp>, Bls12381> t =
            Bls12381.Psi(point) - ScalarMultiplication.MultiplyShort(point, Bls12381.AbsoluteX);
        Jacobian<Fp2<Bls12381Fp>, Bls12381> psi2 =
            Bls12381.Psi(Bls12381.Psi(Jacobian<Fp2<Bls12381Fp>, Bls12381>.Double(point)));
        return psi2 - ScalarMultiplication.MultiplyShort(t, Bls12381.AbsoluteX) - t - point;
    }

    /// <summary>
    /// The simplified Shallue–van de Woestijne–Ulas method for y² = x³ + A·x + B with A·B ≠ 0 (section 6.6.2): of two
    /// candidate abscissas, whose right sides differ by a non-square factor, the first that has a point.
    /// </summary>
    private static (TField X, TField Y) SimplifiedSwu<TField>(
        in TField u, in TField a, in TField b, in TField z, Func<TField, bool> isOdd)
        where TField : unmanaged, IField<TField>
    {
        TField zu2 = z * TField.Square(u);
        TField denominator = TField.Square(zu2) + zu2;
        TField x = TField.IsZero(denominator)
            ? b * TField.Inverse(z * a)
            : -b * TField.Inverse(a) * (TField.One + TField.Inverse(denominator));
        if (!TField.TrySqrt(((TField.Square(x) + a) * x) + b, out TField y))
        {
            x *= zu2;
            TField.TrySqrt(((TField.Square(x) + a) * x) + b, out y);
        }

        return (x, isOdd(u) == isOdd(y) ? y : -y);
    }

    /// <summary>
    /// (X(x), y·Y(x)) for rational functions X and Y, with Z = the product of their denominators, so that the kernel,
    /// where they vanish, goes to infinity without a special case.
    /// </summary>
    private static Jacobian<TField, TCurve> Isogeny<TField, TCurve>(
        in TField x,
        in TField y,
        ReadOnlySpan<TField> xNumerator,
        ReadOnlySpan<TField> xDenominator,
        ReadOnlySpan<TField> yNumerator,
        ReadOnlySpan<TField> yDenominator)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        TField xd = Evaluate(xDenominator, x), yd = Evaluate(yDenominator, x);
        TField z = xd * yd;
        TField yd2Xd = yd * z;
        return new(Evaluate(xNumerator, x) * yd2Xd, y * Evaluate(yNumerator, x) * yd2Xd * TField.Square(xd), z);
    }

    private static TField Evaluate<TField>(ReadOnlySpan<TField> polynomial, in TField x)
        where TField : unmanaged, IField<TField>
    {
        TField value = polynomial[^1];
        for (int i = polynomial.Length - 2; i >= 0; i--)
        {
            value = (value * x) + polynomial[i];
        }

        return value;
    }

    /// <summary>sgn0 in the quadratic extension (section 4.1).</summary>
    private static bool IsOdd(Fp2<Bls12381Fp> a) =>
        PrimeField.IsOdd(a.C0) || (Bls12381Fp.IsZero(a.C0) && PrimeField.IsOdd(a.C1));
}
