// Owns: that the linter and the adversarial vectors agree: an error for every key and transcript that must be refused for what it is,
// and none for those that are sound.

using System.Text.Json.Nodes;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Lint.Tests;

public sealed class VectorTests
{
    private const string Vectors = "tests/vectors/groth16-adversarial/";

    [Theory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void Keys_are_judged_as_the_vectors_have_it(string curve)
    {
        using var folder = new TemporaryFolder();
        JsonNode file = JsonNode.Parse(File.ReadAllText(RepositoryFiles.Path($"{Vectors}{curve}/verify.json")))!;
        ILookup<string, JsonNode> cases = file["cases"]!.AsArray().ToLookup(c => (string)c!["key"]!, c => c!);
        List<string> wrong = [];
        foreach ((string name, JsonNode? key) in file["keys"]!.AsObject())
        {
            string path = folder.File(name + ".json");
            File.WriteAllText(path, key!.ToJsonString());
            LintReport report = Linter.Lint(path);

            // A product of α and β that is wrong is an error here, since some verifiers trust it, and ignored by those that compute it.
            // A key is at fault where a proof that satisfies the equation is refused, or nothing of it decodes.
            bool isAccepted = cases[name].Any(c => (string)c["verdict"]! == "accept");
            bool isAtFault = !isAccepted && cases[name].Any(c => ((string)c["reason"]!).StartsWith("key-", StringComparison.Ordinal)
                || ((string)c["group"]!).Contains("key", StringComparison.OrdinalIgnoreCase) && (string)c["verdict"]! == "malformed");
            bool hasErrors = report.Findings.Any(f => f.Severity == Severity.Error && f.Rule != Rules.VkAlphaBetaWrong);
            if ((isAccepted && hasErrors) || (isAtFault && !hasErrors))
            {
                wrong.Add($"{name} (accepted {isAccepted}, at fault {isAtFault}): {string.Join("; ", report.Findings.Select(f => $"{f.Rule.Id}: {f.Message}"))}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void Transcripts_are_judged_as_the_vectors_have_it(string curve)
    {
        JsonNode file = JsonNode.Parse(File.ReadAllText(RepositoryFiles.Path($"{Vectors}{curve}/transcript.json")))!;
        List<string> wrong = [];
        foreach (JsonNode? c in file["cases"]!.AsArray())
        {
            string At(string member) => RepositoryFiles.Path($"{Vectors}{curve}/{(string)c![member]!}");
            string name = (string)c!["id"]!;
            bool isKey = (string)c["transcript"]! == "zkey";
            bool hasErrors;
            try
            {
                // Circuit and powers of tau only where a key shows nothing by itself: they take the most time.
                hasErrors = Linter.Lint(At("file")).HasErrors
                    || (isKey && Linter.Lint(At("file"), new() { R1cs = At("r1cs"), Ptau = At("ptau") }).HasErrors);
            }
            catch (R1cs.InvalidFileException) when ((string)c["verdict"]! == "malformed")
            {
                // Of no known kind: not even that can be judged.
                hasErrors = true;
            }

            if (hasErrors != ((string)c["verdict"]! != "accept"))
            {
                wrong.Add($"{name}: errors {hasErrors}, verdict {c["verdict"]}, reason {c["reason"]}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}
