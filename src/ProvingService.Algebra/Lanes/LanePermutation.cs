// Owns: permutations made of matrices and fifth powers (the HADES design, as in Poseidon), sixteen side by side in lanes.
// Never: where constants come from, and what the permutation is good for.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>
/// A permutation of t elements: R_F/2 full rounds, partial rounds, R_F/2 full rounds. A full round adds a constant to each
/// element, raises all to the fifth power and multiplies by a matrix. A partial round adds a constant to element 0 and raises
/// it to the fifth power; then element 0 becomes the product of a row and the state, and the new power times a column is added
/// to the others (Poseidon, https://eprint.iacr.org/2019/458, appendix B). Immutable and safe from many threads.
/// </summary>
/// <remarks>
/// Sixteen permutations are two blocks of the kernels that transforms use (<see cref="NttLaneKernels"/>): products by constants
/// are their <c>Scale</c>, powers their <c>Multiply</c>. Elements keep the form x·2^256 that they have in memory while
/// <c>Multiply</c> divides by 2^260, so that three products make x⁵·2^240 of x·2^256; the missing 2^16 is in the matrices.
/// Ranges, in multiples of r: a product by a constant is below 2, a sum of t of them below 2t ≤ 34, with a constant below 35;
/// what is raised is reduced below 2 first; elements 1… grow by 2 each partial round and are reduced every eighth.
/// </remarks>
/// <typeparam name="TF">The field.</typeparam>
public sealed unsafe class LanePermutation<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>Permutations that are computed at once.</summary>
    public const int Batch = Blocks * LanePrime.Lanes;

    /// <summary>The most elements of a state: sums of as many products are below 34·r.</summary>
    public const int MaxWidth = 17;

    private const int Blocks = 2;
    private const int Words = NttLaneKernels.BlockWords;

    /// <summary>
    /// Partial rounds after which elements 1… are reduced: by then they are below 2 + 8·2 multiples of r, and sums of nine raw
    /// products fit the kernels' 61 bits a limb.
    /// </summary>
    private const int RoundsUnreduced = 8;

    private readonly NttLaneKernels kernels;
    private readonly int width, fullRounds, partialRounds;

    // Constants as limbs; matrices as twiddles in the order of the blocks that they scale.
    private readonly ulong[] fullConstants, partialConstants, fullTwiddles, partialTwiddles;

    private LanePermutation(NttLaneKernels kernels, int width, int fullRounds, int partialRounds)
    {
        (this.kernels, this.width, this.fullRounds, this.partialRounds) = (kernels, width, fullRounds, partialRounds);
        fullConstants = new ulong[fullRounds * width * NttLaneKernels.Limbs];
        partialConstants = new ulong[partialRounds * NttLaneKernels.Limbs];
        fullTwiddles = new ulong[fullRounds * width * RowWords(width)];
        partialTwiddles = new ulong[partialRounds * RowWords((2 * width) - 1)];
    }

    /// <summary>Prepares a permutation for a tier's lanes.</summary>
    /// <param name="tier">Whose kernels; a tier without lanes gives null, and so does a field without.</param>
    /// <param name="width">t, 2 to 17.</param>
    /// <param name="fullConstants">t for each full round.</param>
    /// <param name="matrices">t·t for each full round, row by row.</param>
    /// <param name="partialConstants">One for each partial round.</param>
    /// <param name="rows">t for each partial round.</param>
    /// <param name="columns">t − 1 for each partial round.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public static LanePermutation<TF>? Create(
        KernelTier tier,
        int width,
        ReadOnlySpan<TF> fullConstants,
        ReadOnlySpan<TF> matrices,
        ReadOnlySpan<TF> partialConstants,
        ReadOnlySpan<TF> rows,
        ReadOnlySpan<TF> columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, MaxWidth);
        int full = fullConstants.Length / width;
        if (full < 2 || full % 2 != 0 || fullConstants.Length != full * width || matrices.Length != full * width * width
            || rows.Length != partialConstants.Length * width || columns.Length != partialConstants.Length * (width - 1))
        {
            throw new ArgumentException("Constants, matrices, rows and columns are of different numbers of rounds.");
        }

        if (!KernelTiers.IsSupported(tier) || NttLaneKernels.Of<TF>(tier) is not { } kernels)
        {
            return null;
        }

        var permutation = new LanePermutation<TF>(kernels, width, full, partialConstants.Length);
        permutation.Prepare(fullConstants, matrices, partialConstants, rows, columns);
        return permutation;
    }

    /// <summary>
    /// outputs[i] = element 0 of the permutation of (first, rest[i·(t − 1)], …): a compression function, for up to
    /// <see cref="Batch"/> states, which take as long as one.
    /// </summary>
    /// <param name="first">Element 0 of all states.</param>
    /// <param name="rest">The other elements of each state, t − 1 for each output.</param>
    /// <param name="outputs">1 to <see cref="Batch"/> results.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public void Compress(in TF first, ReadOnlySpan<TF> rest, Span<TF> outputs)
    {
        if (outputs.Length is < 1 or > Batch || rest.Length != outputs.Length * (width - 1))
        {
            throw new ArgumentException($"{rest.Length} elements for {outputs.Length} states, at most {Batch}, of {width}.");
        }

        // State, powers, and what is scaled; blocks b of all elements stand together: block b·t + i is element i.
        int stateWords = Blocks * width * Words;
        ulong* memory = stackalloc ulong[(2 * stateWords) + (Blocks * ((2 * width) - 1) * Words) + LanePrime.Lanes];
        ulong* state = (ulong*)(((nuint)memory + 63) & ~(nuint)63), powers = state + stateWords, work = powers + stateWords;
        Load(first, rest, outputs.Length, state);
        fixed (ulong* fullConstant = fullConstants, partialConstant = partialConstants)
        fixed (ulong* fullTwiddle = fullTwiddles, partialTwiddle = partialTwiddles)
        {
            for (int round = 0; round < fullRounds / 2; round++)
            {
                FullRound(state, powers, work, round, width, fullConstant, fullTwiddle);
            }

            for (int round = 0; round < partialRounds; round++)
            {
                if (round % RoundsUnreduced == 0)
                {
                    ReduceOthers(state);
                }

                Partial(state, powers, work, partialConstant + (round * NttLaneKernels.Limbs), partialTwiddle + (round * RowWords((2 * width) - 1)));
            }

            // Of the last round only element 0 is wanted.
            for (int round = fullRounds / 2; round < fullRounds; round++)
            {
                FullRound(state, powers, work, round, round == fullRounds - 1 ? 1 : width, fullConstant, fullTwiddle);
            }
        }

        for (int b = 0; b < Blocks; b++)
        {
            Reduce(work + (b * Words), state + (b * width * Words));
        }

        TF* results = stackalloc TF[Batch];
        LaneWords.StoreColumns(kernels.Reduction, work, Blocks, (ulong*)results, LanePrime.Lanes * LaneWords.ElementWords, canonical: true);
        new ReadOnlySpan<TF>(results, outputs.Length).CopyTo(outputs);
    }

    private static int RowWords(int entries) => Blocks * entries * NttTwiddles.Words;

    private void Prepare(
        ReadOnlySpan<TF> fullConstant, ReadOnlySpan<TF> matrices, ReadOnlySpan<TF> partialConstant, ReadOnlySpan<TF> rows, ReadOnlySpan<TF> columns)
    {
        NttTwiddles twiddles = NttTwiddles.Of<TF>();
        TF correction = TF.FromUInt64(1 << 16);
        WriteConstants(fullConstant, fullConstants);
        WriteConstants(partialConstant, partialConstants);
        fixed (ulong* full = fullTwiddles, partial = partialTwiddles)
        {
            for (int row = 0; row < fullRounds * width; row++)
            {
                for (int j = 0; j < Blocks * width; j++)
                {
                    twiddles.Write(correction * matrices[(row * width) + (j % width)], full + (row * RowWords(width)) + (j * NttTwiddles.Words));
                }
            }

            int entries = (2 * width) - 1;
            for (int round = 0; round < partialRounds; round++)
            {
                for (int j = 0; j < Blocks * entries; j++)
                {
                    // Element 0 is a power and wants the correction; elements 1… are not.
                    int k = j % entries;
                    TF factor = k == 0 ? correction * rows[round * width]
                        : k < width ? rows[(round * width) + k]
                        : correction * columns[(round * (width - 1)) + k - width];
                    twiddles.Write(factor, partial + (round * RowWords(entries)) + (j * NttTwiddles.Words));
                }
            }
        }
    }

    private static void WriteConstants(ReadOnlySpan<TF> elements, ulong[] target)
    {
        fixed (ulong* limbs = target)
        {
            for (int i = 0; i < elements.Length; i++)
            {
                TF element = elements[i];
                LaneWords.ToLimbs((ulong*)&element, limbs + (i * NttLaneKernels.Limbs));
            }
        }
    }

    private void Load(in TF first, ReadOnlySpan<TF> rest, int count, ulong* state)
    {
        ulong* limbs = stackalloc ulong[NttLaneKernels.Limbs];
        for (int lane = 0; lane < Batch; lane++)
        {
            ulong* column = state + (lane / LanePrime.Lanes * width * Words) + (lane % LanePrime.Lanes);
            for (int i = 0; i < width; i++, column += Words)
            {
                // Lanes without a state take the last one's.
                TF element = i == 0 ? first : rest[(Math.Min(lane, count - 1) * (width - 1)) + i - 1];
                LaneWords.ToLimbs((ulong*)&element, limbs);
                for (int j = 0; j < NttLaneKernels.Limbs; j++)
                {
                    column[LanePrime.Lanes * j] = limbs[j];
                }
            }
        }
    }

    /// <summary>The first <paramref name="wanted"/> elements of the state after a full round.</summary>
    private void FullRound(ulong* state, ulong* powers, ulong* work, int round, int wanted, ulong* constants, ulong* twiddles)
    {
        constants += round * width * NttLaneKernels.Limbs;
        twiddles += round * width * RowWords(width);
        int count = Blocks * width;
        for (int k = 0; k < count; k++)
        {
            AddReduced(state + (k * Words), constants + (k % width * NttLaneKernels.Limbs));
        }

        Power5(powers, state, count);
        for (int i = 0; i < wanted; i++)
        {
            Copy(work, powers, count);
            Scale(work, count, twiddles + (i * RowWords(width)));
            for (int b = 0; b < Blocks; b++)
            {
                Sum(state + (((b * width) + i) * Words), work + (b * width * Words), width);
            }
        }
    }

    private void Partial(ulong* state, ulong* powers, ulong* work, ulong* constant, ulong* twiddles)
    {
        int entries = (2 * width) - 1;
        ulong* x = work;
        for (int b = 0; b < Blocks; b++)
        {
            Copy(x + (b * Words), state + (b * width * Words), 1);
            AddReduced(x + (b * Words), constant);
        }

        Power5(powers, x, Blocks);
        for (int b = 0; b < Blocks; b++)
        {
            ulong* target = work + (b * entries * Words);
            Copy(target, powers + (b * Words), 1);
            Copy(target + Words, state + (((b * width) + 1) * Words), width - 1);
            for (int i = width; i < entries; i++)
            {
                Copy(target + (i * Words), powers + (b * Words), 1);
            }
        }

        Scale(work, Blocks * entries, twiddles);
        for (int b = 0; b < Blocks; b++)
        {
            ulong* scaled = work + (b * entries * Words), element = state + (b * width * Words);
            Sum(element, scaled, width);
            Accumulate(element + Words, scaled + (width * Words), width - 1);
        }
    }

    /// <summary>powers ← x⁵/R⁴ for operands below 2r; below 2r.</summary>
    private void Power5(ulong* powers, ulong* x, int count)
    {
        Copy(powers, x, count);
        Multiply(powers, powers, count);
        Multiply(powers, powers, count);
        Multiply(powers, x, count);
    }

    private void Multiply(ulong* data, ulong* other, int count)
    {
        NttLanes lanes = new() { Data = data, Other = other, Count = count };
        kernels.Multiply(&lanes);
    }

    private void Scale(ulong* data, int count, ulong* twiddles)
    {
        NttLanes lanes = new() { Data = data, Twiddles = twiddles, Count = count };
        kernels.Scale(&lanes);
    }

    private void ReduceOthers(ulong* state)
    {
        for (int k = 0; k < Blocks * width; k++)
        {
            if (k % width != 0)
            {
                Reduce(state + (k * Words), state + (k * Words));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(ulong* target, ulong* source, int count)
    {
        for (ulong* end = target + (count * Words); target < end; target += LanePrime.Lanes, source += LanePrime.Lanes)
        {
            Vector512.LoadAligned(source).StoreAligned(target);
        }
    }

    /// <summary>target[i] ← target[i] + source[i], raw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(ulong* target, ulong* source, int count)
    {
        for (ulong* end = target + (count * Words); target < end; target += LanePrime.Lanes, source += LanePrime.Lanes)
        {
            (Vector512.LoadAligned(target) + Vector512.LoadAligned(source)).StoreAligned(target);
        }
    }

    /// <summary>target ← the sum of neighbouring blocks, in limbs of 52 bits; it is below R.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(ulong* target, ulong* blocks, int count)
    {
        Vector512<long> carry = default, mask = Vector512.Create((long)LanePrime.LimbMask);
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            long* limb = (long*)blocks + (LanePrime.Lanes * j);
            for (int i = 0; i < count; i++, limb += Words)
            {
                carry += Vector512.LoadAligned(limb);
            }

            (carry & mask).StoreAligned((long*)target + (LanePrime.Lanes * j));
            carry >>= LanePrime.LimbBits;
        }
    }

    /// <summary>block ← block + constant, below 2r, raw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddReduced(ulong* block, ulong* constant)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            (Vector512.LoadAligned(block + (LanePrime.Lanes * j)) + Vector512.Create(constant[j])).StoreAligned(block + (LanePrime.Lanes * j));
        }

        Reduce(block, block);
    }

    /// <summary>
    /// result ← value less the multiple of r that its top limb tells, for values below R: below 2r, raw. The estimate is that of
    /// <see cref="LaneWords"/>: it falls short by less than 2.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Reduce(ulong* result, ulong* value)
    {
        LaneReduction r = kernels.Reduction;
        Vector512<long> mask = Vector512.Create((long)LanePrime.LimbMask);
        Vector512<long> l0 = Vector512.LoadAligned((long*)value), l1 = Vector512.LoadAligned((long*)value + 8) + (l0 >> LanePrime.LimbBits);
        Vector512<long> l2 = Vector512.LoadAligned((long*)value + 16) + (l1 >> LanePrime.LimbBits);
        Vector512<long> l3 = Vector512.LoadAligned((long*)value + 24) + (l2 >> LanePrime.LimbBits);

        // Raw limbs stand for a value modulo R.
        Vector512<long> l4 = (Vector512.LoadAligned((long*)value + 32) + (l3 >> LanePrime.LimbBits)) & mask;
        Vector512<long> q = Avx512DQ.MultiplyLow(l4, Vector512.Create(r.Reciprocal)) >>> LanePrime.LimbBits;
        ((l0 & mask) - Avx512DQ.MultiplyLow(q, Vector512.Create(r.P0))).StoreAligned((long*)result);
        ((l1 & mask) - Avx512DQ.MultiplyLow(q, Vector512.Create(r.P1))).StoreAligned((long*)result + 8);
        ((l2 & mask) - Avx512DQ.MultiplyLow(q, Vector512.Create(r.P2))).StoreAligned((long*)result + 16);
        ((l3 & mask) - Avx512DQ.MultiplyLow(q, Vector512.Create(r.P3))).StoreAligned((long*)result + 24);
        (l4 - Avx512DQ.MultiplyLow(q, Vector512.Create(r.P4))).StoreAligned((long*)result + 32);
    }
}
