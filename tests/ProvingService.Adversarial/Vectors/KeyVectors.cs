// Owns: the vectors of kind "verify" that are about the key: elements that decode to nothing good, and keys that mean nothing.

using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>Adds them to verify.json of one curve.</summary>
internal sealed class KeyVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Broken = "keys that do not decode";
    private const string Weak = "weak keys";
    private const string Sound = "unusual but sound keys";

    private readonly VectorFile file;
    private readonly KnownKey<TCurve, TFp, TFr> key;
    private readonly TrueProof<TCurve, TFp, TFr> honest;
    private readonly TFr[] statement;

    private KeyVectors(VectorFile file, KnownKey<TCurve, TFp, TFr> key, TrueProof<TCurve, TFp, TFr> honest)
    {
        this.file = file;
        this.key = key;
        this.honest = honest;

        // What nobody can prove: the circuit says y = (x² + a)·x, and neither number was made from an x.
        statement = [Number("statement/0"), Number("statement/1")];
    }

    private static TFr S => Number("forger/s");

    public static void AddTo(
        VectorFile file, Subject<TCurve, TFp, TFr> subject, TrueProof<TCurve, TFp, TFr> honest, Subject<TCurve, TFp, TFr> other)
    {
        var vectors = new KeyVectors<TCurve, TFp, TFr>(file, subject.Key, honest);
        vectors.AddOffCurve();
        vectors.AddOutsideSubgroup();
        vectors.AddNotCanonical();
        vectors.AddCounts();
        vectors.AddForgeable();
        vectors.AddKnownSecrets();
        vectors.AddInfinity();
        vectors.AddInputs();
        vectors.AddManyInputs(other.Key);
        vectors.AddSound(other);
    }

    private void AddOffCurve()
    {
        foreach ((string name, string path) in ((string, string)[])[
            ("alpha", "vk_alpha_1.1"), ("beta", "vk_beta_2.1.0"), ("gamma", "vk_gamma_2.0.1"), ("delta", "vk_delta_2.1.1"), ("ic0", "IC.0.0"), ("ic1", "IC.1.1"), ("ic2", "IC.2.0")])
        {
            Malformed($"key-{name}-off-curve", "A coordinate is one more than it was.", key.Json.With(path, (key.Json.Number(path) + 1) % TFp.Modulus), "not-on-curve");
        }

        Malformed("key-ic1-zero-zero", "IC[1] is (0, 0), which some programs take for infinity.", key.Json.With("IC.1.0", BigInteger.Zero).With("IC.1.1", BigInteger.Zero), "not-on-curve");
    }

    private void AddOutsideSubgroup()
    {
        if (Points.OfSmallOrder<TFp, TCurve>(out int order1) is { } small1)
        {
            foreach ((string name, string path, Affine<TFp, TCurve> point) in ((string, string, Affine<TFp, TCurve>)[])[
                ("alpha", "vk_alpha_1", key.Key.Alpha), ("ic0", "IC.0", key.Key.Ic[0]), ("ic1", "IC.1", key.Key.Ic[1]), ("ic2", "IC.2", key.Key.Ic[2])])
            {
                JsonNode moved = JsonEdits.Of(Points.Plus(point, small1), honest.Proof.B, default).At("pi_a");
                Malformed($"key-{name}-plus-small", $"The true point and one of order {order1}; pairings cannot tell.", key.Json.With(path, moved), "not-in-subgroup");
            }

            Malformed(
                "key-ic1-outside-subgroup",
                "A point of the curve, of composite order.",
                key.Json.With("IC.1", JsonEdits.Of(Points.OutsideSubgroup<TFp, TCurve>()!.Value, honest.Proof.B, default).At("pi_a")),
                "not-in-subgroup");
        }

        Affine<Fp2<TFp>, TCurve> small2 = Points.OfSmallOrder<Fp2<TFp>, TCurve>(out int order2)!.Value, any = Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value;
        foreach ((string name, string path, Affine<Fp2<TFp>, TCurve> point) in ((string, string, Affine<Fp2<TFp>, TCurve>)[])[
            ("beta", "vk_beta_2", key.Key.Beta), ("gamma", "vk_gamma_2", key.Key.Gamma), ("delta", "vk_delta_2", key.Key.Delta)])
        {
            Malformed($"key-{name}-plus-small", $"The true point and one of order {order2}.", key.Json.With(path, G2(Points.Plus(point, small2))), "not-in-subgroup");
            Malformed($"key-{name}-outside-subgroup", "A point of the twist, of composite order.", key.Json.With(path, G2(any)), "not-in-subgroup");
        }
    }

    private void AddNotCanonical()
    {
        foreach ((string name, string path) in ((string, string)[])[
            ("alpha", "vk_alpha_1.0"), ("beta", "vk_beta_2.0.1"), ("gamma", "vk_gamma_2.1.0"), ("delta", "vk_delta_2.0.0"), ("ic0", "IC.0.1"), ("ic1", "IC.1.0")])
        {
            Malformed($"key-{name}-plus-p", "A coordinate plus p: two files, one key.", key.Json.With(path, key.Json.Number(path) + TFp.Modulus), "not-canonical");
        }
    }

    private void AddCounts()
    {
        JsonNode json = key.Json;
        Malformed("key-npublic-less", "nPublic is one less than there are IC points for.", json.With("nPublic", JsonValue.Create(1)), "ic-count");
        Malformed("key-npublic-more", "nPublic is one more than there are IC points for.", json.With("nPublic", JsonValue.Create(3)), "ic-count");
        Malformed("key-ic-missing", "The last IC point is missing: a sum over what is there leaves an input out.", json.With("IC", new JsonArray(json.At("IC.0").DeepClone(), json.At("IC.1").DeepClone())), "ic-count");
        Malformed("key-ic-surplus", "One IC point too many.", json.With("IC", new JsonArray(json.At("IC.0").DeepClone(), json.At("IC.1").DeepClone(), json.At("IC.2").DeepClone(), json.At("IC.2").DeepClone())), "ic-count");
        Malformed("key-ic-empty", "No IC point at all.", json.With("IC", new JsonArray()), "ic-count");
        Malformed("key-ic-constant-missing", "The constant's point is missing, and the count is right: for one input fewer.", json.With("IC", new JsonArray(json.At("IC.1").DeepClone(), json.At("IC.2").DeepClone())), "ic-count");
    }

    private void AddForgeable()
    {
        VerifyingKey<TCurve, TFp> k = key.Key;
        foreach (bool opposite in (bool[])[false, true])
        {
            string sign = opposite ? "−" : "", suffix = opposite ? "-negated" : "";
            Forged("key-gamma-is-delta" + suffix, $"γ = {sign}δ, and a forged proof that needs the key alone.{(opposite ? "" : " The state of a key that no one has contributed to.")}", key with { Delta = opposite ? -key.Gamma : key.Gamma }, f => Forgeries<TCurve, TFp, TFr>.GammaIsDelta(f, statement, S), "key-gamma-equals-delta");
            Forged("key-delta-is-gamma" + suffix, $"γ moved to {sign}δ, neither a generator.", key with { Gamma = opposite ? -key.Delta : key.Delta }, f => Forgeries<TCurve, TFp, TFr>.GammaIsDelta(f, statement, S), "key-gamma-equals-delta");
            Forged("key-beta-is-gamma" + suffix, $"β = {sign}γ, and a forged proof that needs the key alone.", key with { Beta = opposite ? -Gamma : Gamma, Gamma = Gamma }, f => Forgeries<TCurve, TFp, TFr>.BetaIsGamma(f, statement, S), "key-elements-related");
            Forged("key-beta-is-delta" + suffix, $"β = {sign}δ, and a forged proof that needs the key alone.", key with { Beta = opposite ? -key.Delta : key.Delta }, f => Forgeries<TCurve, TFp, TFr>.BetaIsDelta(f, statement, S), "key-elements-related");
        }

        Forged(
            "key-all-generators",
            "α, β, γ and δ are the generators, as in a key from powers of tau and a phase 2 that both had no contributor.",
            key with { Alpha = TFr.One, Beta = TFr.One, Gamma = TFr.One, Delta = TFr.One },
            f => Forgeries<TCurve, TFp, TFr>.GammaIsDelta(f, statement, S),
            "key-gamma-equals-delta");
        TFr[] zeros = [TFr.Zero, TFr.Zero];
        Weakly(
            "key-gamma-is-delta-zeros",
            "γ = δ, and a forged proof for inputs that are all 0.",
            key with { Delta = key.Gamma },
            f => Forgeries<TCurve, TFp, TFr>.GammaIsDelta(f, zeros, S),
            zeros,
            "key-gamma-equals-delta",
            holds: true);
        Weakly(
            "key-gamma-is-delta-honest",
            "γ = δ, and a proof that satisfies the equation by trapdoors, as an honest prover's would: it too says nothing.",
            key with { Delta = key.Gamma },
            _ => (key with { Delta = key.Gamma }).Simulate(honest.Statement, $"{TCurve.Id.Name()}/simulated/equal"),
            honest.Statement,
            "key-gamma-equals-delta",
            holds: true);
        Weakly("key-gamma-is-delta-false", "γ = δ, and a proof that is false even so.", key with { Delta = key.Gamma }, _ => honest.Proof, honest.Statement, "key-gamma-equals-delta", holds: false);
    }

    /// <summary>The proofs are made with trapdoors: who has the powers of tau as well makes them without.</summary>
    private void AddKnownSecrets()
    {
        foreach (bool opposite in (bool[])[false, true])
        {
            string sign = opposite ? "−" : "", suffix = opposite ? "-negated" : "";
            TFr known = opposite ? -TFr.One : TFr.One;
            Simulated("key-delta-generator" + suffix, $"δ is {sign}the generator and γ is not: no one has contributed to phase 2, and the powers of tau hold all that a forger needs.", key with { Gamma = Gamma, Delta = known }, "key-known-secret");
            Simulated("key-beta-generator" + suffix, $"β is {sign}the generator: its secret is known.", key with { Beta = known, Gamma = Gamma }, "key-known-secret");
            Simulated("key-alpha-generator" + suffix, $"α is {sign}the generator: its secret is known.", key with { Alpha = known }, "key-known-secret");
        }
    }

    private void AddInfinity()
    {
        const string Reason = "key-element-at-infinity";
        Forged("key-alpha-infinity", "α is infinity: the term that binds A and B to the circuit is gone, and a forged proof needs the key alone.", key with { Alpha = TFr.Zero }, f => Forgeries<TCurve, TFp, TFr>.NoAlphaBeta(f, statement, S), Reason);
        Forged("key-beta-infinity", "β is infinity: as for α.", key with { Beta = TFr.Zero }, f => Forgeries<TCurve, TFp, TFr>.NoAlphaBeta(f, statement, S), Reason);
        Forged("key-gamma-infinity", "γ is infinity: the public inputs are gone, and one forged proof serves for all.", key with { Gamma = TFr.Zero }, f => Forgeries<TCurve, TFp, TFr>.NoGamma(f, S), Reason);
        Simulated("key-delta-infinity", "δ is infinity: C may be any point.", key with { Delta = TFr.Zero }, Reason);
        Weakly(
            "key-all-infinity",
            "All four are infinity, and so is A: the equation says 1 = 1.",
            key with { Alpha = TFr.Zero, Beta = TFr.Zero, Gamma = TFr.Zero, Delta = TFr.Zero },
            _ => Proof<TCurve, TFp>.FromChecked(default, honest.Proof.B, honest.Proof.C),
            statement,
            Reason,
            holds: true);
    }

    private void AddInputs()
    {
        TFr[] x = honest.Statement, ic = key.Ic;
        foreach (int i in (int[])[1, 2])
        {
            KnownKey<TCurve, TFp, TFr> unbound = key with { Ic = [.. ic.Select((v, j) => j == i ? TFr.Zero : v)] };
            TFr[] other = [.. x];
            other[i - 1] += S;
            Simulated($"key-ic{i}-infinity", $"IC[{i}] is infinity: no proof binds input {i - 1}.", unbound, "key-input-unbound", x);
            Weakly($"key-ic{i}-infinity-other", $"The proof of key-ic{i}-infinity with another value of input {i - 1}, which it proves as well.", unbound, _ => unbound.Simulate(x, Seed($"key-ic{i}-infinity")), other, "key-input-unbound", holds: true, keyName: $"key-ic{i}-infinity");
        }

        foreach (bool opposite in (bool[])[false, true])
        {
            string name = opposite ? "key-ic-opposite" : "key-ic-repeated";
            KnownKey<TCurve, TFp, TFr> alike = key with { Ic = [ic[0], ic[1], opposite ? -ic[1] : ic[1]] };
            Simulated(name, $"IC[2] is {(opposite ? "−" : "")}IC[1]: what one input loses the other may gain.", alike, "key-inputs-interchangeable", x);
            Weakly(
                name + "-moved",
                $"The proof of {name} for other inputs, which it proves as well.",
                alike,
                _ => alike.Simulate(x, Seed(name)),
                [x[0] + S, opposite ? x[1] + S : x[1] - S],
                "key-inputs-interchangeable",
                holds: true,
                keyName: name);
        }
    }

    /// <summary>The same among twenty inputs, neither first nor last, nor neighbours.</summary>
    private void AddManyInputs(KnownKey<TCurve, TFp, TFr> many)
    {
        TFr[] x = [.. Enumerable.Range(0, many.Ic.Length - 1).Select(i => Number($"many/{i}"))], other = [.. x];
        KnownKey<TCurve, TFp, TFr> unbound = many with { Ic = [.. many.Ic[..10], TFr.Zero, .. many.Ic[11..]] };
        KnownKey<TCurve, TFp, TFr> alike = many with { Ic = [.. many.Ic[..^1], many.Ic[3]] };
        Simulated("key-twenty-ic10-infinity", "IC[10] of twenty is infinity: no proof binds input 9.", unbound, "key-input-unbound", x);
        Simulated("key-twenty-ic-repeated", "IC[20] is IC[3]: what one input loses the other may gain.", alike, "key-inputs-interchangeable", x);
        (other[2], other[^1]) = (x[2] + S, x[^1] - S);
        Weakly("key-twenty-ic-repeated-moved", "The proof of key-twenty-ic-repeated for other inputs, which it proves as well.", alike, _ => alike.Simulate(x, Seed("key-twenty-ic-repeated")), other, "key-inputs-interchangeable", holds: true, keyName: "key-twenty-ic-repeated");
    }

    private void AddSound(Subject<TCurve, TFp, TFr> other)
    {
        TFr[] x = honest.Statement;
        Good("key-gamma-chosen", "γ is not the generator: keys of other makers have it so.", key with { Gamma = Gamma });
        Good("key-gamma-negated", "γ is the generator's negative, and δ neither of both.", key with { Gamma = -TFr.One });
        Good("key-ic0-infinity", "IC[0] is infinity: the constant's factor is 1 and no one's to choose.", key with { Ic = [TFr.Zero, .. key.Ic[1..]] });
        Good("key-ic0-repeated", "IC[0] is IC[1]: the constant's factor is no one's to choose.", key with { Ic = [key.Ic[1], .. key.Ic[1..]] });
        Good("key-alpha-in-ic", "α is IC[1].", key with { Ic = [key.Ic[0], key.Alpha, key.Ic[2]] });
        Add("key-of-another-circuit", Sound, "A true proof of this circuit under the key of another, with two inputs as well.", "key-other", (key with { Alpha = other.Key.Alpha, Beta = other.Key.Beta, Delta = other.Key.Delta }).Json, JsonEdits.Of(honest.Proof), x, Verdict.Reject, "equation-fails", false);
        JsonNode without = key.Json.DeepClone();
        without.AsObject().Remove("vk_alphabeta_12");
        Add("key-without-product", Sound, "vk_alphabeta_12 is left out: it is redundant.", "key-without-product", without, JsonEdits.Of(honest.Proof), x, Verdict.Accept, "valid", true);
        Add("key-false-product", Sound, "vk_alphabeta_12 is another key's. It is redundant, and whoever believes it verifies under α and β that the key does not show.", "key-false-product", key.Json.With("vk_alphabeta_12", other.Key.Json.At("vk_alphabeta_12")), JsonEdits.Of(honest.Proof), x, Verdict.Accept, "valid", true);
        KnownKey<TCurve, TFp, TFr> theirs = key with { Alpha = other.Key.Alpha, Beta = other.Key.Beta };
        Add("key-false-product-forged", Sound, "vk_alphabeta_12 is another key's, under which the proof would be true; under α and β as they stand it is false.", "key-false-product", key.Json.With("vk_alphabeta_12", other.Key.Json.At("vk_alphabeta_12")), JsonEdits.Of(theirs.Simulate(x, Seed("false-product"))), x, Verdict.Reject, "equation-fails", false);

        void Good(string id, string comment, KnownKey<TCurve, TFp, TFr> good) =>
            Add(id, Sound, comment, id, good.Json, JsonEdits.Of(good.Simulate(x, Seed(id))), x, Verdict.Accept, "valid", true);
    }

    /// <summary>A γ that is not the generator.</summary>
    private static TFr Gamma => Number("gamma");

    private static TFr Number(string name) => Seeds.Element<TFr>($"{TCurve.Id.Name()}/keys/{name}");

    private static string Seed(string id) => $"{TCurve.Id.Name()}/simulated/{id}";

    private static JsonNode G2(in Affine<Fp2<TFp>, TCurve> point) => JsonEdits.Of<TCurve, TFp>(default, point, default).At("pi_b");

    private void Malformed(string id, string comment, JsonNode broken, string reason) =>
        Add(id, Broken, comment, id, broken, JsonEdits.Of(honest.Proof), honest.Statement, Verdict.Malformed, reason, null);

    private void Forged(string id, string comment, KnownKey<TCurve, TFp, TFr> weak, Func<VerifyingKey<TCurve, TFp>, Proof<TCurve, TFp>> forge, string reason) =>
        Weakly(id, comment, weak, forge, statement, reason, holds: true);

    private void Simulated(string id, string comment, KnownKey<TCurve, TFp, TFr> weak, string reason, TFr[]? inputs = null) =>
        Weakly(id, comment, weak, _ => weak.Simulate(inputs ?? statement, Seed(id)), inputs ?? statement, reason, holds: true);

    private void Weakly(
        string id,
        string comment,
        KnownKey<TCurve, TFp, TFr> weak,
        Func<VerifyingKey<TCurve, TFp>, Proof<TCurve, TFp>> forge,
        TFr[] inputs,
        string reason,
        bool holds,
        string? keyName = null) =>
        Add(id, Weak, comment, keyName ?? id, weak.Json, JsonEdits.Of(forge(weak.Key)), inputs, Verdict.Reject, reason, holds);

    private void Add(
        string id, string group, string comment, string name, JsonNode vk, JsonNode proof, TFr[] inputs, Verdict verdict, string reason, bool? holds)
    {
        file.AddKey(name, vk);
        file.Add(id, group, comment, new() { ["key"] = name, ["proof"] = proof, ["public"] = JsonEdits.Of<TFr>(inputs) }, verdict, reason, holds);
    }
}
