// Owns: what is around the rules: kinds of files, the catalog and its documentation, SARIF.

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Lint.Tests;

public sealed partial class OutputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_rule_has_a_name_of_its_own_and_says_what_it_means()
    {
        Assert.Equal(Rules.All.Count, Rules.All.Select(rule => rule.Id).Distinct().Count());
        Assert.Equal(Rules.All.Count, typeof(Rules).GetProperties().Count(property => property.PropertyType == typeof(Rule)));
        Assert.All(Rules.All, rule =>
        {
            Assert.Matches(RuleName(), rule.Id);
            Assert.Same(rule, Rules.Find(rule.Id));
            Assert.EndsWith(".", rule.Explanation, StringComparison.Ordinal);
            Assert.EndsWith(".", rule.Remedy, StringComparison.Ordinal);
            Assert.DoesNotContain('|', rule.Title + rule.Explanation + rule.Remedy);
        });
        Assert.Null(Rules.Find("key/none"));
    }

    [Fact]
    public void The_documentation_shows_the_catalog()
    {
        var table = new StringBuilder("| rule | severity | what is wrong | what it means |\n| --- | --- | --- | --- |\n");
        foreach (Rule rule in Rules.All)
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{rule.Id}` | {rule.Severity.ToString().ToLowerInvariant()} | {rule.Title} | {rule.Explanation} {rule.Remedy} |\n");
        }

        DocumentedTable.Require("src/ProvingService.Lint/README.md", "rules", table.ToString());
    }

    [Theory]
    [InlineData("zkey", FileKind.ProvingKey)]
    [InlineData("ptau", FileKind.PowersOfTau)]
    [InlineData("r1cs", FileKind.Circuit)]
    [InlineData(" {\"vk_alpha_1\": 1}", FileKind.VerificationKey)]
    [InlineData("{\"IC\": [", FileKind.VerificationKey)]
    [InlineData("// A comment\ncontract Verifier { }", FileKind.SolidityVerifier)]
    public void Kinds_are_told_by_content(string content, FileKind kind)
    {
        string path = folder.File("file.json");
        File.WriteAllText(path, content);
        Assert.Equal(kind, Linter.Recognise(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("z")]
    [InlineData("wtns and so on")]
    [InlineData("[\"1\", \"2\"]")]
    [InlineData("{\"pi_a\": []}")]
    [InlineData("{\"pi_a\": [")]
    [InlineData("any text")]
    public void What_is_of_no_kind_is_refused(string content)
    {
        string path = folder.File("file.zkey");
        File.WriteAllText(path, content);
        InvalidFileException e = Assert.Throws<InvalidFileException>(() => Linter.Lint(path));
        Assert.Equal(FileFault.WrongMagic, e.Fault);
    }

    /// <summary>What sarif-schema-2.1.0.json requires of the parts that are written, by hand.</summary>
    [Fact]
    public void The_log_keeps_to_sarif()
    {
        string key = folder.File("a key.json"), contract = folder.File("Verifier.sol"), cut = folder.File("cut.zkey"), circuit = folder.File("c.r1cs");
        File.WriteAllText(key, Numbers.Sound.With(delta: 1).Of<Algebra.Bn254, Bn254Fp, Bn254Fr>().Json.ToJsonString());
        File.WriteAllText(contract, SampleContracts.Gnark(Numbers.Sound).Replace("lt(s, R)", "lt(s, P)", StringComparison.Ordinal));
        File.WriteAllText(cut, "zkey");
        R1csFile.Write(circuit, CircuitCompiler.Compile<Bn254Fr>("c", b => b.AssertProduct(b.PublicInput("a"), b.PrivateInput("b"), b.PrivateInput("c"))));
        LintReport[] reports = [Linter.Lint(key), Linter.Lint(contract), Linter.Lint(cut), Linter.Lint(circuit)];
        using JsonDocument document = JsonDocument.Parse(SarifLog.Write(reports, "1.2.3"));
        JsonElement log = document.RootElement, run = Assert.Single(log.GetProperty("runs").EnumerateArray()), driver = run.GetProperty("tool").GetProperty("driver");
        Assert.Equal("2.1.0", log.GetProperty("version").GetString());
        Assert.EndsWith("sarif-schema-2.1.0.json", log.GetProperty("$schema").GetString(), StringComparison.Ordinal);
        Assert.Equal(("zkps", "1.2.3"), (driver.GetProperty("name").GetString(), driver.GetProperty("version").GetString()));

        JsonElement[] rules = [.. driver.GetProperty("rules").EnumerateArray()];
        Assert.Equal(Rules.All.Select(rule => rule.Id), rules.Select(rule => rule.GetProperty("id").GetString()));
        Assert.All(rules, rule =>
        {
            foreach (string member in (string[])["shortDescription", "fullDescription", "help"])
            {
                Assert.NotEmpty(rule.GetProperty(member).GetProperty("text").GetString()!);
            }

            Assert.Contains(rule.GetProperty("defaultConfiguration").GetProperty("level").GetString(), (string[])["error", "warning", "note"]);
        });

        JsonElement[] results = [.. run.GetProperty("results").EnumerateArray()];
        Assert.Equal(reports.Sum(report => report.Findings.Count), results.Length);
        foreach ((JsonElement result, Finding finding) in results.Zip(reports.SelectMany(report => report.Findings)))
        {
            Assert.Equal(finding.Rule.Id, result.GetProperty("ruleId").GetString());
            Assert.Equal(finding.Rule.Id, rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
            Assert.Equal(finding.Message, result.GetProperty("message").GetProperty("text").GetString());
            Assert.Equal(finding.Severity.ToString().ToLowerInvariant(), result.GetProperty("level").GetString());
            JsonElement location = Assert.Single(result.GetProperty("locations").EnumerateArray()), physical = location.GetProperty("physicalLocation");
            Assert.True(Uri.TryCreate(physical.GetProperty("artifactLocation").GetProperty("uri").GetString(), UriKind.RelativeOrAbsolute, out Uri? uri) && uri.IsAbsoluteUri);
            if (physical.TryGetProperty("region", out JsonElement region))
            {
                // A region begins at a line from 1, or at a byte from 0.
                Assert.True(region.TryGetProperty("startLine", out JsonElement line) ? line.GetInt32() >= 1 : region.GetProperty("byteOffset").GetInt64() >= 0);
                Assert.Equal(((long?)finding.Place.Line) ?? finding.Place.Offset, line.ValueKind == JsonValueKind.Number ? line.GetInt32() : region.GetProperty("byteOffset").GetInt64());
            }

            Assert.Equal(
                finding.Place.Member is not null || finding.Place.Wire is not null || finding.Place.Constraint is not null,
                location.TryGetProperty("logicalLocations", out JsonElement logical) && logical[0].GetProperty("fullyQualifiedName").GetString()!.Length > 0);
        }

        Assert.Contains("a%20key.json", results[0].ToString(), StringComparison.Ordinal);
        Assert.Contains(results, result => result.GetProperty("locations")[0].GetProperty("physicalLocation").TryGetProperty("region", out JsonElement region) && region.TryGetProperty("startLine", out _));
        Assert.Equal(["error", "warning"], results.Select(result => result.GetProperty("level").GetString()!).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>SARIF viewers resolve relative references against the root of the repository.</summary>
    [Fact]
    public void A_relative_path_is_a_relative_reference()
    {
        string directory = Directory.GetCurrentDirectory(), name = $"lint {Guid.NewGuid():N}.json";
        try
        {
            File.WriteAllText(Path.Combine(directory, name), "{\"vk_alpha_1\": 1}");
            Assert.Contains($"\"uri\": \"{Uri.EscapeDataString(name)}\"", SarifLog.Write([Linter.Lint(name)], "1.2.3"), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(Path.Combine(directory, name));
        }
    }

    [GeneratedRegex("^(file|point|key|vk|zkey|ptau|r1cs|sol)/[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex RuleName();
}
