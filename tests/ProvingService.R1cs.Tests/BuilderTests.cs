// Owns: misuse of the builder, reports, the checker's words, the linter, optimisation limits.

using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public class BuilderTests
{
    [Fact]
    public void MisuseIsAnArgumentException()
    {
        CircuitBuilder<ToyField>? escaped = null;
        Variable<ToyField> foreign = default;
        Compile(b =>
        {
            escaped = b;
            foreign = b.PrivateInput("x");
        });
        Assert.Throws<InvalidOperationException>(() => escaped!.PrivateInput("y"));
        Assert.Throws<InvalidOperationException>(() => foreign * foreign);
        Misuse(b => b.AssertEqual(b.PrivateInput("y"), foreign));
        Misuse(b => b.AssertBoolean(foreign));
        Misuse(b => b.Sum(foreign));
        Misuse(b => b.PublicOutput("z", foreign));
        Misuse(b => b.PublicInput("a b"));
        Misuse(b => b.PublicInput(string.Empty));
        Misuse(b =>
        {
            b.PublicInput("a");
            b.PrivateInput("a");
        });
        Misuse(b => b.PrivateInputArray("a"));
        Misuse(b => b.PrivateInputArray("a", 0));
        Misuse(b => b.PrivateInputArray("a", 1 << 20, 1 << 20));
        Misuse(b => b.Scope("a.b"));
        Misuse(b => b.AssertEqual(1, 2));
        Misuse(b => b.AssertBoolean(2));
        Misuse(b => b.Inverse(0));
        Misuse(b => b.Divide(b.PrivateInput("a"), 0));
        Misuse(b => b.DivideUnchecked(b.PrivateInput("a"), 0));
        Misuse(b => b.ToBits(b.PrivateInput("a"), 0));
        Misuse(b => b.ToBits(b.PrivateInput("a"), 17));
        Misuse(b => b.ToBits(16, 4));
        Misuse(b => b.LessThan(b.PrivateInput("a"), 1, 15));
        Misuse(b => b.AssertInRange(b.PrivateInput("a"), 16));
        Misuse(b => b.UnconstrainedBits(b.PrivateInput("a"), 65));
        Misuse(b => b.UnconstrainedHint(0, [], (_, _) => { }));
        Misuse(b => b.InnerProduct([ToyField.One], []));
        Assert.Throws<InvalidOperationException>(() => Compile(b => b.Scope("left open")));
        Assert.Throws<InvalidOperationException>(() => Compile(b =>
        {
            CircuitScope<ToyField> outer = b.Scope("outer");
            b.Scope("inner");
            outer.Dispose();
        }));
    }

    /// <summary>Two equations that contradict each other only when put together.</summary>
    /// <summary>Neither a multiple of a bit nor a distance from another number than 1 is a bit, and a multiple that is one makes no bit of its wire.</summary>
    [Fact]
    public void OnlyABitAndOneLessItAreTakenForBits()
    {
        Check((b, x) => b.AssertBoolean(2 * x), 0, 1);
        Check((b, x) => b.AssertBoolean(2 - x), 1, 0);
        Check((b, x) => b.AssertBoolean(1 - (2 * x)), 0, 1);
        Check((b, x) => b.AssertBoolean(-x), 0, 1);
        Check((b, x) => b.AssertBoolean(1 + x), 0, 1);

        // 2x is a bit where x is a half, which is none.
        static void Half(CircuitBuilder<ToyField> b)
        {
            Variable<ToyField> x = b.PublicInput("x");
            b.AssertBoolean(2 * x);
            b.AssertBoolean(x);
        }

        CircuitAssert.Accepts(Half, CircuitAssert.Inputs<ToyField>(("x", 0)), mutate: false);
        CircuitAssert.Refuses(Half, new CircuitInputs<ToyField>().Set("x", ToyField.Inverse(ToyField.FromUInt64(2))));

        static void Check(Action<CircuitBuilder<ToyField>, Variable<ToyField>> assert, int good, int bad)
        {
            void Define(CircuitBuilder<ToyField> b)
            {
                Variable<ToyField> x = b.PublicInput("x");
                b.AssertBoolean(x);
                assert(b, x);
            }

            CircuitAssert.Accepts(Define, CircuitAssert.Inputs<ToyField>(("x", good)), mutate: false);
            CircuitAssert.Refuses(Define, CircuitAssert.Inputs<ToyField>(("x", bad)));
        }
    }

    [Fact]
    public void ContradictionsAreFoundByElimination()
    {
        static void Define(CircuitBuilder<ToyField> b)
        {
            Variable<ToyField> x = b.PrivateInput("x");
            b.AssertEqual(x, 1);
            using (b.Scope("wrong"))
            {
                b.AssertEqual(x + 1, 3);
            }
        }

        var e = Assert.Throws<ArgumentException>(() => CircuitCompiler.Compile<ToyField>("c", Define, OptimizationLevel.O1));
        Assert.Contains("main.wrong", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheReportCountsByScope()
    {
        CompilationReport report = Compile(b =>
        {
            Variable<ToyField> x = b.PrivateInput("x");
            using (b.Scope("outer"))
            {
                x = b.Materialize((x * x) + 1);
                using (b.Scope("inner"))
                {
                    x *= x;
                }
            }

            b.PublicOutput("y", x);
        }).Report;
        Assert.Equal(
            [new ScopeCount("main", 4, 2), new ScopeCount("main.outer", 3, 2), new ScopeCount("main.outer.inner", 1, 1)], report.Scopes);
        Assert.Contains("main.outer.inner", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheCheckerNamesScopeSidesAndWires()
    {
        CompiledCircuit<ToyField> circuit = Compile(b =>
        {
            Variable<ToyField> x = b.PrivateInput("x");
            using (b.Scope("step[0]"))
            {
                b.AssertProduct(x, x + 1, b.PublicInput("y") + 2);
            }
        });
        var e = Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("x", 3), ("y", 11))));
        Assert.Equal((0, "main.step[0]", "3", "4", "13"), (e.Failure.Index, e.Failure.Scope, e.Failure.Left, e.Failure.Right, e.Failure.Output));
        Assert.Equal(["main.y = 11", "main.x = 3"], e.Failure.Wires);
        Assert.Contains("'main.step[0]'", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => CircuitChecker.IsSatisfied(circuit.System, new ToyField[2]));
        Assert.Equal(-1, CircuitChecker.FindFailure(circuit.System, new ToyField[3])!.Index);
    }

    [Fact]
    public void TheFirstOfManyFailuresIsNamed()
    {
        CompiledCircuit<ToyField> circuit = Compile(b =>
        {
            Variable<ToyField> x = b.PrivateInput("x");
            for (int i = 0; i < 10_000; i++)
            {
                b.AssertProduct(x, x + i, (x + i) * 2);
            }
        });
        ToyField[] witness = circuit.Program.Run(CircuitAssert.Inputs<ToyField>(("x", 3)));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0, CircuitChecker.FindFailure(circuit.System, witness)!.Index);
        }

        Assert.True(CircuitChecker.IsSatisfied(circuit.System, circuit.Program.Run(CircuitAssert.Inputs<ToyField>(("x", 2)))));
        var product = new ToyField[10_000];
        circuit.System.B.Multiply(witness, product);
        Assert.Equal(ToyField.FromUInt64(3 + 9_999), product[^1]);
    }

    [Fact]
    public void TheLinterFindsWhatNothingConstrains()
    {
        CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>(
            "lint",
            b =>
            {
                b.PublicInput("ignored");
                Variable<ToyField> x = b.PrivateInput("x"), y = b.PrivateInput("y");
                b.PrivateInput("unused");
                b.UnconstrainedInverse(x);
                b.AssertProduct(x, y, 6);
                b.AssertProduct(x, y, 6);
                _ = x * x;
                Variable<ToyField> a = b.UnconstrainedHint(1, [], (_, o) => o[0] = ToyField.One)[0];
                b.AssertProduct(x, y, a);
            },
            OptimizationLevel.O0);
        IReadOnlyList<LintFinding> findings = ConstraintLinter.Lint(circuit.System, circuit.Symbols);
        Assert.Equal(
            [
                LintKind.UnconstrainedPublic, LintKind.UnconstrainedPrivateInput, LintKind.UnconstrainedWire,
                LintKind.FreeWire, LintKind.FreeWire, LintKind.DuplicateConstraint,
            ],
            findings.Select(f => f.Kind));
        Assert.Contains("main.ignored", findings[0].Message, StringComparison.Ordinal);
        Assert.Contains("main.unused", findings[1].Message, StringComparison.Ordinal);
    }

    /// <summary>A running total of thousands of steps compiles quickly and keeps its rows short.</summary>
    [Fact]
    public void EliminationIsBounded()
    {
        CompiledCircuit<ToyField> circuit = Compile(b =>
        {
            Variable<ToyField> x = b.PrivateInput("x"), total = x;
            for (int i = 0; i < 5_000; i++)
            {
                x *= x;
                total = b.Materialize(total + x);
                b.AssertNonZero(total + 70_000);
            }
        });
        Assert.True(circuit.System.A.TermCount < 5_000 * 300, $"{circuit.System.A.TermCount} terms");
        Assert.InRange(circuit.System.ConstraintCount, 10_000, 10_100);
    }

    [Fact]
    public void HashesDependOnEverything()
    {
        CircuitHash[] hashes =
        [
            Compile(b => b.AssertProduct(b.PrivateInput("x"), b.PrivateInput("y"), 6)).Hash,
            Compile(b => b.AssertProduct(b.PrivateInput("x"), b.PrivateInput("y"), 7)).Hash,
            Compile(b => b.AssertProduct(b.PublicInput("x"), b.PrivateInput("y"), 6)).Hash,
            CircuitCompiler.Compile<Bn254Fr>("c", b => b.AssertProduct(b.PrivateInput("x"), b.PrivateInput("y"), 6)).Hash,
        ];
        Assert.Equal(4, hashes.Distinct().Count());
        Assert.Equal(hashes[0], new CircuitHash(hashes[0].ToByteArray()));
        Assert.Equal(64, hashes[0].ToString().Length);

        // Names are not part of what is proved.
        Assert.Equal(hashes[0], Compile(b => b.AssertProduct(b.PrivateInput("u"), b.PrivateInput("v"), 6)).Hash);
    }

    private static CompiledCircuit<ToyField> Compile(Action<CircuitBuilder<ToyField>> define) => CircuitCompiler.Compile("test", define);

    private static void Misuse(Action<CircuitBuilder<ToyField>> define) => Assert.ThrowsAny<ArgumentException>(() => Compile(define));
}
