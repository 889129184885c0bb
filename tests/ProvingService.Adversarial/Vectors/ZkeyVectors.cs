// Owns: the vectors of kind "transcript" that are keys: what a contributor, a coordinator or whoever publishes a .zkey could try.

using System.Buffers.Binary;
using System.Numerics;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Adversarial;

/// <summary>Adds them to transcript.json of one curve.</summary>
internal sealed class ZkeyVectors<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string True = "true keys";
    private const string Record = "the record of contributions";
    private const string Header = "α, β, γ and δ of the key";
    private const string Sections = "points of the key";
    private const string Others = "keys of something else";
    private const string Broken = "keys that do not decode";
    private const int Power = 3;
    private const int BeaconLog = 10;

    private readonly TranscriptFolder folder;
    private readonly string[] keys;

    private ZkeyVectors(TranscriptFolder folder)
    {
        this.folder = folder;
        string r1cs = folder.Scratch("circuit.r1cs"), powers = MakePowers("powers");
        R1csFile.Write(r1cs, CircuitCompiler.Compile<TFr>(new Statements.Two()));
        folder.Keep(TranscriptFolder.Circuit, r1cs);
        folder.Keep(TranscriptFolder.Powers, powers);
        keys = [.. Enumerable.Range(0, 5).Select(i => folder.Scratch($"{i}.zkey"))];
        PhaseTwo.New(r1cs, powers, keys[0]);
        Contribute(keys[0], keys[1], "alice");
        Contribute(keys[1], keys[2], "bob");
        PhaseTwo.Beacon(keys[2], keys[3], "end", BeaconValue, BeaconLog);
        Contribute(keys[3], keys[4], "carol");
    }

    private static byte[] BeaconValue { get; } = Seeds.Bytes("beacon")[..32];

    private static TFr Secret => Seeds.Element<TFr>($"{TCurve.Id.Name()}/mallory");

    /// <summary>Adds the cases.</summary>
    /// <returns>The paths of the initial key and of the true one with two contributions and a beacon, which last as long as the folder's scratch.</returns>
    public static (string Initial, string Final) AddTo(TranscriptFolder folder)
    {
        var vectors = new ZkeyVectors<TCurve, TFp, TFr>(folder);
        vectors.AddTrue();
        vectors.AddProofs();
        vectors.AddChains();
        vectors.AddBuiltUpon();
        vectors.AddBeacons();
        vectors.AddHeaders();
        vectors.AddSections();
        vectors.AddCoefficients();
        vectors.AddOthers();
        vectors.AddBroken();
        return (vectors.keys[0], vectors.keys[3]);
    }

    private void AddTrue()
    {
        Case("one", True, "One contribution.", keys[1], Verdict.Accept, "valid");
        Case("two", True, "Two contributions.", keys[2], Verdict.Accept, "valid");
        Case("beacon", True, "Two contributions and a beacon: the control of most cases here.", keys[3], Verdict.Accept, "valid");
        Case("after-beacon", True, "A contribution after the beacon.", keys[4], Verdict.Accept, "valid");
        Forgery<TCurve, TFp, TFr> renamed = Of(2), unclaimed = Of(3);
        renamed.Record[0] = renamed.Record[0] with { Name = "zoe" };
        unclaimed.Record[2] = unclaimed.Record[2] with { IsBeacon = false, BeaconHash = default, BeaconIterationsLog = 0 };
        Case("renamed", True, "Alice's contribution under another name: no hash covers names, and what a contributor published is what to look for.", renamed, Verdict.Accept, "valid");
        Case("beacon-unclaimed", True, "The beacon's contribution, not said to be one: no hash covers that either.", unclaimed, Verdict.Accept, "valid");
        Case("initial", Record, "No contribution: δ is the generator, as γ is, and proofs can be forged by anyone.", keys[0], Verdict.Reject, "no-contributions");
    }

    private void AddProofs()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1);
        TFr other = Secret + TFr.One;
        PhaseTwoContribution<TCurve, TFp> honest = key.Sign(Secret);
        Case("by-mallory", True, "A third contribution as an honest program makes it, by the forger's tools: the control of the cases that these make.", key.Contribute(Secret, honest), Verdict.Accept, "valid");

        key = Of(1);
        Affine<Fp2<TFp>, TCurve> point = ChaChaGenerator.PointOfHash<TCurve, TFp>(honest.Transcript.Span);
        False("another-secret", "δ, L and H moved by another secret than the proof of knowledge is about, and the proof's point of G2 with them.", "key-proof", key.Contribute(other, honest with { DeltaAfter = Times(key.Delta1, other), SpX = Times(point, other) }));
        key = Of(1);
        False("delta-by-another", "δ, L and H moved by another secret than the one that is proved.", "succession", key.Contribute(other, honest with { DeltaAfter = Times(key.Delta1, other) }));
        key = Of(1);
        False("proof-negated", "The proof's point of G2 negated.", "key-proof", key.Contribute(Secret, honest with { SpX = -honest.SpX }));
        key = Of(1);
        False("proof-of-alice", "Alice's proof of knowledge in mallory's contribution.", "key-proof", key.Contribute(Secret, honest with { S = key.Record[0].S, Sx = key.Record[0].Sx, SpX = key.Record[0].SpX }));
        key = Of(1);
        False("secret-one", "A contribution whose secret is 1: it changes nothing and counts as one.", "trivial-secret", key.Contribute(TFr.One, key.Sign(TFr.One)));
        foreach ((string name, PhaseTwoContribution<TCurve, TFp> entry) in ((string, PhaseTwoContribution<TCurve, TFp>)[])[
            ("delta", honest with { DeltaAfter = default }), ("s", honest with { S = default }), ("sx", honest with { Sx = default }), ("spx", honest with { SpX = default }),
            ("s-and-sx", honest with { S = default, Sx = default }), ("all", honest with { S = default, Sx = default, SpX = default })])
        {
            key = Of(1);
            key.Record.Add(entry);
            False("infinity-" + name, "Points of a contribution's proof are infinity: pairings with them are 1.", "key-proof", key.Move(Secret));
        }
    }

    private void AddChains()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1), elsewhere = Of(1);
        elsewhere.InitialHash[0] ^= 1;
        False("of-another-ceremony", "A contribution that was made for another initial key.", "hash-chain", key.Contribute(Secret, elsewhere.Sign(Secret)));
        key = Of(2);
        PhaseTwoContribution<TCurve, TFp> late = Of(1).Sign(Secret) with { DeltaAfter = Times(key.Delta1, Secret) };
        False("of-an-older-state", "A contribution that was made before bob's and put behind it.", "hash-chain", key.Contribute(Secret, late));
        key = Of(2);
        key.Record.RemoveAt(0);
        False("alice-left-out", "Alice's contribution is struck from the record and not from the key.", "hash-chain", key);
        key = Of(2);
        key.Record.RemoveAt(1);
        False("bob-left-out", "Bob's contribution is struck from the record and not from the key.", "final-delta", key);
        key = Of(2);
        key.Record.Reverse();
        False("order-reversed", "Two contributions in each other's place.", "hash-chain", key);
        key = Of(2);
        key.Record.Clear();
        False("record-emptied", "All contributions are struck from the record: whoever made this δ is not known.", "final-delta", key);
        key = Of(2);
        key.Record[0] = key.Record[0] with { Transcript = (byte[])[(byte)(key.Record[0].Transcript.Span[0] ^ 1), .. key.Record[0].Transcript.Span[1..]] };
        False("transcript-changed", "A bit of the hash that alice's contribution answers.", "hash-chain", key);
        key = Of(2);
        key.Record[1] = key.Record[1] with { Transcript = (byte[])[.. key.Record[1].Transcript.Span[..63], (byte)(key.Record[1].Transcript.Span[63] ^ 1)] };
        False("last-transcript-changed", "A bit of the hash that the last contribution answers.", "hash-chain", key);
        key = Of(1);
        key.Contribute(Secret, key.Sign(Secret));
        False("twice-the-same-key", "One contributor twice with one key.", "repeated", key.Contribute(Secret, key.Sign(Secret)));
        key = Of(2);
        key.Record.Add(key.Record[1]);
        False("bob-twice", "Bob's entry twice.", "repeated", key);
        TFr inverse = TFr.Inverse(Secret);
        key = Of(1);
        key.Contribute(Secret, key.Sign(Secret));
        False("undone", "Two contributions that undo each other: δ is where alice left it.", "repeated", key.Contribute(inverse, key.Sign(inverse, s: 78)));
        key = Of(0);
        key.Contribute(Secret, key.Sign(Secret));
        False("undone-from-the-start", "Two contributions that undo each other, and δ is the generator: proofs can be forged by anyone.", "repeated", key.Contribute(inverse, key.Sign(inverse, s: 78)));
        key = Of(0);
        False("secret-minus-one", "One contribution, whose secret is −1: δ is −γ, and proofs can be forged by anyone.", "repeated", key.Contribute(-TFr.One, key.Sign(-TFr.One)));
        key = Of(1);
        key.Contribute(Secret, key.Sign(Secret));
        False("undone-negated", "Two contributions that undo each other but for the sign: δ is −δ as alice left it.", "repeated", key.Contribute(-inverse, key.Sign(-inverse, s: 78)));
        key = Of(0);
        key.InitialHash[63] ^= 0x80;
        False("initial-hash-changed", "The recorded hash of the initial key is not that of this circuit, and the contributions follow from it.", "initial-hash", key.Contribute(Secret, key.Sign(Secret)));
    }

    /// <summary>Faults that others, honest, have built upon: whoever looks at the last contribution alone sees nothing.</summary>
    private void AddBuiltUpon()
    {
        TFr other = Secret + TFr.One;
        Forgery<TCurve, TFp, TFr> key = Of(0), elsewhere = Of(0);
        PhaseTwoContribution<TCurve, TFp> honest = key.Sign(Secret);
        Affine<Fp2<TFp>, TCurve> point = ChaChaGenerator.PointOfHash<TCurve, TFp>(honest.Transcript.Span);
        Built("another-secret", "The proof of knowledge is about another secret.", "key-proof", key.Contribute(other, honest with { DeltaAfter = Times(key.Delta1, other), SpX = Times(point, other) }));
        key = Of(0);
        Built("delta-by-another", "δ, L and H moved by another secret than the one that is proved.", "succession", key.Contribute(other, honest with { DeltaAfter = Times(key.Delta1, other) }));
        key = Of(0);
        elsewhere.InitialHash[0] ^= 1;
        Built("of-another-ceremony", "Made for another initial key.", "hash-chain", key.Contribute(Secret, elsewhere.Sign(Secret)));
        key = Of(0);
        byte[] changed = honest.Transcript.ToArray();
        changed[0] ^= 1;
        Built("transcript-changed", "A bit of the hash that it answers is another; its proof is for the right one.", "hash-chain", key.Contribute(Secret, honest with { Transcript = changed }));
        key = Of(0);
        Built("secret-minus-one", "The secret is −1, which everybody knows.", "repeated", key.Contribute(-TFr.One, key.Sign(-TFr.One)));

        void Built(string id, string comment, string reason, Forgery<TCurve, TFp, TFr> forged) =>
            False($"first-{id}", $"The first contribution, upon which an honest one was made. {comment}", reason, forged.Contribute(other, forged.Sign(other, s: 79, name: "bob")));
    }

    private void AddBeacons()
    {
        Forgery<TCurve, TFp, TFr> key = Of(2);
        PhaseTwoContribution<TCurve, TFp> claimed = Beacon(key.Sign(Secret));
        False("beacon-claimed", "A secret of mallory's, said to be a beacon's.", "beacon", key.Contribute(Secret, claimed));
        var beacon = ChaChaGenerator.FromBeacon(BeaconValue, BeaconLog);
        beacon.NextElement<TFr>();
        key = Of(2);
        PhaseTwoContribution<TCurve, TFp> mixed = Beacon(KeyContribution<TCurve, TFp, TFr>.Sign(key.Delta1, key.Chain, Secret, beacon.NextG1<TCurve, TFp>(), "mallory"));
        False("beacon-point", "A secret of mallory's with the point of the beacon.", "beacon", key.Contribute(Secret, mixed));
        beacon = ChaChaGenerator.FromBeacon(BeaconValue, BeaconLog);
        TFr secret = beacon.NextElement<TFr>();
        Affine<TFp, TCurve> scaled = Times(beacon.NextG1<TCurve, TFp>(), secret * TFr.Inverse(Secret));
        key = Of(2);
        False("beacon-product", "A secret x of mallory's, with a point S that makes x·S what the beacon makes it.", "beacon", key.Contribute(Secret, Beacon(KeyContribution<TCurve, TFp, TFr>.Sign(key.Delta1, key.Chain, Secret, scaled, "mallory"))));
        key = Of(3);
        key.Record[2] = key.Record[2] with { BeaconIterationsLog = BeaconLog + 1 };
        False("beacon-iterations", "The beacon is said to have been hashed twice as often.", "beacon", key);
        key = Of(3);
        key.Record[2] = key.Record[2] with { BeaconHash = (byte[])[.. key.Record[2].BeaconHash.Span[..31], (byte)(key.Record[2].BeaconHash.Span[31] ^ 1)] };
        False("beacon-value", "A bit of the beacon's value.", "beacon", key);

        static PhaseTwoContribution<TCurve, TFp> Beacon(PhaseTwoContribution<TCurve, TFp> entry) =>
            entry with { IsBeacon = true, BeaconHash = BeaconValue, BeaconIterationsLog = BeaconLog };
    }

    private void AddHeaders()
    {
        False("delta-moved", "A further, secret factor in δ, L and H that no contribution tells of.", "final-delta", Of(3).Move(Secret));
        Forgery<TCurve, TFp, TFr> key = Of(3);
        Affine<TFp, TCurve> delta = key.Delta1;
        key.Move(Secret).Delta1 = delta;
        False("delta-in-g2", "δ in G2, L and H moved by a secret factor; δ in G1 is that of the record.", "final-delta", key);
        False("delta-without-contributors", "δ moved by a secret, and no contribution on record.", "final-delta", Of(0).Move(Secret));
        key = Of(3);
        key.Delta2 = Affine<Fp2<TFp>, TCurve>.Generator;
        False("delta-generator-in-g2", "δ in G2 is the generator, as γ is: verifiers would take forged proofs.", "final-delta", key);
        key = Of(3);
        key.Gamma2 = Times(Affine<Fp2<TFp>, TCurve>.Generator, Secret);
        False("gamma-chosen", "γ of mallory's choice, who knows its scalar.", "gamma", key);
        key = Of(3);
        key.Gamma2 = key.Delta2;
        False("gamma-is-delta", "γ is δ.", "gamma", key);
        int at = Forgery<TCurve, TFp, TFr>.PointsAt, size = Forgery<TCurve, TFp, TFr>.G1Size;
        foreach ((string name, int offset) in ((string, int)[])[("alpha", at), ("beta-g1", at + size)])
        {
            key = Of(3);
            Iden3Encoding.Write(Times(Affine<TFp, TCurve>.Generator, Secret), key[ZkeyFormat.HeaderSection].AsSpan(offset, size));
            False(name + "-chosen", "An element of the header is of mallory's choice and not of the powers of tau.", "wrong-powers", key);
        }

        key = Of(3);
        Iden3Encoding.Write(Times(Affine<Fp2<TFp>, TCurve>.Generator, Secret), key[ZkeyFormat.HeaderSection].AsSpan(at + (2 * size), Forgery<TCurve, TFp, TFr>.G2Size));
        False("beta-g2-chosen", "β in G2 is of mallory's choice.", "wrong-powers", key);
    }

    private void AddSections()
    {
        foreach ((uint section, string name) in ((uint, string)[])[
            (ZkeyFormat.IcSection, "ic"), (ZkeyFormat.ASection, "a"), (ZkeyFormat.B1Section, "b1"), (ZkeyFormat.CSection, "l"), (ZkeyFormat.HSection, "h")])
        {
            string reason = "section-" + name, upper = name.ToUpperInvariant();
            Forgery<TCurve, TFp, TFr> key = Of(3);
            Span<Affine<TFp, TCurve>> points = key.Points(section);
            (points[0], points[1]) = (points[1], points[0]);
            if (points[0] != points[1])
            {
                False(name + "-swapped", $"Two points of {upper} in each other's place: a plain sum is the same.", reason, key);
            }

            key = Of(3);
            points = key.Points(section);
            Affine<TFp, TCurve> shift = Times(Affine<TFp, TCurve>.Generator, Secret);
            points[0] = Points.Plus(points[0], shift);
            points[1] = Points.Plus(points[1], -shift);
            False(name + "-shifted", $"Two points of {upper} moved apart: a plain sum is the same.", reason, key);
            key = Of(3);
            foreach (ref Affine<TFp, TCurve> point in key.Points(section))
            {
                point = Times(point, Secret);
            }

            False(name + "-multiplied", $"All points of {upper} times a secret.", reason, key);
            if (section != ZkeyFormat.HSection)
            {
                // The last point of H moves every coefficient of it, as h-shifted does.
                key = Of(3);
                points = key.Points(section);
                points[^1] = Points.Plus(points[^1], shift);
                False(name + "-last", $"The last point of {upper} is another.", reason, key);
            }

            key = Of(3);
            key.Points(section).Clear();
            False(name + "-infinity", $"All points of {upper} are infinity.", reason, key);
        }

        Forgery<TCurve, TFp, TFr> counting = Of(3);
        Span<Affine<TFp, TCurve>> l = counting.Points(ZkeyFormat.CSection);
        Affine<TFp, TCurve> one = Times(Affine<TFp, TCurve>.Generator, Secret);
        l[0] = Points.Plus(l[0], Points.Plus(one, one));
        l[1] = Points.Plus(l[1], -one);
        False("l-counting", "Two points of L moved by 2D and −D: a sum with the coefficients 1, 2, … is the same.", "section-l", counting);
        Forgery<TCurve, TFp, TFr> changed = Of(3);
        Span<Affine<Fp2<TFp>, TCurve>> b2 = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Affine<Fp2<TFp>, TCurve>>(changed[ZkeyFormat.B2Section].AsSpan());
        foreach (ref Affine<Fp2<TFp>, TCurve> point in b2)
        {
            point = Times(point, Secret);
        }

        False("b2-multiplied", "All points of B2 times a secret, and none of B1.", "section-b2", changed);
        Forgery<TCurve, TFp, TFr> last = Of(3);
        ref Affine<Fp2<TFp>, TCurve> end = ref System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Affine<Fp2<TFp>, TCurve>>(last[ZkeyFormat.B2Section].AsSpan())[^1];
        end = Points.Plus(end, Times(Affine<Fp2<TFp>, TCurve>.Generator, Secret));
        False("b2-last", "The last point of B2 is another.", "section-b2", last);
        Forgery<TCurve, TFp, TFr> swapped = Of(3);
        byte[] a = swapped[ZkeyFormat.ASection], b = swapped[ZkeyFormat.B1Section];
        swapped.Replace(ZkeyFormat.ASection, b);
        swapped.Replace(ZkeyFormat.B1Section, a);
        False("a-and-b-swapped", "The sections of A and B1 in each other's place.", "section-a", swapped);
    }

    private void AddCoefficients()
    {
        Forgery<TCurve, TFp, TFr> key = Of(3);
        byte[] coefficients = key[ZkeyFormat.CoefficientSection];
        int size = 12 + PrimeField.ByteCount<TFr>();
        coefficients[^1] = 0;
        coefficients[^2] ^= 1;
        False("coefficient-changed", "A coefficient is another: provers with this key prove another circuit, or fail.", "coefficients", key);
        key = Of(3);
        key[ZkeyFormat.CoefficientSection][4 + 8] ^= 1;
        False("coefficient-moved", "A coefficient stands at another wire.", "coefficients", key);
        key = Of(3);
        byte[] fewer = key[ZkeyFormat.CoefficientSection][..^size];
        BinaryPrimitives.WriteUInt32LittleEndian(fewer, BinaryPrimitives.ReadUInt32LittleEndian(fewer) - 1);
        key.Replace(ZkeyFormat.CoefficientSection, fewer);
        False("coefficient-missing", "The last coefficient is missing.", "coefficients", key);
    }

    private void AddOthers()
    {
        string other = folder.Scratch("other.r1cs"), powers = MakePowers("other");
        R1csFile.Write(other, CircuitCompiler.Compile<TFr>("other", b =>
        {
            Variable<TFr> a = b.PublicInput("a"), x = b.PrivateInput("x");
            b.PublicOutput("y", (((x * x) + a) * x) + b.Constant(TFr.One));
        }));
        string initial = folder.Scratch("other-0.zkey"), made = folder.Scratch("other-1.zkey");
        PhaseTwo.New(other, folder.Scratch("powers.ptau"), initial);
        Contribute(initial, made, "mallory");
        False("of-another-circuit", "The true key of another circuit of the same size.", "wrong-circuit", made);
        R1csFile.Write(other, CircuitCompiler.Compile<TFr>("private", b =>
        {
            Variable<TFr> a = b.PrivateInput("a"), x = b.PrivateInput("x");
            b.PublicOutput("y", ((x * x) + a) * x);
        }));
        PhaseTwo.New(other, folder.Scratch("powers.ptau"), initial);
        Contribute(initial, made, "mallory");
        False("input-made-private", "The true key of the same constraints with the second input private: its prover may choose it.", "wrong-circuit", made);
        R1csFile.Write(other, CircuitCompiler.Compile<TFr>(new Statements.None()));
        PhaseTwo.New(other, folder.Scratch("powers.ptau"), initial);
        Contribute(initial, made, "mallory");
        False("of-a-smaller-circuit", "The true key of a circuit with fewer wires, inputs and constraints.", "wrong-circuit", made);
        PhaseTwo.New(folder.Scratch("circuit.r1cs"), powers, initial);
        Contribute(initial, made, "mallory");
        False("of-other-powers", "The true key of this circuit from other powers of tau, whose makers may know τ.", "wrong-powers", made);

        // With α and β of the announced powers, and points of others.
        Forgery<TCurve, TFp, TFr> key = new(made), honest = Of(3);
        honest[ZkeyFormat.HeaderSection].AsSpan(0, Forgery<TCurve, TFp, TFr>.GammaAt).CopyTo(key[ZkeyFormat.HeaderSection]);
        False("of-other-powers-hidden", "As before, with α and β of the announced powers in the header.", "section-ic", key);
    }

    private void AddBroken()
    {
        byte[] whole = File.ReadAllBytes(keys[3]);
        Bytes("truncated", "The last byte is missing.", whole[..^1], "syntax");
        Bytes("truncated-header", "The file ends in its header.", whole[..40], "syntax");
        Bytes("empty", "No bytes.", [], "syntax");
        Bytes("magic", "The first bytes are another format's.", [(byte)'p', (byte)'t', (byte)'a', (byte)'u', .. whole[4..]], "syntax");
        Bytes("section-length", "A section says that it is longer than the file.", [.. whole[..16], 0xff, 0xff, 0xff, 0xff, .. whole[20..]], "syntax");
        foreach ((uint section, string name) in ((uint, string)[])[(ZkeyFormat.IcSection, "ic"), (ZkeyFormat.ASection, "a"), (ZkeyFormat.CSection, "l"), (ZkeyFormat.HSection, "h")])
        {
            Forgery<TCurve, TFp, TFr> key = Of(3);
            ref Affine<TFp, TCurve> point = ref key.Points(section)[1];
            point = new(point.X, point.Y + TFp.One);
            Malformed(name + "-off-curve", $"A point of {name.ToUpperInvariant()} is not on the curve.", "not-on-curve", key);
            key = Of(3);
            key[section].AsSpan(0, PrimeField.ByteCount<TFp>()).Fill(0xff);
            Malformed(name + "-not-canonical", $"A coordinate of {name.ToUpperInvariant()} is not below p.", "not-canonical", key);
            key = Of(3);
            AddModulus(key[section].AsSpan(PrimeField.ByteCount<TFp>()));
            Malformed(name + "-plus-p", $"A coordinate of {name.ToUpperInvariant()} plus p: a second spelling of a true key.", "not-canonical", key);
            if (Points.OfSmallOrder<TFp, TCurve>(out int order) is { } small)
            {
                key = Of(3);
                point = ref key.Points(section)[1];
                point = Points.Plus(point, small);
                Malformed(name + "-outside-subgroup", $"A point of {name.ToUpperInvariant()} and one of order {order}: pairings cannot tell.", "not-in-subgroup", key);
            }
        }

        Forgery<TCurve, TFp, TFr> delta = Of(3);
        delta.Delta2 = Points.Plus(delta.Delta2, Points.OfSmallOrder<Fp2<TFp>, TCurve>(out int order2)!.Value);
        Malformed("delta-outside-subgroup", $"δ in G2 and a point of order {order2}.", "not-in-subgroup", delta);
        Forgery<TCurve, TFp, TFr> coefficient = Of(3);
        coefficient[ZkeyFormat.CoefficientSection].AsSpan(16, PrimeField.ByteCount<TFr>()).Fill(0xff);
        Malformed("coefficient-not-canonical", "A coefficient is not below r.", "not-canonical", coefficient);
        Forgery<TCurve, TFp, TFr> entry = Of(2);
        entry.Record[1] = entry.Record[1] with { SpX = Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value };
        Malformed("proof-outside-subgroup", "A point of bob's proof of knowledge is outside the subgroup.", "not-in-subgroup", entry);

        Forgery<TCurve, TFp, TFr> header = Of(3);
        AddModulus(header[ZkeyFormat.HeaderSection].AsSpan(Forgery<TCurve, TFp, TFr>.Delta1At));
        Malformed("delta-plus-p", "A coordinate of δ in G1 plus p: a second spelling of a true key.", "not-canonical", header);
        Forgery<TCurve, TFp, TFr> record = Of(2);
        record.Write(folder.Scratch("record.zkey"));
        AddModulus(record[ZkeyFormat.ContributionSection].AsSpan(64 + 4 + Forgery<TCurve, TFp, TFr>.G1Size));
        Case("record-plus-p", Broken, "A coordinate of alice's S plus p: a second spelling of a true key.", record.WriteSections(folder.Scratch("forged.zkey")), Verdict.Malformed, "not-canonical");
        Forgery<TCurve, TFp, TFr> twice = Of(3), without = Of(3);
        twice.Sections.Add((ZkeyFormat.HSection, twice[ZkeyFormat.HSection]));
        Case("section-twice", Broken, "Section 9 stands there twice: what some programs read is not what others read.", twice.WriteSections(folder.Scratch("forged.zkey")), Verdict.Malformed, "syntax");
        without.Sections.RemoveAll(section => section.Type == ZkeyFormat.HSection);
        Case("section-missing", Broken, "Section 9 is missing.", without.WriteSections(folder.Scratch("forged.zkey")), Verdict.Malformed, "syntax");
        Forgery<TCurve, TFp, TFr> empty = Of(2);
        PhaseTwoContribution<TCurve, TFp> claimed = empty.Sign(Secret) with { IsBeacon = true, BeaconHash = default, BeaconIterationsLog = BeaconLog };
        Malformed("beacon-empty", "A secret of mallory's, said to be a beacon's of no value.", "syntax", empty.Contribute(Secret, claimed));

        static void AddModulus(Span<byte> number)
        {
            number = number[..PrimeField.ByteCount<TFp>()];
            BigInteger sum = new BigInteger(number, isUnsigned: true) + TFp.Modulus;
            number.Clear();
            sum.TryWriteBytes(number, out _, isUnsigned: true);
        }

        void Bytes(string id, string comment, byte[] bytes, string reason)
        {
            string path = folder.Scratch("broken.zkey");
            File.WriteAllBytes(path, bytes);
            Case(id, Broken, comment, path, Verdict.Malformed, reason);
        }

        void Malformed(string id, string comment, string reason, Forgery<TCurve, TFp, TFr> key) => Case(id, Broken, comment, key, Verdict.Malformed, reason);
    }

    private string MakePowers(string name)
    {
        string begun = folder.Scratch(name + "-0.ptau"), one = folder.Scratch(name + "-1.ptau"), made = folder.Scratch(name + "-2.ptau"), prepared = folder.Scratch(name + ".ptau");
        PhaseOne.New(TCurve.Id, Power, begun);
        using (ContributionEntropy entropy = Entropy(name))
        {
            PhaseOne.Contribute(begun, one, "dora", entropy);
        }

        PhaseOne.Beacon(one, made, "end", BeaconValue, BeaconLog);
        PhaseOne.Prepare(made, prepared);
        return prepared;
    }

    private static ContributionEntropy Entropy(string name) => ContributionEntropy.Mix(Seeds.Bytes($"{TCurve.Id.Name()}/{name}"), "");

    private static void Contribute(string from, string to, string name)
    {
        using ContributionEntropy entropy = Entropy(name);
        PhaseTwo.Contribute(from, to, name, entropy);
    }

    private static Affine<TField, TGroup> Times<TField, TGroup>(in Affine<TField, TGroup> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => Points.Times(point, scalar);

    private Forgery<TCurve, TFp, TFr> Of(int key) => new(keys[key]);

    private void False(string id, string comment, string reason, Forgery<TCurve, TFp, TFr> key) => Case(id, Group(reason), comment, key, Verdict.Reject, reason);

    private void False(string id, string comment, string reason, string path) => Case(id, Group(reason), comment, path, Verdict.Reject, reason);

    private static string Group(string reason) => reason switch
    {
        "final-delta" or "gamma" or "wrong-powers" => Header,
        "wrong-circuit" => Others,
        "coefficients" => Sections,
        _ => reason.StartsWith("section-", StringComparison.Ordinal) ? Sections : Record,
    };

    private void Case(string id, string group, string comment, Forgery<TCurve, TFp, TFr> key, Verdict verdict, string reason) =>
        Case(id, group, comment, key.Write(folder.Scratch("forged.zkey")), verdict, reason);

    private void Case(string id, string group, string comment, string path, Verdict verdict, string reason) =>
        folder.AddZkey(id, group, comment, path, verdict, reason);
}
