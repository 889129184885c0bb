// Owns: single elements on their way between lanes and the field's own form. Never: arithmetic in lanes.

using System.Numerics;
using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// Reads and writes single lanes of arrays of units, for what is too rare to be worth a kernel: the one inversion of a
/// batch, and pairs of points that the affine formulas do not cover.
/// </summary>
internal sealed unsafe class LaneElements<TField>
    where TField : unmanaged, IField<TField>
{
    private readonly LanePrime prime;
    private readonly int degree;
    private readonly ulong[] modulus;
    private readonly ulong[][] multiples;
    private readonly TField toLanes, fromLanes;

    public LaneElements(LaneKernels kernels)
    {
        (prime, degree) = (kernels.Prime, kernels.Degree);
        modulus = new ulong[prime.Words];
        for (int w = 0; w < prime.Words; w++)
        {
            modulus[w] = (ulong)((prime.Modulus >> (64 * w)) & ulong.MaxValue);
        }

        multiples = [.. Enumerable.Range(0, 4).Select(k => prime.ToLimbs(k * prime.Modulus))];
        toLanes = TField.One;
        for (int i = 0; i < prime.Shift; i++)
        {
            toLanes = TField.Double(toLanes);
        }

        fromLanes = TField.Inverse(toLanes);
    }

    /// <summary>The element of a lane; its components are below 2p.</summary>
    public TField Read(ulong* units, int lane)
    {
        TField element = default;
        ulong* words = (ulong*)&element;
        for (int c = 0; c < degree; c++)
        {
            ReadWords(Component(units, lane, c), words + (c * prime.Words));
        }

        return element * fromLanes;
    }

    /// <summary>Sets a lane.</summary>
    public void Write(ulong* units, int lane, in TField element)
    {
        TField shifted = element * toLanes;
        for (int c = 0; c < degree; c++)
        {
            WriteLimbs((ulong*)&shifted + (c * prime.Words), Component(units, lane, c));
        }
    }

    /// <summary>Sets all lanes of one unit to the same element.</summary>
    public void WriteAll(ulong* unit, in TField element)
    {
        TField shifted = element * toLanes;
        int vector = LanePrime.Lanes * prime.Limbs;
        for (int c = 0; c < 2; c++)
        {
            // Over Fp the second component is a second block of the same element.
            ulong* component = unit + (c * vector);
            WriteLimbs((ulong*)&shifted + (c % degree * prime.Words), component);
            for (int j = 0; j < prime.Limbs; j++)
            {
                ulong* limb = component + (LanePrime.Lanes * j);
                new Span<ulong>(limb, LanePrime.Lanes).Fill(*limb);
            }
        }
    }

    /// <summary>Whether a lane holds zero, in any of its forms below 4p.</summary>
    public bool IsZero(ulong* units, int lane)
    {
        for (int c = 0; c < degree; c++)
        {
            ulong* limbs = Component(units, lane, c);
            bool isMultiple = false;
            foreach (ulong[] multiple in multiples)
            {
                int j = 0;
                while (j < prime.Limbs && limbs[LanePrime.Lanes * j] == multiple[j])
                {
                    j++;
                }

                isMultiple |= j == prime.Limbs;
            }

            if (!isMultiple)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first limb of a lane's component; the next ones follow at a distance of eight.</summary>
    private ulong* Component(ulong* units, int lane, int component)
    {
        int vector = LanePrime.Lanes * prime.Limbs;
        long block = lane / LanePrime.Lanes;
        return units + (((block * degree) + component) * vector) + (lane % LanePrime.Lanes);
    }

    private void ReadWords(ulong* limbs, ulong* words)
    {
        // Below 2p, which fits the words: 52 bits at a time into a window of 128.
        UInt128 window = 0;
        int bits = 0, word = 0;
        for (int j = 0; j < prime.Limbs; j++)
        {
            window |= (UInt128)limbs[LanePrime.Lanes * j] << bits;
            bits += LanePrime.LimbBits;
            if (bits >= 64 && word < prime.Words)
            {
                words[word++] = (ulong)window;
                window >>= 64;
                bits -= 64;
            }
        }

        if (word < prime.Words)
        {
            words[word] = (ulong)window;
        }

        var value = new Span<ulong>(words, prime.Words);
        if (Limbs.Compare(value, modulus) >= 0)
        {
            ulong borrow = 0;
            for (int w = 0; w < prime.Words; w++)
            {
                words[w] = Limbs.SubtractWithBorrow(words[w], modulus[w], ref borrow);
            }
        }
    }

    private void WriteLimbs(ulong* words, ulong* limbs)
    {
        for (int j = 0; j < prime.Limbs; j++)
        {
            int bit = LanePrime.LimbBits * j, word = bit / 64, shift = bit % 64;
            ulong limb = word < prime.Words ? words[word] >> shift : 0;
            if (shift > 64 - LanePrime.LimbBits && word + 1 < prime.Words)
            {
                limb |= words[word + 1] << (64 - shift);
            }

            limbs[LanePrime.Lanes * j] = limb & LanePrime.LimbMask;
        }
    }
}
