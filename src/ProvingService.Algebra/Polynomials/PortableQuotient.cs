// Owns: a·b − c on a coset by the portable transforms. The contract: INttEngine.cs. In lanes: LaneQuotient.cs.

namespace ProvingService.Algebra;

/// <summary>Three inverse and three forward transforms, products and differences element by element.</summary>
internal static unsafe class PortableQuotient
{
    private const int Range = 1 << 12;

    /// <summary>See <see cref="INttEngine.Quotient"/>.</summary>
    public static void Evaluate<TFr>(
        NttDomain<TFr> domain, Span<TFr> a, Span<TFr> b, Span<TFr> c, in TFr shift, Span<Scalar256> result, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr inverseShift = TFr.Inverse(shift);
        int size = domain.Size, ranges = (size + Range - 1) / Range;

        // Pinned for the whole call: workers take disjoint ranges of the vectors, within the domain's size.
        fixed (TFr* pointerA = a, pointerB = b, pointerC = c)
        fixed (Scalar256* pointerResult = result)
        {
            TFr* x = pointerA, y = pointerB, z = pointerC;
            Scalar256* target = pointerResult;
            Workers.Run(ranges, options, range =>
            {
                for (int i = range * Range; i < Math.Min(size, (range + 1) * Range); i++)
                {
                    z[i] = x[i] * y[i];
                }
            });
            Move(a, inverseShift);
            Move(b, inverseShift);
            Move(c, inverseShift);
            Workers.Run(ranges, options, range =>
            {
                for (int i = range * Range; i < Math.Min(size, (range + 1) * Range); i++)
                {
                    target[i] = Scalar256.From((x[i] * y[i]) - z[i]);
                }
            });
        }

        void Move(Span<TFr> values, in TFr inverse)
        {
            // An inverse transform that believes itself on the inverse coset scales coefficient i by shift^i on its way.
            PortableNtt.Inverse(domain, values, NttOrder.NaturalToReversed, inverse, options);
            PortableNtt.Forward(domain, values, NttOrder.ReversedToNatural, TFr.One, options);
        }
    }
}
