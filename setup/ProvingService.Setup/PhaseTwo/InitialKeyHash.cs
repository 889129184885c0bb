// Owns: the hash of the initial key in both forms that are in use, and why there are two.
//
// What is hashed: Groth16/Setup/InitialKeyHasher.cs. snarkjs subtracts and hashes bellman's H, n − 1 points, in chunks of 2^14
// points from the start. Every chunk is whole, also the last, so that from n = 2^15 on one point too many is hashed: number
// n − 1, the power 2n − 1 minus the power n − 1. In a file of more powers than the circuit needs that is an honest point. In one
// of exactly as many, section 2 ends before the power 2n − 1, and what follows in the file is read as a point: the last bytes of
// the header of the next section and the first of its content. Those coordinates are not even below the modulus, so the
// difference is what ffjavascript's arithmetic makes of them, word for word: UnreducedPoint below.

using System.Numerics;
using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>The hash, fed in the order of the key's sections. Where the two forms are one, it is computed once.</summary>
internal sealed class InitialKeyHash<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly InitialKey<TCurve, TFp, TFr> key;
    private readonly int chunk;
    private readonly InitialKeyHasher<TCurve, TFp> bellman = new();
    private InitialKeyHasher<TCurve, TFp>? snarkjs;

    /// <summary>Begins with the elements of the header, γ and δ being generators.</summary>
    /// <param name="key">The key.</param>
    /// <param name="chunk">snarkjs's chunk, 2^14; other values are for tests.</param>
    public InitialKeyHash(InitialKey<TCurve, TFp, TFr> key, int chunk = 1 << 14)
    {
        this.key = key;
        this.chunk = chunk;
        bellman.Add(key.Alpha1);
        bellman.Add(key.Beta1);
        bellman.Add(key.Ptau.BetaG2);
        bellman.Add(Affine<Fp2<TFp>, TCurve>.Generator);
        bellman.Add(Affine<TFp, TCurve>.Generator);
        bellman.Add(Affine<Fp2<TFp>, TCurve>.Generator);
    }

    /// <summary>The key whose hash it is.</summary>
    public InitialKey<TCurve, TFp, TFr> Key => key;

    /// <summary>Begins a section of so many points.</summary>
    public void AddCount(int count)
    {
        bellman.AddCount(count);
        snarkjs?.AddCount(count);
    }

    /// <summary>Adds points of G1.</summary>
    public void Add(ReadOnlySpan<Affine<TFp, TCurve>> points)
    {
        bellman.Add(points);
        snarkjs?.Add(points);
    }

    /// <summary>Adds points of G2.</summary>
    public void Add(ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> points)
    {
        bellman.Add(points);
        snarkjs?.Add(points);
    }

    /// <summary>Adds H, which both forms take from the powers of tau.</summary>
    public void AddH()
    {
        AddCount(key.DomainSize - 1);
        key.HashedH(Add);
        if (key.DomainSize - 1 > chunk && ExtraPoint() is { } extra)
        {
            snarkjs = bellman.Clone();
            snarkjs.Add(extra);
        }
    }

    /// <summary>The hash as snarkjs writes it.</summary>
    public byte[] Digest() => (snarkjs ?? bellman).Digest();

    /// <summary>Whose form a recorded hash is of; <see cref="InitialKeyHashForm.Unknown"/> where it is neither.</summary>
    public InitialKeyHashForm Recognise(ReadOnlySpan<byte> recorded) =>
        snarkjs is null ? (recorded.SequenceEqual(bellman.Digest()) ? InitialKeyHashForm.Common : InitialKeyHashForm.Unknown)
        : recorded.SequenceEqual(snarkjs.Digest()) ? InitialKeyHashForm.Snarkjs
        : recorded.SequenceEqual(bellman.Digest()) ? InitialKeyHashForm.Bellman
        : InitialKeyHashForm.Unknown;

    /// <summary>The point too many; null where the file ends before it.</summary>
    private Affine<TFp, TCurve>? ExtraPoint()
    {
        int n = key.DomainSize;
        PowersOfTau<TCurve, TFp> ptau = key.Ptau;
        Affine<TFp, TCurve> subtrahend = ptau.TauG1[n - 1];
        if (ptau.TauG1.Length >= 2 * n)
        {
            Jacobian<TFp, TCurve> minuend = ptau.TauG1[(2 * n) - 1];
            return (minuend + -subtrahend).ToAffine();
        }

        byte[] raw = new byte[Iden3Encoding.PointSize<TFp, TCurve>()];
        try
        {
            ptau.ReadAt(ptau.TauG1Offset + (((2L * n) - 1) * raw.Length), raw);
        }
        catch (InvalidFileException)
        {
            return null;
        }

        return UnreducedPoint<TFp, TCurve>.Subtract(raw, subtrahend);
    }
}

/// <summary>
/// A difference of points by ffjavascript's arithmetic where the first is any bytes: words of Montgomery form that may pass the
/// modulus. Additions and subtractions correct themselves once by the modulus and then drop what passes the words, so that
/// results can leave their residue classes; they do so here in the same way. For one point of a hash, never for a key.
/// </summary>
internal static class UnreducedPoint<TFp, TCurve>
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, ICurveGroup<TCurve, TFp>
{
    private static readonly BigInteger Q = TFp.Modulus;
    private static readonly BigInteger Radix = BigInteger.One << (64 * TFp.LimbCount);
    private static readonly BigInteger RadixInverse = BigInteger.ModPow(Radix, Q - 2, Q);

    /// <summary>−1/q modulo the radix.</summary>
    private static readonly BigInteger NegatedInverse = Negate(InverseModuloRadix());

    /// <summary>The chord through the point of <paramref name="raw"/> and −<paramref name="subtrahend"/>, as an affine point.</summary>
    public static Affine<TFp, TCurve> Subtract(ReadOnlySpan<byte> raw, in Affine<TFp, TCurve> subtrahend)
    {
        int half = raw.Length / 2;
        var x1 = new BigInteger(raw[..half], isUnsigned: true);
        var y1 = new BigInteger(raw[half..], isUnsigned: true);
        BigInteger x2 = Words(subtrahend.X), y2 = Words(-subtrahend.Y);

        // The Jacobian sum of two affine points (add-2007-bl with Z1 = Z2 = 1), in the order of operations that decides about wraps.
        BigInteger h = Sub(x2, x1), dy = Sub(y2, y1), hh = Mul(h, h);
        BigInteger i = Add(hh, hh);
        i = Add(i, i);
        BigInteger j = Mul(h, i), r = Add(dy, dy), v = Mul(x1, i);
        BigInteger x3 = Sub(Sub(Mul(r, r), j), Add(v, v));
        BigInteger twice = Mul(y1, j);
        BigInteger y3 = Sub(Mul(Sub(v, x3), r), Add(twice, twice));

        // From here on one factor of each product is below the modulus, and with it the product: residues are all that counts.
        TFp z = FromMontgomery(Add(h, h));
        TFp inverse = TFp.Inverse(z), square = TFp.Square(inverse);
        return new(FromMontgomery(x3) * square, FromMontgomery(y3) * square * inverse);
    }

    private static BigInteger Words(in TFp element)
    {
        TFp copy = element;
        return new(MemoryMarshal.AsBytes(new ReadOnlySpan<TFp>(in copy)), isUnsigned: true);
    }

    private static TFp FromMontgomery(BigInteger words) => TFp.FromBigInteger(words * RadixInverse);

    private static BigInteger Wrap(BigInteger value) => value.Sign < 0 ? value + Radix : value % Radix;

    private static BigInteger Add(BigInteger a, BigInteger b)
    {
        BigInteger sum = a + b;
        return sum >= Radix ? Wrap(sum - Radix - Q) : sum >= Q ? sum - Q : sum;
    }

    private static BigInteger Sub(BigInteger a, BigInteger b) => a >= b ? a - b : Wrap(Wrap(a - b) + Q);

    private static BigInteger Mul(BigInteger a, BigInteger b)
    {
        BigInteger product = a * b;
        BigInteger reduced = (product + (product % Radix * NegatedInverse % Radix * Q)) / Radix;
        return reduced >= Radix ? Wrap(reduced - Radix - Q) : reduced >= Q ? reduced - Q : reduced;
    }

    private static BigInteger Negate(BigInteger value) => (Radix - value) % Radix;

    /// <summary>1/q modulo a power of two, by Newton's iteration, which doubles the valid bits.</summary>
    private static BigInteger InverseModuloRadix()
    {
        BigInteger inverse = 1;
        for (int bits = 1; bits < 64 * TFp.LimbCount; bits *= 2)
        {
            inverse = inverse * (2 - (Q * inverse)) % Radix;
        }

        return inverse.Sign < 0 ? inverse + Radix : inverse;
    }
}
