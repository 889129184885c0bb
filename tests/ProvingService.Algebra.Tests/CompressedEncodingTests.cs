// Owns: compressed points of both curves against gnark's, and every way to spoil one. More of BLS12-381: ZcashEncodingTests.cs.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class CompressedBn254G1Tests : CompressedEncodingLaws<Bn254Fp, Bn254Fp, Bn254>
{
    protected override PointForm<Bn254Fp, Bn254> Form => PointForms.CompressedBn254G1;

    protected override string Member => "bn254G1";
}

public sealed class CompressedBn254G2Tests : CompressedEncodingLaws<Bn254Fp, Fp2<Bn254Fp>, Bn254>
{
    protected override PointForm<Fp2<Bn254Fp>, Bn254> Form => PointForms.CompressedBn254G2;

    protected override string Member => "bn254G2";
}

public sealed class CompressedBls12381G1Tests : CompressedEncodingLaws<Bls12381Fp, Bls12381Fp, Bls12381>
{
    protected override PointForm<Bls12381Fp, Bls12381> Form => PointForms.CompressedBls12381G1;

    protected override string Member => "bls12381G1";
}

public sealed class CompressedBls12381G2Tests : CompressedEncodingLaws<Bls12381Fp, Fp2<Bls12381Fp>, Bls12381>
{
    protected override PointForm<Fp2<Bls12381Fp>, Bls12381> Form => PointForms.CompressedBls12381G2;

    protected override string Member => "bls12381G2";
}

public abstract class CompressedEncodingLaws<TFp, TField, TCurve>
    where TFp : unmanaged, IPrimeField<TFp>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    protected abstract PointForm<TField, TCurve> Form { get; }

    protected abstract string Member { get; }

    private static bool IsBn254 => PrimeField.ByteCount<TFp>() == 32;

    private static int FlagBits => IsBn254 ? 2 : 3;

    [Fact]
    public void Gnarks_points_are_read_and_written()
    {
        int smaller = 0, larger = 0;
        foreach (JsonElement vector in TestVectors.Json("gnark/compressed.json").EnumerateArray())
        {
            BigInteger scalar = BigInteger.Parse(vector.Text("scalar"), CultureInfo.InvariantCulture);
            byte[] bytes = vector.Hex(Member);
            Affine<TField, TCurve> expected = ScalarMultiplication.Multiply<TField, TCurve>(Affine<TField, TCurve>.Generator, scalar).ToAffine();
            Assert.Equal(DecodeError.None, Form.Decode(bytes, out Affine<TField, TCurve> point));
            Assert.Equal(expected, point);
            Assert.Equal(bytes, Form.Encode(expected));

            // The other root is the negated point, under the other flag.
            byte[] negated = Form.Encode(-expected);
            Assert.Equal(DecodeError.None, Form.Decode(negated, out point));
            Assert.Equal(-expected, point);
            Assert.Equal(expected.IsInfinity, bytes.AsSpan().SequenceEqual(negated));
            Assert.Equal(bytes[1..], negated[1..]);
            int flags = bytes[0] >> (8 - FlagBits);
            smaller += flags == (IsBn254 ? 0b10 : 0b100) ? 1 : 0;
            larger += flags == (IsBn254 ? 0b11 : 0b101) ? 1 : 0;
        }

        Assert.True(smaller > 10 && larger > 10);
    }

    [Fact]
    public void Other_lengths_are_refused() => EncodingBoundaries.CheckLengths(Form);

    [Fact]
    public void Every_combination_of_flags_over_a_point_and_over_zeros_is_told_apart()
    {
        byte[] point = Form.Encode(Affine<TField, TCurve>.Generator), zeros = new byte[Form.Size];
        for (int flags = 0; flags < 1 << FlagBits; flags++)
        {
            bool isFinite = IsBn254 ? flags is 0b10 or 0b11 : flags is 0b100 or 0b101, isInfinity = flags == (IsBn254 ? 0b01 : 0b110);
            Assert.Equal(isFinite ? DecodeError.None : isInfinity ? DecodeError.Infinity : DecodeError.Flags, Form.Decode(With(point, flags)));
            DecodeError overZeros = Form.Decode(With(zeros, flags), out Affine<TField, TCurve> found);
            if (isFinite)
            {
                // x = 0: whether there is such a point, the curve says; it is not infinity.
                Assert.Contains(overZeros, (DecodeError[])[DecodeError.NotOnCurve, DecodeError.NotInSubgroup]);
            }
            else
            {
                Assert.Equal(isInfinity ? DecodeError.None : DecodeError.Flags, overZeros);
                Assert.True(found.IsInfinity);
            }
        }

        byte[] With(byte[] bytes, int flags) => [(byte)((bytes[0] & (0xff >> FlagBits)) | (flags << (8 - FlagBits))), .. bytes[1..]];
    }

    [Fact]
    public void Infinity_has_no_other_bit()
    {
        byte[] infinity = Form.Encode(default);
        for (int bit = 0; bit < (8 * Form.Size) - FlagBits; bit++)
        {
            byte[] spoilt = [.. infinity];
            spoilt[^(1 + (bit / 8))] ^= (byte)(1 << (bit % 8));
            Assert.Equal(DecodeError.Infinity, Form.Decode(spoilt));
        }
    }

    [Fact]
    public void A_coordinate_that_is_not_below_the_modulus_is_refused()
    {
        int width = PrimeField.ByteCount<TFp>();
        for (int at = 0; at < Form.Size; at += width)
        {
            // The first coefficient shares its first byte with the flags.
            foreach (byte[] value in EncodingBoundaries.NotBelow<TFp>(at == 0 ? (8 * width) - FlagBits : 8 * width))
            {
                byte[] bytes = Form.Encode(Affine<TField, TCurve>.Generator);
                byte flags = (byte)(at == 0 ? bytes[0] & ~(0xff >> FlagBits) : 0);
                value.CopyTo(bytes, at);
                bytes[at] |= flags;
                Assert.Equal(DecodeError.NotCanonical, Form.Decode(bytes));
            }
        }
    }

    [Fact]
    public void Abscissas_without_a_point_and_points_outside_the_subgroup_are_refused()
    {
        byte[] none = Form.Encode(new Affine<TField, TCurve>(EncodingBoundaries.AbscissaWithoutPoint<TField, TCurve>(), TField.One));
        Assert.Equal(DecodeError.NotOnCurve, Form.Decode(none));
        if (!TCurve.Cofactor.IsOne)
        {
            Assert.Equal(DecodeError.NotInSubgroup, Form.Decode(Form.Encode(EncodingBoundaries.OutsideSubgroup<TField, TCurve>())));
        }
    }

    [Fact]
    public void A_destination_that_is_too_short_is_a_mistake() =>
        Assert.Throws<ArgumentException>(() => Form.Encoder(Affine<TField, TCurve>.Generator, new byte[Form.Size - 1]));
}
