// Owns: phase 1 together with snarkjs: mixed transcripts, and files that both make byte for byte alike.

using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class PtauTests : IDisposable
{
    private const string Beacon = "0102030405060708090a0b0c0d0e0f";

    private readonly TemporaryFolder folder = new();

    /// <summary>
    /// Contributions by snarkjs, us, a beacon by us, snarkjs, and a beacon by snarkjs. Each tool verifies what the other made last,
    /// and what has no randomness is made by both from the same file.
    /// </summary>
    [InteropTheory]
    [InlineData("bls12-381", "bls12381")]
    [InlineData("bn254", "bn128")]
    public void A_mixed_transcript_is_true_in_both_tools(string curve, string theirName)
    {
        string[] hashes = [.. Theirs(
            ["new", theirName, 4, At("their-0")],
            ["contribute", At("their-0"), At("1"), "theirs"]).Select(step => (string)step!)];
        Zkps.Run("setup", "ptau", "new", "--curve", curve, "--power", "4", "-o", At("0"), "--json").Succeeds().Says(hashes[0]);
        AreEqual("their-0", "0");
        Zkps.Run("setup", "ptau", "verify", At("1"), "--json").Succeeds().Says(hashes[1]);

        string ours = ResponseHash(Zkps.Run("setup", "ptau", "contribute", At("1"), At("2"), "--name", "ours, with ümlauts", "--json"));
        string beacon = ResponseHash(Zkps.Run("setup", "ptau", "beacon", At("2"), At("3"), "--hash", Beacon, "--iterations", "10", "--name", "our beacon", "--json"));
        Zkps.Run("setup", "ptau", "prepare", At("3"), At("3p")).Succeeds();
        Zkps.Run("setup", "ptau", "truncate", At("3p"), At("3t"), "--power", "2").Succeeds();
        Zkps.Run("setup", "ptau", "prepare", At("0"), At("0p")).Succeeds();
        File.WriteAllBytes(At("false"), Swapped(File.ReadAllBytes(At("3"))));

        JsonNode?[] theirs = Theirs(
            ["verify", At("3")],
            ["verify", At("3p")],
            ["verify", At("3t")],
            ["beacon", At("2"), At("their-3"), "our beacon", Beacon, 10],
            ["prepare", At("3"), At("their-3p")],
            ["prepare", At("0"), At("their-0p")],
            ["truncate", At("their-3p"), folder.File("their-3t-")],
            ["contribute", At("3p"), At("4"), "theirs again"],
            ["beacon", At("4"), At("5"), "", "ff", 10],
            ["prepare", At("5"), At("5p")],
            ["verify", At("false")]);
        Assert.All(theirs[..3], step => Assert.True((bool)step!));
        Assert.Equal(beacon, (string)theirs[3]!);
        Assert.False((bool)theirs[10]!);
        AreEqual("their-3", "3");
        AreEqual("their-3p", "3p");
        AreEqual("their-0p", "0p");
        AreEqual("their-3t-02", "3t");

        Zkps.Run("setup", "ptau", "verify", At("their-3t-03")).Succeeds().Says("reduced from 4").Says("cannot be compared");
        JsonNode report = JsonNode.Parse(Zkps.Run("setup", "ptau", "verify", At("5p"), "--json").Succeeds().Text)!;
        JsonArray contributions = report["contributions"]!.AsArray();
        Assert.Equal(
            new[] { hashes[1], ours, beacon, (string)theirs[7]!, (string)theirs[8]! }, contributions.Select(c => (string)c!["responseHash"]!));
        Assert.Equal(["theirs", "ours, with ümlauts", "our beacon", "theirs again", ""], contributions.Select(c => (string)c!["name"]!));
        Assert.Equal([false, false, true, false, true], contributions.Select(c => (bool)c!["beacon"]!));
        Zkps.Run("setup", "ptau", "verify", At("false")).Ends(1).Says("FALSE: Section 4: point 0 is not α");
        Zkps.Run("setup", "ptau", "verify", At("0p")).Ends(1).Says("No one contributed");
        Zkps.Run("setup", "ptau", "contribute", At("3t"), At("none")).Ends(2).Says("reduced to power 2");
        Assert.False(File.Exists(At("none")));
    }

    public void Dispose() => folder.Dispose();

    /// <summary>A file with sections 4 and 5 in each other's place; both lengths are the same.</summary>
    private static byte[] Swapped(byte[] file)
    {
        int alpha = 0, beta = 0, length = 0;
        for (int at = 12; at < file.Length;)
        {
            uint type = BitConverter.ToUInt32(file, at);
            int size = (int)BitConverter.ToUInt64(file, at + 4);
            (alpha, beta, length) = type == 4 ? (at + 12, beta, size) : type == 5 ? (alpha, at + 12, size) : (alpha, beta, length);
            at += 12 + size;
        }

        byte[] changed = [.. file];
        file.AsSpan(alpha, length).CopyTo(changed.AsSpan(beta));
        file.AsSpan(beta, length).CopyTo(changed.AsSpan(alpha));
        return changed;
    }

    private static string ResponseHash(Outcome outcome)
    {
        // Standard error comes first: there is no terminal to type a text at.
        string text = outcome.Succeeds().Text;
        return (string)JsonNode.Parse(text[text.IndexOf('{', StringComparison.Ordinal)..])!["responseHash"]!;
    }

    private JsonNode?[] Theirs(params JsonArray[] steps)
    {
        string path = folder.File("steps.json");
        File.WriteAllText(path, new JsonArray([.. steps]).ToJsonString());
        string[] lines = [.. Node.Script("ptau.mjs", path).Succeeds().Text.Split('\n').Where(line => line.StartsWith('{'))];
        Assert.Equal(steps.Length, lines.Length);
        return [.. lines.Select(line => JsonNode.Parse(line)!["result"])];
    }

    private void AreEqual(string expected, string actual) => Assert.Equal(File.ReadAllBytes(At(expected)), File.ReadAllBytes(At(actual)));

    private string At(string name) => folder.File(name + ".ptau");
}
