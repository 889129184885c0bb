// Owns: the rules of .zkey and .ptau: for each a file that breaks it.

using ProvingService.Adversarial;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Lint.Tests;

public abstract class KeyFileTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly Lazy<SmallCeremony> Made = new(() => new(TCurve.Id));

    private static SmallCeremony Files => Made.Value;

    [Fact]
    public void A_key_with_its_circuit_and_powers_is_clean_and_without_them_says_what_was_not_checked()
    {
        Verified(Files.Keys[3]).Breaks();
        Linter.Lint(Files.Keys[3]).Breaks(Rules.ZkeyNotVerified);
    }

    [Fact]
    public void Contributions_are_counted()
    {
        Verified(Files.Keys[2]).Breaks(Rules.ZkeyNoBeacon);
        Verified(Files.Keys[1]).Breaks(Rules.ZkeyNoBeacon, Rules.ZkeyOneContribution);
        Verified(Files.Keys[0]).Breaks(Rules.ZkeyNoContributions, Rules.KeyGammaEqualsDelta);
        Assert.Contains("single party", Linter.Lint(Files.SingleParty).Breaks(Rules.ZkeyNoContributions, Rules.ZkeyNotVerified).Only(Rules.ZkeyNoContributions).Message, StringComparison.Ordinal);
        Verified(Files.SameNames).Breaks(Rules.ZkeySameName, Rules.ZkeyNoBeacon);

        // A beacon is no contributor: everybody knows its secret.
        Verified(Files.OneAndBeacon).Breaks(Rules.ZkeyOneContribution);
    }

    [Fact]
    public void A_false_record_is_told_from_another_delta()
    {
        // The beacon's value ends the record, which ends the file.
        byte[] bytes = File.ReadAllBytes(Files.Keys[3]);
        bytes[^1] ^= 1;
        Lint(bytes).Breaks(Rules.ZkeyRecordFalse, Rules.ZkeyNotVerified);

        // A beacon of so many iterations may be true: only the whole transcript's verification would take the time.
        var patient = new Forgery<TCurve, TFp, TFr>(Files.Keys[3]);
        patient.Record[^1] = patient.Record[^1] with { BeaconIterationsLog = 40 };
        Linter.Lint(patient.Write()).Breaks(Rules.ZkeyBeaconNotRepeated, Rules.ZkeyNotVerified);

        TFr secret = Forgery<TCurve, TFp, TFr>.Scalar(5);
        Finding delta = Linter.Lint(new Forgery<TCurve, TFp, TFr>(Files.Keys[3]).Move(secret).Write())
            .Breaks(Rules.ZkeyDeltaNotOfRecord, Rules.ZkeyNotVerified).Only(Rules.ZkeyDeltaNotOfRecord);
        Assert.NotNull(delta.Place.Offset);
    }

    [Fact]
    public void Elements_of_the_header_are_held_against_each_other()
    {
        // Another β in G1; another γ, which is no longer the generator.
        Edit(forgery => Write(forgery, Forgery<TCurve, TFp, TFr>.PointsAt + Forgery<TCurve, TFp, TFr>.G1Size, Points.Times(Affine<TFp, TCurve>.Generator, TFr.FromUInt64(99))))
            .Breaks(Rules.ZkeyGroupsDisagree, Rules.ZkeyNotVerified);
        // δ in G2 as everyone knows it, which is what verifiers use; in G1 that of the record.
        LintReport moved = Edit(forgery => forgery.Delta2 = Points.Times(forgery.Delta2, TFr.FromUInt64(99)))
            .Breaks(Rules.ZkeyDeltaNotOfRecord, Rules.ZkeyGroupsDisagree, Rules.ZkeyNotVerified);
        Assert.Contains("δ in G1 and in G2", moved.Only(Rules.ZkeyGroupsDisagree).Message, StringComparison.Ordinal);
        Assert.Equal(HeaderAt() + Forgery<TCurve, TFp, TFr>.Delta2At, moved.Only(Rules.ZkeyGroupsDisagree).Place.Offset);

        TFr other = Forgery<TCurve, TFp, TFr>.Scalar(9);
        Finding gamma = Edit(forgery => forgery.Gamma2 = Points.Times(Affine<Fp2<TFp>, TCurve>.Generator, other))
            .Breaks(Rules.ZkeyGammaNotGenerator, Rules.ZkeyNotVerified).Only(Rules.ZkeyGammaNotGenerator);
        Assert.Equal(HeaderAt() + Forgery<TCurve, TFp, TFr>.GammaAt, gamma.Place.Offset);
        Edit(forgery => forgery.Gamma2 = Points.Times(Affine<Fp2<TFp>, TCurve>.Generator, other)).Breaks(Rules.ZkeyGammaNotGenerator, Rules.ZkeyNotVerified);
    }

    [Fact]
    public void Points_of_the_sections_are_checked()
    {
        foreach (int wire in (int[])[1, 2])
        {
            // The last public wire as well as the first.
            Assert.Equal(wire, Edit(forgery => forgery.Points(ZkeyFormat.ASection)[wire] = default).Breaks(Rules.ZkeyInputUnbound, Rules.ZkeyNotVerified).Only(Rules.ZkeyInputUnbound).Place.Wire);
        }

        Edit(forgery => forgery.Points(ZkeyFormat.IcSection)[1] = default).Breaks(Rules.KeyInputUnbound, Rules.ZkeyNotVerified);
        Edit(forgery => forgery.Points(ZkeyFormat.B1Section)[3] = Affine<TFp, TCurve>.Generator).Breaks(Rules.ZkeyBDisagrees, Rules.ZkeyNotVerified);
        Edit(forgery => Write(forgery, 0, Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value, ZkeyFormat.B2Section)).Breaks(Rules.PointNotInSubgroup, Rules.ZkeyNotVerified);
        Edit(forgery => forgery[ZkeyFormat.HSection][0] ^= 1).Breaks(Rules.PointNotOnCurve);
        Edit(forgery => forgery[ZkeyFormat.HSection].AsSpan(0, PrimeField.ByteCount<TFp>()).Fill(0xff)).Breaks(Rules.PointNotCanonical);

        // On the curve, in the subgroup and false: only the circuit and the powers of tau tell.
        string path = new Forgery<TCurve, TFp, TFr>(Files.Keys[3]).Also(forgery => forgery.Points(ZkeyFormat.CSection)[0] = Affine<TFp, TCurve>.Generator).Write();
        Linter.Lint(path).Breaks(Rules.ZkeyNotVerified);
        Verified(path).Breaks(Rules.ZkeyTranscriptFalse);
    }

    [Fact]
    public void What_is_not_of_the_format_is_told()
    {
        Edit(forgery => forgery.Sections.Add((77, [1, 2, 3]))).Breaks(Rules.ZkeyUnknownSection, Rules.ZkeyNotVerified);
        Lint(File.ReadAllBytes(Files.Keys[3])[..^1]).Breaks(Rules.FileMalformed);
    }

    [Fact]
    public void Powers_of_tau_are_verified_and_their_contributions_counted()
    {
        Linter.Lint(Files.Powers[3]).Breaks();
        Linter.Lint(Files.Powers[2]).Breaks(Rules.PtauNotPrepared);
        Linter.Lint(Files.Powers[1]).Breaks(Rules.PtauNotPrepared, Rules.PtauNoBeacon, Rules.PtauOneContribution);
        Linter.Lint(Files.Powers[0]).Breaks(Rules.PtauNotPrepared, Rules.PtauNoContributions);
        Linter.Lint(Files.OneAndBeaconPowers).Breaks(Rules.PtauNotPrepared, Rules.PtauOneContribution);
        Linter.Lint(Files.Reduced).Breaks(Rules.PtauReduced);

        // The points of one ceremony and the record of another.
        byte[] other = Section(Files.OtherPowers, PtauFormat.TauG1Section);
        Linter.Lint(Splice(Files.Powers[2], PtauFormat.TauG1Section, other)).Breaks(Rules.PtauTranscriptFalse, Rules.PtauNotPrepared);
        Linter.Lint(Splice(Files.Powers[2], 99, [1])).Breaks(Rules.PtauUnknownSection, Rules.PtauNotPrepared);
        Lint(File.ReadAllBytes(Files.Powers[2])[..^1]).Breaks(Rules.FileMalformed);
    }

    /// <summary>Else a key would be shown to follow from powers of tau whose secrets somebody may know.</summary>
    [Fact]
    public void The_powers_of_tau_of_a_key_are_verified_too()
    {
        string forged = Splice(Files.Powers[3], PtauFormat.ContributionSection, Section(Files.OtherPowers, PtauFormat.ContributionSection));
        Linter.Lint(Files.Keys[3], new() { R1cs = Files.R1cs, Ptau = forged }).Breaks(Rules.ZkeyTranscriptFalse);
    }

    /// <summary>Where the content of the header begins, in every key of the circuit.</summary>
    private static long HeaderAt()
    {
        using SectionedFile file = SectionedFile.Open(Files.Keys[3], ZkeyFormat.Magic, ZkeyFormat.Version);
        return file.Require(ZkeyFormat.HeaderSection, "test").Offset;
    }

    private static LintReport Verified(string zkey) => Linter.Lint(zkey, new() { R1cs = Files.R1cs, Ptau = Files.Powers[3] });

    /// <summary>The full key with one thing changed.</summary>
    private static LintReport Edit(Action<Forgery<TCurve, TFp, TFr>> change) =>
        Linter.Lint(new Forgery<TCurve, TFp, TFr>(Files.Keys[3]).Also(change).Write());

    private static LintReport Lint(byte[] bytes)
    {
        string path = Files.NewFile();
        File.WriteAllBytes(path, bytes);
        return Linter.Lint(path);
    }

    private static void Write<TField, TGroup>(Forgery<TCurve, TFp, TFr> forgery, int at, Affine<TField, TGroup> point, uint section = ZkeyFormat.HeaderSection)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> =>
        Iden3Encoding.Write(point, forgery[section].AsSpan(at, Iden3Encoding.PointSize<TField, TGroup>()));

    private static byte[] Section(string path, uint type)
    {
        using SectionedFile file = SectionedFile.Open(path, PtauFormat.Magic, PtauFormat.Version);
        FileSection section = file.Require(type, "test");
        byte[] content = new byte[section.Length];
        file.ReadAt(section.Offset, content);
        return content;
    }

    /// <summary>A file with one section exchanged or added.</summary>
    private static string Splice(string path, uint type, byte[] content)
    {
        using SectionedFile file = SectionedFile.Open(path, PtauFormat.Magic, PtauFormat.Version);
        uint[] types = [.. file.Sections.ToArray().Select(section => section.Type).Union([type])];
        string target = Files.NewFile();
        using var writer = new SectionedFileWriter(target, PtauFormat.Magic, PtauFormat.Version, (uint)types.Length);
        foreach (uint each in types)
        {
            writer.BeginSection(each);
            writer.Write(each == type ? content : Section(path, each));
            writer.EndSection();
        }

        writer.Commit();
        return target;
    }
}

public sealed class Bn254KeyFileTests : KeyFileTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381KeyFileTests : KeyFileTests<Bls12381, Bls12381Fp, Bls12381Fr>;

/// <summary>Powers of tau 0, 1, 2 (with a beacon) and 3 (prepared), and keys 0, 1, 2 and 3 (with a beacon) from them.</summary>
internal sealed class SmallCeremony
{
    private static readonly byte[] Beacon = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly TemporaryFolder folder = new();

    public SmallCeremony(CurveId curve)
    {
        R1cs = folder.File("circuit.r1cs");
        CurveDispatch.Run(curve, new WriteCircuit(R1cs, folder.File("single.zkey")));
        SingleParty = folder.File("single.zkey");
        Powers = [.. Enumerable.Range(0, 4).Select(i => folder.File($"{i}.ptau"))];
        MakePowers(curve, Powers);
        string[] others = [.. Enumerable.Range(0, 4).Select(i => folder.File($"other-{i}.ptau"))];
        MakePowers(curve, others);
        OtherPowers = others[2];
        Reduced = folder.File("reduced.ptau");
        PhaseOne.Truncate(Powers[3], Reduced, 2);

        Keys = [.. Enumerable.Range(0, 4).Select(i => folder.File($"{i}.zkey"))];
        PhaseTwo.New(R1cs, Powers[3], Keys[0]);
        Contribute(Keys[0], Keys[1], "alice");
        Contribute(Keys[1], Keys[2], "bob");
        PhaseTwo.Beacon(Keys[2], Keys[3], "end", Beacon, 10);
        SameNames = folder.File("same.zkey");
        Contribute(Keys[1], SameNames, "alice");
        OneAndBeacon = folder.File("one-and-beacon.zkey");
        PhaseTwo.Beacon(Keys[1], OneAndBeacon, "end", Beacon, 10);
        OneAndBeaconPowers = folder.File("one-and-beacon.ptau");
        PhaseOne.Beacon(Powers[1], OneAndBeaconPowers, "end", Beacon, 10);
    }

    public string R1cs { get; }

    public string SingleParty { get; }

    public string[] Powers { get; }

    public string OtherPowers { get; }

    public string Reduced { get; }

    public string[] Keys { get; }

    public string SameNames { get; }

    public string OneAndBeacon { get; }

    public string OneAndBeaconPowers { get; }

    public string NewFile() => folder.File(Guid.NewGuid().ToString("N"));

    private static void Contribute(string input, string output, string name)
    {
        using ContributionEntropy entropy = ContributionEntropy.Draw();
        PhaseTwo.Contribute(input, output, name, entropy);
    }

    /// <summary>Two contributions and a beacon; the file after one of them too.</summary>
    private void MakePowers(CurveId curve, string[] paths)
    {
        string second = folder.File("second.ptau");
        PhaseOne.New(curve, 3, paths[0]);
        foreach ((string from, string to) in (ReadOnlySpan<(string, string)>)[(paths[0], paths[1]), (paths[1], second)])
        {
            using ContributionEntropy entropy = ContributionEntropy.Draw();
            PhaseOne.Contribute(from, to, "carol", entropy);
        }

        PhaseOne.Beacon(second, paths[2], "end", Beacon, 10);
        PhaseOne.Prepare(paths[2], paths[3]);
    }

    private sealed class WriteCircuit(string r1cs, string single) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            CompiledCircuit<TFr> circuit = CircuitCompiler.Compile<TFr>("small", b =>
            {
                Variable<TFr> x = b.PublicInput("x"), y = b.PrivateInput("y");
                b.PublicOutput("out", x * y * y);
            });
            R1csFile.Write(r1cs, circuit);
            InsecureSetup.Create<TCurve, TFp, TFr>(circuit.System, single);
            return true;
        }
    }
}

internal static class Changing
{
    public static T Also<T>(this T value, Action<T> change)
    {
        change(value);
        return value;
    }
}
