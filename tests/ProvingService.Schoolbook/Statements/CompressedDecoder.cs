// Owns: proofs of compressed points: A, B and C by their x, with flags in the highest bits of the first byte.
//
//                                BLS12-381, 48 + 96 + 48 bytes     BN254, 32 + 64 + 32 bytes
//   y is the smaller             100                               10
//   y is the larger              101                               11
//   infinity, then zeros         110                               01
// x is big-endian, in G2 the coefficient of i first. Sources: zkcrypto/bls12_381, notes/serialization.rs; gnark-crypto,
// ecc/bn254/marshal.go. A proof of a prover has no point at infinity, and so none is taken. Public inputs are big-endian, 32 bytes each.

using System.Numerics;
using System.Text.Json;

namespace ProvingService.Schoolbook;

/// <summary>Reads a proof and its inputs from hexadecimal digits.</summary>
/// <param name="groups">The groups of the curve.</param>
internal sealed class CompressedDecoder(Groups groups)
{
    private readonly PairingCurve curve = groups.Curve;

    /// <summary>Reads the case's "proof" and "public".</summary>
    public Decoded<Claim> ReadClaim(JsonElement json)
    {
        if (Hex.Read(json.GetProperty("proof")) is not { } proof || Hex.Read(json.GetProperty("public")) is not { } inputs)
        {
            return new(null, Reasons.Syntax);
        }

        int size = curve.ByteCount;
        if (proof.Length != 4 * size || inputs.Length % 32 != 0)
        {
            return new(null, Reasons.Length);
        }

        Decoded<Point> a = ReadPoint(proof[..size], curve.G1), b = ReadPoint(proof[size..^size], curve.G2), c = ReadPoint(proof[^size..], curve.G1);
        BigInteger[] numbers = [.. inputs.Chunk(32).Select(Hex.ToInteger)];
        string? inputFault = numbers.Any(number => number >= curve.R) ? Reasons.InputNotCanonical : null;
        return Reasons.First([a.Fault, b.Fault, c.Fault, inputFault]) is { } fault
            ? new(null, fault)
            : new(new(new(a.Value!, b.Value!, c.Value!), numbers), null);
    }

    private Decoded<Point> ReadPoint(byte[] bytes, Curve group)
    {
        (int bits, int smaller, int larger, int infinity) = curve == PairingCurve.Bn254 ? (2, 0b10, 0b11, 0b01) : (3, 0b100, 0b101, 0b110);
        int flags = bytes[0] >> (8 - bits);
        bytes = [(byte)(bytes[0] & (0xff >> bits)), .. bytes[1..]];
        if (flags != smaller && flags != larger)
        {
            return new(null, flags == infinity && Array.TrueForAll(bytes, b => b == 0) ? Reasons.Infinity : Reasons.Flags);
        }

        BigInteger[] coefficients = [.. bytes.Chunk(curve.ByteCount).Reverse().Select(Hex.ToInteger)];
        if (coefficients.Any(c => c >= curve.P))
        {
            return new(null, Reasons.NotCanonical);
        }

        Element x = group.Coordinates.Of(coefficients);
        if (SquareRoots.Find((x.Square() * x) + group.B) is not { } y)
        {
            return new(null, Reasons.NotOnCurve);
        }

        Point point = new(x, SquareRoots.IsLarger(y) == (flags == larger) ? y : -y);
        return groups.FaultOf(group, point) is { } fault ? new(null, fault) : new(point, null);
    }
}

/// <summary>Hexadecimal digits and big-endian integers.</summary>
internal static class Hex
{
    /// <summary>The bytes of a string of digits, or null where it is none.</summary>
    public static byte[]? Read(JsonElement json)
    {
        string? text = json.ValueKind == JsonValueKind.String ? json.GetString() : null;
        return text is null || text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigit) ? null : Convert.FromHexString(text);
    }

    public static BigInteger ToInteger(byte[] bigEndian) => new(bigEndian, isUnsigned: true, isBigEndian: true);
}
