// Owns: the pairing vectors of EIP-2537 and EIP-197, valid and failing. Laws of the pairing: PairingTests.cs.

using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class PairingVectorTests
{
    [Fact]
    public void Eip2537_valid_vectors_give_the_expected_verdict()
    {
        JsonElement vectors = TestVectors.Json("eip2537/blsPairing.json");
        Assert.Equal(106, vectors.GetArrayLength());
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            Assert.Equal(DecodeError.None, CheckEip2537(vector.Hex("Input"), out bool isOne));
            Assert.Equal(vector.Hex("Expected")[^1] == 1, isOne);
        }
    }

    [Fact]
    public void Eip2537_failing_vectors_give_their_error()
    {
        JsonElement vectors = TestVectors.Json("eip2537/fail-blsPairing.json");
        Assert.Equal(9, vectors.GetArrayLength());
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            DecodeError expected = vector.Text("ExpectedError") switch
            {
                "invalid input length" => DecodeError.Length,
                "invalid field element top bytes" => DecodeError.Padding,
                "invalid fp.Element encoding" => DecodeError.NotCanonical,
                "invalid point: not on curve" => DecodeError.NotOnCurve,
                "g1 point is not on correct subgroup" or "g2 point is not on correct subgroup" => DecodeError.NotInSubgroup,
                string unknown => throw new InvalidDataException(unknown),
            };
            Assert.Equal(expected, CheckEip2537(vector.Hex("Input"), out _));
        }
    }

    [Fact]
    public void Eip197_vectors_give_the_expected_verdict()
    {
        JsonElement vectors = TestVectors.Json("eip197/bn256Pairing.json");
        Assert.Equal(14, vectors.GetArrayLength());
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            byte[] input = vector.Hex("Input");
            var g1 = new Affine<Bn254Fp, Bn254>[input.Length / 192];
            var g2 = new G2Lines<Bn254, Bn254Fp>[g1.Length];
            for (int i = 0; i < g1.Length; i++)
            {
                Assert.True(Eip197Encoding.TryDecode(input.AsSpan(192 * i, 64), out g1[i], out _));
                Assert.True(Eip197Encoding.TryDecode(input.AsSpan((192 * i) + 64, 128), out Affine<Fp2<Bn254Fp>, Bn254> q, out _));
                g2[i] = new(q);
            }

            Assert.Equal(vector.Hex("Expected")[^1] == 1, Pairing.ProductIsOne<Bn254, Bn254Fp>(g1, g2));
        }
    }

    /// <summary>The pairing precompile: any positive number of pairs, 384 bytes each.</summary>
    private static DecodeError CheckEip2537(byte[] input, out bool isOne)
    {
        isOne = false;
        if (input.Length == 0 || input.Length % 384 != 0)
        {
            return DecodeError.Length;
        }

        var g1 = new Affine<Bls12381Fp, Bls12381>[input.Length / 384];
        var g2 = new G2Lines<Bls12381, Bls12381Fp>[g1.Length];
        for (int i = 0; i < g1.Length; i++)
        {
            if (!Eip2537Encoding.TryDecode(input.AsSpan(384 * i, 128), out g1[i], out DecodeError error)
                || !Eip2537Encoding.TryDecode(input.AsSpan((384 * i) + 128, 256), out Affine<Fp2<Bls12381Fp>, Bls12381> q, out error))
            {
                return error;
            }

            g2[i] = new(q);
        }

        isOne = Pairing.ProductIsOne<Bls12381, Bls12381Fp>(g1, g2);
        return DecodeError.None;
    }
}
