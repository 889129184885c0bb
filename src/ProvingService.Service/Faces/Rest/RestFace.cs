// Owns: REST as a whole: the same faces as gRPC has, by the routes of the contract. Every request under /v1/ ends here.

using System.Diagnostics;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>Answers requests under <c>/v1/</c>. Safe for concurrent use.</summary>
internal sealed partial class RestFace(RestTable table, CallRecorder calls, ServiceOptions options, ILogger log)
{
    /// <summary>Makes the endpoint.</summary>
    public IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints) => endpoints.Map("/v1/{**path}", RunAsync).WithDisplayName("REST");

    private static RestError NoRoute(string path, IReadOnlyCollection<string> allowed) => allowed.Count > 0
        ? new RestError(StatusCodes.Status405MethodNotAllowed, new Status(StatusCode.Unimplemented, $"this path takes {string.Join(" and ", allowed)} only.")) { Allow = allowed }
        : RestError.Of(StatusCode.NotFound, $"there is nothing at {(path.Length <= 128 ? path : path[..128] + "…")}; /openapi.json says what there is.");

    private async Task RunAsync(HttpContext http)
    {
        if (!table.TryFind(http.Request.Method, http.Request.Path.Value ?? "", out RestRoute? route, out string[]? values, out IReadOnlyCollection<string> allowed))
        {
            await RestAnswers.RefuseAsync(http, NoRoute(http.Request.Path.Value ?? "", allowed), options.WriteTimeout).ConfigureAwait(false);
            return;
        }

        long began = Stopwatch.GetTimestamp();
        RestCall? call = null;
        RestError? error = null;
        try
        {
            call = new RestCall(http, route, values, options);
            await route.Run(call).ConfigureAwait(false);
        }
        catch (RestStreamException e)
        {
            error = e.Error;
        }
        catch (RpcException e)
        {
            error = RestError.Of(e);
        }
        catch (RestException e)
        {
            error = new RestError(e.Number, new Status(e.Code, e.Message));
        }
        catch (BadHttpRequestException e)
        {
            error = e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new RestError(e.StatusCode, new Status(StatusCode.ResourceExhausted, "the body is larger than what is taken here. Bring a witness (/v1/jobs:witness) instead."))
                : new RestError(e.StatusCode, new Status(StatusCode.InvalidArgument, e.Message));
        }
        catch (OperationCanceledException) when (call?.IsLate == true)
        {
            error = RestError.Of(StatusCode.DeadlineExceeded, "the deadline passed before the call ended.");
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException or ConnectionAbortedException or ConnectionResetException)
        {
            error = RestError.Of(StatusCode.Cancelled, "the caller has gone.");
        }
#pragma warning disable CA1031 // Whatever a handler throws ends its call and nothing more.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HandlerFailed(route.Method.FullName, e);
            error = RestError.Of(StatusCode.Internal, "the handler of this method failed; the service's log says more.");
        }
        finally
        {
            call?.Dispose();
        }

        Status ending = error?.Status ?? call!.Status;
        calls.Ended("rest", http, call, route.Method.Service.FullName, route.Method.Name, ending.StatusCode, Stopwatch.GetElapsedTime(began));
        if (error is not null && !http.RequestAborted.IsCancellationRequested)
        {
            await RestAnswers.RefuseAsync(http, error, options.WriteTimeout).ConfigureAwait(false);
        }
    }

    [LoggerMessage(200, LogLevel.Error, "The handler of {Method} failed.")]
    private partial void HandlerFailed(string method, Exception exception);
}
