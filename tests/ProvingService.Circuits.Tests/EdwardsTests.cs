// Owns: the embedded curves: constants, laws on numbers, and the gadgets for addition and multiples against them.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Circuits.Tests;

public sealed class JubjubTests(ITestOutputHelper output) : EdwardsTests<Bls12381Fr>(output)
{
    protected override int FixedBaseCost => 506;

    protected override int VariableBaseCost => 1683;

    /// <summary>The first multiple in zkcrypto/jubjub's test of encodings: the ordinate, with the parity of the abscissa on top.</summary>
    [Fact]
    public void BaseEqualsZkcryptos()
    {
        BigInteger encoded = new(
            [
                203, 85, 12, 213, 56, 234, 12, 193, 19, 132, 128, 64, 142, 110, 170, 185, 179, 108, 97, 63, 13, 211, 247, 120, 79, 219, 110,
                234, 131, 123, 19, 215,
            ],
            isUnsigned: true);
        Assert.Equal(encoded & ((BigInteger.One << 255) - 1), Bls12381Fr.ToBigInteger(Curve.Base.Y));
        Assert.Equal(!(encoded >> 255).IsEven, PrimeField.IsOdd(Curve.Base.X));
    }
}

public sealed class BabyJubjubTests(ITestOutputHelper output) : EdwardsTests<Bn254Fr>(output)
{
    protected override int FixedBaseCost => 504;

    protected override int VariableBaseCost => 1676;
}

public abstract class EdwardsTests<TF>(ITestOutputHelper output)
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly OracleRandom random = new(output);

    protected static EdwardsCurve<TF> Curve => EdwardsCurve<TF>.Embedded;

    protected abstract int FixedBaseCost { get; }

    protected abstract int VariableBaseCost { get; }

    [Fact]
    public void ConstantsAreWhatTheyMustBe()
    {
        // The addition law is complete: a is a square and d is not.
        Assert.True(TF.TrySqrt(Curve.A, out _));
        Assert.False(TF.TrySqrt(Curve.D, out _));
        Assert.True(Curve.Base.IsOnCurve);
        Assert.NotEqual(EdwardsPoint<TF>.Identity, Curve.Base);
        Assert.Equal(EdwardsPoint<TF>.Identity, Slow(Curve.Base, Curve.Order));
        Assert.True(IsProbablePrime(Curve.Order));

        // 8·l points is within Hasse's bound, and no other multiple of l is.
        BigInteger trace = TF.Modulus + 1 - (Curve.Order * Curve.Cofactor);
        Assert.True(trace * trace <= 4 * TF.Modulus);
        BigInteger other = BigInteger.Abs(trace) - Curve.Order;
        Assert.True(other * other > 4 * TF.Modulus);
        Assert.Throws<NotSupportedException>(() => EdwardsCurve<ToyField>.Embedded);
    }

    [Fact]
    public void MultiplesEqualRepeatedAdditionsByTheDefinition()
    {
        EdwardsPoint<TF> p = RandomPoint(), sum = EdwardsPoint<TF>.Identity;
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(sum, p.MultiplyVarTime(i));
            Assert.Equal(sum.Negate(), p.MultiplyVarTime(-i));
            sum = Add(sum, p);
        }

        BigInteger scalar = random.Next(Curve.Order);
        Assert.Equal(Slow(p, scalar), p.MultiplyVarTime(scalar));
        Assert.Equal(Slow(p, scalar), p.MultiplyVarTime(scalar + (8 * Curve.Order)));
        foreach (BigInteger s in EdgeScalars())
        {
            Assert.Equal(Curve.Base.MultiplyVarTime(s), Curve.MultiplyBaseVarTime(s));
            Assert.Equal(Slow(Curve.Base, s), Curve.MultiplyBaseVarTime(s));
        }
    }

    [Fact]
    public void LawsHoldForPointsOfEveryOrder()
    {
        EdwardsPoint<TF>[] points = [.. SmallOrderPoints(), Curve.Base, RandomPoint(), RandomPoint()];
        foreach (EdwardsPoint<TF> p in points)
        {
            Assert.True(p.IsOnCurve);
            Assert.Equal(p, p.Add(EdwardsPoint<TF>.Identity));
            Assert.Equal(EdwardsPoint<TF>.Identity, p.Add(p.Negate()));
            Assert.Equal(p.Add(p), p.Double());
            foreach (EdwardsPoint<TF> q in points)
            {
                Assert.Equal(Add(p, q), p.Add(q));
                Assert.Equal(p.Add(q), q.Add(p));
                Assert.Equal(p.Add(q).Add(points[^1]), p.Add(q.Add(points[^1])));
            }
        }
    }

    [Fact]
    public void SubgroupAndCurveAreToldApart()
    {
        Assert.True(Curve.Base.IsInSubgroup());
        Assert.True(EdwardsPoint<TF>.Identity.IsInSubgroup());
        Assert.False(default(EdwardsPoint<TF>).IsOnCurve);
        Assert.False(new EdwardsPoint<TF>(Curve.Base.X, Curve.Base.Y + TF.One).IsInSubgroup());
        EdwardsPoint<TF>[] small = SmallOrderPoints();
        Assert.Equal(8, small.Distinct().Count());
        foreach (EdwardsPoint<TF> torsion in small[1..])
        {
            Assert.False(torsion.IsInSubgroup());
            Assert.False(Curve.Base.Add(torsion).IsInSubgroup());
        }
    }

    /// <summary>The pairing decides as the definition does, [l]P = O, for points of all eight cosets of the subgroup.</summary>
    [Fact]
    public void MembershipIsWhatItsDefinitionSays()
    {
        EdwardsPoint<TF>[] small = SmallOrderPoints();
        for (int i = 0; i < 40; i++)
        {
            EdwardsPoint<TF> inside = i == 0 ? EdwardsPoint<TF>.Identity : i == 1 ? Curve.Base.Negate() : RandomPoint();
            inside = inside.MultiplyVarTime(8);
            foreach (EdwardsPoint<TF> torsion in small)
            {
                EdwardsPoint<TF> point = inside.Add(torsion);
                Assert.Equal(point.MultiplyVarTime(Curve.Order) == EdwardsPoint<TF>.Identity, point.IsInSubgroup());
                Assert.Equal(torsion == EdwardsPoint<TF>.Identity, point.IsInSubgroup());
            }
        }
    }

    /// <summary>The pairing means nothing off the curve, where one pair in eight passes it by chance.</summary>
    [Fact]
    public void PairsOffTheCurveAreInNoSubgroup()
    {
        int byChance = 0;
        for (ulong i = 1; i <= 200; i++)
        {
            var pair = new EdwardsPoint<TF>(Curve.Base.X, Curve.Base.Y + TF.FromUInt64(i));
            Assert.False(pair.IsOnCurve);
            Assert.False(pair.IsInSubgroup());
            Assert.False(Eddsa.IsValidPublicKey(pair));
            byChance += Curve.Subgroup.Contains(pair) ? 1 : 0;
        }

        Assert.InRange(byChance, 1, 100);
    }

    /// <summary>The bound that the head of FixedBaseGadget.cs rests on, for each window.</summary>
    [Fact]
    public void SumsOfTheFixedBaseNeverMeetTheNextEntry()
    {
        FixedBaseTable<TF> table = FixedBaseTable<TF>.Instance;
        Assert.Equal(83, table.MontgomeryWindows);
        BigInteger largest = 0;
        for (int i = 0; i < table.MontgomeryWindows; i++)
        {
            BigInteger weight = BigInteger.Pow(8, i);
            Assert.True(largest < 2 * weight);
            largest += 9 * weight;
            Assert.Equal(FixedBaseTable<TF>.LargestSum(i + 1), largest);
            Assert.True(largest < Curve.Order);
        }

        Assert.Equal(2, VariableBaseGadget.CompleteWindows<TF>(TF.BitLength));
        Assert.Equal(0, VariableBaseGadget.CompleteWindows<TF>((int)Curve.Order.GetBitLength() - 1));
    }

    [Fact]
    public void AddGadgetIsComplete()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("add", Define, OptimizationLevel.O0);
        EdwardsPoint<TF>[] points = [.. SmallOrderPoints(), Curve.Base, RandomPoint()];
        foreach (EdwardsPoint<TF> p in points)
        {
            foreach (EdwardsPoint<TF> q in points)
            {
                TF[] witness = circuit.CreateWitness(In(("p", p), ("q", q)));
                Assert.Equal(p.Add(q), new EdwardsPoint<TF>(witness[1], witness[2]));
                Assert.Equal(p.Double(), new EdwardsPoint<TF>(witness[3], witness[4]));
                Assert.Equal(p.Add(Curve.Base), new EdwardsPoint<TF>(witness[5], witness[6]));
            }
        }

        CircuitAssert.RefusesTamperedHints(circuit, In(("p", points[1]), ("q", points[1])));
        CircuitAssert.RefusesTamperedHints(circuit, In(("p", points[^1]), ("q", points[3])));
        CircuitAssert.Accepts(Define, In(("p", points[^1]), ("q", points[^2])), mutate: false);
        Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(In(("p", new(TF.One, TF.One)), ("q", points[0]))));
        CircuitAssert.Costs<TF>(6, 6, b => EdwardsGadget.Add(b, Input(b, "p"), Input(b, "q")));
        CircuitAssert.Costs<TF>(3, 3, b => EdwardsGadget.Add(b, Input(b, "p"), Curve.Base));
        CircuitAssert.Costs<TF>(0, 0, b => EdwardsGadget.Add<TF>(b, Curve.Base, Curve.Base));
        CircuitAssert.Costs<TF>(5, 5, b => EdwardsGadget.Double(b, Input(b, "p")));
        CircuitAssert.Costs<TF>(3, 3, b => EdwardsGadget.AssertOnCurve(b, Input(b, "p")));

        static void Define(CircuitBuilder<TF> b)
        {
            EdwardsVariable<TF> p = Input(b, "p"), q = Input(b, "q");
            EdwardsGadget.AssertOnCurve(b, p);
            EdwardsGadget.AssertOnCurve(b, q);
            Output(b, "sum", EdwardsGadget.Add(b, p, q));
            Output(b, "double", EdwardsGadget.Double(b, p));
            Output(b, "withBase", EdwardsGadget.Add(b, p, Curve.Base));
        }
    }

    [Fact]
    public void SelectGadget()
    {
        EdwardsPoint<TF> p = RandomPoint();
        CircuitAssert.Determines(Define, In(("p", p)).Set("c", TF.One), p.X, p.Y);
        CircuitAssert.Determines(Define, In(("p", p)).Set("c", TF.Zero), TF.Zero, TF.One);
        CircuitAssert.Refuses(Define, In(("p", p)).Set("c", TF.One + TF.One));
        CircuitAssert.Costs<TF>(5, 3, Define);

        static void Define(CircuitBuilder<TF> b) =>
            Output(b, "z", EdwardsGadget.Select(b, b.PublicInput("c"), Input(b, "p"), EdwardsPoint<TF>.Identity));
    }

    [Fact]
    public void FixedBaseGadgetEqualsTheMultiple()
    {
        int bits = (int)Curve.Order.GetBitLength();
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("fixed", Define);
        BigInteger alternating = 0;
        for (int i = 0; i < bits; i += 3)
        {
            alternating |= BigInteger.One << i;
        }

        BigInteger most = (BigInteger.One << bits) - 1;
        foreach (BigInteger s in new[] { most, most - 7, alternating & most, (alternating << 2) & most, 8, 64 }.Concat(EdgeScalars()))
        {
            TF[] witness = circuit.CreateWitness(Bits(s, bits));
            Assert.Equal(Curve.MultiplyBaseVarTime(s), new EdwardsPoint<TF>(witness[1], witness[2]));
        }

        RefusesSomeTamperedHints(circuit, Bits(random.Next(Curve.Order), bits));
        RefusesSomeTamperedHints(circuit, Bits(0, bits));
        CircuitAssert.Costs<TF>(bits + FixedBaseCost, bits + FixedBaseCost, b => FixedBaseGadget.Multiply<TF>(b, b.PrivateInputArray("k", bits)));

        void Define(CircuitBuilder<TF> b) => Output(b, "z", FixedBaseGadget.Multiply<TF>(b, b.PrivateInputArray("k", bits)));
    }

    [Fact]
    public void VariableBaseGadgetEqualsTheMultiple()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("variable", b => DefineVariable(b, TF.BitLength));
        EdwardsPoint<TF> p = RandomPoint().MultiplyVarTime(8);
        BigInteger most = (BigInteger.One << TF.BitLength) - 1;
        var scalars = new List<BigInteger>(EdgeScalars()) { TF.Modulus - 1, TF.Modulus - 2, TF.Modulus / 2, most, most - 1 };

        // Prefixes around every multiple of l that a window can reach: the bits above a window spell one of these.
        for (int window = 0; window < 10; window += 2)
        {
            foreach (int multiple in new[] { 1, 2, 3, 4, 8 })
            {
                for (int offset = -3; offset <= 3; offset++)
                {
                    scalars.Add(((Curve.Order * multiple) + offset) << window);
                    scalars.Add(((((Curve.Order * multiple) + offset) << window) | 1) - 2);
                }
            }
        }

        for (int zeros = 1; zeros < TF.BitLength; zeros += 17)
        {
            scalars.Add(random.Next(BigInteger.One << zeros));
        }

        foreach (BigInteger k in scalars.Where(k => k <= most))
        {
            TF[] witness = circuit.CreateWitness(Bits(k, TF.BitLength, p));
            Assert.Equal(p.MultiplyVarTime(k), new EdwardsPoint<TF>(witness[1], witness[2]));
        }

        RefusesSomeTamperedHints(circuit, Bits(random.Next(TF.Modulus), TF.BitLength, p));
        RefusesSomeTamperedHints(circuit, Bits(0, TF.BitLength, p));
        RefusesSomeTamperedHints(circuit, Bits(Curve.Order, TF.BitLength, p));
        CompilationReport report = CircuitCompiler.Compile<TF>("variable", b => VariableBaseGadget.Multiply<TF>(b, Input(b, "p"), b.PrivateInputArray("k", TF.BitLength))).Report;
        Assert.Equal((TF.BitLength + VariableBaseCost, TF.BitLength + VariableBaseCost), (report.ConstraintsBefore, report.ConstraintsAfter));
    }

    /// <summary>Scalars of few bits, all of them; the neutral element and the point of order two have no image and are refused.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void VariableBaseGadgetOfFewBits(int bits)
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("variable", b => DefineVariable(b, bits));
        EdwardsPoint<TF> p = RandomPoint().MultiplyVarTime(8);
        for (int k = 0; k < 1 << bits; k++)
        {
            TF[] witness = circuit.CreateWitness(Bits(k, bits, p));
            Assert.Equal(p.MultiplyVarTime(k), new EdwardsPoint<TF>(witness[1], witness[2]));
            CircuitAssert.RefusesTamperedHints(circuit, Bits(k, bits, p));
        }

        foreach (EdwardsPoint<TF> torsion in new[] { EdwardsPoint<TF>.Identity, new EdwardsPoint<TF>(TF.Zero, -TF.One) })
        {
            TF[] witness = circuit.Program.Run(Bits(1, bits, torsion));
            Assert.False(CircuitChecker.IsSatisfied(circuit.System, witness));

            // Whatever stands for the inverses: the constraint x · inverse = 1 has none.
            foreach (TF lie in new[] { TF.One, TF.FromUInt64(7) })
            {
                witness = circuit.Program.Run(Bits(1, bits, torsion), (op, outputs) =>
                {
                    if (op is Opcode.Inverse or Opcode.Divide)
                    {
                        outputs[0] = lie;
                    }
                });
                Assert.False(CircuitChecker.IsSatisfied(circuit.System, witness));
            }
        }
    }

    [Fact]
    public void MistakesOfCallersAreNamed()
    {
        CircuitCompiler.Compile<TF>("mistakes", b =>
        {
            Variable<TF>[] bits = b.PrivateInputArray("k", 300);
            Assert.Throws<ArgumentException>(() => FixedBaseGadget.Multiply<TF>(b, bits));
            Assert.Throws<ArgumentException>(() => VariableBaseGadget.Multiply<TF>(b, Curve.Base, bits));
            Assert.Throws<ArgumentException>(() => VariableBaseGadget.Multiply<TF>(b, Curve.Base, bits[..3]));
        });
    }

    /// <summary>All points whose order divides 8, the neutral element first and a generator of the others second.</summary>
    internal static EdwardsPoint<TF>[] SmallOrderPoints()
    {
        // [l]P for a P of the curve: of order 8 for half of all P.
        for (TF y = TF.FromUInt64(2); ; y += TF.One)
        {
            TF y2 = TF.Square(y);
            if (!TF.TrySqrt((TF.One - y2) * TF.Inverse(Curve.A - (Curve.D * y2)), out TF x))
            {
                continue;
            }

            EdwardsPoint<TF> generator = Slow(new EdwardsPoint<TF>(x, y), Curve.Order);
            if (generator.Double().Double() != EdwardsPoint<TF>.Identity)
            {
                return [.. Enumerable.Range(0, 8).Select(i => Slow(generator, i))];
            }
        }
    }

    private static void DefineVariable(CircuitBuilder<TF> b, int bits) =>
        Output(b, "z", VariableBaseGadget.Multiply<TF>(b, Input(b, "p"), b.PrivateInputArray("k", bits)));

    private static EdwardsVariable<TF> Input(CircuitBuilder<TF> b, string name)
    {
        Variable<TF>[] xy = b.PublicInputArray(name, 2);
        return new(xy[0], xy[1]);
    }

    private static void Output(CircuitBuilder<TF> b, string name, EdwardsVariable<TF> p)
    {
        b.PublicOutput($"{name}X", p.X);
        b.PublicOutput($"{name}Y", p.Y);
    }

    private static CircuitInputs<TF> In(params ReadOnlySpan<(string Name, EdwardsPoint<TF> Point)> points)
    {
        var inputs = new CircuitInputs<TF>();
        foreach ((string name, EdwardsPoint<TF> point) in points)
        {
            inputs.Set(name, [point.X, point.Y]);
        }

        return inputs;
    }

    private static CircuitInputs<TF> Bits(BigInteger k, int count, EdwardsPoint<TF>? p = null)
    {
        var bits = new TF[count];
        for (int i = 0; i < count; i++)
        {
            bits[i] = (k >> i).IsEven ? TF.Zero : TF.One;
        }

        CircuitInputs<TF> inputs = p is { } point ? In(("p", point)) : new();
        return inputs.Set("k", bits);
    }

    /// <summary>The addition law as it is written in papers, with its two divisions.</summary>
    private static EdwardsPoint<TF> Add(EdwardsPoint<TF> p, EdwardsPoint<TF> q)
    {
        TF product = Curve.D * p.X * q.X * p.Y * q.Y;
        TF below = TF.One + product, above = TF.One - product;
        Assert.False(TF.IsZero(below) || TF.IsZero(above));
        return new(
            ((p.X * q.Y) + (p.Y * q.X)) * TF.Inverse(below),
            ((p.Y * q.Y) - (Curve.A * p.X * q.X)) * TF.Inverse(above));
    }

    private static EdwardsPoint<TF> Slow(EdwardsPoint<TF> p, BigInteger scalar)
    {
        EdwardsPoint<TF> result = EdwardsPoint<TF>.Identity;
        for (int i = (int)scalar.GetBitLength() - 1; i >= 0; i--)
        {
            result = Add(result, result);
            result = (scalar >> i).IsEven ? result : Add(result, p);
        }

        return result;
    }

    private static bool IsProbablePrime(BigInteger n) =>
        Enumerable.Range(2, 40).All(a => BigInteger.ModPow(a, n - 1, n).IsOne && !(n % a).IsZero);

    private IEnumerable<BigInteger> EdgeScalars() =>
        [0, 1, 2, 3, 4, 5, 6, 7, Curve.Order - 2, Curve.Order - 1, Curve.Order, Curve.Order + 1, Curve.Order / 2, random.Next(Curve.Order)];

    private EdwardsPoint<TF> RandomPoint() => Slow(Curve.Base, random.Next(Curve.Order - 1) + 1).Add(SmallOrderPoints()[random.Next(8)]);

    /// <summary>As CircuitAssert does for all hints, here for about forty of them, since each costs a run of the program.</summary>
    private void RefusesSomeTamperedHints(CompiledCircuit<TF> circuit, CircuitInputs<TF> inputs)
    {
        TF[] honest = circuit.CreateWitness(inputs);
        int hints = 0;
        circuit.Program.Run(inputs, (_, _) => hints++);
        for (int target = 0; target < hints; target += 1 + random.Next(Math.Max(hints / 20, 1)))
        {
            foreach (bool negate in new[] { false, true })
            {
                int seen = 0;
                TF[] witness = circuit.Program.Run(inputs, (_, outputs) =>
                {
                    if (seen++ == target)
                    {
                        outputs[0] = negate ? -outputs[0] : outputs[0] + TF.One;
                    }
                });
                Assert.True(
                    circuit.PublicValues(witness).SequenceEqual(circuit.PublicValues(honest)) || !CircuitChecker.IsSatisfied(circuit.System, witness),
                    $"A prover who alters hint {target} of {hints} reaches outputs of their choice.");
            }
        }
    }
}
