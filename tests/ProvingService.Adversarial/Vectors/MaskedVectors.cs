// Owns: the vectors of kind "verify" whose bad point meets infinity or an input of 0: the equation holds for whoever does not look at the
// point, so that only the check of the point itself can say no. Points that the equation shows as well: VerifyVectors.cs, KeyVectors.cs.

using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>Adds them to verify.json of one curve. All proofs are made with the trapdoors.</summary>
internal sealed class MaskedVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Group = "faults that the equation does not show";

    private readonly VectorFile file;
    private readonly Subject<TCurve, TFp, TFr> subject;
    private readonly Proof<TCurve, TFp> honest;
    private readonly TFr[] statement;

    private MaskedVectors(VectorFile file, Subject<TCurve, TFp, TFr> subject, TrueProof<TCurve, TFp, TFr> proof)
    {
        this.file = file;
        this.subject = subject;
        honest = proof.Proof;
        statement = proof.Statement;
    }

    private KnownKey<TCurve, TFp, TFr> Key => subject.Key;

    private static Affine<Fp2<TFp>, TCurve> Outside2 => Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value;

    public static void AddTo(VectorFile file, Subject<TCurve, TFp, TFr> subject, TrueProof<TCurve, TFp, TFr> proof)
    {
        var vectors = new MaskedVectors<TCurve, TFp, TFr>(file, subject, proof);
        vectors.AddProofs();
        vectors.AddKeys();
    }

    private void AddProofs()
    {
        // Where A or B is infinity, C = −(αβ + γ·Σ xᵢ·ICᵢ)/δ; where C is, AB is the sum in the brackets.
        TFr rest = (Key.Alpha * Key.Beta) + (Key.Gamma * Key.Combine(statement));
        Affine<TFp, TCurve> c = KnownKey<TCurve, TFp, TFr>.G1(-rest * TFr.Inverse(Key.Delta));
        Proof<TCurve, TFp> withoutC = (Key with { Delta = TFr.Zero }).Simulate(statement, $"{TCurve.Id.Name()}/masked/c");
        const string BehindA = "A is infinity, so that nothing shows what B is: ", BehindB = "B is infinity, so that nothing shows what A is: ";
        Proof("b-off-curve", BehindA + "not on the curve.", JsonEdits.Of(default, Points.OnAnotherCurve(honest.B), c), "not-on-curve");
        Proof("b-outside-subgroup", BehindA + "outside the subgroup.", JsonEdits.Of(default, Outside2, c), "not-in-subgroup");
        Proof("a-off-curve", BehindB + "not on the curve.", JsonEdits.Of(Points.OnAnotherCurve(honest.A), default, c), "not-on-curve");
        if (Points.OutsideSubgroup<TFp, TCurve>() is { } outside1)
        {
            Proof("a-outside-subgroup", BehindB + "outside the subgroup.", JsonEdits.Of(outside1, default, c), "not-in-subgroup");
        }

        foreach ((string point, JsonNode proof) in ((string, JsonNode)[])[
            ("a", JsonEdits.Of(default, honest.B, c)), ("b", JsonEdits.Of(honest.A, default, c)), ("c", JsonEdits.Of(withoutC.A, withoutC.B, default))])
        {
            Spelt("zero-zero", "(0, 0), on no curve", "0", "0", "1", "not-on-curve");
            Spelt("spelt-000", "[0, 0, 0], which is not how infinity is spelt", "0", "0", "0", "not-canonical");
            Spelt("spelt-570", "[5, 7, 0], which is not how infinity is spelt", "5", "7", "0", "not-canonical");

            void Spelt(string id, string words, string x, string y, string z, string reason) => Proof(
                $"{point}-{id}",
                $"{point.ToUpperInvariant()} is {words}. For whoever takes it for infinity the equation holds.",
                proof.With("pi_" + point, new JsonArray([.. ((string[])[x, y, z]).Select(v => point == "b" ? (JsonNode)new JsonArray(v, "0") : v)])),
                reason);
        }
    }

    private void AddKeys()
    {
        // The public inputs add up to infinity, whatever γ is.
        KnownKey<TCurve, TFp, TFr> cancelling = Key with { Ic = [Key.Ic[0] - Key.Combine(statement), .. Key.Ic[1..]] };
        Proof<TCurve, TFp> simulated = cancelling.Simulate(statement, $"{TCurve.Id.Name()}/masked/cancelling");
        const string BehindInputs = "The public inputs add up to infinity, so that nothing shows what γ is: ";
        Add("masked-inputs-cancel", "The public inputs add up to infinity, and all points are as they should be: true.", cancelling.Json, simulated, statement, Verdict.Accept, "valid");
        Broken("gamma-off-curve", BehindInputs + "not on the curve.", cancelling.Json.With("vk_gamma_2", G2(Points.OnAnotherCurve(Key.Key.Gamma))), simulated, statement, "not-on-curve");
        Broken("gamma-outside-subgroup", BehindInputs + "outside the subgroup.", cancelling.Json.With("vk_gamma_2", G2(Outside2)), simulated, statement, "not-in-subgroup");

        Proof<TCurve, TFp> withoutC = (Key with { Delta = TFr.Zero }).Simulate(statement, $"{TCurve.Id.Name()}/masked/c");
        withoutC = Proof<TCurve, TFp>.FromChecked(withoutC.A, withoutC.B, default);
        const string BehindC = "C is infinity, so that nothing shows what δ is: ";
        Broken("delta-off-curve", BehindC + "not on the curve.", Key.Json.With("vk_delta_2", G2(Points.OnAnotherCurve(Key.Key.Delta))), withoutC, statement, "not-on-curve");
        Broken("delta-outside-subgroup", BehindC + "outside the subgroup.", Key.Json.With("vk_delta_2", G2(Outside2)), withoutC, statement, "not-in-subgroup");

        TFr[] zero = [statement[0], TFr.Zero];
        Proof<TCurve, TFp> ofZero = Key.Simulate(zero, $"{TCurve.Id.Name()}/masked/zero");
        const string BehindZero = "The last input is 0, so that nothing shows what IC[2] is: ";
        Broken("ic2-off-curve", BehindZero + "not on the curve.", Key.Json.With("IC.2", G1(Points.OnAnotherCurve(Key.Key.Ic[2]))), ofZero, zero, "not-on-curve");
        if (Points.OutsideSubgroup<TFp, TCurve>() is { } outside1)
        {
            Broken("ic2-outside-subgroup", BehindZero + "outside the subgroup.", Key.Json.With("IC.2", G1(outside1)), ofZero, zero, "not-in-subgroup");
        }

        void Broken(string id, string comment, JsonNode key, Proof<TCurve, TFp> proof, TFr[] inputs, string reason) =>
            Add("masked-key-" + id, comment, key, proof, inputs, Verdict.Malformed, reason);
    }

    private static JsonNode G1(in Affine<TFp, TCurve> point) => JsonEdits.Of<TCurve, TFp>(point, default, default).At("pi_a");

    private static JsonNode G2(in Affine<Fp2<TFp>, TCurve> point) => JsonEdits.Of<TCurve, TFp>(default, point, default).At("pi_b");

    private void Proof(string id, string comment, JsonNode proof, string reason) =>
        file.Add("masked-" + id, Group, comment, new() { ["key"] = subject.Name, ["proof"] = proof, ["public"] = JsonEdits.Of<TFr>(statement) }, Verdict.Malformed, reason);

    private void Add(string id, string comment, JsonNode key, Proof<TCurve, TFp> proof, TFr[] inputs, Verdict verdict, string reason)
    {
        file.AddKey(id, key);
        file.Add(id, Group, comment, new() { ["key"] = id, ["proof"] = JsonEdits.Of(proof), ["public"] = JsonEdits.Of<TFr>(inputs) }, verdict, reason, verdict == Verdict.Accept ? true : null);
    }
}
