// Owns: the vectors of kind "encoding" that a contract reads: the arguments of verifyProof by the contract ABI.

using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>
/// Adds them to encoding.json of one curve. BN254 has (uint256[2], uint256[2][2], uint256[2], uint256[n]), all words in a row, with the
/// imaginary part of each coordinate of B first; BLS12-381 has (bytes, uint256[n]): where the bytes begin, the inputs, the bytes' length, the bytes.
/// </summary>
internal sealed class CalldataVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Group = "calldata";
    private const int Word = 32;

    private readonly VectorFile file;
    private readonly Subject<TCurve, TFp, TFr> two;
    private readonly TrueProof<TCurve, TFp, TFr> first;
    private readonly BigInteger[] coordinates, inputs;

    private CalldataVectors(VectorFile file, Subject<TCurve, TFp, TFr> two, TrueProof<TCurve, TFp, TFr> first)
    {
        this.file = file;
        this.two = two;
        this.first = first;
        coordinates = Coordinates(first.Proof);
        inputs = [.. first.Statement.Select(x => TFr.ToBigInteger(x))];
    }

    private static bool IsBn254 => TCurve.Id == CurveId.Bn254;

    /// <summary>The bytes of a coordinate.</summary>
    private static int Width => IsBn254 ? Word : 64;

    public static void AddTo(VectorFile file, Subject<TCurve, TFp, TFr> two, TrueProof<TCurve, TFp, TFr> first)
    {
        var vectors = new CalldataVectors<TCurve, TFp, TFr>(file, two, first);
        vectors.AddCoordinates();
        vectors.AddInputs();
        vectors.AddLengths();
    }

    private static BigInteger[] Coordinates(Proof<TCurve, TFp> proof)
    {
        TFp[] b = IsBn254
            ? [proof.B.X.C1, proof.B.X.C0, proof.B.Y.C1, proof.B.Y.C0]
            : [proof.B.X.C0, proof.B.X.C1, proof.B.Y.C0, proof.B.Y.C1];
        return [.. ((TFp[])[proof.A.X, proof.A.Y, .. b, proof.C.X, proof.C.Y]).Select(x => TFp.ToBigInteger(x))];
    }

    private void AddCoordinates()
    {
        Proof<TCurve, TFp> p = first.Proof;
        Case("true", "The control of the cases here.", Arguments(coordinates, inputs), Verdict.Accept, "valid");
        Affine<Fp2<TFp>, TCurve> negatedB = -p.B;
        Points("negated-a-b", "(−A, −B, C): other calldata, and true.", -p.A, negatedB, p.C, Verdict.Accept);
        Points("negated-a", "A negated.", -p.A, p.B, p.C, Verdict.Reject);
        Points("a-and-c-swapped", "A and C in each other's place.", p.C, p.B, p.A, Verdict.Reject);
        Points("infinity-a", "A is (0, 0), which is infinity here.", default, p.B, p.C, Verdict.Reject);
        Points("infinity-b", "B is all zeros, which is infinity here.", p.A, default, p.C, Verdict.Reject);
        Points("infinity-c", "C is (0, 0), which is infinity here.", p.A, p.B, default, Verdict.Reject);
        Points("infinity-all", "The proof is all zeros.", default, default, default, Verdict.Reject);
        Outside("outside-b", "B is outside the subgroup.", p.A, Adversarial.Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value, p.C);
        Outside("plus-small-b", "B and a point of small order: the Tate pairing cannot tell.", p.A, Adversarial.Points.Plus(p.B, Adversarial.Points.OfSmallOrder<Fp2<TFp>, TCurve>(out _)!.Value), p.C);
        if (Adversarial.Points.OfSmallOrder<TFp, TCurve>(out _) is { } small)
        {
            Outside("plus-small-a", "A and a point of small order.", Adversarial.Points.Plus(p.A, small), p.B, p.C);
            Outside("plus-small-c", "C and a point of small order.", p.A, p.B, Adversarial.Points.Plus(p.C, small));
        }

        // Where A or B is infinity, C = −(αβ + γ·Σ xᵢ·ICᵢ)/δ makes the equation hold, whatever the other is.
        KnownKey<TCurve, TFp, TFr> key = two.Key;
        Affine<TFp, TCurve> c = KnownKey<TCurve, TFp, TFr>.G1(-((key.Alpha * key.Beta) + (key.Gamma * key.Combine(first.Statement))) * TFr.Inverse(key.Delta));
        Outside("masked-b-outside", "A is infinity, so that nothing shows that B is outside the subgroup.", default, Adversarial.Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value, c);
        OffCurve("masked-b-off-curve", "A is infinity, so that nothing shows that B is not on the curve.", default, Adversarial.Points.OnAnotherCurve(p.B), c);
        OffCurve("masked-a-off-curve", "B is infinity, so that nothing shows that A is not on the curve.", Adversarial.Points.OnAnotherCurve(p.A), default, c);
        for (int i = 0; i < coordinates.Length; i++)
        {
            string name = $"{(i < 2 ? "a" : i < 6 ? "b" : "c")}{(i < 2 ? i : i < 6 ? i - 2 : i - 6)}";
            Number($"plus-one-{name}", "A coordinate is one more than it was.", i, (coordinates[i] + 1) % TFp.Modulus, "not-on-curve");
            Number($"plus-p-{name}", "A coordinate plus p.", i, coordinates[i] + TFp.Modulus, "not-canonical");
            Number($"ones-{name}", "All bits of a coordinate are set.", i, (BigInteger.One << (8 * Width)) - 1, "not-canonical");
            if (!IsBn254)
            {
                Number($"padding-{name}", "The padding above a coordinate is not zero.", i, coordinates[i] + (BigInteger.One << 384), "not-canonical");
            }
        }

        BigInteger[] turned = [.. coordinates];
        (turned[2], turned[3], turned[4], turned[5]) = (turned[3], turned[2], turned[5], turned[4]);
        Case("parts-swapped-b", "The parts of B's coordinates in the other order.", Arguments(turned, inputs), Verdict.Malformed, "not-on-curve");

        void Points(string id, string comment, in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c, Verdict verdict) =>
            Case(id, comment, Arguments(Coordinates(Proof<TCurve, TFp>.FromChecked(a, b, c)), inputs), verdict, verdict == Verdict.Accept ? "valid" : "equation-fails");

        void Outside(string id, string comment, in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c) =>
            Case(id, comment, Arguments(Coordinates(Proof<TCurve, TFp>.FromChecked(a, b, c)), inputs), Verdict.Malformed, "not-in-subgroup");

        void OffCurve(string id, string comment, in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c) =>
            Case(id, comment, Arguments(Coordinates(Proof<TCurve, TFp>.FromChecked(a, b, c)), inputs), Verdict.Malformed, "not-on-curve");

        void Number(string id, string comment, int index, BigInteger value, string reason)
        {
            BigInteger[] changed = [.. coordinates];
            changed[index] = value;
            Case(id, comment, Arguments(changed, inputs), Verdict.Malformed, reason);
        }
    }

    private void AddInputs()
    {
        BigInteger r = TFr.Modulus;
        for (int i = 0; i < inputs.Length; i++)
        {
            Input($"input-{i}-plus-one", "One more than what was proved.", (inputs[i] + 1) % r, Verdict.Reject, "equation-fails");
            Input($"input-{i}-plus-r", "x + r: the same statement by other calldata, and a nullifier spent twice.", inputs[i] + r, Verdict.Malformed, "input-not-canonical");
            Input($"input-{i}-r", "r, another spelling of 0.", r, Verdict.Malformed, "input-not-canonical");
            Input($"input-{i}-most-r", "x plus as many r as fit into a word.", inputs[i] + (((BigInteger.One << 256) - 1 - inputs[i]) / r * r), Verdict.Malformed, "input-not-canonical");
            Input($"input-{i}-ones", "All bits are set.", (BigInteger.One << 256) - 1, Verdict.Malformed, "input-not-canonical");

            void Input(string id, string comment, BigInteger value, Verdict verdict, string reason)
            {
                BigInteger[] changed = [.. inputs];
                changed[i] = value;
                Case(id, comment, Arguments(coordinates, changed), verdict, reason);
            }
        }

        TFr[] zero = [first.Statement[0], TFr.Zero];
        BigInteger[] ofZero = Coordinates(two.Key.Simulate(zero, $"{TCurve.Id.Name()}/calldata/zero"));
        Case("input-zero", "The last input is 0; the proof was made with the trapdoors.", Arguments(ofZero, [inputs[0], 0]), Verdict.Accept, "valid");
        Case("input-zero-is-r", "r in the place of the last input, which is 0.", Arguments(ofZero, [inputs[0], r]), Verdict.Malformed, "input-not-canonical");
        if (IsBn254)
        {
            Case("input-zero-missing", "The last word is missing, which is 0: what a contract reads behind the calldata's end is 0.", Arguments(ofZero, [inputs[0]]), Verdict.Malformed, "length");
        }

        Case("inputs-swapped", "The inputs in each other's place.", Arguments(coordinates, [inputs[1], inputs[0]]), Verdict.Reject, "equation-fails");
    }

    private void AddLengths()
    {
        byte[] whole = Arguments(coordinates, inputs);
        Length("empty", "No arguments.", []);
        Length("short", "The last byte is missing.", whole[..^1]);
        Length("short-word", "The last word is missing.", whole[..^Word]);
        Length("first-word", "One word.", whole[..Word]);
        if (IsBn254)
        {
            Length("without-inputs", "The proof alone.", whole[..(8 * Word)]);
            return;
        }

        byte[] points = Bytes(coordinates);
        Length("proof-short", "The proof has 511 bytes.", Arguments(points[..^1], inputs));
        Length("proof-long", "The proof has 513 bytes.", Arguments([.. points, 0], inputs));
        Length("proof-empty", "The proof has no bytes.", Arguments(Array.Empty<byte>(), inputs));
        Length("proof-length-huge", "The proof says that it has 2^255 bytes.", Huge(Word * (1 + inputs.Length)));
        Length("proof-beyond", "The proof begins behind the calldata's end.", Huge(0));

        byte[] Huge(int at)
        {
            byte[] changed = [.. whole];
            changed[at] = 0x80;
            return changed;
        }

        void Length(string id, string comment, byte[] arguments) => Case(id, comment, arguments, Verdict.Malformed, "length");
    }

    private static byte[] Bytes(BigInteger[] coordinates) => [.. coordinates.SelectMany(x => Big(x, Width))];

    private static byte[] Arguments(BigInteger[] coordinates, BigInteger[] inputs) => Arguments(Bytes(coordinates), inputs);

    private static byte[] Arguments(byte[] points, BigInteger[] inputs)
    {
        byte[] words = [.. inputs.SelectMany(x => Big(x, Word))];
        byte[] padding = new byte[(Word - (points.Length % Word)) % Word];
        return IsBn254 ? [.. points, .. words] : [.. Big(Word * (1 + inputs.Length), Word), .. words, .. Big(points.Length, Word), .. points, .. padding];
    }

    private static byte[] Big(BigInteger value, int width)
    {
        byte[] bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[width - bytes.Length], .. bytes];
    }

    private void Case(string id, string comment, byte[] arguments, Verdict verdict, string reason)
    {
        file.AddKey(two.Name, two.Key.Json);
        file.Add(
            string.Create(CultureInfo.InvariantCulture, $"calldata-{id}"),
            Group,
            comment,
            new JsonObject { ["key"] = two.Name, ["encoding"] = "calldata", ["arguments"] = Convert.ToHexStringLower(arguments) },
            verdict,
            reason,
            verdict switch { Verdict.Accept => true, Verdict.Reject => false, _ => null });
    }
}
