// Owns: figures of number-theoretic transforms.

using BenchmarkDotNet.Attributes;
using ProvingService.Algebra;

namespace ProvingService.Bench;

/// <summary>Transforms over the scalar fields of both curves by every tier.</summary>
[MemoryDiagnoser]
[EveryTier]
[GenericTypeArguments(typeof(Fp256<Bls12381FrParams>))]
[GenericTypeArguments(typeof(Fp256<Bn254FrParams>))]
public class NttBenchmarks<TFr>
    where TFr : unmanaged, IPrimeField<TFr>
{
    private static readonly CpuEngine Engine = CpuEngine.Default;
    private NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(0);
    private TFr[] values = [];
    private TFr shift;

    [Params(10, 12, 14, 16, 18, 20)]
    public int LogSize { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        domain = NttDomain<TFr>.OfLogSize(LogSize);
        shift = NttDomain<TFr>.OfLogSize(LogSize + 1).Root;
        values = [.. Enumerable.Range(1, domain.Size).Select(i => TFr.FromUInt64((ulong)i * 0x9e3779b97f4a7c15))];
    }

    [Benchmark]
    public void ToReversedOneThread() => Engine.Forward(domain, values.AsSpan(), NttOrder.NaturalToReversed, TFr.One, new(1));

    [Benchmark]
    public void ToNaturalOneThread() => Engine.Forward(domain, values.AsSpan(), NttOrder.ReversedToNatural, TFr.One, new(1));

    [Benchmark]
    public void ToReversedAllThreads() => Engine.Forward(domain, values.AsSpan(), NttOrder.NaturalToReversed, TFr.One);

    /// <summary>What a Groth16 prover does to each of three polynomials: from the domain to its odd coset.</summary>
    [Benchmark]
    public void ToCosetOneThread()
    {
        Engine.Inverse(domain, values.AsSpan(), NttOrder.NaturalToReversed, shift, new(1));
        Engine.Forward(domain, values.AsSpan(), NttOrder.ReversedToNatural, TFr.One, new(1));
    }
}
