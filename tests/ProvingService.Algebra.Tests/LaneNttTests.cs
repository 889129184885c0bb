// Owns: the transforms in lanes against the portable ones, bit for bit, in every tier that the machine has.

using System.Runtime.InteropServices;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381FrLaneNttTests(ITestOutputHelper output) : LaneNttTests<Bls12381Fr>(output);

public sealed class Bn254FrLaneNttTests(ITestOutputHelper output) : LaneNttTests<Bn254Fr>(output);

public abstract class LaneNttTests<TFr>(ITestOutputHelper output)
    where TFr : unmanaged, IPrimeField<TFr>
{
    private static readonly NttOrder[] Orders = [NttOrder.NaturalToNatural, NttOrder.NaturalToReversed, NttOrder.ReversedToNatural];

    private static readonly CpuEngine[] Engines =
        [.. Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported).Select(CpuEngine.Of)];

    private readonly OracleRandom random = new(output);

    [Fact]
    public void All_sizes_orders_and_cosets_equal_the_portable_transforms()
    {
        for (int k = 0; k <= 14; k++)
        {
            TFr[] shifts = k < 12 ? [TFr.One, random.Element<TFr>(), -TFr.One] : [TFr.One, random.Element<TFr>()];
            foreach (NttOrder order in Orders)
            {
                foreach (TFr shift in shifts)
                {
                    Compare(k, order, shift, Vector(1 << k), new(k % 2 == 0 ? 1 : 2));
                }
            }
        }
    }

    [Fact]
    public void Large_sizes_equal_the_portable_transforms()
    {
        Compare(16, NttOrder.NaturalToReversed, random.Element<TFr>(), Vector(1 << 16), new(2));
        Compare(17, NttOrder.ReversedToNatural, random.Element<TFr>(), Vector(1 << 17), new(1));
        Compare(18, NttOrder.NaturalToReversed, TFr.One, Vector(1 << 18), new(2));
    }

    [Fact]
    public void Zeros_ones_and_largest_values_equal_the_portable_transforms()
    {
        foreach (TFr value in new[] { TFr.Zero, TFr.One, -TFr.One, -TFr.Inverse(Field.Pow(TFr.FromUInt64(2), 256UL)) })
        {
            for (int k = 6; k <= 11; k++)
            {
                var values = new TFr[1 << k];
                Array.Fill(values, value);
                foreach (NttOrder order in Orders)
                {
                    Compare(k, order, TFr.One, values, new(1));
                }
            }
        }
    }

    [Fact]
    public void Cancellation_wrong_lengths_and_zero_shifts_are_refused_as_by_the_portable_engine()
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(8);
        foreach (CpuEngine engine in Engines)
        {
            EngineOptions cancelled = new(1, new(canceled: true));
            Assert.Throws<ArgumentException>(() => engine.Forward(domain, new TFr[255], NttOrder.NaturalToReversed, TFr.One));
            Assert.Throws<ArgumentException>(() => engine.Inverse(domain, new TFr[256], NttOrder.NaturalToReversed, TFr.Zero));
            Assert.Throws<OperationCanceledException>(
                () => engine.Forward(domain, new TFr[256], NttOrder.NaturalToReversed, TFr.One, cancelled));
        }
    }

    [Fact]
    public void Quotients_equal_their_definition_and_the_portable_ones()
    {
        for (int k = 2; k <= 13; k++)
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(k);
            TFr shift = k % 2 == 0 ? NttDomain<TFr>.OfLogSize(k + 1).Root : random.Element<TFr>();
            TFr[] a = Vector(domain.Size), b = Vector(domain.Size), c = [.. a.Zip(b, (x, y) => x * y)];
            TFr[][] moved = [[.. a], [.. b], c];
            foreach (TFr[] values in moved)
            {
                PortableEngine.Instance.Inverse(domain, values, NttOrder.NaturalToNatural, TFr.One);
                PortableEngine.Instance.Forward(domain, values, NttOrder.NaturalToNatural, shift);
            }

            Scalar256[] expected = [.. Enumerable.Range(0, domain.Size).Select(i => Scalar256.From((moved[0][i] * moved[1][i]) - moved[2][i]))];
            foreach (INttEngine engine in (INttEngine[])[PortableEngine.Instance, .. Engines])
            {
                // The result in memory of its own, and in that of a.
                TFr[] x = [.. a], y = [.. b], scratch = new TFr[domain.Size];
                var result = new Scalar256[domain.Size];
                engine.Quotient(domain, x, y, scratch, shift, result, new(2));
                Assert.Equal(expected, result);
                TFr[] inPlace = [.. a];
                engine.Quotient(domain, inPlace, [.. b], scratch, shift, MemoryMarshal.Cast<TFr, Scalar256>(inPlace.AsSpan()), new(1));
                Assert.True(MemoryMarshal.Cast<TFr, Scalar256>(inPlace.AsSpan()).SequenceEqual(expected));
            }
        }
    }

    private void Compare(int k, NttOrder order, TFr shift, TFr[] values, EngineOptions options)
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(k);
        TFr[] forward = [.. values], inverse = [.. values];
        PortableEngine.Instance.Forward(domain, forward, order, shift);
        PortableEngine.Instance.Inverse(domain, inverse, order, shift);
        foreach (CpuEngine engine in Engines)
        {
            TFr[] result = [.. values];
            engine.Forward(domain, result, order, shift, options);
            Assert.True(forward.AsSpan().SequenceEqual(result), $"forward 2^{k}, {order}, {engine.Tier}");
            result = [.. values];
            engine.Inverse(domain, result, order, shift, options);
            Assert.True(inverse.AsSpan().SequenceEqual(result), $"inverse 2^{k}, {order}, {engine.Tier}");
        }
    }

    private TFr[] Vector(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Element<TFr>())];
}
