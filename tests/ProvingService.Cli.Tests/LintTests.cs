// Owns: `zkps lint` as a command, and what other commands say of the same faults. The rules themselves: ProvingService.Lint.Tests.

using System.Text.Json;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class LintTests(Workshop workshop)
{
    [Theory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void Several_files_are_linted_in_one_call_and_errors_end_with_1(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        Run run = Zkps.Run("lint", files.Vk, files.R1cs, files.Zkey);
        Assert.True(run.Code == 1, run.ToString());
        Assert.Contains($"error: zkey/no-contributions: {files.Zkey}, byte ", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{files.Vk}: verification key; 0 errors, 0 warnings, 0 notes", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{files.R1cs}: circuit; 0 errors, 0 warnings, 0 notes", run.Out, StringComparison.Ordinal);
        Zkps.Succeed("lint", files.Vk, files.R1cs);
    }

    [Fact]
    public void Json_has_every_finding_and_every_file_that_was_not_read()
    {
        using var folder = new TemporaryFolder();
        WorkshopFiles files = workshop.Of("bn254");
        string key = Change.Json(folder, files.Vk, root => root["vk_delta_2"] = root["vk_gamma_2"]!.DeepClone());
        Run run = Zkps.Run("lint", "--json", key, files.Proof, folder.File("none"), files.R1cs);
        Assert.True(run.Code == 2, run.ToString());
        JsonElement found = run.Json.GetProperty("files")[0];
        Assert.Equal(("VerificationKey", 1), (found.GetProperty("kind").GetString(), found.GetProperty("errors").GetInt32()));
        JsonElement finding = found.GetProperty("findings")[0];
        Assert.Equal(("key/gamma-equals-delta", "error", "vk_delta_2"), (finding.GetProperty("rule").GetString(), finding.GetProperty("severity").GetString(), finding.GetProperty("member").GetString()));
        Assert.NotEmpty(finding.GetProperty("remedy").GetString()!);
        Assert.Equal(1, found.GetProperty("counts").GetProperty("key/gamma-equals-delta").GetInt32());
        Assert.Equal([files.Proof, folder.File("none")], run.Json.GetProperty("unread").EnumerateArray().Select(file => file.GetProperty("file").GetString()!));
        Assert.Equal(2, run.Json.GetProperty("files").GetArrayLength());
    }

    [Fact]
    public void A_log_in_sarif_goes_to_a_file_or_to_standard_output_alone()
    {
        using var folder = new TemporaryFolder();
        WorkshopFiles files = workshop.Of("bn254");
        string log = folder.File("lint.sarif");
        Assert.Equal(1, Zkps.Run("lint", files.Zkey, "--sarif", log).Code);
        using JsonDocument written = JsonDocument.Parse(File.ReadAllText(log)), printed = JsonDocument.Parse(Zkps.Run("lint", files.Zkey, "--sarif", "-").Out);
        Assert.Equal(written.RootElement.ToString(), printed.RootElement.ToString());
        Assert.Equal("2.1.0", written.RootElement.GetProperty("version").GetString());
    }

    [Fact]
    public void Warnings_count_where_that_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        string circuit = WriteOpenCircuit(folder, bindsInput: true);
        Assert.Contains("warning: r1cs/public-absorbed", Zkps.Succeed("lint", circuit).Out, StringComparison.Ordinal);
        Assert.Equal(1, Zkps.Run("lint", circuit, "--warnings-as-errors").Code);
    }

    [Fact]
    public void Mistakes_in_the_call_end_with_2()
    {
        using var folder = new TemporaryFolder();
        WorkshopFiles files = workshop.Of("bn254");
        Zkps.Fail(2, folder.Path, "at least one file", "lint");
        Zkps.Fail(2, folder.Path, "go together", "lint", files.Zkey, "--r1cs", files.R1cs);
        Zkps.Fail(2, folder.Path, "standard output", "lint", files.Zkey, "--json", "--sarif", "-");
        Zkps.Fail(2, folder.Path, "no file of a kind that is linted", "lint", WriteText(folder, "text"), "--sarif", folder.File("lint.sarif"));
        Zkps.Fail(2, folder.Path, "known shape", "lint", WriteText(folder, "contract Token { }"));
        string sym = folder.File("other.sym");
        File.WriteAllText(sym, "1,9999,0,main.other\n");
        Zkps.Fail(2, folder.Path, "wire 9999 is named", "lint", files.R1cs, "--sym", sym);
    }

    [Fact]
    public void The_rules_are_listed()
    {
        Run run = Zkps.Succeed("lint", "--rules");
        JsonElement rules = Zkps.SucceedJson("lint", "--rules");
        Assert.True(rules.GetArrayLength() > 50);
        Assert.All(rules.EnumerateArray(), rule => Assert.Contains(rule.GetProperty("rule").GetString()!, run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void Setup_says_what_the_linter_finds()
    {
        using var folder = new TemporaryFolder();
        string circuit = WriteOpenCircuit(folder, bindsInput: false), zkey = folder.File("key.zkey"), vk = folder.File("vk.json");
        Assert.Contains("(r1cs/public-unconstrained)", Zkps.Succeed("setup", "insecure", "--r1cs", circuit, "-o", zkey).Error, StringComparison.Ordinal);

        // Such a circuit's key is sound as such: the row that setup adds for each input binds it.
        Zkps.Succeed("setup", "zkey", "export-vk", "--zkey", zkey, "-o", vk);
        string initial = folder.File("0.zkey"), begun = folder.File("0.ptau"), ptau = folder.File("p.ptau");
        Zkps.Succeed("setup", "ptau", "new", "--curve", "bn254", "--power", "2", "-o", begun);
        Zkps.Succeed("setup", "ptau", "prepare", begun, ptau);
        Run made = Zkps.Succeed("setup", "zkey", "new", "--r1cs", circuit, "--ptau", ptau, "-o", initial);
        Assert.Contains("(r1cs/public-unconstrained)", made.Error, StringComparison.Ordinal);
        Run info = Zkps.Succeed("setup", "zkey", "info", initial);
        Assert.Contains("(key/gamma-equals-delta)", info.Error, StringComparison.Ordinal);
        JsonElement findings = Zkps.SucceedJson("setup", "zkey", "info", initial).GetProperty("findings");
        Assert.Contains(findings.EnumerateArray(), finding => finding.GetProperty("rule").GetString() == "key/gamma-equals-delta");
        foreach (string command in (string[])["export-vk", "export-solidity"])
        {
            Assert.Contains(
                "(key/gamma-equals-delta)",
                Zkps.Succeed("setup", "zkey", command, "--zkey", initial, "-o", folder.File("out"), "--insecure").Error,
                StringComparison.Ordinal);
        }

        Run verify = Zkps.Run("setup", "zkey", "verify", "--skip-ptau", "--r1cs", circuit, "--ptau", ptau, "--zkey", initial);
        Assert.Contains("(key/gamma-equals-delta)", verify.Error, StringComparison.Ordinal);
        Assert.Contains("(ptau/no-contributions)", Zkps.Run("setup", "ptau", "verify", ptau).Error, StringComparison.Ordinal);
    }

    /// <summary>A circuit whose public input is in no constraint, or squared into a wire that nothing else uses.</summary>
    private static string WriteOpenCircuit(TemporaryFolder folder, bool bindsInput)
    {
        string path = folder.File("open.r1cs");
        R1csFile.Write(path, CircuitCompiler.Compile<Bn254Fr>("open", b =>
        {
            Variable<Bn254Fr> recipient = b.PublicInput("recipient"), x = b.PrivateInput("x");
            b.PublicOutput("out", x * x);
            if (bindsInput)
            {
                b.AssertProduct(recipient, recipient, b.PrivateInput("square"));
            }
        }));
        return path;
    }

    private static string WriteText(TemporaryFolder folder, string text)
    {
        string path = folder.File("text");
        File.WriteAllText(path, text);
        return path;
    }
}
