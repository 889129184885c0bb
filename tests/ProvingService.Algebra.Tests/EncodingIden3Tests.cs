// Owns: iden3's encodings against the bytes that iden3's own arithmetic writes, and the validation of whole sections.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class EncodingIden3Tests
{
    [Fact]
    public void Bytes_are_those_of_ffjavascript()
    {
        JsonElement vectors = TestVectors.Json("iden3/points.json");
        Check(vectors.GetProperty("bn128 G1"), PointForms.Iden3Bn254G1, PointForms.Iden3UncompressedBn254G1);
        Check(vectors.GetProperty("bn128 G2"), PointForms.Iden3Bn254G2, PointForms.Iden3UncompressedBn254G2);
        Check(vectors.GetProperty("bls12381 G1"), PointForms.Iden3Bls12381G1, PointForms.Iden3UncompressedBls12381G1);
        Check(vectors.GetProperty("bls12381 G2"), PointForms.Iden3Bls12381G2, PointForms.Iden3UncompressedBls12381G2);

        static void Check<TField, TCurve>(JsonElement points, PointForm<TField, TCurve> montgomery, PointForm<TField, TCurve> uncompressed)
            where TField : unmanaged, IField<TField>
            where TCurve : struct, ICurveGroup<TCurve, TField>
        {
            Assert.Equal(5, points.GetArrayLength());
            foreach (JsonElement entry in points.EnumerateArray())
            {
                BigInteger scalar = BigInteger.Parse(entry.Text("scalar"), CultureInfo.InvariantCulture);
                Affine<TField, TCurve> expected =
                    ScalarMultiplication.Multiply<TField, TCurve>(Affine<TField, TCurve>.Generator, scalar).ToAffine();
                foreach ((PointForm<TField, TCurve> form, string property) in new[] { (montgomery, "montgomery"), (uncompressed, "uncompressed") })
                {
                    Assert.Equal(DecodeError.None, form.Decode(entry.Hex(property), out Affine<TField, TCurve> decoded));
                    Assert.Equal(expected, decoded);
                    Assert.Equal(entry.Hex(property), form.Encode(expected));
                }
            }
        }
    }

    [Fact]
    public void Sections_are_viewed_without_a_copy_and_only_whole()
    {
        Affine<Bn254Fp, Bn254>[] points = [.. Multiples<Bn254Fp, Bn254>(5)];
        ReadOnlySpan<byte> bytes = Iden3Encoding.AsBytes<Bn254Fp, Bn254>(points);
        Assert.Equal(5 * Iden3Encoding.PointSize<Bn254Fp, Bn254>(), bytes.Length);
        Assert.True(Iden3Encoding.TryViewUnchecked(bytes, out ReadOnlySpan<Affine<Bn254Fp, Bn254>> view));
        Assert.True(view == points);
        Assert.False(Iden3Encoding.TryViewUnchecked(bytes[1..], out view));
        Assert.True(view.IsEmpty);
        Assert.True(Iden3Encoding.TryViewUnchecked(default, out view));
        Assert.True(Iden3Encoding.TryValidate(view, out int culprit, out _));
        Assert.Equal(-1, culprit);
    }

    [Fact]
    public void Sections_of_BN254_G1() => CheckSections<Bn254Fp, Bn254>();

    [Fact]
    public void Sections_of_BN254_G2() => CheckSections<Fp2<Bn254Fp>, Bn254>();

    [Fact]
    public void Sections_of_BLS12_381_G1() => CheckSections<Bls12381Fp, Bls12381>();

    [Fact]
    public void Sections_of_BLS12_381_G2() => CheckSections<Fp2<Bls12381Fp>, Bls12381>();

    [Fact]
    public void Validation_can_be_cancelled()
    {
        var points = new Affine<Bn254Fp, Bn254>[10];
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Iden3Encoding.TryValidate<Bn254Fp, Bn254>(points, out _, out _, new EngineOptions(1, new CancellationToken(canceled: true))));
    }

    private static void CheckSections<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        const int Count = 2000;
        Affine<TField, TCurve>[] points = [.. Multiples<TField, TCurve>(Count)];
        points[0] = default;
        foreach (int threads in new[] { 1, 2, 5 })
        {
            var options = new EngineOptions(threads);
            Assert.True(Iden3Encoding.TryValidate<TField, TCurve>(points, out int culprit, out DecodeError error, options));
            Assert.Equal((-1, DecodeError.None), (culprit, error));

            // Two culprits: the lower index is the one named, in every position of a block and on every thread.
            foreach (int index in new[] { 0, 1, 255, 256, 257, 1023, Count - 2 })
            {
                Affine<TField, TCurve>[] bad = [.. points];
                bad[Count - 1] = Raw<TField, TCurve>();
                bad[index] = new(TField.One, TField.Zero);
                Assert.False(Iden3Encoding.TryValidateSubgroupUnchecked<TField, TCurve>(bad, out culprit, out error, options));
                Assert.Equal((index, DecodeError.NotOnCurve), (culprit, error));
                bad[index] = Raw<TField, TCurve>();
                Assert.False(Iden3Encoding.TryValidateSubgroupUnchecked<TField, TCurve>(bad, out culprit, out error, options));
                Assert.Equal((index, DecodeError.NotCanonical), (culprit, error));
            }
        }

        if (TCurve.Cofactor != BigInteger.One)
        {
            points[1500] = EncodingBoundaries.OutsideSubgroup<TField, TCurve>();
            Assert.False(Iden3Encoding.TryValidate<TField, TCurve>(points, out int culprit, out DecodeError error));
            Assert.Equal((1500, DecodeError.NotInSubgroup), (culprit, error));
            Assert.True(Iden3Encoding.TryValidateSubgroupUnchecked<TField, TCurve>(points, out culprit, out error));
            Assert.Equal((-1, DecodeError.None), (culprit, error));
        }
    }

    /// <summary>Coordinates of all ones, above p in every field.</summary>
    private static unsafe Affine<TField, TCurve> Raw<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Affine<TField, TCurve> raw;
        new Span<byte>(&raw, sizeof(Affine<TField, TCurve>)).Fill(0xff);
        return raw;
    }

    private static Affine<TField, TCurve>[] Multiples<TField, TCurve>(int count)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        var jacobian = new Jacobian<TField, TCurve>[count];
        Jacobian<TField, TCurve> multiple = default;
        for (int i = 0; i < count; i++)
        {
            multiple += Affine<TField, TCurve>.Generator;
            jacobian[i] = multiple;
        }

        var points = new Affine<TField, TCurve>[count];
        Jacobian<TField, TCurve>.ToAffine(jacobian, points);
        return points;
    }
}
