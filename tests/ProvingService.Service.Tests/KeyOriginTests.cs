// Owns: what the service shows of where a key came from, and that a key whose record lies is refused.

using Grpc.Core;
using ProvingService.Algebra;
using ProvingService.Contract;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests;

public sealed class KeyOriginTests
{
    private const int Length = 8;
    private static readonly byte[] Beacon = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    [Theory]
    [InlineData(CurveId.Bn254)]
    [InlineData(CurveId.Bls12381)]
    public async Task A_key_from_a_ceremony_shows_its_contributions_and_its_transcripts_hash(CurveId curve)
    {
        using var folder = new TemporaryFolder();
        (string initial, string final) = MakeKeys(folder, curve);
        await using TestService service = await TestService.StartAsync();
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync(service, initial));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);

        Circuit circuit = await RegisterAsync(service, final);
        Assert.Equal((3u, true, false), (circuit.Origin.Contributions, circuit.Origin.EndsWithBeacon, circuit.Insecure));
        PhaseTwoReport report = PhaseTwo.ReadInfo(final);
        Assert.Equal(Convert.ToHexStringLower(report.InitialKeyHash.Span), circuit.Origin.InitialKeyHash);
        Assert.Matches("^[0-9a-f]{128}$", circuit.Origin.TranscriptHash);
        Assert.Equal(circuit.Origin, (await service.Client.Circuits.GetCircuitAsync(new() { Circuit = circuit.KeyHash })).Origin);
        Job job = await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(Length, curve))).Id);
        Assert.Equal(Contract.JobState.Done, job.State);

        // One party's key says so, and has another transcript.
        Circuit single = await service.RegisterChainAsync(Length, curve);
        Assert.Equal((0u, false), (single.Origin.Contributions, single.Origin.EndsWithBeacon));
        Assert.NotEqual(circuit.Origin.TranscriptHash, single.Origin.TranscriptHash);
    }

    [Fact]
    public async Task A_key_whose_record_is_false_is_refused_however_right_its_points_are()
    {
        using var folder = new TemporaryFolder();
        (_, string final) = MakeKeys(folder, CurveId.Bn254);
        byte[] file = await File.ReadAllBytesAsync(final);

        // The beacon's value is the last 32 bytes of the record, which ends the file.
        file[^1] ^= 1;
        string forged = folder.File("forged.zkey");
        await File.WriteAllBytesAsync(forged, file);
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync(service, forged));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains("Contribution 3", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("beacon", refusal.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>A sound key under a circuit that leaves its input open: taken, and everybody who looks is told.</summary>
    [Fact]
    public async Task A_circuit_that_leaves_an_input_open_is_taken_and_says_so()
    {
        using var folder = new TemporaryFolder();
        string r1cs = folder.File("open.r1cs"), zkey = folder.File("open.zkey");
        CompiledCircuit<Bn254Fr> open = CircuitCompiler.Compile<Bn254Fr>("open", b =>
        {
            b.PublicInput("nullifier");
            b.PublicOutput("out", b.PrivateInput("x") * b.PrivateInput("y"));
        });
        R1csFile.Write(r1cs, open);
        InsecureSetup.Create<Bn254, Bn254Fp, Bn254Fr>(open.System, zkey);
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit registered = await service.Client.RegisterAsync(
            new RegisterCircuitRequest { KeyHash = await service.Client.UploadAsync(zkey), R1CsHash = await service.Client.UploadAsync(r1cs) });
        CircuitFinding finding = Assert.Single(registered.Findings);
        Assert.Equal(("r1cs/public-unconstrained", "error", false), (finding.Rule, finding.Severity, registered.Insecure));
        Assert.Contains("wire 2", finding.Message, StringComparison.Ordinal);
        Assert.Equal(registered.Findings, (await service.Client.Circuits.GetCircuitAsync(new() { Circuit = registered.KeyHash })).Findings);
        Assert.Empty((await service.RegisterChainAsync(Length)).Findings);
    }

    /// <summary>δ = 7·γ: no verifier's own check sees it, and anyone forges proofs.</summary>
    [Fact]
    public async Task A_key_with_a_small_factor_between_its_elements_is_taken_as_an_insecure_one_alone()
    {
        using var folder = new TemporaryFolder();
        string zkey = folder.File("seven.zkey");
        InsecureSetup.Create<Bn254, Bn254Fp, Bn254Fr>(R1csFile.Read<Bn254Fr>(TestService.ChainOf(Length, CurveId.Bn254).R1cs).System, zkey);
        byte[] bytes = await File.ReadAllBytesAsync(zkey);

        // The header's content begins at byte 40; δ₁ and δ₂ end it, behind moduli, counts, α₁, β₁, β₂ and γ₂.
        const int DeltaAt = 40 + 84 + (2 * 64) + (2 * 128);
        Iden3Encoding.Write(ScalarMultiplication.Multiply<Bn254Fp, Bn254>(Affine<Bn254Fp, Bn254>.Generator, 7).ToAffine(), bytes.AsSpan(DeltaAt, 64));
        Iden3Encoding.Write(ScalarMultiplication.Multiply<Fp2<Bn254Fp>, Bn254>(Affine<Fp2<Bn254Fp>, Bn254>.Generator, 7).ToAffine(), bytes.AsSpan(DeltaAt + 64, 128));
        await File.WriteAllBytesAsync(zkey, bytes);
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync(service, zkey));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains("7·γ", refusal.Status.Detail, StringComparison.Ordinal);

        Circuit taken = await service.Client.RegisterAsync(
            new RegisterCircuitRequest { KeyHash = await service.Client.UploadAsync(zkey), AllowInsecure = true });
        Assert.True(taken.Insecure);
        Assert.Equal("key/gamma-equals-delta", Assert.Single(taken.Findings).Rule);
    }

    private static async Task<Circuit> RegisterAsync(TestService service, string key) => await service.Client.RegisterAsync(
        new RegisterCircuitRequest { KeyHash = await service.Client.UploadAsync(key), Program = $"multiplication-chain-{Length}" });

    private static (string Initial, string Final) MakeKeys(TemporaryFolder folder, CurveId curve)
    {
        string begun = folder.File("0.ptau"), powers = folder.File("1.ptau"), prepared = folder.File("2.ptau");
        PhaseOne.New(curve, 4, begun);
        using (ContributionEntropy entropy = ContributionEntropy.Draw())
        {
            PhaseOne.Contribute(begun, powers, "someone", entropy);
        }

        PhaseOne.Prepare(powers, prepared);
        string initial = folder.File("0.zkey");
        PhaseTwo.New(TestService.ChainOf(Length, curve).R1cs, prepared, initial);
        string last = initial;
        foreach (string name in (string[])["one", "two"])
        {
            string next = folder.File($"{name}.zkey");
            using ContributionEntropy entropy = ContributionEntropy.Draw(name);
            PhaseTwo.Contribute(last, next, name, entropy);
            last = next;
        }

        string final = folder.File("final.zkey");
        PhaseTwo.Beacon(last, final, "", Beacon, 10);
        return (initial, final);
    }
}
