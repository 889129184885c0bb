// Owns: the list of all point encodings, as values that one test can run through.

namespace ProvingService.Algebra.Tests;

public delegate bool PointDecoder<TField, TCurve>(ReadOnlySpan<byte> source, out Affine<TField, TCurve> point, out DecodeError error)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>;

public delegate void PointEncoder<TField, TCurve>(in Affine<TField, TCurve> point, Span<byte> destination)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>;

/// <summary>One encoding of one group.</summary>
public sealed record PointForm<TField, TCurve>(
    string Name, int Size, PointDecoder<TField, TCurve> Decoder, PointEncoder<TField, TCurve> Encoder)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    public byte[] Encode(in Affine<TField, TCurve> point)
    {
        byte[] bytes = new byte[Size];
        Encoder(point, bytes);
        return bytes;
    }

    /// <summary>Decodes; a refusal must leave infinity behind, so that nobody goes on with half a point.</summary>
    public DecodeError Decode(ReadOnlySpan<byte> bytes, out Affine<TField, TCurve> point)
    {
        bool accepted = Decoder(bytes, out point, out DecodeError error);
        if (accepted != (error == DecodeError.None) || (!accepted && !point.IsInfinity))
        {
            throw new InvalidOperationException($"{Name}: the result contradicts its error {error}.");
        }

        return error;
    }

    public DecodeError Decode(ReadOnlySpan<byte> bytes) => Decode(bytes, out _);
}

public static class PointForms
{
    public static readonly PointForm<Bls12381Fp, Bls12381> ZcashCompressedG1 =
        new("Zcash G1, compressed", 48, ZcashEncoding.TryDecodeCompressed, ZcashEncoding.WriteCompressed);

    public static readonly PointForm<Bls12381Fp, Bls12381> ZcashUncompressedG1 =
        new("Zcash G1, uncompressed", 96, ZcashEncoding.TryDecodeUncompressed, ZcashEncoding.WriteUncompressed);

    public static readonly PointForm<Fp2<Bls12381Fp>, Bls12381> ZcashCompressedG2 =
        new("Zcash G2, compressed", 96, ZcashEncoding.TryDecodeCompressed, ZcashEncoding.WriteCompressed);

    public static readonly PointForm<Fp2<Bls12381Fp>, Bls12381> ZcashUncompressedG2 =
        new("Zcash G2, uncompressed", 192, ZcashEncoding.TryDecodeUncompressed, ZcashEncoding.WriteUncompressed);

    public static readonly PointForm<Bls12381Fp, Bls12381> CompressedBls12381G1 =
        new("BLS12-381 G1, compressed", 48, CompressedEncoding.TryDecode, CompressedEncoding.Write);

    public static readonly PointForm<Fp2<Bls12381Fp>, Bls12381> CompressedBls12381G2 =
        new("BLS12-381 G2, compressed", 96, CompressedEncoding.TryDecode, CompressedEncoding.Write);

    public static readonly PointForm<Bn254Fp, Bn254> CompressedBn254G1 =
        new("BN254 G1, compressed", 32, CompressedEncoding.TryDecode, CompressedEncoding.Write);

    public static readonly PointForm<Fp2<Bn254Fp>, Bn254> CompressedBn254G2 =
        new("BN254 G2, compressed", 64, CompressedEncoding.TryDecode, CompressedEncoding.Write);

    public static readonly PointForm<Bls12381Fp, Bls12381> Eip2537G1 =
        new("EIP-2537 G1", 128, Eip2537Encoding.TryDecode, Eip2537Encoding.Write);

    public static readonly PointForm<Fp2<Bls12381Fp>, Bls12381> Eip2537G2 =
        new("EIP-2537 G2", 256, Eip2537Encoding.TryDecode, Eip2537Encoding.Write);

    public static readonly PointForm<Bn254Fp, Bn254> Eip197G1 = new("EIP-197 G1", 64, Eip197Encoding.TryDecode, Eip197Encoding.Write);

    public static readonly PointForm<Fp2<Bn254Fp>, Bn254> Eip197G2 = new("EIP-197 G2", 128, Eip197Encoding.TryDecode, Eip197Encoding.Write);

    public static readonly PointForm<Bls12381Fp, Bls12381> Iden3Bls12381G1 =
        new("iden3 BLS12-381 G1, Montgomery", 96, Iden3Encoding.TryDecode, Iden3Encoding.Write);

    public static readonly PointForm<Fp2<Bls12381Fp>, Bls12381> Iden3Bls12381G2 =
        new("iden3 BLS12-381 G2, Montgomery", 192, Iden3Encoding.TryDecode, Iden3Encoding.Write);

    public static readonly PointForm<Bn254Fp, Bn254> Iden3Bn254G1 =
        new("iden3 BN254 G1, Montgomery", 64, Iden3Encoding.TryDecode, Iden3Encoding.Write);

    public static readonly PointForm<Fp2<Bn254Fp>, Bn254> Iden3Bn254G2 =
        new("iden3 BN254 G2, Montgomery", 128, Iden3Encoding.TryDecode, Iden3Encoding.Write);

    public static readonly PointForm<Bls12381Fp, Bls12381> Iden3UncompressedBls12381G1 =
        new("iden3 BLS12-381 G1, uncompressed", 96, Iden3Encoding.TryDecodeUncompressed, Iden3Encoding.WriteUncompressed);

    public static readonly PointForm<Fp2<Bls12381Fp>, Bls12381> Iden3UncompressedBls12381G2 =
        new("iden3 BLS12-381 G2, uncompressed", 192, Iden3Encoding.TryDecodeUncompressed, Iden3Encoding.WriteUncompressed);

    public static readonly PointForm<Bn254Fp, Bn254> Iden3UncompressedBn254G1 =
        new("iden3 BN254 G1, uncompressed", 64, Iden3Encoding.TryDecodeUncompressed, Iden3Encoding.WriteUncompressed);

    public static readonly PointForm<Fp2<Bn254Fp>, Bn254> Iden3UncompressedBn254G2 =
        new("iden3 BN254 G2, uncompressed", 128, Iden3Encoding.TryDecodeUncompressed, Iden3Encoding.WriteUncompressed);
}
