// Owns: bellman's parameters: what comes back from a contributor is verified before it becomes a key.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Bn254BellmanTests : BellmanTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381BellmanTests : BellmanTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class BellmanTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly Lazy<(byte[] Challenge, byte[] Response)> Made = new(() =>
    {
        string challenge = Ceremony<TCurve, TFp, TFr>.NewFile(".params"), response = Ceremony<TCurve, TFp, TFr>.NewFile(".params");
        PhaseTwo.ExportBellman(Key(2), challenge);
        using ContributionEntropy entropy = Ceremony<TCurve, TFp, TFr>.Entropy(11);
        PhaseTwo.ContributeBellman(challenge, response, entropy);
        return (File.ReadAllBytes(challenge), File.ReadAllBytes(response));
    });

    private static int G1 => Forgery<TCurve, TFp, TFr>.G1Size;

    private static int G2 => Forgery<TCurve, TFp, TFr>.G2Size;

    private static int Delta1At => (2 * G1) + (2 * G2);

    private static int Delta2At => Delta1At + G1;

    private static int IcAt => Delta2At + G2;

    private static (int Wires, int Public, int Domain) Counts { get; } = ReadCounts();

    private static int HAt => IcAt + 4 + ((Counts.Public + 1) * G1);

    private static int LAt => HAt + 4 + ((Counts.Domain - 1) * G1);

    private static int AAt => LAt + 4 + ((Counts.Wires - Counts.Public - 1) * G1);

    private static int RecordAt => AAt + (3 * 4) + (Counts.Wires * ((2 * G1) + G2));

    [Fact]
    public void A_contribution_by_way_of_bellman_is_verified()
    {
        string output = Ceremony<TCurve, TFp, TFr>.NewFile();
        Assert.Null(Import(Made.Value.Response, output, "by bellman"));
        PhaseTwoReport report = Ceremony<TCurve, TFp, TFr>.Instance.Verify(output);
        Assert.True(report.IsTrue, report.Fault?.Text);
        Assert.Equal(["alice", "bob", "by bellman"], report.Contributions.Select(c => c.Name));

        // H has lost what no quotient uses, which a step tolerates too.
        Assert.Null(PhaseTwo.VerifyStep(Key(2), output));
        Assert.Equal(TCurve.Id, PhaseTwo.ReadBellmanCurve(Write(Made.Value.Challenge)));
    }

    [Fact]
    public void What_was_exported_is_no_contribution() => Refused(TranscriptFaultKind.NoContributions, "nothing to import", Made.Value.Challenge);

    [Fact]
    public void Elements_that_no_contribution_changes_are_compared()
    {
        foreach ((string words, int at, bool isG2) in ((string, int, bool)[])[
            ("another α", 0, false), ("another β", G1, false), ("another β", 2 * G1, true), ("another γ", (2 * G1) + G2, true),
            ("point 1 of IC", IcAt + 4 + G1, false), ("point 2 of A", AAt + 4 + (2 * G1), false),
            ("point 3 of B1", AAt + 8 + ((Counts.Wires + 3) * G1), false), ("point 0 of B2", AAt + 12 + (2 * Counts.Wires * G1), true)])
        {
            byte[] changed = Changed(at, isG2);
            Refused(at < Delta1At ? TranscriptFaultKind.PhaseOne : TranscriptFaultKind.Circuit, words, changed);
        }
    }

    [Fact]
    public void Elements_that_a_contribution_changes_must_follow_from_it()
    {
        Refused(TranscriptFaultKind.Delta, "in both groups", Changed(Delta1At, isG2: false));
        Refused(TranscriptFaultKind.Delta, "in both groups", Changed(Delta2At, isG2: true));
        Refused(TranscriptFaultKind.Delta, "in both groups", Changed(Delta2At, isG2: true, Changed(Delta1At, isG2: false)));
        Refused(TranscriptFaultKind.SectionH, "(H)", Changed(HAt + 4 + G1, isG2: false));
        Refused(TranscriptFaultKind.SectionL, "(L)", Changed(LAt + 4, isG2: false));

        byte[] swapped = (byte[])Made.Value.Response.Clone();
        byte[] first = swapped[(LAt + 4)..(LAt + 4 + G1)];
        swapped.AsSpan(LAt + 4 + G1, G1).CopyTo(swapped.AsSpan(LAt + 4));
        first.CopyTo(swapped, LAt + 4 + G1);
        Refused(TranscriptFaultKind.SectionL, "(L)", swapped);
    }

    [Fact]
    public void The_record_must_continue_that_of_the_key()
    {
        int entry = (3 * G1) + G2 + 64;
        byte[] hash = (byte[])Made.Value.Response.Clone();
        hash[RecordAt] ^= 1;
        Refused(TranscriptFaultKind.InitialKeyHash, "another initial key", hash);
        Refused(TranscriptFaultKind.HashChain, "Contribution 2 of the parameters", Changed(RecordAt + 68 + entry, isG2: false));
        Refused(TranscriptFaultKind.NotSuccessive, "Contribution 3", Changed(RecordAt + 68 + (2 * entry), isG2: false));
        Refused(TranscriptFaultKind.KeyProof, "Contribution 3", Changed(RecordAt + 68 + (2 * entry) + (3 * G1), isG2: true));
    }

    [Fact]
    public void Broken_parameters_are_told_by_byte()
    {
        byte[] whole = Made.Value.Response;
        for (int length = 0; length < whole.Length; length += whole.Length / 30)
        {
            Assert.Throws<InvalidFileException>(() => Import(whole[..length], Ceremony<TCurve, TFp, TFr>.NewFile()));
        }

        Assert.Equal(FileFault.TrailingBytes, Broken([.. whole, 0]).Fault);
        byte[] off = (byte[])whole.Clone();
        off[HAt + 4 + G1 - 1] ^= 1;
        InvalidFileException refusal = Broken(off);
        Assert.Equal((FileFault.NotOnCurve, (long)HAt + 4), (refusal.Fault, refusal.Offset));
        Assert.Contains("point 0 of H", refusal.Message, StringComparison.Ordinal);

        byte[] lying = (byte[])whole.Clone();
        lying.AsSpan(HAt, 4).Fill(0xff);
        Assert.Contains("4294967295", Broken(lying).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidFileException>(() => Contribute(lying));
        lying.AsSpan(HAt, 4).Clear();
        lying[HAt + 1] = 0x10;
        Assert.Contains("1048576 points of H are announced", Assert.Throws<InvalidFileException>(() => Contribute(lying)).Message, StringComparison.Ordinal);
        lying.AsSpan(HAt, 4).Clear();
        Assert.Contains("belong to another circuit", Broken(lying).Message, StringComparison.Ordinal);
    }

    /// <summary>No import would take such a contribution, so no secret is spent on it.</summary>
    [Fact]
    public void Parameters_whose_delta_is_not_that_of_their_record_are_not_contributed_to()
    {
        foreach ((int at, bool isG2) in ((int, bool)[])[(Delta1At, false), (Delta2At, true)])
        {
            byte[] challenge = Changed(at, isG2, Made.Value.Challenge);
            var refusal = Assert.Throws<InvalidFileException>(() => Contribute(challenge));
            Assert.Equal((FileFault.Inconsistent, (long)Delta1At), (refusal.Fault, refusal.Offset));
            Assert.Contains("δ after contribution 2", refusal.Message, StringComparison.Ordinal);
        }

        // Both moved by the same factor, which one party alone knows.
        byte[] moved = Changed(Delta2At, isG2: true, Changed(Delta1At, isG2: false, Made.Value.Challenge));
        Assert.Throws<InvalidFileException>(() => Contribute(moved));
    }

    [Fact]
    public void A_key_that_no_verifier_would_accept_takes_neither_imports_nor_contributions()
    {
        Forgery<TCurve, TFp, TFr> beta = new(Key(2));
        Iden3Encoding.Write(Affine<TFp, TCurve>.Generator, beta[ZkeyFormat.HeaderSection].AsSpan(Forgery<TCurve, TFp, TFr>.PointsAt + G1, G1));
        foreach ((string path, string words) in ((string, string)[])[
            (new Forgery<TCurve, TFp, TFr>(Key(2)).Move(TFr.FromUInt64(7)).Write(), "Nothing can be contributed to this key"),
            (beta.Write(), "beta1 and beta2 are not the same multiple")])
        {
            string output = Ceremony<TCurve, TFp, TFr>.NewFile();
            using ContributionEntropy entropy = Ceremony<TCurve, TFp, TFr>.Entropy(13);
            InvalidFileException[] refusals =
            [
                Assert.Throws<InvalidFileException>(() => PhaseTwo.ImportBellman(path, Write(Made.Value.Response), output, "")),
                Assert.Throws<InvalidFileException>(() => PhaseTwo.Contribute(path, output, "", entropy)),
                Assert.Throws<InvalidFileException>(() => PhaseTwo.Beacon(path, output, "", new byte[] { 1 }, 10)),
            ];
            Assert.All(refusals, refusal => Assert.Contains(words, refusal.Message, StringComparison.Ordinal));
            Assert.False(File.Exists(output));
        }
    }

    /// <summary>Products of such points would tell the contributor's secret modulo small orders.</summary>
    [Fact]
    public void Points_of_small_order_are_not_multiplied_by_a_secret()
    {
        if (typeof(TCurve) != typeof(Bls12381))
        {
            // Every point of that curve is in the group of prime order.
            Assert.True(Affine<TFp, TCurve>.Generator.IsInSubgroup());
            return;
        }

        // x = 0, y = 2 is a point of order three.
        byte[] challenge = (byte[])Made.Value.Challenge.Clone();
        challenge.AsSpan(LAt + 4, G1).Clear();
        challenge[LAt + 4 + G1 - 1] = 2;
        var refusal = Assert.Throws<InvalidFileException>(() => Contribute(challenge));
        Assert.Equal((FileFault.NotInSubgroup, (long)LAt + 4), (refusal.Fault, refusal.Offset));
        Assert.Contains("point 0 of L", refusal.Message, StringComparison.Ordinal);
    }

    private static string Key(int number) => Ceremony<TCurve, TFp, TFr>.Instance.Keys[number];

    private static (int Wires, int Public, int Domain) ReadCounts()
    {
        PhaseTwoReport report = PhaseTwo.ReadInfo(Key(2));
        return (report.Wires, report.PublicInputs, report.DomainSize);
    }

    private static string Write(byte[] parameters)
    {
        string path = Ceremony<TCurve, TFp, TFr>.NewFile(".params");
        File.WriteAllBytes(path, parameters);
        return path;
    }

    private static TranscriptFault? Import(byte[] parameters, string output, string name = "") => PhaseTwo.ImportBellman(Key(2), Write(parameters), output, name);

    private static InvalidFileException Broken(byte[] parameters)
    {
        string output = Ceremony<TCurve, TFp, TFr>.NewFile();
        var refusal = Assert.Throws<InvalidFileException>(() => Import(parameters, output));
        Assert.False(File.Exists(output));
        return refusal;
    }

    private static void Contribute(byte[] parameters)
    {
        using ContributionEntropy entropy = Ceremony<TCurve, TFp, TFr>.Entropy(12);
        PhaseTwo.ContributeBellman(Write(parameters), Ceremony<TCurve, TFp, TFr>.NewFile(), entropy);
    }

    private static void Refused(TranscriptFaultKind kind, string words, byte[] parameters)
    {
        string output = Ceremony<TCurve, TFp, TFr>.NewFile();
        TranscriptFault? fault = Import(parameters, output);
        Assert.NotNull(fault);
        Assert.True(kind == fault.Kind && fault.Text.Contains(words, StringComparison.Ordinal), $"{kind} with '{words}' expected: {fault}");
        Assert.False(File.Exists(output));
    }

    /// <summary>The response, or other parameters, with another point of the group at a place.</summary>
    private static byte[] Changed(int at, bool isG2, byte[]? parameters = null)
    {
        byte[] changed = (byte[])(parameters ?? Made.Value.Response).Clone();
        TFr seven = TFr.FromUInt64(7);
        if (isG2)
        {
            Iden3Encoding.WriteUncompressed(Forgery<TCurve, TFp, TFr>.Times(Affine<Fp2<TFp>, TCurve>.Generator, seven), changed.AsSpan(at, G2));
        }
        else
        {
            Iden3Encoding.WriteUncompressed(Forgery<TCurve, TFp, TFr>.Times(Affine<TFp, TCurve>.Generator, seven), changed.AsSpan(at, G1));
        }

        return changed;
    }
}
