// Owns: statements on the command line: witness writes them, verify takes them in place of hashes.

using System.Text.Json.Nodes;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class StatementTests(Workshop workshop) : IDisposable
{
    private const string Circuit = "participation-1";

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_proof_is_verified_by_its_statement(string curve)
    {
        string statement = folder.File("statement.json"), vk = folder.File("vk.json"), proof = folder.File("proof.json");
        string input = folder.File("in.json"), wtns = folder.File("w.wtns"), zkey = folder.File("k.zkey");
        Zkps.Succeed("circuit", "example", Circuit, "-o", input);
        Zkps.Succeed("circuit", "compile", Circuit, "--curve", curve, "-o", folder.Path);
        JsonObject told = JsonNode.Parse(Zkps.SucceedJson(
            "witness", Circuit, "--curve", curve, "--input", input, "-o", wtns, "--statement", statement).GetRawText())!.AsObject();
        Assert.True(JsonNode.DeepEquals(told["statement"], JsonNode.Parse(File.ReadAllText(statement))));
        Zkps.Succeed("setup", "insecure", "--r1cs", folder.File(Circuit + ".r1cs"), "-o", zkey);
        Zkps.Succeed("setup", "zkey", "export-vk", "--zkey", zkey, "-o", vk);
        Zkps.Succeed("prove", "--zkey", zkey, "--wtns", wtns, "--proof", proof, "--public", folder.File("public.json"));
        Assert.True(Zkps.SucceedJson("verify", "--vk", vk, "--statement", statement, "--proof", proof).GetProperty("valid").GetBoolean());

        JsonObject other = JsonNode.Parse(File.ReadAllText(statement))!.AsObject();
        other["voteHash"] = "4243";
        File.WriteAllText(statement, other.ToJsonString());
        Assert.Equal(1, Zkps.Run("verify", "--vk", vk, "--statement", statement, "--proof", proof).Code);

        other["attempt"] = 1 << 16;
        File.WriteAllText(statement, other.ToJsonString());
        Zkps.Fail(2, folder.Path, "attempt", "verify", "--vk", vk, "--statement", statement, "--proof", proof);
    }

    /// <summary>The statement is of a kind; which circuit of the family must have proved it is the key's to say.</summary>
    [Fact]
    public void A_proof_by_one_circuit_is_none_by_another_of_its_family()
    {
        string[] vks = [.. new[] { 1, 2 }.Select(capacity =>
        {
            string name = $"batch-validity-{capacity}-2", at = folder.File(name);
            Zkps.Succeed("circuit", "compile", name, "--curve", "bn254", "-o", folder.Path);
            Zkps.Succeed("setup", "insecure", "--r1cs", at + ".r1cs", "-o", at + ".zkey");
            Zkps.Succeed("setup", "zkey", "export-vk", "--zkey", at + ".zkey", "-o", at + ".vk.json");
            return at + ".vk.json";
        })];
        string input = folder.File("batch.json"), wtns = folder.File("w.wtns"), statement = folder.File("s.json"), proof = folder.File("p.json");
        Zkps.Succeed("circuit", "example", "batch-validity-1-2", "-o", input);
        Zkps.Succeed("witness", "batch-validity-1-2", "--curve", "bn254", "--input", input, "-o", wtns, "--statement", statement);
        Zkps.Succeed("prove", "--zkey", folder.File("batch-validity-1-2.zkey"), "--wtns", wtns, "--proof", proof, "--public", folder.File("public.json"));
        Zkps.Succeed("verify", "--vk", vks[0], "--statement", statement, "--proof", proof);
        Assert.Equal(1, Zkps.Run("verify", "--vk", vks[1], "--statement", statement, "--proof", proof).Code);
    }

    [Fact]
    public void What_is_proved_must_be_said_once()
    {
        WorkshopFiles files = workshop.Of("bn254");
        string statement = folder.File("statement.json");
        Zkps.Fail(2, folder.Path, "--statement", "verify", "--vk", files.Vk, "--proof", files.Proof);
        Zkps.Fail(2, folder.Path, "--statement", "verify", "--vk", files.Vk, "--proof", files.Proof, "--public", files.Public, "--statement", statement);
        File.WriteAllText(statement, "{\"statement\": \"multiplication-chain\"}");
        Zkps.Fail(2, folder.Path, "statement", "verify", "--vk", files.Vk, "--proof", files.Proof, "--statement", statement);
    }

    /// <summary>A statement that cannot be written leaves no witness, which holds secrets, behind; nor may one overwrite the other.</summary>
    [Fact]
    public void A_statement_that_cannot_be_written_leaves_no_witness()
    {
        string input = folder.File("in.json"), wtns = folder.File("w.wtns");
        Zkps.Succeed("circuit", "example", Circuit, "-o", input);
        Refuse("cannot hold both", wtns);
        Refuse("cannot hold both", Path.Combine(folder.Path, ".", "w.wtns"));
        Refuse("is a folder", folder.Path);
        Refuse("nowhere", Path.Combine(folder.Path, "nowhere", "s.json"));

        void Refuse(string words, string statement) => Zkps.Fail(
            2, folder.Path, words, "witness", Circuit, "--curve", "bn254", "--input", input, "-o", wtns, "--statement", statement);
    }

    /// <summary>Inputs by name prove something, but what is not known.</summary>
    [Fact]
    public void Inputs_by_name_have_no_statement() => Zkps.Fail(
        2,
        folder.Path,
        "--statement",
        "witness", Workshop.Circuit, "--curve", "bn254", "--input", workshop.Of("bn254").Input, "-o", folder.File("w.wtns"), "--statement", folder.File("s.json"));

    public void Dispose() => folder.Dispose();
}
