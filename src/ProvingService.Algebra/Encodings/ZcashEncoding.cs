// Owns: the Zcash encoding of BLS12-381's points, compressed and uncompressed. The compressed form itself: CompressedEncoding.cs.
//
// Coordinates are big-endian canonical integers of 48 bytes, an element of Fp2 as c1 then c0. The three highest bits
// of the first byte, always free since p has 381 bits, are flags:
//   0x80  the form is compressed (x alone)
//   0x40  the point is infinity; every other bit but the compression flag is then zero
//   0x20  only in the compressed form of a finite point: y is the lexicographically larger of the two roots, which
//         compares c1 first and c0 where c1 is zero
// Source: zkcrypto/bls12_381, src/notes/serialization.rs.

namespace ProvingService.Algebra;

/// <summary>
/// Points of BLS12-381 as Zcash and Ethereum's consensus layer write them. Each point has one encoding. Reading checks
/// flags, canonical range, curve and subgroup; arbitrary bytes never throw. Thread-safe.
/// </summary>
public static unsafe class ZcashEncoding
{
    /// <summary>Bytes of a compressed point of G1.</summary>
    public const int G1CompressedSize = 48;

    /// <summary>Bytes of an uncompressed point of G1.</summary>
    public const int G1UncompressedSize = 96;

    /// <summary>Bytes of a compressed point of G2.</summary>
    public const int G2CompressedSize = 96;

    /// <summary>Bytes of an uncompressed point of G2.</summary>
    public const int G2UncompressedSize = 192;

    private const byte CompressedFlag = 0x80;
    private const byte InfinityFlag = 0x40;
    private const byte LargestFlag = 0x20;
    private const byte AllFlags = CompressedFlag | InfinityFlag | LargestFlag;

    /// <summary>Reads a point of G1 from 48 bytes, checking everything. Costs a square root and a subgroup check.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecodeCompressed(ReadOnlySpan<byte> source, out Affine<Bls12381Fp, Bls12381> point, out DecodeError error)
    {
        error = Decode(source, compressed: true, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads a point of G2 from 96 bytes, checking everything.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecodeCompressed(ReadOnlySpan<byte> source, out Affine<Fp2<Bls12381Fp>, Bls12381> point, out DecodeError error)
    {
        error = Decode(source, compressed: true, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads a point of G1 from 96 bytes, checking everything.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecodeUncompressed(ReadOnlySpan<byte> source, out Affine<Bls12381Fp, Bls12381> point, out DecodeError error)
    {
        error = Decode(source, compressed: false, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads a point of G2 from 192 bytes, checking everything.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecodeUncompressed(ReadOnlySpan<byte> source, out Affine<Fp2<Bls12381Fp>, Bls12381> point, out DecodeError error)
    {
        error = Decode(source, compressed: false, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads many compressed points of G1, checking everything, on all cores unless told otherwise.</summary>
    /// <param name="source">48 bytes a point, nothing between or after them.</param>
    /// <param name="points">As many points as <paramref name="source"/> must hold; all infinity where any is refused.</param>
    /// <param name="culprit">The index of the first point refused, or −1.</param>
    /// <param name="error">Why it was refused.</param>
    /// <param name="options">Threads and cancellation.</param>
    public static bool TryDecodeCompressed(
        ReadOnlySpan<byte> source, Span<Affine<Bls12381Fp, Bls12381>> points, out int culprit, out DecodeError error, EngineOptions options = default)
    {
        error = DecodeAll(source, compressed: true, points, options, out culprit);
        return error == DecodeError.None;
    }

    /// <summary>Reads many compressed points of G2, 96 bytes each; as the overload for G1.</summary>
    public static bool TryDecodeCompressed(
        ReadOnlySpan<byte> source, Span<Affine<Fp2<Bls12381Fp>, Bls12381>> points, out int culprit, out DecodeError error, EngineOptions options = default)
    {
        error = DecodeAll(source, compressed: true, points, options, out culprit);
        return error == DecodeError.None;
    }

    /// <summary>Reads many uncompressed points of G1, 96 bytes each; as the overload for compressed ones.</summary>
    public static bool TryDecodeUncompressed(
        ReadOnlySpan<byte> source, Span<Affine<Bls12381Fp, Bls12381>> points, out int culprit, out DecodeError error, EngineOptions options = default)
    {
        error = DecodeAll(source, compressed: false, points, options, out culprit);
        return error == DecodeError.None;
    }

    /// <summary>Reads many uncompressed points of G2, 192 bytes each; as the overload for compressed ones of G1.</summary>
    public static bool TryDecodeUncompressed(
        ReadOnlySpan<byte> source, Span<Affine<Fp2<Bls12381Fp>, Bls12381>> points, out int culprit, out DecodeError error, EngineOptions options = default)
    {
        error = DecodeAll(source, compressed: false, points, options, out culprit);
        return error == DecodeError.None;
    }

    /// <summary>Writes a point of G1 as 48 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void WriteCompressed(in Affine<Bls12381Fp, Bls12381> point, Span<byte> destination) => Encode(point, compressed: true, destination);

    /// <summary>Writes a point of G2 as 96 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void WriteCompressed(in Affine<Fp2<Bls12381Fp>, Bls12381> point, Span<byte> destination) => Encode(point, compressed: true, destination);

    /// <summary>Writes a point of G1 as 96 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void WriteUncompressed(in Affine<Bls12381Fp, Bls12381> point, Span<byte> destination) => Encode(point, compressed: false, destination);

    /// <summary>Writes a point of G2 as 192 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void WriteUncompressed(in Affine<Fp2<Bls12381Fp>, Bls12381> point, Span<byte> destination) => Encode(point, compressed: false, destination);

    private static int Size<TField>(bool compressed)
        where TField : unmanaged, IField<TField> => sizeof(TField) * (compressed ? 1 : 2);

    private static DecodeError Decode<TField, TCurve>(ReadOnlySpan<byte> source, bool compressed, out Affine<TField, TCurve> point)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (compressed)
        {
            return CompressedEncoding.Decode<Bls12381Fp, TField, TCurve>(source, out point);
        }

        point = default;
        DecodeError error = PointChecks.CheckLength(source.Length, Size<TField>(compressed: false));
        if (error != DecodeError.None)
        {
            return error;
        }

        byte flags = (byte)(source[0] & AllFlags);
        if ((flags & ~InfinityFlag) != 0)
        {
            return DecodeError.Flags;
        }

        if (flags == InfinityFlag)
        {
            return source[0] != InfinityFlag || source[1..].ContainsAnyExcept((byte)0) ? DecodeError.Infinity : DecodeError.None;
        }

        error = Coordinates.TryRead<Bls12381Fp, TField>(source[..sizeof(TField)], CoefficientOrder.HighFirst, 0, out TField x);
        if (error != DecodeError.None)
        {
            return error;
        }

        error = Coordinates.TryRead<Bls12381Fp, TField>(source[sizeof(TField)..], CoefficientOrder.HighFirst, 0, out TField y);
        if (error != DecodeError.None)
        {
            return error;
        }

        Affine<TField, TCurve> read = new(x, y);

        // (0, 0) is how memory holds infinity; here it lacks the flag.
        error = read.IsInfinity ? DecodeError.Infinity : PointChecks.CheckGroup(read, checkSubgroup: true);
        point = error == DecodeError.None ? read : default;
        return error;
    }

    private static DecodeError DecodeAll<TField, TCurve>(
        ReadOnlySpan<byte> source, bool compressed, Span<Affine<TField, TCurve>> points, EngineOptions options, out int culprit)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        int size = Size<TField>(compressed);
        points.Clear();
        DecodeError error = PointChecks.CheckLength(source.Length, (long)size * points.Length);
        if (error != DecodeError.None)
        {
            culprit = Math.Min(source.Length / size, points.Length);
            return error;
        }

        // The spans outlive the call below, which ends when the last thread has.
        fixed (byte* pinnedSource = source)
        fixed (Affine<TField, TCurve>* pinnedPoints = points)
        {
            byte* from = pinnedSource;
            Affine<TField, TCurve>* to = pinnedPoints;
            error = PointChecks.CheckAll(
                points.Length,
                options,
                i => Decode(new ReadOnlySpan<byte>(from + ((long)i * size), size), compressed, out to[i]),
                out culprit);
        }

        if (error != DecodeError.None)
        {
            points.Clear();
        }

        return error;
    }

    private static void Encode<TField, TCurve>(in Affine<TField, TCurve> point, bool compressed, Span<byte> destination)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (compressed)
        {
            CompressedEncoding.Encode<Bls12381Fp, TField, TCurve>(point, destination);
            return;
        }

        int size = Size<TField>(compressed: false);
        PointChecks.RequireDestination(destination.Length, size);
        destination = destination[..size];
        if (point.IsInfinity)
        {
            destination.Clear();
            destination[0] = InfinityFlag;
            return;
        }

        Coordinates.Write<Bls12381Fp, TField>(point.X, CoefficientOrder.HighFirst, 0, destination[..sizeof(TField)]);
        Coordinates.Write<Bls12381Fp, TField>(point.Y, CoefficientOrder.HighFirst, 0, destination[sizeof(TField)..]);
    }
}
