// Owns: the Zcash encoding against the thousand public encodings, and every way to spoil one.

using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class ZcashG1EncodingTests : ZcashEncodingLaws<Bls12381Fp, Bls12381>
{
    protected override string Group => "g1";

    protected override PointForm<Bls12381Fp, Bls12381> Compressed => PointForms.ZcashCompressedG1;

    protected override PointForm<Bls12381Fp, Bls12381> Uncompressed => PointForms.ZcashUncompressedG1;

    // x = 0 gives y² = 4, a point of order 3.
    protected override DecodeError ZeroAbscissa => DecodeError.NotInSubgroup;

    protected override bool TryDecodeAll(byte[] bytes, Span<Affine<Bls12381Fp, Bls12381>> points, out int culprit, out DecodeError error) =>
        ZcashEncoding.TryDecodeCompressed(bytes, points, out culprit, out error);

    protected override bool TryDecodeAllUncompressed(byte[] bytes, Span<Affine<Bls12381Fp, Bls12381>> points, out int culprit, out DecodeError error) =>
        ZcashEncoding.TryDecodeUncompressed(bytes, points, out culprit, out error);
}

public sealed class ZcashG2EncodingTests : ZcashEncodingLaws<Fp2<Bls12381Fp>, Bls12381>
{
    protected override string Group => "g2";

    protected override PointForm<Fp2<Bls12381Fp>, Bls12381> Compressed => PointForms.ZcashCompressedG2;

    protected override PointForm<Fp2<Bls12381Fp>, Bls12381> Uncompressed => PointForms.ZcashUncompressedG2;

    // 4(1 + u) is not a square.
    protected override DecodeError ZeroAbscissa => DecodeError.NotOnCurve;

    protected override bool TryDecodeAll(byte[] bytes, Span<Affine<Fp2<Bls12381Fp>, Bls12381>> points, out int culprit, out DecodeError error) =>
        ZcashEncoding.TryDecodeCompressed(bytes, points, out culprit, out error);

    protected override bool TryDecodeAllUncompressed(byte[] bytes, Span<Affine<Fp2<Bls12381Fp>, Bls12381>> points, out int culprit, out DecodeError error) =>
        ZcashEncoding.TryDecodeUncompressed(bytes, points, out culprit, out error);
}

public abstract class ZcashEncodingLaws<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private const DecodeError None = DecodeError.None;
    private const DecodeError Flags = DecodeError.Flags;
    private const DecodeError Infinity = DecodeError.Infinity;

    protected abstract string Group { get; }

    protected abstract PointForm<TField, TCurve> Compressed { get; }

    protected abstract PointForm<TField, TCurve> Uncompressed { get; }

    /// <summary>What the abscissa 0 leads to in the compressed form.</summary>
    protected abstract DecodeError ZeroAbscissa { get; }

    protected abstract bool TryDecodeAll(byte[] bytes, Span<Affine<TField, TCurve>> points, out int culprit, out DecodeError error);

    protected abstract bool TryDecodeAllUncompressed(byte[] bytes, Span<Affine<TField, TCurve>> points, out int culprit, out DecodeError error);

    private byte[] CompressedVectors => TestVectors.Bytes($"zkcrypto/{Group}_compressed_valid_test_vectors.dat");

    private byte[] UncompressedVectors => TestVectors.Bytes($"zkcrypto/{Group}_uncompressed_valid_test_vectors.dat");

    [Fact]
    public void All_public_encodings_are_read_and_written()
    {
        foreach ((PointForm<TField, TCurve> form, byte[] vectors) in new[] { (Compressed, CompressedVectors), (Uncompressed, UncompressedVectors) })
        {
            Assert.Equal(1000 * form.Size, vectors.Length);
            Jacobian<TField, TCurve> multiple = default;
            for (int i = 0; i < 1000; i++)
            {
                byte[] expected = vectors[(i * form.Size)..((i + 1) * form.Size)];
                Assert.Equal(None, form.Decode(expected, out Affine<TField, TCurve> point));
                Assert.Equal(multiple.ToAffine(), point);
                Assert.Equal(expected, form.Encode(point));
                multiple += Affine<TField, TCurve>.Generator;
            }
        }
    }

    [Fact]
    public void Every_combination_of_flags_over_a_point_and_over_zeros_is_told_apart()
    {
        // Index: compression flag, infinity flag, sort flag, as a number of three bits.
        Check(Compressed, [Flags, Flags, Flags, Flags, None, None, Infinity, Flags], isPoint: true);
        Check(Compressed, [Flags, Flags, Flags, Flags, ZeroAbscissa, ZeroAbscissa, None, Flags], isPoint: false);
        Check(Uncompressed, [None, Flags, Infinity, Flags, Flags, Flags, Flags, Flags], isPoint: true);
        Check(Uncompressed, [Infinity, Flags, None, Flags, Flags, Flags, Flags, Flags], isPoint: false);

        static void Check(PointForm<TField, TCurve> form, DecodeError[] expected, bool isPoint)
        {
            for (int flags = 0; flags < 8; flags++)
            {
                byte[] bytes = isPoint ? form.Encode(Affine<TField, TCurve>.Generator) : new byte[form.Size];
                bytes[0] = (byte)((bytes[0] & 0x1f) | (flags << 5));
                Assert.Equal(expected[flags], form.Decode(bytes));
            }
        }
    }

    [Fact]
    public void The_sort_flag_chooses_between_the_two_roots()
    {
        Affine<TField, TCurve> g = Affine<TField, TCurve>.Generator;
        byte[] bytes = Compressed.Encode(g);
        bytes[0] ^= 0x20;
        Assert.Equal(None, Compressed.Decode(bytes, out Affine<TField, TCurve> other));
        Assert.Equal(-g, other);
        Assert.Equal(bytes, Compressed.Encode(-g));
    }

    [Fact]
    public void A_single_bit_under_the_infinity_flag_is_refused()
    {
        foreach (PointForm<TField, TCurve> form in new[] { Compressed, Uncompressed })
        {
            for (int bit = 3; bit < 8 * form.Size; bit++)
            {
                byte[] bytes = form.Encode(default);
                bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
                Assert.Equal(Infinity, form.Decode(bytes));
            }
        }
    }

    [Fact]
    public void Every_coefficient_must_be_below_p()
    {
        foreach (PointForm<TField, TCurve> form in new[] { Compressed, Uncompressed })
        {
            for (int coefficient = 0; coefficient < form.Size / 48; coefficient++)
            {
                foreach (byte[] tooLarge in EncodingBoundaries.NotBelow<Bls12381Fp>(limitBits: 381))
                {
                    byte[] bytes = form.Encode(Affine<TField, TCurve>.Generator);
                    byte flags = (byte)(bytes[0] & 0xe0);
                    tooLarge.CopyTo(bytes.AsSpan(48 * coefficient));
                    bytes[0] = (byte)((bytes[0] & 0x1f) | flags);
                    Assert.Equal(DecodeError.NotCanonical, form.Decode(bytes));
                }
            }
        }
    }

    [Fact]
    public void Points_off_the_curve_and_outside_the_subgroup_are_refused()
    {
        Affine<TField, TCurve> outside = EncodingBoundaries.OutsideSubgroup<TField, TCurve>();
        Assert.Equal(DecodeError.NotInSubgroup, Compressed.Decode(Compressed.Encode(outside)));
        Assert.Equal(DecodeError.NotInSubgroup, Uncompressed.Decode(Uncompressed.Encode(outside)));
        TField x = EncodingBoundaries.AbscissaWithoutPoint<TField, TCurve>();
        Assert.Equal(DecodeError.NotOnCurve, Compressed.Decode(Compressed.Encode(new(x, TField.One))));
        Assert.Equal(DecodeError.NotOnCurve, Uncompressed.Decode(Uncompressed.Encode(new(x, TField.One))));
        Affine<TField, TCurve> g = Affine<TField, TCurve>.Generator;
        Assert.Equal(DecodeError.NotOnCurve, Uncompressed.Decode(Uncompressed.Encode(new(g.X, g.Y + TField.One))));
    }

    [Fact]
    public void Every_other_length_is_refused()
    {
        foreach (PointForm<TField, TCurve> form in new[] { Compressed, Uncompressed })
        {
            EncodingBoundaries.CheckLengths(form);
        }
    }

    [Fact]
    public void Many_points_are_read_at_once()
    {
        Affine<TField, TCurve>[] points = new Affine<TField, TCurve>[1000], uncompressed = new Affine<TField, TCurve>[1000];
        Assert.True(TryDecodeAll(CompressedVectors, points, out int culprit, out DecodeError error));
        Assert.Equal((-1, None), (culprit, error));
        Assert.True(TryDecodeAllUncompressed(UncompressedVectors, uncompressed, out culprit, out error));
        Assert.Equal((-1, None), (culprit, error));
        Assert.Equal(points, uncompressed);
        Assert.Equal(Affine<TField, TCurve>.Generator, points[1]);
    }

    [Fact]
    public void The_first_culprit_of_many_is_named_and_no_point_is_left_behind()
    {
        byte[] vectors = CompressedVectors;
        vectors[600 * Compressed.Size] ^= 0x80;
        Compressed.Encode(EncodingBoundaries.OutsideSubgroup<TField, TCurve>()).CopyTo(vectors, 598 * Compressed.Size);
        var points = new Affine<TField, TCurve>[1000];
        Assert.False(TryDecodeAll(vectors, points, out int culprit, out DecodeError error));
        Assert.Equal((598, DecodeError.NotInSubgroup), (culprit, error));
        Assert.All(points, p => Assert.True(p.IsInfinity));

        Assert.False(TryDecodeAll(vectors[..^1], points, out culprit, out error));
        Assert.Equal((999, DecodeError.Length), (culprit, error));
        Assert.False(TryDecodeAll([.. vectors, 0], points, out culprit, out error));
        Assert.Equal((1000, DecodeError.TrailingBytes), (culprit, error));
    }

    [Fact]
    public void Too_short_a_destination_is_the_callers_mistake()
    {
        Assert.Throws<ArgumentException>(() => Compressed.Encoder(default, new byte[Compressed.Size - 1]));
        Assert.Throws<ArgumentException>(() => Uncompressed.Encoder(default, new byte[Uncompressed.Size - 1]));
    }
}
