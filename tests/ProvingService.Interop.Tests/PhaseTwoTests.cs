// Owns: phase 2 taken in turns by zkps and snarkjs: the same bytes where nothing is drawn, and transcripts that both accept.

using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class PhaseTwoTests(Workshop workshop) : IClassFixture<Workshop>
{
    private const string BeaconValue = "0102030405060708090a0b0c0d0e0f10";

    [InteropTheory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_transcript_may_change_hands_at_every_step(string curve)
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Ours, "small", curve);
        string folder = workshop.NewFolder();
        string At(string name) => Path.Combine(folder, name);
        string ptau = At("small.ptau");
        InsecurePtau.Write(Workshop.Curve(curve), 5, ptau);
        WriteDisordered(files.R1cs, At("disordered.r1cs"));
        Zkps.Run("setup", "zkey", "new", "--r1cs", At("disordered.r1cs"), "--ptau", ptau, "-o", At("ours-disordered.zkey")).Succeeds();
        Zkps.Run("setup", "zkey", "new", "--r1cs", files.R1cs, "--ptau", ptau, "-o", At("ours-0.zkey")).Succeeds();
        Zkps.Run("setup", "zkey", "contribute", At("ours-0.zkey"), At("1.zkey"), "--name", "ours, first").Succeeds();
        JsonElement[] first = Snarkjs(
            folder,
            ["new", files.R1cs, ptau, At("theirs-0.zkey")],
            ["verify", files.R1cs, ptau, At("ours-0.zkey")],
            ["contribute", At("1.zkey"), At("2.zkey"), "theirs, sécond"],
            ["beacon", At("2.zkey"), At("their-beacon.zkey"), "beacon", BeaconValue, 10],
            ["verify", files.R1cs, ptau, At("their-beacon.zkey")],
            ["new", At("disordered.r1cs"), ptau, At("theirs-disordered.zkey")]);
        Assert.Equal(File.ReadAllBytes(At("theirs-0.zkey")), File.ReadAllBytes(At("ours-0.zkey")));
        Assert.Equal(File.ReadAllBytes(At("theirs-disordered.zkey")), File.ReadAllBytes(At("ours-disordered.zkey")));
        Assert.NotEqual(File.ReadAllBytes(At("ours-0.zkey")), File.ReadAllBytes(At("ours-disordered.zkey")));
        Assert.True(first[1].GetBoolean());
        Assert.True(first[4].GetBoolean());

        Beacon(At("2.zkey"), At("our-beacon.zkey"), "beacon").Says(first[3].GetString()!);
        Assert.Equal(File.ReadAllBytes(At("their-beacon.zkey")), File.ReadAllBytes(At("our-beacon.zkey")));
        Verify(files.R1cs, ptau, At("our-beacon.zkey")).Succeeds().Says("2. theirs, sécond").Says("3. beacon, beacon").Says(first[2].GetString()![..64]);

        Zkps.Run("setup", "zkey", "contribute", At("2.zkey"), At("3.zkey"), "--name", "ours, third").Succeeds();
        Beacon(At("3.zkey"), At("final.zkey"), "end").Succeeds();
        Zkps.Run("setup", "zkey", "export-vk", "--zkey", At("final.zkey"), "-o", At("vk.json")).Succeeds();
        Zkps.Run("prove", "--zkey", At("final.zkey"), "--wtns", files.Wtns, "--proof", At("proof.json"), "--public", At("public.json")).Succeeds();
        JsonElement[] last = Snarkjs(
            folder,
            ["verify", files.R1cs, ptau, At("final.zkey")],
            ["prove", At("final.zkey"), files.Wtns],
            ["verifyProof", At("vk.json"), At("public.json"), At("proof.json")]);
        Assert.All(last, result => Assert.True(result.GetBoolean()));
        Verify(files.R1cs, ptau, At("final.zkey")).Succeeds().Says("1. ours, first").Says("4. end, beacon");
    }

    [InteropTheory]
    [InlineData("bls12-381", "bls12381")]
    [InlineData("bn254", "bn128")]
    public void Contributions_may_go_by_way_of_bellman_s_parameters(string curve, string theirName)
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Ours, "small", curve);
        string folder = workshop.NewFolder();
        string At(string name) => Path.Combine(folder, name);
        string ptau = At("small.ptau");
        InsecurePtau.Write(Workshop.Curve(curve), 4, ptau);
        Zkps.Run("setup", "zkey", "new", "--r1cs", files.R1cs, "--ptau", ptau, "-o", At("0.zkey")).Succeeds();
        Zkps.Run("setup", "zkey", "contribute", At("0.zkey"), At("1.zkey"), "--name", "first").Succeeds();
        Zkps.Run("setup", "zkey", "export-bellman", At("1.zkey"), At("challenge")).Succeeds();
        Zkps.Run("setup", "zkey", "contribute-bellman", At("challenge"), At("our-response")).Succeeds();
        JsonElement[] theirs = Snarkjs(
            folder,
            ["exportBellman", At("1.zkey"), At("their-challenge")],
            ["bellmanContribute", theirName, At("challenge"), At("their-response")],
            ["importBellman", At("1.zkey"), At("our-response"), At("their-import-of-ours.zkey"), "second"],
            ["importBellman", At("1.zkey"), At("their-response"), At("their-import-of-theirs.zkey"), "second"],
            ["verify", files.R1cs, ptau, At("their-import-of-ours.zkey")],
            ["verify", files.R1cs, ptau, At("their-import-of-theirs.zkey")]);
        Assert.Equal(File.ReadAllBytes(At("their-challenge")), File.ReadAllBytes(At("challenge")));
        Assert.True(theirs[4].GetBoolean() && theirs[5].GetBoolean());
        foreach (string whose in (string[])["our", "their"])
        {
            Zkps.Run("setup", "zkey", "import-bellman", At("1.zkey"), At($"{whose}-response"), At($"{whose}s.zkey"), "--name", "second").Succeeds();
            Assert.Equal(File.ReadAllBytes(At($"their-import-of-{whose}s.zkey")), File.ReadAllBytes(At($"{whose}s.zkey")));
            Verify(files.R1cs, ptau, At($"{whose}s.zkey")).Succeeds().Says("2. second");
        }

        // Parameters that were exported from another state continue nothing.
        Zkps.Run("setup", "zkey", "contribute", At("1.zkey"), At("2.zkey"), "--name", "meanwhile").Succeeds();
        Zkps.Run("setup", "zkey", "import-bellman", At("2.zkey"), At("their-response"), At("no.zkey")).Ends(1).Says("Contribution 2 of the parameters is not that of the key");
        Assert.False(File.Exists(At("no.zkey")));
    }

    /// <summary>
    /// From 2^15 on snarkjs hashes one point too many: an honest one where the powers of tau are more than the circuit needs, bytes
    /// of the next section where they are exactly as many. That takes half a minute: with <c>PROVING_SERVICE_INTEROP=long</c> alone.
    /// </summary>
    public static TheoryData<string, string, int, string> InitialKeys => Environment.GetEnvironmentVariable("PROVING_SERVICE_INTEROP") == "long"
        ? new()
        {
            { "multiplication-chain-20000", "bls12-381", 15, "Snarkjs" },
            { "multiplication-chain-20000", "bls12-381", 16, "Snarkjs" },
            { "multiplication-chain-20000", "bn254", 15, "Snarkjs" },
            { "multiplication-chain-20000", "bn254", 16, "Snarkjs" },
        }
        : new() { { "multiplication-chain-29", "bn254", 5, "Common" } };

    [InteropTheory]
    [MemberData(nameof(InitialKeys))]
    public void The_initial_key_is_snarkjs_s_to_the_last_byte_whatever_the_domain(string circuit, string curve, int power, string form)
    {
        string folder = workshop.NewFolder();
        string At(string name) => Path.Combine(folder, name);
        Zkps.Run("circuit", "compile", circuit, "--curve", curve, "-o", folder).Succeeds();
        InsecurePtau.Write(Workshop.Curve(curve), power, At("tau.ptau"));
        string r1cs = At(circuit + ".r1cs");
        Zkps.Run("setup", "zkey", "new", "--r1cs", r1cs, "--ptau", At("tau.ptau"), "-o", At("ours.zkey")).Succeeds();
        Snarkjs(folder, ["new", r1cs, At("tau.ptau"), At("theirs.zkey")]);
        Assert.Equal(SHA256.HashData(File.ReadAllBytes(At("theirs.zkey"))), SHA256.HashData(File.ReadAllBytes(At("ours.zkey"))));
        Zkps.Run("setup", "zkey", "contribute", At("theirs.zkey"), At("1.zkey")).Succeeds();
        Zkps.Run("setup", "zkey", "verify", "--skip-ptau", "--json", "--r1cs", r1cs, "--ptau", At("tau.ptau"), "--zkey", At("1.zkey"))
            .Succeeds().Says($"\"hashForm\": \"{form}\"");
    }

    /// <summary>The same circuit with the terms of each combination from the last to the first, and a coefficient of zero before them.</summary>
    private static void WriteDisordered(string source, string target)
    {
        const int Magic = 0x73633172, Term = 4 + 32;
        using var reader = new BinaryReader(File.OpenRead(source));
        using var writer = new BinaryWriter(File.Create(target));
        Assert.Equal(Magic, reader.ReadInt32());
        writer.Write(Magic);
        writer.Write(reader.ReadInt32());
        int sections = reader.ReadInt32();
        writer.Write(sections);
        for (int i = 0; i < sections; i++)
        {
            int type = reader.ReadInt32();
            byte[] content = reader.ReadBytes((int)reader.ReadInt64());
            using var changed = new MemoryStream();
            for (int at = 0; type == 2 && at < content.Length;)
            {
                int terms = BitConverter.ToInt32(content, at);
                changed.Write(BitConverter.GetBytes(terms + 1));
                int[] used = [.. Enumerable.Range(0, terms).Select(k => BitConverter.ToInt32(content, at + 4 + (k * Term)))];
                changed.Write(BitConverter.GetBytes(Enumerable.Range(0, 8192).First(wire => !used.Contains(wire))));
                changed.Write(new byte[32]);
                for (int k = terms - 1; k >= 0; k--)
                {
                    changed.Write(content, at + 4 + (k * Term), Term);
                }

                at += 4 + (terms * Term);
            }

            byte[] written = type == 2 ? changed.ToArray() : content;
            writer.Write(type);
            writer.Write((long)written.Length);
            writer.Write(written);
        }
    }

    private static Outcome Beacon(string before, string after, string name) => Zkps.Run(
        "setup", "zkey", "beacon", before, after, "--hash", BeaconValue, "--iterations", "10", "--name", name);

    private static Outcome Verify(string r1cs, string ptau, string zkey) =>
        Zkps.Run("setup", "zkey", "verify", "--skip-ptau", "--r1cs", r1cs, "--ptau", ptau, "--zkey", zkey);

    /// <summary>The results of steps that snarkjs takes one after another.</summary>
    private static JsonElement[] Snarkjs(string folder, params object[][] steps)
    {
        string path = Path.Combine(folder, "steps.json");
        File.WriteAllText(path, JsonSerializer.Serialize(steps));
        Outcome outcome = Node.Script("phase2.mjs", path).Succeeds();
        JsonElement[] results = [.. outcome.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.StartsWith("{\"verb\"", StringComparison.Ordinal))
            .Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.True(results.Length == steps.Length, outcome.Text);
        Assert.All(results, result => Assert.False(
            result.GetProperty("result").ValueKind == JsonValueKind.String && result.GetProperty("result").GetString()!.StartsWith("error", StringComparison.Ordinal),
            result.ToString()));
        return [.. results.Select(result => result.GetProperty("result"))];
    }
}
