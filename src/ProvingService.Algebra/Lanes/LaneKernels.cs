// Owns: the contract of the lane kernels. Who fulfils it: Emitted/ (AVX-512 IFMA), VectorLaneKernels.cs (plain C#, their twin).
// Who calls them: LanePoints.cs.

using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>
/// The operands of the affine kernels: many independent sums of points, a lane each. All arrays of field elements are units
/// (component, limb, lane: see Emitted/LaneAssembler.cs) aligned to 64 bytes; Count is even.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct AffineLanes
{
    /// <summary>Points in affine form as a key file has them: reduced, words in Montgomery form; none is infinity.</summary>
    public byte* Source;

    /// <summary>Positions in <see cref="Source"/> with the sign in the highest bit. A lane reads at its start.</summary>
    public uint* Indices;

    /// <summary>For each lane, where in <see cref="Indices"/> to read; readable for 256 entries past the last lane.</summary>
    public uint* Starts;

    /// <summary>A byte a block, a bit a lane: whether the lane takes part. The kernels advance this pointer.</summary>
    public byte* Masks;

    /// <summary>The number of units; even. The kernels count it down.</summary>
    public long Count;

    /// <summary>The sums' abscissas, below 2p.</summary>
    public ulong* X;

    /// <summary>The sums' ordinates, at most 2p.</summary>
    public ulong* Y;

    /// <summary>x₂ − x₁ + 2p, or one where the lane does not take part.</summary>
    public ulong* Denominators;

    /// <summary>±y₂ − y₁ + 4p.</summary>
    public ulong* Numerators;

    /// <summary>
    /// Two more units than Count. Products[u] is the product of the denominators u − 2, u − 4, …; the caller sets the first
    /// two to one and finds the two chains' products in the last two.
    /// </summary>
    public ulong* Products;

    /// <summary>Two units: inverses of the two chains' products, even chain first; overwritten.</summary>
    public ulong* Inverses;

    /// <summary>Scratch of <see cref="LaneKernels.ScratchBytes"/>.</summary>
    public ulong* Scratch;

    /// <summary>For each lane, where its sum is to be written.</summary>
    public byte** Destinations;
}

/// <summary>The operands of the field kernels: dst[u] ← a[u] ∘ b[u] for Count units. Operands may be the result.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FieldLanes
{
    public ulong* Result;
    public ulong* A;
    public ulong* B;

    /// <summary>The number of units. The kernels count it down.</summary>
    public long Count;

    /// <summary>Scratch of <see cref="LaneKernels.ScratchBytes"/>.</summary>
    public ulong* Scratch;
}

/// <summary>
/// The kernels of one group's coordinate field: Fp (degree 1) or Fp2 (degree 2). Stateless and thread-safe. All members
/// take operands below the bounds that <see cref="AffineLanes"/> states and give results within them.
/// </summary>
internal abstract unsafe class LaneKernels(LanePrime prime, int degree)
{
    /// <summary>Scratch that a call needs: for words before and after transposition, and eleven units.</summary>
    public const int ScratchBytes = (24 * 64) + (12 * 2 * 64 * LanePrime.MaxLimbs);

    public LanePrime Prime { get; } = prime;

    public int Degree { get; } = degree;

    /// <summary>64-bit words of a unit.</summary>
    public int UnitWords => 2 * LanePrime.Lanes * Prime.Limbs;

    /// <summary>Blocks of eight elements in a unit.</summary>
    public int Blocks => 2 / Degree;

    /// <summary>Elements in a unit.</summary>
    public int UnitLanes => LanePrime.Lanes * Blocks;

    /// <summary>The kernels of a coordinate field in a tier; null where the tier has none, or the field is another's.</summary>
    public static LaneKernels? Of<TField>(KernelTier tier)
        where TField : unmanaged, IField<TField>
    {
        (LanePrime? prime, int degree) = typeof(TField) == typeof(Bls12381Fp) ? (LanePrime.Of<Bls12381Fp>(), 1)
            : typeof(TField) == typeof(Bn254Fp) ? (LanePrime.Of<Bn254Fp>(), 1)
            : typeof(TField) == typeof(Fp2<Bls12381Fp>) ? (LanePrime.Of<Bls12381Fp>(), 2)
            : typeof(TField) == typeof(Fp2<Bn254Fp>) ? (LanePrime.Of<Bn254Fp>(), 2)
            : (null, 0);
        return prime is null ? null : tier switch
        {
            KernelTier.Full => EmittedLaneKernels.Of(prime, degree),
            KernelTier.Vector => VectorLaneKernels.Of(prime, degree),
            _ => null,
        };
    }

    /// <summary>(X, Y) ← the lanes' first points.</summary>
    public abstract void LoadPoints(AffineLanes* lanes);

    /// <summary>The first half of (X, Y) ← (X, Y) + next point: differences and the prefix products of denominators.</summary>
    public abstract void AddForward(AffineLanes* lanes);

    /// <summary>The second half, from the inverses of the two products: slopes and sums, in the lanes of the masks.</summary>
    public abstract void AddBackward(AffineLanes* lanes);

    /// <summary>As <see cref="AddForward"/> for (X, Y) ← 2·(X, Y): denominators 2y; reads no points.</summary>
    public abstract void DoubleForward(AffineLanes* lanes);

    /// <summary>As <see cref="AddBackward"/> for (X, Y) ← 2·(X, Y), with numerators 3x².</summary>
    public abstract void DoubleBackward(AffineLanes* lanes);

    /// <summary>Writes (X, Y), reduced and in the words' Montgomery form, to the lanes' destinations.</summary>
    public abstract void StorePoints(AffineLanes* lanes);

    /// <summary>Products below 2p of operands below 4p.</summary>
    public abstract void Multiply(FieldLanes* lanes);
}
