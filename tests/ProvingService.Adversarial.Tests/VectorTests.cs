// Owns: that the vectors are what the generator makes, and that this project's verifiers pass every one of them.

using System.Security.Cryptography;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Adversarial.Tests;

public sealed class VectorTests
{
    private static string Folder => TestVectors.FullPath("groth16-adversarial");

    /// <summary>For each reason of a decoder the kinds of error that say so in this project.</summary>
    private static readonly Dictionary<string, FileFault[]> Faults = new()
    {
        ["not-canonical"] = [FileFault.NotCanonical, FileFault.Malformed],
        ["not-on-curve"] = [FileFault.NotOnCurve, FileFault.Malformed],
        ["not-in-subgroup"] = [FileFault.NotInSubgroup, FileFault.Malformed],
        ["ic-count"] = [FileFault.Malformed, FileFault.Inconsistent],
        ["input-not-canonical"] = [FileFault.NotCanonical, FileFault.Malformed],
        ["input-negative"] = [FileFault.Malformed],
        ["flags"] = [FileFault.Malformed],
        ["infinity"] = [FileFault.Malformed],
        ["length"] = [FileFault.Malformed],
        ["syntax"] = [FileFault.WrongMagic, FileFault.Truncated, FileFault.DuplicateSection, FileFault.MissingSection, FileFault.Inconsistent],
    };

    private static readonly Dictionary<string, KeyWeakness[]> Weaknesses = new()
    {
        ["key-element-at-infinity"] = [KeyWeakness.ElementAtInfinity],
        ["key-gamma-equals-delta"] = [KeyWeakness.GammaEqualsDelta],
        ["key-elements-related"] = [KeyWeakness.BetaEqualsGammaOrDelta],
        ["key-known-secret"] = [KeyWeakness.DeltaIsGenerator, KeyWeakness.AlphaOrBetaIsGenerator],
        ["key-input-unbound"] = [KeyWeakness.UnboundInput],
        ["key-inputs-interchangeable"] = [KeyWeakness.InterchangeableInputs],
    };

    [Theory]
    [InlineData(CurveId.Bn254)]
    [InlineData(CurveId.Bls12381)]
    public void The_vectors_are_what_the_generator_makes(CurveId curve)
    {
        using var made = new TemporaryFolder();
        AllVectors.Build(curve).Write(made.Path);
        string[] expected = Files(made.Path), found = [.. Files(Folder).Where(name => name.StartsWith(curve.Name() + "/", StringComparison.Ordinal))];
        Assert.Equal(expected, found);
        Assert.All(expected, name => Assert.True(
            File.ReadAllBytes(Path.Combine(made.Path, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Folder, name))),
            $"{name} is not what the generator makes: run dotnet run -c Release --project tests/ProvingService.Adversarial -- generate"));

        static string[] Files(string folder) =>
            [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];
    }

    /// <summary>Yes where the verdict says so and nowhere else, and every error for the vector's reason.</summary>
    [Fact]
    public void Our_own_decoders_and_verifiers_pass_every_vector()
    {
        var wrong = new List<string>();
        int judged = 0;
        HouseReport.Make(Folder, (name, test, answer) =>
        {
            if (answer.Outcome.StartsWith("inexpressible", StringComparison.Ordinal))
            {
                return;
            }

            judged++;
            string reason = test.GetProperty("reason").GetString()!;
            bool right = test.GetProperty("verdict").GetString() switch
            {
                "accept" => answer.IsYes,
                "reject" => Weaknesses.TryGetValue(reason, out KeyWeakness[]? weaknesses) ? weaknesses.Contains(answer.Weakness) : answer.Outcome == "refuse",
                _ => reason == "input-count"
                    ? answer.Outcome.Contains("public inputs", StringComparison.Ordinal)
                    : answer.Fault is { } fault ? Faults[reason].Contains(fault)

                    // Points that a circuit determines are compared with it first.
                    : answer.Outcome == "refuse" && name.Contains("/transcript/zkey-", StringComparison.Ordinal),
            };
            if (!right)
            {
                wrong.Add($"{name} ({reason}): {answer.Outcome}");
            }
        });
        Assert.Empty(wrong);
        Assert.True(judged > 1100, $"Only {judged} vectors were judged.");
    }

    [Fact]
    public void Files_of_transcripts_are_those_of_their_hashes()
    {
        foreach (string curve in (string[])["bn254", "bls12-381"])
        {
            var named = new HashSet<string>();
            foreach (JsonElement test in TestVectors.Json($"groth16-adversarial/{curve}/transcript.json").GetProperty("cases").EnumerateArray())
            {
                string file = test.Text("file");
                Assert.Equal(test.Text("sha256"), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder, curve, file)))));
                named.Add(file);
                if (test.TryGetProperty("r1cs", out JsonElement circuit))
                {
                    named.Add(circuit.GetString()!);
                    named.Add(test.Text("ptau"));
                }
            }

            Assert.Equal(named.Count, Directory.GetFiles(Path.Combine(Folder, curve, "files")).Length);
        }
    }

    /// <summary>A suite in which nothing is true would be passed by a verifier that always says no.</summary>
    [Fact]
    public void Each_file_has_cases_of_each_verdict()
    {
        foreach (string curve in (string[])["bn254", "bls12-381"])
        {
            foreach (string kind in (string[])["verify", "encoding", "batch", "transcript"])
            {
                JsonElement[] cases = [.. TestVectors.Json($"groth16-adversarial/{curve}/{kind}.json").GetProperty("cases").EnumerateArray()];
                Assert.Equal(["accept", "malformed", "reject"], cases.Select(test => test.Text("verdict")).Distinct().Order(StringComparer.Ordinal));
            }
        }
    }

    /// <summary>The README's lists of kinds, reasons and numbers are what the files have.</summary>
    [Fact]
    public void The_documents_know_every_reason_and_the_number_of_cases()
    {
        string readme = File.ReadAllText(Path.Combine(Folder, "README.md"));
        var reasons = new HashSet<string>();
        foreach (string kind in (string[])["verify", "encoding", "batch", "transcript"])
        {
            JsonElement[][] cases = [.. ((string[])["bn254", "bls12-381"]).Select(curve =>
                TestVectors.Json($"groth16-adversarial/{curve}/{kind}.json").GetProperty("cases").EnumerateArray().ToArray())];
            Assert.Contains($"| `{kind}` | {cases[0].Length} | {cases[1].Length} |", readme, StringComparison.Ordinal);
            reasons.UnionWith(cases.SelectMany(all => all).Select(test => test.Text("reason")));
        }

        Assert.All(reasons, reason => Assert.Contains($"| `{reason}` |", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void The_archive_is_the_same_each_time_and_holds_every_file()
    {
        using var folder = new TemporaryFolder();
        string one = folder.File("one.tar.gz"), two = folder.File("two.tar.gz"), unpacked = folder.File("unpacked");
        Archive.Write(Folder, RepositoryFiles.Path("LICENSE"), one);
        Archive.Write(Folder, RepositoryFiles.Path("LICENSE"), two);
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
        Directory.CreateDirectory(unpacked);
        using (var gzip = new System.IO.Compression.GZipStream(File.OpenRead(one), System.IO.Compression.CompressionMode.Decompress))
        {
            System.Formats.Tar.TarFile.ExtractToDirectory(gzip, unpacked, overwriteFiles: false);
        }

        string root = Path.Combine(unpacked, Archive.Name);
        string[] sums = File.ReadAllLines(Path.Combine(root, "SHA256SUMS"));
        Assert.Equal(Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Length + 1, sums.Length);
        Assert.All(sums, line => Assert.Equal(line[..64], Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(root, line[66..]))))));
    }
}
