// Owns: the encoding of BN254's points and numbers by the precompiled contracts of EIP-196 and EIP-197.
//
// A field element is a canonical big-endian integer of 32 bytes. An element of Fp2 is c1 then c0. A point is x then y,
// infinity all zero. A scalar is a big-endian integer of 32 bytes, of any value.
// The contracts extend short inputs by zeros; that is the caller's to do, a decoder takes exact lengths.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>Points of BN254 as EIP-196 and EIP-197 write them. Arbitrary bytes never throw. Thread-safe.</summary>
public static class Eip197Encoding
{
    /// <summary>Bytes of a point of G1.</summary>
    public const int G1Size = 64;

    /// <summary>Bytes of a point of G2.</summary>
    public const int G2Size = 128;

    /// <summary>Bytes of a scalar.</summary>
    public const int ScalarSize = 32;

    /// <summary>Reads a point of G1 from 64 bytes: range and curve; every point of the curve is in the group.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Affine<Bn254Fp, Bn254> point, out DecodeError error)
    {
        error = Coordinates.TryReadPoint<Bn254Fp, Bn254Fp, Bn254>(source, CoefficientOrder.HighFirst, 0, checkSubgroup: true, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads a point of G2 from 128 bytes, checking range, curve and subgroup.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Affine<Fp2<Bn254Fp>, Bn254> point, out DecodeError error)
    {
        error = Coordinates.TryReadPoint<Bn254Fp, Fp2<Bn254Fp>, Bn254>(source, CoefficientOrder.HighFirst, 0, checkSubgroup: true, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads a scalar from 32 bytes. Every integer below 2^256 is allowed; it is not reduced modulo r.</summary>
    public static bool TryDecodeScalar(ReadOnlySpan<byte> source, out BigInteger scalar, out DecodeError error)
    {
        error = PointChecks.CheckLength(source.Length, ScalarSize);
        scalar = error == DecodeError.None ? new BigInteger(source, isUnsigned: true, isBigEndian: true) : default;
        return error == DecodeError.None;
    }

    /// <summary>Writes a point of G1 as 64 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void Write(in Affine<Bn254Fp, Bn254> point, Span<byte> destination) =>
        Coordinates.WritePoint<Bn254Fp, Bn254Fp, Bn254>(point, CoefficientOrder.HighFirst, 0, destination);

    /// <summary>Writes a point of G2 as 128 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void Write(in Affine<Fp2<Bn254Fp>, Bn254> point, Span<byte> destination) =>
        Coordinates.WritePoint<Bn254Fp, Fp2<Bn254Fp>, Bn254>(point, CoefficientOrder.HighFirst, 0, destination);
}
