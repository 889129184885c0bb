// Owns: the schoolbook's groups and pairing against the vectors of Ethereum's precompiles (EIP-196, EIP-197, EIP-2537).

using System.Numerics;
using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Schoolbook.Tests;

[Trait("Kernels", "any")]
public sealed class PrecompileVectorTests
{
    private static readonly Groups Bn254 = new(PairingCurve.Bn254), Bls12381 = new(PairingCurve.Bls12381);

    [Fact]
    public void Pairings_of_EIP_197() => Each("eip197/bn256Pairing.json", input => Truth(Pairing(Bn254, input, 64, 128)));

    [Fact]
    public void Sums_of_EIP_196() => Each("eip197/bn256Add.json", input => Sum(Bn254, PairingCurve.Bn254.G1, Padded(input, 128), 64));

    [Fact]
    public void Multiples_of_EIP_196() => Each("eip197/bn256ScalarMul.json", input => Multiple(Bn254, PairingCurve.Bn254.G1, Padded(input, 96), 64));

    [Fact]
    public void Pairings_of_EIP_2537() => Each("eip2537/blsPairing.json", input => Truth(Pairing(Bls12381, input, 128, 256)), most: 16);

    [Fact]
    public void Sums_and_multiples_of_EIP_2537()
    {
        Each("eip2537/blsG1Add.json", input => Sum(Bls12381, PairingCurve.Bls12381.G1, input, 128));
        Each("eip2537/blsG2Add.json", input => Sum(Bls12381, PairingCurve.Bls12381.G2, input, 256));
        Each("eip2537/blsG1Mul.json", input => Multiple(Bls12381, PairingCurve.Bls12381.G1, input, 128));
        Each("eip2537/blsG2Mul.json", input => Multiple(Bls12381, PairingCurve.Bls12381.G2, input, 256));
    }

    [Fact]
    public void What_EIP_2537_refuses_is_refused_for_its_reason()
    {
        EachRefused("eip2537/fail-blsPairing.json", input => Pairing(Bls12381, input, 128, 256));
        EachRefused("eip2537/fail-blsG1Mul.json", input => Multiple(Bls12381, PairingCurve.Bls12381.G1, input, 128));
        EachRefused("eip2537/fail-blsG2Mul.json", input => Multiple(Bls12381, PairingCurve.Bls12381.G2, input, 256));
        EachRefused("eip2537/fail-blsG1Add.json", input => Sum(Bls12381, PairingCurve.Bls12381.G1, input, 128));
        EachRefused("eip2537/fail-blsG2Add.json", input => Sum(Bls12381, PairingCurve.Bls12381.G2, input, 256));
    }

    /// <summary>Every vector's output; of a long file each vector that has least input, which is checked first.</summary>
    private static void Each(string file, Func<byte[], byte[]> compute, int most = int.MaxValue)
    {
        JsonElement[] vectors = [.. TestVectors.Json(file).EnumerateArray().OrderBy(v => v.Text("Input").Length).Take(most)];
        Assert.NotEmpty(vectors);
        Parallel.ForEach(vectors, vector => Assert.True(
            vector.Text("Expected") == Convert.ToHexStringLower(compute(vector.Hex("Input"))), $"{file}: {vector.Text("Name")}"));
    }

    private static void EachRefused(string file, Func<byte[], object> compute)
    {
        foreach (JsonElement vector in TestVectors.Json(file).EnumerateArray())
        {
            string expected = vector.Text("ExpectedError") switch
            {
                "invalid input length" => Reasons.Length,
                "invalid fp.Element encoding" or "invalid field element top bytes" => Reasons.NotCanonical,
                "invalid point: not on curve" => Reasons.NotOnCurve,
                "g1 point is not on correct subgroup" or "g2 point is not on correct subgroup" => Reasons.NotInSubgroup,
                string other => throw new FormatException(other),
            };
            Assert.True(expected == Assert.Throws<FormatException>(() => compute(vector.Hex("Input"))).Message, $"{file}: {vector.Text("Name")}");
        }
    }

    private static bool Pairing(Groups groups, byte[] input, int g1, int g2)
    {
        Require(input.Length % (g1 + g2) == 0 && (input.Length > 0 || groups == Bn254));
        var decoder = new CalldataDecoder(groups);
        return groups.Pairing.IsProductOne([.. input.Chunk(g1 + g2).Select(pair =>
            (Value(decoder.ReadPoint(pair[..g1], groups.Curve.G1)), Value(decoder.ReadPoint(pair[g1..], groups.Curve.G2))))]);
    }

    private static byte[] Sum(Groups groups, Curve group, byte[] input, int size)
    {
        Require(input.Length == 2 * size);
        var decoder = new CalldataDecoder(groups);
        return Encode(groups.Curve, group, group.Add(OnCurve(input[..size]), OnCurve(input[size..])));

        // Sums are defined on the whole curve.
        Point OnCurve(byte[] bytes) => Value(decoder.ReadPoint(bytes, group, isSubgroup: false));
    }

    private static byte[] Multiple(Groups groups, Curve group, byte[] input, int size)
    {
        Require(input.Length == size + 32);
        return Encode(groups.Curve, group, group.Multiply(Value(new CalldataDecoder(groups).ReadPoint(input[..size], group)), Hex.ToInteger(input[size..])));
    }

    private static Point Value(Decoded<Point> point) => point.Value ?? throw new FormatException(point.Fault);

    private static void Require(bool hasLength)
    {
        if (!hasLength)
        {
            throw new FormatException(Reasons.Length);
        }
    }

    private static byte[] Encode(PairingCurve curve, Curve group, Point point)
    {
        int width = curve == PairingCurve.Bn254 ? 32 : 64;
        byte[] bytes = new byte[2 * group.Coordinates.Degree * width];
        BigInteger[] numbers = point.IsInfinity ? [] : group.Coordinates.Degree == 1 ? [point.X![0], point.Y![0]] : [point.X![0], point.X[1], point.Y![0], point.Y[1]];
        for (int i = 0; i < numbers.Length; i++)
        {
            byte[] number = numbers[i].ToByteArray(isUnsigned: true, isBigEndian: true);
            number.CopyTo(bytes, ((i + 1) * width) - number.Length);
        }

        return bytes;
    }

    /// <summary>What EIP-196 does with short inputs and long ones.</summary>
    private static byte[] Padded(byte[] input, int length) => [.. input.Concat(new byte[length]).Take(length)];

    private static byte[] Truth(bool value) => [.. new byte[31], value ? (byte)1 : (byte)0];
}
