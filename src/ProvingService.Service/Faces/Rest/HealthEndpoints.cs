// Owns: whether the process lives and whether it takes calls: /healthz/live and /healthz/ready for orchestrators, and the same
// in grpc.health.v1. Open to everybody, since probes have no keys; they say nothing but that.

using System.Text.Json;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ProvingService.Contract;
using ProvingService.Grpc;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace ProvingService.Service;

/// <summary>Health. Safe for concurrent use.</summary>
internal sealed class HealthEndpoints(FaceParts parts, HealthService health)
{
    /// <summary>How often grpc.health.v1 learns how the store is.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>A store that takes longer is away, for whoever waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Makes the endpoints.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz/live", http => AnswerAsync(http, [])).AllowAnonymous();
        endpoints.MapGet("/healthz/ready", async http => await AnswerAsync(http, await FindReasonsAsync().ConfigureAwait(false)).ConfigureAwait(false)).AllowAnonymous();
        endpoints.MapGet("/healthz", async http => await AnswerAsync(http, await FindReasonsAsync().ConfigureAwait(false)).ConfigureAwait(false)).AllowAnonymous();
    }

    /// <summary>Keeps grpc.health.v1 up to date until the service stops; then nothing serves any more.</summary>
    public async Task RunAsync()
    {
        while (!parts.Stopping.IsCancellationRequested)
        {
            IReadOnlyList<string> reasons = await FindReasonsAsync().ConfigureAwait(false);
            ServingStatus status = reasons.Count == 0 ? ServingStatus.Serving : ServingStatus.NotServing;
            foreach (ServiceDescriptor service in ProvingReflection.Descriptor.Services)
            {
                health.SetStatus(service.FullName, status);
            }

            health.SetStatus("", status);
            await Task.Delay(Interval, parts.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        health.StopServing();
    }

    private async Task<IReadOnlyList<string>> FindReasonsAsync()
    {
        if (parts.Stopping.IsCancellationRequested)
        {
            return ["the service stops"];
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(parts.Stopping);
        patience.CancelAfter(Patience);
        try
        {
            // Not every store looks at its token.
            await parts.Queue.LookAsync(patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
            return [];
        }
        catch (StoreException)
        {
            return ["the store is away"];
        }
        catch (OperationCanceledException)
        {
            return [parts.Stopping.IsCancellationRequested ? "the service stops" : "the store does not answer"];
        }
    }

    private static async Task AnswerAsync(HttpContext http, IReadOnlyList<string> reasons)
    {
        http.Response.StatusCode = reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        http.Response.ContentType = RestAnswers.Json;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(new { status = reasons.Count == 0 ? "ok" : "unavailable", reasons }), http.RequestAborted).ConfigureAwait(false);
    }
}
