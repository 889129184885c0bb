// Owns: figures of compiling a circuit and of finding and checking its witness.

using BenchmarkDotNet.Attributes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.R1cs;

namespace ProvingService.Bench;

/// <summary>The transfer between two accounts of 2^20, over both scalar fields, on all cores.</summary>
[MemoryDiagnoser]
[EveryTier]
[GenericTypeArguments(typeof(Fp256<Bls12381FrParams>))]
[GenericTypeArguments(typeof(Fp256<Bn254FrParams>))]
public class CircuitBenchmarks<TFr>
    where TFr : unmanaged, IPrimeField<TFr>
{
    private readonly IExampleCircuit circuit = CircuitCatalog.Find("state-transition-20");
    private CompiledCircuit<TFr> compiled = null!;
    private CircuitInputs<TFr> inputs = null!;
    private TFr[] witness = [];

    [GlobalSetup]
    public void Setup()
    {
        compiled = Compile();
        inputs = circuit.Example<TFr>();
        witness = compiled.CreateWitness(inputs);
    }

    [Benchmark]
    public CompiledCircuit<TFr> Compile() => CircuitCompiler.Compile<TFr>(circuit);

    [Benchmark]
    public TFr[] WitnessProgram() => compiled.Program.Run(inputs);

    [Benchmark]
    public bool Check() => CircuitChecker.IsSatisfied<TFr>(compiled.System, witness) ? true : throw new InvalidOperationException("The witness fails.");
}
