// Owns: points as an abscissa and flags, in the form that is usual for each curve. Uncompressed forms of Zcash: ZcashEncoding.cs.
//
// The abscissa is a big-endian canonical integer, an element of Fp2 as c1 then c0. The highest bits of the first byte, free
// since the modulus does not fill them, are flags:
//
//                                     BLS12-381 (Zcash)   BN254 (gnark)
//   the flags                              0xe0               0xc0
//   y is the smaller of the two roots      0x80               0x80
//   y is the larger                        0xa0               0xc0
//   infinity; all other bits are zero      0xc0               0x40
//
// No other combination is valid. The larger root is found by comparing c1 first, and c0 where c1 is zero. Sources:
// zkcrypto/bls12_381, src/notes/serialization.rs; Consensys/gnark-crypto, ecc/bn254/marshal.go, whose form for BLS12-381 is
// that of Zcash.

namespace ProvingService.Algebra;

/// <summary>
/// Points in compressed form: that of Zcash, the IETF's drafts and gnark on BLS12-381 (48 and 96 bytes), that of gnark on BN254
/// (32 and 64 bytes). Each point has one encoding. Reading checks length, flags, range, curve and subgroup; arbitrary bytes
/// never throw. Thread-safe.
/// </summary>
public static unsafe class CompressedEncoding
{
    /// <summary>Bytes of a point.</summary>
    public static int Size<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => sizeof(TField);

    /// <summary>Reads a point of G1, checking everything. Costs a square root and a subgroup check.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecode<TFp, TCurve>(ReadOnlySpan<byte> source, out Affine<TFp, TCurve> point, out DecodeError error)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
    {
        error = Decode<TFp, TFp, TCurve>(source, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads a point of G2; as the overload for G1.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecode<TFp, TCurve>(ReadOnlySpan<byte> source, out Affine<Fp2<TFp>, TCurve> point, out DecodeError error)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
    {
        error = Decode<TFp, Fp2<TFp>, TCurve>(source, out point);
        return error == DecodeError.None;
    }

    /// <summary>Writes a point of G1.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the encoding.</exception>
    public static void Write<TFp, TCurve>(in Affine<TFp, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>> =>
        Encode<TFp, TFp, TCurve>(point, destination);

    /// <summary>Writes a point of G2.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the encoding.</exception>
    public static void Write<TFp, TCurve>(in Affine<Fp2<TFp>, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>> =>
        Encode<TFp, Fp2<TFp>, TCurve>(point, destination);

    internal static DecodeError Decode<TFp, TField, TCurve>(ReadOnlySpan<byte> source, out Affine<TField, TCurve> point)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        point = default;
        DecodeError error = PointChecks.CheckLength(source.Length, sizeof(TField));
        if (error != DecodeError.None)
        {
            return error;
        }

        CompressionFlags flags = CompressionFlags.Of<TFp>();
        byte found = (byte)(source[0] & flags.All);
        if (found != flags.Smaller && found != flags.Larger && found != flags.Infinity)
        {
            return DecodeError.Flags;
        }

        Span<byte> bytes = stackalloc byte[sizeof(TField)];
        source.CopyTo(bytes);
        bytes[0] &= (byte)~flags.All;
        if (found == flags.Infinity)
        {
            return bytes.ContainsAnyExcept((byte)0) ? DecodeError.Infinity : DecodeError.None;
        }

        error = Coordinates.TryRead<TFp, TField>(bytes, CoefficientOrder.HighFirst, 0, out TField x);
        if (error != DecodeError.None)
        {
            return error;
        }

        if (!TField.TrySqrt((TField.Square(x) * x) + TCurve.B, out TField y))
        {
            return DecodeError.NotOnCurve;
        }

        // Neither curve has a point with y = 0, whose order would be two: the roots differ.
        Affine<TField, TCurve> read = new(x, IsLarger<TFp, TField>(y) == (found == flags.Larger) ? y : -y);
        error = PointChecks.CheckGroup(read, checkSubgroup: true);
        point = error == DecodeError.None ? read : default;
        return error;
    }

    internal static void Encode<TFp, TField, TCurve>(in Affine<TField, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        PointChecks.RequireDestination(destination.Length, sizeof(TField));
        destination = destination[..sizeof(TField)];
        CompressionFlags flags = CompressionFlags.Of<TFp>();
        if (point.IsInfinity)
        {
            destination.Clear();
            destination[0] = flags.Infinity;
            return;
        }

        Coordinates.Write<TFp, TField>(point.X, CoefficientOrder.HighFirst, 0, destination);
        destination[0] |= IsLarger<TFp, TField>(point.Y) ? flags.Larger : flags.Smaller;
    }

    /// <summary>Whether a root is the larger of the two.</summary>
    internal static bool IsLarger<TFp, TField>(TField element)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
    {
        Span<TFp> coefficients = Coordinates.Coefficients<TFp, TField>(ref element);
        for (int i = coefficients.Length - 1; i >= 0; i--)
        {
            if (!TFp.IsZero(coefficients[i]))
            {
                return PrimeField.IsLexicographicallyLargest(coefficients[i]);
            }
        }

        return false;
    }

    /// <summary>The flags of a curve, as the table at the head of this file has them.</summary>
    private readonly record struct CompressionFlags(byte All, byte Smaller, byte Larger, byte Infinity)
    {
        /// <summary>Two bits are free above a modulus of 254 bits, three above one of 381.</summary>
        public static CompressionFlags Of<TFp>()
            where TFp : unmanaged, IPrimeField<TFp> =>
            TFp.BitLength % 8 == 6 ? new(0xc0, 0x80, 0xc0, 0x40) : new(0xe0, 0x80, 0xa0, 0xc0);
    }
}
