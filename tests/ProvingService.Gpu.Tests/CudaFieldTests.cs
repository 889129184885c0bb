// Owns: tests of the fields as compiled for CUDA: the PTX carry chains are executed, not only compiled.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed unsafe class CudaFieldTests(ITestOutputHelper output)
{
    private const string Kernels = """
        KERNEL(64) operations(GLOBAL const FIELD_TYPE *a, GLOBAL const FIELD_TYPE *b, GLOBAL FIELD_TYPE *results, u32 count)
        {
            u32 i = global_index();
            if (i >= count)
                return;
            GLOBAL FIELD_TYPE *r = results + i * 10;
            r[0] = OF(add)(a[i], b[i]);
            r[1] = OF(sub)(a[i], b[i]);
            r[2] = OF(neg)(a[i]);
            r[3] = OF(double)(a[i]);
            r[4] = OF(mul)(a[i], b[i]);
            r[5] = OF(sqr)(a[i]);
            r[6] = OF(to_montgomery)(OF(from_montgomery)(a[i]));
            r[7] = OF(is_zero)(a[i]) ? OF(one)() : OF(zero)();
            r[8] = OF(equal)(a[i], b[i]) ? OF(one)() : OF(zero)();
            r[9] = OF(inverse)(a[i]);
        }
        """;

    private readonly OracleRandom random = new(output);

    [ClangFact]
    public void Bls12381_fields_equal_those_of_the_processor()
    {
        Compare<Bls12381Fr>(1, "fr");
        Compare<Bls12381Fp>(1, "fp");
    }

    [ClangFact]
    public void Bn254_fields_equal_those_of_the_processor()
    {
        Compare<Bn254Fr>(2, "fr");
        Compare<Bn254Fp>(2, "fp");
    }

    private void Compare<TField>(long curve, string name)
        where TField : unmanaged, IPrimeField<TField>
    {
        KernelSource fields = KernelSource.Load("fields", "fields.h", ("CURVE", curve));
        KernelSource source = KernelSource.FromText(
            "field test", $"{fields.Text}\n#define FIELD_TYPE {name}\n#define OF(f) {name}_##f\n{Kernels}");

        // Every pair of the edge values, then random ones.
        TField[] edges =
        [
            TField.Zero, TField.One, -TField.One, TField.One + TField.One, -(TField.One + TField.One),
            Field.Pow(TField.One + TField.One, 32), Field.Pow(TField.One + TField.One, 31) - TField.One,
            TField.FromBigInteger(TField.Modulus / 2), TField.FromBigInteger((TField.Modulus / 2) + 1), TField.FromUInt64(ulong.MaxValue),
            // Whose Montgomery form is 1, and p - 1.
            TField.Inverse(Field.Pow(TField.One + TField.One, (ulong)(64 * TField.LimbCount))),
            -TField.Inverse(Field.Pow(TField.One + TField.One, (ulong)(64 * TField.LimbCount))),
        ];
        TField[] a = [.. edges.SelectMany(_ => edges), .. Enumerable.Range(0, 48).Select(_ => random.Element<TField>())];
        TField[] b = [.. edges.SelectMany(edge => Enumerable.Repeat(edge, edges.Length)), .. Enumerable.Range(0, 48).Select(_ => random.Element<TField>())];
        TField[] results = new TField[10 * a.Length];
        using var device = new PtxDevice();
        using GpuReservation memory = device.Session.Memory.Reserve((long)a.Length * sizeof(TField), (long)a.Length * sizeof(TField), (long)results.Length * sizeof(TField));
        IGpuQueue queue = device.Session.Compute;
        fixed (TField* first = a, second = b, third = results)
        {
            queue.Upload(first, memory[0]);
            queue.Upload(second, memory[1]);
            queue.Launch(
                device.Session.Program(source).Kernel("operations"), (uint)(a.Length + 63) / 64, 64, memory[0], memory[1], memory[2], (uint)a.Length);
            queue.Download(memory[2], third);
            queue.Synchronize();
        }

        for (int i = 0; i < a.Length; i++)
        {
            TField[] expected =
            [
                a[i] + b[i], a[i] - b[i], -a[i], a[i] + a[i], a[i] * b[i], a[i] * a[i], a[i],
                a[i] == TField.Zero ? TField.One : TField.Zero, a[i] == b[i] ? TField.One : TField.Zero,
                a[i] == TField.Zero ? TField.Zero : TField.Inverse(a[i]),
            ];
            Assert.Equal(expected, results[(10 * i)..(10 * (i + 1))]);
        }
    }
}
