// Owns: what a forger gains from each weakness of a key that has every point in order, and that such keys are refused.

using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class Bls12381KeyWeaknessTests : KeyWeaknessTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public sealed class Bn254KeyWeaknessTests : KeyWeaknessTests<Bn254, Bn254Fp, Bn254Fr>;

/// <summary>Each test forges with the verification key alone, where that is enough, for public inputs that nobody could prove.</summary>
public abstract class KeyWeaknessTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static VerifyingKey<TCurve, TFp> Sound => JsonFiles<TCurve, TFp, TFr>.Key;

    private static TFr[] Statement { get; } = [TFr.FromUInt64(0xF0), TFr.FromUInt64(0x96ED)];

    private static TFr S => TFr.FromUInt64(0x5EED);

    [Fact]
    public void A_sound_key_has_none() => Assert.Equal(KeyWeakness.None, Sound.Weakness);

    /// <summary>(α, β, ∓IC(x)).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gamma_equal_or_opposite_to_delta(bool opposite)
    {
        VerifyingKey<TCurve, TFp> key = With(delta: opposite ? -Sound.Gamma : Sound.Gamma);
        Affine<TFp, TCurve> ic = Inputs(key);
        Forged(KeyWeakness.GammaEqualsDelta, key, key.Alpha, key.Beta, opposite ? ic : -ic);
    }

    /// <summary>(IC(x) ± α, γ + sδ, s(IC(x) ± α)).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Beta_equal_or_opposite_to_gamma(bool opposite)
    {
        VerifyingKey<TCurve, TFp> key = With(beta: opposite ? -Sound.Gamma : Sound.Gamma);
        Affine<TFp, TCurve> a = Add(Inputs(key), opposite ? -key.Alpha : key.Alpha);
        Forged(KeyWeakness.BetaEqualsGammaOrDelta, key, a, Add(key.Gamma, Times(key.Delta, S)), Times(a, S));
    }

    /// <summary>(IC(x), γ, ∓α).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Beta_equal_or_opposite_to_delta(bool opposite)
    {
        VerifyingKey<TCurve, TFp> key = With(beta: opposite ? -Sound.Delta : Sound.Delta);
        Forged(KeyWeakness.BetaEqualsGammaOrDelta, key, Inputs(key), key.Gamma, opposite ? key.Alpha : -key.Alpha);
    }

    /// <summary>(IC(x), γ + sδ, s·IC(x)): the product of α and β is gone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Alpha_or_beta_at_infinity(bool alpha)
    {
        VerifyingKey<TCurve, TFp> key = alpha ? With(alpha: default(Affine<TFp, TCurve>)) : With(beta: default(Affine<Fp2<TFp>, TCurve>));
        Affine<TFp, TCurve> ic = Inputs(key);
        Forged(KeyWeakness.ElementAtInfinity, key, ic, Add(key.Gamma, Times(key.Delta, S)), Times(ic, S));
    }

    /// <summary>(α, β + sδ, sα): the statement is gone.</summary>
    [Fact]
    public void Gamma_at_infinity()
    {
        VerifyingKey<TCurve, TFp> key = With(gamma: default(Affine<Fp2<TFp>, TCurve>));
        Forged(KeyWeakness.ElementAtInfinity, key, key.Alpha, Add(key.Beta, Times(key.Delta, S)), Times(key.Alpha, S));
    }

    /// <summary>With δ of no order C is free; a setup's maker can pass off one proof as many.</summary>
    [Fact]
    public void Delta_at_infinity() => Assert.Equal(KeyWeakness.ElementAtInfinity, With(delta: default(Affine<Fp2<TFp>, TCurve>)).Weakness);

    /// <summary>
    /// Whoever has the powers of tau has γ·IC(x), which they determine, and with δ = ±1 needs no more: (α, β, ∓γ·IC(x)). The test
    /// has γ itself instead of the powers.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Delta_the_generator_or_its_negative(bool opposite)
    {
        Affine<Fp2<TFp>, TCurve> generator = Affine<Fp2<TFp>, TCurve>.Generator;
        VerifyingKey<TCurve, TFp> key = With(gamma: Times(generator, S), delta: opposite ? -generator : generator);
        Affine<TFp, TCurve> c = Times(Inputs(key), S);
        Forged(KeyWeakness.DeltaIsGenerator, key, key.Alpha, key.Beta, opposite ? c : -c);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Alpha_or_beta_the_generator_or_its_negative(bool opposite)
    {
        Affine<TFp, TCurve> g1 = Affine<TFp, TCurve>.Generator;
        Affine<Fp2<TFp>, TCurve> g2 = Affine<Fp2<TFp>, TCurve>.Generator;
        Assert.Equal(KeyWeakness.AlphaOrBetaIsGenerator, With(alpha: opposite ? -g1 : g1).Weakness);

        // γ must be another point, or β equals it, which is worse.
        Assert.Equal(KeyWeakness.AlphaOrBetaIsGenerator, With(beta: opposite ? -g2 : g2, gamma: Times(g2, S)).Weakness);
    }

    /// <summary>The honest proof proves any value of the input.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_public_input_whose_point_is_infinity(int index)
    {
        Affine<TFp, TCurve>[] ic = Sound.Ic.ToArray();
        ic[index] = default;
        VerifyingKey<TCurve, TFp> key = With(ic: ic);
        Assert.Equal(KeyWeakness.UnboundInput, key.Weakness);
        Affine<TFp, TCurve> one = Inputs(key, JsonFiles<TCurve, TFp, TFr>.Inputs);
        TFr[] other = [.. JsonFiles<TCurve, TFp, TFr>.Inputs];
        other[index - 1] += S;
        Assert.Equal(one, Inputs(key, other));
        Assert.Throws<InsecureKeyException>(() => new Verifier<TCurve, TFp, TFr>(key));
    }

    /// <summary>One proof for (x, y), (x + s, y − s) and, with opposite points, (x + s, y + s).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Public_inputs_with_equal_or_opposite_points(bool opposite)
    {
        Affine<TFp, TCurve>[] ic = Sound.Ic.ToArray();
        ic[2] = opposite ? -ic[1] : ic[1];
        VerifyingKey<TCurve, TFp> key = With(ic: ic);
        Assert.Equal(KeyWeakness.InterchangeableInputs, key.Weakness);
        Assert.Equal(Inputs(key), Inputs(key, [Statement[0] + S, opposite ? Statement[1] + S : Statement[1] - S]));
        Assert.Throws<InsecureKeyException>(() => new Verifier<TCurve, TFp, TFr>(key));
    }

    /// <summary>The factor of the constant is 1 and no one's to choose.</summary>
    [Fact]
    public void The_point_of_the_constant_may_be_any()
    {
        Affine<TFp, TCurve>[] ic = Sound.Ic.ToArray();
        foreach (Affine<TFp, TCurve> point in new[] { default, ic[1], -ic[2] })
        {
            Assert.Equal(KeyWeakness.None, With(ic: [point, .. ic[1..]]).Weakness);
        }
    }

    [Fact]
    public void Each_weakness_is_explained()
    {
        string[] words = [.. Enum.GetValues<KeyWeakness>().Select(w => w.Explain())];
        Assert.Equal(words.Length, words.Distinct().Count());
    }

    /// <summary>The key is refused for the right reason, and whoever insists on it takes the forged proof for true.</summary>
    private static void Forged(
        KeyWeakness weakness, VerifyingKey<TCurve, TFp> key, Affine<TFp, TCurve> a, Affine<Fp2<TFp>, TCurve> b, Affine<TFp, TCurve> c)
    {
        Assert.Equal(weakness, key.Weakness);
        Assert.Equal(weakness, Assert.Throws<InsecureKeyException>(() => new Verifier<TCurve, TFp, TFr>(key)).Weakness);
        Assert.True(Proof<TCurve, TFp>.TryCreate(a, b, c, out Proof<TCurve, TFp>? proof, out _));
        Assert.True(new Verifier<TCurve, TFp, TFr>(key, allowInsecureKey: true).Verify(proof, Statement));
        Assert.False(new Verifier<TCurve, TFp, TFr>(Sound).Verify(proof, Statement));
    }

    private static VerifyingKey<TCurve, TFp> With(
        Affine<TFp, TCurve>? alpha = null,
        Affine<Fp2<TFp>, TCurve>? beta = null,
        Affine<Fp2<TFp>, TCurve>? gamma = null,
        Affine<Fp2<TFp>, TCurve>? delta = null,
        Affine<TFp, TCurve>[]? ic = null)
    {
        Assert.True(VerifyingKey<TCurve, TFp>.TryCreate(
            alpha ?? Sound.Alpha, beta ?? Sound.Beta, gamma ?? Sound.Gamma, delta ?? Sound.Delta, ic ?? Sound.Ic, out VerifyingKey<TCurve, TFp>? key, out _));
        return key;
    }

    private static Affine<TFp, TCurve> Inputs(VerifyingKey<TCurve, TFp> key, TFr[]? statement = null) =>
        Add(Add(key.Ic[0], Times(key.Ic[1], (statement ?? Statement)[0])), Times(key.Ic[2], (statement ?? Statement)[1]));

    private static Affine<TField, TGroup> Add<TField, TGroup>(in Affine<TField, TGroup> p, in Affine<TField, TGroup> q)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => TestKit.OracleGroup.Add(p, q);

    private static Affine<TField, TGroup> Times<TField, TGroup>(in Affine<TField, TGroup> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => TestKit.OracleGroup.Multiply(point, TFr.ToBigInteger(scalar));
}
