// Owns: many short sums of products at once: what a sparse matrix makes of points. One long sum: Pippenger.cs.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// sums[g] = Σ scalars[i]·points[i] over consecutive groups of terms: the columns of a constraint system applied to a Lagrange
/// basis, where most scalars are 1 or −1 and cost an addition. Others are multiplied out in lanes, as k or as −(r − k),
/// whichever is shorter, in the order of their lengths. Exact in every case. Variable time.
/// </summary>
public static unsafe class RowSums
{
    private const uint SignBit = 1U << 31;

    /// <summary>From here on a scalar in two halves takes fewer steps than in one: these take 132 doublings.</summary>
    private const int LongScalarBits = 144;

    /// <summary>sums[g] ← Σ scalars[i]·points[i] for i from ends[g − 1] (0 for g = 0) to ends[g].</summary>
    /// <param name="points">Points of the subgroup of order r; infinity is allowed. At most 2^30.</param>
    /// <param name="scalars">As many, each below r.</param>
    /// <param name="ends">Ascending ends of the groups, the last being the number of points; an empty group sums to infinity.</param>
    /// <param name="sums">As many as groups; shares no memory with the points.</param>
    /// <param name="tier">The kernels to use; all give the same sums.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The lengths do not go together.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    public static void Compute<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> points,
        ReadOnlySpan<Scalar256> scalars,
        ReadOnlySpan<int> ends,
        Span<Affine<TField, TCurve>> sums,
        KernelTier tier,
        EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (points.Length != scalars.Length || ends.Length != sums.Length || (ends.IsEmpty ? 0 : ends[^1]) != points.Length || points.Length > 1 << 30)
        {
            throw new ArgumentException($"{points.Length} points, {scalars.Length} scalars, {ends.Length} groups and {sums.Length} sums do not go together.");
        }

        options.CancellationToken.ThrowIfCancellationRequested();
        using var terms = new NativeBuffer<Affine<TField, TCurve>>(points.Length);
        points.CopyTo(new Span<Affine<TField, TCurve>>(terms.Pointer, points.Length));
        bool[] isNegative = new bool[points.Length];
        MultiplyOut(terms.Pointer, scalars, isNegative, tier, options);

        using var indices = new NativeBuffer<uint>(points.Length);
        using var kept = new NativeBuffer<uint>(ends.Length);
        uint position = 0;
        for (int g = 0, i = 0; g < ends.Length; g++)
        {
            for (; i < ends[g]; i++)
            {
                indices.Pointer[position] = (uint)i | (isNegative[i] ? SignBit : 0);
                position += terms.Pointer[i].IsInfinity ? 0U : 1U;
            }

            kept.Pointer[g] = position;
        }

        fixed (Affine<TField, TCurve>* target = sums)
        {
            Add(terms.Pointer, indices.Pointer, kept.Pointer, ends.Length, target, tier, options);
        }
    }

    /// <summary>Replaces each point by its product up to sign; a product with zero by infinity.</summary>
    private static void MultiplyOut<TField, TCurve>(
        Affine<TField, TCurve>* terms, ReadOnlySpan<Scalar256> scalars, bool[] isNegative, KernelTier tier, EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Span<ulong> order = stackalloc ulong[4];
        BigInteger r = TCurve.Order;
        for (int w = 0; w < 4; w++)
        {
            order[w] = (ulong)((r >> (64 * w)) & ulong.MaxValue);
        }

        var modulus = new Scalar256(order[0], order[1], order[2], order[3]);
        var one = new Scalar256(1);
        var products = new List<(int Bits, int Position, Scalar256 Scalar)>();
        for (int i = 0; i < scalars.Length; i++)
        {
            Scalar256 k = scalars[i];
            if (k == one)
            {
                continue;
            }

            if (k == default)
            {
                terms[i] = default;
                continue;
            }

            Scalar256 opposite = Subtract(modulus, k);
            int bits = BitLength(k), bitsOfOpposite = BitLength(opposite);
            if (bitsOfOpposite < bits)
            {
                (k, bits) = (opposite, bitsOfOpposite);
                isNegative[i] = true;
            }

            if (k != one)
            {
                products.Add((bits, i, k));
            }
        }

        if (products.Count == 0)
        {
            return;
        }

        products.Sort(static (a, b) => a.Bits != b.Bits ? a.Bits.CompareTo(b.Bits) : a.Position.CompareTo(b.Position));
        using var factors = new NativeBuffer<Affine<TField, TCurve>>(products.Count);
        var multipliers = new Scalar256[products.Count];
        for (int j = 0; j < multipliers.Length; j++)
        {
            factors.Pointer[j] = terms[products[j].Position];
            multipliers[j] = products[j].Scalar;
        }

        // Halves are worth it for long scalars alone.
        var span = new Span<Affine<TField, TCurve>>(factors.Pointer, multipliers.Length);
        int few = products.FindIndex(static product => product.Bits > LongScalarBits);
        few = few < 0 ? multipliers.Length : few;
        PointMultiples.Multiply<TField, TCurve>(span[..few], multipliers.AsSpan(0, few), span[..few], tier, options);
        PointMultiples.Multiply<TField, TCurve>(span[few..], multipliers.AsSpan(few), span[few..], tier, options, inSubgroup: true);
        for (int j = 0; j < multipliers.Length; j++)
        {
            terms[products[j].Position] = factors.Pointer[j];
        }
    }

    /// <summary>The groups, in ranges of about as many terms, on all threads.</summary>
    private static void Add<TField, TCurve>(
        Affine<TField, TCurve>* terms,
        uint* indices,
        uint* ends,
        int groups,
        Affine<TField, TCurve>* sums,
        KernelTier tier,
        EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        const uint TermsOfRange = 1 << 12;
        var starts = new List<int> { 0 };
        uint from = 0;
        for (int g = 0; g < groups; g++)
        {
            if (ends[g] - from >= TermsOfRange || g - starts[^1] >= TermsOfRange)
            {
                starts.Add(g + 1);
                from = ends[g];
            }
        }

        Workers.Run(starts.Count, options, () => GroupSums.Create<TField, TCurve>(tier), (item, adder) =>
        {
            int first = starts[item], end = item + 1 < starts.Count ? starts[item + 1] : groups;
            if (first == end)
            {
                return;
            }

            // The ends of a range count from its own first index.
            uint skipped = first == 0 ? 0 : ends[first - 1];
            using var own = new NativeBuffer<uint>(end - first);
            for (int g = first; g < end; g++)
            {
                own.Pointer[g - first] = ends[g] - skipped;
            }

            adder.Sum(terms, indices + skipped, own.Pointer, end - first, sums + first, options.CancellationToken);
        });
    }

    private static int BitLength(in Scalar256 k) =>
        k.Word3 != 0 ? 256 - BitOperations.LeadingZeroCount(k.Word3)
        : k.Word2 != 0 ? 192 - BitOperations.LeadingZeroCount(k.Word2)
        : k.Word1 != 0 ? 128 - BitOperations.LeadingZeroCount(k.Word1)
        : 64 - BitOperations.LeadingZeroCount(k.Word0);

    /// <summary>a − b for b at most a.</summary>
    private static Scalar256 Subtract(in Scalar256 a, in Scalar256 b)
    {
        UInt128 low = new UInt128(a.Word1, a.Word0) - new UInt128(b.Word1, b.Word0);
        bool borrows = new UInt128(a.Word1, a.Word0) < new UInt128(b.Word1, b.Word0);
        UInt128 high = new UInt128(a.Word3, a.Word2) - new UInt128(b.Word3, b.Word2) - (borrows ? UInt128.One : UInt128.Zero);
        return new((ulong)low, (ulong)(low >> 64), (ulong)high, (ulong)(high >> 64));
    }
}
