// Owns: the shortest way through everything: build, compile, solve, check, write, read.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public class EndToEndTests
{
    /// <summary>x³ + x + 5 = y, the textbook's example.</summary>
    internal static void Cubic<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> x = builder.PrivateInput("x");
        Variable<TF> cube;
        using (builder.Scope("cube"))
        {
            cube = x * x * x;
        }

        builder.PublicOutput("y", cube + x + 5);
    }

    [Fact]
    public void CubicOnBls12381() => RoundTrip<Bls12381Fr>();

    [Fact]
    public void CubicOnBn254() => RoundTrip<Bn254Fr>();

    [Fact]
    public void CubicOnToyField() => RoundTrip<ToyField>();

    private static void RoundTrip<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        using var folder = new TemporaryFolder();
        foreach (OptimizationLevel level in new[] { OptimizationLevel.O0, OptimizationLevel.O1, OptimizationLevel.O2 })
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("cubic", Cubic, level);
            Assert.Equal(level == OptimizationLevel.O2 ? 2 : 3, circuit.System.ConstraintCount);
            TF[] witness = circuit.CreateWitness(CircuitInputs<TF>.Parse("""{"x": 3}"""));
            Assert.Equal(TF.FromUInt64(35), circuit.PublicValues(witness)[0]);
            CircuitAssert.RefusesEveryMutation(circuit, witness);

            string r1cs = folder.File("cubic.r1cs"), wtns = folder.File("cubic.wtns"), sym = folder.File("cubic.sym");
            R1csFile.Write(r1cs, circuit);
            WtnsFile.Write<TF>(wtns, witness);
            SymFile.Write(sym, circuit.Symbols);

            R1csContent<TF> read = R1csFile.Read<TF>(r1cs);
            Assert.Equal(circuit.Hash, read.System.Hash);
            Assert.Equal(TF.Modulus, R1csFile.ReadHeader(r1cs).Prime);
            Assert.Equal(witness, WtnsFile.Read<TF>(wtns, read.System.WireCount));
            SymbolTable symbols = SymFile.Read(sym, read.System.WireCount);
            Assert.Equal("main.y", symbols.WireName(1));
            Assert.Equal("main.x", symbols.WireName(2));

            witness[1] += TF.One;
            ConstraintFailure failure = CircuitChecker.FindFailure(read.System, witness, symbols)!;
            Assert.Contains("main.y = 36", failure.ToString(), StringComparison.Ordinal);
        }
    }
}
