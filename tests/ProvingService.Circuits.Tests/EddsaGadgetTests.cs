// Owns: the signature gadget: agreement with the verifier on numbers, attacks that fail in the guarding scope alone, counts.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Circuits.Tests;

public sealed class EddsaGadgetOnJubjub(ITestOutputHelper output) : EddsaGadgetTests<Bls12381Fr>(output)
{
    protected override Dictionary<string, int> Costs { get; } = new()
    {
        ["challenge"] = 321,
        ["challenge bits"] = 388,
        ["response bits"] = 368,
        ["key"] = 3,
        ["key times 8"] = 15,
        ["response times base"] = 506,
        ["challenge times key"] = 1683,
        ["equation"] = 8,
    };

    protected override (int Written, int Optimised) Total => (3293, 3292);
}

public sealed class EddsaGadgetOnBabyJubjub(ITestOutputHelper output) : EddsaGadgetTests<Bn254Fr>(output)
{
    protected override Dictionary<string, int> Costs { get; } = new()
    {
        ["challenge"] = 321,
        ["challenge bits"] = 354,
        ["response bits"] = 365,
        ["key"] = 3,
        ["key times 8"] = 15,
        ["response times base"] = 504,
        ["challenge times key"] = 1676,
        ["equation"] = 8,
    };

    protected override (int Written, int Optimised) Total => (3247, 3246);

    [Fact]
    public void AcceptsCircomlibjsSignatures()
    {
        foreach (JsonElement vector in TestVectors.Json("circomlibjs/eddsa.json").GetProperty("vectors").EnumerateArray())
        {
            var signature = new EddsaSignature<Bn254Fr>(Point(vector.GetProperty("r")), Integer(vector.GetProperty("s")));
            Bn254Fr message = Bn254Fr.FromBigInteger(Integer(vector.GetProperty("message")));
            Agree(true, Point(vector.GetProperty("publicKey")), message, signature);
            Agree(false, Point(vector.GetProperty("publicKey")), message + Bn254Fr.One, signature);
        }

        static EdwardsPoint<Bn254Fr> Point(JsonElement pair) =>
            new(Bn254Fr.FromBigInteger(Integer(pair[0])), Bn254Fr.FromBigInteger(Integer(pair[1])));

        static BigInteger Integer(JsonElement text) => BigInteger.Parse(text.GetString()!, CultureInfo.InvariantCulture);
    }
}

[Trait("Kernels", "any")]
public abstract class EddsaGadgetTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    // Compiled once a curve: O0 keeps every constraint in its scope, O2 is what is proved.
    private static readonly CompiledCircuit<TF> Circuit = CircuitCompiler.Compile<TF>("eddsa", Define, OptimizationLevel.O0);
    private static readonly CompiledCircuit<TF> Optimised = CircuitCompiler.Compile<TF>("eddsa", Define);

    private readonly OracleRandom random;
    private readonly BigInteger secret;
    private readonly EdwardsPoint<TF> key;
    private readonly TF message;

    protected EddsaGadgetTests(ITestOutputHelper output)
    {
        random = new OracleRandom(output);
        secret = random.Next(Curve.Order - 1) + 1;
        key = Curve.MultiplyBaseVarTime(secret);
        message = random.Element<TF>();
    }

    protected abstract Dictionary<string, int> Costs { get; }

    /// <summary>With one more for the bit that enables, which the test's circuit proves.</summary>
    protected abstract (int Written, int Optimised) Total { get; }

    private static EdwardsCurve<TF> Curve => EdwardsCurve<TF>.Embedded;

    private static BigInteger Modulus => TF.Modulus;

    [Fact]
    public void CostsByScope()
    {
        foreach ((string scope, int count) in Costs)
        {
            Assert.Equal(count, Circuit.Report.Scopes.Single(s => s.Scope == $"main.{scope}").Before);
        }

        Assert.Equal(Total, (Optimised.Report.ConstraintsBefore, Optimised.Report.ConstraintsAfter));
        Assert.Equal(Total.Written, Costs.Values.Sum() + 1);
        CompiledCircuit<TF> always = CircuitCompiler.Compile<TF>("always", b => Define(b, 1));
        Assert.Equal((Total.Written - 1, Total.Optimised - 3), (always.Report.ConstraintsBefore, always.Report.ConstraintsAfter));
        Assert.Empty(ConstraintLinter.Lint(Optimised.System, Optimised.Symbols));
    }

    [Fact]
    public void AcceptsWhatTheKeySigns()
    {
        byte[] seed = new byte[32];
        random.NextBytes(seed);
        var pair = new EddsaKey<TF>(seed);
        foreach (TF m in new[] { TF.Zero, -TF.One, message })
        {
            Agree(true, pair.PublicKey, m, pair.Sign(m));
        }

        for (int i = 0; i < 20; i++)
        {
            random.NextBytes(seed);
            var another = new EddsaKey<TF>(seed);
            TF m = random.Element<TF>();
            Agree(true, another.PublicKey, m, another.Sign(m));
            Agree(false, pair.PublicKey, m, another.Sign(m));
        }

        CompiledCircuit<TF> always = CircuitCompiler.Compile<TF>("always", b => Define(b, 1));
        CircuitInputs<TF> inputs = Inputs(TF.One, key, message, Sign());
        Assert.True(CircuitChecker.IsSatisfied(always.System, always.Program.Run(Inputs(null, key, message, Sign()))));
        Assert.False(CircuitChecker.IsSatisfied(always.System, always.Program.Run(Inputs(null, key, message + TF.One, Sign()))));
        NoWireMayBeAltered(inputs);
    }

    [Fact]
    public void RefusesOtherKeysAndMessages()
    {
        EddsaSignature<TF> signature = Sign();
        FailsIn("equation", key, message + TF.One, signature);
        FailsIn("equation", Curve.MultiplyBaseVarTime(secret + 1), message, signature);
        FailsIn("equation", key.Negate(), message, signature);
        FailsIn("equation", key, message, signature with { S = (signature.S + 1) % Curve.Order });
        FailsIn("equation", key, message, signature with { S = 0 });
        FailsIn("equation", key, message, signature with { R = signature.R.Negate() });
        FailsIn("equation", key, message, signature with { R = default });
    }

    /// <summary>s + l satisfies the equation: without the bound a second signature of the same message.</summary>
    [Fact]
    public void RefusesASecondResponse()
    {
        BigInteger room = (BigInteger.One << (int)Curve.Order.GetBitLength()) - Curve.Order;
        EddsaSignature<TF> signature = Sign(accept: s => s.S < room);
        FailsIn("response bits", key, message, signature with { S = signature.S + Curve.Order });
        FailsIn("response bits", key, message, Sign(accept: s => s.S >= room) is var s ? s with { S = s.S + Curve.Order } : s, alsoElsewhere: true);
        FailsIn("response bits", key, message, signature with { S = Curve.Order }, alsoElsewhere: true);
        FailsIn("response bits", key, message, signature with { S = Modulus - 1 }, alsoElsewhere: true);
    }

    /// <summary>[s]B = R + [8k]A holds exactly: a part of small order in R, which a cofactored check would pass, is refused.</summary>
    [Fact]
    public void RefusesCommitmentsWithAPartOfSmallOrder()
    {
        foreach (EdwardsPoint<TF> torsion in EdwardsTests<TF>.SmallOrderPoints()[1..])
        {
            FailsIn("equation", key, message, Sign(torsionOfR: torsion));
        }
    }

    /// <summary>[8]A = O makes the equation [s]B = R, which anyone solves: without the check, a key of which all own the secret.</summary>
    [Fact]
    public void RefusesKeysOfSmallOrder()
    {
        foreach (EdwardsPoint<TF> torsion in EdwardsTests<TF>.SmallOrderPoints())
        {
            BigInteger nonce = random.Next(Curve.Order);
            var forged = new EddsaSignature<TF>(Curve.MultiplyBaseVarTime(nonce), nonce);
            FailsIn("challenge times key", torsion, message, forged, alsoElsewhere: true);

            // The prover's free choice in the quotients whose denominators vanish.
            foreach (TF lie in new[] { TF.One, -TF.One, random.Element<TF>() })
            {
                TF[] witness = Circuit.Program.Run(Inputs(TF.One, torsion, message, forged), (op, outputs) =>
                {
                    if (op is Opcode.Inverse or Opcode.Divide && TF.IsZero(outputs[0]))
                    {
                        outputs[0] = lie;
                    }
                });
                Assert.Contains("challenge times key", FailingScopes.Of(Circuit, witness));
            }
        }
    }

    /// <summary>8 kills the part: accepted here as on numbers, and kept out by registration alone.</summary>
    [Fact]
    public void KeysWithAPartOfSmallOrderVerifyOnBothSides()
    {
        foreach (EdwardsPoint<TF> torsion in EdwardsTests<TF>.SmallOrderPoints()[1..])
        {
            EdwardsPoint<TF> mixed = key.Add(torsion);
            Assert.False(Eddsa.IsValidPublicKey(mixed));
            Agree(true, mixed, message, Sign(mixed));
            Agree(false, mixed, message, Sign(key));
        }
    }

    /// <summary>Off the curve the formulas of addition compute in groups of the prover's choosing.</summary>
    [Fact]
    public void RefusesKeysOffTheCurve()
    {
        var off = new EdwardsPoint<TF>(key.X, key.Y + TF.One);
        FailsIn("key", off, message, Sign(off), alsoElsewhere: true);
        Agree(false, default, message, Sign());
    }

    /// <summary>
    /// k + p has the same length as k for small k and is the same element: whoever could choose would hold two challenges for one
    /// hash. The response is made for k + p here, so that nothing but the comparison with p − 1 refuses it.
    /// </summary>
    [Fact]
    public void RefusesTheSecondDecompositionOfTheChallenge()
    {
        BigInteger room = (BigInteger.One << TF.BitLength) - Modulus;
        BigInteger challenge = 0;
        EddsaSignature<TF> forged = Sign(accept: s => (challenge = Challenge(s.R, key, message)) < room);
        forged = forged with { S = (forged.S + (8 * Modulus * secret)) % Curve.Order };
        Assert.False(Eddsa.Verify(key, message, forged));
        TF[] witness = Circuit.Program.Run(Inputs(TF.One, key, message, forged), (op, outputs) =>
        {
            for (int i = 0; op == Opcode.Bits && outputs.Length == TF.BitLength && i < outputs.Length; i++)
            {
                outputs[i] = ((challenge + Modulus) >> i).IsEven ? TF.Zero : TF.One;
            }
        });
        FailingScopes.AreOnly("challenge bits", Circuit, witness);
    }

    /// <summary>A prover with a false signature who lies in one hint and computes the rest accordingly.</summary>
    [Fact]
    public void NoTamperedHintSavesAFalseSignature()
    {
        CircuitInputs<TF> inputs = Inputs(TF.One, key, message + TF.One, Sign());
        int hints = 0;
        Optimised.Program.Run(inputs, (_, _) => hints++);
        for (int target = 0; target < hints; target += 1 + random.Next(10))
        {
            foreach (TF lie in new[] { TF.Zero, TF.One, random.Element<TF>() })
            {
                int seen = 0;
                TF[] witness = Optimised.Program.Run(inputs, (_, outputs) =>
                {
                    if (seen++ == target)
                    {
                        outputs[random.Next(outputs.Length)] = lie;
                    }
                });
                Assert.False(CircuitChecker.IsSatisfied(Optimised.System, witness), $"Hint {target} of {hints} as {lie} saves it.");
            }
        }
    }

    [Fact]
    public void DisabledItAcceptsAnySignatureAndStillChecksTheRest()
    {
        for (int i = 0; i < 3; i++)
        {
            var any = new EddsaSignature<TF>(new(random.Element<TF>(), random.Element<TF>()), random.Next(Curve.Order));
            Satisfies(true, Inputs(TF.Zero, key, message, any));
            Satisfies(false, Inputs(TF.One, key, message, any));
        }

        var none = new EddsaSignature<TF>(default, 0);
        Satisfies(true, Inputs(TF.Zero, Curve.Base, TF.Zero, none));
        Satisfies(true, Inputs(TF.Zero, key, message, Sign()));
        FailingScopes.AreOnly("response bits", Circuit, Inputs(TF.Zero, key, message, none with { S = Curve.Order }));
        Satisfies(false, Inputs(TF.Zero, EdwardsPoint<TF>.Identity, message, none));
        Satisfies(false, Inputs(TF.Zero, new(TF.One, TF.One), message, none));
    }

    [Fact]
    public void EnabledIsABit()
    {
        foreach (TF enabled in new[] { TF.One + TF.One, -TF.One })
        {
            FailingScopes.AreOnly("main", Circuit, Inputs(enabled, key, message, Sign()));
        }
    }

    private static void Define(CircuitBuilder<TF> builder) => Define(builder, builder.PublicInput("enabled"));

    private static void Define(CircuitBuilder<TF> builder, Variable<TF> enabled)
    {
        Variable<TF>[] a = builder.PublicInputArray("key", 2);
        Variable<TF> message = builder.PublicInput("message");
        Variable<TF>[] r = builder.PublicInputArray("r", 2);
        EddsaGadget.Verify(builder, enabled, new(a[0], a[1]), message, new(r[0], r[1]), builder.PublicInput("s"));
    }

    private static CircuitInputs<TF> Inputs(TF? enabled, EdwardsPoint<TF> a, TF m, EddsaSignature<TF> signature)
    {
        CircuitInputs<TF> inputs = new CircuitInputs<TF>()
            .Set("key", [a.X, a.Y])
            .Set("message", m)
            .Set("r", [signature.R.X, signature.R.Y])
            .Set("s", TF.FromBigInteger(signature.S));
        return enabled is { } bit ? inputs.Set("enabled", bit) : inputs;
    }

    private static BigInteger Challenge(EdwardsPoint<TF> r, EdwardsPoint<TF> a, TF m) =>
        TF.ToBigInteger(Poseidon.Hash<TF>([r.X, r.Y, a.X, a.Y, m]));

    private static void Satisfies(bool expected, CircuitInputs<TF> inputs)
    {
        Assert.Equal(expected, CircuitChecker.IsSatisfied(Circuit.System, Circuit.Program.Run(inputs)));
        Assert.Equal(expected, CircuitChecker.IsSatisfied(Optimised.System, Optimised.Program.Run(inputs)));
    }

    protected static void Agree(bool expected, EdwardsPoint<TF> a, TF m, EddsaSignature<TF> signature)
    {
        Assert.Equal(expected, Eddsa.Verify(a, m, signature));
        Satisfies(expected, Inputs(TF.One, a, m, signature));
    }

    private static void FailsIn(string scope, EdwardsPoint<TF> a, TF m, EddsaSignature<TF> signature, bool alsoElsewhere = false)
    {
        Agree(false, a, m, signature);
        string[] scopes = FailingScopes.Of(Circuit, Circuit.Program.Run(Inputs(TF.One, a, m, signature)));
        Assert.Contains(scope, scopes);
        Assert.True(alsoElsewhere || scopes.Length == 1, string.Join(", ", scopes));
    }

    /// <summary>A signature by the definition, under this test's secret, of whatever oddity an attack needs.</summary>
    private EddsaSignature<TF> Sign(
        EdwardsPoint<TF>? publicKey = null, EdwardsPoint<TF>? torsionOfR = null, Func<EddsaSignature<TF>, bool>? accept = null)
    {
        while (true)
        {
            BigInteger nonce = random.Next(Curve.Order);
            EdwardsPoint<TF> r = Curve.MultiplyBaseVarTime(nonce).Add(torsionOfR ?? EdwardsPoint<TF>.Identity);
            BigInteger k = Challenge(r, publicKey ?? key, message);
            var signature = new EddsaSignature<TF>(r, (nonce + (8 * k * secret)) % Curve.Order);
            if (accept is null || accept(signature))
            {
                return signature;
            }
        }
    }

    /// <summary>Every wire of a satisfying witness matters, one random alteration each; the disabled slot's R is not among them.</summary>
    private void NoWireMayBeAltered(CircuitInputs<TF> inputs)
    {
        TF[] witness = Optimised.CreateWitness(inputs);
        TF change = random.Element<TF>();
        for (int wire = 1; wire < witness.Length; wire++)
        {
            TF honest = witness[wire];
            witness[wire] += change;
            Assert.False(CircuitChecker.IsSatisfied(Optimised.System, witness), Optimised.Symbols.WireName(wire));
            witness[wire] = honest;
        }
    }
}
