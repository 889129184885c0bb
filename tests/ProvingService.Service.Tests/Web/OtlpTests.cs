// Owns: tests of OTLP: measurements and traces reach a collector under the right names.

using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ProvingService.Service.Tests.Web;

public sealed class OtlpTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// <summary>Over HTTP the address has a path, to which the kinds are added; over gRPC it has none, and the method is the path.</summary>
    [Theory]
    [InlineData("/otlp", "/otlp/v1/metrics", "/otlp/v1/traces")]
    [InlineData(
        "", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", "/opentelemetry.proto.collector.trace.v1.TraceService/Export")]
    public async Task Measurements_and_traces_reach_a_collector(string path, string metricsPath, string tracesPath)
    {
        var received = new ConcurrentDictionary<string, ConcurrentBag<byte[]>>();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listener => listener.Protocols = path.Length == 0 ? HttpProtocols.Http2 : HttpProtocols.Http1));
        await using WebApplication collector = builder.Build();
        collector.MapPost("/{**kind}", async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            received.GetOrAdd(http.Request.Path.Value!, _ => []).Add(body.ToArray());
            http.Response.ContentType = path.Length == 0 ? "application/grpc" : "application/x-protobuf";
            if (path.Length == 0)
            {
                // An empty message in its frame, and the status that ends a call.
                await http.Response.Body.WriteAsync(new byte[5]);
                http.Response.AppendTrailer("grpc-status", "0");
            }
        });
        await collector.StartAsync();
        string address = collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        string job;
        await using (WebService service = await WebService.StartAsync(setup => setup with { Otlp = new Uri(address + path) }))
        {
            string circuit = await service.RegisterAsync(TinyKey.Create(14));
            service.Http.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
            job = await service.SubmitAsync(circuit);
            await service.WaitAsync(job);
        }

        string metrics = Text(metricsPath), traces = Text(tracesPath);
        Assert.All(
            (string[])["proving.phase.duration", "proving.attempts", "proving.queue.depth", "rest.server.handled", "process.cpu", "dotnet.gc.collections", "zkps"],
            name => Assert.Contains(name, metrics, StringComparison.Ordinal));
        Assert.All(
            (string[])["attempt", "phase ntt", "phase msm-b", "job.id", job, "proving.v1.Jobs/SubmitJob", Encoding.Latin1.GetString(Convert.FromHexString(TraceId))],
            name => Assert.Contains(name, traces, StringComparison.Ordinal));

        string Text(string called) => string.Concat(received.GetValueOrDefault(called, []).Select(Encoding.Latin1.GetString));
    }

    [Theory]
    [InlineData("ftp://collector:4317")]
    [InlineData("file:///tmp/x")]
    public async Task An_address_that_is_none_is_refused(string address)
    {
        SetupException e = await Assert.ThrowsAsync<SetupException>(() => WebService.StartAsync(setup => setup with { Otlp = new Uri(address) }));
        Assert.Contains("--otlp", e.Message, StringComparison.Ordinal);
    }
}
