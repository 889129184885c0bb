// Owns: tests of REST over real HTTP: every route, streams, files, and what is refused.

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using ProvingService.Contract;
using Xunit;

namespace ProvingService.Service.Tests.Web;

[Collection("web")]
public sealed class RestTests(WebFixture fixture)
{
    private readonly WebService service = fixture.Service;

    [Fact]
    public async Task Every_method_but_those_with_streams_both_ways_has_a_route()
    {
        JsonNode paths = (await service.GetAsync("/openapi.json"))["paths"]!;
        string[] routed = [.. paths.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => (string)operation.Value!["operationId"]!)];
        MethodDescriptor[] methods = [.. ProvingReflection.Descriptor.Services.SelectMany(s => s.Methods)];
        Assert.Equal(
            methods.Where(method => !(method.IsClientStreaming && method.IsServerStreaming)).Select(method => $"{method.Service.Name}_{method.Name}").Order(),
            routed.Distinct().Order());
    }

    [Fact]
    public async Task A_job_is_submitted_waited_for_and_its_proof_fetched_and_verified()
    {
        string job = await service.SubmitAsync(fixture.Key.Hash, new JsonObject { ["idempotencyKey"] = "rest-1", ["priority"] = 3 });
        Assert.Equal(job, await service.SubmitAsync(fixture.Key.Hash, new JsonObject { ["idempotency_key"] = "rest-1", ["priority"] = 3 }));
        JsonNode done = await service.WaitAsync(job);
        Assert.Equal("JOB_STATE_DONE", (string?)done["state"]);
        Assert.Equal(3, (int)done["priority"]!);

        JsonNode proof = await service.GetAsync($"/v1/jobs/{job}/proof");
        Assert.Equal(128, Convert.FromBase64String((string)proof["compressed"]!).Length);
        var request = new JsonObject
        {
            ["circuit"] = fixture.Key.Hash,
            ["snarkjsProof"] = (string?)proof["snarkjsProof"],
            ["snarkjsPublic"] = (string?)proof["snarkjsPublic"],
            ["tag"] = "mine",
        };
        using HttpResponseMessage verdict = await service.PostAsync("/v1/verify", request);
        Assert.Equal(("VERDICT_VALID", "mine"), ((string?)(await WebService.JsonAsync(verdict))["verdict"], (string?)(await WebService.JsonAsync(verdict))["tag"]));
        request["snarkjsPublic"] = "[\"4\"]";
        using HttpResponseMessage other = await service.PostAsync("/v1/verify", request);
        Assert.Equal("VERDICT_INVALID", (string?)(await WebService.JsonAsync(other))["verdict"]);
        Assert.Contains((await service.GetAsync("/v1/verify/statistics"))["circuits"]!.AsArray(), tally => (string?)tally!["keyHash"] == fixture.Key.Hash);
    }

    [Theory]
    [InlineData("states=JOB_STATE_DONE")]
    [InlineData("states=done&states=QUEUED")]
    [InlineData("states=5")]
    [InlineData("labels=team%3Dred&page_size=1000")]
    [InlineData("labels=team=red&pageSize=1000")]
    [InlineData("circuit={0}&page_size=1000")]
    public async Task Lists_are_filtered_by_the_query(string query)
    {
        JsonNode list = await service.GetAsync("/v1/jobs?" + string.Format(System.Globalization.CultureInfo.InvariantCulture, query, fixture.Key.Hash));
        Assert.Contains(list["jobs"]!.AsArray(), job => (string?)job!["id"] == fixture.Done);
        Assert.DoesNotContain((await service.GetAsync("/v1/jobs?states=FAILED"))["jobs"]!.AsArray(), job => (string?)job!["id"] == fixture.Done);
    }

    [Fact]
    public async Task Events_come_with_their_numbers_and_go_on_where_the_reader_was()
    {
        string text = await EventsAsync(null);
        string[] events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("event: end\ndata: {}", events[^1]);
        string[] ids = [.. events[..^1].Where(e => e != ": ").Select(e => e.Split('\n')[0])];
        Assert.Equal(Enumerable.Range(1, ids.Length).Select(i => $"id: {i}"), ids);
        Assert.Equal("JOB_STATE_DONE", (string?)JsonNode.Parse(events[^2].Split('\n')[1]["data: ".Length..])!["state"]);

        string rest = await EventsAsync((ids.Length - 1).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.StartsWith($"{ids[^1]}\n", rest, StringComparison.Ordinal);

        // Nothing more: what tells a browser not to come again.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{fixture.Done}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("Last-Event-ID", ids.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using HttpResponseMessage nothing = await service.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, nothing.StatusCode);

        using HttpResponseMessage lines = await service.Http.GetAsync($"/v1/jobs/{fixture.Done}/events?after={ids.Length - 2}");
        Assert.Equal("application/x-ndjson", lines.Content.Headers.ContentType?.MediaType);
        Assert.Equal(2, (await lines.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_stream_that_cannot_begin_is_an_ordinary_error()
    {
        using HttpResponseMessage response = await service.Http.GetAsync("/v1/jobs/00000000-0000-0000-0000-000000000000/events");
        await WebService.ErrorAsync(response, 404, "NOT_FOUND");
    }

    [Fact]
    public async Task An_upload_goes_on_where_it_stopped()
    {
        byte[] file = TinyKey.Create(9).Zkey;
        string path = $"/v1/uploads/{TinyKey.HashOf(file)}";
        using (HttpResponseMessage none = await service.Http.GetAsync(path))
        {
            await WebService.ErrorAsync(none, 404, "NOT_FOUND");
        }

        using (HttpResponseMessage first = await service.Http.PutAsync($"{path}?size={file.Length}", new ByteArrayContent(file[..1000])))
        {
            Assert.Equal("1000", (string?)(await WebService.JsonAsync(first))["committed"]);
        }

        Assert.False((bool)(await service.GetAsync(path))["complete"]!);
        using (HttpResponseMessage wrong = await service.Http.PutAsync($"{path}?size={file.Length}&offset=7", new ByteArrayContent(file[7..])))
        {
            Assert.Contains("1000", await WebService.ErrorAsync(wrong, 400, "OUT_OF_RANGE"), StringComparison.Ordinal);
        }

        using HttpResponseMessage rest = await service.Http.PutAsync($"{path}?offset=1000", new ByteArrayContent(file[1000..]));
        Assert.True((bool)(await WebService.JsonAsync(rest))["complete"]!);
    }

    [Fact]
    public async Task A_witness_is_the_body_and_the_job_is_the_query()
    {
        string path = $"/v1/jobs:witness?circuit={fixture.WitnessKey.Hash}&options.priority=-2&options.labels.team=blue&options.idempotency_key=w1";
        using HttpResponseMessage response = await service.Http.PostAsync(path, new ByteArrayContent(fixture.WitnessKey.Wtns));
        JsonNode job = await WebService.JsonAsync(response);
        Assert.Equal(-2, (int)job["priority"]!);
        Assert.Equal("blue", (string?)job["labels"]!["team"]);
        JsonNode done = await service.WaitAsync((string)job["id"]!);
        Assert.Equal(("JOB_STATE_DONE", ""), ((string?)done["state"], (string?)done["message"]));

        using HttpResponseMessage wrong = await service.Http.PostAsync(path.Replace("w1", "w2", StringComparison.Ordinal), new ByteArrayContent(new byte[100]));
        await WebService.ErrorAsync(wrong, 400, "INVALID_ARGUMENT");
    }

    [Fact]
    public async Task Every_reading_route_answers()
    {
        Assert.Equal("CURVE_BN254", (string?)(await service.GetAsync($"/v1/circuits/{fixture.Key.Hash}"))["curve"]);
        Assert.Equal(2, (await service.GetAsync("/v1/circuits?include_retired=true"))["circuits"]!.AsArray().Count);
        Assert.Equal("groth16", (string?)JsonNode.Parse((string)(await service.GetAsync($"/v1/circuits/{fixture.Key.Hash}/verification-key"))["json"]!)!["protocol"]);
        Assert.Contains("contract", (string?)(await service.GetAsync($"/v1/circuits/{fixture.Key.Hash}/solidity-verifier"))["source"], StringComparison.Ordinal);
        Assert.NotNull((await service.GetAsync("/v1/keys"))["budgetBytes"]);
        Assert.Equal("local", (string?)(await service.GetAsync("/v1/info"))["tenant"]);
        Assert.NotNull((await service.GetAsync("/v1/capacity"))["queueLimit"]);
        Assert.Equal(fixture.Done, (string?)(await service.GetAsync($"/v1/jobs/{fixture.Done}"))["id"]);
    }

    [Fact]
    public async Task Posts_by_a_verb_in_the_path_answer()
    {
        using HttpResponseMessage preloaded = await service.PostAsync($"/v1/keys/{fixture.Key.Hash}:preload", new JsonObject());
        Assert.Contains((await WebService.JsonAsync(preloaded))["keys"]!.AsArray(), key => (string?)key!["keyHash"] == fixture.Key.Hash);
        using HttpResponseMessage evicted = await service.Http.PostAsync($"/v1/keys/{fixture.Key.Hash}:evict", null);
        Assert.DoesNotContain((await WebService.JsonAsync(evicted))["keys"]!.AsArray(), key => (string?)key!["keyHash"] == fixture.Key.Hash);
        using HttpResponseMessage cancelled = await service.Http.PostAsync($"/v1/jobs/{fixture.Done}:cancel", null);
        Assert.Equal("JOB_STATE_DONE", (string?)(await WebService.JsonAsync(cancelled))["state"]);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", null, 404, "NOT_FOUND", "/v1/nothing")]
    [InlineData("GET", "/v1/jobs/1:frobnicate", null, 404, "NOT_FOUND", "frobnicate")]
    [InlineData("DELETE", "/v1/jobs", null, 405, "UNIMPLEMENTED", "GET and POST")]
    [InlineData("GET", "/v1/jobs/abc", null, 400, "INVALID_ARGUMENT", "id: ")]
    [InlineData("GET", "/v1/jobs?colour=red", null, 400, "INVALID_ARGUMENT", "colour: there is no such parameter; known are states")]
    [InlineData("GET", "/v1/jobs?states=lost", null, 400, "INVALID_ARGUMENT", "JOB_STATE_QUEUED")]
    [InlineData("GET", "/v1/jobs?page_size=-1", null, 400, "INVALID_ARGUMENT", "page_size: ")]
    [InlineData("GET", "/v1/jobs?page_size=1&page_size=2", null, 400, "INVALID_ARGUMENT", "more than once")]
    [InlineData("GET", "/v1/jobs/x:wait?timeout=soon", null, 400, "INVALID_ARGUMENT", "1.5s")]
    [InlineData("GET", "/v1/jobs/x:wait?id=y", null, 400, "INVALID_ARGUMENT", "path")]
    [InlineData("GET", "/v1/circuits?include_retired=maybe", null, 400, "INVALID_ARGUMENT", "true or false")]
    [InlineData("POST", "/v1/jobs", "{\"circuit\":\"a\",\"colour\":1}", 400, "INVALID_ARGUMENT", "colour")]
    [InlineData("POST", "/v1/jobs", "{\"circuit\":", 400, "INVALID_ARGUMENT", "body: ")]
    [InlineData("POST", "/v1/jobs", "[]", 400, "INVALID_ARGUMENT", "body: ")]
    [InlineData("POST", "/v1/jobs", "{\"circuit\":7}", 400, "INVALID_ARGUMENT", "body: ")]
    [InlineData("POST", "/v1/jobs", "{\"options\":{\"deadline\":\"tomorrow\"}}", 400, "INVALID_ARGUMENT", "body: ")]
    [InlineData("POST", "/v1/jobs?circuit=a", "{}", 400, "INVALID_ARGUMENT", "circuit: the query takes no parameters")]
    [InlineData("POST", "/v1/jobs/a:cancel", "{\"id\":\"b\"}", 400, "INVALID_ARGUMENT", "another value")]
    public async Task What_is_wrong_is_said(string verb, string path, string? body, int number, string status, string said)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path) { Content = body is null ? null : WebService.Content(body) };
        using HttpResponseMessage response = await service.Http.SendAsync(request);
        Assert.Contains(said, await WebService.ErrorAsync(response, number, status), StringComparison.Ordinal);
        if (number == 405)
        {
            Assert.Equal(["GET", "POST"], response.Content.Headers.Allow.Order());
        }
    }

    [Fact]
    public async Task A_body_that_any_page_could_send_is_refused()
    {
        using var form = new StringContent("{\"circuit\":\"a\"}", Encoding.UTF8, new MediaTypeHeaderValue("text/plain"));
        using HttpResponseMessage response = await service.Http.PostAsync("/v1/jobs", form);
        Assert.Contains("application/json", await WebService.ErrorAsync(response, 415, "INVALID_ARGUMENT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_and_depth_without_end_are_refused()
    {
        var content = new ByteArrayContent([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        content.Headers.ContentType = new("application/json");
        using HttpResponseMessage notText = await service.Http.PostAsync("/v1/jobs", content);
        Assert.Contains("UTF-8", await WebService.ErrorAsync(notText, 400, "INVALID_ARGUMENT"), StringComparison.Ordinal);

        string deep = string.Concat(Enumerable.Repeat("{\"options\":", 100_000));
        using HttpResponseMessage tooDeep = await service.Http.PostAsync("/v1/jobs", WebService.Content(deep));
        await WebService.ErrorAsync(tooDeep, 400, "INVALID_ARGUMENT");
    }

    [Fact]
    public async Task A_deadline_ends_the_call()
    {
        await using WebService idle = await WebService.StartAsync(setup => setup with { Workers = 0 });
        string job = await idle.SubmitAsync(await idle.RegisterAsync(fixture.Key));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{job}:wait");
        request.Headers.Add("x-deadline-ms", "200");
        using HttpResponseMessage late = await idle.Http.SendAsync(request);
        await WebService.ErrorAsync(late, 504, "DEADLINE_EXCEEDED");

        using var badRequest = new HttpRequestMessage(HttpMethod.Get, "/v1/info");
        badRequest.Headers.Add("x-deadline-ms", "soon");
        using HttpResponseMessage bad = await idle.Http.SendAsync(badRequest);
        Assert.Contains("x-deadline-ms", await WebService.ErrorAsync(bad, 400, "INVALID_ARGUMENT"), StringComparison.Ordinal);
    }

    private async Task<string> EventsAsync(string? last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{fixture.Done}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (last is not null)
        {
            request.Headers.Add("Last-Event-ID", last);
        }

        using HttpResponseMessage response = await service.Http.SendAsync(request);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsStringAsync();
    }
}
