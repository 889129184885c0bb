// Owns: the hash that binds a phase-2 transcript to its circuit and phase 1.

using System.Buffers.Binary;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// Blake2b-512 over the initial key (γ = δ = 1): α₁, β₁, β₂, γ₂, δ₁, δ₂; then, each preceded by its number of points as a
/// big-endian u32, IC, bellman's H, C, A, B₁, B₂; all points uncompressed and big-endian. The value iden3 calls csHash.
/// </summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
internal sealed class InitialKeyHasher<TCurve, TFp>
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private readonly Blake2b512 digest;
    private readonly byte[] buffer = new byte[4 * PrimeField.ByteCount<TFp>()];

    public InitialKeyHasher() => digest = new();

    private InitialKeyHasher(Blake2b512 digest) => this.digest = digest;

    /// <summary>Another hasher that has had the same so far.</summary>
    public InitialKeyHasher<TCurve, TFp> Clone() => new(digest.Clone());

    /// <summary>Adds the length of the list that follows.</summary>
    public void AddCount(int count)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer, count);
        digest.Update(buffer.AsSpan(0, 4));
    }

    /// <summary>Adds a point of G1.</summary>
    public void Add(in Affine<TFp, TCurve> point)
    {
        int length = 2 * PrimeField.ByteCount<TFp>();
        Iden3Encoding.WriteUncompressed(point, buffer.AsSpan(0, length));
        digest.Update(buffer.AsSpan(0, length));
    }

    /// <summary>Adds points of G1.</summary>
    public void Add(ReadOnlySpan<Affine<TFp, TCurve>> points)
    {
        foreach (ref readonly Affine<TFp, TCurve> point in points)
        {
            Add(point);
        }
    }

    /// <summary>Adds points of G2.</summary>
    public void Add(ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> points)
    {
        foreach (ref readonly Affine<Fp2<TFp>, TCurve> point in points)
        {
            Add(point);
        }
    }

    /// <summary>Adds a point of G2.</summary>
    public void Add(in Affine<Fp2<TFp>, TCurve> point)
    {
        Iden3Encoding.WriteUncompressed(point, buffer);
        digest.Update(buffer);
    }

    /// <summary>The hash, 64 bytes.</summary>
    public byte[] Digest() => digest.Digest();
}
