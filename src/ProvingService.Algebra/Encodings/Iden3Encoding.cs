// Owns: the three encodings of points in iden3's files and transcripts, on both curves.
//
// Layout of .zkey and .ptau sections, and of our memory ("LEM"): x then y, each a little-endian integer in Montgomery
// form (R = 2^256 or 2^384), an element of Fp2 as c0 then c1; infinity is all zero.
// Uncompressed form, hashed into the transcripts of ceremonies: x then y as big-endian canonical integers, an element
// of Fp2 as c1 then c0; infinity is all zero, without the flag that Zcash's form has (snarkjs 0.7 by wasmcurves).
// Compressed form, hashed into the responses of phase 1: x as in the uncompressed form, with 0x80 added to the first byte
// where y is the larger root (of Fp2: by c1, or c0 where c1 is zero); infinity is 0x40 and zeros. Alike on both curves, and
// neither Zcash's form nor gnark's.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>
/// Points as iden3's tools write them. The bulk methods look at points where they lie, such as in a mapped key file,
/// and copy nothing. Arbitrary bytes never throw. Thread-safe.
/// </summary>
public static unsafe class Iden3Encoding
{
    /// <summary>Bytes of a point in either form: 64 and 128 on BN254, 96 and 192 on BLS12-381.</summary>
    public static int PointSize<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => sizeof(Affine<TField, TCurve>);

    /// <summary>Reads one point in Montgomery form, checking length, range, curve and subgroup.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecode<TField, TCurve>(ReadOnlySpan<byte> source, out Affine<TField, TCurve> point, out DecodeError error)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => Decode(source, checkSubgroup: true, out point, out error);

    /// <summary>As <see cref="TryDecode{TField, TCurve}(ReadOnlySpan{byte}, out Affine{TField, TCurve}, out DecodeError)"/>, without the subgroup check.</summary>
    public static bool TryDecodeSubgroupUnchecked<TField, TCurve>(ReadOnlySpan<byte> source, out Affine<TField, TCurve> point, out DecodeError error)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => Decode(source, checkSubgroup: false, out point, out error);

    /// <summary>Writes one point in Montgomery form.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than a point.</exception>
    public static void Write<TField, TCurve>(in Affine<TField, TCurve> point, Span<byte> destination)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        PointChecks.RequireDestination(destination.Length, sizeof(Affine<TField, TCurve>));
        MemoryMarshal.Write(destination, in point);
    }

    /// <summary>The bytes of points in Montgomery form: what a file holds of them. Nothing is copied.</summary>
    public static ReadOnlySpan<byte> AsBytes<TField, TCurve>(ReadOnlySpan<Affine<TField, TCurve>> points)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => MemoryMarshal.AsBytes(points);

    /// <summary>
    /// Views bytes in Montgomery form as points, checking only that they are a whole number of points. Nothing is
    /// copied; follow with <see cref="TryValidate"/>.
    /// </summary>
    /// <returns>False where bytes are left over.</returns>
    public static bool TryViewUnchecked<TField, TCurve>(ReadOnlySpan<byte> source, out ReadOnlySpan<Affine<TField, TCurve>> points)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        bool isWhole = source.Length % sizeof(Affine<TField, TCurve>) == 0;
        points = isWhole ? MemoryMarshal.Cast<byte, Affine<TField, TCurve>>(source) : default;
        return isWhole;
    }

    /// <summary>
    /// Checks range, curve and subgroup of points as they were found in a file, on all cores unless told otherwise.
    /// The subgroup check, 63 to 128 doublings a point, is nearly all of the time, except on BN254's G1, which needs none.
    /// </summary>
    /// <param name="points">Points in Montgomery form, read-only and unchanging meanwhile.</param>
    /// <param name="culprit">The lowest index of a point refused, or −1.</param>
    /// <param name="error">Why it was refused.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="OperationCanceledException">The token of the options was cancelled.</exception>
    public static bool TryValidate<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> points, out int culprit, out DecodeError error, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        // The subgroup criteria hold for points of the curve: those before the first that is not one.
        bool isValid = Validate(points, out culprit, out error, options);
        int outside = SubgroupChecks.FindOutside(isValid ? points : points[..culprit], options);
        if (outside < 0)
        {
            return isValid;
        }

        (culprit, error) = (outside, DecodeError.NotInSubgroup);
        return false;
    }

    /// <summary>As <see cref="TryValidate"/>, without the subgroup check: two squarings and a multiplication a point, a few hundred times less.</summary>
    public static bool TryValidateSubgroupUnchecked<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> points, out int culprit, out DecodeError error, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => Validate(points, out culprit, out error, options);

    /// <summary>Writes one point of G1 in the uncompressed form that transcripts hash.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than a point.</exception>
    public static void WriteUncompressed<TFp, TCurve>(in Affine<TFp, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp> =>
        Coordinates.WritePoint<TFp, TFp, TCurve>(point, CoefficientOrder.HighFirst, 0, destination);

    /// <summary>Writes one point of G2 in the uncompressed form that transcripts hash.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than a point.</exception>
    public static void WriteUncompressed<TFp, TCurve>(in Affine<Fp2<TFp>, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>> =>
        Coordinates.WritePoint<TFp, Fp2<TFp>, TCurve>(point, CoefficientOrder.HighFirst, 0, destination);

    /// <summary>Writes one point of G1 in the compressed form that transcripts hash: half a point's bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than that.</exception>
    public static void WriteCompressed<TFp, TCurve>(in Affine<TFp, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp> => Compress<TFp, TFp, TCurve>(point, destination);

    /// <summary>Writes one point of G2 in the compressed form that transcripts hash: half a point's bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than that.</exception>
    public static void WriteCompressed<TFp, TCurve>(in Affine<Fp2<TFp>, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>> => Compress<TFp, Fp2<TFp>, TCurve>(point, destination);

    /// <summary>Reads one point of G1 in the uncompressed form, checking everything.</summary>
    public static bool TryDecodeUncompressed<TFp, TCurve>(ReadOnlySpan<byte> source, out Affine<TFp, TCurve> point, out DecodeError error)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>
    {
        error = Coordinates.TryReadPoint<TFp, TFp, TCurve>(source, CoefficientOrder.HighFirst, 0, checkSubgroup: true, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads one point of G2 in the uncompressed form, checking everything.</summary>
    public static bool TryDecodeUncompressed<TFp, TCurve>(ReadOnlySpan<byte> source, out Affine<Fp2<TFp>, TCurve> point, out DecodeError error)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>>
    {
        error = Coordinates.TryReadPoint<TFp, Fp2<TFp>, TCurve>(source, CoefficientOrder.HighFirst, 0, checkSubgroup: true, out point);
        return error == DecodeError.None;
    }

    private static void Compress<TFp, TField, TCurve>(in Affine<TField, TCurve> point, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        const byte Larger = 0x80, Infinity = 0x40;
        PointChecks.RequireDestination(destination.Length, sizeof(TField));
        Coordinates.Write<TFp, TField>(point.X, CoefficientOrder.HighFirst, 0, destination[..sizeof(TField)]);
        destination[0] |= point.IsInfinity ? Infinity : CompressedEncoding.IsLarger<TFp, TField>(point.Y) ? Larger : (byte)0;
    }

    private static bool Decode<TField, TCurve>(
        ReadOnlySpan<byte> source, bool checkSubgroup, out Affine<TField, TCurve> point, out DecodeError error)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        point = default;
        error = PointChecks.CheckLength(source.Length, sizeof(Affine<TField, TCurve>));
        if (error == DecodeError.None)
        {
            Affine<TField, TCurve> read = Unsafe.ReadUnaligned<Affine<TField, TCurve>>(in MemoryMarshal.GetReference(source));
            error = Check(read, checkSubgroup);
            point = error == DecodeError.None ? read : default;
        }

        return error == DecodeError.None;
    }

    private static bool Validate<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> points, out int culprit, out DecodeError error, EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        // The span outlives the call below, which ends when the last thread has.
        fixed (Affine<TField, TCurve>* pinned = points)
        {
            Affine<TField, TCurve>* from = pinned;
            error = PointChecks.CheckAll(points.Length, options, i => Check(in from[i], checkSubgroup: false), out culprit);
        }

        return error == DecodeError.None;
    }

    private static DecodeError Check<TField, TCurve>(in Affine<TField, TCurve> point, bool checkSubgroup)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        point.IsReduced() ? PointChecks.CheckGroup(point, checkSubgroup) : DecodeError.NotCanonical;
}
