// Owns: a domain as a matrix for transforms in lanes: its sides and the tables of each. Transforms: LaneNtt.cs.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>
/// The indices of a domain of n = R·C elements as a matrix of R rows and C columns, C = R or 2R, so that a transform is R-point
/// transforms of the columns, factors ω^(column · row's frequency) and C-point transforms of the rows. The tables of a
/// direction are 40·C bytes of twiddles and 40·R of ratios: 80 KiB for n = 2^20.
/// </summary>
internal sealed unsafe class LaneDomain<TFr>
    where TFr : unmanaged, IPrimeField<TFr>
{
    /// <summary>The smallest k: a side must fill the lanes.</summary>
    public const int MinLogSize = 6;

    private readonly ulong[] table;

    /// <summary>Builds the tables of a domain in one direction; about 0.1 µs an entry.</summary>
    public LaneDomain(NttDomain<TFr> domain, bool inverted)
    {
        TFr root = inverted ? domain.RootInverse : domain.Root;
        LogRows = domain.LogSize / 2;
        LogColumns = domain.LogSize - LogRows;
        Ratios = ToBlocks(ReversedPowers(root, LogRows));
        for (int i = 0; i < LogRows; i++)
        {
            root = TFr.Square(root);
        }

        table = ToTwiddles(ReversedPowers(root, LogColumns - 1));
    }

    /// <summary>log₂ R.</summary>
    public int LogRows { get; }

    /// <summary>log₂ C.</summary>
    public int LogColumns { get; }

    /// <summary>ω^rev(i) for row i, whose frequency is rev(i), the reversal of log₂ R bits; eight rows a block.</summary>
    public ulong[] Ratios { get; }

    /// <summary>The twiddles of C-point transforms, and of R-point ones, which are the first of them. The array is pinned.</summary>
    public ulong* Twiddles => (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(table));

    /// <summary>Table entry i ← step^rev(i), the reversal of log bits.</summary>
    public static TFr[] ReversedPowers(TFr step, int log)
    {
        var table = new TFr[1 << log];
        table[0] = TFr.One;
        for (int half = table.Length / 2; half > 0; half /= 2)
        {
            // step is now the factor of the bit that reversal brings to the place of half.
            table[half] = step;
            step = TFr.Square(step);
        }

        for (int half = 1; half < table.Length; half *= 2)
        {
            for (int x = 1; x < half; x++)
            {
                table[half + x] = table[x] * table[half];
            }
        }

        return table;
    }

    /// <summary>Table entry i ← step^i.</summary>
    public static TFr[] Powers(TFr step, int log)
    {
        var table = new TFr[1 << log];
        table[0] = TFr.One;
        for (int i = 1; i < table.Length; i++)
        {
            table[i] = table[i - 1] * step;
        }

        return table;
    }

    /// <summary>The elements, a multiple of eight, or one for all lanes, in Montgomery form of the lanes, eight a block.</summary>
    public static ulong[] ToBlocks(params TFr[] elements)
    {
        ulong[] blocks = new ulong[Math.Max(elements.Length, LanePrime.Lanes) * NttLaneKernels.Limbs];
        ulong* limbs = stackalloc ulong[NttLaneKernels.Limbs];
        for (int i = 0; i < blocks.Length / NttLaneKernels.Limbs; i++)
        {
            // From x·2^256 to x·2^260.
            TFr shifted = TFr.Double(TFr.Double(TFr.Double(TFr.Double(elements[Math.Min(i, elements.Length - 1)]))));
            LaneWords.ToLimbs((ulong*)&shifted, limbs);
            for (int j = 0; j < NttLaneKernels.Limbs; j++)
            {
                blocks[(((i / LanePrime.Lanes * NttLaneKernels.Limbs) + j) * LanePrime.Lanes) + (i % LanePrime.Lanes)] = limbs[j];
            }
        }

        return blocks;
    }

    /// <summary>The elements as the kernels' twiddles, on the pinned heap.</summary>
    public static ulong[] ToTwiddles(TFr[] elements)
    {
        ulong[] table = GC.AllocateUninitializedArray<ulong>(elements.Length * NttTwiddles.Words, pinned: true);
        NttTwiddles form = NttTwiddles.Of<TFr>();

        // Pinned for the loop, which stays within the table.
        fixed (ulong* target = table)
        {
            for (int i = 0; i < elements.Length; i++)
            {
                form.Write(elements[i], target + (i * NttTwiddles.Words));
            }
        }

        return table;
    }
}
