// Owns: `zkps circuit list`, `info` and `example` of every family, names that are no circuit's, and the files of circuits/examples.

using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Circuits;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class CatalogCommandTests : IDisposable
{
    /// <summary>Those that circuits/examples has no file of: their requests are large, and the command writes them in a moment.</summary>
    private static readonly string[] WithoutFile =
    [
        "batch-validity-112-20", "batch-validity-226-20", "batch-validity-16-32", "batch-validity-80-32", "finality-64", "finality-128",
    ];

    /// <summary>Inputs by name whose leaves and values are others than those of the circuit's own example.</summary>
    private static readonly string[] WrittenByHand = ["merkle-membership", "multiplication-chain"];

    private static readonly string[] Forms =
        ["state-transition-D", "batch-validity-N-D", "participation-L", "finality-W", "merkle-membership[-D]", "multiplication-chain[-N]"];

    private readonly TemporaryFolder folder = new();

    /// <summary>Every circuit with a file that the command writes, on each curve.</summary>
    public static TheoryData<string, string> Examples
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string name in Listed().Except(WithoutFile).Except(WrittenByHand))
            {
                data.Add(name, "bls12-381");
                data.Add(name, "bn254");
            }

            return data;
        }
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Circuits_are_listed_with_their_forms_parameters_and_common_names()
    {
        JsonElement[] list = [.. Zkps.SucceedJson("circuit", "list").EnumerateArray()];
        Assert.Equal(Forms, list.Select(entry => Text(entry, "form")));
        Assert.Equal(
            ["state-transition", "batch-validity", "participation", "finality", "merkle-membership", "multiplication-chain"],
            list.Select(entry => Text(entry, "name")));
        Assert.Equal(
            [
                "state-transition-20", "state-transition-32", "batch-validity-4-20", "batch-validity-16-20", "batch-validity-112-20",
                "batch-validity-226-20", "batch-validity-16-32", "batch-validity-80-32", "participation-5", "participation-10",
                "finality-16", "finality-64", "finality-128", "merkle-membership", "multiplication-chain",
            ],
            list.SelectMany(entry => entry.GetProperty("circuits").EnumerateArray()).Select(name => name.GetString()));
        string text = Zkps.Succeed("circuit", "list").Out;
        foreach (JsonElement entry in list)
        {
            string names = string.Join(", ", entry.GetProperty("circuits").EnumerateArray().Select(name => name.GetString()));
            Assert.All(
                (string[])[Text(entry, "form"), Text(entry, "description"), Text(entry, "parameters"), names],
                part => Assert.Contains(part, Zkps.Lines(text)));
        }
    }

    /// <summary>What info counts is what compile writes.</summary>
    [Theory]
    [InlineData("state-transition-2", "bls12-381", "accounts", "main.receiver.new root")]
    [InlineData("state-transition-2", "bn254", "accounts", "main.receiver.new root")]
    [InlineData("batch-validity-2-4", "bls12-381", "accounts", "main.fee credit")]
    [InlineData("batch-validity-2-4", "bn254", "accounts", "main.fee credit")]
    [InlineData("participation-1", "bls12-381", "validators", "main.statement")]
    [InlineData("participation-1", "bn254", "validators", "main.statement")]
    [InlineData("finality-2", "bls12-381", "committee", "main.quorum")]
    [InlineData("finality-2", "bn254", "committee", "main.quorum")]
    [InlineData("merkle-membership-3", "bn254", null, "main")]
    public void The_cost_of_a_circuit_is_shown_with_the_schema_of_its_requests(string name, string curve, string? request, string scope)
    {
        JsonElement info = Zkps.SucceedJson("circuit", "info", name, "--curve", curve);
        JsonElement compiled = Zkps.SucceedJson("circuit", "compile", name, "--curve", curve, "-o", folder.Path);
        Assert.All((string[])["hash", "constraints", "wires", "publicInputs"], part => Assert.Equal(compiled.GetProperty(part).ToString(), info.GetProperty(part).ToString()));
        R1csHeader header = R1csFile.ReadHeader(folder.File(name + ".r1cs"));
        Assert.Equal((header.ConstraintCount, header.WireCount, 1), (Number(info, "constraints"), Number(info, "wires"), Number(info, "publicInputs")));
        long domain = info.GetProperty("domain").GetInt64();
        Assert.True(BitOperations.IsPow2(domain) && domain > header.ConstraintCount && domain / 2 <= header.ConstraintCount + 1, $"{domain}");
        Assert.True(info.GetProperty("nonZeros").GetInt64() > 3 * header.ConstraintCount);

        JsonElement[] scopes = [.. info.GetProperty("scopes").EnumerateArray()];
        Assert.Equal(("main", header.ConstraintCount), (Text(scopes[0], "scope"), Number(scopes[0], "after")));
        Assert.Contains(scope, scopes.Select(entry => Text(entry, "scope")));
        Assert.All(scopes, entry => Assert.InRange(Number(entry, "after"), 0, Number(entry, "before")));

        JsonElement[] inputs = [.. info.GetProperty("inputs").EnumerateArray()];
        Assert.Single(inputs, input => input.GetProperty("public").GetBoolean());
        JsonElement schema = info.GetProperty("requestSchema");
        if (request is null)
        {
            Assert.Equal(JsonValueKind.Null, schema.ValueKind);
            return;
        }

        Assert.Equal("statement", Text(inputs.Single(input => input.GetProperty("public").GetBoolean()), "name"));
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", Text(schema, "$schema"));
        Assert.Equal("array", Text(schema.GetProperty("properties").GetProperty(request), "type"));

        // The example has the schema's members, each in one of the two places.
        JsonObject example = Example(name);
        string[] members = [.. example.Select(member => member.Key), .. example[curve]?.AsObject().Select(member => member.Key) ?? []];
        Assert.Equal(
            schema.GetProperty("properties").EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal),
            members.Except(["bls12-381", "bn254"]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("")]
    [InlineData("merkle-membership-0")]
    [InlineData("merkle-membership-33")]
    [InlineData("merkle-membership-")]
    [InlineData("merkle-membership-03")]
    [InlineData("Merkle-membership")]
    [InlineData("multiplication-chain-99999999999")]
    [InlineData("state-transition")]
    [InlineData("state-transition-0")]
    [InlineData("state-transition-21")]
    [InlineData("state-transition-34")]
    [InlineData("state-transition-20-20")]
    [InlineData("state-transition--20")]
    [InlineData("state-transition-+20")]
    [InlineData("state-transition-20 ")]
    [InlineData("batch-validity-4")]
    [InlineData("batch-validity-0-20")]
    [InlineData("batch-validity-4-21")]
    [InlineData("batch-validity-4-020")]
    [InlineData("batch-validity-1025-20")]
    [InlineData("batch-validity-4-20-")]
    [InlineData("participation")]
    [InlineData("participation-0")]
    [InlineData("participation-17")]
    [InlineData("finality")]
    [InlineData("finality-0")]
    [InlineData("finality-1025")]
    [InlineData("finality-4294967312")]
    public void An_unknown_circuit_or_parameter_is_a_mistake_that_shows_the_forms_there_are(string name)
    {
        string words = $"there is no circuit '{name}'; there are {string.Join(", ", Forms)}";
        File.WriteAllText(folder.File("in.json"), "{}");
        Zkps.Fail(2, folder.Path, words, "circuit", "info", name);
        Zkps.Fail(2, folder.Path, words, "circuit", "example", name, "-o", folder.File("example.json"));
        Zkps.Fail(2, folder.Path, words, "circuit", "compile", name, "--curve", "bn254", "-o", folder.File("build"));
        Zkps.Fail(2, folder.Path, words, "witness", name, "--curve", "bn254", "--input", folder.File("in.json"), "-o", folder.File("w.wtns"));
    }

    [Fact]
    public void An_example_is_printed_or_written()
    {
        string path = folder.File("example.json");
        Assert.Contains(path, Zkps.Succeed("circuit", "example", "participation-5", "-o", path).Out, StringComparison.Ordinal);
        string written = File.ReadAllText(path);
        Assert.Equal(written.ReplaceLineEndings("\n"), Zkps.Succeed("circuit", "example", "participation-5").Out.ReplaceLineEndings("\n"));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(written), JsonNode.Parse(Zkps.Succeed("circuit", "example", "participation-5", "--json").Out)));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(folder.Path));
        Zkps.Fail(2, folder.Path, "", "circuit", "example", "participation-5", "-o", folder.Path);
        Zkps.Fail(2, folder.Path, "", "circuit", "example", "participation-5", "-o", folder.File("none/example.json"));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_file_is_what_the_command_writes_and_has_a_witness(string name, string curve)
    {
        string file = RepositoryFiles.Path($"circuits/examples/{name}.json"), path = folder.File("example.json");
        Zkps.Succeed("circuit", "example", name, "-o", path);
        Assert.Equal(File.ReadAllText(path), File.ReadAllText(file).ReplaceLineEndings("\n"));
        JsonElement result = Zkps.SucceedJson("witness", name, "--curve", curve, "--input", file, "-o", folder.File("w.wtns"));
        Assert.Equal(1, result.GetProperty("public").GetArrayLength());
        Assert.Equal(WtnsFile.ReadHeader(folder.File("w.wtns")).Count, Number(result, "elements"));
    }

    [Fact]
    public void The_example_files_are_those_of_the_listed_circuits_but_the_largest() => Assert.Equal(
        Listed().Except(WithoutFile).Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(RepositoryFiles.Path("circuits/examples"), "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Listed() => CircuitCatalog.Entries.SelectMany(entry => entry.Names);

    private static JsonObject Example(string name) => JsonNode.Parse(Zkps.Succeed("circuit", "example", name).Out)!.AsObject();

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
