// Owns: that compiling, finding and checking witnesses and reading files stop when they are told to.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public sealed class CancellationTests : IDisposable
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    private readonly CancellationTokenSource source = new();
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        source.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    [InlineData(20000)]
    public void A_definition_stops(int constraintsBefore)
    {
        int defined = 0;
        Assert.Throws<OperationCanceledException>(() => CircuitCompiler.Compile<Bn254Fr>(
            "endless",
            builder =>
            {
                Variable<Bn254Fr> x = builder.PrivateInput("x");
                for (; defined < 1 << 24; defined++)
                {
                    if (defined == constraintsBefore)
                    {
                        source.Cancel();
                    }

                    x *= x;
                }
            },
            cancellationToken: source.Token));
        Assert.InRange(defined, constraintsBefore, constraintsBefore + 5000);
    }

    /// <summary>Cancelled by the last line of the definition: what comes after has to notice.</summary>
    [Theory]
    [InlineData(OptimizationLevel.O0)]
    [InlineData(OptimizationLevel.O2)]
    public void Simplification_and_assembly_stop(OptimizationLevel level) =>
        Assert.Throws<OperationCanceledException>(() => CircuitCompiler.Compile<Bn254Fr>(
            "late",
            builder =>
            {
                Variable<Bn254Fr> x = builder.PrivateInput("x");
                builder.PublicOutput("y", x * x);
                source.Cancel();
            },
            level,
            source.Token));

    [Fact]
    public void A_repeated_part_stops() =>
        Assert.Throws<OperationCanceledException>(() => CircuitCompiler.Compile<Bn254Fr>(
            "repeated",
            builder =>
            {
                Variable<Bn254Fr>[] x = builder.PrivateInputArray("x", 4);
                builder.Repeat("part", [.. x.Select(port => new[] { port })], (part, ports) =>
                {
                    source.Cancel();
                    Variable<Bn254Fr> y = ports[0];
                    for (int i = 0; i < 10_000; i++)
                    {
                        y *= y;
                    }
                });
            },
            cancellationToken: source.Token));

    /// <summary>A hint cancels; of the instructions after it a few are still run, and not the last hint.</summary>
    [Fact]
    public void A_witness_program_stops_between_instructions()
    {
        bool isFinished = false;
        CompiledCircuit<Bn254Fr> circuit = Chain(5000, () => isFinished = true);
        Assert.Throws<OperationCanceledException>(() => circuit.CreateWitness(Inputs(), new(0, source.Token)));
        Assert.False(isFinished);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void Copies_stop_between_each_other(int threads)
    {
        int copies = 0;
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>("copies", builder =>
        {
            Variable<Bn254Fr>[] x = builder.PrivateInputArray("x", 200);
            builder.Repeat("part", [.. x.Select(port => new[] { port })], (part, ports) =>
            {
                Variable<Bn254Fr> y = part.UnconstrainedHint(1, [ports[0]], (i, o) =>
                {
                    o[0] = i[0];
                    if (Interlocked.Increment(ref copies) == 20)
                    {
                        source.Cancel();
                    }
                })[0];
                part.AssertEqual(y, ports[0]);
            });
        });
        Bn254Fr[] values = [.. Enumerable.Range(0, 200).Select(i => Bn254Fr.FromUInt64((ulong)i))];
        CircuitInputs<Bn254Fr> inputs = new CircuitInputs<Bn254Fr>().Set("x", values);
        Assert.ThrowsAny<OperationCanceledException>(() => circuit.CreateWitness(inputs, new(threads, source.Token)));
        Assert.InRange(copies, 20, 20 + (2 * Environment.ProcessorCount));
        Assert.Equal(circuit.System.WireCount, circuit.CreateWitness(inputs).Length);
    }

    [Fact]
    public void A_check_stops()
    {
        CompiledCircuit<Bn254Fr> circuit = Chain(3000, () => { });
        Bn254Fr[] witness = circuit.CreateWitness(Inputs());
        Assert.ThrowsAny<OperationCanceledException>(() => CircuitChecker.Require(circuit.System, witness, options: new(0, Cancelled)));
        CircuitChecker.Require(circuit.System, witness, options: new(1));
    }

    [Fact]
    public void Readers_stop()
    {
        CompiledCircuit<Bn254Fr> circuit = Chain(100, () => { });
        string r1cs = folder.File("c.r1cs"), wtns = folder.File("w.wtns");
        R1csFile.Write(r1cs, circuit);
        WtnsFile.Write<Bn254Fr>(wtns, circuit.CreateWitness(Inputs()));
        Assert.Throws<OperationCanceledException>(() => R1csFile.Read<Bn254Fr>(r1cs, Cancelled));
        Assert.Throws<OperationCanceledException>(() => R1csFile.Read<Bn254Fr>(File.ReadAllBytes(r1cs), "c", Cancelled));
        Assert.Throws<OperationCanceledException>(() => WtnsFile.Read<Bn254Fr>(wtns, cancellationToken: Cancelled));
        Assert.Throws<OperationCanceledException>(() => WtnsFile.Read<Bn254Fr>(File.ReadAllBytes(wtns), "w", -1, Cancelled));
    }

    private static CircuitInputs<Bn254Fr> Inputs() => CircuitAssert.Inputs<Bn254Fr>(("x", 7));

    /// <summary>A hint that cancels, a chain, and a hint that says that the chain was run.</summary>
    private CompiledCircuit<Bn254Fr> Chain(int length, Action finished) => CircuitCompiler.Compile<Bn254Fr>("chain", builder =>
    {
        Variable<Bn254Fr> x = builder.PrivateInput("x");
        Variable<Bn254Fr> y = builder.UnconstrainedHint(1, [x], (i, o) =>
        {
            o[0] = i[0];
            source.Cancel();
        })[0];
        builder.AssertEqual(x, y);
        for (int i = 0; i < length; i++)
        {
            y = (y * y) + i;
        }

        Variable<Bn254Fr> last = builder.UnconstrainedHint(1, [y], (i, o) =>
        {
            o[0] = i[0];
            finished();
        })[0];
        builder.AssertEqual(last, y);
        builder.PublicOutput("z", last);
    });
}
