// Owns: the vectors of kind "encoding" in compressed form. As calldata: CalldataVectors.cs.

using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>Builds the file encoding.json of one curve.</summary>
internal sealed class EncodingVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Group = "compressed proofs";
    private const string Inputs = "public inputs as bytes";

    private static readonly int G1Size = CompressedEncoding.Size<TFp, TCurve>();
    private static readonly int Size = CompressedProof.Size<TCurve, TFp>();

    private readonly VectorFile file;
    private readonly Subject<TCurve, TFp, TFr> two;
    private readonly TrueProof<TCurve, TFp, TFr> first;
    private readonly byte[] proof, statement;

    private EncodingVectors()
    {
        file = new(TCurve.Id.Name(), "encoding", "One proof and its public inputs as bytes, under keys that are as they should be.");
        two = new("two", new Statements.Two());
        first = two.Prove("first", ("a", 5), ("x", 7));
        proof = CompressedProof.Encode(first.Proof);
        statement = PublicInputsBytes.Encode<TFr>(first.Statement);
    }

    private static bool IsZcash => TCurve.Id == CurveId.Bls12381;

    /// <summary>The bits that are flags, and those that say infinity.</summary>
    private static byte AllFlags => IsZcash ? (byte)0xe0 : (byte)0xc0;

    private static byte Infinity => IsZcash ? (byte)0xc0 : (byte)0x40;

    /// <summary>Turns the flags of one root into those of the other.</summary>
    private static byte OtherRoot => IsZcash ? (byte)0x20 : (byte)0x40;

    public static VectorFile Build()
    {
        var vectors = new EncodingVectors<TCurve, TFp, TFr>();
        vectors.AddTrue();
        vectors.AddFlags();
        vectors.AddAbscissas();
        vectors.AddLengths();
        vectors.AddInputs();
        CalldataVectors<TCurve, TFp, TFr>.AddTo(vectors.file, vectors.two, vectors.first);
        return vectors.file;
    }

    private static int At(string point) => point switch { "a" => 0, "b" => G1Size, _ => Size - G1Size };

    private static string Name(string point) => point.ToUpperInvariant();

    private void AddTrue()
    {
        Case("compressed-true", Group, "The control of the cases here.", proof, statement, Verdict.Accept, "valid");
        Proof<TCurve, TFp> negated = Proof<TCurve, TFp>.FromChecked(-first.Proof.A, -first.Proof.B, first.Proof.C);
        Case("compressed-true-negated", Group, "(−A, −B, C): the same proof with two flags changed, and true.", CompressedProof.Encode(negated), statement, Verdict.Accept, "valid");
        TrueProof<TCurve, TFp, TFr> second = two.Prove("second", ("a", 11), ("x", 13));
        Case("compressed-other", Group, "A true proof of another statement.", CompressedProof.Encode(second.Proof), statement, Verdict.Reject, "equation-fails");
    }

    private void AddFlags()
    {
        foreach (string point in (string[])["a", "b", "c"])
        {
            int at = At(point);
            Flagged("root", $"The flag of {Name(point)}'s y says the other root: −{Name(point)}.", first => (byte)(first ^ OtherRoot), Verdict.Reject, "equation-fails");
            Flagged("none", $"{Name(point)} without flags, as in the uncompressed form.", first => (byte)(first & ~AllFlags), Verdict.Malformed, "flags");
            Flagged("infinity-with-x", $"{Name(point)} is flagged as infinity and has an x.", first => (byte)((first & ~AllFlags) | Infinity), Verdict.Malformed, "flags");
            if (IsZcash)
            {
                Flagged("all", $"All three flags of {Name(point)}: infinity with a sign.", first => (byte)(first | 0xe0), Verdict.Malformed, "flags");
                Flagged("not-compressed", $"{Name(point)} says that it is not compressed and has a sign.", first => (byte)((first & ~0xe0) | 0x20), Verdict.Malformed, "flags");
                Flagged("not-compressed-infinity", $"{Name(point)} says infinity and not compressed.", first => (byte)((first & ~0xe0) | 0x40), Verdict.Malformed, "flags");
            }

            byte[] infinite = [.. proof];
            infinite.AsSpan(at, Length(point)).Clear();
            infinite[at] = Infinity;
            Case($"compressed-{point}-infinity", Group, $"{Name(point)} is infinity, well encoded: no prover's proof has it, and bellman's readers refuse it.", infinite, statement, Verdict.Malformed, "infinity");
            infinite[at] = 0;
            Case($"compressed-{point}-zeros", Group, $"{Name(point)} is all zeros, flags included.", infinite, statement, Verdict.Malformed, "flags");
            infinite[at] = Infinity;
            infinite[at + Length(point) - 1] = 1;
            Case($"compressed-{point}-infinity-dirty", Group, $"{Name(point)} is flagged as infinity and its last bit is set.", infinite, statement, Verdict.Malformed, "flags");
            if (IsZcash)
            {
                infinite[at + Length(point) - 1] = 0;
                infinite[at] = 0xe0;
                Case($"compressed-{point}-infinity-signed", Group, $"{Name(point)} is infinity with a sign and nothing else.", infinite, statement, Verdict.Malformed, "flags");
            }

            void Flagged(string id, string comment, Func<byte, byte> change, Verdict verdict, string reason)
            {
                byte[] changed = [.. proof];
                changed[at] = change(changed[at]);
                Case($"compressed-{point}-flags-{id}", Group, comment, changed, statement, verdict, reason);
            }
        }
    }

    private void AddAbscissas()
    {
        foreach (string point in (string[])["a", "b", "c"])
        {
            int width = PrimeField.ByteCount<TFp>(), at = At(point), parts = point == "b" ? 2 : 1;
            for (int part = 0; part < parts; part++)
            {
                // c1 stands first and has the flags above it; whatever has them must leave room for them.
                string name = parts == 1 ? point : $"{point}-c{1 - part}";
                int room = part == 0 ? TFp.BitLength : 8 * width;
                byte[] small = WithRoom(point, at + (part * width), room, out BigInteger x);
                Number($"{name}-plus-p", $"x of {Name(point)} plus p: a second spelling of a true proof.", small, x + TFp.Modulus, "not-canonical");
                Number($"{name}-p", "x is p.", proof, TFp.Modulus, "not-canonical");
                Number($"{name}-ones", "All bits of x are set.", proof, (BigInteger.One << room) - 1, "not-canonical");

                void Number(string id, string comment, byte[] source, BigInteger value, string reason) =>
                    Case("compressed-" + id, Group, comment, Put(source, at + (part * width), width, value, part == 0), statement, Verdict.Malformed, reason);
            }

            // The next x that has no y; in G2 the real part moves.
            BigInteger next = Read(proof, at + ((parts - 1) * width), width, parts == 1);
            byte[] without;
            do
            {
                next = (next + 1) % TFp.Modulus;
                without = Put(proof, at + ((parts - 1) * width), width, next, parts == 1);
            }
            while (HasPoint(without.AsSpan(at, Length(point))));
            Case($"compressed-{point}-no-y", Group, $"No point of the curve has the x of {Name(point)}.", without, statement, Verdict.Malformed, "not-on-curve");
        }

        Affine<Fp2<TFp>, TCurve> small2 = Points.OfSmallOrder<Fp2<TFp>, TCurve>(out int order2)!.Value;
        Outside("b-small", $"B is of order {order2}.", first.Proof.A, small2, first.Proof.C);
        Outside("b-plus-small", $"B and a point of order {order2}: the Tate pairing cannot tell.", first.Proof.A, Points.Plus(first.Proof.B, small2), first.Proof.C);
        Outside("b-outside", "B is of composite order.", first.Proof.A, Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value, first.Proof.C);
        if (Points.OfSmallOrder<TFp, TCurve>(out int order1) is { } small1)
        {
            Outside("a-small", $"A is of order {order1}.", small1, first.Proof.B, first.Proof.C);
            Outside("a-plus-small", $"A and a point of order {order1}: pairings cannot tell.", Points.Plus(first.Proof.A, small1), first.Proof.B, first.Proof.C);
            Outside("c-plus-small", $"C and a point of order {order1}: pairings cannot tell.", first.Proof.A, first.Proof.B, Points.Plus(first.Proof.C, small1));
            Outside("c-outside", "C is of composite order.", first.Proof.A, first.Proof.B, Points.OutsideSubgroup<TFp, TCurve>()!.Value);
        }

        void Outside(string id, string comment, in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c) =>
            Case($"compressed-{id}", Group, comment, CompressedProof.Encode(Proof<TCurve, TFp>.FromChecked(a, b, c)), statement, Verdict.Malformed, "not-in-subgroup");
    }

    private void AddLengths()
    {
        Length("empty", "No bytes.", []);
        Length("short", "The last byte is missing.", proof[..^1]);
        Length("short-of-zero", "The last byte is missing, which is 0: a reader that fills up with zeros says yes.", EndingInZero()[..^1]);
        Length("long", "A byte too many, 0.", [.. proof, 0]);
        Length("a-alone", "A alone.", proof[..G1Size]);
        Length("without-c", "C is missing.", proof[..^G1Size]);
        Length("twice", "The proof twice.", [.. proof, .. proof]);
        Length("with-prefix", "A byte in front, 0.", [0, .. proof]);

        void Length(string id, string comment, byte[] bytes) => Case("compressed-" + id, Group, comment, bytes, statement, Verdict.Malformed, "length");
    }

    private void AddInputs()
    {
        const int Width = PublicInputsBytes.InputSize;
        for (int i = 0; i < 2; i++)
        {
            BigInteger x = TFr.ToBigInteger(first.Statement[i]);
            Changed($"inputs-{i}-plus-r", "x + r: two spellings of one statement.", x + TFr.Modulus, Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-r", "r, another spelling of 0.", TFr.Modulus, Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-ones", "All bits are set.", (BigInteger.One << 256) - 1, Verdict.Malformed, "input-not-canonical");
            Changed($"inputs-{i}-plus-one", "One more than what was proved.", (x + 1) % TFr.Modulus, Verdict.Reject, "equation-fails");

            void Changed(string id, string comment, BigInteger value, Verdict verdict, string reason)
            {
                byte[] bytes = [.. statement];
                Write(bytes.AsSpan(i * Width, Width), value);
                Case(id, Inputs, comment, proof, bytes, verdict, reason);
            }
        }

        Case("inputs-none", Inputs, "No inputs for a key of two.", proof, [], Verdict.Malformed, "input-count");
        Case("inputs-missing", Inputs, "The last input is missing.", proof, statement[..Width], Verdict.Malformed, "input-count");
        Case("inputs-surplus", Inputs, "One input too many, 0.", proof, [.. statement, .. new byte[Width]], Verdict.Malformed, "input-count");
        Case("inputs-cut", Inputs, "The last byte is missing.", proof, statement[..^1], Verdict.Malformed, "length");
        Case("inputs-long", Inputs, "A byte too many.", proof, [.. statement, 0], Verdict.Malformed, "length");
        byte[] reversed = [.. statement[..Width].Reverse(), .. statement[Width..].Reverse()];
        Case("inputs-reversed", Inputs, "The bytes of each input in reverse: other numbers, or none.", proof, reversed, IsCanonical(reversed) ? Verdict.Reject : Verdict.Malformed, IsCanonical(reversed) ? "equation-fails" : "input-not-canonical");
        Case("inputs-swapped", Inputs, "The inputs in each other's place.", proof, [.. statement[Width..], .. statement[..Width]], Verdict.Reject, "equation-fails");

        static bool IsCanonical(byte[] bytes) => PublicInputsBytes.TryDecode<TFr>(bytes, out _, out _);
    }

    private static int Length(string point) => point == "b" ? Size - (2 * G1Size) : G1Size;

    /// <summary>A rerandomised proof whose number at a place leaves room for p more.</summary>
    private byte[] WithRoom(string point, int at, int room, out BigInteger x)
    {
        for (int k = 0; ; k++)
        {
            // A and B move by (tA, B/t), B and C by (B + tδ, C + tA).
            TFr t = Seeds.Element<TFr>($"{TCurve.Id.Name()}/room/{point}/{k}");
            Proof<TCurve, TFp> p = first.Proof;
            Proof<TCurve, TFp> moved = point == "c"
                ? Proof<TCurve, TFp>.FromChecked(p.A, Points.Plus(p.B, Points.Times(two.Key.Key.Delta, t)), Points.Plus(p.C, Points.Times(p.A, t)))
                : Proof<TCurve, TFp>.FromChecked(Points.Times(p.A, t), Points.Times(p.B, TFr.Inverse(t)), p.C);
            byte[] bytes = CompressedProof.Encode(moved);
            x = Read(bytes, at, PrimeField.ByteCount<TFp>(), room == TFp.BitLength);
            if ((x + TFp.Modulus) >> room == 0)
            {
                return bytes;
            }
        }
    }

    /// <summary>A rerandomised proof whose last byte is 0.</summary>
    private byte[] EndingInZero()
    {
        for (int k = 0; ; k++)
        {
            TFr t = Seeds.Element<TFr>($"{TCurve.Id.Name()}/ending/{k}");
            Affine<TFp, TCurve> c = Points.Plus(first.Proof.C, Points.Times(first.Proof.A, t));
            if ((TFp.ToBigInteger(c.X) & 0xff).IsZero)
            {
                return CompressedProof.Encode(Proof<TCurve, TFp>.FromChecked(first.Proof.A, Points.Plus(first.Proof.B, Points.Times(two.Key.Key.Delta, t)), c));
            }
        }
    }

    private static bool HasPoint(ReadOnlySpan<byte> bytes)
    {
        DecodeError error;
        if (bytes.Length == G1Size)
        {
            CompressedEncoding.TryDecode(bytes, out Affine<TFp, TCurve> _, out error);
        }
        else
        {
            CompressedEncoding.TryDecode(bytes, out Affine<Fp2<TFp>, TCurve> _, out error);
        }

        return error != DecodeError.NotOnCurve;
    }

    private static BigInteger Read(byte[] bytes, int at, int width, bool hasFlags)
    {
        byte[] copy = bytes[at..(at + width)];
        copy[0] &= hasFlags ? (byte)~AllFlags : (byte)0xff;
        return new(copy, isUnsigned: true, isBigEndian: true);
    }

    private static byte[] Put(byte[] bytes, int at, int width, BigInteger value, bool keepFlags)
    {
        byte[] changed = [.. bytes];
        byte flags = keepFlags ? (byte)(changed[at] & AllFlags) : (byte)0;
        Write(changed.AsSpan(at, width), value);
        changed[at] |= flags;
        return changed;
    }

    private static void Write(Span<byte> destination, BigInteger value)
    {
        byte[] bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        destination.Clear();
        bytes.CopyTo(destination[(destination.Length - bytes.Length)..]);
    }

    private void Case(string id, string group, string comment, byte[] bytes, byte[] inputs, Verdict verdict, string reason)
    {
        file.AddKey(two.Name, two.Key.Json);
        file.Add(
            id,
            group,
            comment,
            new JsonObject
            {
                ["key"] = two.Name,
                ["encoding"] = "compressed",
                ["proof"] = Convert.ToHexStringLower(bytes),
                ["public"] = Convert.ToHexStringLower(inputs),
            },
            verdict,
            reason,
            verdict switch { Verdict.Accept => true, Verdict.Reject => false, _ => null });
    }
}
