// Owns: hash to field and hash to curve against the vectors of RFC 9380, and the algebra behind their constants.

using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class HashToCurveTests
{
    private static readonly BigInteger G1EffectiveCofactor = ParseInteger("0xd201000000010001");

    /// <summary>RFC 9380, section 8.8.2.</summary>
    private static readonly BigInteger G2EffectiveCofactor = ParseInteger(
        "0xbc69f08f2ee75b3584c6a0ea91b352888e2a8e9145ad7689986ff031508ffe1329c2f178731db956d82bf015d1212b02ec0ec69d7477c1ae954cbc06689f6a359894c0adebbf6b4e8020005aaa95551");

    [Theory]
    [InlineData("38")]
    [InlineData("256")]
    public void Messages_expand_as_in_the_RFC(string dstLength)
    {
        JsonElement file = TestVectors.Json($"rfc9380/expand_message_xmd_SHA256_{dstLength}.json");
        byte[] dst = Encoding.ASCII.GetBytes(file.Text("DST"));
        Assert.Equal(10, file.GetProperty("tests").GetArrayLength());
        foreach (JsonElement test in file.GetProperty("tests").EnumerateArray())
        {
            byte[] uniform = new byte[(int)ParseInteger(test.Text("len_in_bytes"))];
            HashToField.ExpandMessageXmd(Encoding.ASCII.GetBytes(test.Text("msg")), dst, uniform);
            Assert.Equal(test.Hex("uniform_bytes"), uniform);
        }
    }

    [Theory]
    [InlineData("NU")]
    [InlineData("RO")]
    public void G1_follows_the_RFC(string variant)
    {
        JsonElement file = TestVectors.Json($"rfc9380/BLS12381G1_XMD_SHA-256_SSWU_{variant}_.json");
        byte[] dst = Encoding.ASCII.GetBytes(file.Text("dst"));
        Assert.Equal(5, file.GetProperty("vectors").GetArrayLength());
        foreach (JsonElement vector in file.GetProperty("vectors").EnumerateArray())
        {
            byte[] message = Encoding.ASCII.GetBytes(vector.Text("msg"));
            Bls12381Fp[] expected = [.. vector.GetProperty("u").EnumerateArray().Select(u => ParseFp(u.GetString()!))];
            Bls12381Fp[] u = new Bls12381Fp[expected.Length];
            HashToField.Hash<Bls12381Fp>(message, dst, u);
            Assert.Equal(expected, u);

            string[] intermediates = variant == "NU" ? ["Q"] : ["Q0", "Q1"];
            Assert.Equal(intermediates.Length, u.Length);
            for (int i = 0; i < u.Length; i++)
            {
                Assert.Equal(ParseG1(vector, intermediates[i]), HashToCurve.MapToCurve(u[i]).ToAffine());
            }

            Assert.Equal(
                ParseG1(vector, "P"),
                variant == "NU" ? HashToCurve.EncodeToG1(message, dst) : HashToCurve.HashToG1(message, dst));
        }
    }

    [Theory]
    [InlineData("NU")]
    [InlineData("RO")]
    public void G2_follows_the_RFC(string variant)
    {
        JsonElement file = TestVectors.Json($"rfc9380/BLS12381G2_XMD_SHA-256_SSWU_{variant}_.json");
        byte[] dst = Encoding.ASCII.GetBytes(file.Text("dst"));
        Assert.Equal(5, file.GetProperty("vectors").GetArrayLength());
        foreach (JsonElement vector in file.GetProperty("vectors").EnumerateArray())
        {
            byte[] message = Encoding.ASCII.GetBytes(vector.Text("msg"));
            Fp2<Bls12381Fp>[] expected = [.. vector.GetProperty("u").EnumerateArray().Select(u => ParseFp2(u.GetString()!))];
            Bls12381Fp[] coefficients = new Bls12381Fp[2 * expected.Length];
            HashToField.Hash<Bls12381Fp>(message, dst, coefficients);
            Fp2<Bls12381Fp>[] u = [.. expected.Select((_, i) => new Fp2<Bls12381Fp>(coefficients[2 * i], coefficients[(2 * i) + 1]))];
            Assert.Equal(expected, u);

            string[] intermediates = variant == "NU" ? ["Q"] : ["Q0", "Q1"];
            Assert.Equal(intermediates.Length, u.Length);
            for (int i = 0; i < u.Length; i++)
            {
                Assert.Equal(ParseG2(vector, intermediates[i]), HashToCurve.MapToCurve(u[i]).ToAffine());
            }

            Assert.Equal(
                ParseG2(vector, "P"),
                variant == "NU" ? HashToCurve.EncodeToG2(message, dst) : HashToCurve.HashToG2(message, dst));
        }
    }

    [Fact]
    public void Clearing_the_cofactor_is_multiplication_by_the_effective_cofactor()
    {
        for (int i = 0; i < 20; i++)
        {
            Jacobian<Bls12381Fp, Bls12381> p = HashToCurve.MapToCurve(Bls12381Fp.Random());
            Assert.Equal(ScalarMultiplication.Multiply(p, G1EffectiveCofactor), HashToCurve.ClearCofactor(p));
            Assert.True(HashToCurve.ClearCofactor(p).ToAffine().IsInSubgroup());
            Jacobian<Fp2<Bls12381Fp>, Bls12381> q = HashToCurve.MapToCurve(Fp2<Bls12381Fp>.Random());
            Assert.Equal(ScalarMultiplication.Multiply(q, G2EffectiveCofactor), HashToCurve.ClearCofactor(q));
            Assert.True(HashToCurve.ClearCofactor(q).ToAffine().IsInSubgroup());
        }

        Assert.True(HashToCurve.ClearCofactor(Jacobian<Bls12381Fp, Bls12381>.Infinity).IsInfinity);
        Assert.True(HashToCurve.ClearCofactor(Jacobian<Fp2<Bls12381Fp>, Bls12381>.Infinity).IsInfinity);
    }

    [Fact]
    public void Exceptional_arguments_of_the_map_give_points_of_the_subgroup()
    {
        // Z²u⁴ + Zu² = 0 where u = 0 and, in Fp, where u² = −1/Z.
        Assert.True(Bls12381Fp.TrySqrt(-Bls12381Fp.Inverse(IsogenyConstants.G1.Z), out Bls12381Fp u));
        Assert.False(Fp2<Bls12381Fp>.TrySqrt(-Fp2<Bls12381Fp>.Inverse(IsogenyConstants.G2.Z), out _));
        foreach (Bls12381Fp argument in new[] { Bls12381Fp.Zero, u, -u })
        {
            Affine<Bls12381Fp, Bls12381> p = HashToCurve.MapToG1(argument);
            Assert.True(!p.IsInfinity && p.IsOnCurve() && p.IsInSubgroup());
        }

        Affine<Fp2<Bls12381Fp>, Bls12381> q = HashToCurve.MapToG2(default);
        Assert.True(!q.IsInfinity && q.IsOnCurve() && q.IsInSubgroup());
    }

    [Fact]
    public void Isogenies_are_normalised()
    {
        CheckIsogeny(
            IsogenyConstants.G1.XNumerator, IsogenyConstants.G1.XDenominator, IsogenyConstants.G1.YNumerator, IsogenyConstants.G1.YDenominator);
        CheckIsogeny(
            IsogenyConstants.G2.XNumerator, IsogenyConstants.G2.XDenominator, IsogenyConstants.G2.YNumerator, IsogenyConstants.G2.YDenominator);

        // An isogeny pulls dx/y back to a multiple of itself: Y/y is a multiple of dX/dx. Its poles are those of one
        // polynomial h, twice in X and three times in Y.
        static void CheckIsogeny<TField>(TField[] xn, TField[] xd, TField[] yn, TField[] yd)
            where TField : unmanaged, IField<TField>
        {
            Assert.Equal(Times(yd, yd), Times(Times(xd, xd), xd));
            TField[] first = Times(Derivative(xn), xd), second = Times(xn, Derivative(xd));
            TField[] derivative = [.. first.Zip(second, (a, b) => a - b)];
            TField[] left = Times(Times(yn, xd), xd), right = Times(derivative, yd);
            TField scale = left[^1] * TField.Inverse(right[^1]);
            Assert.Equal(left, right.Select(c => c * scale));
        }

        static TField[] Times<TField>(TField[] a, TField[] b)
            where TField : unmanaged, IField<TField>
        {
            var product = new TField[a.Length + b.Length - 1];
            for (int i = 0; i < a.Length; i++)
            {
                for (int j = 0; j < b.Length; j++)
                {
                    product[i + j] += a[i] * b[j];
                }
            }

            return product;
        }

        static TField[] Derivative<TField>(TField[] a)
            where TField : unmanaged, IField<TField>
        {
            var result = new TField[a.Length - 1];
            for (int i = 1; i < a.Length; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    result[i - 1] += a[i];
                }
            }

            return result;
        }
    }

    [Fact]
    public void Every_prime_field_has_its_length_of_uniform_bytes()
    {
        Assert.Equal(64, HashToField.UniformByteCount<Bls12381Fp>());
        Assert.Equal(48, HashToField.UniformByteCount<Bls12381Fr>());
        Assert.Equal(48, HashToField.UniformByteCount<Bn254Fp>());
        Assert.Equal(48, HashToField.UniformByteCount<Bn254Fr>());
        Bn254Fr[] elements = new Bn254Fr[3];
        HashToField.Hash<Bn254Fr>("message"u8, "test"u8, elements);
        byte[] uniform = new byte[144];
        HashToField.ExpandMessageXmd("message"u8, "test"u8, uniform);
        Assert.Equal(new BigInteger(uniform.AsSpan(48, 48), isUnsigned: true, isBigEndian: true) % Bn254Fr.Modulus, Bn254Fr.ToBigInteger(elements[1]));
    }

    [Fact]
    public void Limits_of_the_expansion_are_the_callers_mistakes()
    {
        Assert.Throws<ArgumentException>(() => HashToField.ExpandMessageXmd(default, default, new byte[32]));
        Assert.Throws<ArgumentException>(() => HashToField.ExpandMessageXmd(default, "tag"u8, new byte[(255 * 32) + 1]));
        Assert.Throws<ArgumentException>(() => HashToCurve.HashToG1("message"u8, default));
        HashToField.ExpandMessageXmd(default, "tag"u8, new byte[255 * 32]);
        HashToField.ExpandMessageXmd(default, "tag"u8, default);
    }

    private static Affine<Bls12381Fp, Bls12381> ParseG1(JsonElement vector, string name)
    {
        JsonElement point = vector.GetProperty(name);
        return new(ParseFp(point.Text("x")), ParseFp(point.Text("y")));
    }

    private static Affine<Fp2<Bls12381Fp>, Bls12381> ParseG2(JsonElement vector, string name)
    {
        JsonElement point = vector.GetProperty(name);
        return new(ParseFp2(point.Text("x")), ParseFp2(point.Text("y")));
    }

    private static Bls12381Fp ParseFp(string text) => Bls12381Fp.FromBigInteger(ParseInteger(text));

    private static Fp2<Bls12381Fp> ParseFp2(string text)
    {
        string[] coefficients = text.Split(',');
        return new(ParseFp(coefficients[0]), ParseFp(coefficients[1]));
    }

    private static BigInteger ParseInteger(string text) =>
        BigInteger.Parse("0" + text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
