// Owns: bases with their multiples by powers of two, for many MSMs over the same bases. Everything else: Pippenger.cs.

namespace ProvingService.Algebra;

/// <summary>
/// Bases P_i with 2^(c·w)·P_i for every window w of c bits. All windows then share one set of buckets, so that there is no
/// chain of doublings, the buckets are weighed once, and c can be larger: about a quarter less work for ⌈256/c⌉ times the
/// memory of the bases, 100 MB for 2^16 points of BLS12-381 G1. Worth it for a key that proves often and a machine that has the
/// memory. Immutable and thread-safe until it is disposed.
/// </summary>
/// <typeparam name="TField">The field of the coordinates.</typeparam>
/// <typeparam name="TCurve">The curve.</typeparam>
public sealed unsafe class PrecomputedBases<TField, TCurve> : IDisposable
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private const int ScalarBits = 256;

    /// <summary>Points an item of work of the table's making: several batches of lanes' worth would gain nothing.</summary>
    private const int Slice = 1 << 10;

    private readonly KernelTier tier;
    private readonly int windowBits;
    private readonly NativeBuffer<Affine<TField, TCurve>> multiples;

    /// <summary>Computes the multiples: 256 doublings a base, in lanes, on all threads.</summary>
    /// <param name="bases">Points of the subgroup of order r, or infinity.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">There are more bases than 2^31 over the number of windows.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    public PrecomputedBases(ReadOnlySpan<Affine<TField, TCurve>> bases, EngineOptions options = default)
        : this(bases, KernelTiers.Current, options)
    {
    }

    internal PrecomputedBases(ReadOnlySpan<Affine<TField, TCurve>> bases, KernelTier tier, EngineOptions options)
    {
        this.tier = tier;
        Count = bases.Length;
        windowBits = WindowFor(Count);
        int windows = WindowsOf(windowBits);
        if ((long)Count * windows > int.MaxValue)
        {
            throw new ArgumentException($"{Count} bases make more than 2^31 multiples.", nameof(bases));
        }

        multiples = new((long)Count * windows);
        bases.CopyTo(new(multiples.Pointer, Count));
        try
        {
            Workers.Run((Count + Slice - 1) / Slice, options, item => Fill(item * Slice, windows, options.CancellationToken));
        }
        catch
        {
            multiples.Dispose();
            throw;
        }
    }

    /// <summary>The number of bases.</summary>
    public int Count { get; }

    /// <summary>Bytes of memory held.</summary>
    public long Bytes => multiples.Length * sizeof(Affine<TField, TCurve>);

    /// <summary>The bytes that so many bases take.</summary>
    public static long BytesFor(int count) => (long)count * WindowsOf(WindowFor(count)) * sizeof(Affine<TField, TCurve>);

    /// <summary>Σ scalars[i]·P_i; equal to <see cref="IMsmEngine.Multiply"/> in affine form.</summary>
    /// <param name="scalars">As many as bases: any 256-bit integers.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    public Jacobian<TField, TCurve> Multiply(ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
    {
        ObjectDisposedException.ThrowIf(multiples.Pointer == null, this);
        return scalars.Length == Count
            ? Pippenger.Multiply(multiples.Pointer, Count, windowBits, scalars, options, tier)
            : throw new ArgumentException($"{Count} bases do not go with {scalars.Length} scalars.", nameof(scalars));
    }

    /// <inheritdoc/>
    public void Dispose() => multiples.Dispose();

    private static int WindowsOf(int windowBits) => (ScalarBits + windowBits) / windowBits;

    /// <summary>Entries against buckets: the count at which the next bit of a window saves as much as its buckets cost.</summary>
    private static int WindowFor(int count) => Math.Clamp(System.Numerics.BitOperations.Log2((uint)Math.Max(count, 1)) + 1, 4, MsmPlan.MaxWindowBits);

    private void Fill(int first, int windows, CancellationToken cancellationToken)
    {
        int count = Math.Min(Slice, Count - first);
        var powers = new Scalar256[count];
        Array.Fill(powers, new Scalar256(1UL << windowBits));
        for (int w = 1; w < windows; w++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Affine<TField, TCurve>* from = multiples.Pointer + ((w - 1L) * Count) + first;
            PointMultiples.Multiply(
                new ReadOnlySpan<Affine<TField, TCurve>>(from, count), powers, new(from + Count, count), tier, new(1, cancellationToken));
        }
    }
}
