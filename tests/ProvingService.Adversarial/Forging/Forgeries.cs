// Owns: proofs of false statements that need nothing but a weak verification key. Never: trapdoors.

using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>
/// e(A, B) = e(α, β)·e(I, γ)·e(C, δ) with I = Σ xᵢ·ICᵢ, solved for A, B and C where two elements are alike or one is missing. The
/// number s is the forger's own and keeps infinity out of the proof.
/// </summary>
internal static class Forgeries<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>I, which everyone can compute.</summary>
    public static Affine<TFp, TCurve> Inputs(VerifyingKey<TCurve, TFp> key, ReadOnlySpan<TFr> statement)
    {
        Affine<TFp, TCurve> sum = key.Ic[0];
        for (int i = 0; i < statement.Length; i++)
        {
            sum = Points.Plus(sum, Points.Times(key.Ic[i + 1], statement[i]));
        }

        return sum;
    }

    /// <summary>γ = ±δ: (sα, β/s, ∓I).</summary>
    public static Proof<TCurve, TFp> GammaIsDelta(VerifyingKey<TCurve, TFp> key, ReadOnlySpan<TFr> statement, in TFr s)
    {
        Affine<TFp, TCurve> inputs = Inputs(key, statement);
        return Of(Points.Times(key.Alpha, s), Points.Times(key.Beta, TFr.Inverse(s)), key.Gamma == key.Delta ? -inputs : inputs);
    }

    /// <summary>β = ±γ: (I ± α, γ + sδ, s(I ± α)).</summary>
    public static Proof<TCurve, TFp> BetaIsGamma(VerifyingKey<TCurve, TFp> key, ReadOnlySpan<TFr> statement, in TFr s)
    {
        Affine<TFp, TCurve> a = Points.Plus(Inputs(key, statement), key.Beta == key.Gamma ? key.Alpha : -key.Alpha);
        return Of(a, Points.Plus(key.Gamma, Points.Times(key.Delta, s)), Points.Times(a, s));
    }

    /// <summary>β = ±δ: (I, γ + sδ, sI ∓ α).</summary>
    public static Proof<TCurve, TFp> BetaIsDelta(VerifyingKey<TCurve, TFp> key, ReadOnlySpan<TFr> statement, in TFr s)
    {
        Affine<TFp, TCurve> inputs = Inputs(key, statement);
        return Of(inputs, Points.Plus(key.Gamma, Points.Times(key.Delta, s)), Points.Plus(Points.Times(inputs, s), key.Beta == key.Delta ? -key.Alpha : key.Alpha));
    }

    /// <summary>α or β at infinity: (I, γ + sδ, sI).</summary>
    public static Proof<TCurve, TFp> NoAlphaBeta(VerifyingKey<TCurve, TFp> key, ReadOnlySpan<TFr> statement, in TFr s)
    {
        Affine<TFp, TCurve> inputs = Inputs(key, statement);
        return Of(inputs, Points.Plus(key.Gamma, Points.Times(key.Delta, s)), Points.Times(inputs, s));
    }

    /// <summary>γ at infinity: (α, β + sδ, sα), of every statement at once.</summary>
    public static Proof<TCurve, TFp> NoGamma(VerifyingKey<TCurve, TFp> key, in TFr s) =>
        Of(key.Alpha, Points.Plus(key.Beta, Points.Times(key.Delta, s)), Points.Times(key.Alpha, s));

    private static Proof<TCurve, TFp> Of(in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c) =>
        Proof<TCurve, TFp>.FromChecked(a, b, c);
}
