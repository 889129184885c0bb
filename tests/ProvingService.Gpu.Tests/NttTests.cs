// Owns: tests of transforms on a device against the portable engine.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public sealed unsafe class NttTests(OpenClFixture fixture, ITestOutputHelper output)
{
    private static readonly NttOrder[] Orders = Enum.GetValues<NttOrder>();

    private readonly OracleRandom random = new(output);

    /// <summary>Sizes with one pass and with two, the second one wider than there are columns and not.</summary>
    [OpenClTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(14)]
    public void Transforms_equal_those_of_the_portable_engine(int logSize)
    {
        EveryWay<Bls12381Fr>(GpuNttPlan.Create(logSize));
        EveryWay<Bn254Fr>(GpuNttPlan.Create(logSize));
    }

    /// <summary>Small tiles and small upper tables: one to four passes, even and odd, with powers of one factor and of two.</summary>
    [OpenClTheory]
    [InlineData(4, 16)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    public void Every_number_of_passes_gives_the_same(int logTile, int logHigh)
    {
        for (int logSize = 0; logSize <= 13; logSize++)
        {
            // A program each is enough: drivers take seconds for one.
            if (logTile == 4)
            {
                EveryWay<Bls12381Fr>(GpuNttPlan.Create(logSize, logTile, logHigh));
            }
            else
            {
                EveryWay<Bn254Fr>(GpuNttPlan.Create(logSize, logTile, logHigh));
            }
        }
    }

    [OpenClFact]
    public void Vectors_of_another_length_and_zero_shifts_are_refused()
    {
        using var tables = new GpuNttTables<Bls12381Fr>(fixture.Session, NttDomain<Bls12381Fr>.OfLogSize(4));
        using GpuReservation memory = fixture.Session.Memory.Reserve(tables.Plan.VectorBytes, 2 * tables.Plan.VectorBytes);
        Assert.Throws<ArgumentException>(
            () => GpuNtt.Forward(fixture.Session, tables, memory[1], NttOrder.NaturalToReversed, Bls12381Fr.One, default));
        Assert.Throws<ArgumentException>(
            () => GpuNtt.Inverse(fixture.Session, tables, memory[0], NttOrder.NaturalToReversed, Bls12381Fr.Zero, default));
    }

    [OpenClFact]
    public void A_cancelled_transform_stops()
    {
        using var tables = new GpuNttTables<Bls12381Fr>(fixture.Session, NttDomain<Bls12381Fr>.OfLogSize(4));
        using GpuReservation memory = fixture.Session.Memory.Reserve(tables.Plan.VectorBytes);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => GpuNtt.Forward(fixture.Session, tables, memory[0], NttOrder.NaturalToReversed, Bls12381Fr.One, source.Token));
    }

    [OpenClFact]
    public void Tables_give_their_memory_back()
    {
        long before = fixture.Session.Memory.LentBytes;
        using (new GpuNttTables<Bn254Fr>(fixture.Session, NttDomain<Bn254Fr>.OfLogSize(4)))
        {
            Assert.True(fixture.Session.Memory.LentBytes > before);
        }

        Assert.Equal(before, fixture.Session.Memory.LentBytes);
    }

    private void EveryWay<TFr>(GpuNttPlan plan)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(plan.LogSize);
        using var tables = new GpuNttTables<TFr>(fixture.Session, domain, plan);
        using GpuReservation memory = fixture.Session.Memory.Reserve(plan.VectorBytes);
        var shifts = new[] { TFr.One, random.Element<TFr>() };
        int kind = 0;
        foreach (TFr shift in shifts)
        {
            foreach (NttOrder order in Orders)
            {
                foreach (bool inverse in (bool[])[false, true])
                {
                    // Each kind of vector meets each way in some size.
                    TFr[] values = NttVectors.Make<TFr>(random, domain.Size, kind++ % NttVectors.Kinds), expected = [.. values];
                    if (inverse)
                    {
                        PortableEngine.Instance.Inverse(domain, expected, order, shift);
                    }
                    else
                    {
                        PortableEngine.Instance.Forward(domain, expected, order, shift);
                    }

                    fixed (TFr* pointer = values)
                    {
                        IGpuQueue queue = fixture.Session.Compute;
                        queue.Upload(pointer, memory[0]);
                        if (inverse)
                        {
                            GpuNtt.Inverse(fixture.Session, tables, memory[0], order, shift, default);
                        }
                        else
                        {
                            GpuNtt.Forward(fixture.Session, tables, memory[0], order, shift, default);
                        }

                        queue.Download(memory[0], pointer);
                        queue.Synchronize();
                    }

                    Assert.True(
                        expected.AsSpan().SequenceEqual(values),
                        $"{TFr.Name} 2^{plan.LogSize} in {plan.Passes.Count} passes, {order}, inverse {inverse}, shift {shift}, seed {random.Seed}");
                }
            }
        }
    }
}
