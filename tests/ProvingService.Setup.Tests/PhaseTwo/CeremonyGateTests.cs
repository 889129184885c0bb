// Owns: the rules under which a key leaves a ceremony, each broken alone.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class CeremonyGateTests
{
    private static readonly DateTimeOffset Ended = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Public = Ended.AddHours(6);
    private static readonly DateTimeOffset Now = Ended.AddDays(1);

    private static Ceremony<Bn254, Bn254Fp, Bn254Fr> Made => Ceremony<Bn254, Bn254Fp, Bn254Fr>.Instance;

    private static BeaconAnnouncement Announced => new("a round of a beacon", Ceremony<Bn254, Bn254Fp, Bn254Fr>.BeaconValue, 10, Public, Ended);

    [Fact]
    public void A_key_that_keeps_every_rule_passes()
    {
        PhaseTwoReport report = CeremonyGate.Check(Made.R1cs, Made.Ptau, Made.Keys[3], new(2, Announced), new Clock(Now));
        Assert.True(report.IsTrue, report.Fault?.Text);
        Assert.Equal(2, report.ContributorCount);
        Assert.True(Check(Made.Keys[2], new(2, RequireBeacon: false)).IsTrue);
    }

    [Fact]
    public void Too_few_contributors_do_not_pass_and_the_beacon_is_none_of_them() =>
        Broken("at least 3 contributions, and the key has 2", Made.Keys[3], new(3, Announced));

    [Fact]
    public void Rules_ask_for_a_contributor() => Assert.Throws<ArgumentOutOfRangeException>(() => Check(Made.Keys[3], new(0)));

    [Fact]
    public void A_key_to_which_no_one_contributed_does_not_pass() => Broken("γ equals δ", Made.Keys[0], new(1, RequireBeacon: false));

    [Fact]
    public void A_key_without_a_beacon_does_not_pass()
    {
        Broken("number 2, is no beacon", Made.Keys[2], new(2));

        // A beacon that was announced is required, whatever else is.
        Broken("number 2, is no beacon", Made.Keys[2], new(2, Announced, RequireBeacon: false));
    }

    [Fact]
    public void A_file_too_long_to_be_an_announcement_is_not_read()
    {
        string path = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".json");
        File.WriteAllText(path, Announced.ToJson() + new string(' ', BeaconAnnouncement.MaxFileLength));
        Assert.Contains("bytes are more than", Assert.Throws<InvalidFileException>(() => BeaconAnnouncement.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_contribution_after_the_beacon_does_not_pass()
    {
        string after = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile();
        PhaseTwo.Contribute(Made.Keys[3], after, "late", Ceremony<Bn254, Bn254Fp, Bn254Fr>.Entropy(4));
        Broken("number 4, is no beacon", after, new(2));
    }

    [Fact]
    public void Another_beacon_than_announced_does_not_pass()
    {
        Broken("was announced", Made.Keys[3], new(2, Announced with { Hash = new byte[] { 1, 2 } }));
        Broken("2^10 times, and 2^11", Made.Keys[3], new(2, Announced with { IterationsLog = 11 }));
    }

    [Fact]
    public void A_beacon_from_the_future_does_not_pass() =>
        Broken("nobody can know its value yet", Made.Keys[3], new(2, Announced with { PublicFrom = Now.AddSeconds(1) }));

    [Fact]
    public void A_beacon_that_was_public_while_people_contributed_does_not_pass()
    {
        Broken("the last contributor could have known it", Made.Keys[3], new(2, Announced with { PublicFrom = Ended }));
        Broken("the last contributor could have known it", Made.Keys[3], new(2, Announced with { ContributionsEnded = Public.AddMinutes(1) }));
    }

    [Fact]
    public void A_false_transcript_does_not_pass()
    {
        Forgery<Bn254, Bn254Fp, Bn254Fr> key = new(Made.Keys[3]);
        Span<Affine<Bn254Fp, Bn254>> points = key.Points(9);
        (points[0], points[1]) = (points[1], points[0]);
        PhaseTwoReport report = Check(key.Write(), new(2, Announced));
        Assert.Equal(TranscriptFaultKind.SectionH, report.Fault!.Kind);
    }

    [Fact]
    public void False_powers_of_tau_do_not_pass()
    {
        var forged = new ForgedPowers<Bn254, Bn254Fp, Bn254Fr>(4);
        forged.Contribute(5, 6, 7);
        byte[] next = forged.Contributions[0].NextChallenge.ToArray();
        next[0] ^= 1;
        forged.Contributions[0] = forged.Contributions[0] with { NextChallenge = next };
        string begun = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".ptau");
        forged.Write(begun);
        (string prepared, string made) = MakeKey(begun);
        CeremonyRules rules = new(1, RequireBeacon: false);
        PhaseTwoReport report = CeremonyGate.Check(Made.R1cs, prepared, made, rules);
        Assert.Equal(TranscriptFaultKind.LastHash, report.Fault!.Kind);
        Assert.StartsWith("Phase 1: ", report.Fault.Text, StringComparison.Ordinal);
        Assert.True(CeremonyGate.Check(Made.R1cs, prepared, made, rules with { VerifyPowersOfTau = false }).IsTrue);
    }

    /// <summary>That α and β are the generators shows in the key, whether the powers of tau are verified or not.</summary>
    [Fact]
    public void A_key_from_powers_of_tau_without_contributors_does_not_pass()
    {
        string begun = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".ptau");
        PhaseOne.New(CurveId.Bn254, 4, begun);
        (string prepared, string made) = MakeKey(begun);
        foreach (bool verify in (bool[])[true, false])
        {
            PhaseTwoReport report = CeremonyGate.Check(Made.R1cs, prepared, made, new(1, RequireBeacon: false, VerifyPowersOfTau: verify));
            Assert.Equal(TranscriptFaultKind.Policy, report.Fault!.Kind);
            Assert.Contains(KeyWeakness.BetaEqualsGammaOrDelta.Explain(), report.Fault.Text, StringComparison.Ordinal);
        }
    }

    /// <summary>A key of the circuit from powers of tau, with one contribution.</summary>
    private static (string Prepared, string Key) MakeKey(string powers)
    {
        string prepared = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".ptau");
        PhaseOne.Prepare(powers, prepared);
        string initial = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(), made = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile();
        PhaseTwo.New(Made.R1cs, prepared, initial);
        PhaseTwo.Contribute(initial, made, "", Ceremony<Bn254, Bn254Fp, Bn254Fr>.Entropy(5));
        return (prepared, made);
    }

    /// <summary>The one case that needs an engine that errs, which no engine of ours does.</summary>
    [Fact]
    public void Engines_that_disagree_are_told_apart_from_a_false_key()
    {
        PhaseTwoReport report = CeremonyGate.Check(
            Made.R1cs, Made.Ptau, Made.Keys[3], new(2, Announced, VerifyPowersOfTau: false), Now, [CpuEngine.Default, new ErringEngine()], null, default);
        Assert.Equal(TranscriptFaultKind.Policy, report.Fault!.Kind);
        Assert.Contains("Two engines disagree", report.Fault.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_announcement_survives_its_file()
    {
        string path = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".json");
        File.WriteAllText(path, Announced.ToJson());
        BeaconAnnouncement read = BeaconAnnouncement.Read(path);
        Assert.Equal(Announced.Hash.ToArray(), read.Hash.ToArray());
        Assert.Equal(Announced with { Hash = default }, read with { Hash = default });
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"source\": 1}")]
    [InlineData("{\"source\": \" \", \"hash\": \"00\", \"iterationsLog\": 10, \"publicFrom\": \"2026-01-01\", \"contributionsEnded\": \"2026-01-01\"}")]
    [InlineData("{\"source\": \"s\", \"hash\": \"0\", \"iterationsLog\": 10, \"publicFrom\": \"2026-01-01\", \"contributionsEnded\": \"2026-01-01\"}")]
    [InlineData("{\"source\": \"s\", \"hash\": \"00\", \"iterationsLog\": 9, \"publicFrom\": \"2026-01-01\", \"contributionsEnded\": \"2026-01-01\"}")]
    [InlineData("{\"source\": \"s\", \"hash\": \"00\", \"iterationsLog\": \"10\", \"publicFrom\": \"2026-01-01\", \"contributionsEnded\": \"2026-01-01\"}")]
    [InlineData("{\"source\": \"s\", \"hash\": \"00\", \"iterationsLog\": 10, \"publicFrom\": \"soon\", \"contributionsEnded\": \"2026-01-01\"}")]
    [InlineData("{\"source\": \"s\", \"hash\": \"00\", \"iterationsLog\": 10, \"publicFrom\": \"2026-01-01\"}")]
    [InlineData("{\"source\": \"s\", \"hash\": \"00\", \"hash\": \"01\", \"iterationsLog\": 10, \"publicFrom\": \"2026-01-02\", \"contributionsEnded\": \"2026-01-01\"}")]
    public void What_is_no_announcement_is_refused_by_name(string text)
    {
        string path = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".json");
        File.WriteAllText(path, text);
        var refusal = Assert.Throws<InvalidFileException>(() => BeaconAnnouncement.Read(path));
        Assert.Equal((FileFault.Malformed, path), (refusal.Fault, refusal.File));
    }

    private static PhaseTwoReport Check(string zkey, CeremonyRules rules) =>
        CeremonyGate.Check(Made.R1cs, Made.Ptau, zkey, rules with { VerifyPowersOfTau = false }, new Clock(Now));

    private static void Broken(string words, string zkey, CeremonyRules rules)
    {
        PhaseTwoReport report = Check(zkey, rules);
        Assert.False(report.IsTrue);
        Assert.Equal(TranscriptFaultKind.Policy, report.Fault!.Kind);
        Assert.Contains(words, report.Fault.Text, StringComparison.Ordinal);
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class ErringEngine : IMsmEngine
    {
        public Jacobian<TField, TCurve> Multiply<TField, TCurve>(
            ReadOnlySpan<Affine<TField, TCurve>> bases, ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
            where TField : unmanaged, IField<TField>
            where TCurve : struct, ICurveGroup<TCurve, TField> =>
            PortableEngine.Instance.Multiply(bases, scalars, options) + Affine<TField, TCurve>.Generator;
    }
}
