// Owns: figures of number-theoretic transforms.

using BenchmarkDotNet.Attributes;
using ProvingService.Algebra;

namespace ProvingService.Bench;

/// <summary>Transforms over the scalar field of BLS12-381; that of BN254 has the same arithmetic.</summary>
[MemoryDiagnoser]
public class NttBenchmarks
{
    private static readonly PortableEngine Engine = PortableEngine.Instance;
    private NttDomain<Bls12381Fr> domain = NttDomain<Bls12381Fr>.OfLogSize(0);
    private Bls12381Fr[] values = [];
    private Bls12381Fr shift;

    [Params(10, 12, 14, 16, 18, 20)]
    public int LogSize { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        domain = NttDomain<Bls12381Fr>.OfLogSize(LogSize);
        shift = NttDomain<Bls12381Fr>.OfLogSize(LogSize + 1).Root;
        values = [.. Enumerable.Range(1, domain.Size).Select(i => Bls12381Fr.FromUInt64((ulong)i * 0x9e3779b97f4a7c15))];
    }

    [Benchmark(Baseline = true)]
    public void ToReversedOneThread() => Engine.Forward(domain, values.AsSpan(), NttOrder.NaturalToReversed, Bls12381Fr.One, new(1));

    [Benchmark]
    public void ToNaturalOneThread() => Engine.Forward(domain, values.AsSpan(), NttOrder.ReversedToNatural, Bls12381Fr.One, new(1));

    [Benchmark]
    public void ToReversedAllThreads() => Engine.Forward(domain, values.AsSpan(), NttOrder.NaturalToReversed, Bls12381Fr.One);

    /// <summary>What a Groth16 prover does to each of three polynomials: from the domain to its odd coset.</summary>
    [Benchmark]
    public void ToCosetOneThread()
    {
        Engine.Inverse(domain, values.AsSpan(), NttOrder.NaturalToReversed, shift, new(1));
        Engine.Forward(domain, values.AsSpan(), NttOrder.ReversedToNatural, Bls12381Fr.One, new(1));
    }
}
