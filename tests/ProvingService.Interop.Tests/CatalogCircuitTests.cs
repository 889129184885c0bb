// Owns: that the circuits of the catalog go the whole way with snarkjs: its key, its check of that key, proofs by either.

using System.Diagnostics;
using ProvingService.Algebra;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Interop.Tests;

public sealed class CatalogCircuitTests(Workshop workshop, ITestOutputHelper output) : IClassFixture<Workshop>
{
    /// <summary>
    /// All circuits where no kernels are asked for, and one for our prover's sake where they are: snarkjs takes most of the
    /// time and computes alike whatever kernels we have.
    /// </summary>
    public static TheoryData<string, string> Circuits => KernelsAreChosen
        ? new() { { "participation", "bn254" } }
        : new()
        {
            { "transfer", "bls12-381" },
            { "transfer", "bn254" },
            { "participation", "bls12-381" },
            { "participation", "bn254" },
        };

    /// <summary>
    /// As above. state-transition-20 has three times the terms, for which snarkjs needs minutes: with
    /// <c>PROVING_SERVICE_INTEROP=long</c> alone.
    /// </summary>
    public static TheoryData<string, string> SetUpBySnarkjs => KernelsAreChosen ? new() { { "small", "bls12-381" } }
        : IsLong ? new() { { "transfer", "bls12-381" }, { "transfer", "bn254" } }
        : new() { { "participation", "bls12-381" }, { "participation", "bn254" } };

    private static bool IsLong => Environment.GetEnvironmentVariable("PROVING_SERVICE_INTEROP") == "long";

    private static bool KernelsAreChosen => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(KernelTiers.SwitchName));

    /// <summary>A key with snarkjs's contribution for our circuit; a proof from our witness by us and by snarkjs.</summary>
    [InteropTheory]
    [MemberData(nameof(Circuits))]
    public void Snarkjs_takes_our_circuit_key_and_witness_and_both_prove_and_verify(string circuit, string curve)
    {
        CircuitFiles files = Timed("circuit, key and our proof", () => workshop.Make(Maker.Ours, Maker.Both, circuit, curve));
        string ptau = Timed("powers of tau", () => workshop.Ptau(curve, files.R1cs, spare: 1));
        Timed("wtns check", () => Node.Snarkjs("wtns", "check", files.R1cs, files.Wtns)).Succeeds().Says("WITNESS IS CORRECT");
        Timed("zkey verify", () => Node.Snarkjs("zkvi", files.FreshZkey, ptau, files.Zkey))
            .Succeeds().Says("contribution #1 interop").Says("ZKey Ok!");
        Timed("groth16 verify", () => Node.Snarkjs("groth16", "verify", files.VerifyingKey, files.Public, files.Proof)).Succeeds().Says("OK!");
        Verify(files.Public, files.Proof);

        string theirProof = files.At("their-proof.json"), theirPublic = files.At("their-public.json");
        Timed("groth16 prove", () => Node.Snarkjs("groth16", "prove", files.Zkey, files.Wtns, theirProof, theirPublic)).Succeeds();
        Assert.Equal(File.ReadAllBytes(files.Public), File.ReadAllBytes(theirPublic));
        Verify(theirPublic, theirProof);

        void Verify(string input, string proof) =>
            Zkps.Run("verify", "--vk", files.VerifyingKey, "--public", input, "--proof", proof).Succeeds();
    }

    /// <summary>
    /// What the keys above begin with is what snarkjs computes from the circuit and the powers of tau itself, byte for byte; but
    /// for the circuit's hash in the last section from domains of 2^15 on, where snarkjs's hashHPoints takes one point too many
    /// into its last chunk.
    /// </summary>
    [InteropTheory]
    [MemberData(nameof(SetUpBySnarkjs))]
    public void Our_initial_keys_are_those_of_snarkjs(string circuit, string curve)
    {
        const int hashAndContributions = 10;
        CircuitFiles files = workshop.Make(Maker.Ours, Maker.Both, circuit, curve);
        string ptau = workshop.Ptau(curve, files.R1cs, spare: 1), theirs = files.At("their-initial.zkey");
        Timed("groth16 setup", () => Node.Snarkjs("groth16", "setup", files.R1cs, ptau, theirs)).Succeeds();
        Dictionary<uint, byte[]> expected = Sections(theirs), found = Sections(files.FreshZkey);
        Assert.Equal(expected.Keys.Order(), found.Keys.Order());
        foreach (uint section in expected.Keys.Where(section => section != hashAndContributions || circuit != "transfer"))
        {
            Assert.True(expected[section].AsSpan().SequenceEqual(found[section]), $"Section {section} differs.");
        }
    }

    /// <summary>The sections of one of iden3's containers: magic, version, count; then number, length and content of each.</summary>
    private static Dictionary<uint, byte[]> Sections(string path)
    {
        var sections = new Dictionary<uint, byte[]>();
        using var reader = new BinaryReader(File.OpenRead(path));
        reader.ReadUInt64();
        for (uint left = reader.ReadUInt32(); left > 0; left--)
        {
            uint number = reader.ReadUInt32();
            sections.Add(number, reader.ReadBytes(checked((int)reader.ReadUInt64())));
        }

        Assert.Equal(reader.BaseStream.Length, reader.BaseStream.Position);
        return sections;
    }

    private T Timed<T>(string step, Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        output.WriteLine($"{step}: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
        return result;
    }
}
