// Owns: repeated parts: that copies mean what a loop means, what is shared and what is not, names, refusals.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public class RepeatTests
{
    private const int Copies = 7;

    private static readonly OptimizationLevel[] Levels = [OptimizationLevel.O0, OptimizationLevel.O1, OptimizationLevel.O2];

    [Fact]
    public void CopiesComputeWhatALoopComputes()
    {
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<ToyField> repeated = CircuitCompiler.Compile<ToyField>("test", Repeated, level);
            CompiledCircuit<ToyField> looped = CircuitCompiler.Compile<ToyField>("test", Looped, level);
            ToyField[] witness = repeated.CreateWitness(Inputs()), other = looped.CreateWitness(Inputs());
            Assert.Equal(looped.PublicValues(other).ToArray(), repeated.PublicValues(witness).ToArray());
            Assert.Equal(looped.Report.ConstraintsBefore, repeated.Report.ConstraintsBefore);

            // A loop's wires may be replaced and ports may not: chain[0] by 0 from O1, chain[Copies] by end − 1 at O2.
            int kept = (int)level;
            Assert.Equal(looped.System.ConstraintCount + kept, repeated.System.ConstraintCount);
            Assert.Equal(looped.System.WireCount + kept, repeated.System.WireCount);
            Assert.Equal(repeated.System.WireCount, repeated.Program.WitnessLength);
            CircuitAssert.RefusesEveryMutation(repeated, witness);
            CircuitAssert.RefusesTamperedHints(repeated, Inputs());
            Assert.Empty(ConstraintLinter.Lint(repeated.System, repeated.Symbols));
        }
    }

    [Fact]
    public void EachCopyIsHeldToItsOwnPorts()
    {
        CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("test", Repeated);
        for (int copy = 0; copy < Copies; copy++)
        {
            ToyField[] chain = Chain();
            chain[copy + 1] += ToyField.One;
            var e = Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(Inputs().Set("chain", chain)));
            Assert.Equal($"main.step[{copy}].link", e.Failure.Scope);
        }
    }

    [Fact]
    public void SideBySideAndOneByOneGiveTheSameWitness()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>("test", builder =>
        {
            Variable<Bn254Fr>[] x = builder.PrivateInputArray("x", 500);
            builder.Repeat("square", Array.ConvertAll(x, v => new[] { v }), (inner, ports) =>
            {
                Variable<Bn254Fr> inverse = inner.Inverse(ports[0] + 1);
                inner.ToBits(inverse * inverse, 254);
            });
        });
        var inputs = new CircuitInputs<Bn254Fr>().Set("x", Enumerable.Range(0, 500).Select(i => Bn254Fr.FromUInt64((ulong)i * 0x9E3779B97F4A7C15)).ToArray());
        Assert.Equal(circuit.Program.Run(inputs, (_, _) => { }), circuit.Program.Run(inputs));
    }

    [Fact]
    public void APortMayBeAConstantOrASum()
    {
        Action<CircuitBuilder<ToyField>> define = builder =>
        {
            Variable<ToyField> x = builder.PrivateInput("x"), y = builder.PrivateInput("y");
            builder.Repeat("product", [[x + y, 3, x], [5, x, y], [x - y, y, 11]], (inner, ports) => inner.AssertProduct(ports[0], ports[1], ports[2]));
        };

        // (x + y)·3 = x, 5·x = y and (x − y)·y = 11 hold for no pair here; each is checked by its own copy.
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile("test", define, level);
            for (int x = 0; x < 20; x++)
            {
                for (int y = 0; y < 20; y++)
                {
                    ToyField[] witness = circuit.Program.Run(CircuitAssert.Inputs<ToyField>(("x", x), ("y", y)));
                    string? failing = CircuitChecker.FindFailure(circuit.System, witness, circuit.Symbols)?.Scope;
                    string? expected = 3 * (x + y) != x ? "main.product[0]" : 5 * x != y ? "main.product[1]" : (x - y) * y != 11 ? "main.product[2]" : null;
                    Assert.Equal(expected, failing);
                }
            }
        }
    }

    /// <summary>A multiple of a wire is a value of its own: the copies must not see the wire.</summary>
    [Fact]
    public void APortMayBeAMultiple()
    {
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>(
                "test",
                builder =>
                {
                    Variable<ToyField> x = builder.PrivateInput("x"), y = builder.PrivateInput("y");
                    builder.Repeat("equal", [[2 * x, y]], (inner, ports) => inner.AssertEqual(ports[0], ports[1]));
                },
                level);
            circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("x", 3), ("y", 6)));
            Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("x", 3), ("y", 3))));
        }
    }

    /// <summary>What counts as a bit outside still does where it takes a wire of its own; what does not, does not.</summary>
    [Fact]
    public void ASumOfBitsIsNoBit()
    {
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>(
                "test",
                builder =>
                {
                    Variable<ToyField>[] bits = builder.PrivateInputArray("bits", 2);
                    builder.AssertBoolean(bits[0]);
                    builder.AssertBoolean(bits[1]);
                    builder.Repeat("bit", [[bits[0] + bits[1]]], (inner, ports) => inner.AssertBoolean(ports[0]));
                },
                level);
            circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("bits", new[] { 0, 1 })));
            var e = Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("bits", new[] { 1, 1 }))));
            Assert.Equal("main.bit[0]", e.Failure.Scope);
        }
    }

    /// <summary>
    /// Three repetitions of different parts and numbers of copies, with rows of the circuit between them: each copy's wires and
    /// rows are its own, its failures are named after it, and no wire is left loose.
    /// </summary>
    [Fact]
    public void SeveralRepetitionsKeepApart()
    {
        Action<CircuitBuilder<ToyField>> define = builder =>
        {
            Variable<ToyField>[] x = builder.PrivateInputArray("x", 3), y = builder.PrivateInputArray("y", 3), z = builder.PrivateInputArray("z", 2);
            builder.Repeat("cube", [.. x.Select((v, i) => new[] { v, y[i] })], (inner, ports) => inner.AssertProduct(ports[0] * ports[0], ports[0], ports[1]));
            builder.AssertInRange(x[0], 4);
            builder.Repeat("small", [.. z.Select(v => new[] { v })], (inner, ports) => inner.AssertInRange(ports[0], 3));
            builder.Repeat("inverse", [[x[0], z[0]], [x[1], z[1]], [y[2], z[0]]], (inner, ports) =>
            {
                using (inner.Scope("sum"))
                {
                    inner.AssertNonZero(ports[0] + ports[1]);
                }
            });
        };
        CircuitInputs<ToyField> Honest() => CircuitAssert.Inputs<ToyField>(("x", new[] { 2, 3, 4 }), ("y", new[] { 8, 27, 64 }), ("z", new[] { 5, 7 }));
        foreach (OptimizationLevel level in Levels)
        {
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile("test", define, level);
            ToyField[] witness = circuit.CreateWitness(Honest());
            Assert.Equal(circuit.System.WireCount, witness.Length);
            Assert.Equal(circuit.Report.ConstraintsAfter, circuit.System.ConstraintCount);
            CircuitAssert.RefusesEveryMutation(circuit, witness);
            CircuitAssert.RefusesTamperedHints(circuit, Honest());
            string[] names = [.. Enumerable.Range(0, circuit.System.WireCount).Select(circuit.Symbols.WireName)];
            Assert.Equal(names.Length, names.Distinct().Count());
            Fails("main.cube[2]", Honest().Set("y", [Toy(8), Toy(27), Toy(65)]));
            Fails("main.cube[0]", Honest().Set("y", [Toy(9), Toy(27), Toy(64)]));
            Fails("main.small[0]", Honest().Set("z", [Toy(8), Toy(7)]));
            Fails("main.small[1]", Honest().Set("z", [Toy(5), Toy(8)]));
            Fails("main.inverse[1].sum", Honest().Set("x", [Toy(2), -Toy(7), Toy(4)]).Set("y", [Toy(8), -Toy(343), Toy(64)]));

            void Fails(string scope, CircuitInputs<ToyField> inputs) =>
                Assert.Equal(scope, Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(inputs)).Failure.Scope);
        }

        static ToyField Toy(ulong value) => ToyField.FromUInt64(value);
    }

    /// <summary>A port is a bit to the part only where every copy's is one.</summary>
    [Fact]
    public void BitsAreBitsWhereAllAre()
    {
        Assert.Equal(3, Rows(asserted: 3));
        Assert.Equal(2 + 3, Rows(asserted: 2));

        static int Rows(int asserted)
        {
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("test", builder =>
            {
                Variable<ToyField>[] bits = builder.PrivateInputArray("bits", 3);
                for (int i = 0; i < asserted; i++)
                {
                    builder.AssertBoolean(bits[i]);
                }

                builder.Repeat("bit", Array.ConvertAll(bits, bit => new[] { bit }), (inner, ports) => inner.AssertBoolean(ports[0]));
            });
            for (int i = 0; i < 3; i++)
            {
                int[] values = [1, 0, 1];
                circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("bits", values)));
                values[i] = 2;
                Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("bits", values))));
            }

            return circuit.System.ConstraintCount;
        }
    }

    [Fact]
    public void NamesAndCountsShowTheCopies()
    {
        CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("test", Repeated);
        Assert.Contains(circuit.Report.Scopes, scope => scope is { Scope: "main.step[*]", Before: Copies * 7 });
        Assert.Contains(circuit.Report.Scopes, scope => scope is { Scope: "main.step[*].link", Before: Copies * 2 });
        string[] scopes = [.. Enumerable.Range(0, circuit.System.ConstraintCount).Select(circuit.Symbols.ConstraintScope)];
        string[] names = [.. Enumerable.Range(0, circuit.System.WireCount).Select(circuit.Symbols.WireName)];
        for (int copy = 0; copy < Copies; copy++)
        {
            Assert.Contains($"main.step[{copy}].link", scopes);
            Assert.Contains(names, name => name.StartsWith($"main.step[{copy}].w", StringComparison.Ordinal));
        }

        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.DoesNotContain(scopes, scope => scope.Contains('*', StringComparison.Ordinal));
    }

    [Fact]
    public void FilesCarryCopies()
    {
        using var folder = new TemporaryFolder();
        string r1cs = Path.Combine(folder.Path, "test.r1cs"), sym = Path.Combine(folder.Path, "test.sym");
        CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("test", Repeated);
        R1csFile.Write(r1cs, circuit);
        SymFile.Write(sym, circuit.Symbols);
        Assert.Equal(circuit.Hash, R1csFile.Read<ToyField>(r1cs).System.Hash);
        SymbolTable read = SymFile.Read(sym, circuit.System.WireCount);
        for (int wire = 0; wire < circuit.System.WireCount; wire++)
        {
            Assert.Equal(circuit.Symbols.WireName(wire), read.WireName(wire));
        }
    }

    [Fact]
    public void FaultyRepetitionsAreRefused()
    {
        Refuse<ArgumentException>((builder, x) => builder.Repeat("none", [], (_, _) => { }));
        Refuse<ArgumentException>((builder, x) => builder.Repeat("ragged", [[x], [x, x + 1]], (_, _) => { }));
        Refuse<ArgumentException>((builder, x) => builder.Repeat("twice", [[x, x]], (_, _) => { }));
        Refuse<ArgumentException>((builder, x) => builder.Repeat("later", [[x, builder.PrivateInput("y")], [x, x]], (_, _) => { }));
        Refuse<ArgumentException>((builder, x) => builder.Repeat("a.b", [[x]], (_, _) => { }));
        Refuse<ArgumentException>((builder, x) => builder.Repeat("outer", [[x]], (inner, ports) => inner.AssertEqual(x, ports[0])));
        Refuse<InvalidOperationException>((builder, x) => builder.Repeat("input", [[x]], (inner, _) => inner.PrivateInput("y")));
        Refuse<InvalidOperationException>((builder, x) => builder.Repeat("output", [[x]], (inner, ports) => inner.PublicOutput("y", ports[0])));
        Refuse<InvalidOperationException>((builder, x) => builder.Repeat("deep", [[x]], (inner, ports) => inner.Repeat("er", [ports], (_, _) => { })));
        Refuse<InvalidOperationException>((builder, x) => builder.Repeat("open", [[x]], (inner, _) => inner.Scope("never closed")));

        static void Refuse<TException>(Action<CircuitBuilder<ToyField>, Variable<ToyField>> define)
            where TException : Exception =>
            Assert.Throws<TException>(() => CircuitCompiler.Compile<ToyField>("test", builder => define(builder, builder.PrivateInput("x"))));
    }

    /// <summary>A hint that throws is the caller's error, not that of the threads it ran on.</summary>
    [Fact]
    public void ErrorsOfHintsInCopiesComeThrough()
    {
        CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("test", builder =>
        {
            Variable<ToyField>[] x = builder.PrivateInputArray("x", 8);
            builder.Repeat("hint", Array.ConvertAll(x, v => new[] { v }), (inner, ports) =>
                inner.AssertEqual(inner.UnconstrainedHint(1, ports, (_, _) => throw new NotSupportedException("here"))[0], ports[0]));
        });
        Assert.Throws<NotSupportedException>(() => circuit.Program.Run(CircuitAssert.Inputs<ToyField>(("x", new int[8]))));
    }

    private static void Repeated(CircuitBuilder<ToyField> builder)
    {
        Variable<ToyField>[] chain = Declare(builder, out Variable<ToyField>[] x);
        builder.Repeat("step", [.. Enumerable.Range(0, Copies).Select(i => new[] { x[i], chain[i], chain[i + 1] })], Step);
        builder.PublicOutput("end", chain[Copies] + 1);
    }

    private static void Looped(CircuitBuilder<ToyField> builder)
    {
        Variable<ToyField>[] chain = Declare(builder, out Variable<ToyField>[] x);
        for (int i = 0; i < Copies; i++)
        {
            Step(builder, [x[i], chain[i], chain[i + 1]]);
        }

        builder.PublicOutput("end", chain[Copies] + 1);
    }

    private static Variable<ToyField>[] Declare(CircuitBuilder<ToyField> builder, out Variable<ToyField>[] x)
    {
        x = builder.PrivateInputArray("x", Copies);
        Variable<ToyField>[] chain = builder.PrivateInputArray("chain", Copies + 1);
        builder.AssertEqual(chain[0], 0);
        return chain;
    }

    /// <summary>chain' = (chain + x)², with x of four bits.</summary>
    private static void Step(CircuitBuilder<ToyField> builder, Variable<ToyField>[] ports)
    {
        builder.AssertInRange(ports[0], 4);
        using (builder.Scope("link"))
        {
            Variable<ToyField> sum = ports[1] + ports[0];
            builder.AssertEqual(sum * sum, ports[2]);
        }
    }

    private static ToyField[] Chain()
    {
        var chain = new ToyField[Copies + 1];
        for (int i = 0; i < Copies; i++)
        {
            chain[i + 1] = ToyField.Square(chain[i] + ToyField.FromUInt64((ulong)i + 3));
        }

        return chain;
    }

    private static CircuitInputs<ToyField> Inputs() => CircuitAssert
        .Inputs<ToyField>(("x", Enumerable.Range(3, Copies).ToArray()))
        .Set("chain", Chain());
}
