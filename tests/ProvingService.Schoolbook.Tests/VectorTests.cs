// Owns: the second opinion on every adversarial vector: verdict, reason and equation as the schoolbook finds them.

using System.Collections.Concurrent;
using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Schoolbook.Tests;

[Trait("Kernels", "any")]
public sealed class VectorTests
{
    private const string Folder = "groth16-adversarial";

    public static TheoryData<string> Files => [.. Directory
        .GetFiles(TestVectors.FullPath(Folder), "*.json", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(TestVectors.FullPath(Folder), path).Replace('\\', '/'))
        .Where(name => name.Contains('/', StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_verdict_is_that_of_the_schoolbook(string file)
    {
        JsonElement root = TestVectors.Json($"{Folder}/{file}");
        string folder = Path.GetDirectoryName(TestVectors.FullPath($"{Folder}/{file}"))!;
        bool isTranscript = root.Text("kind") == "transcript";
        JsonElement[] cases = [.. root.GetProperty("cases").EnumerateArray()];
        Assert.NotEmpty(cases);
        var differences = new ConcurrentBag<string>();
        Parallel.ForEach(cases, @case =>
        {
            SchoolbookVerdict found = SchoolbookJudge.Judge(root, @case, folder);
            string? equation = @case.TryGetProperty("equation", out JsonElement value) ? value.GetString() : null;
            if (found.Verdict != @case.Text("verdict") || found.Equation != equation || (!isTranscript && found.Reason != @case.Text("reason")))
            {
                differences.Add($"{@case.Text("id")}: the vector says {@case.Text("verdict")}, {@case.Text("reason")}, {equation}; the schoolbook {found}.");
            }
        });
        Assert.True(differences.IsEmpty, $"{file}:\n{string.Join('\n', differences.Order(StringComparer.Ordinal))}");
    }
}
