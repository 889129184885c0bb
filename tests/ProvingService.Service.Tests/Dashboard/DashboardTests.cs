// Owns: what the dashboard's addresses answer, without a browser: headers, caching, and the two feeds.

using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ProvingService.Contract;
using ProvingService.Service.Tests.Security;
using Xunit;

namespace ProvingService.Service.Tests.Dashboard;

public sealed partial class DashboardTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_page_allows_nothing_but_its_own_files_and_these_are_kept_for_good()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        using var http = new HttpClient { BaseAddress = service.Host.WebAddress };
        using HttpResponseMessage page = await http.GetAsync("/");
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        string policy = string.Join(';', page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;", policy, StringComparison.Ordinal);
        Assert.Equal("no-cache", page.Headers.CacheControl?.ToString());

        string html = await page.Content.ReadAsStringAsync();
        Assert.DoesNotContain("{{", html, StringComparison.Ordinal);
        Assert.DoesNotMatch(Inline(), html);
        string[] addresses = [.. Address().Matches(html).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(addresses);
        foreach (string address in addresses)
        {
            using HttpResponseMessage file = await http.GetAsync(address);
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
            Assert.Equal("public, max-age=31536000, immutable", file.Headers.CacheControl?.ToString());
            Assert.Equal("nosniff", string.Join(',', file.Headers.GetValues("X-Content-Type-Options")));
        }

        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(again)).StatusCode);
        foreach (string unknown in (string[])["/dashboard/0123456789abcdef/app.js", addresses[0] + "x", addresses[0].Replace("/icon", "/../icon", StringComparison.Ordinal) + "/.."])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(unknown)).StatusCode);
        }
    }

    [Fact]
    public void Every_file_says_what_it_owns_and_names_no_other_host()
    {
        string folder = TestKit.RepositoryFiles.Path("src/ProvingService.Service/Dashboard/wwwroot");
        string[] files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        Assert.Equal(files.Length - 1, new DashboardFiles().Names.Count());
        foreach (string file in files)
        {
            string text = File.ReadAllText(file);
            Assert.Contains("Owns: ", string.Join('\n', text.Split('\n').Take(2)), StringComparison.Ordinal);
            Assert.DoesNotMatch(Foreign(), text);
            Assert.DoesNotMatch(UnsafeSink(), text);
        }
    }

    [Fact]
    public async Task Snapshots_come_when_something_changes_and_hold_the_jobs_of_the_caller()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit circuit = await service.RegisterChainAsync();
        using var http = new HttpClient { BaseAddress = service.Host.WebAddress };
        using var end = new CancellationTokenSource(Patience);
        using HttpResponseMessage response = await http.GetAsync("/dashboard/events", HttpCompletionOption.ResponseHeadersRead, end.Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync(end.Token));
        Assert.Equal(0, (int)(await NextAsync(events, end.Token))["queue"]!["queued"]!);
        await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs());
        JsonNode snapshot = await NextAsync(events, end.Token);
        while ((int)snapshot["queue"]!["queued"]! == 0)
        {
            snapshot = await NextAsync(events, end.Token);
        }

        Assert.Null(snapshot["queue"]!["expectedWait"]);
        Assert.Equal(0, (int)snapshot["workers"]!["count"]!);
    }

    [Fact]
    public async Task The_hour_counts_each_job_once_and_is_there_again_after_a_restart()
    {
        using var folder = new TestKit.TemporaryFolder();
        await using (TestService service = await TestService.StartAsync(null, folder.Path))
        {
            Circuit circuit = await service.RegisterChainAsync();
            foreach (string inputs in (string[])[TestService.ChainInputs(), TestService.ChainInputs(), "{}"])
            {
                await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, inputs)).Id).WaitAsync(Patience);
            }

            await RequireAsync(service);
        }

        await using TestService after = await TestService.StartAsync(setup => setup with { Workers = 0 }, folder.Path);
        await RequireAsync(after);

        static async Task RequireAsync(TestService service)
        {
            using var http = new HttpClient { BaseAddress = service.Host.WebAddress };
            DateTime late = DateTime.UtcNow + Patience;
            JsonNode history;
            do
            {
                await Task.Delay(50);
                history = JsonNode.Parse(await http.GetStringAsync("/dashboard/history"))!;
            }
            while (Sum(history, "done") + Sum(history, "failed") < 3 && DateTime.UtcNow < late);

            Assert.Equal((2, 1, 0), (Sum(history, "done"), Sum(history, "failed"), Sum(history, "stopped")));
            Assert.Equal(JobHistory.Minutes, history["minutes"]!.AsArray().Count);
            Assert.Equal(1, (int)history["reasons"]!["FAILURE_REASON_INPUT_INVALID"]!);
            Assert.True((double)history["median"]! <= (double)history["slow"]!);
        }

        static int Sum(JsonNode history, string name) => history["minutes"]!.AsArray().Sum(minute => (int)minute![name]!);
    }

    [Fact]
    public async Task Feeds_ask_who_calls_and_show_a_tenant_its_own_jobs_alone()
    {
        await using SecuredService service = await SecuredService.StartAsync(
            ["first one read,submit", "second two read", "operator ops admin,read", "writer one submit"], setup => setup with { Workers = 0 });
        using var http = new HttpClient { BaseAddress = service.Host.WebAddress };
        using var end = new CancellationTokenSource(Patience);
        Job job = await service.Jobs("first").SubmitJobAsync(new() { Circuit = service.Circuit, Inputs = "{\"start\":\"3\"}" });
        await service.Jobs("first").CancelJobAsync(new() { Id = job.Id });
        foreach (string path in (string[])["/dashboard/events", "/dashboard/history"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(path, null)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(path, "writer")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/", null)).StatusCode);
        (string Key, string? Tenant)[] seeing = [("first", ""), ("operator", "one"), ("second", null)];
        foreach ((string key, string? tenant) in seeing)
        {
            using HttpResponseMessage response = await GetAsync("/dashboard/events", key);
            using var events = new StreamReader(await response.Content.ReadAsStreamAsync(end.Token));
            JsonArray latest = (await NextAsync(events, end.Token))["latest"]!.AsArray();
            while (tenant is not null && latest.Count == 0)
            {
                latest = (await NextAsync(events, end.Token))["latest"]!.AsArray();
            }

            Assert.Equal(tenant is null ? [] : [(job.Id, tenant)], latest.Select(one => ((string)one!["job"]!["id"]!, (string)one["job"]!["tenant"]!)));
            using HttpResponseMessage history = await GetAsync("/dashboard/history", key);
            JsonNode hour = JsonNode.Parse(await history.Content.ReadAsStringAsync())!;
            Assert.Equal(tenant is null ? 0 : 1, hour["minutes"]!.AsArray().Sum(minute => (int)minute!["stopped"]!));
        }

        Task<HttpResponseMessage> GetAsync(string path, string? key)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (key is not null)
            {
                request.Headers.Authorization = new("Bearer", service.KeyOf(key));
            }

            return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token);
        }
    }

    [Fact]
    public void An_hour_keeps_what_is_young_enough_by_tenant_and_tells_quantiles()
    {
        var clock = new FixedTime(new DateTimeOffset(2031, 5, 6, 7, 8, 30, TimeSpan.Zero));
        var history = new JobHistory(null!, clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        for (int i = 1; i <= 100; i++)
        {
            JobRecord job = Finished("one", clock.Now, i);
            history.Count(job);
            history.Count(job);
        }

        history.Count(Finished("two", clock.Now.AddMinutes(-59), 7));
        history.Count(Finished("two", clock.Now.AddMinutes(-61), 7));
        history.Count(Finished("two", clock.Now, 7, JobState.Failed));
        Assert.Equal((50, 95), (history.Look("one").Median, history.Look("one").Slow));
        Assert.Equal(101, history.Look(null).Minutes.Sum(minute => minute.Done));
        Assert.Equal(1, history.Look("two").Minutes[0].Done);
        Assert.Equal(JobHistory.Recent, history.Look(null).Latest.Count);
        Assert.Empty(history.Look("three").Latest);

        clock.Now = clock.Now.AddMinutes(60);
        Assert.Equal(0, history.Look(null).Minutes.Sum(minute => minute.Done + minute.Failed));
        Assert.Null(history.Look(null).Median);
    }

    private static JobRecord Finished(string tenant, DateTimeOffset at, double seconds, JobState state = JobState.Done) => new()
    {
        Submitted = new NewJob
        {
            Id = Guid.NewGuid(),
            Tenant = tenant,
            KeyHash = "",
            InputKind = InputKind.Json,
            InputHash = "",
            InputLength = 2,
            ContentHash = "",
            Cost = 1,
            MemoryBytes = 1,
        },
        State = state,
        Reason = state == JobState.Failed ? FailureReason.Internal : FailureReason.None,
        Created = at.AddSeconds(-seconds),
        Finished = at,
    };

    private static async Task<JsonNode> NextAsync(StreamReader events, CancellationToken cancellation)
    {
        while (true)
        {
            string line = await events.ReadLineAsync(cancellation) ?? throw new EndOfStreamException("the stream ended.");
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return JsonNode.Parse(line[6..])!;
            }
        }
    }

    [GeneratedRegex("(?:src|href)=\"(dashboard/[^\"]+)\"")]
    private static partial Regex Address();

    /// <summary>What the policy would refuse.</summary>
    [GeneratedRegex("<script(?![^>]* src=)|<style|\\son\\w+=|\\sstyle=")]
    private static partial Regex Inline();

    /// <summary>Addresses of others; the names of XML's namespaces are none.</summary>
    [GeneratedRegex("(?:https?:)?//(?!www\\.w3\\.org/)[a-z0-9-]+\\.[a-z]{2,}", RegexOptions.IgnoreCase)]
    private static partial Regex Foreign();

    /// <summary>Text that would be read as HTML or as code.</summary>
    [GeneratedRegex(@"\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function")]
    private static partial Regex UnsafeSink();

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
