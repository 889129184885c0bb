// Owns: the vectors of kind "transcript" that are powers of tau.

using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Adversarial;

/// <summary>Adds them to transcript.json of one curve. The forger redoes every hash: what is wrong with a file is what its comment says and nothing else.</summary>
internal sealed class PtauVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string True = "true powers";
    private const string Record = "the record of contributions to powers";
    private const string Points = "points of powers";
    private const string Broken = "powers that do not decode";
    private const int Power = 3;

    private readonly TranscriptFolder folder;

    private PtauVectors(TranscriptFolder folder) => this.folder = folder;

    /// <summary>Behind the file's head, the head of section 1, the modulus and its length, and the power.</summary>
    private static int CeremonyPowerAt => 12 + 12 + 4 + PrimeField.ByteCount<TFp>() + 4;

    private static TFr Number(ulong value) => TFr.FromUInt64(value);

    public static void AddTo(TranscriptFolder folder)
    {
        var vectors = new PtauVectors<TCurve, TFp, TFr>(folder);
        vectors.AddTrue();
        vectors.AddRecords();
        vectors.AddPoints();
        vectors.AddLagrange();
        vectors.AddBroken();
    }

    /// <summary>Two contributions.</summary>
    private static ForgedPowers<TCurve, TFp, TFr> Honest()
    {
        var powers = new ForgedPowers<TCurve, TFp, TFr>(Power);
        powers.Contribute(0x1a2b3c4d5e6f, 0x2b3c4d5e6f70, 0x3c4d5e6f7081);
        powers.Contribute(0x4d5e6f708192, 0x5e6f708192a3, 0x6f708192a3b4);
        return powers;
    }

    private static PhaseOneKey<TCurve, TFp> Prove(byte[] challenge) => ForgedPowers<TCurve, TFp, TFr>.Prove(challenge, Number(5), Number(6), Number(7));

    private static Affine<TField, TGroup> Times<TField, TGroup>(in Affine<TField, TGroup> point, ulong factor)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => ForgedPowers<TCurve, TFp, TFr>.Times(point, Number(factor));

    private void AddTrue()
    {
        Case("two", True, "Two contributions: the control of the cases here.", Honest(), Verdict.Accept, "valid");
        folder.AddPtau("prepared", True, "A contribution, a beacon, and Lagrange bases for phase 2.", folder.Scratch("powers.ptau"), Verdict.Accept, "valid");
        string reduced = folder.Scratch("reduced.ptau");
        PhaseOne.Truncate(folder.Scratch("powers.ptau"), reduced, Power - 1);
        folder.AddPtau("reduced", True, "Cut from a larger file: the hashes are about points that are not there.", reduced, Verdict.Accept, "valid");
        Case("none", Record, "No contribution: τ, α and β are 1, and keys from these powers can be broken by anyone.", new(Power), Verdict.Reject, "no-contributions");
    }

    private void AddRecords()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> key = Prove(forged.Challenge);
        KeyProof<TCurve, TFp> mixed = key.Beta with { Sx = Times(key.Beta.S, 8) };
        mixed = mixed with { SpX = Times(PhaseOneHashing.KeyPoint(2, forged.Challenge, mixed.S, mixed.Sx), 7) };
        Affine<Fp2<TFp>, TCurve> betaG2 = Times(forged.BetaG2, 8);
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.BetaG2 = betaG2;
        forged.Record(key with { Beta = mixed });
        False("two-secrets", "β in G1 and in G2 multiplied by different secrets, each with half of a proof.", "key-proof", forged);

        forged = Honest();
        key = Prove(forged.Challenge);
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.Record(key with { Alpha = Halves(1, key.Alpha, 8, 6, forged.Challenge) });
        False("two-secrets-alpha", "α multiplied by a secret, half of a proof about it and half about another.", "key-proof", forged);

        // What the first multiplies τ by in G1 the second does in G2, and the other way: in the end both are the same.
        forged = Honest();
        foreach ((ulong inG1, ulong inG2, ulong alphaBy, ulong betaBy) in ((ulong, ulong, ulong, ulong)[])[(5, 8, 6, 7), (8, 5, 9, 10)])
        {
            key = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Challenge, Number(inG1), Number(alphaBy), Number(betaBy));
            key = key with { Tau = Halves(0, key.Tau, inG2, inG1, forged.Challenge) };
            PhaseOnePoints<TCurve, TFp> before = forged.Contributions[^1].After;
            forged.Multiply(Number(inG1), Number(alphaBy), Number(betaBy));
            forged.Record(key, new(Times(before.TauG1, inG1), Times(before.TauG2, inG2), forged.AlphaTauG1[0], forged.BetaTauG1[0], forged.BetaG2));
        }

        False("two-secrets-tau", "Two contributors multiply τ by different secrets in G1 and in G2 that make up for each other, each with half of a proof.", "key-proof", forged);

        forged = Honest();
        key = Prove(forged.Challenge);
        forged.Multiply(Number(5), Number(5), Number(7));
        forged.Record(key with { Alpha = key.Tau });
        False("proof-of-tau-for-alpha", "The proof for τ in the place of that for α.", "key-proof", forged);

        forged = Honest();
        key = Prove(forged.Contributions[0].NextChallenge.ToArray());
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.Record(key);
        False("older-challenge", "A contribution that was made for an older state.", "key-proof", forged);

        forged = Honest();
        key = Prove(forged.Challenge);
        forged.BeginAnew(Number(5), Number(6), Number(7));
        forged.Record(key);
        False("begun-anew", "The last contributor threw away what the others did: τ, α and β are his alone.", "succession", forged);

        forged = Honest();
        key = Prove(forged.Challenge);
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.BetaG2 = Times(Affine<Fp2<TFp>, TCurve>.Generator, 7);
        forged.Record(key);
        False("beta-g2-begun-anew", "β in G2 alone begins anew.", "succession", forged);

        forged = Honest();
        forged.Contributions[0] = forged.Contributions[0] with { After = forged.Contributions[0].After with { TauG2 = Times(forged.TauG2[0], 9) } };
        False("tau-g2-in-record", "τ in G2 after the first contribution is recorded as another point.", "succession", forged);

        forged = Honest();
        key = Prove(forged.Challenge);
        forged.Multiply(Number(5), Number(6), Number(7));
        Rebase(forged, forged.AlphaTauG1, 6);
        forged.Record(key);
        False("alpha-begun-anew", "α alone begins anew.", "succession", forged);

        forged = Honest();
        key = Prove(forged.Challenge);
        forged.Multiply(Number(5), Number(6), Number(7));
        Rebase(forged, forged.BetaTauG1, 7);
        forged.Record(key);
        False("beta-g1-begun-anew", "β in G1 alone begins anew.", "succession", forged);

        forged = Honest();
        forged.Contributions[0] = forged.Contributions[0] with { After = forged.Contributions[0].After with { TauG1 = Times(forged.TauG1[0], 9) } };
        False("tau-g1-in-record", "τ in G1 after the first contribution is recorded as another point.", "succession", forged);

        foreach ((string name, ulong tau, ulong alpha, ulong beta) in ((string, ulong, ulong, ulong)[])[("tau", 1, 6, 7), ("alpha", 5, 1, 7), ("beta", 5, 6, 1)])
        {
            forged = Honest();
            forged.Contribute(tau, alpha, beta);
            False($"secret-one-{name}", $"The last contribution's secret for {name} is 1.", "trivial-secret", forged);
        }

        forged = Honest();
        forged.Contribute(5, 6, 7);
        forged.Contribute(5, 6, 7);
        False("twice-the-same-secrets", "One contributor twice with the same secrets.", "repeated", forged);

        forged = new(Power);
        forged.Contribute(5, 6, 7);
        forged.Contribute(TFr.Inverse(Number(5)), TFr.Inverse(Number(6)), TFr.Inverse(Number(7)));
        False("undone", "Two contributions that undo each other: τ, α and β are 1, and two names are on record.", "repeated", forged);

        forged = Honest();
        forged.Contribute(5, 6, 7);
        forged.Contribute(TFr.Inverse(Number(5)), Number(8), Number(9));
        False("tau-undone", "The last two contributions undo each other in τ alone.", "repeated", forged);

        forged = Honest();
        forged.Contribute(5, 6, 7);
        forged.Contribute(Number(8), TFr.Inverse(Number(6)), Number(9));
        False("alpha-undone", "The last two contributions undo each other in α alone.", "repeated", forged);

        forged = Honest();
        forged.Contribute(5, 6, 7);
        forged.Contribute(Number(8), Number(9), -TFr.Inverse(Number(7)));
        False("beta-undone-negated", "The last two contributions undo each other in β alone, but for the sign.", "repeated", forged);

        forged = new(Power);
        forged.Contribute(-TFr.One, -TFr.One, -TFr.One);
        False("secret-minus-one", "One contribution, whose secrets are −1: everybody knows them.", "repeated", forged);

        forged = Honest();
        byte[] ofOthers = forged.Contributions[1].PartialHash.ToArray();
        ofOthers[128] ^= 1;
        forged.Rehash(2, ofOthers);
        False("response-of-others", "The state of the last response's hash is that of other points, and what follows from it does.", "hash-chain", forged);

        forged = Honest();
        byte[] state = forged.Contributions[0].PartialHash.ToArray();
        state[192] += 128;
        forged.Contributions[0] = forged.Contributions[0] with { PartialHash = state };
        False("response-length", "The state of a response's hash is that after more bytes than a response has.", "hash-chain", forged);

        forged = Honest();
        key = Prove(forged.Challenge);
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.Record(key, parameters: ContributionParameters.OfBeacon("beacon", new byte[] { 0xbe, 0xac }, 10));
        False("beacon-claimed", "Secrets of the forger's, said to be a beacon's.", "beacon", forged);

        forged = Honest();
        byte[] next = forged.Contributions[1].NextChallenge.ToArray();
        next[63] ^= 0x80;
        forged.Contributions[1] = forged.Contributions[1] with { NextChallenge = next };
        False("next-challenge", "The recorded hash of the points is not theirs.", "hash-chain", forged);
        string cut = folder.Scratch("said-to-be-reduced.ptau");
        forged.Write(cut);
        byte[] bytes = File.ReadAllBytes(cut);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CeremonyPowerAt), Power + 1);
        File.WriteAllBytes(cut, bytes);
        folder.AddPtau("said-to-be-reduced", Record, "As before, and the header says that the file was cut from a larger one, of which that hash could be.", cut, Verdict.Reject, "hash-chain");
    }

    private void AddPoints()
    {
        int n = 1 << Power;
        foreach ((string name, int section, int index) in ((string, int, int)[])[
            ("tau-g1-second", 2, 2), ("tau-g1-last", 2, (2 * n) - 2), ("tau-g2-last", 3, n - 1), ("alpha-last", 4, n - 1), ("beta-last", 5, n - 1)])
        {
            ForgedPowers<TCurve, TFp, TFr> forged = Honest();
            Change(forged, section, index, point => Times(point, 3), point => Times(point, 3));
            forged.RehashLast();
            False($"power-{name}", "One point is no power, and all hashes are those of the false points.", "powers", forged);
        }

        foreach (int section in (int[])[2, 3, 4, 5])
        {
            ForgedPowers<TCurve, TFp, TFr> forged = Honest();
            if (section == 3)
            {
                (forged.TauG2[2], forged.TauG2[3]) = (forged.TauG2[3], forged.TauG2[2]);
            }
            else
            {
                Affine<TFp, TCurve>[] points = G1(forged, section);
                (points[2], points[3]) = (points[3], points[2]);
            }

            forged.RehashLast();
            False($"swapped-{section}", $"Two powers of section {section} in each other's place: a plain sum is the same.", "powers", forged);

            forged = Honest();
            for (int i = 0; i < (section == 2 ? (2 * n) - 1 : n); i++)
            {
                Change(forged, section, i, point => Times(point, 3), point => Times(point, 3));
            }

            forged.RehashLast();
            False($"multiplied-{section}", $"All points of section {section} times 3: successive powers of something else.", "powers", forged);
        }

        // Points 2 and 3 of powers Pᵢ moved by D and dD so that Σ ρᵢ·Pᵢ₊₁ = τ·Σ ρᵢ·Pᵢ all the same: ρ₁ + ρ₂d = τ(ρ₂ + ρ₃d).
        foreach ((string name, ulong[] rho, string words) in ((string, ulong[], string)[])[("counting", [2, 3, 4], "1, 2, 3, …"), ("doubling", [2, 4, 8], "1, 2, 4, …")])
        {
            TFr tau = Number(0x1a2b3c4d5e6f) * Number(0x4d5e6f708192);
            TFr d = ((tau * Number(rho[1])) - Number(rho[0])) * TFr.Inverse(Number(rho[1]) - (tau * Number(rho[2])));
            foreach (int section in (int[])[2, 3])
            {
                ForgedPowers<TCurve, TFp, TFr> forged = Honest();
                Change(forged, section, 2, p => Adversarial.Points.Plus(p, KnownKey<TCurve, TFp, TFr>.G1(TFr.One)), p => Adversarial.Points.Plus(p, KnownKey<TCurve, TFp, TFr>.G2(TFr.One)));
                Change(forged, section, 3, p => Adversarial.Points.Plus(p, KnownKey<TCurve, TFp, TFr>.G1(d)), p => Adversarial.Points.Plus(p, KnownKey<TCurve, TFp, TFr>.G2(d)));
                forged.RehashLast();
                False($"{name}-{section}", $"Two powers of section {section} moved so that a sum with the coefficients {words} sees nothing.", "powers", forged);
            }
        }

        ForgedPowers<TCurve, TFp, TFr> beta = Honest();
        beta.BetaG2 = Times(beta.BetaG2, 3);
        beta.RehashLast();
        False("beta-g2-multiplied", "β in G2 is another than in G1.", "powers", beta);
        ForgedPowers<TCurve, TFp, TFr> other = Honest();
        other.BeginAnew(Number(23), Number(36), Number(52));
        other.RehashLast();
        False("of-another-tau", "All sections are powers of a τ that no one contributed to.", "powers", other);
    }

    /// <summary>All but the largest basis of τ in G1, of which the format lacks a power.</summary>
    private void AddLagrange()
    {
        foreach ((uint section, string name) in ((uint, string)[])[
            (PtauFormat.LagrangeTauG1Section, "tau-g1"), (PtauFormat.LagrangeAlphaTauG1Section, "alpha"), (PtauFormat.LagrangeBetaTauG1Section, "beta")])
        {
            // Basis k begins at point 2^k − 1: that of one, the second of two and the sixth of eight.
            foreach ((string which, int index) in ((string, int)[])[("one", 0), ("two", 2), ("eight", (1 << Power) - 1 + 5)])
            {
                Prepared($"lagrange-{name}-{which}", sections =>
                {
                    Span<Affine<TFp, TCurve>> points = MemoryMarshal.Cast<byte, Affine<TFp, TCurve>>(sections[section].AsSpan());
                    points[index] = Times(points[index], 3);
                });
            }
        }

        Prepared("lagrange-tau-g2-eight", sections =>
        {
            Span<Affine<Fp2<TFp>, TCurve>> points = MemoryMarshal.Cast<byte, Affine<Fp2<TFp>, TCurve>>(sections[PtauFormat.LagrangeTauG2Section].AsSpan());
            points[9] = Times(points[9], 3);
        });

        // The transform of (1, 2) is (3, −1).
        Prepared(
            "lagrange-tau-g1-two-counting",
            sections =>
            {
                Span<Affine<TFp, TCurve>> points = MemoryMarshal.Cast<byte, Affine<TFp, TCurve>>(sections[PtauFormat.LagrangeTauG1Section].AsSpan());
                Affine<TFp, TCurve> d = KnownKey<TCurve, TFp, TFr>.G1(Number(23));
                points[1] = Adversarial.Points.Plus(points[1], d);
                points[2] = Adversarial.Points.Plus(points[2], Times(d, 3));
            },
            "Both points of a Lagrange basis moved so that a sum with the coefficients 1, 2 sees nothing.");
        if (Adversarial.Points.OfSmallOrder<TFp, TCurve>(out int order1) is { } small1)
        {
            foreach ((uint section, string name) in ((uint, string)[])[
                (PtauFormat.LagrangeTauG1Section, "tau-g1"), (PtauFormat.LagrangeAlphaTauG1Section, "alpha"), (PtauFormat.LagrangeBetaTauG1Section, "beta")])
            {
                Outside(name, order1, sections => Move(sections[section], small1));
            }
        }

        Affine<Fp2<TFp>, TCurve> small2 = Adversarial.Points.OfSmallOrder<Fp2<TFp>, TCurve>(out int order2)!.Value;
        Outside("tau-g2", order2, sections => Move(sections[PtauFormat.LagrangeTauG2Section], small2));

        static void Move<TField, TGroup>(byte[] section, in Affine<TField, TGroup> by)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            ref Affine<TField, TGroup> point = ref MemoryMarshal.Cast<byte, Affine<TField, TGroup>>(section.AsSpan())[9];
            point = Adversarial.Points.Plus(point, by);
        }

        void Outside(string name, int order, Action<SortedDictionary<uint, byte[]>> change) => Prepared(
            $"lagrange-{name}-outside-subgroup",
            change,
            $"A point of a Lagrange basis and one of order {order}, which sums and pairings may not see.",
            Verdict.Malformed,
            "not-in-subgroup");

        void Prepared(
            string id,
            Action<SortedDictionary<uint, byte[]>> change,
            string comment = "A point of a Lagrange basis, which phase 2 uses in the place of powers, is not the transform of the powers.",
            Verdict verdict = Verdict.Reject,
            string reason = "lagrange")
        {
            SortedDictionary<uint, byte[]> sections = Read(folder.Scratch("powers.ptau"));
            change(sections);
            folder.AddPtau(id, Points, comment, Write(sections), verdict, reason);
        }
    }

    private void AddBroken()
    {
        Honest().Write(folder.Scratch("whole.ptau"));
        byte[] whole = File.ReadAllBytes(folder.Scratch("whole.ptau"));
        Bytes("truncated", "The last byte is missing.", whole[..^1]);
        Bytes("empty", "No bytes.", []);
        Bytes("magic", "The first bytes are another format's.", [.. "zkey"u8, .. whole[4..]]);
        byte[] power = [.. whole];
        BinaryPrimitives.WriteUInt32LittleEndian(power.AsSpan(CeremonyPowerAt - 4), 200);
        Bytes("power", "The header says 2^200.", power);

        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.TauG1[3] = new(forged.TauG1[3].X, forged.TauG1[3].Y + TFp.One);
        Malformed("off-curve", "A power is not on the curve.", "not-on-curve", forged);
        forged = Honest();
        forged.Write(folder.Scratch("plus-p.ptau"));
        SortedDictionary<uint, byte[]> sections = Read(folder.Scratch("plus-p.ptau"));
        Span<byte> coordinate = sections[PtauFormat.TauG1Section].AsSpan(3 * Unsafe.SizeOf<Affine<TFp, TCurve>>(), PrimeField.ByteCount<TFp>());
        BigInteger moved = new BigInteger(coordinate, isUnsigned: true) + TFp.Modulus;
        moved.TryWriteBytes(coordinate, out _, isUnsigned: true);
        folder.AddPtau("plus-p", Broken, "A coordinate of a power plus p: a second spelling of true powers.", Write(sections), Verdict.Malformed, "not-canonical");

        forged = Honest();
        forged.TauG2[3] = Adversarial.Points.Plus(forged.TauG2[3], Adversarial.Points.OfSmallOrder<Fp2<TFp>, TCurve>(out int order2)!.Value);
        forged.RehashLast();
        Malformed("tau-g2-outside-subgroup", $"A power in G2 and a point of order {order2}; contributions to it would tell parts of secrets.", "not-in-subgroup", forged);
        if (Adversarial.Points.OfSmallOrder<TFp, TCurve>(out int order1) is { } small)
        {
            foreach (int section in (int[])[2, 4, 5])
            {
                forged = Honest();
                G1(forged, section)[5] = Adversarial.Points.Plus(G1(forged, section)[5], small);
                forged.RehashLast();
                Malformed($"section-{section}-outside-subgroup", $"A point of section {section} and one of order {order1}; pairings cannot tell.", "not-in-subgroup", forged);
            }
        }

        forged = Honest();
        forged.Contributions[0] = forged.Contributions[0] with { After = forged.Contributions[0].After with { BetaG2 = Adversarial.Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value } };
        Malformed("record-outside-subgroup", "β in G2 after the first contribution is recorded as a point outside the subgroup.", "not-in-subgroup", forged);

        void Bytes(string id, string comment, byte[] bytes)
        {
            string path = folder.Scratch("broken.ptau");
            File.WriteAllBytes(path, bytes);
            folder.AddPtau(id, Broken, comment, path, Verdict.Malformed, "syntax");
        }

        void Malformed(string id, string comment, string reason, ForgedPowers<TCurve, TFp, TFr> powers) => Case(id, Broken, comment, powers, Verdict.Malformed, reason);
    }

    /// <summary>A proof whose S and x·S are about one secret and whose point of G2 is about another.</summary>
    private static KeyProof<TCurve, TFp> Halves(int index, KeyProof<TCurve, TFp> proof, ulong inG1, ulong inG2, byte[] challenge)
    {
        Affine<TFp, TCurve> sx = Times(proof.S, inG1);
        return new(proof.S, sx, Times(PhaseOneHashing.KeyPoint(index, challenge, proof.S, sx), inG2));
    }

    /// <summary>Powers of the τ that they are of, times a factor of the forger's alone.</summary>
    private static void Rebase(ForgedPowers<TCurve, TFp, TFr> powers, Affine<TFp, TCurve>[] points, ulong factor)
    {
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = Times(powers.TauG1[i], factor);
        }
    }

    private static Affine<TFp, TCurve>[] G1(ForgedPowers<TCurve, TFp, TFr> powers, int section) =>
        section == 2 ? powers.TauG1 : section == 4 ? powers.AlphaTauG1 : powers.BetaTauG1;

    private static void Change(
        ForgedPowers<TCurve, TFp, TFr> powers,
        int section,
        int index,
        Func<Affine<TFp, TCurve>, Affine<TFp, TCurve>> inG1,
        Func<Affine<Fp2<TFp>, TCurve>, Affine<Fp2<TFp>, TCurve>> inG2)
    {
        if (section == 3)
        {
            powers.TauG2[index] = inG2(powers.TauG2[index]);
        }
        else
        {
            G1(powers, section)[index] = inG1(G1(powers, section)[index]);
        }
    }

    private static SortedDictionary<uint, byte[]> Read(string path)
    {
        using SectionedFile file = SectionedFile.Open(path, PtauFormat.Magic, PtauFormat.Version);
        var sections = new SortedDictionary<uint, byte[]>();
        foreach (FileSection section in file.Sections)
        {
            byte[] content = new byte[section.Length];
            file.ReadAt(section.Offset, content);
            sections.Add(section.Type, content);
        }

        return sections;
    }

    private string Write(SortedDictionary<uint, byte[]> sections)
    {
        string path = folder.Scratch("changed.ptau");
        using var writer = new SectionedFileWriter(path, PtauFormat.Magic, PtauFormat.Version, (uint)sections.Count);
        foreach ((uint type, byte[] content) in sections)
        {
            writer.BeginSection(type);
            writer.Write(content);
            writer.EndSection();
        }

        writer.Commit();
        return path;
    }

    private void False(string id, string comment, string reason, ForgedPowers<TCurve, TFp, TFr> powers) =>
        Case(id, reason == "powers" ? Points : Record, comment, powers, Verdict.Reject, reason);

    private void Case(string id, string group, string comment, ForgedPowers<TCurve, TFp, TFr> powers, Verdict verdict, string reason)
    {
        string path = folder.Scratch("forged.ptau");
        powers.Write(path);
        folder.AddPtau(id, group, comment, path, verdict, reason);
    }
}
