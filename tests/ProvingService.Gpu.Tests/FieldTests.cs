// Owns: tests of kernels/field.h and fp2.h on an OpenCL device, against the processor's fields.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public sealed class FieldTests(OpenClFixture fixture, ITestOutputHelper output)
{
    private const int Results = 9;

    private const string Common = """
        KERNEL(64) operations(GLOBAL const ELEMENT *a, GLOBAL const ELEMENT *b, GLOBAL ELEMENT *results, u32 count)
        {
            u32 i = global_index();
            if (i >= count)
                return;
            ELEMENT x = a[i], y = b[i];
            GLOBAL ELEMENT *r = results + i * 9;
            r[0] = OF(add)(x, y);
            r[1] = OF(sub)(x, y);
            r[2] = OF(neg)(x);
            r[3] = OF(double)(x);
            r[4] = OF(mul)(x, y);
            r[5] = OF(sqr)(x);
            r[6] = OF(is_zero)(x) ? OF(one)() : OF(zero)();
            r[7] = OF(inverse)(x);
            r[8] = LAST;
        }
        """;

    private readonly OracleRandom random = new(output);

    [OpenClFact]
    public void Bls12381_fields_equal_those_of_the_processor()
    {
        Prime<Bls12381Fr>(1, "fr", "fr_to_montgomery(fr_from_montgomery(x))", (a, _) => a);
        Prime<Bls12381Fp>(1, "fp", "fp_difference_of_products(x, x, y, fp_add(x, y))", (a, b) => (a * a) - (b * (a + b)));
        Quadratic<Bls12381Fp>(1);
    }

    [OpenClFact]
    public void Bn254_fields_equal_those_of_the_processor()
    {
        Prime<Bn254Fr>(2, "fr", "fr_sum_of_products(x, x, y, fr_add(x, y))", (a, b) => (a * a) + (b * (a + b)));
        Prime<Bn254Fp>(2, "fp", "fp_difference_of_products(x, x, y, fp_add(x, y))", (a, b) => (a * a) - (b * (a + b)));
        Quadratic<Bn254Fp>(2);
    }

    private void Prime<T>(long curve, string name, string last, Func<T, T, T> expected)
        where T : unmanaged, IPrimeField<T>
    {
        T[] edges = Edges<T>();
        T[] random = [.. Enumerable.Range(0, 64).Select(_ => this.random.Element<T>())];
        Compare(curve, "fields.h", name, last, edges, random, expected);
    }

    private void Quadratic<T>(long curve)
        where T : unmanaged, IPrimeField<T>
    {
        T[] edges = [T.Zero, T.One, -T.One, T.FromBigInteger(T.Modulus / 2), Edges<T>()[^1]];
        Fp2<T>[] pairs = [.. edges.SelectMany(a => edges.Select(b => new Fp2<T>(a, b)))];
        Fp2<T>[] random = [.. Enumerable.Range(0, 32).Select(_ => new Fp2<T>(this.random.Element<T>(), this.random.Element<T>()))];
        Compare(
            curve, "fp2.h", "fp2", "fp2_difference_of_products(x, x, y, fp2_add(x, y))", pairs, random, (a, b) => (a * a) - (b * (a + b)));
    }

    /// <summary>Small and large values, and values whose limbs in Montgomery form are 0, 1, p − 1 or full.</summary>
    private static T[] Edges<T>()
        where T : unmanaged, IPrimeField<T>
    {
        T two = T.One + T.One, radix = Field.Pow(two, (ulong)(64 * T.LimbCount)), inverse = T.Inverse(radix);
        T[] limbs = [.. new[] { 31, 32, 33, 64, 128, 224, 240 }.Select(bits => inverse * (Field.Pow(two, (ulong)bits) - T.One))];
        return
        [
            T.Zero, T.One, -T.One, two, -two, T.FromBigInteger(T.Modulus / 2), T.FromBigInteger((T.Modulus / 2) + 1), radix,
            .. limbs, inverse, -inverse,
        ];
    }

    private void Compare<T>(long curve, string file, string name, string last, T[] edges, T[] others, Func<T, T, T> expected)
        where T : unmanaged, IFieldOperations<T>
    {
        KernelSource fields = KernelSource.Load(name, file, ("CURVE", curve));
        KernelSource source = KernelSource.FromText(
            "field test", $"{fields.Text}\n#define ELEMENT {name}\n#define OF(f) {name}_##f\n#define LAST {last}\n{Common}");
        T[] a = [.. edges.SelectMany(_ => edges), .. others];
        T[] b = [.. edges.SelectMany(edge => Enumerable.Repeat(edge, edges.Length)), .. others.Reverse()];
        GpuSession session = fixture.Session;
        using GpuReservation memory = session.Memory.Reserve(MsmVectors.Bytes(a), MsmVectors.Bytes(b), Results * MsmVectors.Bytes(a));
        MsmVectors.Upload<T>(session, a, memory[0]);
        MsmVectors.Upload<T>(session, b, memory[1]);
        session.Compute.Launch(
            session.Program(source).Kernel("operations"), (uint)(a.Length + 63) / 64, 64, memory[0], memory[1], memory[2], a.Length);
        T[] results = MsmVectors.Download<T>(session, memory[2], Results * a.Length);
        for (int i = 0; i < a.Length; i++)
        {
            T[] wanted =
            [
                a[i] + b[i], a[i] - b[i], -a[i], a[i] + a[i], a[i] * b[i], T.Square(a[i]), T.IsZero(a[i]) ? T.One : T.Zero,
                T.Inverse(a[i]), expected(a[i], b[i]),
            ];
            Assert.Equal(wanted, results[(Results * i)..(Results * (i + 1))]);
        }
    }
}
