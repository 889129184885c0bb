// Owns: the contract of the transforms' lane kernels. Who fulfils it: Emitted/EmittedNttKernels.cs (AVX-512 IFMA) and
// VectorNttKernels.cs (plain C#, their twin). Who calls them: LaneTransform.cs.

using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>
/// The operands of a kernel. A block is a vector of eight elements, limb-major: limb j of lane l at word 8·j + l, five limbs
/// of 52 bits, aligned to 64 bytes. The kernels may overwrite the struct.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NttLanes
{
    /// <summary>The first block.</summary>
    public ulong* Data;

    /// <summary>Splits and merges: how many blocks lie between the operands of a butterfly. Others: the number of blocks.</summary>
    public long Count;

    /// <summary>Splits and merges: the number of consecutive groups, each of 4·Count (or 2·Count) blocks.</summary>
    public long Groups;

    /// <summary>The first group's, or block's, twiddle: ten words, see <see cref="NttTwiddles"/>.</summary>
    public ulong* Twiddles;

    /// <summary>Splits and merges: the twiddles of the first group's two halves.</summary>
    public ulong* NextTwiddles;

    /// <summary>The second operand of a product, block by block.</summary>
    public ulong* Other;
}

/// <summary>
/// Steps of transforms on vectors of blocks, all lanes alike. Stateless and thread-safe. R = 2^260 throughout. Operands are
/// integers within the stated multiples of r, in raw limbs: signed 64-bit integers l₀ … l₄ that stand for the value Σ lⱼ·2^52j
/// modulo R, of magnitude below 2^61. Results are congruent to the exact ones modulo r, in raw limbs again: two stages add at
/// most 2·2^57 to a limb, so that seven pairs of stages from limbs of 52 bits stay below 2^61. What is multiplied may be
/// anything below R·(1 − 2⁻⁴⁹), which is more than 35·r in both fields.
///
/// Products by twiddles are Barrett's with a quotient that comes with the twiddle: for a twiddle w &lt; r and
/// w' = ⌊w·R/r⌋, q = ⌊a·w'/R⌋ (less at most one, since limbs 0 to 3 of that product are left out) and a·w − q·r &lt; 2·r, of
/// which only 260 bits need be computed: 34 + 25 + 25 multiply-adds instead of Montgomery's 105, and plain integers as twiddles.
/// </summary>
internal abstract unsafe class NttLaneKernels(LanePrime prime)
{
    /// <summary>Limbs of an element.</summary>
    public const int Limbs = 5;

    /// <summary>Words of a block.</summary>
    public const int BlockWords = LanePrime.Lanes * Limbs;

    /// <summary>The prime r.</summary>
    public LanePrime Prime { get; } = prime;

    /// <summary>The kernels of a field in a tier; null where the tier has none, or the field is not of five limbs.</summary>
    public static NttLaneKernels? Of<TFr>(KernelTier tier)
        where TFr : unmanaged, IPrimeField<TFr> =>
        LanePrime.Of<TFr>() is { Limbs: Limbs, Words: 4 } prime ? tier switch
        {
            KernelTier.Full => EmittedNttKernels.Of(prime),
            KernelTier.Vector => VectorNttKernels.Of(prime),
            _ => null,
        } : null;

    /// <summary>What brings elements of r below 2r and below r on their way to memory.</summary>
    public LaneReduction Reduction { get; } = new(prime);

    /// <summary>
    /// The first stage of a splitting transform where its stages are odd in number: (u, v) ← (u + v, u − v), one group.
    /// Operands in [0, 2r); sums in [0, 2r), differences in (12r, 16r).
    /// </summary>
    public abstract void FirstSplit(NttLanes* lanes);

    /// <summary>
    /// Two stages of group 0, whose first three butterflies have twiddle one; <see cref="NttLanes.NextTwiddles"/> is that of
    /// W[0] and W[1]. Operands in [0, 2r); the first quarter's results in [0, 2r), the others' in (12r, 20r).
    /// </summary>
    public abstract void SplitZero(NttLanes* lanes);

    /// <summary>
    /// Two stages (u, v) ← (u + Wv, u − Wv) of consecutive groups, with Wv in (−r, r). Operands in [A·r, B·r) with A ≥ 2 and
    /// B ≤ 33; results in (A·r − 2r, B·r + 2r).
    /// </summary>
    public abstract void Split(NttLanes* lanes);

    /// <summary>
    /// Two stages (u, v) ← (u + v, W(u − v)) of consecutive groups, the second half's first. Operands and results in [0, 4r).
    /// </summary>
    public abstract void Merge(NttLanes* lanes);

    /// <summary>Two stages of group 0, as <see cref="SplitZero"/>. Operands in [0, 4r), results in [0, 2r).</summary>
    public abstract void MergeZero(NttLanes* lanes);

    /// <summary>The last stage where their number is odd: (u, v) ← (u + v, u − v), one group. From [0, 4r) to [0, 8r).</summary>
    public abstract void LastMerge(NttLanes* lanes);

    /// <summary>data[i] ← data[i] · twiddle[i], one twiddle for all lanes. Results below 2r.</summary>
    public abstract void Scale(NttLanes* lanes);

    /// <summary>
    /// data[i] ← data[i] · t[i] / R and t[i + 4] = t[i] · ρ / R; <see cref="NttLanes.Other"/> holds t[0 … 3], below 2r, and ρ
    /// twice, below 2r; t is left advanced, below 1.2r. Count is a multiple of four. For data below B·r, results below
    /// (1 + 2·B·r/R)·r, which is below 2r for B ≤ 16. All results have limbs of 52 bits.
    /// </summary>
    public abstract void Twist(NttLanes* lanes);

    /// <summary>data[i] ← data[i] · other[i] / R; Count is even. For operands with a·b &lt; r·R results are below 2r,
    /// in limbs of 52 bits; so are the other's blocks afterwards.</summary>
    public abstract void Multiply(NttLanes* lanes);
}
