// Owns: the vectors of kind "batch": claims whose faults undo each other in a verifier that adds them up with coefficients it should have drawn.

using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>Builds the file batch.json of one curve.</summary>
internal sealed class BatchVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly VectorFile file;
    private readonly Subject<TCurve, TFp, TFr> two;
    private readonly TrueProof<TCurve, TFp, TFr>[] proofs;

    private BatchVectors()
    {
        file = new(TCurve.Id.Name(), "batch", "Several proofs under one key. The batch is true where each claim is.");
        two = new("two", new Statements.Two());
        proofs = [.. Enumerable.Range(0, 8).Select(i => two.Prove($"batch/{i}", ("a", 5 + (ulong)i), ("x", 7 + (ulong)i)))];
    }

    /// <summary>The points by which claims are moved apart.</summary>
    private static Affine<TFp, TCurve> D => KnownKey<TCurve, TFp, TFr>.G1(Seeds.Element<TFr>($"{TCurve.Id.Name()}/batch/d"));

    private static Affine<Fp2<TFp>, TCurve> E => KnownKey<TCurve, TFp, TFr>.G2(Seeds.Element<TFr>($"{TCurve.Id.Name()}/batch/e"));

    public static VectorFile Build()
    {
        var vectors = new BatchVectors<TCurve, TFp, TFr>();
        vectors.AddTrue();
        vectors.AddFalse();
        vectors.AddCancelling();
        vectors.AddMalformed();
        vectors.AddWeak();
        return vectors.file;
    }

    private void AddTrue()
    {
        const string Group = "true batches";
        Case("true-one", Group, "One true claim.", Verdict.Accept, proofs[0]);
        Case("true-two", Group, "Two true claims.", Verdict.Accept, proofs[0], proofs[1]);
        Case("true-eight", Group, "Eight true claims.", Verdict.Accept, proofs);
        Case("true-twice", Group, "One true claim twice.", Verdict.Accept, proofs[0], proofs[0]);
        Case("true-many", Group, "Seventeen true claims, some of them twice: enough for another way through a verifier.", Verdict.Accept, [.. proofs, .. proofs, proofs[0]]);
    }

    private void AddFalse()
    {
        const string Group = "false batches";
        TrueProof<TCurve, TFp, TFr> wrong = Moved(proofs[0], D);
        Case("false-one", Group, "One false claim.", Verdict.Reject, wrong);
        Case("false-first", Group, "The first of eight claims is false.", Verdict.Reject, [wrong, .. proofs[1..]]);
        Case("false-middle", Group, "The fifth of eight claims is false.", Verdict.Reject, [.. proofs[..4], Moved(proofs[4], D), .. proofs[5..]]);
        Case("false-last", Group, "The last of eight claims is false.", Verdict.Reject, [.. proofs[..7], Moved(proofs[7], D)]);
        Case("false-all", Group, "All of eight claims are false, each in the same way.", Verdict.Reject, [.. proofs.Select(p => Moved(p, D))]);
        Case("false-twice", Group, "One false claim twice.", Verdict.Reject, wrong, wrong);
        Case("false-input", Group, "A public input of the third of four claims is another.", Verdict.Reject, proofs[0], proofs[1], With(proofs[2], TFr.One), proofs[3]);
        Case("false-last-of-many", Group, "The last of seventeen claims is false.", Verdict.Reject, [.. proofs, .. proofs, wrong]);
        Case("false-input-of-a-seen-proof", Group, "A true claim, and its proof again for another public input: what is known of a proof is known for its inputs.", Verdict.Reject, proofs[0], With(proofs[0], TFr.One));
        Case("false-c-of-seen-points", Group, "A true claim, and its A, B and inputs again with another C.", Verdict.Reject, proofs[0], wrong);
        Case("false-infinity", Group, "A proof all of whose points are infinity, among true ones.", Verdict.Reject, proofs[0], proofs[1] with { Proof = Proof<TCurve, TFp>.FromChecked(default, default, default) });
    }

    private void AddCancelling()
    {
        const string Group = "faults that cancel";
        TFr s = Seeds.Element<TFr>($"{TCurve.Id.Name()}/batch/s"), half = TFr.Inverse(TFr.FromUInt64(2));
        Affine<TFp, TCurve> twice = Points.Plus(D, D), fourfold = Points.Plus(twice, twice), other = Points.Times(D, s);
        Case("cancel-c", Group, "C + D and C' − D cancel under equal coefficients.", Verdict.Reject, Moved(proofs[0], D), Moved(proofs[1], -D));
        Case("cancel-c-among-eight", Group, "The second and the seventh of eight cancel under equal coefficients.", Verdict.Reject, [proofs[0], Moved(proofs[1], D), .. proofs[2..6], Moved(proofs[6], -D), proofs[7]]);
        Case("cancel-c-three", Group, "Three claims moved by D, sD and −(1 + s)D cancel under equal coefficients.", Verdict.Reject, Moved(proofs[0], D), Moved(proofs[1], other), Moved(proofs[2], -Points.Plus(D, other)));
        Case("cancel-c-arithmetic", Group, "Moved by D, −2D and D: cancel under coefficients with one distance, wherever they begin.", Verdict.Reject, Moved(proofs[0], D), Moved(proofs[1], -twice), Moved(proofs[2], D));
        foreach (int distance in (int[])[2, 4, 8, 16])
        {
            TrueProof<TCurve, TFp, TFr>[] many = [.. proofs, .. proofs, proofs[0]];
            many = many[..(distance + 1)];
            (many[0], many[distance]) = (Moved(many[0], D), Moved(many[distance], -D));
            Case($"cancel-c-distance-{distance}", Group, $"The first claim and the one {distance} places behind it cancel under coefficients that come again after {distance}.", Verdict.Reject, many);
        }

        Case("cancel-c-odd", Group, "Moved by 3D and −D: cancel under the coefficients 1 and 3.", Verdict.Reject, Moved(proofs[0], Points.Plus(twice, D)), Moved(proofs[1], -D));
        Case("cancel-c-squares", Group, "Moved by 4D and −D: cancel under the coefficients 1 and 4.", Verdict.Reject, Moved(proofs[0], fourfold), Moved(proofs[1], -D));
        Case("cancel-c-signs", Group, "C + D and C' + D cancel under the coefficients 1 and −1.", Verdict.Reject, Moved(proofs[0], D), Moved(proofs[1], D));
        Case("cancel-c-counting", Group, "Moved by 2D and −D: cancel under the coefficients 1 and 2.", Verdict.Reject, Moved(proofs[0], twice), Moved(proofs[1], -D));
        Case("cancel-c-counting-down", Group, "Moved by −D and 2D: cancel under the coefficients 2 and 1.", Verdict.Reject, Moved(proofs[0], -D), Moved(proofs[1], twice));
        Case("cancel-c-counting-from-zero", Group, "The first alone is false: a coefficient 0 hides it.", Verdict.Reject, Moved(proofs[0], D), proofs[1]);
        Case("cancel-c-powers", Group, "Moved by 4D, nothing and −D: cancel under the coefficients 1, 2 and 4.", Verdict.Reject, Moved(proofs[0], fourfold), proofs[1], Moved(proofs[2], -D));
        Case("cancel-c-late", Group, "Moved by nothing, 2D and −D: cancel under the coefficients 1, 2 and 4, and under 0, 1 and 2.", Verdict.Reject, proofs[0], Moved(proofs[1], twice), Moved(proofs[2], -D));
        Case("cancel-c-halves", Group, "Moved by D/2, D/2 and −D: cancel under equal coefficients.", Verdict.Reject, Moved(proofs[0], Points.Times(D, half)), Moved(proofs[1], Points.Times(D, half)), Moved(proofs[2], -D));
        Case("cancel-inputs-swapped", Group, "Two true proofs with each other's public inputs: their sum over IC points is the same.", Verdict.Reject, proofs[0] with { Statement = proofs[1].Statement }, proofs[1] with { Statement = proofs[0].Statement });
        Case("cancel-inputs-moved", Group, "One more in an input of the first, one less in the same of the second.", Verdict.Reject, With(proofs[0], TFr.One), With(proofs[1], -TFr.One));
        Case("cancel-inputs-and-c", Group, "Another input in the first, and as much the other way in C of the second: cancels under equal coefficients.", Verdict.Reject, With(proofs[0], s), Moved(proofs[1], -KnownKey<TCurve, TFp, TFr>.G1(two.Key.Ic[1] * s * TFr.Inverse(two.Key.Delta))));
        Case("cancel-a", Group, "One proof twice, with A + D and A − D: B is the same, so the pairings cancel.", Verdict.Reject, MovedA(proofs[0], D), MovedA(proofs[0], -D));
        Case("cancel-b", Group, "One proof twice, with B + E and B − E.", Verdict.Reject, MovedB(proofs[0], E), MovedB(proofs[0], -E));
        Case("cancel-proofs-swapped", Group, "Two true proofs with each other's C.", Verdict.Reject, MovedTo(proofs[0], proofs[1].Proof.C), MovedTo(proofs[1], proofs[0].Proof.C));
    }

    private void AddMalformed()
    {
        const string Group = "batches that do not decode";
        JsonObject good = Claim(proofs[0]), counted = Claim(proofs[1]), aliased = Claim(proofs[1]), off = Claim(proofs[1]);
        counted["public"] = JsonEdits.Of<TFr>(proofs[1].Statement[..1]);
        aliased["public"] = JsonEdits.Of<TFr>(proofs[1].Statement).With("0", TFr.ToBigInteger(proofs[1].Statement[0]) + TFr.Modulus);
        off["proof"] = off["proof"]!.With("pi_a.0", (off["proof"]!.Number("pi_a.0") + 1) % TFp.Modulus);
        Add("malformed-input-count", Group, "The second claim has an input too few.", Verdict.Malformed, "input-count", null, "two", good, counted);
        TrueProof<TCurve, TFp, TFr> zero = new(two.Key.Simulate([proofs[1].Statement[0], TFr.Zero], $"{TCurve.Id.Name()}/batch/zero"), [proofs[1].Statement[0]]);
        Add("malformed-input-count-zero", Group, "The second claim has an input too few, which is 0: a sum over what is there is the same.", Verdict.Malformed, "input-count", null, "two", good, Claim(zero));
        Add("malformed-input-surplus", Group, "The second claim has an input too many, 0.", Verdict.Malformed, "input-count", null, "two", good, Claim(proofs[1] with { Statement = [.. proofs[1].Statement, TFr.Zero] }));
        Add("malformed-input", Group, "An input of the second claim is not below r.", Verdict.Malformed, "input-not-canonical", null, "two", good, aliased);
        Add("malformed-off-curve", Group, "A of the second claim is off the curve.", Verdict.Malformed, "not-on-curve", null, "two", good, off);
        JsonObject outside = Claim(proofs[1]);
        outside["proof"] = JsonEdits.Of(
            proofs[1].Proof.A, Points.Plus(proofs[1].Proof.B, Points.OfSmallOrder<Fp2<TFp>, TCurve>(out int order)!.Value), proofs[1].Proof.C);
        Add("malformed-outside-subgroup", Group, $"B of the second claim and a point of order {order}.", Verdict.Malformed, "not-in-subgroup", null, "two", good, outside);
        JsonObject masked = Claim(proofs[1]);
        TFr rest = (two.Key.Alpha * two.Key.Beta) + (two.Key.Gamma * two.Key.Combine(proofs[1].Statement));
        masked["proof"] = JsonEdits.Of(default, Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value, KnownKey<TCurve, TFp, TFr>.G1(-rest * TFr.Inverse(two.Key.Delta)));
        Add("malformed-outside-subgroup-masked", Group, "A of the second claim is infinity, so that nothing shows that B is outside the subgroup.", Verdict.Malformed, "not-in-subgroup", null, "two", good, masked);
        if (Points.OfSmallOrder<TFp, TCurve>(out order) is { } small)
        {
            JsonObject plus = Claim(proofs[0]), minus = Claim(proofs[1]);
            plus["proof"] = JsonEdits.Of(proofs[0].Proof.A, proofs[0].Proof.B, Points.Plus(proofs[0].Proof.C, small));
            minus["proof"] = JsonEdits.Of(proofs[1].Proof.A, proofs[1].Proof.B, Points.Plus(proofs[1].Proof.C, -small));
            Add("malformed-small-order-cancels", Group, $"C of both moved by a point of order {order}, one up and one down: a check of the sum sees nothing.", Verdict.Malformed, "not-in-subgroup", null, "two", plus, minus);
        }
    }

    private void AddWeak()
    {
        KnownKey<TCurve, TFp, TFr> weak = two.Key with { Delta = two.Key.Gamma };
        file.AddKey("gamma-is-delta", weak.Json);
        TFr[] x = [Seeds.Element<TFr>($"{TCurve.Id.Name()}/batch/x"), Seeds.Element<TFr>($"{TCurve.Id.Name()}/batch/y")];
        Add(
            "weak-gamma-is-delta",
            "weak keys",
            "γ = δ, and two forged proofs that need the key alone.",
            Verdict.Reject,
            "key-gamma-equals-delta",
            true,
            "gamma-is-delta",
            [.. ((TFr[][])[x, [x[1], x[0]]]).Select(s => Claim(new(Forgeries<TCurve, TFp, TFr>.GammaIsDelta(weak.Key, s, x[0]), s)))]);
    }

    private static TrueProof<TCurve, TFp, TFr> Moved(TrueProof<TCurve, TFp, TFr> proof, in Affine<TFp, TCurve> by) => MovedTo(proof, Points.Plus(proof.Proof.C, by));

    private static TrueProof<TCurve, TFp, TFr> MovedTo(TrueProof<TCurve, TFp, TFr> proof, in Affine<TFp, TCurve> c) =>
        proof with { Proof = Proof<TCurve, TFp>.FromChecked(proof.Proof.A, proof.Proof.B, c) };

    private static TrueProof<TCurve, TFp, TFr> MovedA(TrueProof<TCurve, TFp, TFr> proof, in Affine<TFp, TCurve> by) =>
        proof with { Proof = Proof<TCurve, TFp>.FromChecked(Points.Plus(proof.Proof.A, by), proof.Proof.B, proof.Proof.C) };

    private static TrueProof<TCurve, TFp, TFr> MovedB(TrueProof<TCurve, TFp, TFr> proof, in Affine<Fp2<TFp>, TCurve> by) =>
        proof with { Proof = Proof<TCurve, TFp>.FromChecked(proof.Proof.A, Points.Plus(proof.Proof.B, by), proof.Proof.C) };

    private static TrueProof<TCurve, TFp, TFr> With(TrueProof<TCurve, TFp, TFr> proof, TFr change) =>
        proof with { Statement = [proof.Statement[0] + change, .. proof.Statement[1..]] };

    private static JsonObject Claim(TrueProof<TCurve, TFp, TFr> proof) => new() { ["proof"] = JsonEdits.Of(proof.Proof), ["public"] = JsonEdits.Of<TFr>(proof.Statement) };

    private void Case(string id, string group, string comment, Verdict verdict, params TrueProof<TCurve, TFp, TFr>[] claims) =>
        Add(id, group, comment, verdict, verdict == Verdict.Accept ? "valid" : "equation-fails", verdict == Verdict.Accept, "two", [.. claims.Select(Claim)]);

    private void Add(string id, string group, string comment, Verdict verdict, string reason, bool? holds, string key, params JsonObject[] claims)
    {
        file.AddKey(two.Name, two.Key.Json);
        file.Add(id, group, comment, new() { ["key"] = key, ["claims"] = new JsonArray([.. claims.Select(claim => claim.DeepClone())]) }, verdict, reason, holds);
    }
}
