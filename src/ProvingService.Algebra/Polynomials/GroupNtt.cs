// Owns: transforms of vectors of points: from powers of τ to Lagrange form and back. Transforms of scalars: PortableNtt.cs.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// The number-theoretic transform over a group: points[i] ← Σ_j ω^(ij)·points[j], natural order in and out. With points
/// [τ^j]·G the inverse transform gives [L_i(τ)]·G for the Lagrange polynomials of the domain, what a setup derives from powers
/// of τ. n/2·log₂ n multiplications by roots of unity and twice as many additions, all in batches.
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
        where TFr : unmanaged, IPrimeField<TFr> => Transform(domain, points, domain.Root, KernelTiers.Current, options);

    /// <summary>points[i] ← n⁻¹·Σ_j ω^(−ij)·points[j], the inverse of <see cref="Forward"/>.</summary>
    /// <param name="domain">The domain ⟨ω⟩.</param>
    /// <param name="points">As many points of the subgroup of order r as the domain has elements; overwritten.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <param name="progress">Told the share that is done after each of the log₂ n + 1 passes.</param>
    /// <exception cref="ArgumentException">The number of points is not the domain's size.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the points are then unspecified.</exception>
    public static void Inverse<TField, TCurve, TFr>(
        NttDomain<TFr> domain, Span<Affine<TField, TCurve>> points, EngineOptions options = default, IProgress<double>? progress = null)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Transform(domain, points, domain.RootInverse, KernelTiers.Current, options, progress);
        var scale = new Scalar256[points.Length];
        Array.Fill(scale, Scalar256.From(domain.SizeInverse));
        PointMultiples.Multiply(points, scale, points, options);
        progress?.Report(1);
    }

    /// <summary>The sum with powers of a root, with the arithmetic of a tier: decimation in time.</summary>
    internal static void Transform<TField, TCurve, TFr>(
        NttDomain<TFr> domain, Span<Affine<TField, TCurve>> points, in TFr root, KernelTier tier, EngineOptions options, IProgress<double>? progress = null)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        int n = domain.Size;
        if (points.Length != n)
        {
            throw new ArgumentException($"A domain of {n} elements cannot transform {points.Length} points.", nameof(points));
        }

        var powers = new Scalar256[Math.Max(1, n / 2)];
        TFr power = TFr.One;
        for (int i = 0; i < powers.Length; i++)
        {
            powers[i] = Scalar256.From(power);
            power *= root;
        }

        Permute(points, domain.LogSize);
        var odd = new Affine<TField, TCurve>[n / 2];
        var even = new Affine<TField, TCurve>[n / 2];
        var twiddles = new Scalar256[n / 2];
        for (int half = 1; half < n; half *= 2)
        {
            // Butterfly b of the stage: position b % half of block b / half.
            int stride = n / (2 * half);
            for (int b = 0; b < n / 2; b++)
            {
                int at = (b / half * 2 * half) + (b % half);
                even[b] = points[at];
                odd[b] = points[at + half];
                twiddles[b] = powers[b % half * stride];
            }

            if (half > 1)
            {
                PointMultiples.Multiply(odd, twiddles, odd, tier, options);
            }

            Butterflies(even, odd, tier, options);
            for (int b = 0; b < n / 2; b++)
            {
                int at = (b / half * 2 * half) + (b % half);
                points[at] = even[b];
                points[at + half] = odd[b];
            }

            // The scaling of an inverse transform multiplies twice as many points as a pass.
            progress?.Report((BitOperations.Log2((uint)half) + 1.0) / (domain.LogSize + 2));
        }
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
