// Owns: zkps ceremony as scripts meet it: exit codes, what is said, and what is left behind.

using System.Text.Json.Nodes;
using ProvingService.Cli;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class CommandTests
{
    [Fact]
    public void Mistakes_end_with_2_and_say_what_to_do()
    {
        using var folder = new TemporaryFolder();
        string document = folder.File("ceremony.json"), token = folder.File("token"), key = folder.File("key");
        File.WriteAllText(document, "{ \"name\": \"x\" }");
        File.WriteAllText(token, "zkpsi_none");
        File.WriteAllText(key, "no key");
        string nowhere = "http://127.0.0.1:1";
        (string Says, string[] Command)[] cases =
        [
            ("'minimumContributions' is missing", ["serve", "--data", folder.File("d"), "--ceremony", document, "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"]),
            ("name its document with --ceremony", ["serve", "--data", folder.File("e"), "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"]),
            ("Add --cert", ["serve", "--data", folder.File("f"), "--listen", "0.0.0.0:0"]),
            ("TurnFloor", ["serve", "--data", folder.File("g"), "--set", "TurnFlor=1s"]),
            ("TurnFloor is 0", ["serve", "--data", folder.File("g"), "--set", "TurnFloor=0s"]),
            ("holds no ceremony", ["invite", "--data", folder.Path]),
            ("1 to 10000", ["invite", "--data", folder.Path, "--count", "0"]),
            ("cannot be reached", ["status", nowhere]),
            ("is no address", ["status", "ceremony.example"]),
            ("an invitation token is needed", ["join", nowhere, "--name", "Ada"]),
            ("give one", ["join", nowhere, "--name", "Ada", "--token-file", token, "--key", key]),
            ("64 hex digits", ["join", nowhere, "--name", "Ada", "--key", key]),
            ("use https", ["join", "http://192.0.2.1:1", "--name", "Ada", "--token-file", token]),
            ("--close, --beacon or both", ["finalise", nowhere]),
            ("hex digits", ["finalise", nowhere, "--beacon", "xyz"]),
            ("there is no folder", ["verify", folder.File("none")]),
            ("SHA256SUMS", ["verify", folder.Path]),
        ];
        foreach ((string says, string[] command) in cases)
        {
            (int code, string text) = Run(["ceremony", .. command]);
            Assert.True(code == 2 && text.Contains(says, StringComparison.Ordinal) && !text.Contains("   at ", StringComparison.Ordinal), $"{string.Join(' ', command)} ended with {code}:\n{text}");
        }

        Assert.False(Directory.Exists(folder.File("zkps-ceremony")));
    }

    [Fact]
    public async Task A_ceremony_by_commands_alone_and_a_false_transcript_ends_with_1()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        string address = ceremony.Host.GrpcAddress.ToString(), token = ceremony.File("token"), admin = ceremony.Host.AdminTokenFile, transcript = ceremony.File("transcript");
        string key = ceremony.File("mine.key");
        Assert.Matches("^[0-9a-f]{64}$", Succeed("key", "-o", key).Trim());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        }

        Assert.Equal(2, Run(["ceremony", "key", "-o", key]).Code);
        await File.WriteAllTextAsync(token, JsonNode.Parse(Succeed("invite", "--data", ceremony.Data, "--json"))![0]!.GetValue<string>());
        JsonNode joined = JsonNode.Parse(Succeed("join", address, "--name", "Ada", "--token-file", token, "--folder", ceremony.File("ada"), "--json"))!;
        Assert.Equal("Done", joined["phase"]!.GetValue<string>());
        Assert.Contains("1 of 1", Succeed("status", address), StringComparison.Ordinal);
        Assert.Equal("CEREMONY_PHASE_OPEN", JsonNode.Parse(Succeed("status", address, "--json"))!["phase"]!.GetValue<string>());
        Assert.Equal(2, Run(["ceremony", "export", address, "-o", transcript]).Code);
        Assert.Equal(2, Run(["ceremony", "verify", address]).Code);
        Assert.Equal(2, Run(["ceremony", "finalise", address, "--close", "--admin-token-file", token]).Code);
        Succeed("finalise", address, "--close", "--admin-token-file", admin);
        Succeed("finalise", address, "--beacon", "00ff", "--admin-token-file", admin, "-o", transcript);
        Assert.Equal(2, Run(["ceremony", "export", address, "-o", transcript]).Code);
        Assert.Contains("The transcript is true.", Succeed("verify", transcript), StringComparison.Ordinal);
        Assert.Contains("The transcript is true.", Succeed("verify", address), StringComparison.Ordinal);
        JsonNode report = JsonNode.Parse(Succeed("verify", transcript, "--json"))!;
        Assert.True(report["true"]!.GetValue<bool>());
        Assert.Equal("Ada", report["circuits"]![0]!["contributors"]![0]!.GetValue<string>());
        (int code, string text) = Run(["ceremony", "verify", transcript, "--receipt-key", new string('0', 64)]);
        Assert.Equal(1, code);
        Assert.Contains("FALSE", text, StringComparison.Ordinal);
        await File.AppendAllTextAsync(Path.Combine(transcript, "transcript.md"), "x");
        Assert.Equal(2, Run(["ceremony", "verify", transcript]).Code);

        // The operator's token and the participant's are nowhere in what was published.
        string secret = await File.ReadAllTextAsync(token);
        Assert.DoesNotContain(Directory.EnumerateFiles(transcript, "*", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains(secret, StringComparison.Ordinal));
        Assert.False(File.ReadAllBytes(Path.Combine(ceremony.Data, "ceremony.db")).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret)) >= 0);
    }

    private static string Succeed(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = Program.Run(["ceremony", .. arguments], TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        Assert.True(code == 0, $"zkps ceremony {string.Join(' ', arguments)} ended with {code}:\n{output}\n{error}");
        return output.ToString();
    }

    private static (int Code, string Text) Run(string[] arguments)
    {
        using var text = new StringWriter();
        TextWriter shared = TextWriter.Synchronized(text);
        return (Program.Run(arguments, shared, shared), text.ToString());
    }
}
