// Owns: the encoding of BLS12-381's points and numbers by the precompiled contracts of EIP-2537.
//
// A field element is 64 bytes: 16 zero bytes, then the canonical integer, big-endian. An element of Fp2 is c0 then c1.
// A point is x then y, infinity all zero. A scalar is a big-endian integer of 32 bytes, of any value.
// Additions take any point of the curve; multiplications, MSM and pairings demand the subgroup.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>Points of BLS12-381 as EIP-2537 writes them. Arbitrary bytes never throw. Thread-safe.</summary>
public static class Eip2537Encoding
{
    /// <summary>Bytes of an element of Fp.</summary>
    public const int FpSize = 64;

    /// <summary>Bytes of an element of Fp2.</summary>
    public const int Fp2Size = 128;

    /// <summary>Bytes of a point of G1.</summary>
    public const int G1Size = 128;

    /// <summary>Bytes of a point of G2.</summary>
    public const int G2Size = 256;

    /// <summary>Bytes of a scalar.</summary>
    public const int ScalarSize = 32;

    private const int Padding = 16;

    /// <summary>Reads a point of G1 from 128 bytes, checking everything: what multiplication, MSM and pairing take.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Affine<Bls12381Fp, Bls12381> point, out DecodeError error)
    {
        error = Coordinates.TryReadPoint<Bls12381Fp, Bls12381Fp, Bls12381>(source, CoefficientOrder.LowFirst, Padding, checkSubgroup: true, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads a point of G2 from 256 bytes, checking everything: what multiplication, MSM and pairing take.</summary>
    /// <returns>False, with the reason in <paramref name="error"/> and infinity in <paramref name="point"/>, where the bytes are refused.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Affine<Fp2<Bls12381Fp>, Bls12381> point, out DecodeError error)
    {
        error = Coordinates.TryReadPoint<Bls12381Fp, Fp2<Bls12381Fp>, Bls12381>(source, CoefficientOrder.LowFirst, Padding, checkSubgroup: true, out point);
        return error == DecodeError.None;
    }

    /// <summary>As <see cref="TryDecode(ReadOnlySpan{byte}, out Affine{Fp384{Bls12381FpParams}, Bls12381}, out DecodeError)"/>, for points of the curve over Fp in or outside G1: what the addition takes.</summary>
    public static bool TryDecodeSubgroupUnchecked(ReadOnlySpan<byte> source, out Affine<Bls12381Fp, Bls12381> point, out DecodeError error)
    {
        error = Coordinates.TryReadPoint<Bls12381Fp, Bls12381Fp, Bls12381>(source, CoefficientOrder.LowFirst, Padding, checkSubgroup: false, out point);
        return error == DecodeError.None;
    }

    /// <summary>As the overload for Fp, for points of the twist in or outside G2.</summary>
    public static bool TryDecodeSubgroupUnchecked(ReadOnlySpan<byte> source, out Affine<Fp2<Bls12381Fp>, Bls12381> point, out DecodeError error)
    {
        error = Coordinates.TryReadPoint<Bls12381Fp, Fp2<Bls12381Fp>, Bls12381>(source, CoefficientOrder.LowFirst, Padding, checkSubgroup: false, out point);
        return error == DecodeError.None;
    }

    /// <summary>Reads an element of Fp from 64 bytes: the argument of map_fp_to_G1.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Bls12381Fp element, out DecodeError error)
    {
        element = default;
        error = PointChecks.CheckLength(source.Length, FpSize);
        if (error == DecodeError.None)
        {
            error = Coordinates.TryRead<Bls12381Fp, Bls12381Fp>(source, CoefficientOrder.LowFirst, Padding, out element);
        }

        return error == DecodeError.None;
    }

    /// <summary>Reads an element of Fp2 from 128 bytes: the argument of map_fp2_to_G2.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Fp2<Bls12381Fp> element, out DecodeError error)
    {
        element = default;
        error = PointChecks.CheckLength(source.Length, Fp2Size);
        if (error == DecodeError.None)
        {
            error = Coordinates.TryRead<Bls12381Fp, Fp2<Bls12381Fp>>(source, CoefficientOrder.LowFirst, Padding, out element);
        }

        return error == DecodeError.None;
    }

    /// <summary>Reads a scalar from 32 bytes. Every integer below 2^256 is allowed; it is not reduced modulo r.</summary>
    public static bool TryDecodeScalar(ReadOnlySpan<byte> source, out BigInteger scalar, out DecodeError error)
    {
        error = PointChecks.CheckLength(source.Length, ScalarSize);
        scalar = error == DecodeError.None ? new BigInteger(source, isUnsigned: true, isBigEndian: true) : default;
        return error == DecodeError.None;
    }

    /// <summary>Writes a point of G1 as 128 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void Write(in Affine<Bls12381Fp, Bls12381> point, Span<byte> destination) =>
        Coordinates.WritePoint<Bls12381Fp, Bls12381Fp, Bls12381>(point, CoefficientOrder.LowFirst, Padding, destination);

    /// <summary>Writes a point of G2 as 256 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void Write(in Affine<Fp2<Bls12381Fp>, Bls12381> point, Span<byte> destination) =>
        Coordinates.WritePoint<Bls12381Fp, Fp2<Bls12381Fp>, Bls12381>(point, CoefficientOrder.LowFirst, Padding, destination);
}
