// Owns: big-endian bytes of a coordinate in Fp or Fp2. Never: flags, points, or the curve.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>Which coefficient of an extension field element is written first.</summary>
internal enum CoefficientOrder
{
    /// <summary>c0, then c1: EIP-2537.</summary>
    LowFirst,

    /// <summary>c1, then c0: Zcash, EIP-197 and iden3's uncompressed form.</summary>
    HighFirst,
}

/// <summary>
/// Coordinates as big-endian canonical integers, each after a fixed number of zero bytes. A field TField is TFp itself
/// or an extension of it, which in memory is its coefficients in rising order and nothing else.
/// </summary>
internal static class Coordinates
{
    /// <summary>The coefficients over TFp in memory order, c0 first.</summary>
    public static Span<TFp> Coefficients<TFp, TField>(ref TField element)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField> =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<TField, TFp>(ref element), Unsafe.SizeOf<TField>() / Unsafe.SizeOf<TFp>());

    /// <summary>The bytes of one coordinate.</summary>
    public static int Size<TFp, TField>(int padding)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField> =>
        Unsafe.SizeOf<TField>() / Unsafe.SizeOf<TFp>() * (padding + PrimeField.ByteCount<TFp>());

    /// <summary>Reads a coordinate from exactly <see cref="Size{TFp, TField}"/> bytes; zero where that fails.</summary>
    public static DecodeError TryRead<TFp, TField>(ReadOnlySpan<byte> source, CoefficientOrder order, int padding, out TField element)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
    {
        element = default;
        TField read = default;
        Span<TFp> coefficients = Coefficients<TFp, TField>(ref read);
        int width = padding + PrimeField.ByteCount<TFp>();
        for (int i = 0; i < coefficients.Length; i++)
        {
            ReadOnlySpan<byte> bytes = source.Slice(i * width, width);
            if (bytes[..padding].ContainsAnyExcept((byte)0))
            {
                return DecodeError.Padding;
            }

            int index = order == CoefficientOrder.LowFirst ? i : coefficients.Length - 1 - i;
            if (!PrimeField.TryReadBigEndian(bytes[padding..], out coefficients[index]))
            {
                return DecodeError.NotCanonical;
            }
        }

        element = read;
        return DecodeError.None;
    }

    /// <summary>Writes a coordinate to exactly <see cref="Size{TFp, TField}"/> bytes.</summary>
    public static void Write<TFp, TField>(TField element, CoefficientOrder order, int padding, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
    {
        Span<TFp> coefficients = Coefficients<TFp, TField>(ref element);
        int width = padding + PrimeField.ByteCount<TFp>();
        for (int i = 0; i < coefficients.Length; i++)
        {
            Span<byte> bytes = destination.Slice(i * width, width);
            int index = order == CoefficientOrder.LowFirst ? i : coefficients.Length - 1 - i;
            bytes[..padding].Clear();
            PrimeField.WriteBigEndian(coefficients[index], bytes[padding..]);
        }
    }

    /// <summary>Reads x and y, where infinity is (0, 0) and needs no flag, and runs the checks on the point.</summary>
    public static DecodeError TryReadPoint<TFp, TField, TCurve>(
        ReadOnlySpan<byte> source, CoefficientOrder order, int padding, bool checkSubgroup, out Affine<TField, TCurve> point)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        point = default;
        int size = Size<TFp, TField>(padding);
        DecodeError error = PointChecks.CheckLength(source.Length, 2 * size);
        if (error == DecodeError.None)
        {
            error = TryRead<TFp, TField>(source[..size], order, padding, out TField x);
            TField y = default;
            if (error == DecodeError.None)
            {
                error = TryRead<TFp, TField>(source[size..], order, padding, out y);
            }

            if (error == DecodeError.None)
            {
                error = PointChecks.CheckGroup(new Affine<TField, TCurve>(x, y), checkSubgroup);
            }

            if (error == DecodeError.None)
            {
                point = new(x, y);
            }
        }

        return error;
    }

    /// <summary>Writes x and y, infinity as zeros.</summary>
    public static void WritePoint<TFp, TField, TCurve>(
        in Affine<TField, TCurve> point, CoefficientOrder order, int padding, Span<byte> destination)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        int size = Size<TFp, TField>(padding);
        PointChecks.RequireDestination(destination.Length, 2 * size);
        Write<TFp, TField>(point.X, order, padding, destination[..size]);
        Write<TFp, TField>(point.Y, order, padding, destination.Slice(size, size));
    }
}
