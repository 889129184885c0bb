// Owns: `zkps verify` where the answer is no (exit code 1) and where the question is broken (2).

using System.IO.Pipes;
using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class VerifyFailureTests(Workshop workshop) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Curves => ["bls12-381", "bn254"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_false_proof_is_a_no(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string negated = Change.Json(folder, files.Proof, p =>
            p["pi_a"]![1] = (Change.BaseModulus(curve) - BigInteger.Parse(p["pi_a"]![1]!.GetValue<string>())).ToString());
        No(files.Vk, files.Public, negated);
        string swapped = Change.Json(folder, files.Proof, p =>
            (p["pi_a"], p["pi_c"]) = (p["pi_c"]!.DeepClone(), p["pi_a"]!.DeepClone()));
        No(files.Vk, files.Public, swapped);
        string infinite = Change.Json(folder, files.Proof, p => p["pi_c"] = new JsonArray("0", "1", "0"));
        No(files.Vk, files.Public, infinite);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_true_proof_of_another_statement_is_a_no(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        No(files.Vk, Change.Json(folder, files.Public, p => p[0] = "1"), files.Proof);
        No(files.Vk, Change.Json(folder, files.Public, p => p[0] = (Change.ScalarModulus(curve) - 1).ToString()), files.Proof);

        // Another key for the same circuit, from another setup.
        string zkey = folder.File("other.zkey"), vk = folder.File("other-vk.json");
        Zkps.Succeed("setup", "insecure", "--r1cs", files.R1cs, "-o", zkey);
        Zkps.Succeed("setup", "zkey", "export-vk", "--zkey", zkey, "-o", vk);
        No(vk, files.Public, files.Proof);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Inputs_not_below_r_are_a_mistake_though_congruent_to_the_true_ones(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string plusR = Change.Json(folder, files.Public, p =>
            p[0] = (BigInteger.Parse(p[0]!.GetValue<string>()) + Change.ScalarModulus(curve)).ToString());
        Broken("public input 0 is not below the modulus", files.Vk, plusR, files.Proof);
        Broken("public input 0 must be a decimal number", files.Vk, Change.Json(folder, files.Public, p => p[0] = "-1"), files.Proof);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_wrong_number_of_inputs_is_a_mistake(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        Broken("has 0 public inputs and", files.Vk, Change.Json(folder, files.Public, p => p.AsArray().Clear()), files.Proof);
        Broken("has 2 public inputs and", files.Vk, Change.Json(folder, files.Public, p => p.AsArray().Add("0")), files.Proof);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Points_that_cannot_be_are_a_mistake(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        Broken("pi_a is not on the curve", files.Vk, files.Public, Change.Json(folder, files.Proof, p => p["pi_a"]![0] = "1"));
        Broken("pi_b is not on the curve", files.Vk, files.Public, Change.Json(folder, files.Proof, p => p["pi_b"]![0]![0] = "1"));
        Broken("pi_b is on the curve but not in the subgroup", files.Vk, files.Public, Change.Json(folder, files.Proof, p => p["pi_b"] = Change.OutsideG2(curve)));
        Broken("vk_beta_2 is on the curve but not in the subgroup", Change.Json(folder, files.Vk, p => p["vk_beta_2"] = Change.OutsideG2(curve)), files.Public, files.Proof);
        Broken("IC[1] is not on the curve", Change.Json(folder, files.Vk, p => p["IC"]![1]![0] = "1"), files.Public, files.Proof);
        string plusQ = Change.Json(folder, files.Proof, p =>
            p["pi_c"]![0] = (BigInteger.Parse(p["pi_c"]![0]!.GetValue<string>()) + Change.BaseModulus(curve)).ToString());
        Broken("pi_c[0] is not below the modulus", files.Vk, files.Public, plusQ);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_weak_key_is_refused_unless_the_user_insists(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string same = Change.Json(folder, files.Vk, p => p["vk_delta_2"] = p["vk_gamma_2"]!.DeepClone());
        Broken("the key is refused: γ equals δ", same, files.Public, files.Proof);
        No(same, files.Public, files.Proof, "--insecure");
        string infinite = Change.Json(folder, files.Vk, p => p["vk_alpha_1"] = new JsonArray("0", "1", "0"));
        Broken("the key is refused: one of", infinite, files.Public, files.Proof);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Files_of_two_curves_are_a_mistake(string curve)
    {
        WorkshopFiles files = workshop.Of(curve), others = workshop.Of(files.OtherCurve);
        Broken($"the file is for {others.Curve} and {curve} is asked for", files.Vk, files.Public, others.Proof);
        string named = Change.Json(folder, files.Proof, p => p["curve"] = curve == "bn254" ? "bls12381" : "bn128");
        Broken($"the file is for {others.Curve} and {curve} is asked for", files.Vk, files.Public, named);
        Broken("pi_", files.Vk, files.Public, Change.Json(folder, others.Proof, p => p.AsObject().Remove("curve")));
    }

    /// <summary>As rapidsnark writes them. The verdict is the key's curve's.</summary>
    [Theory]
    [MemberData(nameof(Curves))]
    public void A_proof_that_names_no_curve_is_of_the_key_s(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string bare = Change.Json(folder, files.Proof, p => p.AsObject().Remove("curve"));
        Assert.DoesNotContain("curve", File.ReadAllText(bare), StringComparison.Ordinal);
        Zkps.Succeed("verify", "--vk", files.Vk, "--public", files.Public, "--proof", bare);
        No(files.Vk, Change.Json(folder, files.Public, p => p[0] = "1"), bare);
    }

    [Fact]
    public void Files_that_are_missing_damaged_or_others_are_a_mistake()
    {
        WorkshopFiles files = workshop.Of("bn254");
        string none = folder.File("none.json"), empty = folder.File("empty.json");
        File.WriteAllText(empty, "");
        Broken(none, none, files.Public, files.Proof);
        Broken(none, files.Vk, none, files.Proof);
        Broken(none, files.Vk, files.Public, none);
        Broken("empty.json: this is not JSON", empty, files.Public, files.Proof);
        Broken("empty.json: this is not JSON", files.Vk, empty, files.Proof);
        Broken("empty.json: this is not JSON", files.Vk, files.Public, empty);
        Broken("the member vk_alpha_1 is missing", Change.Json(folder, files.Vk, p => p.AsObject().Remove("vk_alpha_1")), files.Public, files.Proof);
        Broken("is missing", files.Proof, files.Public, files.Proof);
        Broken("must be an array", files.Vk, files.Proof, files.Proof);
        Broken("the member protocol is missing", files.Vk, files.Public, files.Public);
        Broken("not JSON", files.Vk, files.Public, files.Zkey);
        Broken("", folder.Path, files.Public, files.Proof);
    }

    /// <summary>A shell's &lt;(command): read once it will do, read out of order or twice it is refused and no failure of ours.</summary>
    [Fact]
    public void A_pipe_will_do_where_a_file_is_read_once()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        WorkshopFiles files = workshop.Of("bn254");
        using (Pipe publicInputs = new(files.Public), proof = new(files.Proof))
        {
            Zkps.Succeed("verify", "--vk", files.Vk, "--public", publicInputs.Path, "--proof", proof.Path);
        }

        using Pipe vk = new(files.Vk), r1cs = new(files.R1cs), sym = new(files.R1cs.Replace(".r1cs", ".sym", StringComparison.Ordinal));
        Broken("is a pipe or a device", vk.Path, files.Public, files.Proof);
        Zkps.Fail(2, folder.Path, "is a pipe or a device", "circuit", "check", "--r1cs", r1cs.Path, "--wtns", files.Wtns);
        Zkps.Fail(2, folder.Path, "is a pipe or a device", "circuit", "check", "--r1cs", files.R1cs, "--wtns", files.Wtns, "--sym", sym.Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    public void What_can_be_no_path_is_a_mistake(string path)
    {
        WorkshopFiles files = workshop.Of("bn254");
        Zkps.Fail(2, folder.Path, "--vk needs the name of a file", "verify", "--vk", path, "--public", files.Public, "--proof", files.Proof);
        Zkps.Fail(2, folder.Path, "FILE needs the name of a file", "setup", "zkey", "info", path);
    }

    /// <summary>A pipe that holds a file's content and has a path.</summary>
    private sealed class Pipe : IDisposable
    {
        private readonly AnonymousPipeServerStream pipe = new(PipeDirection.In);

        public Pipe(string file)
        {
            using var writer = new AnonymousPipeClientStream(PipeDirection.Out, pipe.ClientSafePipeHandle);
            writer.Write(File.ReadAllBytes(file));
            Path = $"/proc/self/fd/{pipe.SafePipeHandle.DangerousGetHandle()}";
        }

        public string Path { get; }

        public void Dispose() => pipe.Dispose();
    }

    private void No(string vk, string publicInputs, string proof, params string[] more)
    {
        string[] args = ["verify", "--vk", vk, "--public", publicInputs, "--proof", proof, .. more];
        Run said = Zkps.Run(args);
        Assert.True(said.Code == 1, said.ToString());
        Assert.Equal("The proof is NOT valid.", said.Out.Trim());
        Assert.Empty(said.Error);
        Run json = Zkps.Run([.. args, "--json"]);
        Assert.Equal(1, json.Code);
        Assert.False(json.Json.GetProperty("valid").GetBoolean());
    }

    private void Broken(string words, string vk, string publicInputs, string proof)
    {
        Zkps.Fail(2, folder.Path, words, "verify", "--vk", vk, "--public", publicInputs, "--proof", proof);
        Zkps.Fail(2, folder.Path, words, "verify", "--vk", vk, "--public", publicInputs, "--proof", proof, "--json");
    }
}
