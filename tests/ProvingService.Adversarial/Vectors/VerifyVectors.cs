// Owns: the vectors of kind "verify": one proof, one list of public inputs, one key. Faults of keys: KeyVectors.cs.

using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>Builds the file verify.json of one curve.</summary>
internal sealed class VerifyVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly string[] Coordinates = ["pi_a.0", "pi_a.1", "pi_b.0.0", "pi_b.0.1", "pi_b.1.0", "pi_b.1.1", "pi_c.0", "pi_c.1"];

    private readonly VectorFile file;
    private readonly Subject<TCurve, TFp, TFr> one, two, twenty, none;
    private readonly TrueProof<TCurve, TFp, TFr> first, second, zero;

    private VerifyVectors()
    {
        file = new(
            TCurve.Id.Name(),
            "verify",
            "One proof, one list of public inputs and one verification key, each as iden3's JSON files have it.");
        none = new("none", new Statements.None());
        one = new("one", new Statements.One());
        two = new("two", new Statements.Two());
        twenty = new("twenty", new Statements.Twenty());
        first = two.Prove("first", ("a", 5), ("x", 7));
        second = two.Prove("second", ("a", 11), ("x", 13));

        // The last public input is 0, so that leaving it out leaves the sum of IC points as it is.
        zero = two.Prove("zero", ("a", 0), ("x", 7));
        zero = TFr.IsZero(zero.Statement[^1]) ? zero : two.Prove("zero", ("a", 5), ("x", 0));
    }

    private delegate Affine<TField, TGroup> Change<TField, TGroup>(in Affine<TField, TGroup> point)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>;

    private Proof<TCurve, TFp> P => first.Proof;

    private static BigInteger Q => TFp.Modulus;

    private static BigInteger R => TFr.Modulus;

    /// <summary>Builds the file.</summary>
    /// <param name="initial">The .zkey of the circuit with two public inputs to which no one contributed.</param>
    /// <param name="final">The .zkey of the same circuit with contributions.</param>
    public static VectorFile Build(string initial, string final)
    {
        var vectors = new VerifyVectors<TCurve, TFp, TFr>();
        vectors.AddTrue();
        vectors.AddRerandomised();
        vectors.AddFalse();
        vectors.AddNegated();
        vectors.AddInfinity();
        vectors.AddOffCurve();
        vectors.AddOutsideSubgroup();
        vectors.AddNotCanonical();
        vectors.AddInputs();
        MaskedVectors<TCurve, TFp, TFr>.AddTo(vectors.file, vectors.two, vectors.first);
        KeyVectors<TCurve, TFp, TFr>.AddTo(vectors.file, vectors.two, vectors.first, vectors.twenty);
        vectors.AddCeremony(initial, final);
        return vectors.file;
    }

    /// <summary>The keys of two files among the transcripts: what one without contributors is worth, and its control.</summary>
    private void AddCeremony(string initial, string final)
    {
        const string Group = "keys of transcripts";
        TFr[] statement = [Seeds.Element<TFr>($"{TCurve.Id.Name()}/ceremony/0"), Seeds.Element<TFr>($"{TCurve.Id.Name()}/ceremony/1")];
        TFr s = Seeds.Element<TFr>($"{TCurve.Id.Name()}/ceremony/s");
        using ProvingKey<TCurve, TFp, TFr> none = ProvingKey<TCurve, TFp, TFr>.Open(initial, allowInsecureKey: true), made = ProvingKey<TCurve, TFp, TFr>.Open(final);
        TrueProof<TCurve, TFp, TFr> honest = two.Prove(made, "ceremony", ("a", 5), ("x", 7)), early = two.Prove(none, "ceremony", ("a", 5), ("x", 7));
        Proof<TCurve, TFp> forged = Forgeries<TCurve, TFp, TFr>.GammaIsDelta(none.VerifyingKey, statement, s);
        Add("ceremony-initial-forged", "The key of files/zkey-initial.zkey, to which no one contributed, and a forged proof that needs the key alone.", none, "initial", new(forged, statement), Verdict.Reject, "key-gamma-equals-delta", true);
        Add("ceremony-initial-honest", "The same key and a prover's true proof, which under this key says nothing.", none, "initial", early, Verdict.Reject, "key-gamma-equals-delta", true);
        Add("ceremony-final-honest", "The key of files/zkey-beacon.zkey and a prover's proof: the control.", made, "final", honest, Verdict.Accept, "valid", true);
        Add("ceremony-final-forged", "The same key, and the same forgery of it.", made, "final", new(Forgeries<TCurve, TFp, TFr>.GammaIsDelta(made.VerifyingKey, statement, s), statement), Verdict.Reject, "equation-fails", false);

        void Add(string id, string comment, ProvingKey<TCurve, TFp, TFr> key, string name, TrueProof<TCurve, TFp, TFr> proof, Verdict verdict, string reason, bool holds)
        {
            file.AddKey("ceremony-" + name, JsonNode.Parse(VerifyingKeyJson.ToJson(key.VerifyingKey))!);
            file.Add(id, Group, comment, new() { ["key"] = "ceremony-" + name, ["proof"] = JsonEdits.Of(proof.Proof), ["public"] = JsonEdits.Of<TFr>(proof.Statement) }, verdict, reason, holds);
        }
    }

    private void AddTrue()
    {
        const string Group = "true proofs";
        Case("true-two", Group, "A true proof, the control of most cases here.", two, first, Verdict.Accept);
        Case("true-two-other", Group, "Another true proof under the same key.", two, second, Verdict.Accept);
        Case("true-zero-input", Group, "The last public input is 0; the control of inputs-missing-zero.", two, zero, Verdict.Accept);
        Case("true-none", Group, "A statement without public inputs.", none, none.Prove("true", ("x", 3)), Verdict.Accept);
        Case("true-one", Group, "One public input.", one, one.Prove("true", ("x", 3)), Verdict.Accept);
        Case("true-twenty", Group, "Twenty public inputs.", twenty, twenty.Prove("true", ("x", 3)), Verdict.Accept);
        Case("true-twenty-zeros", Group, "Twenty public inputs, all 0.", twenty, twenty.Prove("zeros", ("x", 0)), Verdict.Accept);
        foreach ((string id, TFr value, string words) in ((string, TFr, string)[])[
            ("zero", TFr.Zero, "0"), ("one", TFr.One, "1"), ("largest", -TFr.One, "r − 1, the largest"), ("half", TFr.FromBigInteger((R + 1) / 2), "(r + 1)/2")])
        {
            TFr[] statement = [value, value];
            Case(
                "true-inputs-" + id,
                Group,
                $"Both public inputs are {words}; the proof was made with the trapdoors, and such proofs are distributed as a prover's.",
                two,
                new(two.Key.Simulate(statement, $"{TCurve.Id.Name()}/simulated/{id}"), statement),
                Verdict.Accept);
        }
    }

    private void AddRerandomised()
    {
        const string Group = "rerandomised proofs";
        TFr t = Seeds.Element<TFr>($"{TCurve.Id.Name()}/rerandomise/t"), s = Seeds.Element<TFr>($"{TCurve.Id.Name()}/rerandomise/s");
        Affine<Fp2<TFp>, TCurve> delta = two.Key.Key.Delta;
        Proof("rerandomised-scaled", Group, "(tA, B/t, C): true, and made by someone without a witness. A proof does not identify what was proved.", Verdict.Accept, Points.Times(P.A, t), Points.Times(P.B, TFr.Inverse(t)), P.C);
        Proof("rerandomised-shifted", Group, "(A, B + sδ, C + sA): true, and made by someone without a witness.", Verdict.Accept, P.A, Points.Plus(P.B, Points.Times(delta, s)), Points.Plus(P.C, Points.Times(P.A, s)));
        Proof("rerandomised-both", Group, "(tA, (B + sδ)/t, C + sA): true, and unlinkable to the proof that it was made of.", Verdict.Accept, Points.Times(P.A, t), Points.Times(Points.Plus(P.B, Points.Times(delta, s)), TFr.Inverse(t)), Points.Plus(P.C, Points.Times(P.A, s)));
        Proof("rerandomised-negated", Group, "(−A, −B, C): true. Whoever keeps a list of proofs seen must not compare bytes.", Verdict.Accept, -P.A, -P.B, P.C);
        Proof("rerandomised-scaled-c", Group, "(tA, B/t, tC): C must not be scaled.", Verdict.Reject, Points.Times(P.A, t), Points.Times(P.B, TFr.Inverse(t)), Points.Times(P.C, t));
        Proof("rerandomised-shifted-gamma", Group, "(A, B + sγ, C + sA): it is δ that C goes with.", Verdict.Reject, P.A, Points.Plus(P.B, Points.Times(two.Key.Key.Gamma, s)), Points.Plus(P.C, Points.Times(P.A, s)));
        Proof("rerandomised-wrong-inverse", Group, "(tA, tB, C).", Verdict.Reject, Points.Times(P.A, t), Points.Times(P.B, t), P.C);
    }

    private void AddFalse()
    {
        const string Group = "false proofs";
        Affine<TFp, TCurve> g1 = Affine<TFp, TCurve>.Generator, doubled = Points.Plus(P.A, P.A);
        Affine<Fp2<TFp>, TCurve> g2 = Affine<Fp2<TFp>, TCurve>.Generator;
        VerifyingKey<TCurve, TFp> key = two.Key.Key;
        Proof<TCurve, TFp> o = second.Proof;
        Proof("false-a-and-c-swapped", Group, "A and C in each other's place.", Verdict.Reject, P.C, P.B, P.A);
        Proof("false-a-twice", Group, "A in the place of C too.", Verdict.Reject, P.A, P.B, P.A);
        Proof("false-c-twice", Group, "C in the place of A too.", Verdict.Reject, P.C, P.B, P.C);
        Proof("false-a-of-another", Group, "A of another true proof.", Verdict.Reject, o.A, P.B, P.C);
        Proof("false-b-of-another", Group, "B of another true proof.", Verdict.Reject, P.A, o.B, P.C);
        Proof("false-c-of-another", Group, "C of another true proof.", Verdict.Reject, P.A, P.B, o.C);
        Proof("false-whole-of-another", Group, "A true proof of another statement.", Verdict.Reject, o.A, o.B, o.C);
        Proof("false-a-generator", Group, "A is the generator.", Verdict.Reject, g1, P.B, P.C);
        Proof("false-b-generator", Group, "B is the generator.", Verdict.Reject, P.A, g2, P.C);
        Proof("false-c-generator", Group, "C is the generator.", Verdict.Reject, P.A, P.B, g1);
        Proof("false-all-generators", Group, "All three points are generators.", Verdict.Reject, g1, g2, g1);
        Proof("false-a-doubled", Group, "2A.", Verdict.Reject, doubled, P.B, P.C);
        Proof("false-b-doubled", Group, "2B.", Verdict.Reject, P.A, Points.Plus(P.B, P.B), P.C);
        Proof("false-c-doubled", Group, "2C.", Verdict.Reject, P.A, P.B, Points.Plus(P.C, P.C));
        Proof("false-c-plus-generator", Group, "C moved by one generator.", Verdict.Reject, P.A, P.B, Points.Plus(P.C, g1));
        Proof("false-alpha-beta", Group, "(α, β, −Σ xᵢ·ICᵢ), the forgery of a key whose γ is δ, under a key whose are not.", Verdict.Reject, key.Alpha, key.Beta, -Inputs(key, first.Statement));
        Proof("false-alpha-beta-plus", Group, "(α, β, Σ xᵢ·ICᵢ), the forgery of a key whose γ is −δ.", Verdict.Reject, key.Alpha, key.Beta, Inputs(key, first.Statement));
        Proof("false-inputs-gamma", Group, "(α + Σ xᵢ·ICᵢ, γ, α), near the forgery of a key whose β is γ.", Verdict.Reject, Points.Plus(key.Alpha, Inputs(key, first.Statement)), key.Gamma, key.Alpha);
        Proof("false-inputs-delta", Group, "(Σ xᵢ·ICᵢ, γ, −α), the forgery of a key whose β is δ.", Verdict.Reject, Inputs(key, first.Statement), key.Gamma, -key.Alpha);
        KnownKey<TCurve, TFp, TFr> known = two.Key;
        Simulated("without-alpha-beta", "True for whoever leaves e(α, β) out.", known with { Alpha = TFr.Zero });
        Simulated("without-inputs", "True for whoever leaves the public inputs out.", known with { Gamma = TFr.Zero });
        Simulated("without-c", "True for whoever leaves C out.", known with { Delta = TFr.Zero });
        Simulated("without-constant", "True for whoever leaves IC[0] out.", known with { Ic = [TFr.Zero, known.Ic[1], known.Ic[2]] });
        Simulated("without-first-input", "True for whoever leaves the first input out.", known with { Ic = [known.Ic[0], TFr.Zero, known.Ic[2]] });
        Simulated("without-last-input", "True for whoever leaves the last input out.", known with { Ic = [known.Ic[0], known.Ic[1], TFr.Zero] });
        Simulated("alpha-beta-inverse", "True with −α: a comparison that cannot tell a pairing from its inverse says yes.", known with { Alpha = -known.Alpha });
        Simulated("inputs-inverse", "True with −γ: the sign of the public inputs is the other.", known with { Gamma = -known.Gamma });
        Case("false-other-key", Group, "A true proof under another key.", twenty, new(first.Proof, twenty.Prove("true", ("x", 3)).Statement), Verdict.Reject);
        Case("false-none", Group, "The proof of another under the key without public inputs.", none, new(first.Proof, []), Verdict.Reject);

        void Simulated(string id, string comment, KnownKey<TCurve, TFp, TFr> other) =>
            Case("false-" + id, Group, comment, two, new(other.Simulate(first.Statement, $"{TCurve.Id.Name()}/simulated/{id}"), first.Statement), Verdict.Reject);
    }

    private void AddNegated()
    {
        const string Group = "negated points";
        foreach (int mask in (int[])[1, 2, 4, 5, 6, 7])
        {
            bool a = (mask & 1) != 0, b = (mask & 2) != 0, c = (mask & 4) != 0;
            string which = $"{(a ? "a" : "")}{(b ? "b" : "")}{(c ? "c" : "")}";
            Proof(
                "negated-" + which,
                Group,
                $"{string.Join(" and ", which.ToUpperInvariant().ToCharArray())} negated.",
                Verdict.Reject,
                a ? -P.A : P.A,
                b ? -P.B : P.B,
                c ? -P.C : P.C);
        }
    }

    private void AddInfinity()
    {
        const string Group = "points at infinity";
        for (int mask = 1; mask < 8; mask++)
        {
            bool a = (mask & 1) != 0, b = (mask & 2) != 0, c = (mask & 4) != 0;
            string which = $"{(a ? "a" : "")}{(b ? "b" : "")}{(c ? "c" : "")}";
            Proof(
                "infinity-" + which,
                Group,
                $"{string.Join(", ", which.ToUpperInvariant().ToCharArray())} at infinity: pairings with it are 1, which a careless product takes for true.",
                Verdict.Reject,
                a ? default : P.A,
                b ? default : P.B,
                c ? default : P.C);
        }

        foreach ((string point, string x, string y) in ((string, string, string)[])[("a", "0", "0"), ("c", "0", "0"), ("a", "5", "7"), ("c", "5", "7")])
        {
            Json(
                $"infinity-{point}-spelt-{x}{y}",
                Group,
                $"{point.ToUpperInvariant()} is [{x}, {y}, 0]: infinity is spelt [0, 1, 0], and one thing with many spellings is many things to who compares.",
                JsonEdits.Of(P).With("pi_" + point, new JsonArray(x, y, "0")),
                Verdict.Malformed,
                "not-canonical");
        }
    }

    private void AddOffCurve()
    {
        const string Group = "points off the curve";
        JsonNode proof = JsonEdits.Of(P);
        foreach (string path in Coordinates)
        {
            string name = path.Replace("pi_", "", StringComparison.Ordinal).Replace('.', '-');
            Off($"off-curve-{name}-plus-one", "One more than the true coordinate.", proof.With(path, (proof.Number(path) + 1) % Q));
            Off($"off-curve-{name}-zero", "The coordinate is 0.", proof.With(path, BigInteger.Zero));
        }

        foreach (string point in (string[])["a", "c"])
        {
            Off($"off-curve-{point}-x-y-swapped", "x and y in each other's place.", proof.With($"pi_{point}.0", proof.At($"pi_{point}.1")).With($"pi_{point}.1", proof.At($"pi_{point}.0")));
            Off($"off-curve-{point}-zero-zero", "(0, 0), which some programs take for infinity.", proof.With($"pi_{point}.0", BigInteger.Zero).With($"pi_{point}.1", BigInteger.Zero));
            Off($"off-curve-{point}-one-one", "(1, 1).", proof.With($"pi_{point}.0", BigInteger.One).With($"pi_{point}.1", BigInteger.One));
        }

        Off("off-curve-b-parts-swapped", "The parts of each coordinate of B in each other's place, as EIP-197 has them.", proof.With("pi_b.0", Turned(proof.At("pi_b.0"))).With("pi_b.1", Turned(proof.At("pi_b.1"))));
        Off("off-curve-b-x-y-swapped", "x and y of B in each other's place.", proof.With("pi_b.0", proof.At("pi_b.1")).With("pi_b.1", proof.At("pi_b.0")));
        Off("off-curve-b-conjugate", "B with its imaginary parts negated.", proof.With("pi_b.0.1", Q - proof.Number("pi_b.0.1")).With("pi_b.1.1", Q - proof.Number("pi_b.1.1")));
        Off("off-curve-b-zero-zero", "(0, 0) in G2.", proof.With("pi_b.0", new JsonArray("0", "0")).With("pi_b.1", new JsonArray("0", "0")));
        Off("off-curve-a-other-curve", "A is on y² = x³ + b + 1: adding and doubling do not look at b and do as if nothing were wrong.", JsonEdits.Of(Points.OnAnotherCurve(P.A), P.B, P.C));
        Off("off-curve-b-other-curve", "B is on y² = x³ + b' + 1.", JsonEdits.Of(P.A, Points.OnAnotherCurve(P.B), P.C));
        Off("off-curve-c-other-curve", "C is on y² = x³ + b + 1.", JsonEdits.Of(P.A, P.B, Points.OnAnotherCurve(P.C)));
        Off("off-curve-b-of-g1", "B has the coordinates of A, with imaginary parts 0.", proof.With("pi_b.0", new JsonArray(proof.At("pi_a.0").DeepClone(), "0")).With("pi_b.1", new JsonArray(proof.At("pi_a.1").DeepClone(), "0")));

        void Off(string id, string comment, JsonNode changed) => Json(id, Group, comment, changed, Verdict.Malformed, "not-on-curve");

        static JsonArray Turned(JsonNode pair) => new(pair[1]!.DeepClone(), pair[0]!.DeepClone());
    }

    private void AddOutsideSubgroup()
    {
        const string Group = "points outside the subgroup";
        if (Points.OutsideSubgroup<TFp, TCurve>() is { } any1 && Points.OfSmallOrder<TFp, TCurve>(out int order1) is { } small1)
        {
            foreach (bool isA in (bool[])[true, false])
            {
                string name = isA ? "a" : "c";
                Outside($"subgroup-{name}-any", "A point of the curve, of composite order.", any1);
                Outside($"subgroup-{name}-small", $"A point of order {order1}.", small1);
                Outside($"subgroup-{name}-plus-small", $"The true point and one of order {order1}: pairings cannot tell, a second spelling of a true proof.", Points.Plus(isA ? P.A : P.C, small1));
                Outside($"subgroup-{name}-plus-any", "The true point and one of composite order.", Points.Plus(isA ? P.A : P.C, any1));

                void Outside(string id, string comment, in Affine<TFp, TCurve> point) =>
                    Json(id, Group, comment, isA ? JsonEdits.Of(point, P.B, P.C) : JsonEdits.Of(P.A, P.B, point), Verdict.Malformed, "not-in-subgroup");
            }
        }

        Affine<Fp2<TFp>, TCurve> any2 = Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value, small2 = Points.OfSmallOrder<Fp2<TFp>, TCurve>(out int order2)!.Value;
        foreach ((string id, string comment, Affine<Fp2<TFp>, TCurve> point) in ((string, string, Affine<Fp2<TFp>, TCurve>)[])[
            ("any", "A point of the twist, of composite order.", any2),
            ("small", $"A point of order {order2}.", small2),
            ("plus-small", $"The true point and one of order {order2}.", Points.Plus(P.B, small2)),
            ("minus-small", $"The true point without one of order {order2}.", Points.Plus(P.B, -small2)),
            ("plus-any", "The true point and one of composite order.", Points.Plus(P.B, any2))])
        {
            Json("subgroup-b-" + id, Group, comment, JsonEdits.Of(P.A, point, P.C), Verdict.Malformed, "not-in-subgroup");
        }

        Json("subgroup-a-infinity-b-small", Group, $"A at infinity and B of order {order2}: a subgroup check must not be skipped where the pairing is 1 anyhow.", JsonEdits.Of(default, small2, P.C), Verdict.Malformed, "not-in-subgroup");
    }

    private void AddNotCanonical()
    {
        const string Group = "numbers that are not canonical";
        JsonNode proof = JsonEdits.Of(P);
        foreach (string path in Coordinates)
        {
            string name = path.Replace("pi_", "", StringComparison.Ordinal).Replace('.', '-');
            Not($"not-canonical-{name}-plus-p", "The true coordinate plus p: congruent, and a second spelling of a true proof.", proof.With(path, proof.Number(path) + Q));
            Not($"not-canonical-{name}-minus-p", "The true coordinate minus p, a negative number.", proof.With(path, proof.Number(path) - Q));
        }

        foreach (string path in (string[])["pi_a.0", "pi_b.1.0", "pi_c.1"])
        {
            string name = path.Replace("pi_", "", StringComparison.Ordinal).Replace('.', '-');
            Not($"not-canonical-{name}-p", "The coordinate is p.", proof.With(path, Q));
            Not($"not-canonical-{name}-ones", "The coordinate has all bits of its words set.", proof.With(path, (BigInteger.One << (64 * TFp.LimbCount)) - 1));
            Not($"not-canonical-{name}-plus-word", "The true coordinate and 2^256 or 2^384: a reader that cuts words off takes it for true.", proof.With(path, proof.Number(path) + (BigInteger.One << (64 * TFp.LimbCount))));
        }

        // Jacobian coordinates (4x, 8y, 2) and projective ones (2x, 2y, 2) of the true point.
        BigInteger x = proof.Number("pi_a.0"), y = proof.Number("pi_a.1");
        Not("not-canonical-a-jacobian", "A as (4x, 8y, 2), the same point in Jacobian coordinates.", proof.With("pi_a", Triple(4 * x % Q, 8 * y % Q, 2)));
        Not("not-canonical-a-projective", "A as (2x, 2y, 2), the same point in projective coordinates.", proof.With("pi_a", Triple(2 * x % Q, 2 * y % Q, 2)));
        Not("not-canonical-a-z-one-more", "A as (x, y, 1 + p).", proof.With("pi_a", Triple(x, y, 1 + Q)));
        Not("not-canonical-a-minus-one", "A as (x, −y, −1), the same point in Jacobian coordinates.", proof.With("pi_a", Triple(x, Q - y, Q - 1)));

        foreach (string point in (string[])["a", "b", "c"])
        {
            JsonNode two = point == "b" ? new JsonArray("2", "0") : "2", zero = point == "b" ? new JsonArray("0", "0") : "0";
            Not($"not-canonical-{point}-z-two", "The last coordinate is 2 where it should be 1: a reader that does not look takes it for true.", proof.With($"pi_{point}.2", two));
            Not($"not-canonical-{point}-z-zero", "The last coordinate is 0 where it should be 1: infinity for some, the true point for others.", proof.With($"pi_{point}.2", zero));
        }

        void Not(string id, string comment, JsonNode changed) => Json(id, Group, comment, changed, Verdict.Malformed, "not-canonical");

        static JsonArray Triple(BigInteger x, BigInteger y, BigInteger z) => new(x.ToString(), y.ToString(), z.ToString());
    }

    private void AddInputs()
    {
        const string Group = "public inputs";
        BigInteger[] x = [.. first.Statement.Select(value => TFr.ToBigInteger(value))];
        TrueProof<TCurve, TFp, TFr> many = twenty.Prove("true", ("x", 3)), zeros = twenty.Prove("zeros", ("x", 0));
        for (int i = 0; i < x.Length; i++)
        {
            Changed($"inputs-{i}-plus-one", "One more than what was proved.", i, (x[i] + 1) % R, Verdict.Reject, "equation-fails");
            Changed($"inputs-{i}-zero", "0 in the place of what was proved.", i, 0, Verdict.Reject, "equation-fails");
            Changed($"inputs-{i}-negated", "r − x in the place of x.", i, R - x[i], Verdict.Reject, "equation-fails");
            Changed($"inputs-{i}-plus-r", "x + r: congruent to what was proved. Two numbers for one statement let a nullifier be spent twice.", i, x[i] + R, Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-plus-2r", "x + 2r.", i, x[i] + (2 * R), Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-most-r", "x plus the largest multiple of r that fits into 256 bits.", i, x[i] + (((BigInteger.One << 256) - 1 - x[i]) / R * R), Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-wide", "x + 2^256·r, congruent, and wider than any machine's word.", i, x[i] + (R << 256), Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-plus-word", "x + 2^256: a reader that cuts words off takes it for what was proved.", i, x[i] + (BigInteger.One << 256), Verdict.Malformed, "input-not-canonical");
            foreach (int bit in (int[])[32, 64, 128, 252])
            {
                Changed($"inputs-{i}-plus-bit-{bit}", $"x + 2^{bit}, which is x where numbers are cut to {bit} bits.", i, x[i] + (BigInteger.One << bit), Verdict.Reject, "equation-fails");
            }

            Changed($"inputs-{i}-minus-r", "x − r, a negative number that is congruent to what was proved.", i, x[i] - R, Verdict.Malformed, "input-negative");
            Changed($"inputs-{i}-minus-one", "−1.", i, -1, Verdict.Malformed, "input-negative");
            Changed($"inputs-{i}-is-r", "r itself, another spelling of 0.", i, R, Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-is-p", "p, the modulus of the coordinates and not of the inputs.", i, Q, Verdict.Malformed, "input-not-canonical");
        }

        Add("inputs-zero-is-r", Group, "r in the place of the last input, which is 0 and congruent. Control: true-zero-input.", two, JsonEdits.Of(zero.Proof), JsonEdits.Of<TFr>(zero.Statement).With("1", R), Verdict.Malformed, "input-not-canonical");
        List("inputs-swapped", "Both inputs in each other's place.", two, first, [first.Statement[1], first.Statement[0]], Verdict.Reject, "equation-fails");
        List("inputs-of-another", "The inputs of another true proof.", two, first, second.Statement, Verdict.Reject, "equation-fails");
        List("inputs-none", "No inputs for a key of two.", two, first, [], Verdict.Malformed, "input-count");
        List("inputs-missing", "The last input is missing.", two, first, first.Statement[..^1], Verdict.Malformed, "input-count");
        List("inputs-missing-zero", "The last input, which is 0, is missing: a sum over what is there is the same. Control: true-zero-input.", two, zero, zero.Statement[..^1], Verdict.Malformed, "input-count");
        List("inputs-missing-first", "The first input is missing.", two, first, first.Statement[1..], Verdict.Malformed, "input-count");
        List("inputs-surplus", "One input too many, a number.", two, first, [.. first.Statement, TFr.One], Verdict.Malformed, "input-count");
        List("inputs-surplus-zero", "One input too many, 0.", two, first, [.. first.Statement, TFr.Zero], Verdict.Malformed, "input-count");
        List("inputs-with-constant", "The constant 1 in front, as a witness has it.", two, first, [TFr.One, .. first.Statement], Verdict.Malformed, "input-count");
        List("inputs-twice", "Each input twice.", two, first, [.. first.Statement, .. first.Statement], Verdict.Malformed, "input-count");
        List("inputs-for-none", "An input for a key of none.", none, none.Prove("true", ("x", 3)), [TFr.Zero], Verdict.Malformed, "input-count");
        List("inputs-twenty-changed", "The last of twenty inputs changed.", twenty, many, [.. many.Statement[..^1], many.Statement[^1] + TFr.One], Verdict.Reject, "equation-fails");
        List("inputs-twenty-rotated", "Twenty inputs, each in its neighbour's place.", twenty, many, [.. many.Statement[1..], many.Statement[0]], Verdict.Reject, "equation-fails");
        List("inputs-twenty-missing", "The last of twenty inputs is missing.", twenty, many, many.Statement[..^1], Verdict.Malformed, "input-count");
        List("inputs-twenty-surplus-zero", "Twenty-one inputs for a key of twenty, the last of them 0.", twenty, many, [.. many.Statement, TFr.Zero], Verdict.Malformed, "input-count");
        List("inputs-twenty-missing-zeros", "Ten of twenty inputs, which are all 0.", twenty, zeros, zeros.Statement[..10], Verdict.Malformed, "input-count");
        List("inputs-twenty-missing-all", "None of twenty inputs, which are all 0.", twenty, zeros, [], Verdict.Malformed, "input-count");

        void Changed(string id, string comment, int index, BigInteger value, Verdict verdict, string reason) =>
            Add(id, Group, comment, two, JsonEdits.Of(P), JsonEdits.Of<TFr>(first.Statement).With($"{index}", value), verdict, reason);

        void List(string id, string comment, Subject<TCurve, TFp, TFr> subject, TrueProof<TCurve, TFp, TFr> proof, TFr[] inputs, Verdict verdict, string reason) =>
            Add(id, Group, comment, subject, JsonEdits.Of(proof.Proof), JsonEdits.Of<TFr>(inputs), verdict, reason);
    }

    private static Affine<TFp, TCurve> Inputs(VerifyingKey<TCurve, TFp> key, TFr[] statement) => Forgeries<TCurve, TFp, TFr>.Inputs(key, statement);

    private void Case(string id, string group, string comment, Subject<TCurve, TFp, TFr> subject, TrueProof<TCurve, TFp, TFr> proof, Verdict verdict) =>
        Add(id, group, comment, subject, JsonEdits.Of(proof.Proof), JsonEdits.Of<TFr>(proof.Statement), verdict, verdict == Verdict.Accept ? "valid" : "equation-fails");

    private void Proof(
        string id, string group, string comment, Verdict verdict, in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c) =>
        Add(id, group, comment, two, JsonEdits.Of(a, b, c), JsonEdits.Of<TFr>(first.Statement), verdict, verdict == Verdict.Accept ? "valid" : "equation-fails");

    private void Json(string id, string group, string comment, JsonNode proof, Verdict verdict, string reason) =>
        Add(id, group, comment, two, proof, JsonEdits.Of<TFr>(first.Statement), verdict, reason);

    private void Add(string id, string group, string comment, Subject<TCurve, TFp, TFr> subject, JsonNode proof, JsonNode inputs, Verdict verdict, string reason)
    {
        file.AddKey(subject.Name, subject.Key.Json);
        file.Add(
            id,
            group,
            comment,
            new() { ["key"] = subject.Name, ["proof"] = proof, ["public"] = inputs },
            verdict,
            reason,
            verdict switch { Verdict.Accept => true, Verdict.Reject => false, _ => null });
    }
}
