// Owns: tests of the quotient on a device against the portable engine.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public sealed unsafe class QuotientTests(OpenClFixture fixture, ITestOutputHelper output)
{
    private readonly OracleRandom random = new(output);

    [OpenClTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(12)]
    public void Quotients_equal_those_of_the_portable_engine(int logSize)
    {
        Check<Bls12381Fr>(GpuNttPlan.Create(logSize));
        Check<Bn254Fr>(GpuNttPlan.Create(logSize));
    }

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
                Check<Bls12381Fr>(GpuNttPlan.Create(logSize, logTile, logHigh));
            }
            else
            {
                Check<Bn254Fr>(GpuNttPlan.Create(logSize, logTile, logHigh));
            }
        }
    }

    private void Check<TFr>(GpuNttPlan plan)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(plan.LogSize);
        using var tables = new GpuNttTables<TFr>(fixture.Session, domain, plan);
        using GpuReservation memory = fixture.Session.Memory.Reserve(plan.VectorBytes, plan.VectorBytes, plan.VectorBytes, plan.VectorBytes);

        // The prover's shift, whose square lies in the domain, and any other; the result apart and in a's place.
        TFr odd = Field.Pow(TFr.RootOfUnity, 1UL << (TFr.TwoAdicity - domain.LogSize - 1));
        for (int kind = 0; kind < 2; kind++)
        {
            TFr shift = kind == 0 ? odd : random.Element<TFr>();
            TFr[] a = NttVectors.Make<TFr>(random, domain.Size, kind == 0 ? 0 : random.Next(NttVectors.Kinds));
            TFr[] b = NttVectors.Make<TFr>(random, domain.Size, kind == 0 ? 0 : random.Next(NttVectors.Kinds));
            Scalar256[] expected = new Scalar256[domain.Size], actual = new Scalar256[domain.Size];
            GpuSlice result = memory[kind == 0 ? 0 : 3];
            fixed (TFr* pointerA = a, pointerB = b)
            fixed (Scalar256* pointer = actual)
            {
                IGpuQueue queue = fixture.Session.Compute;
                queue.Upload(pointerA, memory[0]);
                queue.Upload(pointerB, memory[1]);
                GpuNtt.Quotient(fixture.Session, tables, memory[0], memory[1], memory[2], shift, result, default);
                queue.Download(result, pointer);
                queue.Synchronize();
            }

            PortableEngine.Instance.Quotient(domain, a, b, new TFr[domain.Size], shift, expected);
            Assert.True(
                expected.AsSpan().SequenceEqual(actual),
                $"{TFr.Name} 2^{plan.LogSize} in {plan.QuotientPasses.Count} passes, shift {shift}, seed {random.Seed}");
        }
    }
}
