// Owns: the rules about the elements of a key, wherever the key stands. That each point is one of its group: who reads it.
//
// Let a proof be A, B, C with e(A, B) = e(α, β)·e(X, γ)·e(C, δ), X the inputs' sum. What is forged for any X:
//   δ = k·γ   A = α, B = β, C = −k⁻¹·X
//   β = k·γ   A = k·α + X, B = γ + s·δ, C = s·(k·α + X)
//   β = k·δ   A = X, B = γ, C = −k·α

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Lint;

/// <summary>The elements of a key as far as they are valid points; null for one that is not.</summary>
internal sealed record KeyElements<TCurve, TFp>(
    Affine<TFp, TCurve>? Alpha,
    Affine<Fp2<TFp>, TCurve>? Beta,
    Affine<Fp2<TFp>, TCurve>? Gamma,
    Affine<Fp2<TFp>, TCurve>? Delta,
    IReadOnlyList<Affine<TFp, TCurve>?> Ic)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>;

/// <summary>What may be wrong with a key though each of its points is a valid one. Thread-safe.</summary>
public static class KeyRules
{
    /// <summary>
    /// Checks the elements of a key: some 3,000 additions in G2, about ten milliseconds, and a look at each IC point. Places are
    /// the members of <c>verification_key.json</c>.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <returns>What is wrong, the gravest first; a note where γ is not the generator.</returns>
    public static IReadOnlyList<Finding> Check<TCurve, TFp>(VerifyingKey<TCurve, TFp> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        ArgumentNullException.ThrowIfNull(key);
        var findings = new Findings();
        Check(ElementsOf(key), findings, element => FindingPlace.OfMember(MemberOf(element)), Rules.KeyGammaNotGenerator);
        return findings.InOrder();
    }

    /// <summary>The elements of a key that was read whole.</summary>
    internal static KeyElements<TCurve, TFp> ElementsOf<TCurve, TFp>(VerifyingKey<TCurve, TFp> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        new(key.Alpha, key.Beta, key.Gamma, key.Delta, [.. key.Ic.ToArray().Select(point => (Affine<TFp, TCurve>?)point)]);

    /// <summary>The member of <c>verification_key.json</c> that holds an element.</summary>
    internal static string MemberOf(string element) => element switch
    {
        "α" => "vk_alpha_1",
        "β" => "vk_beta_2",
        "γ" => "vk_gamma_2",
        "δ" => "vk_delta_2",
        _ => element,
    };

    /// <summary>Checks the elements that are there.</summary>
    /// <param name="key">The elements.</param>
    /// <param name="findings">Takes what is found.</param>
    /// <param name="place">Where α, β, γ, δ or IC[i] stands.</param>
    /// <param name="otherGamma">The rule that a γ which is not the generator breaks, if any.</param>
    internal static void Check<TCurve, TFp>(KeyElements<TCurve, TFp> key, Findings findings, Func<string, FindingPlace> place, Rule? otherGamma)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        foreach ((string name, bool isInfinity) in ((string, bool)[])
            [("α", key.Alpha is { IsInfinity: true }), ("β", key.Beta is { IsInfinity: true }), ("γ", key.Gamma is { IsInfinity: true }), ("δ", key.Delta is { IsInfinity: true })])
        {
            if (isInfinity)
            {
                findings.Add(Rules.KeyElementAtInfinity, $"{name} is the point at infinity.", place(name));
            }
        }

        CheckRelations(key, findings, place, otherGamma);
        CheckInputs(key.Ic, findings, place);
    }

    private static void CheckRelations<TCurve, TFp>(KeyElements<TCurve, TFp> key, Findings findings, Func<string, FindingPlace> place, Rule? otherGamma)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        // Infinity stands in for what is not there: it is no multiple of anything here, and nothing of it.
        Affine<Fp2<TFp>, TCurve> beta = key.Beta ?? default, gamma = key.Gamma ?? default, delta = key.Delta ?? default;
        Affine<Fp2<TFp>, TCurve> generator = Affine<Fp2<TFp>, TCurve>.Generator;
        bool isOtherGamma = !gamma.IsInfinity && gamma != generator;
        int[] ofGamma = SmallMultiples.Find(gamma, [delta, beta]), ofDelta = SmallMultiples.Find(delta, [gamma, beta]);
        int[] ofGenerator = isOtherGamma ? SmallMultiples.Find(generator, [delta, beta]) : [0, 0];
        if (ofGamma[0] != 0)
        {
            findings.Add(
                Rules.KeyGammaEqualsDelta, ofGamma[0] is 1 or -1 ? $"γ equals {Times(ofGamma[0], "δ")}." : $"δ is {Times(ofGamma[0], "γ")}.", place("δ"));
        }
        else if (ofDelta[0] != 0)
        {
            findings.Add(Rules.KeyGammaEqualsDelta, $"γ is {Times(ofDelta[0], "δ")}.", place("γ"));
        }

        if (ofGamma[1] != 0 || ofDelta[1] != 0)
        {
            findings.Add(
                Rules.KeyElementsRelated,
                $"β is {(ofGamma[1] != 0 ? Times(ofGamma[1], "γ") : Times(ofDelta[1], "δ"))}.",
                place("β"));
        }

        // Of γ = 1 these are the rules above.
        if (ofGenerator[0] != 0 && ofGamma[0] == 0)
        {
            findings.Add(Rules.KeyKnownSecret, $"δ is {Times(ofGenerator[0], "the generator of G2")}.", place("δ"));
        }

        if (ofGenerator[1] != 0 && ofGamma[1] == 0)
        {
            findings.Add(Rules.KeyKnownSecret, $"β is {Times(ofGenerator[1], "the generator of G2")}.", place("β"));
        }

        if (SmallMultiples.Find(Affine<TFp, TCurve>.Generator, [key.Alpha ?? default])[0] is not 0 and var factor)
        {
            findings.Add(Rules.KeyKnownSecret, $"α is {Times(factor, "the generator of G1")}.", place("α"));
        }

        if (isOtherGamma && otherGamma is not null)
        {
            findings.Add(otherGamma, "γ is not the generator of G2.", place("γ"));
        }
    }

    private static void CheckInputs<TCurve, TFp>(IReadOnlyList<Affine<TFp, TCurve>?> ic, Findings findings, Func<string, FindingPlace> place)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        // Equal and opposite points are those of one abscissa.
        var first = new Dictionary<TFp, int>(ic.Count);
        for (int i = 1; i < ic.Count; i++)
        {
            if (ic[i] is not { } point)
            {
                continue;
            }

            if (point.IsInfinity)
            {
                findings.Add(Rules.KeyInputUnbound, $"{Name(i)} is the point at infinity: public input {i - 1} counts for nothing.", place(Name(i)));
            }
            else if (!first.TryAdd(point.X, i))
            {
                int earlier = first[point.X];
                findings.Add(
                    Rules.KeyInputsInterchangeable,
                    $"{Name(i)} is {(point == ic[earlier] ? "" : "−")}{Name(earlier)}: of public inputs {earlier - 1} and {i - 1} only the {(point == ic[earlier] ? "sum" : "difference")} counts.",
                    place(Name(i)));
            }
        }

        if (ic.Count > 0 && ic[0] is { IsInfinity: false } constant && first.TryGetValue(constant.X, out int same))
        {
            findings.Add(Rules.KeyConstantRepeated, $"{Name(same)} is {(constant == ic[same] ? "" : "−")}IC[0], the point of the constant.", place(Name(same)));
        }
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"IC[{i}]");

    private static string Times(int factor, string what) => factor switch
    {
        1 => what,
        -1 => $"−{what}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(factor < 0 ? "−" : "")}{Math.Abs(factor)}·{what}"),
    };
}
