// Owns: every command doing its job on both curves: the files it writes, by name, and the JSON it prints.

using System.Text.Json;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class HappyPathTests(Workshop workshop) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bls12-381", "bls12-381")]
    [InlineData("bls12381", "bls12-381")]
    [InlineData("BLS12-381", "bls12-381")]
    [InlineData("bn254", "bn254")]
    [InlineData("bn128", "bn254")]
    public void A_circuit_s_cost_is_shown(string spelled, string curve)
    {
        JsonElement info = Zkps.SucceedJson("circuit", "info", Workshop.Circuit, "--curve", spelled);
        Assert.Equal((Workshop.Circuit, curve), (info.GetProperty("name").GetString(), info.GetProperty("curve").GetString()));
        Assert.Equal((10, 1), (info.GetProperty("constraints").GetInt32(), info.GetProperty("publicInputs").GetInt32()));
        Assert.Equal(64, info.GetProperty("hash").GetString()!.Length);
        Assert.Equal("start", info.GetProperty("inputs")[0].GetProperty("name").GetString());
        Assert.Contains("constraints    10", Zkps.Succeed("circuit", "info", Workshop.Circuit).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void Compiling_writes_NAME_r1cs_and_NAME_sym_into_a_folder_that_it_makes(string curve)
    {
        string target = folder.File("a/b");
        JsonElement result = Zkps.SucceedJson("circuit", "compile", "merkle-membership-3", "--curve", curve, "-o", target);
        Assert.Equal(["merkle-membership-3.r1cs", "merkle-membership-3.sym"], Names(target));
        Assert.Equal(Path.Combine(target, "merkle-membership-3.r1cs"), result.GetProperty("r1cs").GetString());
        Assert.Equal(Path.Combine(target, "merkle-membership-3.sym"), result.GetProperty("sym").GetString());
        Assert.Equal(Change.ScalarModulus(curve), R1csFile.ReadHeader(Path.Combine(target, "merkle-membership-3.r1cs")).Prime);
        Assert.Equal(1, result.GetProperty("publicInputs").GetInt32());
    }

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_witness_of_given_inputs_satisfies_the_circuit(string curve)
    {
        string input = folder.File("in.json"), wtns = folder.File("out.wtns");
        File.WriteAllText(input, Change.MerkleInputs(curve).ToJsonString());
        JsonElement result = Zkps.SucceedJson("witness", "merkle-membership-3", "--curve", curve, "--input", input, "-o", wtns);
        Assert.Equal(WtnsFile.ReadHeader(wtns).Count, result.GetProperty("elements").GetInt32());
        Assert.Equal(Change.MerkleInputs(curve)["root"]!.GetValue<string>(), result.GetProperty("public")[0].GetString());
        Assert.Equal(["in.json", "out.wtns"], Names(folder.Path));

        Zkps.Succeed("circuit", "compile", "merkle-membership-3", "--curve", curve, "-o", folder.Path);
        JsonElement check = Zkps.SucceedJson("circuit", "check", "--r1cs", folder.File("merkle-membership-3.r1cs"), "--wtns", wtns);
        Assert.True(check.GetProperty("satisfied").GetBoolean());
    }

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_setup_writes_its_key_and_warns(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string zkey = folder.File("made.zkey");
        Run run = Zkps.Succeed("setup", "insecure", "--r1cs", files.R1cs, "-o", zkey, "--threads", "1", "--json");
        Assert.Contains("warning: insecure single-party setup", run.Error, StringComparison.Ordinal);
        Assert.Equal(zkey, run.Json.GetProperty("zkey").GetString());
        Assert.Equal(curve, run.Json.GetProperty("curve").GetString());
        Assert.Equal(new FileInfo(zkey).Length, run.Json.GetProperty("bytes").GetInt64());
        Assert.Contains("insecure", run.Json.GetProperty("warning").GetString(), StringComparison.Ordinal);
        Assert.Equal(["made.zkey"], Names(folder.Path));
    }

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_key_tells_what_it_is_for(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        JsonElement info = Zkps.SucceedJson("setup", "zkey", "info", files.Zkey, "--full");
        Assert.Equal(curve, info.GetProperty("curve").GetString());
        Assert.Equal((1, 16), (info.GetProperty("publicInputs").GetInt32(), info.GetProperty("domain").GetInt32()));
        Assert.True(info.GetProperty("subgroupChecked").GetBoolean());
        Assert.Equal(JsonValueKind.Null, info.GetProperty("weakness").ValueKind);
        Assert.Equal(0, info.GetProperty("contributions").GetArrayLength());
        Assert.Contains("range and curve checked; --full", Zkps.Succeed("setup", "zkey", "info", files.Zkey).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void Verifiers_are_exported(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        JsonElement vk = Zkps.SucceedJson("setup", "zkey", "export-vk", "--zkey", files.Zkey, "-o", folder.File("vk.json"));
        Assert.Equal((folder.File("vk.json"), curve, 1), (vk.GetProperty("vk").GetString(), vk.GetProperty("curve").GetString(), vk.GetProperty("publicInputs").GetInt32()));
        Assert.Equal(File.ReadAllBytes(files.Vk), File.ReadAllBytes(folder.File("vk.json")));

        JsonElement contract = Zkps.SucceedJson("setup", "zkey", "export-solidity", "--zkey", files.Zkey, "-o", folder.File("Verifier.sol"));
        Assert.Equal(folder.File("Verifier.sol"), contract.GetProperty("solidity").GetString());
        Assert.Contains("contract Groth16Verifier", File.ReadAllText(folder.File("Verifier.sol")), StringComparison.Ordinal);
        Assert.Equal(["Verifier.sol", "vk.json"], Names(folder.Path));
    }

    [Theory]
    [InlineData("bls12-381", "auto")]
    [InlineData("bls12-381", "cpu")]
    [InlineData("bn254", "auto")]
    [InlineData("bn254", "cpu")]
    public void A_proof_is_made_and_verified(string curve, string device)
    {
        WorkshopFiles files = workshop.Of(curve);
        string proof = folder.File("p.json"), inputs = folder.File("i.json");
        JsonElement result = Zkps.SucceedJson(
            "prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", proof, "--public", inputs, "--device", device, "--r1cs", files.R1cs);
        Assert.Equal((proof, inputs), (result.GetProperty("proof").GetString(), result.GetProperty("public").GetString()));
        Assert.Equal((curve, "cpu", 1), (result.GetProperty("curve").GetString(), result.GetProperty("device").GetString(), result.GetProperty("publicInputs").GetInt32()));
        Assert.True(result.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(EngineNames.Current, result.GetProperty("engine").GetString());
        JsonElement begun = result.GetProperty("begun"), ended = result.GetProperty("ended");
        Assert.Equal(
            ["msmA", "msmB", "msmC", "msmH", "products", "quotient", "verification", "witness"],
            begun.EnumerateObject().Select(phase => phase.Name).Order(StringComparer.Ordinal));
        Assert.All(begun.EnumerateObject(), phase => Assert.True(phase.Value.GetDouble() <= ended.GetProperty(phase.Name).GetDouble(), phase.Name));
        Assert.Equal(["i.json", "p.json"], Names(folder.Path));

        JsonElement verdict = Zkps.SucceedJson("verify", "--vk", files.Vk, "--public", inputs, "--proof", proof);
        Assert.True(verdict.GetProperty("valid").GetBoolean());
        Assert.Equal((curve, 1), (verdict.GetProperty("curve").GetString(), verdict.GetProperty("publicInputs").GetInt32()));
        Assert.Contains("The proof is valid.", Zkps.Succeed("verify", "--vk", files.Vk, "--public", inputs, "--proof", proof).Out, StringComparison.Ordinal);
        Assert.Contains($"{proof}: a proof over {curve}, verified", Zkps.Succeed("prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", proof, "--public", inputs).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void An_earlier_output_is_replaced()
    {
        WorkshopFiles files = workshop.Of("bn254");
        foreach (string name in (string[])["p.json", "i.json"])
        {
            File.WriteAllText(folder.File(name), new string('x', 10_000));
        }

        Zkps.Succeed("prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", folder.File("p.json"), "--public", folder.File("i.json"));
        Assert.Equal(File.ReadAllBytes(files.Public), File.ReadAllBytes(folder.File("i.json")));
        Zkps.Succeed("verify", "--vk", files.Vk, "--public", folder.File("i.json"), "--proof", folder.File("p.json"));
    }

    [Fact]
    public void The_demonstration_does_the_whole_way_and_refuses_what_it_tampered_with()
    {
        JsonElement result = Zkps.SucceedJson("demo", "-o", folder.File("demo"));
        Assert.Equal(folder.File("demo"), result.GetProperty("folder").GetString());
        JsonElement curves = result.GetProperty("curves");
        Assert.Equal(["bls12-381", "bn254"], curves.EnumerateArray().Select(c => c.GetProperty("curve").GetString()));
        foreach (JsonElement entry in curves.EnumerateArray())
        {
            string at = folder.File($"demo/{entry.GetProperty("curve").GetString()}");
            Assert.Equal(["state-transition-20", "batch-validity-4-20"], entry.GetProperty("circuits").EnumerateArray().Select(c => c.GetProperty("circuit").GetString()));
            RequireProof(entry, "merkle-membership", at, "batch-validity-4-20", "state-transition-20");
            foreach (JsonElement more in entry.GetProperty("circuits").EnumerateArray())
            {
                string name = more.GetProperty("circuit").GetString()!;
                RequireProof(more, name, Path.Combine(at, name));
            }
        }

        JsonElement service = result.GetProperty("service");
        Assert.All((string[])["verified", "otherStatementRefused", "receiptVerified"], fact => Assert.True(service.GetProperty(fact).GetBoolean()));

        static void RequireProof(JsonElement entry, string name, string at, params string[] folders)
        {
            Assert.Equal(name, entry.GetProperty("circuit").GetString());
            Assert.True(entry.GetProperty("verified").GetBoolean());
            Assert.True(entry.GetProperty("tamperedRefused").GetBoolean());
            string[] files = [name + ".r1cs", name + ".sym", name + ".wtns", name + ".zkey", "proof.json", "public.json", "verification_key.json"];
            Assert.Equal(files.Concat(folders).Order(StringComparer.Ordinal), Names(at));
            Zkps.Succeed("verify", "--vk", $"{at}/verification_key.json", "--public", $"{at}/public.json", "--proof", $"{at}/proof.json");
        }
    }

    private static IEnumerable<string> Names(string path) =>
        Directory.EnumerateFileSystemEntries(path).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal);
}
