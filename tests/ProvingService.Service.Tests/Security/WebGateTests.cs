// Owns: what the web port answers before any page of it does: foreign hosts and origins, callers that nobody knows, headers of every answer.

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Xunit;

namespace ProvingService.Service.Tests.Security;

public sealed class WebGateTests
{
    [Fact]
    public async Task WithoutAuthenticationOnlyThisMachinesNamesAreAnswered()
    {
        await using SecuredService service = await SecuredService.StartAsync([], setup => setup with { Workers = 0 });
        using var client = new HttpClient { BaseAddress = service.Host.WebAddress };
        int port = service.Host.WebAddress.Port;
        foreach (string host in (string[])["localhost", $"LOCALHOST:{port}", $"127.0.0.1:{port}", $"[::1]:{port}", "127.0.0.1:80"])
        {
            Assert.NotEqual(HttpStatusCode.Forbidden, (await SendAsync(client, HttpMethod.Get, host)).StatusCode);
        }

        foreach (string host in (string[])["attacker.example", $"attacker.example:{port}", "localhost.attacker.example", "127.0.0.1.attacker.example", "10.0.0.1", "[::2]"])
        {
            HttpResponseMessage refused = await SendAsync(client, HttpMethod.Get, host);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("--auth", (string?)(await BodyAsync(refused))["message"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task APageOfAnotherSiteChangesNothing()
    {
        await using SecuredService service = await SecuredService.StartAsync([], setup => setup with { Workers = 0 });
        using var client = new HttpClient { BaseAddress = service.Host.WebAddress };
        string own = service.Host.WebAddress.GetLeftPart(UriPartial.Authority);
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch])
        {
            foreach (string origin in (string[])["https://attacker.example", "null", "http://127.0.0.1", own.Replace("http:", "https:", StringComparison.Ordinal), "http://localhost:1"])
            {
                Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(client, method, null, ("Origin", origin))).StatusCode);
            }

            Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(client, method, null, ("Sec-Fetch-Site", "cross-site"))).StatusCode);
            Assert.NotEqual(HttpStatusCode.Forbidden, (await SendAsync(client, method, null, ("Origin", own), ("Sec-Fetch-Site", "same-origin"))).StatusCode);
            Assert.NotEqual(HttpStatusCode.Forbidden, (await SendAsync(client, method, null)).StatusCode);
        }
    }

    [Fact]
    public async Task NobodyIsAnsweredWithoutAKeyAndEveryAnswerHasItsHeaders()
    {
        await using SecuredService service = await SecuredService.StartAsync(
            ["good t read"], setup => setup with { Workers = 0, Options = new ServiceOptions { FailuresPerMinute = 1 } });
        using var client = new HttpClient { BaseAddress = service.Host.WebAddress };
        foreach (string path in (string[])["/v1/jobs", "/v1/circuits", "/metrics", "/something/else"])
        {
            HttpResponseMessage refused = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.ToString());
            Assert.Equal("UNAUTHENTICATED", (string?)(await BodyAsync(refused))["status"]);
            Assert.Equal("nosniff", Assert.Single(refused.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("no-referrer", Assert.Single(refused.Headers.GetValues("Referrer-Policy")));
            Assert.Contains("frame-ancestors 'none'", Assert.Single(refused.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.True(refused.Headers.CacheControl!.NoStore);
            Assert.False(refused.Headers.Contains("Server"));
        }

        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", service.KeyOf("good"));
        Assert.NotEqual(HttpStatusCode.Unauthorized, (await client.GetAsync(new Uri("/v1/jobs", UriKind.Relative))).StatusCode);

        // Host and origin of a request with a key are its sender's business, but for pages that would change something.
        Assert.NotEqual(HttpStatusCode.Forbidden, (await SendAsync(client, HttpMethod.Get, "proofs.example")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(client, HttpMethod.Post, null, ("Origin", "https://attacker.example"))).StatusCode);

        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "zkps_wrong");
        var seen = new List<HttpResponseMessage>();
        for (int i = 0; i < 6; i++)
        {
            seen.Add(await client.GetAsync(new Uri("/v1/jobs", UriKind.Relative)));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, seen[0].StatusCode);
        HttpResponseMessage late = seen.First(response => response.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal("60", Assert.Single(late.Headers.GetValues("Retry-After")));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", "YTpi");
        Assert.Contains((await client.GetAsync(new Uri("/v1/jobs", UriKind.Relative))).StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests]);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string? host, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, "/v1/jobs");
        request.Headers.Host = host;
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return client.SendAsync(request);
    }

    private static async Task<JsonNode> BodyAsync(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
}
