// Owns: EIP-2537's vectors for addition, multiplication and maps, and its encoding's boundaries. Pairings: Pairing*.cs.

using System.Numerics;
using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class Eip2537EncodingTests
{
    public static TheoryData<string, int> ValidFiles => new()
    {
        { "blsG1Add", 112 },
        { "blsG1Mul", 11 },
        { "blsG2Add", 112 },
        { "blsG2Mul", 11 },
        { "blsMapG1", 105 },
        { "blsMapG2", 105 },
    };

    [Theory]
    [MemberData(nameof(ValidFiles))]
    public void Valid_vectors_give_the_expected_bytes(string file, int count)
    {
        JsonElement vectors = TestVectors.Json($"eip2537/{file}.json");
        Assert.Equal(count, vectors.GetArrayLength());
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            Assert.Equal(DecodeError.None, Run(file, vector.Hex("Input"), out byte[] output));
            Assert.Equal(vector.Hex("Expected"), output);
        }
    }

    [Theory]
    [MemberData(nameof(ValidFiles))]
    public void Failing_vectors_give_their_error(string file, int count)
    {
        _ = count;
        foreach (JsonElement vector in TestVectors.Json($"eip2537/fail-{file}.json").EnumerateArray())
        {
            DecodeError[] expected = vector.Text("ExpectedError") switch
            {
                "invalid input length" => [DecodeError.Length, DecodeError.TrailingBytes],
                "invalid field element top bytes" => [DecodeError.Padding],
                "invalid fp.Element encoding" => [DecodeError.NotCanonical],
                "invalid point: not on curve" => [DecodeError.NotOnCurve],
                "g1 point is not on correct subgroup" or "g2 point is not on correct subgroup" => [DecodeError.NotInSubgroup],
                string unknown => throw new InvalidDataException(unknown),
            };
            Assert.Contains(Run(file, vector.Hex("Input"), out _), expected);
        }
    }

    [Fact]
    public void Addition_takes_points_outside_the_subgroup_and_multiplication_does_not()
    {
        Affine<Bls12381Fp, Bls12381> p = EncodingBoundaries.OutsideSubgroup<Bls12381Fp, Bls12381>();
        byte[] bytes = PointForms.Eip2537G1.Encode(p);
        Assert.Equal(DecodeError.NotInSubgroup, PointForms.Eip2537G1.Decode(bytes));
        Assert.True(Eip2537Encoding.TryDecodeSubgroupUnchecked(bytes, out Affine<Bls12381Fp, Bls12381> decoded, out _));
        Assert.Equal(p, decoded);

        Affine<Fp2<Bls12381Fp>, Bls12381> q = EncodingBoundaries.OutsideSubgroup<Fp2<Bls12381Fp>, Bls12381>();
        bytes = PointForms.Eip2537G2.Encode(q);
        Assert.Equal(DecodeError.NotInSubgroup, PointForms.Eip2537G2.Decode(bytes));
        Assert.True(Eip2537Encoding.TryDecodeSubgroupUnchecked(bytes, out Affine<Fp2<Bls12381Fp>, Bls12381> decodedQ, out _));
        Assert.Equal(q, decodedQ);
    }

    /// <summary>What the precompiled contract of the file's name does.</summary>
    private static DecodeError Run(string file, byte[] input, out byte[] output)
    {
        output = [];
        DecodeError error;
        switch (file)
        {
            case "blsG1Add":
            {
                error = Length(input, 2 * Eip2537Encoding.G1Size);
                if (error != DecodeError.None
                    || !Eip2537Encoding.TryDecodeSubgroupUnchecked(input.AsSpan(0, 128), out Affine<Bls12381Fp, Bls12381> p, out error)
                    || !Eip2537Encoding.TryDecodeSubgroupUnchecked(input.AsSpan(128), out Affine<Bls12381Fp, Bls12381> q, out error))
                {
                    return error;
                }

                output = PointForms.Eip2537G1.Encode(((Jacobian<Bls12381Fp, Bls12381>)p + q).ToAffine());
                return error;
            }

            case "blsG2Add":
            {
                error = Length(input, 2 * Eip2537Encoding.G2Size);
                if (error != DecodeError.None
                    || !Eip2537Encoding.TryDecodeSubgroupUnchecked(input.AsSpan(0, 256), out Affine<Fp2<Bls12381Fp>, Bls12381> p, out error)
                    || !Eip2537Encoding.TryDecodeSubgroupUnchecked(input.AsSpan(256), out Affine<Fp2<Bls12381Fp>, Bls12381> q, out error))
                {
                    return error;
                }

                output = PointForms.Eip2537G2.Encode(((Jacobian<Fp2<Bls12381Fp>, Bls12381>)p + q).ToAffine());
                return error;
            }

            case "blsG1Mul":
            {
                error = Length(input, Eip2537Encoding.G1Size + Eip2537Encoding.ScalarSize);
                if (error != DecodeError.None
                    || !Eip2537Encoding.TryDecode(input.AsSpan(0, 128), out Affine<Bls12381Fp, Bls12381> p, out error)
                    || !Eip2537Encoding.TryDecodeScalar(input.AsSpan(128), out BigInteger scalar, out error))
                {
                    return error;
                }

                output = PointForms.Eip2537G1.Encode(ScalarMultiplication.MultiplyInSubgroup(p, scalar).ToAffine());
                return error;
            }

            case "blsG2Mul":
            {
                error = Length(input, Eip2537Encoding.G2Size + Eip2537Encoding.ScalarSize);
                if (error != DecodeError.None
                    || !Eip2537Encoding.TryDecode(input.AsSpan(0, 256), out Affine<Fp2<Bls12381Fp>, Bls12381> p, out error)
                    || !Eip2537Encoding.TryDecodeScalar(input.AsSpan(256), out BigInteger scalar, out error))
                {
                    return error;
                }

                output = PointForms.Eip2537G2.Encode(ScalarMultiplication.MultiplyInSubgroup(p, scalar).ToAffine());
                return error;
            }

            case "blsMapG1":
                if (Eip2537Encoding.TryDecode(input, out Bls12381Fp u, out error))
                {
                    output = PointForms.Eip2537G1.Encode(HashToCurve.MapToG1(u));
                }

                return error;

            case "blsMapG2":
                if (Eip2537Encoding.TryDecode(input, out Fp2<Bls12381Fp> u2, out error))
                {
                    output = PointForms.Eip2537G2.Encode(HashToCurve.MapToG2(u2));
                }

                return error;

            default:
                throw new ArgumentException(file, nameof(file));
        }
    }

    private static DecodeError Length(byte[] input, int expected) =>
        input.Length < expected ? DecodeError.Length : input.Length > expected ? DecodeError.TrailingBytes : DecodeError.None;
}
