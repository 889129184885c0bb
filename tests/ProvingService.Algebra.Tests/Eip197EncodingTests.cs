// Owns: the vectors of EIP-196's addition and scalar multiplication. Pairings: Pairing*.cs. Boundaries: EncodingPlainTests.cs.

using System.Numerics;
using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class Eip197EncodingTests
{
    [Fact]
    public void Additions_give_the_expected_bytes()
    {
        JsonElement vectors = TestVectors.Json("eip197/bn256Add.json");
        Assert.Equal(16, vectors.GetArrayLength());
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            byte[] input = Fit(vector.Hex("Input"), 128);
            Assert.True(Eip197Encoding.TryDecode(input.AsSpan(0, 64), out Affine<Bn254Fp, Bn254> p, out _));
            Assert.True(Eip197Encoding.TryDecode(input.AsSpan(64), out Affine<Bn254Fp, Bn254> q, out _));
            Assert.Equal(vector.Hex("Expected"), PointForms.Eip197G1.Encode(((Jacobian<Bn254Fp, Bn254>)p + q).ToAffine()));
        }
    }

    [Fact]
    public void Multiplications_give_the_expected_bytes()
    {
        JsonElement vectors = TestVectors.Json("eip197/bn256ScalarMul.json");
        Assert.Equal(19, vectors.GetArrayLength());
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            byte[] input = Fit(vector.Hex("Input"), 96);
            Assert.True(Eip197Encoding.TryDecode(input.AsSpan(0, 64), out Affine<Bn254Fp, Bn254> p, out _));
            Assert.True(Eip197Encoding.TryDecodeScalar(input.AsSpan(64), out BigInteger scalar, out _));
            Assert.Equal(vector.Hex("Expected"), PointForms.Eip197G1.Encode(ScalarMultiplication.MultiplyInSubgroup(p, scalar).ToAffine()));
        }
    }

    [Fact]
    public void Scalars_take_any_value_and_one_length()
    {
        byte[] ones = [.. Enumerable.Repeat((byte)0xff, 32)];
        Assert.True(Eip197Encoding.TryDecodeScalar(ones, out BigInteger scalar, out _));
        Assert.Equal((BigInteger.One << 256) - 1, scalar);
        Assert.False(Eip197Encoding.TryDecodeScalar(ones.AsSpan(1), out _, out DecodeError error));
        Assert.Equal(DecodeError.Length, error);
        Assert.False(Eip2537Encoding.TryDecodeScalar([.. ones, 0], out _, out error));
        Assert.Equal(DecodeError.TrailingBytes, error);
    }

    /// <summary>The contracts see short inputs extended by zeros, and long ones cut.</summary>
    private static byte[] Fit(byte[] input, int length)
    {
        Array.Resize(ref input, length);
        return input;
    }
}
