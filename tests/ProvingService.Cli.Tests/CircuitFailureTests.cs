// Owns: `zkps circuit`, `zkps witness` and `zkps bench` where they must refuse, and bench's small runs. Names that are no
// circuit's: CatalogCommandTests.cs. Requests: RequestTests.cs.

using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class CircuitFailureTests(Workshop workshop) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Curves => ["bls12-381", "bn254"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bls12-377")]
    [InlineData("")]
    [InlineData("0")]
    public void An_unknown_curve_is_a_mistake_that_lists_what_there_is(string curve)
    {
        const string Words = "there are bls12-381 and bn254";
        Zkps.Fail(2, folder.Path, Words, "circuit", "info", Workshop.Circuit, "--curve", curve);
        Zkps.Fail(2, folder.Path, Words, "circuit", "compile", Workshop.Circuit, "--curve", curve, "-o", folder.File("build"));
        Zkps.Fail(2, folder.Path, Words, "witness", Workshop.Circuit, "--curve", curve, "--input", workshop.Of("bn254").Input, "-o", folder.File("w.wtns"));
        Zkps.Fail(2, folder.Path, Words, "bench", "ntt", "--curve", curve, "--sizes", "5");
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Inputs_that_do_not_satisfy_are_a_no(string curve)
    {
        string input = folder.File("in.json");
        File.WriteAllText(input, Change.MerkleInputs(curve, ofAnotherRoot: true).ToJsonString());
        Zkps.Fail(1, folder.Path, "onstraint", "witness", "merkle-membership-3", "--curve", curve, "--input", input, "-o", folder.File("w.wtns"));
        Zkps.Fail(1, folder.Path, "onstraint", "witness", "merkle-membership-3", "--curve", curve, "--input", input, "-o", folder.File("w.wtns"), "--json");
    }

    [Theory]
    [InlineData("", "in.json")]
    [InlineData("{", "in.json")]
    [InlineData("[]", "in.json")]
    [InlineData("{}", "start")]
    [InlineData("{\"start\": \"x\"}", "start")]
    [InlineData("{\"start\": -1.5}", "start")]
    [InlineData("{\"start\": [1, 2]}", "start")]
    [InlineData("{\"start\": null}", "start")]
    [InlineData("{\"start\": 1, \"start\": 2}", "start")]
    public void Broken_inputs_are_a_mistake(string json, string words)
    {
        string input = folder.File("in.json");
        File.WriteAllText(input, json);
        foreach (string curve in (string[])["bls12-381", "bn254"])
        {
            Zkps.Fail(2, folder.Path, words, "witness", Workshop.Circuit, "--curve", curve, "--input", input, "-o", folder.File("w.wtns"));
        }
    }

    [Fact]
    public void Inputs_that_are_missing_or_not_below_r_are_a_mistake()
    {
        Zkps.Fail(2, folder.Path, "none.json", "witness", Workshop.Circuit, "--curve", "bn254", "--input", folder.File("none.json"), "-o", folder.File("w"));
        string input = folder.File("in.json");
        File.WriteAllText(input, $"{{\"start\": \"{Change.ScalarModulus("bn254")}\"}}");
        Zkps.Fail(2, folder.Path, "start", "witness", Workshop.Circuit, "--curve", "bn254", "--input", input, "-o", folder.File("w"));
        Zkps.Succeed("witness", Workshop.Circuit, "--curve", "bls12-381", "--input", input, "-o", folder.File("w"));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_check_names_the_first_constraint_that_fails(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string wtns = Change.Byte(folder, files.Wtns, ^32);
        string[] args = ["circuit", "check", "--r1cs", files.R1cs, "--wtns", wtns];
        Run said = Zkps.Run(args);
        Assert.True(said.Code == 1, said.ToString());
        Assert.Contains("The witness does not satisfy the circuit.", said.Out, StringComparison.Ordinal);
        Assert.Empty(said.Error);
        Run json = Zkps.Run([.. args, "--json"]);
        Assert.Equal(1, json.Code);
        Assert.False(json.Json.GetProperty("satisfied").GetBoolean());
        JsonElement failure = json.Json.GetProperty("failure");
        Assert.InRange(failure.GetProperty("constraint").GetInt32(), 0, 9);
        Assert.All((string[])["left", "right", "output"], name => Assert.NotEmpty(failure.GetProperty(name).GetString()!));
    }

    [Fact]
    public void A_check_of_files_that_do_not_belong_together_is_a_mistake()
    {
        WorkshopFiles files = workshop.Of("bn254"), others = workshop.Of("bls12-381");
        Check("belongs to another circuit", files.R1cs, files.OtherWtns);
        Check("is asked for", files.R1cs, others.Wtns);
        Check("not a .r1cs file", files.Wtns, files.Wtns);
        Check("not a .wtns file", files.R1cs, files.R1cs);
        Check("cut short", Change.Bytes(folder, files.R1cs, b => b[..^1]), files.Wtns);
        Check("none.r1cs", folder.File("none.r1cs"), files.Wtns);
        Check("none.wtns", files.R1cs, folder.File("none.wtns"));
        Check("none.sym", files.R1cs, files.Wtns, "--sym", folder.File("none.sym"));
        Check("expected label", files.R1cs, files.Wtns, "--sym", files.Input);

        void Check(string words, string r1cs, string wtns, params string[] more) =>
            Zkps.Fail(2, folder.Path, words, ["circuit", "check", "--r1cs", r1cs, "--wtns", wtns, .. more]);
    }

    [Fact]
    public void A_folder_that_cannot_take_the_files_is_a_mistake_and_takes_neither()
    {
        File.WriteAllText(folder.File("file"), "a file");
        Compile(folder.File("file"));
        Compile(folder.File("file/below"));
        Compile("/proc/build");
        foreach (string ending in (string[])[".r1cs", ".sym"])
        {
            string target = folder.File("with" + ending);
            Directory.CreateDirectory(Path.Combine(target, Workshop.Circuit + ending));
            Compile(target);
        }

        void Compile(string target) =>
            Zkps.Fail(2, folder.Path, "", "circuit", "compile", Workshop.Circuit, "--curve", "bn254", "-o", target);
    }

    [Fact]
    public void A_demonstration_without_a_folder_is_a_mistake()
    {
        File.WriteAllText(folder.File("file"), "a file");
        Zkps.Fail(2, folder.Path, "", "demo", "-o", folder.File("file"), "--json");
        Zkps.Fail(2, folder.Path, "needs the name of a file or folder", "demo", "-o", "");
    }

    [Fact]
    public void Benches_print_rows_and_compare_with_earlier_ones()
    {
        string[][] calls =
        [
            ["bench", "msm", "--curve", "bn254", "--group", "g1", "--sizes", "5,6", "--runs", "2", "--threads", "1"],
            ["bench", "ntt", "--sizes", "5", "--runs", "1"],
            ["bench", "prove", "--curve", "bls12-381", "--sizes", "5", "--runs", "1"],
        ];
        foreach (string[] call in calls)
        {
            Run json = Zkps.Succeed([.. call, "--json"]);
            Assert.Equal(call[1] == "prove" ? 1 : 2, json.Json.GetProperty("rows").GetArrayLength());
            Assert.All(json.Json.GetProperty("rows").EnumerateArray(), row => Assert.True(row.GetProperty("minimum").GetDouble() > 0));
            File.WriteAllText(folder.File("base.json"), json.Out);
            Assert.Contains("to baseline", Zkps.Succeed([.. call, "--compare", folder.File("base.json")]).Out, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--sizes", "4", "from 5 to")]
    [InlineData("--sizes", "99", "from 5 to")]
    [InlineData("--sizes", "5,,6", "from 5 to")]
    [InlineData("--sizes", "x", "from 5 to")]
    [InlineData("--runs", "0", "--runs must be from 1")]
    [InlineData("--runs", "1001", "--runs must be from 1")]
    [InlineData("--engine", "abacus", "there is no engine 'abacus'")]
    [InlineData("--threads", "-2", "--threads must not be negative")]
    public void Bad_plans_of_a_bench_are_a_mistake(string option, string value, string words)
    {
        Zkps.Fail(2, folder.Path, words, "bench", "ntt", option, value);
        Zkps.Fail(2, folder.Path, words, "bench", "msm", option, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("{\"rows\": 3}")]
    [InlineData("{\"rows\": [3]}")]
    [InlineData("{\"rows\": [{\"median\": \"fast\"}]}")]
    [InlineData("{\"rows\": [], \"rows\": []}")]
    public void A_baseline_that_is_none_is_a_mistake(string text)
    {
        File.WriteAllText(folder.File("base.json"), text);
        Zkps.Fail(2, folder.Path, "is not what zkps bench --json writes", "bench", "ntt", "--sizes", "5", "--compare", folder.File("base.json"));
        Zkps.Fail(2, folder.Path, "none.json", "bench", "ntt", "--sizes", "5", "--compare", folder.File("none.json"));
    }
}
