// Owns: `zkps apikey` and the options of `zkps serve` about who may call: what they do, and which mistakes they name.

using System.Text.Json;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

public sealed class ApiKeyTests
{
    [Fact]
    public void AKeyIsShownOnceAndRevokedForGood()
    {
        using var folder = new TemporaryFolder();
        string[] data = ["--data", folder.File("data")];
        Run made = Zkps.Succeed(["apikey", "create", "alice", "--tenant", "acme", "--scope", "read", "--scope", "submit", "--expires", "90d", .. data]);
        string key = made.Out.Trim();
        Assert.Matches("^zkps_[A-Za-z0-9_-]{43}$", key);
        Assert.Contains("only time", made.Error, StringComparison.Ordinal);
        Assert.Equal("bob", Zkps.Succeed(["apikey", "create", "bob", "--tenant", "acme", "--scope", "admin", "--json", .. data]).Json.GetProperty("name").GetString());

        JsonElement list = Zkps.Succeed(["apikey", "list", "--json", .. data]).Json;
        Assert.Equal(["alice", "bob"], list.EnumerateArray().Select(item => item.GetProperty("name").GetString()!));
        Assert.Equal("active", list[0].GetProperty("state").GetString());
        Assert.False(list[0].TryGetProperty("key", out _));
        Assert.Equal(JsonValueKind.Null, list[1].GetProperty("expires").ValueKind);

        Zkps.Succeed(["apikey", "revoke", "alice", .. data]);
        Run table = Zkps.Succeed(["apikey", "list", .. data]);
        Assert.Contains("revoked", table.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(key, table.Out, StringComparison.Ordinal);
        Names("names are not used again", ["apikey", "create", "alice", "--tenant", "acme", "--scope", "read", .. data]);
        Names("there is no API key carol", ["apikey", "revoke", "carol", .. data]);
        Names("scopes:", ["apikey", "create", "carol", "--tenant", "acme", "--scope", "root", .. data]);
        Names("tenant:", ["apikey", "create", "carol", "--tenant", "a b", "--scope", "read", .. data]);
        Names("--expires", ["apikey", "create", "carol", "--tenant", "acme", "--scope", "read", "--expires", "soon", .. data]);
        Names("--scope", ["apikey", "create", "carol", "--tenant", "acme", .. data]);
        Assert.All(Directory.GetFiles(folder.File("data"), "*", SearchOption.AllDirectories), file =>
            Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(key)) < 0, file));
    }

    [Fact]
    public void AServiceThatWouldBeOpenOrReadableDoesNotStart()
    {
        using var folder = new TemporaryFolder();
        string[] serve = ["serve", "--workers", "0", "--data", folder.File("data"), "--listen", "127.0.0.1:0", "--device", "cpu"];
        Names("--auth", [.. serve, "--web", "0.0.0.0:0"]);
        Names("--allow-cleartext", [.. serve, "--web", "0.0.0.0:0", "--auth"]);
        Names("--token-key takes effect only with --auth", [.. serve, "--token-key", folder.File("none.pem")]);
        Names("none.pem", [.. serve, "--web", "127.0.0.1:0", "--auth", "--token-key", folder.File("none.pem")]);
        Names("go together", [.. serve, "--web", "127.0.0.1:0", "--cert", folder.File("none.pem")]);
        Names("need TLS", [.. serve, "--web", "127.0.0.1:0", "--client-ca", folder.File("none.pem")]);
    }

    private static void Names(string fault, string[] arguments)
    {
        Run run = Zkps.Run(arguments);
        Assert.True(run.Code == ExitCode.Mistake && run.Error.Contains(fault, StringComparison.Ordinal), run.ToString());
    }
}
