// Owns: every verb of the builder with valid, invalid and mutated witnesses and golden constraint counts, on three fields.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public sealed class GadgetsOnBls12381 : GadgetTests<Bls12381Fr>
{
    protected override (int Written, int Optimised) CanonicalBitsCost => (388, 387);
}

public sealed class GadgetsOnBn254 : GadgetTests<Bn254Fr>
{
    protected override (int Written, int Optimised) CanonicalBitsCost => (354, 353);
}

public sealed class GadgetsOnToyField : GadgetTests<ToyField>
{
    // 16 bits, 64512 = 0b1111110000000000 has six ones: 16 + 5 + 1.
    protected override (int Written, int Optimised) CanonicalBitsCost => (22, 21);
}

public abstract class GadgetTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>
    /// Constraints of ToBits at full length: one a bit, one for each 1 of p − 1 after the first, one linear for the sum.
    /// That is bit length + number of ones.
    /// </summary>
    protected abstract (int Written, int Optimised) CanonicalBitsCost { get; }

    [Fact]
    public void Product()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.PrivateInput("x") * b.PrivateInput("y"));
        CircuitAssert.Accepts(Define, In(("x", 3), ("y", 5)));
        CircuitAssert.Determines(Define, In(("x", -1), ("y", -1)), TF.One);
        CircuitAssert.Costs<TF>(2, 1, Define);
    }

    [Fact]
    public void ConstantsFold()
    {
        CircuitAssert.Costs<TF>(1, 1, b =>
        {
            Variable<TF> x = b.PrivateInput("x");
            b.AssertProduct(x, x, (((x + 3) * 2) - x - x) * (b.Constant(TF.One) + 1));
            b.AssertEqual(b.Constant(TF.One) * 4, 4);
            Assert.True((x - x).IsConstant);
            Assert.Equal(0, (x - x).WireCount);
            Assert.Equal(TF.FromUInt64(6), ((x + 3) * 2).ConstantPart);
        });
    }

    [Fact]
    public void AssertProduct()
    {
        static void Define(CircuitBuilder<TF> b) => b.AssertProduct(b.PrivateInput("x"), b.PrivateInput("y"), b.PublicInput("z"));
        CircuitAssert.Accepts(Define, In(("x", 3), ("y", 5), ("z", 15)));
        CircuitAssert.Refuses(Define, In(("x", 3), ("y", 5), ("z", 14)));
        CircuitAssert.Costs<TF>(1, 1, Define);
    }

    [Fact]
    public void AssertEqual()
    {
        static void Define(CircuitBuilder<TF> b) => b.AssertEqual(b.PublicInput("x") * 2, b.PublicInput("y") + 1);
        CircuitAssert.Accepts(Define, In(("x", 3), ("y", 5)));
        CircuitAssert.Refuses(Define, In(("x", 3), ("y", 6)));
        CircuitAssert.Costs<TF>(1, 1, Define);
    }

    [Fact]
    public void AssertBoolean()
    {
        static void Define(CircuitBuilder<TF> b)
        {
            Variable<TF> x = b.PublicInput("x");
            b.AssertBoolean(x);
            b.AssertBoolean(x);
            b.AssertBoolean(1 - x);
            b.AssertBoolean(0);
        }

        CircuitAssert.Accepts(Define, In(("x", 0)), mutate: false);
        CircuitAssert.Accepts(Define, In(("x", 1)), mutate: false);
        CircuitAssert.Refuses(Define, In(("x", 2)));
        CircuitAssert.Refuses(Define, In(("x", -1)));
        CircuitAssert.Costs<TF>(1, 1, Define);
    }

    /// <summary>A sum of bits is not a bit: the mark must not survive arithmetic.</summary>
    [Fact]
    public void SumsOfBitsAreNotTakenForBits()
    {
        static void Define(CircuitBuilder<TF> b)
        {
            Variable<TF> x = b.PublicInput("x"), y = b.PublicInput("y");
            b.PublicOutput("z", b.And(b.Or(x, y) + b.And(x, y), y));
        }

        CircuitAssert.Refuses(Define, In(("x", 1), ("y", 1)));
        CircuitAssert.Determines(Define, In(("x", 0), ("y", 1)), TF.One);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    public void BooleanVerbs(int x, int y)
    {
        static void Define(CircuitBuilder<TF> b)
        {
            Variable<TF> x = b.PublicInput("x"), y = b.PublicInput("y");
            b.PublicOutput("and", b.And(x, y));
            b.PublicOutput("or", b.Or(x, y));
            b.PublicOutput("xor", b.Xor(x, y));
            b.PublicOutput("not", b.Not(x));
        }

        CircuitAssert.Accepts(Define, In(("x", x), ("y", y)));
        CircuitAssert.Determines(Define, In(("x", x), ("y", y)), El(x & y), El(x | y), El(x ^ y), El(1 - x));
        CircuitAssert.Refuses(Define, In(("x", x), ("y", 2)));
        CircuitAssert.Costs<TF>(9, 6, Define);
    }

    [Fact]
    public void Select()
    {
        static void Define(CircuitBuilder<TF> b) =>
            b.PublicOutput("z", b.Select(b.PublicInput("c"), b.PublicInput("x"), b.PublicInput("y")));
        CircuitAssert.Determines(Define, In(("c", 1), ("x", 3), ("y", 5)), El(3));
        CircuitAssert.Determines(Define, In(("c", 0), ("x", 3), ("y", 5)), El(5));
        CircuitAssert.Refuses(Define, In(("c", 2), ("x", 3), ("y", 5)));
        CircuitAssert.Costs<TF>(3, 2, Define);
    }

    [Fact]
    public void IsZero()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.IsZero(b.PublicInput("x")));
        CircuitAssert.Determines(Define, In(("x", 0)), TF.One);
        CircuitAssert.Determines(Define, In(("x", 7)), TF.Zero);
        CircuitAssert.Accepts(Define, In(("x", 7)));
        CircuitAssert.Costs<TF>(3, 2, Define);
    }

    [Fact]
    public void IsEqual()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.IsEqual(b.PublicInput("x"), b.PublicInput("y")));
        CircuitAssert.Determines(Define, In(("x", 4), ("y", 4)), TF.One);
        CircuitAssert.Determines(Define, In(("x", 4), ("y", 5)), TF.Zero);
    }

    [Fact]
    public void InverseAndNonZero()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.Inverse(b.PublicInput("x")));
        CircuitAssert.Accepts(Define, In(("x", 2)));
        CircuitAssert.Determines(Define, In(("x", 2)), TF.Inverse(El(2)));
        CircuitAssert.Refuses(Define, In(("x", 0)));
        CircuitAssert.Refuses(b => b.AssertNonZero(b.PublicInput("x")), In(("x", 0)));
        CircuitAssert.Costs<TF>(1, 1, b => b.AssertNonZero(b.PublicInput("x")));
    }

    [Fact]
    public void Divide()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.Divide(b.PublicInput("x"), b.PublicInput("y")));
        CircuitAssert.Accepts(Define, In(("x", 6), ("y", 3)));
        CircuitAssert.Determines(Define, In(("x", 6), ("y", 3)), El(2));
        CircuitAssert.Refuses(Define, In(("x", 6), ("y", 0)));
        CircuitAssert.Refuses(Define, In(("x", 0), ("y", 0)));
        CircuitAssert.Costs<TF>(3, 2, Define);
    }

    /// <summary>What the name warns of: 0/0 is the prover's choice, and everything else is sound.</summary>
    [Fact]
    public void DivideUnchecked()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.DivideUnchecked(b.PublicInput("x"), b.PublicInput("y")));
        CircuitAssert.Determines(Define, In(("x", 6), ("y", 3)), El(2));
        CircuitAssert.Refuses(Define, In(("x", 6), ("y", 0)));
        CircuitAssert.Costs<TF>(2, 1, Define);
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("test", Define);
        TF[] witness = circuit.CreateWitness(In(("x", 0), ("y", 0)));
        witness[1] = El(42);
        Assert.True(CircuitChecker.IsSatisfied(circuit.System, witness));
    }

    [Fact]
    public void ToBitsOfFewBits()
    {
        static void Define(CircuitBuilder<TF> b)
        {
            Variable<TF>[] bits = b.ToBits(b.PublicInput("x"), 4);
            for (int i = 0; i < bits.Length; i++)
            {
                b.PublicOutput($"b{i}", bits[i]);
            }
        }

        for (int x = 0; x < 16; x++)
        {
            CircuitAssert.Determines(Define, In(("x", x)), El(x & 1), El((x >> 1) & 1), El((x >> 2) & 1), El(x >> 3));
        }

        CircuitAssert.Refuses(Define, In(("x", 16)));
        CircuitAssert.Refuses(Define, In(("x", -1)));
        CircuitAssert.Costs<TF>(5, 4, b => b.ToBits(b.PrivateInput("x"), 4));
    }

    [Fact]
    public void CanonicalBits()
    {
        static void Define(CircuitBuilder<TF> b)
        {
            Variable<TF>[] bits = b.ToBits(b.PublicInput("x"), TF.BitLength);
            b.PublicOutput("low", bits[0]);
            b.PublicOutput("sum", b.FromBits(bits[..^1]));
        }

        BigInteger top = BigInteger.One << (TF.BitLength - 1);
        foreach (BigInteger x in new[] { 0, 1, 2, top - 1, top, top + 1, TF.Modulus - 1, TF.Modulus - 2, TF.Modulus >> 1 })
        {
            CircuitInputs<TF> inputs = new CircuitInputs<TF>().Set("x", TF.FromBigInteger(x));
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("bits", Define);
            TF[] witness = circuit.CreateWitness(inputs);
            Assert.Equal(TF.FromBigInteger(x & 1), witness[1]);
            Assert.Equal(TF.FromBigInteger(x % top), witness[2]);
        }

        CircuitAssert.Costs<TF>(CanonicalBitsCost.Written, CanonicalBitsCost.Optimised, b => b.ToBits(b.PrivateInput("x"), TF.BitLength));
    }

    /// <summary>The attack that the canonical check exists for: the bits of x + p also add up to x.</summary>
    [Fact]
    public void TheSecondDecompositionIsRefused()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("bits", b => b.PublicOutput("low", b.ToBits(b.PublicInput("x"), TF.BitLength)[0]));
        BigInteger room = (BigInteger.One << TF.BitLength) - TF.Modulus;
        foreach (BigInteger x in new[] { 0, 1, 2, room - 1, room / 2 })
        {
            TF[] witness = circuit.Program.Run(new CircuitInputs<TF>().Set("x", TF.FromBigInteger(x)), (op, outputs) =>
            {
                if (op == Opcode.Bits)
                {
                    for (int i = 0; i < outputs.Length; i++)
                    {
                        outputs[i] = ((x + TF.Modulus) >> i).IsEven ? TF.Zero : TF.One;
                    }
                }
            });
            Assert.Equal((x + 1) & 1, TF.ToBigInteger(witness[1]));
            Assert.False(CircuitChecker.IsSatisfied(circuit.System, witness));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(11)]
    [InlineData(12)]
    public void BitsAtMost(int bound)
    {
        int count = (int)((BigInteger)bound).GetBitLength();
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("bits", Define, OptimizationLevel.O0);
        for (int x = 0; x < 1 << (count + 1); x++)
        {
            // Whatever the hint says, the only way through is the integer's bits, and only up to the bound.
            TF[] honest = circuit.Program.Run(In(("x", x)));
            Assert.Equal(x <= bound, CircuitChecker.IsSatisfied(circuit.System, honest));
            for (int other = 0; other < 1 << count; other++)
            {
                TF[] witness = circuit.Program.Run(In(("x", x)), (_, outputs) =>
                {
                    for (int i = 0; i < outputs.Length; i++)
                    {
                        outputs[i] = El((other >> i) & 1);
                    }
                });
                Assert.Equal(other == x && x <= bound, CircuitChecker.IsSatisfied(circuit.System, witness));
            }
        }

        for (int x = 0; x <= bound; x++)
        {
            CircuitAssert.RefusesTamperedHints(circuit, In(("x", x)));
        }

        int ones = BitOperations.PopCount((uint)bound), trailing = BitOperations.TrailingZeroCount(~bound);
        int cost = count + Math.Max(ones - 1 - trailing, 0) + 1;
        CircuitAssert.Costs<TF>(cost, cost - 1, b => b.ToBitsAtMost(b.PrivateInput("x"), bound));

        void Define(CircuitBuilder<TF> b)
        {
            Variable<TF>[] bits = b.ToBitsAtMost(b.PublicInput("x"), bound);
            Assert.Equal(count, bits.Length);
            for (int i = 0; i < bits.Length; i++)
            {
                Assert.True(b.IsProvenBoolean(bits[i]));
                b.PublicOutput($"b{i}", bits[i]);
            }
        }
    }

    [Fact]
    public void BitsAtMostTheLargestElement()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("top", b.ToBitsAtMost(b.PublicInput("x"), TF.Modulus - 2)[^1]);
        CircuitAssert.Determines(Define, In(("x", -2)), TF.One);
        CircuitAssert.Determines(Define, In(("x", 0)), TF.Zero);
        CircuitAssert.Refuses(Define, In(("x", -1)));
    }

    [Fact]
    public void BitsAtMostOfConstantsAndOfBadBounds()
    {
        CircuitAssert.Costs<TF>(0, 0, b =>
        {
            Variable<TF>[] bits = b.ToBitsAtMost(5, 6);
            Assert.Equal([El(1), El(0), El(1)], bits.Select(bit => bit.ConstantPart));
            Assert.Throws<ArgumentException>(() => b.ToBitsAtMost(7, 6));
            Assert.Throws<ArgumentOutOfRangeException>(() => b.ToBitsAtMost(b.One, 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => b.ToBitsAtMost(b.One, -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => b.ToBitsAtMost(b.One, TF.Modulus));
        });
    }

    [Fact]
    public void LessThan()
    {
        static void Define(CircuitBuilder<TF> b) => b.PublicOutput("z", b.LessThan(b.PublicInput("x"), b.PublicInput("y"), 3));
        for (int x = 0; x < 8; x++)
        {
            for (int y = 0; y < 8; y++)
            {
                CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("less", Define);
                Assert.Equal(x < y ? TF.One : TF.Zero, circuit.CreateWitness(In(("x", x), ("y", y)))[1]);
                CircuitAssert.RefusesTamperedHints(circuit, In(("x", x), ("y", y)));
            }
        }

        CircuitAssert.Refuses(Define, In(("x", 8), ("y", 1)));
        CircuitAssert.Refuses(Define, In(("x", 1), ("y", -1)));
        CircuitAssert.Costs<TF>(13 + 1, 10, b => b.PublicOutput("z", b.LessThan(b.PrivateInput("x"), b.PrivateInput("y"), 3)));
    }

    [Fact]
    public void AssertedComparisons()
    {
        static void Less(CircuitBuilder<TF> b) => b.AssertLessThan(b.PublicInput("x"), b.PublicInput("y"), 3);
        static void LessOrEqual(CircuitBuilder<TF> b) => b.AssertLessOrEqual(b.PublicInput("x"), b.PublicInput("y"), 3);
        for (int x = 0; x < 8; x++)
        {
            for (int y = 0; y < 8; y++)
            {
                Check(Less, x, y, x < y);
                Check(LessOrEqual, x, y, x <= y);
            }
        }

        Check(Less, 3, 8, false);
        Check(Less, -1, 0, false);
        Check(LessOrEqual, 3, 8, false);
        Check(LessOrEqual, -1, -1, false);
        CircuitAssert.Costs<TF>(12, 9, b => b.AssertLessThan(b.PrivateInput("x"), b.PrivateInput("y"), 3));

        static void Check(Action<CircuitBuilder<TF>> define, int x, int y, bool expected)
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile("test", define);
            Assert.Equal(expected, CircuitChecker.IsSatisfied(circuit.System, circuit.Program.Run(In(("x", x), ("y", y)))));
        }
    }

    [Fact]
    public void RangeChecks()
    {
        static void Define(CircuitBuilder<TF> b) => b.AssertInRange(b.PublicInput("x"), 5);
        CircuitAssert.Accepts(Define, In(("x", 31)), mutate: false);
        CircuitAssert.Refuses(Define, In(("x", 32)));
        CircuitAssert.Refuses(Define, In(("x", -1)));
    }

    [Fact]
    public void HintsComputeAndConstraintsDecide()
    {
        static void Define(CircuitBuilder<TF> b)
        {
            Variable<TF> x = b.PublicInput("x");
            Variable<TF> root = b.UnconstrainedHint(1, [x], (i, o) => TF.TrySqrt(i[0], out o[0]))[0];
            b.AssertProduct(root, root, x);
        }

        CircuitAssert.Accepts(Define, In(("x", 4)), mutate: false);
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("root", Define);
        TF[] witness = circuit.CreateWitness(In(("x", 4)));
        Assert.Equal(El(4), TF.Square(witness[2]));
        witness[2] += TF.One;
        Assert.False(CircuitChecker.IsSatisfied(circuit.System, witness));
    }

    [Fact]
    public void MaterializeAndSums()
    {
        static void Define(CircuitBuilder<TF> b)
        {
            Variable<TF>[] x = b.PrivateInputArray("x", 2, 2);
            Variable<TF> sum = b.Materialize(b.Sum(x));
            Assert.Equal(1, sum.WireCount);
            b.PublicOutput("z", sum * b.InnerProduct([El(1), El(2), El(3), El(4)], x));
        }

        CircuitAssert.Determines(Define, In(("x", new[] { 1, 2, 3, 4 })), El(300));
        CircuitAssert.Costs<TF>(3, 1, Define);
    }

    /// <summary>Every level accepts the same inputs and refuses the same, on a circuit that uses everything.</summary>
    [Fact]
    public void LevelsAgree()
    {
        CompiledCircuit<TF>[] circuits = [.. Enum.GetValues<OptimizationLevel>().Select(level => CircuitCompiler.Compile<TF>("mixed", Mixed, level))];
        Assert.True(circuits[0].System.ConstraintCount > circuits[1].System.ConstraintCount);
        Assert.True(circuits[1].System.ConstraintCount > circuits[2].System.ConstraintCount);
        var random = new Random(20240607);
        int accepted = 0;
        for (int i = 0; i < 200; i++)
        {
            CircuitInputs<TF> inputs = In(("x", random.Next(40)), ("y", random.Next(40)), ("c", random.Next(3)));
            bool[] verdicts = [.. circuits.Select(c => CircuitChecker.IsSatisfied(c.System, c.Program.Run(inputs)))];
            Assert.True(verdicts.Distinct().Count() == 1);
            if (verdicts[0])
            {
                accepted++;
                TF[][] publics = [.. circuits.Select(c => c.PublicValues(c.Program.Run(inputs)).ToArray())];
                Assert.Equal(publics[0], publics[1]);
                Assert.Equal(publics[0], publics[2]);
                CircuitAssert.RefusesTamperedHints(circuits[i % 3], inputs);
            }
        }

        Assert.InRange(accepted, 20, 180);
    }

    private static void Mixed(CircuitBuilder<TF> b)
    {
        Variable<TF> x = b.PublicInput("x"), y = b.PrivateInput("y"), c = b.PrivateInput("c");
        Variable<TF> copy = b.Materialize(y + 0), alias = b.UnconstrainedHint(1, [y], (i, o) => o[0] = i[0])[0];
        b.AssertEqual(alias, copy);
        Variable<TF> fixedWire = b.UnconstrainedHint(1, [], (_, o) => o[0] = TF.FromUInt64(9))[0];
        b.AssertEqual(fixedWire, 9);
        Variable<TF> less;
        using (b.Scope("compare"))
        {
            less = b.LessThan(x, alias + fixedWire, 5);
        }

        Variable<TF> picked = b.Select(c, x * alias, b.Materialize(x + (3 * alias)));
        b.PublicOutput("less", less);
        b.PublicOutput("picked", picked * fixedWire);
    }

    private static CircuitInputs<TF> In(params ReadOnlySpan<(string Name, object Value)> values) => CircuitAssert.Inputs<TF>(values);

    private static TF El(int value) => TF.FromBigInteger(value);
}
