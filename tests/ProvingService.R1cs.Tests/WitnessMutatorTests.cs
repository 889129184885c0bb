// Owns: the mutator against gadgets broken on purpose, each caught by the tool meant for it, and against dense linear algebra.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Sdk;

namespace ProvingService.R1cs.Tests;

public class WitnessMutatorTests
{
    [Fact]
    public void AnUnconstrainedHintIsFree()
    {
        static void Define(CircuitBuilder<ToyField> b)
        {
            using (b.Scope("loose"))
            {
                b.AssertNonZero(b.UnconstrainedHint(2, [b.PublicInput("x")], (x, y) => y.Fill(x[0]))[0]);
            }
        }

        WitnessMutator<ToyField> mutator = WitnessMutator<ToyField>.For(Define, In(("x", 3)));

        // x alone is in no row; nor is the second output. The first is caught with its inverse by uniqueness alone.
        Assert.Equal(["main.x", "main.loose.w3"], mutator.FindFreeWires());
        UniquenessResult found = mutator.FindUndetermined();
        Assert.Equal(2, found.RankDeficit);
        Assert.Equal(["main.loose.w2", "main.loose.w3", "main.loose.w4"], found.Undetermined);
        Assert.ThrowsAny<XunitException>(() => mutator.RefusesEveryMutation());
        Assert.ThrowsAny<XunitException>(() => mutator.IsUnique(new FreeWires(string.Empty, "main.loose.w2", "main.loose.w3")));
    }

    /// <summary>x·y = c: changing either factor breaks it, changing both need not.</summary>
    [Fact]
    public void FactorsOfAProductMoveTogether()
    {
        static void Define(CircuitBuilder<Bn254Fr> b)
        {
            Variable<Bn254Fr> c = b.PublicInput("c");
            Variable<Bn254Fr>[] xy = b.UnconstrainedHint(2, [c], (c, xy) => (xy[0], xy[1]) = (c[0], Bn254Fr.One));
            b.AssertProduct(xy[0], xy[1], c);
        }

        WitnessMutator<Bn254Fr> mutator = WitnessMutator<Bn254Fr>.For(Define, CircuitAssert.Inputs<Bn254Fr>(("c", 35)));
        mutator.RefusesEveryMutation();
        Assert.Equal(1, mutator.FindUndetermined().RankDeficit);
        Assert.Equal(2, mutator.FindUndetermined().Undetermined.Count);
    }

    [Fact]
    public void IsZeroWithoutItsSecondRow()
    {
        static void Define(CircuitBuilder<Bn254Fr> b)
        {
            Variable<Bn254Fr> x = b.PublicInput("x");
            Variable<Bn254Fr> z = b.UnconstrainedHint(1, [x], (x, z) => z[0] = Bn254Fr.IsZero(x[0]) ? Bn254Fr.One : Bn254Fr.Zero)[0];
            b.AssertProduct(x, b.UnconstrainedInverse(x), 1 - z);
        }

        WitnessMutator<Bn254Fr> mutator = WitnessMutator<Bn254Fr>.For(Define, CircuitAssert.Inputs<Bn254Fr>(("x", 5)));
        mutator.RefusesEveryMutation();
        Assert.Equal(1, mutator.FindUndetermined().RankDeficit);
    }

    /// <summary>
    /// One bit of four that is none: each wire is determined by the others, so only the lie about two bits finds it.
    /// Without all four rows uniqueness finds it too.
    /// </summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 3)]
    public void MissingBooleanRows(int firstChecked, int deficit)
    {
        void Define(CircuitBuilder<Bn254Fr> b)
        {
            Variable<Bn254Fr> x = b.PublicInput("x");
            Variable<Bn254Fr>[] bits = b.UnconstrainedBits(x, 4);
            for (int i = firstChecked; i < 4 && firstChecked > 0; i++)
            {
                b.AssertBoolean(bits[i]);
            }

            b.AssertEqual(bits[0] + (bits[1] * 2) + (bits[2] * 4) + (bits[3] * 8), x);
        }

        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>("bits", Define, OptimizationLevel.O0);
        CircuitInputs<Bn254Fr> inputs = CircuitAssert.Inputs<Bn254Fr>(("x", 10));
        var mutator = new WitnessMutator<Bn254Fr>(circuit, circuit.CreateWitness(inputs));
        mutator.RefusesEveryMutation();
        Assert.Equal(deficit, mutator.FindUndetermined().RankDeficit);
        HintOffender offender = Assert.Single(HintTampering.FindOffenders(circuit, inputs));
        Assert.Equal(("Bits", "main.w2", false), (offender.Operation, offender.Wire, offender.ChangesPublicValues));
        Assert.Empty(HintTampering.FindOffenders(circuit, inputs, allowed: "main.w*"));
    }

    [Fact]
    public void BitsThatAreNotCanonical()
    {
        static void Define(CircuitBuilder<ToyField> b)
        {
            Variable<ToyField>[] bits = b.UnconstrainedBits(b.PublicInput("x"), 16);
            b.AssertEqual(b.FromBits(bits), b.PublicInput("y"));
            b.PublicOutput("low", bits[0]);
        }

        CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("bits", Define, OptimizationLevel.O0);
        CircuitInputs<ToyField> inputs = In(("x", 1000), ("y", 1000));
        var mutator = new WitnessMutator<ToyField>(circuit, circuit.CreateWitness(inputs));
        mutator.RefusesEveryMutation(new FreeWires(WitnessMutator.Digest(["main.x"]), "main.x"));
        mutator.IsUnique();
        HintOffender offender = Assert.Single(HintTampering.FindOffenders(circuit, inputs));
        Assert.True(offender.ChangesPublicValues);
        Assert.Equal("the bits of x + p", offender.Change);
    }

    /// <summary>Bits hold a value that nothing else does, roots of either sign: strictly neither is determined.</summary>
    [Fact]
    public void ChoicesOfRootsDetermineNothing()
    {
        static void Ranged(CircuitBuilder<Bn254Fr> b)
        {
            Variable<Bn254Fr> hint = b.UnconstrainedHint(1, [b.PublicInput("x")], (x, y) => y[0] = x[0])[0];
            b.AssertInRange(hint, 8);
        }

        static void Root(CircuitBuilder<Bn254Fr> b)
        {
            Variable<Bn254Fr> x = b.PublicInput("x"), root = b.UnconstrainedHint(1, [x], (x, y) => Bn254Fr.TrySqrt(x[0], out y[0]))[0];
            b.AssertProduct(root, root, x);
            b.PublicOutput("root", root);
        }

        CircuitInputs<Bn254Fr> inputs = CircuitAssert.Inputs<Bn254Fr>(("x", 9));
        Assert.Equal(9, WitnessMutator<Bn254Fr>.For(Ranged, inputs).FindUndetermined().Undetermined.Count);
        Assert.Equal(0, WitnessMutator<Bn254Fr>.For(Ranged, inputs, OptimizationLevel.O2).FindUndetermined().RankDeficit);
        Assert.Equal(2, WitnessMutator<Bn254Fr>.For(Root, inputs).FindUndetermined().Undetermined.Count);
        CompiledCircuit<Bn254Fr> ranged = CircuitCompiler.Compile<Bn254Fr>("ranged", Ranged);
        Assert.Contains(HintTampering.FindOffenders(ranged, inputs), offender => offender.Operation == "Hint");
    }

    /// <summary>The helper of IsZero(0) is rightly free: reviewed by name, frozen by digest.</summary>
    [Fact]
    public void ReviewedWiresAreFrozen()
    {
        static void Define(CircuitBuilder<ToyField> b) => b.PublicOutput("z", b.IsZero(b.PublicInput("x")));
        WitnessMutator<ToyField> mutator = WitnessMutator<ToyField>.For(Define, In(("x", 0)));
        string digest = WitnessMutator.Digest(["main.w3"]);
        mutator.RefusesEveryMutation(new FreeWires(digest, "main.w*"));
        mutator.IsUnique(new FreeWires(digest, "main.w3"));
        Assert.ThrowsAny<XunitException>(() => mutator.IsUnique());
        Assert.ThrowsAny<XunitException>(() => mutator.IsUnique(new FreeWires(digest, "main.other")));
        Assert.ThrowsAny<XunitException>(() => mutator.IsUnique(new FreeWires(WitnessMutator.Digest([]), "main.w3")));
    }

    [Fact]
    public void SoundGadgetsPass()
    {
        Check<Bls12381Fr>();
        Check<Bn254Fr>();
        Check<ToyField>();

        static void Check<TF>()
            where TF : unmanaged, IPrimeField<TF>
        {
            foreach (int x in new[] { 0, 1, 2, 77, 200, -1, -2 })
            {
                Pass<TF>(b => b.PublicOutput("z", b.ToBits(b.PublicInput("x"), TF.BitLength)[0]), ("x", x));
            }

            Pass<TF>(b => b.PublicOutput("z", b.ToBits(b.PublicInput("x"), 9)[0]), ("x", 300));
            Pass<TF>(b => b.PublicOutput("z", b.LessThan(b.PublicInput("x"), b.PublicInput("y"), 9)), ("x", 300), ("y", 301));
            Pass<TF>(b => b.PublicOutput("z", b.LessThan(b.PublicInput("x"), b.PublicInput("y"), 9)), ("x", 511), ("y", 0));
            Pass<TF>(b => b.AssertLessOrEqual(b.PublicInput("x"), b.PublicInput("y"), 9), ("x", 300), ("y", 300));
            Pass<TF>(b => b.PublicOutput("z", b.IsZero(b.PublicInput("x"))), ("x", 7));
            Pass<TF>(b => b.PublicOutput("z", b.IsEqual(b.PublicInput("x"), b.PublicInput("y"))), ("x", 7), ("y", 9));
            Pass<TF>(b => b.PublicOutput("z", b.Divide(b.PublicInput("x"), b.PublicInput("y"))), ("x", 7), ("y", 9));
            Pass<TF>(b => b.PublicOutput("z", b.Select(b.IsZero(b.PublicInput("x")), b.PublicInput("y"), 11)), ("x", 7), ("y", 9));

            // Where bits follow those of p − 1 the derivatives of their rows vanish: double roots determine all the same.
            BigBits<TF>(TF.Modulus - 1);
            BigBits<TF>(TF.Modulus - 2);
            BigBits<TF>(TF.Modulus / 2);
        }

        static void BigBits<TF>(System.Numerics.BigInteger x)
            where TF : unmanaged, IPrimeField<TF>
        {
            static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.ToBits(b.PublicInput("x"), TF.BitLength)[0]);
            foreach (OptimizationLevel level in new[] { OptimizationLevel.O0, OptimizationLevel.O2 })
            {
                WitnessMutator<TF>.For(Define, new CircuitInputs<TF>().Set("x", TF.FromBigInteger(x)), level).IsUnique();
            }
        }

        static void Pass<TF>(Action<CircuitBuilder<TF>> define, params (string, object)[] values)
            where TF : unmanaged, IPrimeField<TF>
        {
            CircuitInputs<TF> inputs = CircuitAssert.Inputs<TF>(values);
            foreach (OptimizationLevel level in new[] { OptimizationLevel.O0, OptimizationLevel.O2 })
            {
                CompiledCircuit<TF> circuit = CircuitCompiler.Compile("sound", define, level);
                var mutator = new WitnessMutator<TF>(circuit, circuit.CreateWitness(inputs));
                Assert.All(mutator.FindFreeWires(), name => Assert.Equal("main.y", name)); // the one that Select passes over
                mutator.IsUnique();
                HintTampering.AreRefused(circuit, inputs, count: 40);
            }
        }
    }

    /// <summary>Small random systems, satisfied by construction: rank and undetermined wires as dense elimination finds them.</summary>
    [Fact]
    public void EqualsDenseElimination()
    {
        int deficient = 0, full = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            int wires = random.Next(2, 14), rows = random.Next(wires / 2, wires + 6), most = random.Next(1, 4);
            int[] values = Enumerable.Range(0, wires).Select(_ => random.Next(1, 60000)).ToArray();
            void Define(CircuitBuilder<ToyField> b)
            {
                Variable<ToyField> input = b.PublicInput("x");
                Variable<ToyField>[] hints = b.UnconstrainedHint(
                    wires, [], (_, outputs) => Array.ConvertAll(values, v => ToyField.FromUInt64((ulong)v)).CopyTo(outputs));
                for (int i = 0; i < rows; i++)
                {
                    (Variable<ToyField> a, ToyField left) = Combination();
                    (Variable<ToyField> c, ToyField output) = Combination();
                    if (random.Next(3) == 0)
                    {
                        b.AssertEqual(c, output);
                    }
                    else
                    {
                        (Variable<ToyField> other, ToyField right) = Combination();
                        b.AssertProduct(a + input, other, c + ((left + ToyField.One) * right) - output);
                    }
                }

                (Variable<ToyField> Variable, ToyField Value) Combination()
                {
                    (Variable<ToyField> Variable, ToyField Value) sum = default;
                    for (int k = random.Next(1, most + 1); k > 0; k--)
                    {
                        int wire = random.Next(wires);
                        ToyField coefficient = ToyField.FromUInt64((ulong)random.Next(1, 60000));
                        sum.Variable += hints[wire] * coefficient;
                        sum.Value += ToyField.FromUInt64((ulong)values[wire]) * coefficient;
                    }

                    return sum;
                }
            }

            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("random", Define, OptimizationLevel.O1);
            int wiresLeft = circuit.System.WireCount - 2;
            ToyField[] witness = circuit.CreateWitness(In(("x", 1)));
            UniquenessResult found = new WitnessMutator<ToyField>(circuit, witness).FindUndetermined();
            ToyField[][] jacobian = Jacobian(circuit.System, witness);
            int rank = Rank(jacobian);
            Assert.Equal((seed, wiresLeft - rank), (seed, found.RankDeficit));
            string[] undetermined = Enumerable.Range(0, wiresLeft).Where(wire =>
            {
                var unit = new ToyField[wiresLeft];
                unit[wire] = ToyField.One;
                return Rank([.. jacobian, unit]) > rank;
            }).Select(wire => circuit.Symbols.WireName(wire + 2)).ToArray();
            Assert.Equal(undetermined, found.Undetermined);
            _ = rank < wiresLeft ? deficient++ : full++;
        }

        Assert.True(deficient > 50 && full > 50, $"{deficient} and {full}");

    }

    /// <summary>Sums of neighbours around a ring determine all of an odd number of wires, but only together.</summary>
    [Fact]
    public void WhatIsStuckIsEliminatedUpToALimit()
    {
        Assert.Equal(0, Ring(1001).FindUndetermined().RankDeficit);
        Assert.Equal(1, Ring(1000).FindUndetermined().RankDeficit);
        Assert.Contains("4000", Assert.Throws<InvalidOperationException>(() => Ring(4001).FindUndetermined()).Message, StringComparison.Ordinal);

        static WitnessMutator<Bn254Fr> Ring(int count) => WitnessMutator<Bn254Fr>.For(
            b =>
            {
                Variable<Bn254Fr>[] ring = b.UnconstrainedHint(count, [], (_, outputs) => outputs.Fill(Bn254Fr.One));
                for (int i = 0; i < count; i++)
                {
                    b.AssertEqual(ring[i] + ring[(i + 1) % count], 2);
                }
            },
            new CircuitInputs<Bn254Fr>());
    }

    [Theory]
    [InlineData("main.path[3].w17", "main.path[*].w*", true)]
    [InlineData("main.path[3].w17", "main.path[4].w*", false)]
    [InlineData("main.path[3].w17", "main.*", false)]
    [InlineData("main.path[3].w17", "main.**", true)]
    [InlineData("main.path[3].w17", "path[3].w17", false)]
    public void PatternsStarsStopAtDots(string name, string pattern, bool fits) => Assert.Equal(fits, CircuitNames.Fits(name, pattern));

    [Fact]
    public void TheTableFindsGapsAndAttributesAttacks()
    {
        static void Define(CircuitBuilder<Bn254Fr> b)
        {
            Variable<Bn254Fr> x = b.PublicInput("x"), square, cube;
            using (b.Scope("cube"))
            {
                square = x * x;
                cube = square * x;
            }

            for (int i = 0; i < 2; i++)
            {
                using (b.Scope($"range[{i}]"))
                {
                    b.AssertInRange(cube + i, 12);
                }
            }

            using (b.Scope("redundant"))
            {
                b.AssertProduct(x + 1, square, cube + square);
            }

            b.PublicOutput("cube", cube);
        }

        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>("table", Define, OptimizationLevel.O0);
        Attack<Bn254Fr> tooLarge = Cheat("a cube of 13 bits", 16);
        Attack<Bn254Fr> harmless = Cheat("a cube that is none", 2);
        Bn254Fr[] witness = circuit.CreateWitness(CircuitAssert.Inputs<Bn254Fr>(("x", 5)));
        SoundnessTable table = SoundnessTable.Build(circuit, witness, tooLarge);
        Assert.Equal(["main.redundant"], table.Gaps);
        Assert.Equal(["main.cube", "main.range[*]", "main.redundant", "main"], table.Scopes.Select(scope => scope.Scope));
        Assert.Equal([2, 26, 1, 1], table.Scopes.Select(scope => scope.Rows));
        Assert.Equal([true, false, false, true], table.Scopes.Select(scope => scope.ByUniqueness));
        Assert.Equal(["a cube of 13 bits"], table.Scopes[1].ByAttacks);
        Assert.Contains("| main.redundant | 1 | **nothing** |", table.ToMarkdown(), StringComparison.Ordinal);
        Assert.Equal(["a cube that is none"], SoundnessTable.Build(circuit, witness, harmless).Succeeding);
        Assert.ThrowsAny<XunitException>(table.RequireComplete);

        var mutator = new WitnessMutator<Bn254Fr>(circuit, witness);

        // The square, the cube, the output and 24 bits, held by four rows: bits do not determine what they are the bits of.
        Assert.Equal(23, mutator.FindUndeterminedWithout("main.cube").RankDeficit);
        Assert.Equal(0, mutator.FindUndeterminedWithout("main.redundant").RankDeficit);
        Assert.Throws<ArgumentException>(() => mutator.FindUndeterminedWithout("main.path"));

        Attack<Bn254Fr> Cheat(string name, int x) =>
            new(name, circuit.Program.Run(CircuitAssert.Inputs<Bn254Fr>(("x", x))));
    }

    public sealed record Inner(ulong Height, byte Phase);

    public sealed record Statement(ToyField Root, Inner Where);

    [Fact]
    public void StatementsMustBeHashedInFull()
    {
        CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>(
            "statement", b => b.AssertEqual(b.PublicInput("hash"), b.PrivateInput("root") * 3), OptimizationLevel.O0);
        ToyField[] witness = circuit.CreateWitness(In(("hash", 30), ("root", 10)));
        var statement = new Statement(ToyField.FromUInt64(11), new Inner(7, 1));
        Assert.Equal(
            ["Root", "Where.Height", "Where.Phase"],
            StatementTampering.IsRefused(circuit, witness, statement, s => ToyField.FromUInt64(10 + s.Where.Height + s.Where.Phase + 1) + s.Root));
        Assert.ThrowsAny<XunitException>(() => StatementTampering.IsRefused(
            circuit, witness, statement, s => ToyField.FromUInt64(12 + s.Where.Height) + s.Root));
    }

    private static CircuitInputs<ToyField> In(params ReadOnlySpan<(string, object)> values) => CircuitAssert.Inputs<ToyField>(values);

    private static ToyField[][] Jacobian(ConstraintSystem<ToyField> system, ToyField[] witness)
    {
        int first = 2, count = system.WireCount - first;
        var rows = new ToyField[system.ConstraintCount][];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row] = new ToyField[count];
            Add(system.A, system.B.EvaluateRow(row, witness));
            Add(system.B, system.A.EvaluateRow(row, witness));
            Add(system.C, -ToyField.One);

            void Add(SparseMatrix<ToyField> matrix, ToyField factor)
            {
                SparseRow<ToyField> terms = matrix.Row(row);
                for (int k = 0; k < terms.Length; k++)
                {
                    if (terms.Wires[k] >= first)
                    {
                        rows[row][terms.Wires[k] - first] += terms.Coefficient(k) * factor;
                    }
                }
            }
        }

        return rows;
    }

    private static int Rank(ToyField[][] matrix)
    {
        ToyField[][] rows = matrix.Select(row => (ToyField[])row.Clone()).ToArray();
        int rank = 0;
        for (int column = 0; rows.Length > 0 && column < rows[0].Length; column++)
        {
            int pivot = Array.FindIndex(rows, rank, row => !ToyField.IsZero(row[column]));
            if (pivot < 0)
            {
                continue;
            }

            (rows[rank], rows[pivot]) = (rows[pivot], rows[rank]);
            for (int i = rank + 1; i < rows.Length; i++)
            {
                ToyField factor = rows[i][column] * ToyField.Inverse(rows[rank][column]);
                for (int j = column; j < rows[i].Length; j++)
                {
                    rows[i][j] -= factor * rows[rank][j];
                }
            }

            rank++;
        }

        return rank;
    }
}
