// Owns: whole jobs of the engine as CUDA: the PTX that is shipped (CudaProgramTests holds that it is), run by the hosts of
// transforms, rows and sums on the interpreter.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed unsafe class CudaJobTests(ITestOutputHelper output)
{
    private readonly OracleRandom random = new(output);

    [ClangFact]
    public void Transforms_and_quotients_over_Bls12381_equal_those_of_the_portable_engine() => Transforms<Bls12381Fr>();

    [ClangFact]
    public void Transforms_and_quotients_over_Bn254_equal_those_of_the_portable_engine() => Transforms<Bn254Fr>();

    [ClangFact]
    public void Products_of_rows_equal_their_sums()
    {
        Rows<Bls12381Fr>();
        Rows<Bn254Fr>();
    }

    [ClangFact]
    public void Sums_over_G1_equal_those_of_the_portable_engine()
    {
        Sums<Bls12381Fp, Bls12381, Bls12381Fr>(24, plan => plan with { Sets = plan.Windows });
        Sums<Bn254Fp, Bn254, Bn254Fr>(24, WithTables);
    }

    [ClangFact]
    public void Sums_over_G2_equal_those_of_the_portable_engine()
    {
        Sums<Fp2<Bls12381Fp>, Bls12381, Bls12381Fr>(14, WithTables);
        Sums<Fp2<Bn254Fp>, Bn254, Bn254Fr>(14, WithTables);
    }

    private static GpuMsmPlan WithTables(GpuMsmPlan plan) => plan with { Sets = 3, Fold = true };

    /// <summary>
    /// Edge values of scalars, each with equal, opposite and infinite bases; a bucket set for each window, or tables of
    /// multiples instead. Most of the work is the reduction, which takes as long for few points as for many.
    /// </summary>
    private void Sums<TField, TCurve, TFr>(int count, Func<GpuMsmPlan, GpuMsmPlan> choose)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        using var device = new PtxDevice();
        Affine<TField, TCurve> point = random.SubgroupPoint<TField, TCurve>();
        var bases = new Affine<TField, TCurve>[count];
        var scalars = new Scalar256[count];
        for (int i = 0; i < count; i++)
        {
            bases[i] = (i % 7) switch
            {
                0 => point,
                1 => -point,
                2 => default,
                _ => random.SubgroupPoint<TField, TCurve>(),
            };
            scalars[i] = Scalar256.From((i / 2 % 5) switch
            {
                0 => TFr.One,
                1 => -TFr.One,
                2 => TFr.Zero,
                _ => random.Element<TFr>(),
            });
        }

        Affine<TField, TCurve> expected = PortableEngine.Instance.Multiply<TField, TCurve>(bases, scalars).ToAffine();
        GpuMsmPlan plan = choose(new() { Shape = MsmShape.Of<TField, TCurve>(), Capacity = count, Window = 7, Sets = 1, Segment = 4 });
        Affine<TField, TCurve> sum = GpuMsm.Run<TField, TCurve>(device.Session, bases, scalars, plan).ToAffine();
        Assert.True(expected.Equals(sum), $"{TCurve.GroupName}, seed {random.Seed}");
    }

    /// <summary>Within one tile, and in two passes.</summary>
    private void Transforms<TFr>()
        where TFr : unmanaged, IPrimeField<TFr>
    {
        using var device = new PtxDevice();
        foreach (int logSize in (int[])[8, 11])
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(logSize);
            using var tables = new GpuNttTables<TFr>(device.Session, domain);
            long bytes = tables.Plan.VectorBytes;
            using GpuReservation memory = device.Session.Memory.Reserve(bytes, bytes, bytes);
            TFr[] a = NttVectors.Make<TFr>(random, domain.Size, 1), b = NttVectors.Make<TFr>(random, domain.Size, 0);
            TFr shift = random.Element<TFr>();
            TFr[] transformed = new TFr[domain.Size], expectedTransform = [.. a];
            Scalar256[] quotient = new Scalar256[domain.Size], expectedQuotient = new Scalar256[domain.Size];
            IGpuQueue queue = device.Session.Compute;
            fixed (TFr* pointerA = a, pointerB = b, pointer = transformed)
            fixed (Scalar256* result = quotient)
            {
                queue.Upload(pointerA, memory[0]);
                GpuNtt.Forward(device.Session, tables, memory[0], NttOrder.NaturalToNatural, shift, default);
                queue.Download(memory[0], pointer);
                queue.Upload(pointerA, memory[0]);
                queue.Upload(pointerB, memory[1]);
                GpuNtt.Quotient(device.Session, tables, memory[0], memory[1], memory[2], shift, memory[0], default);
                queue.Download(memory[0], result);
                queue.Synchronize();
            }

            PortableEngine.Instance.Forward(domain, expectedTransform, NttOrder.NaturalToNatural, shift);
            PortableEngine.Instance.Quotient(domain, a, b, new TFr[domain.Size], shift, expectedQuotient);
            Assert.True(expectedTransform.AsSpan().SequenceEqual(transformed), $"{TFr.Name} 2^{logSize}, seed {random.Seed}");
            Assert.True(expectedQuotient.AsSpan().SequenceEqual(quotient), $"{TFr.Name} 2^{logSize}, seed {random.Seed}");
        }
    }

    private void Rows<TFr>()
        where TFr : unmanaged, IPrimeField<TFr>
    {
        const int Wires = 50;
        using var device = new PtxDevice();
        TFr[] witness = NttVectors.Make<TFr>(random, Wires, 1), expected = new TFr[128], actual = new TFr[128];
        List<uint> starts = [0], wires = [];
        List<TFr> values = [];
        for (int row = 0; row < 100; row++)
        {
            for (int i = row == 7 ? 1100 : random.Next(5); i > 0; i--)
            {
                int wire = random.Next(Wires);
                TFr value = random.Next(3) == 0 ? -TFr.One : random.Element<TFr>();
                wires.Add((uint)wire);
                values.Add(value);
                expected[row] += value * witness[wire];
            }

            starts.Add((uint)wires.Count);
        }

        using GpuRows<TFr> rows = GpuRows<TFr>.Load(device.Session, new([.. starts], [.. wires], [.. values]));
        using GpuReservation memory = device.Session.Memory.Reserve((long)Wires * sizeof(TFr), (long)expected.Length * sizeof(TFr));
        fixed (TFr* from = witness, to = actual)
        {
            device.Session.Compute.Upload(from, memory[0]);
            rows.Evaluate(device.Session, memory[0], memory[1], default);
            device.Session.Compute.Download(memory[1], to);
            device.Session.Compute.Synchronize();
        }

        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{TFr.Name}, seed {random.Seed}");
    }
}
