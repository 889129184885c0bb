// Owns: the values just beyond what encodings allow, shared by their tests.

using System.Numerics;
using Xunit;

namespace ProvingService.Algebra.Tests;

internal static class EncodingBoundaries
{
    /// <summary>p, p + 1, 2^limitBits − 1 and a few between, big-endian and as long as an element.</summary>
    public static IEnumerable<byte[]> NotBelow<TFp>(int limitBits)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        BigInteger p = TFp.Modulus, limit = BigInteger.One << limitBits;
        foreach (BigInteger value in new[] { p, p + 1, p + (BigInteger.One << 64), (p + limit) / 2, limit - 1 })
        {
            byte[] digits = value.ToByteArray(isUnsigned: true, isBigEndian: true);
            byte[] bytes = new byte[PrimeField.ByteCount<TFp>()];
            digits.CopyTo(bytes, bytes.Length - digits.Length);
            yield return bytes;
        }
    }

    /// <summary>The first x = 1, 2, 3 … for which no point exists.</summary>
    public static TField AbscissaWithoutPoint<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        TField x = TField.One;
        while (TField.TrySqrt((TField.Square(x) * x) + TCurve.B, out _))
        {
            x += TField.One;
        }

        return x;
    }

    /// <summary>A point of the curve, by its order found to lie outside the subgroup. There is none where the cofactor is 1.</summary>
    public static Affine<TField, TCurve> OutsideSubgroup<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        for (TField x = TField.One; ; x += TField.One)
        {
            if (TField.TrySqrt((TField.Square(x) * x) + TCurve.B, out TField y)
                && !ScalarMultiplication.Multiply<TField, TCurve>(new Affine<TField, TCurve>(x, y), TCurve.Order).IsInfinity)
            {
                return new(x, y);
            }
        }
    }

    public static void CheckLengths<TField, TCurve>(PointForm<TField, TCurve> form)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        byte[] bytes = form.Encode(Affine<TField, TCurve>.Generator);
        for (int length = 0; length < form.Size; length++)
        {
            Assert.Equal(DecodeError.Length, form.Decode(bytes.AsSpan(0, length)));
        }

        Assert.Equal(DecodeError.TrailingBytes, form.Decode([.. bytes, 0]));
        Assert.Equal(DecodeError.TrailingBytes, form.Decode([.. bytes, .. bytes]));
    }
}
