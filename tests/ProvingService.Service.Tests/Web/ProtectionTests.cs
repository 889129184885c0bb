// Owns: tests of what REST does against too much: rates, bodies without end, readers that do not read, and callers that go.

using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace ProvingService.Service.Tests.Web;

public sealed class ProtectionTests
{
    [Fact]
    public async Task Who_submits_too_much_is_told_when_to_come_again()
    {
        await using WebService service = await WebService.StartAsync(
            setup => setup with { Workers = 0, Options = setup.Options with { SubmissionsPerSecond = 1, SubmissionBurst = 1 } });
        string circuit = await service.RegisterAsync(TinyKey.Create(14));
        HttpResponseMessage response;
        do
        {
            response = await service.PostAsync("/v1/jobs", new JsonObject { ["circuit"] = circuit, ["inputs"] = "{\"start\":\"3\"}" });
        }
        while (response.IsSuccessStatusCode);

        Assert.InRange(int.Parse(response.Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Contains("1 submissions a second", await WebService.ErrorAsync(response, 429, "RESOURCE_EXHAUSTED"), StringComparison.Ordinal);
        response.Dispose();
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_without_being_read()
    {
        await using WebService service = await WebService.StartAsync(setup => setup with { Workers = 0, Options = setup.Options with { MaxInputBytes = 1000 } });
        using HttpResponseMessage response = await service.Http.PostAsync("/v1/jobs", WebService.Content(new string(' ', 100_000)));
        await WebService.ErrorAsync(response, 413, "RESOURCE_EXHAUSTED");
    }

    [Fact]
    public async Task An_upload_that_falls_silent_is_ended_and_what_came_is_kept()
    {
        await using WebService service = await WebService.StartAsync(
            setup => setup with { Workers = 0, Options = setup.Options with { ReadTimeout = TimeSpan.FromSeconds(0.5) } });
        string path = $"/v1/uploads/{new string('0', 64)}";
        using Socket socket = await ConnectAsync(service);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"PUT {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n0123456789"));
        Assert.StartsWith("HTTP/1.1 408", await ReadAsync(socket), StringComparison.Ordinal);
        Assert.Equal("10", (string?)(await service.GetAsync(path))["committed"]);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_off()
    {
        await using WebService service = await WebService.StartAsync(
            setup => setup with { Workers = 0, Options = setup.Options with { WriteTimeout = TimeSpan.FromSeconds(0.5) } });
        string circuit = await service.RegisterAsync(TinyKey.Create(14));
        var labels = new JsonObject(Enumerable.Range(0, 16).Select(i => KeyValuePair.Create($"label-{i}", (JsonNode?)new string('x', 256))));
        for (int i = 0; i < 100; i++)
        {
            await service.SubmitAsync(circuit, new JsonObject { ["labels"] = labels.DeepClone() });
        }

        // About half a megabyte an answer: more than the buffers between here and there hold, many times over.
        using Socket socket = await ConnectAsync(service);
        const int Requests = 200;
        await socket.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /v1/jobs HTTP/1.1\r\nhost: localhost\r\n\r\n", Requests))));
        await Waiting.ForAsync(async () => (await service.Http.GetStringAsync("/metrics")).Contains("rest_method=\"ListJobs\",rest_service", StringComparison.Ordinal));
        await Task.Delay(TimeSpan.FromSeconds(1.5));

        long total = 0;
        try
        {
            var buffer = new byte[1 << 20];
            for (int read; (read = await socket.ReceiveAsync(buffer)) > 0; total += read)
            {
            }
        }
        catch (SocketException)
        {
            // Reset, which is right as well.
        }

        Assert.InRange(total, 1, Requests * 400_000L / 2);
    }

    [Fact]
    public async Task A_caller_that_goes_ends_its_wait()
    {
        await using WebService service = await WebService.StartAsync(setup => setup with { Workers = 0, Options = setup.Options with { MaxStreamsPerKey = 1 } });
        string job = await service.SubmitAsync(await service.RegisterAsync(TinyKey.Create(14)));
        using (var leaving = new CancellationTokenSource())
        {
            Task<HttpResponseMessage> wait = service.Http.GetAsync($"/v1/jobs/{job}:wait", leaving.Token);
            await Waiting.ForAsync(async () => (int)(await service.Http.GetAsync($"/v1/jobs/{job}:wait?timeout=0s")).StatusCode == 429);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        }

        await Waiting.ForAsync(async () => (await service.Http.GetAsync($"/v1/jobs/{job}:wait?timeout=0s")).IsSuccessStatusCode);
    }

    private static async Task<Socket> ConnectAsync(WebService service)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(service.Http.BaseAddress!.Host, service.Http.BaseAddress.Port);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var buffer = new byte[4096];
        int read = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(40));
        return Encoding.ASCII.GetString(buffer, 0, read);
    }
}
