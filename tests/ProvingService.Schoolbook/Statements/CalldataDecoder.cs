// Owns: arguments of the exported contracts by the contract ABI, without the selector; words of 32 bytes, big-endian.
//
//   BN254      A, B, C, inputs: 2 + 4 + 2 + n words, in B the coefficient of i first (EIP-197)
//   BLS12-381  a word with the place of the proof, n words of inputs; at that place the proof's length, 512, and the proof: A, B,
//              C of coordinates in 64 bytes, the coefficient of i last (EIP-2537)
// A point all zero is infinity, which the precompiles take like any other.

using System.Numerics;
using System.Text.Json;

namespace ProvingService.Schoolbook;

/// <summary>Reads a proof and its inputs from arguments of a contract.</summary>
/// <param name="groups">The groups of the curve.</param>
internal sealed class CalldataDecoder(Groups groups)
{
    private const int Word = 32, ProofLength = 512;

    private readonly PairingCurve curve = groups.Curve;

    /// <summary>Reads the case's "arguments" to a contract for so many inputs.</summary>
    public Decoded<Claim> ReadClaim(JsonElement json, int inputs)
    {
        if (Hex.Read(json.GetProperty("arguments")) is not { } arguments)
        {
            return new(null, Reasons.Syntax);
        }

        bool isStatic = curve == PairingCurve.Bn254;
        if (isStatic ? arguments.Length != (8 + inputs) * Word : arguments.Length % Word != 0)
        {
            return new(null, Reasons.Length);
        }

        return isStatic ? ReadClaim(arguments[..(8 * Word)], arguments[(8 * Word)..]) : ReadDynamic(arguments);
    }

    /// <summary>A point of coordinates one after another, each of so many bytes as EIP-197 or EIP-2537 have it.</summary>
    /// <param name="bytes">The coordinates.</param>
    /// <param name="group">The curve.</param>
    /// <param name="isSubgroup">Whether it must be of order r: every argument but those of a sum.</param>
    public Decoded<Point> ReadPoint(byte[] bytes, Curve group, bool isSubgroup = true)
    {
        bool isHighFirst = curve == PairingCurve.Bn254;
        BigInteger[] numbers = [.. bytes.Chunk(isHighFirst ? 32 : 64).Select(Hex.ToInteger)];
        if (numbers.Any(number => number >= curve.P))
        {
            return new(null, Reasons.NotCanonical);
        }

        if (numbers.All(number => number.IsZero))
        {
            return new(Point.Infinity, null);
        }

        Element[] xy = [.. numbers.Chunk(group.Coordinates.Degree).Select(c => group.Coordinates.Of(isHighFirst ? [.. c.Reverse()] : c))];
        Point point = new(xy[0], xy[1]);
        return groups.FaultOf(group, point) is { } fault && (isSubgroup || fault != Reasons.NotInSubgroup) ? new(null, fault) : new(point, null);
    }

    private Decoded<Claim> ReadDynamic(byte[] arguments)
    {
        BigInteger place = arguments.Length < Word ? arguments.Length : Hex.ToInteger(arguments[..Word]);
        if (place > arguments.Length - Word)
        {
            return new(null, Reasons.Length);
        }

        if (place < Word || !(place % Word).IsZero)
        {
            return new(null, Reasons.Syntax);
        }

        int at = (int)place;
        byte[] proof = arguments[(at + Word)..];
        return Hex.ToInteger(arguments[at..(at + Word)]) != ProofLength || proof.Length != ProofLength
            ? new(null, Reasons.Length)
            : ReadClaim(proof, arguments[Word..at]);
    }

    private Decoded<Claim> ReadClaim(byte[] proof, byte[] inputs)
    {
        int quarter = proof.Length / 4;
        Decoded<Point> a = ReadPoint(proof[..quarter], curve.G1);
        Decoded<Point> b = ReadPoint(proof[quarter..^quarter], curve.G2);
        Decoded<Point> c = ReadPoint(proof[^quarter..], curve.G1);
        BigInteger[] numbers = [.. inputs.Chunk(Word).Select(Hex.ToInteger)];
        string? inputFault = numbers.Any(number => number >= curve.R) ? Reasons.InputNotCanonical : null;
        return Reasons.First([a.Fault, b.Fault, c.Fault, inputFault]) is { } fault
            ? new(null, fault)
            : new(new(new(a.Value!, b.Value!, c.Value!), numbers), null);
    }
}
