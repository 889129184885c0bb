// Owns: what answers on the web port beside the dashboard: REST, its OpenAPI document, metrics, health.

using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ProvingService.Grpc;

namespace ProvingService.Service;

/// <summary>The web port's endpoints, and what of it runs beside them.</summary>
internal sealed class WebPort : IDisposable
{
    private readonly PrometheusExporter exporter;
    private readonly QueueGauges gauges;
    private readonly HealthEndpoints health;
    private readonly FaceParts parts;

    /// <summary>Prepares.</summary>
    public WebPort(FaceParts parts, HealthService health, ILoggerFactory logs)
    {
        this.parts = parts;
        this.health = new HealthEndpoints(parts, health);
        gauges = new QueueGauges(parts.Metrics, parts.Queue, parts.Options);
        exporter = new PrometheusExporter(parts.Metrics.Meter);
        Calls = new CallRecorder(parts.Metrics, logs.CreateLogger(CallRecorder.LogCategory));
    }

    /// <summary>Records calls; its interceptor is to stand outermost.</summary>
    public CallRecorder Calls { get; }

    /// <summary>The routes of REST; filled before <see cref="Map"/>.</summary>
    public RestTable Routes { get; } = new();

    /// <summary>Makes the endpoints.</summary>
    public void Map(WebApplication application)
    {
        new RestFace(Routes, Calls, parts.Options, parts.Log).Map(application);
        health.Map(application);
        var openApi = new Lazy<byte[]>(() => OpenApiDocument.Write(Routes));
        application.MapGet("/openapi.json", http =>
        {
            http.Response.ContentType = RestAnswers.Json;
            http.Response.Headers.CacheControl = "no-cache";
            return http.Response.Body.WriteAsync(openApi.Value, http.RequestAborted).AsTask();
        }).AllowAnonymous();
        application.MapGet("/metrics", WriteMetricsAsync);
    }

    /// <summary>Keeps health and the queue's gauges up to date until the service stops.</summary>
    public Task RunAsync(bool withGauges) => withGauges ? Task.WhenAll(health.RunAsync(), RefreshAsync()) : health.RunAsync();

    /// <inheritdoc/>
    public void Dispose() => exporter.Dispose();

    /// <summary>Exporters by OTLP ask at times of their own.</summary>
    private async Task RefreshAsync()
    {
        while (!parts.Stopping.IsCancellationRequested)
        {
            await gauges.RefreshAsync(CancellationToken.None).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromSeconds(5), parts.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The metrics tell how busy the service is, so they need the scope <c>read</c> like everything else.</summary>
    private async Task WriteMetricsAsync(HttpContext http)
    {
        Caller? caller = http.Features.Get<Caller>();
        if (caller?.Scopes.Contains(Scopes.Read) != true)
        {
            RestError error = caller is null
                ? RestError.Of(StatusCode.Unauthenticated, "say who you are: an API key or a token in the header authorization, as: Bearer KEY.")
                : RestError.Of(Refuse.Forbidden(Scopes.Read));
            await RestAnswers.RefuseAsync(http, error, parts.Options.WriteTimeout).ConfigureAwait(false);
            return;
        }

        await gauges.RefreshAsync(http.RequestAborted).ConfigureAwait(false);
        bool openMetrics = http.Request.Headers.Accept.Any(accept => accept?.Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) == true);
        http.Response.ContentType = openMetrics ? PrometheusExporter.OpenMetricsType : PrometheusExporter.TextType;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(exporter.Write(openMetrics), http.RequestAborted).ConfigureAwait(false);
    }
}
