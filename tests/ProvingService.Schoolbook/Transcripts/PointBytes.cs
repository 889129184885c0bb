// Owns: numbers and points as iden3's files hold them and as its transcripts hash them.
//
//   in files        x, y; each coefficient v as v·2^(8·bytes) modulo p, little-endian; in G2 the coefficient of i last; infinity all zero
//   uncompressed    x, y; big-endian; in G2 the coefficient of i first; infinity all zero
//   compressed      x as in the uncompressed form, in its first byte 0x80 where y is the larger root; infinity is 0x40 and zeros

using System.Collections.Concurrent;
using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>Numbers as v·R modulo m, with R the smallest power of 2^64 above m.</summary>
internal static class Montgomery
{
    private static readonly ConcurrentDictionary<BigInteger, BigInteger> Inverses = new();

    /// <summary>v of v·R.</summary>
    public static BigInteger Decode(BigInteger value, BigInteger modulus) => value * Inverses.GetOrAdd(modulus, InverseOfR) % modulus;

    private static BigInteger InverseOfR(BigInteger modulus)
    {
        int bits = (int)((modulus.GetBitLength() + 63) / 64 * 64);
        return BigInteger.ModPow((BigInteger.One << bits) % modulus, modulus - 2, modulus);
    }
}

/// <summary>Points as bytes.</summary>
internal static class PointBytes
{
    /// <summary>Bytes of a point in a file.</summary>
    public static int Size(PairingCurve curve, Curve group) => 2 * group.Coordinates.Degree * curve.ByteCount;

    /// <summary>A point of a file.</summary>
    /// <exception cref="Refusal">It is not canonical, off the curve or outside the subgroup.</exception>
    public static Point Read(Groups groups, Curve group, byte[] bytes)
    {
        PairingCurve curve = groups.Curve;
        BigInteger[] numbers = [.. bytes.Chunk(curve.ByteCount).Select(chunk => new BigInteger(chunk, isUnsigned: true))];
        if (Array.TrueForAll(numbers, number => number.IsZero))
        {
            return Point.Infinity;
        }

        Refusal.MalformedUnless(Array.TrueForAll(numbers, number => number < curve.P), Reasons.NotCanonical);
        Element[] xy = [.. numbers.Select(number => Montgomery.Decode(number, curve.P)).Chunk(group.Coordinates.Degree).Select(group.Coordinates.Of)];
        Point point = new(xy[0], xy[1]);
        string? fault = groups.FaultOf(group, point);
        Refusal.MalformedUnless(fault is null, fault!);
        return point;
    }

    /// <summary>The uncompressed form.</summary>
    public static byte[] Uncompressed(PairingCurve curve, Curve group, Point point) => point is { X: { } x, Y: { } y }
        ? [.. BigEndian(curve, x), .. BigEndian(curve, y)]
        : new byte[Size(curve, group)];

    /// <summary>The compressed form.</summary>
    public static byte[] Compressed(PairingCurve curve, Curve group, Point point)
    {
        byte[] bytes = point.X is { } x ? BigEndian(curve, x) : new byte[Size(curve, group) / 2];
        bytes[0] |= (byte)(point.Y is not { } y ? 0x40 : SquareRoots.IsLarger(y) ? 0x80 : 0);
        return bytes;
    }

    private static byte[] BigEndian(PairingCurve curve, Element value)
    {
        byte[] bytes = new byte[value.Field.Degree * curve.ByteCount];
        for (int i = 0; i < value.Field.Degree; i++)
        {
            byte[] number = value[value.Field.Degree - 1 - i].ToByteArray(isUnsigned: true, isBigEndian: true);
            number.CopyTo(bytes, ((i + 1) * curve.ByteCount) - number.Length);
        }

        return bytes;
    }
}
