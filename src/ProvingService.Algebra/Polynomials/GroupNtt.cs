// Owns: transforms of vectors of points: from powers of τ to Lagrange form and back. Transforms of scalars: PortableNtt.cs.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// The number-theoretic transform over a group: points[i] ← Σ_j ω^(ij)·points[j], natural order in and out. With points
/// [τ^j]·G the inverse transform gives [L_i(τ)]·G for the Lagrange polynomials of the domain, what a setup derives from powers
/// of τ. n/2·log₂ n − n + 1 multiplications by roots of unity and n·log₂ n additions, all in batches; the inverse has n/2 more.
/// </summary>
public static unsafe class GroupNtt
{
    private const uint SignBit = 1U << 31;

    /// <summary>points[i] ← Σ_j ω^(ij)·points[j].</summary>
    /// <param name="domain">The domain ⟨ω⟩.</param>
    /// <param name="points">As many points of the subgroup of order r as the domain has elements; overwritten.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The number of points is not the domain's size.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the points are then unspecified.</exception>
    public static void Forward<TField, TCurve, TFr>(
        NttDomain<TFr> domain, Span<Affine<TField, TCurve>> points, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr> => Transform(domain, points, domain.Root, TFr.One, KernelTiers.Current, options);

    /// <summary>points[i] ← n⁻¹·Σ_j ω^(−ij)·points[j], the inverse of <see cref="Forward"/>.</summary>
    /// <param name="domain">The domain ⟨ω⟩.</param>
    /// <param name="points">As many points of the subgroup of order r as the domain has elements; overwritten.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <param name="progress">Told the share that is done after each of the log₂ n stages, never falling.</param>
    /// <exception cref="ArgumentException">The number of points is not the domain's size.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the points are then unspecified.</exception>
    public static void Inverse<TField, TCurve, TFr>(
        NttDomain<TFr> domain, Span<Affine<TField, TCurve>> points, EngineOptions options = default, IProgress<double>? progress = null)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr> => Transform(domain, points, domain.RootInverse, domain.SizeInverse, KernelTiers.Current, options, progress);

    /// <summary>The sum with powers of a root, times a factor, with the arithmetic of a tier: decimation in time.</summary>
    internal static void Transform<TField, TCurve, TFr>(
        NttDomain<TFr> domain, Span<Affine<TField, TCurve>> points, in TFr root, in TFr factor, KernelTier tier, EngineOptions options, IProgress<double>? progress = null)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        int n = domain.Size;
        if (points.Length != n)
        {
            throw new ArgumentException($"A domain of {n} elements cannot transform {points.Length} points.", nameof(points));
        }

        Permute(points, domain.LogSize);
        var powers = new TFr[Math.Max(1, n / 2)];
        powers[0] = TFr.One;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * root;
        }

        var odd = new Affine<TField, TCurve>[n / 2];
        var even = new Affine<TField, TCurve>[n / 2];
        var twiddles = new Scalar256[n / 2];
        for (int half = 1; half < n; half *= 2)
        {
            // Butterflies in the order of their twiddles, of which the first is one. The last stage brings the factor in.
            int blocks = n / (2 * half);
            bool isLast = blocks == 1 && factor != TFr.One;
            for (int position = 0, b = 0; position < half; position++)
            {
                var twiddle = Scalar256.From(isLast ? powers[position * blocks] * factor : powers[position * blocks]);
                for (int block = 0; block < blocks; block++, b++)
                {
                    int at = (block * 2 * half) + position;
                    even[b] = points[at];
                    odd[b] = points[at + half];
                    twiddles[b] = twiddle;
                }
            }

            int ones = isLast ? 0 : blocks;
            Multiply(odd.AsSpan(ones), twiddles.AsSpan(ones));
            if (isLast)
            {
                Array.Fill(twiddles, Scalar256.From(factor));
                Multiply(even, twiddles);
            }

            Butterflies(even, odd, tier, options);
            for (int position = 0, b = 0; position < half; position++)
            {
                for (int block = 0; block < blocks; block++, b++)
                {
                    int at = (block * 2 * half) + position;
                    points[at] = even[b];
                    points[at + half] = odd[b];
                }
            }

            // The last stage multiplies twice as many points as another.
            progress?.Report(blocks == 1 ? 1 : (domain.LogSize - BitOperations.Log2((uint)blocks)) / (domain.LogSize + 1.0));
        }

        void Multiply(Span<Affine<TField, TCurve>> some, ReadOnlySpan<Scalar256> by) =>
            PointMultiples.Multiply(some, by, some, tier, options, inSubgroup: true);
    }

    /// <summary>(even, odd) ← (even + odd, even − odd): sums of two groups of two points for each pair.</summary>
    private static void Butterflies<TField, TCurve>(
        Affine<TField, TCurve>[] even, Affine<TField, TCurve>[] odd, KernelTier tier, EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        const int Slice = 1 << 10;
        Workers.Run((even.Length + Slice - 1) / Slice, options, item =>
        {
            int first = item * Slice, count = Math.Min(Slice, even.Length - first);
            using var source = new NativeBuffer<Affine<TField, TCurve>>(2L * count);
            using var results = new NativeBuffer<Affine<TField, TCurve>>(2L * count);
            using var indices = new NativeBuffer<uint>(4L * count);
            using var ends = new NativeBuffer<uint>(2L * count);
            uint position = 0;
            for (int i = 0; i < count; i++)
            {
                source.Pointer[2 * i] = even[first + i];
                source.Pointer[(2 * i) + 1] = odd[first + i];
            }

            for (int g = 0; g < 2 * count; g++)
            {
                uint left = (uint)(g & ~1);
                indices.Pointer[position] = left;
                position += source.Pointer[left].IsInfinity ? 0U : 1U;
                indices.Pointer[position] = (left + 1) | ((g & 1) != 0 ? SignBit : 0);
                position += source.Pointer[left + 1].IsInfinity ? 0U : 1U;
                ends.Pointer[g] = position;
            }

            using IGroupSums<TField, TCurve> sums = GroupSums.Create<TField, TCurve>(tier);
            sums.Sum(source.Pointer, indices.Pointer, ends.Pointer, 2 * count, results.Pointer, options.CancellationToken);
            for (int i = 0; i < count; i++)
            {
                even[first + i] = results.Pointer[2 * i];
                odd[first + i] = results.Pointer[(2 * i) + 1];
            }
        });
    }

    private static void Permute<TField, TCurve>(Span<Affine<TField, TCurve>> points, int log)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        for (int i = 0; i < points.Length; i++)
        {
            int j = 0;
            for (int bit = 0; bit < log; bit++)
            {
                j |= ((i >> bit) & 1) << (log - 1 - bit);
            }

            if (i < j)
            {
                (points[i], points[j]) = (points[j], points[i]);
            }
        }
    }
}
