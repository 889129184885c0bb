// Owns: twiddles as the transforms' lane kernels read them: one number for all lanes, with its quotient. Who uses them: Lanes/.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// A twiddle is ten words: the five limbs of w, canonical and not in Montgomery form, and those of w' = ⌊w·R/r⌋, for R = 2^260.
/// Since w·R = w'·r + (w·R mod r), w' is −(w·R mod r)·r⁻¹ modulo R: one product of which the lower half is kept, no division.
/// </summary>
internal sealed unsafe class NttTwiddles
{
    /// <summary>Words of a twiddle.</summary>
    public const int Words = 2 * NttLaneKernels.Limbs;

    private readonly ulong[] negatedInverse = new ulong[NttLaneKernels.Limbs];

    private NttTwiddles(LanePrime prime)
    {
        BigInteger inverse = 1, modulus = BigInteger.One << (LanePrime.LimbBits * NttLaneKernels.Limbs);
        for (int bits = 1; bits < LanePrime.LimbBits * NttLaneKernels.Limbs; bits *= 2)
        {
            inverse = inverse * (2 - (prime.Modulus * inverse)) % modulus;
        }

        BigInteger negated = ((-inverse % modulus) + modulus) % modulus;
        for (int w = 0; w < NttLaneKernels.Limbs; w++)
        {
            negatedInverse[w] = (ulong)((negated >> (64 * w)) & ulong.MaxValue);
        }
    }

    /// <summary>The twiddles of a field.</summary>
    public static NttTwiddles Of<TFr>()
        where TFr : unmanaged, IPrimeField<TFr> => Holder<TFr>.Instance;

    /// <summary>Writes a field element as a twiddle; about 0.1 µs.</summary>
    public void Write<TFr>(in TFr element, ulong* twiddle)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        const int Limbs = NttLaneKernels.Limbs;
        TFr canonical = default;
        TFr.ToCanonical(element, new Span<ulong>(&canonical, 4));
        LaneWords.ToLimbs((ulong*)&canonical, twiddle);

        // w·R mod r, from w·2^256 mod r in the element.
        TFr remainder = TFr.Double(TFr.Double(TFr.Double(TFr.Double(element))));
        ulong* factor = (ulong*)&remainder;
        ulong* product = stackalloc ulong[Limbs];
        new Span<ulong>(product, Limbs).Clear();
        for (int i = 0; i < 4; i++)
        {
            ulong carry = 0;
            for (int j = 0; i + j < Limbs; j++)
            {
                UInt128 sum = ((UInt128)factor[i] * negatedInverse[j]) + product[i + j] + carry;
                product[i + j] = (ulong)sum;
                carry = (ulong)(sum >> 64);
            }
        }

        LaneWords.ToLimbs(product, twiddle + Limbs);
        twiddle[Words - 1] = ((product[3] >> 16) | (product[4] << 48)) & LanePrime.LimbMask;
    }

    private static class Holder<TFr>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        public static readonly NttTwiddles Instance = new(LanePrime.Of<TFr>()!);
    }
}
