// Owns: what is kept of each call of either face: its figures, a line in the log, the names in its trace. Never: what it said.

using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ProvingService.Grpc;

namespace ProvingService.Service;

/// <summary>Records calls. Safe for concurrent use.</summary>
internal sealed partial class CallRecorder(ServiceMetrics metrics, ILogger log)
{
    /// <summary>The log's category: lines at Information, one a call.</summary>
    public const string LogCategory = "ProvingService.Requests";

    private static readonly object JobKey = new();

    /// <summary>A call is about a job.</summary>
    public static void AboutJob(ServerCallContext call, string job)
    {
        call.UserState[JobKey] = job;
        ServiceTraces.AboutJob(job);
    }

    /// <summary>Stands around every gRPC method.</summary>
    public async Task InterceptAsync(GrpcCall call, Func<Task> next)
    {
        await next().ConfigureAwait(false);
        Ended("grpc", call.HttpContext, call.Context, call.Method.ServiceName, call.Method.Name, call.Status?.StatusCode ?? StatusCode.Cancelled, call.Elapsed);
    }

    /// <summary>A call ended.</summary>
    public void Ended(string face, HttpContext http, ServerCallContext? call, string service, string method, StatusCode code, TimeSpan elapsed)
    {
        string name = RestAnswers.NameOf(code);
        metrics.Handled(face, service, method, name, elapsed);
        ServiceTraces.Handled(face, service, method, name);
        if (log.IsEnabled(LogLevel.Information))
        {
            string job = call is not null && call.UserState.TryGetValue(JobKey, out object? known) ? (string)known : "-";
            Called(face, service, method, name, elapsed.TotalMilliseconds, http.Features.Get<Caller>()?.Tenant ?? "-", job);
        }
    }

    [LoggerMessage(210, LogLevel.Information, "{Face} {Service}/{Method}: {Code} after {Milliseconds:F1} ms, tenant {Tenant}, job {JobId}")]
    private partial void Called(string face, string service, string method, string code, double milliseconds, string tenant, string jobId);
}
