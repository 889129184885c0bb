// Owns: what snarkjs and our exported contracts make of the adversarial vectors. The runners: tests/interop/adversarial.

using System.Text.Json.Nodes;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Interop.Tests;

public sealed class AdversarialTests(AdversarialRuns runs, ITestOutputHelper output) : IClassFixture<AdversarialRuns>
{
    /// <summary>
    /// Every departure of snarkjs from a verdict is on record but for transcripts, and nothing on record has gone, so that a change shows.
    /// </summary>
    [InteropFact]
    public void Snarkjs_departs_from_the_verdicts_where_it_is_known_to()
    {
        JsonNode expected = JsonNode.Parse(File.ReadAllText(AdversarialRuns.Script("expected-snarkjs.json")))!;
        JsonNode run = runs.Snarkjs;
        string[] found = [.. Outcomes(run).Where(o => !IsRight(o)).Select(o => $"{o.Name}: {o.Outcome.Split(':')[0]}").Order(StringComparer.Ordinal)];
        string[] known = [.. expected["departures"]!.AsObject().Select(d => $"{d.Key}: {(string)d.Value!}").Order(StringComparer.Ordinal)];
        Assert.Equal((string)expected["version"]!, (string)run["version"]!);
        Assert.Empty(known.Except(found));

        // Of transcripts some answers depend on coefficients that are drawn, and its maintainers should hear of others first.
        Assert.All(found.Except(known), line => Assert.Contains("/transcript/", line, StringComparison.Ordinal));
        Assert.All(Outcomes(run).Where(o => o.Verdict == "accept"), o => Assert.Equal("accept", o.Outcome.StartsWith("inexpressible", StringComparison.Ordinal) ? "accept" : o.Outcome));
    }

    /// <summary>A key that no one has contributed to: γ is δ, anyone can forge, and <c>zkey verify</c> says that all is well.</summary>
    [InteropTheory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void Snarkjs_accepts_a_key_without_contributions_and_a_proof_forged_for_it(string curve)
    {
        AssertOutcome(curve, "transcript/zkey-initial", "reject", accepted: true);
        AssertOutcome(curve, "verify/ceremony-initial-forged", "reject", accepted: true);

        // The controls: a key with contributions is accepted, that of another circuit is not; under the key with contributions
        // a prover's proof is accepted and the forgery is not.
        AssertOutcome(curve, "transcript/zkey-beacon", "accept", accepted: true);
        AssertOutcome(curve, "transcript/zkey-of-another-circuit", "reject", accepted: false);
        AssertOutcome(curve, "verify/ceremony-final-honest", "accept", accepted: true);
        AssertOutcome(curve, "verify/ceremony-final-forged", "reject", accepted: false);
    }

    /// <summary>Public inputs that are not there count as 0, since the length of the list is never compared with the key's.</summary>
    [InteropTheory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void Snarkjs_accepts_a_list_of_public_inputs_that_is_too_short(string curve)
    {
        AssertOutcome(curve, "verify/inputs-missing-zero", "malformed", accepted: true);
        AssertOutcome(curve, "verify/inputs-twenty-missing-all", "malformed", accepted: true);

        // The controls: the full list is accepted, a full list that is wrong is not.
        AssertOutcome(curve, "verify/true-zero-input", "accept", accepted: true);
        AssertOutcome(curve, "verify/true-twenty-zeros", "accept", accepted: true);
        AssertOutcome(curve, "verify/inputs-1-plus-one", "reject", accepted: false);
        AssertOutcome(curve, "verify/inputs-twenty-changed", "reject", accepted: false);
    }

    /// <summary>By a validator of somebody else's; files that were changed are refused.</summary>
    [InteropFact]
    public void The_vectors_keep_their_schema()
    {
        JsonNode report = JsonNode.Parse(Node.Script("adversarial/schema.mjs", AdversarialRuns.Vectors).Succeeds().Text)!;
        Assert.Empty(report["errors"]!.AsArray());
        Assert.Equal((8, 48), ((int)report["files"]!, (int)report["mutants"]!));
    }

    [InteropTheory]
    [InlineData("bn254", 200)]
    [InlineData("bls12-381", 200)]
    public void Exported_contracts_decide_every_vector_rightly_that_calldata_can_say(string curve, int least)
    {
        JsonNode run = JsonNode.Parse(Node.Script("adversarial/evm.mjs", AdversarialRuns.Vectors, runs.Contracts, curve).Succeeds().Text)!;
        VectorOutcome[] outcomes = [.. Outcomes(run)];
        VectorOutcome[] said = [.. outcomes.Where(o => !o.Outcome.StartsWith("inexpressible", StringComparison.Ordinal))];
        output.WriteLine($"{said.Length} of {outcomes.Length} cases");
        Assert.InRange(said.Length, least, outcomes.Length);
        Assert.Contains(said, o => o.Verdict == "accept");
        Assert.All(said, o => Assert.True(IsRight(o), $"{o.Name}: {o.Outcome}; the verdict is {o.Verdict}."));
    }

    /// <summary>A call of an account that is not there succeeds and writes nothing: an export must not find a yes in what it left there itself.</summary>
    [InteropFact]
    public void Exported_contracts_accept_nothing_on_a_chain_without_the_precompiles()
    {
        string path = runs.Statements(1, 2);
        JsonObject contracts = JsonNode.Parse(Node.Script("adversarial/bare-chain.mjs", path).Succeeds().Text)!.AsObject();
        Assert.Equal(4, contracts.Count);
        foreach ((string name, JsonNode? answers) in contracts)
        {
            foreach ((string what, JsonNode? answer) in answers!.AsObject())
            {
                Assert.True((string)answer! == (what == "nothing missing: the true proof" ? "true" : "false"), $"{name}, {what}: {answer}");
            }
        }
    }

    [InteropFact]
    public void An_export_over_Bn254_costs_less_than_that_of_snarkjs()
    {
        JsonArray rows = JsonNode.Parse(Node.Script("adversarial/gas.mjs", runs.Statements(1, 16)).Succeeds().Text)!["rows"]!.AsArray();
        foreach (int inputs in (int[])[1, 16])
        {
            JsonNode ours = Row("zkps, BN254", inputs), theirs = Row("snarkjs, BN254", inputs);
            output.WriteLine($"{inputs} inputs: {ours["execution"]} gas, theirs {theirs["execution"]}");
            Assert.True((int)ours["execution"]! < (int)theirs["execution"]!);
            Assert.Equal((int)theirs["calldata"]!, (int)ours["calldata"]!);
            Assert.True((int)ours["code"]! < (int)theirs["code"]!);
        }

        JsonNode Row(string contract, int inputs) => rows.Single(r => (string)r!["contract"]! == contract && (int)r["inputs"]! == inputs)!;
    }

    private void AssertOutcome(string curve, string id, string verdict, bool accepted)
    {
        VectorOutcome outcome = Outcomes(runs.Snarkjs).Single(o => o.Name == $"{curve}/{id}");
        Assert.Equal(verdict, outcome.Verdict);
        Assert.True((outcome.Outcome == "accept") == accepted, $"{outcome.Name}: {outcome.Outcome}");
    }

    private static IEnumerable<VectorOutcome> Outcomes(JsonNode run) => run["results"]!.AsObject().Select(
        result => new VectorOutcome(result.Key, AdversarialRuns.Verdicts[result.Key], (string)result.Value!));

    /// <summary>As suite.mjs judges.</summary>
    private static bool IsRight(VectorOutcome outcome) =>
        outcome.Outcome.StartsWith("inexpressible", StringComparison.Ordinal)
        || (!outcome.Outcome.StartsWith("crash", StringComparison.Ordinal) && (outcome.Outcome == "accept") == (outcome.Verdict == "accept"));
}

/// <summary>What a runner found in one case.</summary>
internal sealed record VectorOutcome(string Name, string Verdict, string Outcome);

/// <summary>A class fixture. What several tests look at is run once.</summary>
public sealed class AdversarialRuns : IDisposable
{
    private static readonly Lazy<Dictionary<string, string>> LazyVerdicts = new(ReadVerdicts);

    private readonly TemporaryFolder folder = new();
    private readonly Lazy<string> contracts;
    private readonly Lazy<JsonNode> snarkjs;

    public AdversarialRuns()
    {
        contracts = new(() =>
        {
            string path = Path.Combine(folder.Path, "contracts.json");
            AdversarialContracts.Write(Vectors, path);
            return path;
        });
        snarkjs = new(() => JsonNode.Parse(Node.Script("adversarial/snarkjs.mjs", Vectors, Script("expected-snarkjs.json")).Succeeds().Text)!);
    }

    public static string Vectors { get; } = RepositoryFiles.Path("tests/vectors/groth16-adversarial");

    /// <summary>The verdict of each case by its whole name.</summary>
    public static IReadOnlyDictionary<string, string> Verdicts => LazyVerdicts.Value;

    /// <summary>A file with our exports for the vectors' keys.</summary>
    public string Contracts => contracts.Value;

    /// <summary>What snarkjs makes of all vectors.</summary>
    public JsonNode Snarkjs => snarkjs.Value;

    public static string Script(string name) => Path.Combine(ForeignTools.Folder, "adversarial", name);

    /// <summary>A file with simulated statements of so many public inputs over both curves.</summary>
    public string Statements(params int[] counts)
    {
        string path = Path.Combine(folder.Path, $"statements-{string.Join('-', counts)}.json");
        File.WriteAllText(path, InteropProgram.Statements(counts).ToJsonString());
        return path;
    }

    public void Dispose() => folder.Dispose();

    private static Dictionary<string, string> ReadVerdicts()
    {
        var verdicts = new Dictionary<string, string>();
        foreach (string path in Directory.EnumerateDirectories(Vectors).SelectMany(f => Directory.EnumerateFiles(f, "*.json")))
        {
            JsonNode file = JsonNode.Parse(File.ReadAllBytes(path))!;
            foreach (JsonNode? test in file["cases"]!.AsArray())
            {
                verdicts.Add($"{file["curve"]}/{file["kind"]}/{test!["id"]}", (string)test["verdict"]!);
            }
        }

        return verdicts;
    }
}
