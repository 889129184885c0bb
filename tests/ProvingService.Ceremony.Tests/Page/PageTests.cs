// Owns: the ceremony's page in a real Chromium. What is checked there: tests/interop/ceremony/page.mjs.

using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Ceremony.Tests.Page;

public sealed class PageTests
{
    private const string Hostile = "<img src=x onerror=document.title='taken'>";

    [BrowserFact]
    public async Task The_page_shows_the_ceremony_live_at_every_width_in_both_themes()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(
            json =>
            {
                json["name"] = "Keys of an example";
                json["description"] = "A ceremony with a description,\nand <b>marks</b> in it.";
                json["minimumContributions"] = 3;
                json["address"] = "https://ceremony.example:7430";
                json["beacon"]!["afterClose"] = "6h";
            },
            curves: [CurveId.Bn254, CurveId.Bls12381]);
        await ceremony.ContributeAsync("Ada Lovelace", "Ben");
        using CeremonyClient cheating = ceremony.Invited(), holding = ceremony.Invited(), waiting = ceremony.Invited();
        Hand cheat = await new Hand(cheating, Hostile, ceremony.File("cheat")).JoinAsync();
        TurnOffer turn = (await cheat.WaitAsync()).Turn;
        await cheat.HandInAsync(turn.Circuit, await cheat.DownloadAsync(turn.BaseHash));
        Hand holder = await new Hand(holding, "Grace", ceremony.File("grace")).JoinAsync();
        turn = (await holder.WaitAsync()).Turn;
        string next = holder.Contribute(await holder.DownloadAsync(turn.BaseHash));
        await new Hand(waiting, "Hedy", ceremony.File("hedy")).JoinAsync();

        string pictures = RepositoryFiles.Path("tests/ProvingService.Ceremony.Tests/TestResults/page");
        using Process node = Process.Start(new ProcessStartInfo(
            "node",
            [
                RepositoryFiles.Path("tests/interop/ceremony/page.mjs"), ceremony.Host.WebAddress.ToString(), BrowserFactAttribute.Chromium!, pictures,
                new JsonObject { ["hostile"] = Hostile, ["holder"] = "Grace" }.ToJsonString(),
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = node.StandardError.ReadToEndAsync();
        var said = new List<string>();
        while (await node.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(3)) is { } line)
        {
            said.Add(line);
            if (line == "hand in")
            {
                // What the page is to show without a reload.
                Assert.NotNull((await holder.HandInAsync(turn.Circuit, next)).Accepted);
                using CeremonyClient admin = ceremony.Operator();
                await admin.Coordination.CloseAsync(new());
            }
        }

        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(node.ExitCode == 0 && said.Contains("ok all"), $"{string.Join('\n', said)}\n{await errors}");
    }

    [Fact]
    public async Task Every_answer_forbids_what_a_page_must_not_do_and_strangers_words_are_text()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        await ceremony.ContributeAsync("Ada");
        using var http = new HttpClient { BaseAddress = ceremony.Host.WebAddress };
        foreach (string path in (string[])["", "page/page.js", "page/page.css", "page/icon.svg", "state", "attestations/0001.txt"])
        {
            using HttpResponseMessage answer = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            if (path.StartsWith("attestations", StringComparison.Ordinal))
            {
                Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
                Assert.Contains("I, Ada, contributed", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        foreach (string path in (string[])["page/ceremony.db", "attestations/0002.txt", "page/..%2f..%2fadmin.token", "ceremony.db"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(path)).StatusCode);
        }

        JsonNode state = JsonNode.Parse(await http.GetStringAsync("state"))!;
        Assert.Equal("Ada", state["ceremony"]!["circuits"]![0]!["contributions"]![0]!["name"]!.GetValue<string>());
    }
}
