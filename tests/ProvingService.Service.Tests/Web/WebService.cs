// Owns: a service in this process with one tiny circuit, for tests of the web port: SQLite in a folder of its own, free ports.

using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace ProvingService.Service.Tests.Web;

/// <summary>A chain of squarings: its files as bytes.</summary>
internal sealed record TinyKey(byte[] Zkey, byte[] R1cs, byte[] Wtns, string Program)
{
    public string Hash => HashOf(Zkey);

    public static TinyKey Create(int length)
    {
        ChainFiles files = TestService.ChainOf(length);
        return new(File.ReadAllBytes(files.Key), File.ReadAllBytes(files.R1cs), File.ReadAllBytes(files.Witness), files.Name);
    }

    public static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>A running service with a client of its web port.</summary>
internal sealed class WebService : IAsyncDisposable
{
    private WebService(TestService service)
    {
        Service = service;
        Http = new HttpClient { BaseAddress = service.Host.WebAddress, Timeout = TimeSpan.FromSeconds(60) };
    }

    public TestService Service { get; }

    public HttpClient Http { get; }

    public static async Task<WebService> StartAsync(Func<ServiceSetup, ServiceSetup>? change = null) => new(await TestService.StartAsync(change));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Service.DisposeAsync();
    }

    /// <summary>Uploads and registers a key, and says its hash.</summary>
    public async Task<string> RegisterAsync(TinyKey key, bool withProgram = true)
    {
        await UploadAsync(key.Zkey);
        await UploadAsync(key.R1cs);
        var request = new JsonObject
        {
            ["keyHash"] = key.Hash,
            ["r1csHash"] = TinyKey.HashOf(key.R1cs),
            ["program"] = withProgram ? key.Program : "",
            ["allowInsecure"] = true,
        };
        using HttpResponseMessage response = await PostAsync("/v1/circuits", request);
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(response.IsSuccessStatusCode, string.Join('\n', lines));
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(key.Hash, (string?)JsonNode.Parse(lines[^1])!["circuit"]!["keyHash"]);
        return key.Hash;
    }

    public async Task UploadAsync(byte[] bytes)
    {
        using HttpResponseMessage response = await Http.PutAsync($"/v1/uploads/{TinyKey.HashOf(bytes)}?size={bytes.Length}", new ByteArrayContent(bytes));
        Assert.True((bool)(await JsonAsync(response))["complete"]!);
    }

    /// <summary>Submits a job for the example's inputs, and says its name.</summary>
    public async Task<string> SubmitAsync(string circuit, JsonObject? options = null, string inputs = "{\"start\":\"3\"}")
    {
        using HttpResponseMessage response = await PostAsync("/v1/jobs", new JsonObject { ["circuit"] = circuit, ["inputs"] = inputs, ["options"] = options });
        return (string)(await JsonAsync(response))["id"]!;
    }

    /// <summary>Waits until a job is in its final state.</summary>
    public async Task<JsonNode> WaitAsync(string job) => await GetAsync($"/v1/jobs/{job}:wait?timeout=50s");

    public Task<HttpResponseMessage> PostAsync(string path, JsonNode body) => Http.PostAsync(path, Content(body.ToJsonString()));

    public async Task<JsonNode> GetAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(path);
        return await JsonAsync(response);
    }

    /// <summary>The answer, which must be one of success.</summary>
    public static async Task<JsonNode> JsonAsync(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(text)!;
    }

    /// <summary>An answer that must be an error of a code; its message.</summary>
    public static async Task<string> ErrorAsync(HttpResponseMessage response, int number, string status)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == number, $"{(int)response.StatusCode}: {text}");
        JsonNode error = JsonNode.Parse(text)!;
        Assert.Equal(status, (string?)error["status"]);
        Assert.Equal(["code", "message", "status"], error.AsObject().Select(member => member.Key).Order());
        return (string)error["message"]!;
    }

    public static StringContent Content(string json) => new(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
}

/// <summary>Waiting for what comes by itself.</summary>
internal static class Waiting
{
    public static async Task ForAsync(Func<Task<bool>> isThere)
    {
        for (var limit = System.Diagnostics.Stopwatch.StartNew(); !await isThere(); await Task.Delay(50))
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(40), "It did not come.");
        }
    }
}

/// <summary>One service for all tests of a class that do not need one of their own.</summary>
public sealed class WebFixture : IAsyncLifetime
{
    internal WebService Service { get; private set; } = null!;

    /// <summary>A circuit that takes inputs.</summary>
    internal TinyKey Key { get; } = TinyKey.Create(14);

    /// <summary>A circuit that takes witnesses.</summary>
    internal TinyKey WitnessKey { get; } = TinyKey.Create(13);

    /// <summary>A done job.</summary>
    internal string Done { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Service = await WebService.StartAsync();
        await Service.RegisterAsync(Key);
        await Service.RegisterAsync(WitnessKey, withProgram: false);
        Done = await Service.SubmitAsync(Key.Hash, new JsonObject { ["labels"] = new JsonObject { ["team"] = "red" } });
        Assert.Equal("JOB_STATE_DONE", (string?)(await Service.WaitAsync(Done))["state"]);
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();
}

/// <summary>The classes that share it.</summary>
[CollectionDefinition("web")]
public sealed class WebCollection : ICollectionFixture<WebFixture>;
