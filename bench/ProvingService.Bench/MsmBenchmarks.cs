// Owns: figures of multi-scalar and fixed-base multiplication.

using BenchmarkDotNet.Attributes;
using ProvingService.Algebra;

namespace ProvingService.Bench;

/// <summary>MSM with full-size scalars and with those of a typical witness, on one thread and on all, by every tier.</summary>
[MemoryDiagnoser]
[EveryTier]
[GenericTypeArguments(typeof(Fp384<Bls12381FpParams>), typeof(Bls12381))]
[GenericTypeArguments(typeof(Fp256<Bn254FpParams>), typeof(Bn254))]
[GenericTypeArguments(typeof(Fp2<Fp384<Bls12381FpParams>>), typeof(Bls12381))]
[GenericTypeArguments(typeof(Fp2<Fp256<Bn254FpParams>>), typeof(Bn254))]
public class MsmBenchmarks<TField, TCurve>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private Affine<TField, TCurve>[] bases = [];
    private Scalar256[] full = [];
    private Scalar256[] witness = [];
    private FixedBaseTable<TField, TCurve> table = null!;

    [Params(10, 12, 14, 16, 18, 20)]
    public int LogSize { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        ulong Word() => (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        full = [.. Enumerable.Range(0, 1 << LogSize).Select(_ => new Scalar256(Word(), Word(), Word(), Word() >> 2))];

        // Nine in ten are zero or one, as where a circuit decomposes into bits.
        witness = [.. full.Select((s, i) => i % 10 == 0 ? s : new Scalar256((ulong)i & 1))];
        table = new(TCurve.Generator, full.Length);
        bases = new Affine<TField, TCurve>[full.Length];
        table.Multiply(full, bases);
    }

    [Benchmark]
    public Jacobian<TField, TCurve> OneThread() => CpuEngine.Default.Multiply<TField, TCurve>(bases, full, new(1));

    [Benchmark]
    public Jacobian<TField, TCurve> AllThreads() => CpuEngine.Default.Multiply<TField, TCurve>(bases, full);

    [Benchmark]
    public Jacobian<TField, TCurve> WitnessOneThread() => CpuEngine.Default.Multiply<TField, TCurve>(bases, witness, new(1));

    [Benchmark]
    public Affine<TField, TCurve>[] FixedBaseOneThread()
    {
        table.Multiply(full, bases, new(1));
        return bases;
    }
}
