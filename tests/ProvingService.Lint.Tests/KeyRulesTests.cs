// Owns: the rules of keys: for each a key that breaks it, on both curves, and that what they say of forgers is true.

using System.Numerics;
using ProvingService.Adversarial;
using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Lint.Tests;

public sealed class KeyRulesTests
{
    /// <summary>A change to a sound key, and the rules that it breaks.</summary>
    private static readonly (string Name, Func<Numbers, Numbers> Change, Rule[] Rules)[] Cases =
    [
        ("sound", key => key, []),
        ("δ = γ", key => key.With(delta: 1), [Rules.KeyGammaEqualsDelta]),
        ("δ = −γ", key => key.With(delta: -1), [Rules.KeyGammaEqualsDelta]),
        ("δ = 7·γ", key => key.With(delta: 7), [Rules.KeyGammaEqualsDelta]),
        ("δ = 1024·γ", key => key.With(delta: 1024), [Rules.KeyGammaEqualsDelta]),
        ("δ = −1024·γ", key => key.With(delta: -1024), [Rules.KeyGammaEqualsDelta]),
        ("δ = 1025·γ is beyond what is looked for", key => key.With(delta: 1025), []),
        ("γ = 5·δ", key => key.With(gamma: 5 * key.Delta), [Rules.KeyGammaEqualsDelta, Rules.KeyGammaNotGenerator]),
        ("β = γ", key => key.With(beta: 1), [Rules.KeyElementsRelated]),
        ("β = −3·γ", key => key.With(beta: -3), [Rules.KeyElementsRelated]),
        ("β = δ", key => key.With(beta: key.Delta), [Rules.KeyElementsRelated]),
        ("β = −12·δ", key => key.With(beta: -12 * key.Delta), [Rules.KeyElementsRelated]),
        ("α = 1", key => key.With(alpha: 1), [Rules.KeyKnownSecret]),
        ("α = −900", key => key.With(alpha: -900), [Rules.KeyKnownSecret]),
        ("δ = 2 and another γ", key => key.With(delta: 2, gamma: 987654321), [Rules.KeyKnownSecret, Rules.KeyGammaNotGenerator]),
        ("β = −1 and another γ", key => key.With(beta: -1, gamma: 987654321), [Rules.KeyKnownSecret, Rules.KeyGammaNotGenerator]),
        ("γ = 2, δ = 4: said once", key => key.With(gamma: 2, delta: 4), [Rules.KeyGammaEqualsDelta, Rules.KeyGammaNotGenerator]),
        ("γ = 2, β = 4: said once", key => key.With(gamma: 2, beta: 4), [Rules.KeyElementsRelated, Rules.KeyGammaNotGenerator]),
        ("IC[0] and IC[1] at infinity", key => key.WithIc(0, 0).WithIc(1, 0), [Rules.KeyInputUnbound]),
        ("another γ", key => key.With(gamma: 987654321), [Rules.KeyGammaNotGenerator]),
        ("α = 0", key => key.With(alpha: 0), [Rules.KeyElementAtInfinity]),
        ("β = 0", key => key.With(beta: 0), [Rules.KeyElementAtInfinity]),
        ("γ = 0", key => key.With(gamma: 0), [Rules.KeyElementAtInfinity]),
        ("δ = 0", key => key.With(delta: 0), [Rules.KeyElementAtInfinity]),
        ("IC[1] at infinity", key => key.WithIc(1, 0), [Rules.KeyInputUnbound]),
        ("IC[0] at infinity", key => key.WithIc(0, 0), []),
        ("IC[2] = IC[1]", key => key.WithIc(2, key.Ic[1]), [Rules.KeyInputsInterchangeable]),
        ("IC[3] = −IC[1]", key => key.WithIc(3, -key.Ic[1]), [Rules.KeyInputsInterchangeable]),
        ("IC[2] = IC[0]", key => key.WithIc(2, key.Ic[0]), [Rules.KeyConstantRepeated]),
        ("IC[2] = −IC[0]", key => key.WithIc(2, -key.Ic[0]), [Rules.KeyConstantRepeated]),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_rule_is_broken_by_what_it_names_and_by_nothing_else(string name)
    {
        (_, Func<Numbers, Numbers> change, Rule[] rules) = Cases.Single(c => c.Name == name);
        Numbers key = change(Numbers.Sound);
        Check<Bn254, Bn254Fp, Bn254Fr>(key, rules);
        Check<Bls12381, Bls12381Fp, Bls12381Fr>(key, rules);
    }

    /// <summary>What a verifier refuses as weak is an error here: neither knows a fault that the other does not, but for larger factors.</summary>
    private static void Check<TCurve, TFp, TFr>(Numbers known, Rule[] rules)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        VerifyingKey<TCurve, TFp> key = known.Of<TCurve, TFp, TFr>().Key;
        IReadOnlyList<Finding> findings = KeyRules.Check(key);
        Assert.Equal(rules.Select(rule => rule.Id).Order(), findings.Select(finding => finding.Rule.Id).Order());
        Assert.Equal(findings.OrderBy(finding => finding.Severity), findings);
        if (key.Weakness != KeyWeakness.None)
        {
            Assert.Contains(findings, finding => finding.Severity == Severity.Error);
        }
    }

    /// <summary>The equations at the head of KeyRules.cs, for factors that no verifier looks for.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(-1000)]
    public void What_the_rules_say_of_forgers_is_true(int factor)
    {
        Forge<Bn254, Bn254Fp, Bn254Fr>(factor);
        Forge<Bls12381, Bls12381Fp, Bls12381Fr>(factor);
    }

    private static void Forge<TCurve, TFp, TFr>(int factor)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        TFr k = TFr.FromBigInteger(factor), s = TFr.FromUInt64(99);
        TFr[] statement = [TFr.FromUInt64(5), TFr.FromUInt64(6), TFr.FromUInt64(7)];
        Numbers sound = Numbers.Sound;

        VerifyingKey<TCurve, TFp> key = sound.With(delta: factor).Of<TCurve, TFp, TFr>().Key;
        Accepts(key, key.Alpha, key.Beta, -Points.Times(Sum(key), TFr.Inverse(k)));

        key = sound.With(beta: factor).Of<TCurve, TFp, TFr>().Key;
        Affine<TFp, TCurve> a = Points.Plus(Points.Times(key.Alpha, k), Sum(key));
        Accepts(key, a, Points.Plus(key.Gamma, Points.Times(key.Delta, s)), Points.Times(a, s));

        key = sound.With(beta: factor * sound.Delta).Of<TCurve, TFp, TFr>().Key;
        Accepts(key, Sum(key), key.Gamma, -Points.Times(key.Alpha, k));

        Affine<TFp, TCurve> Sum(VerifyingKey<TCurve, TFp> key) => Forgeries<TCurve, TFp, TFr>.Inputs(key, statement);

        void Accepts(VerifyingKey<TCurve, TFp> key, Affine<TFp, TCurve> a, Affine<Fp2<TFp>, TCurve> b, Affine<TFp, TCurve> c)
        {
            var verifier = new Verifier<TCurve, TFp, TFr>(key, allowInsecureKey: true);
            Assert.True(verifier.Verify(Proof<TCurve, TFp>.FromChecked(a, b, c), statement));
            Assert.Contains(KeyRules.Check(key), finding => finding.Severity == Severity.Error);
        }
    }
}

/// <summary>A key by the numbers of its elements, whatever the curve.</summary>
internal sealed record Numbers(BigInteger Alpha, BigInteger Beta, BigInteger Gamma, BigInteger Delta, IReadOnlyList<BigInteger> Ic)
{
    /// <summary>Three inputs, γ = 1, and numbers that are no small multiples of each other.</summary>
    public static Numbers Sound { get; } = new(
        BigInteger.Pow(3, 100), BigInteger.Pow(5, 70), 1, BigInteger.Pow(7, 60), [BigInteger.Pow(11, 40), BigInteger.Pow(13, 41), BigInteger.Pow(17, 42), BigInteger.Pow(19, 43)]);

    public Numbers With(BigInteger? alpha = null, BigInteger? beta = null, BigInteger? gamma = null, BigInteger? delta = null) =>
        this with { Alpha = alpha ?? Alpha, Beta = beta ?? Beta, Gamma = gamma ?? Gamma, Delta = delta ?? Delta };

    public Numbers WithIc(int index, BigInteger value) => this with { Ic = [.. Ic.Select((point, i) => i == index ? value : point)] };

    public KnownKey<TCurve, TFp, TFr> Of<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
        new(TFr.FromBigInteger(Alpha), TFr.FromBigInteger(Beta), TFr.FromBigInteger(Gamma), TFr.FromBigInteger(Delta), [.. Ic.Select(TFr.FromBigInteger)]);
}
