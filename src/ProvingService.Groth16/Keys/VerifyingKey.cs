// Owns: a verification key as a value whose points are known to be sound to use. JSON: VerifyingKeyJson.cs.

using System.Diagnostics.CodeAnalysis;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>
/// A fault that makes a key unusable though every point of it is a valid point, gravest first. Points are held against each
/// other up to their sign, since −P serves a forger as P does.
/// </summary>
public enum KeyWeakness
{
    /// <summary>No fault was found.</summary>
    None,

    /// <summary>α, β, γ or δ is the neutral element: the pairing equation loses a term.</summary>
    ElementAtInfinity,

    /// <summary>
    /// γ is ±δ: anyone can forge a proof of any statement, as (α, β, ∓Σ xᵢ·ICᵢ). The state of a key that no one has contributed to.
    /// </summary>
    GammaEqualsDelta,

    /// <summary>
    /// β is ±γ or ±δ: anyone can forge a proof of any statement, as (Σ xᵢ·ICᵢ ± α, γ, ∞) or (Σ xᵢ·ICᵢ, γ, ∓α), and without infinity as well.
    /// </summary>
    BetaEqualsGammaOrDelta,

    /// <summary>δ is ± the generator: its secret is ±1, known to all, and proofs can be forged.</summary>
    DeltaIsGenerator,

    /// <summary>
    /// α or β is ± the generator, as in powers of tau that no one has contributed to: phase 1 had no secrets, and proofs can be forged.
    /// </summary>
    AlphaOrBetaIsGenerator,

    /// <summary>The point of a public input is the neutral element: a proof for one value of it is a proof for all.</summary>
    UnboundInput,

    /// <summary>
    /// The points of two public inputs are equal or opposite: what is taken from one may be given to the other, under the same proof.
    /// </summary>
    InterchangeableInputs,
}

/// <summary>
/// A Groth16 verification key. Every instance holds points of the subgroups of order r. Whether anyone contributed to
/// its setup is told by <see cref="Weakness"/>; whoever verifies refuses a weak key unless the user insists.
/// Immutable and safe to share between threads.
/// </summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
public sealed class VerifyingKey<TCurve, TFp>
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private readonly Affine<TFp, TCurve>[] ic;

    private VerifyingKey(
        in Affine<TFp, TCurve> alpha,
        in Affine<Fp2<TFp>, TCurve> beta,
        in Affine<Fp2<TFp>, TCurve> gamma,
        in Affine<Fp2<TFp>, TCurve> delta,
        Affine<TFp, TCurve>[] ic)
    {
        Alpha = alpha;
        Beta = beta;
        Gamma = gamma;
        Delta = delta;
        this.ic = ic;
        Weakness = FindWeakness();
    }

    /// <summary>α in G1.</summary>
    public Affine<TFp, TCurve> Alpha { get; }

    /// <summary>β in G2.</summary>
    public Affine<Fp2<TFp>, TCurve> Beta { get; }

    /// <summary>γ in G2.</summary>
    public Affine<Fp2<TFp>, TCurve> Gamma { get; }

    /// <summary>δ in G2.</summary>
    public Affine<Fp2<TFp>, TCurve> Delta { get; }

    /// <summary>The point of the constant 1, then one point for each public input.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> Ic => ic;

    /// <summary>How many public inputs a statement has.</summary>
    public int PublicInputCount => ic.Length - 1;

    /// <summary>The gravest fault of the key's elements.</summary>
    public KeyWeakness Weakness { get; }

    /// <summary>Makes a key of its elements, after checking that each is on its curve and in its subgroup.</summary>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="delta">δ.</param>
    /// <param name="ic">The IC points, at least one; copied.</param>
    /// <param name="key">The key.</param>
    /// <param name="fault">Which element is wrong and how, for a person to read.</param>
    /// <param name="options">Threads and cancellation of the checks of <paramref name="ic"/>.</param>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static bool TryCreate(
        in Affine<TFp, TCurve> alpha,
        in Affine<Fp2<TFp>, TCurve> beta,
        in Affine<Fp2<TFp>, TCurve> gamma,
        in Affine<Fp2<TFp>, TCurve> delta,
        ReadOnlySpan<Affine<TFp, TCurve>> ic,
        [NotNullWhen(true)] out VerifyingKey<TCurve, TFp>? key,
        [NotNullWhen(false)] out PointFault? fault,
        EngineOptions options = default)
    {
        key = null;
        fault = ic.IsEmpty
            ? new(FileFault.Inconsistent, "IC is empty: it needs the point of the constant and one for each public input")
            : PointChecks.FindFault("vk_alpha_1", alpha)
            ?? PointChecks.FindFault("vk_beta_2", beta)
            ?? PointChecks.FindFault("vk_gamma_2", gamma)
            ?? PointChecks.FindFault("vk_delta_2", delta);
        if (fault is null && !Iden3Encoding.TryValidate(ic, out int culprit, out _, options))
        {
            fault = PointChecks.FindFault($"IC[{culprit}]", ic[culprit]);
        }

        if (fault is not null)
        {
            return false;
        }

        key = new(alpha, beta, gamma, delta, ic.ToArray());
        return true;
    }

    /// <summary>Finite points with one x are equal or opposite: a curve has but two points with it.</summary>
    private KeyWeakness FindWeakness() =>
        Alpha.IsInfinity || Beta.IsInfinity || Gamma.IsInfinity || Delta.IsInfinity ? KeyWeakness.ElementAtInfinity
        : Gamma.X == Delta.X ? KeyWeakness.GammaEqualsDelta
        : Beta.X == Gamma.X || Beta.X == Delta.X ? KeyWeakness.BetaEqualsGammaOrDelta
        : Delta.X == Affine<Fp2<TFp>, TCurve>.Generator.X ? KeyWeakness.DeltaIsGenerator
        : Alpha.X == Affine<TFp, TCurve>.Generator.X || Beta.X == Affine<Fp2<TFp>, TCurve>.Generator.X ? KeyWeakness.AlphaOrBetaIsGenerator
        : FindWeaknessOfInputs();

    private KeyWeakness FindWeaknessOfInputs()
    {
        // The constant's point may be any: nobody chooses its factor.
        var seen = new HashSet<TFp>(PublicInputCount);
        bool areInterchangeable = false;
        foreach (ref readonly Affine<TFp, TCurve> point in Ic[1..])
        {
            if (point.IsInfinity)
            {
                return KeyWeakness.UnboundInput;
            }

            areInterchangeable |= !seen.Add(point.X);
        }

        return areInterchangeable ? KeyWeakness.InterchangeableInputs : KeyWeakness.None;
    }
}

/// <summary>Words for the faults of a key.</summary>
public static class KeyWeaknessText
{
    /// <summary>What the fault means for whoever relies on the key, as one sentence.</summary>
    public static string Explain(this KeyWeakness weakness) => weakness switch
    {
        KeyWeakness.ElementAtInfinity => "one of α, β, γ, δ is the point at infinity, so a term of the pairing equation vanishes",
        KeyWeakness.GammaEqualsDelta => "γ equals δ or −δ, as in a key that no one has contributed to: anyone can forge a proof of any statement",
        KeyWeakness.BetaEqualsGammaOrDelta => "β equals γ or δ, or the negative of one: anyone can forge a proof of any statement",
        KeyWeakness.DeltaIsGenerator => "δ is the generator or its negative: no one has contributed to this key, and proofs can be forged",
        KeyWeakness.AlphaOrBetaIsGenerator =>
            "α or β is the generator or its negative: no one has contributed to the powers of tau that this key was made from, and proofs can be forged",
        KeyWeakness.UnboundInput => "the point of a public input is infinity: a proof for one value of that input is a proof for all of them",
        KeyWeakness.InterchangeableInputs =>
            "two public inputs have equal or opposite points: a proof stays true when what one of them loses is given to the other",
        _ => "no fault is known",
    };
}
