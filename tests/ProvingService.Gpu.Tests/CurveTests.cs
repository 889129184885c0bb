// Owns: tests of kernels/curve.h: each formula with equal, opposite and infinite points, against the processor's groups.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public sealed class CurveTests(OpenClFixture fixture, ITestOutputHelper output)
{
    private const int Results = 5;

    private const string Kernels = """
        KERNEL(64) operations(GLOBAL const xyzz *a, GLOBAL const affine *b, GLOBAL const xyzz *c, GLOBAL xyzz *results, u32 count)
        {
            u32 i = global_index();
            if (i >= count)
                return;
            GLOBAL xyzz *r = results + i * 5;
            r[0] = xyzz_add_affine(a[i], b[i]);
            xyzz p = a[i], q = c[i];
            xyzz_accumulate(&p, &q);
            r[1] = p;
            p = a[i];
            xyzz_double_times(&p, 3);
            r[2] = p;
            r[3] = affine_double(b[i]);
            r[4] = xyzz_from_affine(b[i]);
        }
        """;

    private readonly OracleRandom random = new(output);

    [OpenClFact]
    public void Bls12381_G1() => Compare<Bls12381Fp, Bls12381>();

    [OpenClFact]
    public void Bls12381_G2() => Compare<Fp2<Bls12381Fp>, Bls12381>();

    [OpenClFact]
    public void Bn254_G1() => Compare<Bn254Fp, Bn254>();

    [OpenClFact]
    public void Bn254_G2() => Compare<Fp2<Bn254Fp>, Bn254>();

    private void Compare<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Affine<TField, TCurve> p = random.SubgroupPoint<TField, TCurve>(), q = random.SubgroupPoint<TField, TCurve>();
        Affine<TField, TCurve>[] points = [default, TCurve.Generator, p, -p, q, (p + (Jacobian<TField, TCurve>)q).ToAffine(), AtZero<TField, TCurve>() ?? -q];

        // Every pair, the first with a denominator of its own.
        var scales = points.SelectMany(_ => points.Select(_ => random.SubgroupPoint<TField, TCurve>().X)).ToArray();
        Affine<TField, TCurve>[] b = [.. points.SelectMany(_ => points)];
        Affine<TField, TCurve>[] left = [.. points.SelectMany(point => Enumerable.Repeat(point, points.Length))];
        Xyzz<TField, TCurve>[] a = [.. left.Select((point, i) => Scaled(point, scales[i]))];
        Xyzz<TField, TCurve>[] c = [.. b.Select((point, i) => Scaled(point, TField.Square(scales[i])))];
        var shape = MsmShape.Of<TField, TCurve>();
        KernelSource curve = KernelSource.Load("curve", "curve.h", ("CURVE", GpuFields.Number(shape.Curve)), ("GROUP", shape.Group));
        KernelSource source = KernelSource.FromText("curve test", curve.Text + Kernels);
        GpuSession session = fixture.Session;
        using GpuReservation memory = session.Memory.Reserve(
            MsmVectors.Bytes(a), MsmVectors.Bytes(b), MsmVectors.Bytes(c), Results * MsmVectors.Bytes(a));
        MsmVectors.Upload<Xyzz<TField, TCurve>>(session, a, memory[0]);
        MsmVectors.Upload<Affine<TField, TCurve>>(session, b, memory[1]);
        MsmVectors.Upload<Xyzz<TField, TCurve>>(session, c, memory[2]);
        session.Compute.Launch(
            session.Program(source).Kernel("operations"), (uint)(a.Length + 63) / 64, 64, memory[0], memory[1], memory[2], memory[3], a.Length);
        Xyzz<TField, TCurve>[] results = MsmVectors.Download<Xyzz<TField, TCurve>>(session, memory[3], Results * a.Length);
        for (int i = 0; i < a.Length; i++)
        {
            Xyzz<TField, TCurve> eightfold = a[i];
            for (int j = 0; j < 3; j++)
            {
                eightfold = Xyzz<TField, TCurve>.Double(eightfold);
            }

            Affine<TField, TCurve> sum = (a[i] + b[i]).ToAffine();
            Affine<TField, TCurve>[] wanted = [sum, sum, eightfold.ToAffine(), Xyzz<TField, TCurve>.Double(b[i]).ToAffine(), b[i]];
            Assert.Equal(wanted, results[(Results * i)..(Results * (i + 1))].Select(result => result.ToAffine()));
        }
    }

    /// <summary>The point (0, √b), of order 3, which the formulas must not take for infinity; null where b is no square.</summary>
    private static Affine<TField, TCurve>? AtZero<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        TField.TrySqrt(TCurve.B, out TField y) ? new(default, y) : null;

    private static Xyzz<TField, TCurve> Scaled<TField, TCurve>(in Affine<TField, TCurve> p, in TField z)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        TField zz = TField.Square(z), zzz = zz * z;
        return p.IsInfinity ? default : new(p.X * zz, p.Y * zzz, zz, zzz);
    }
}
