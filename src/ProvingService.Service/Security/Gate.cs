// Owns: the way into the service, for gRPC and the web port alike: who calls, at what rate, and whether a browser was led here by a
// page of somebody else's. What a caller may do: the faces, by scope.
//
// Closed unless opened: a web endpoint answers callers that nobody knows only if it says so (AllowAnonymous), as pages of the
// dashboard, the OpenAPI document and /healthz do; of gRPC, grpc.health.v1 does. What is no method of the contract and not open shows
// things, and needs the scope `read`: gRPC's reflection, /metrics, feeds.

using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using ProvingService.Grpc;

namespace ProvingService.Service;

/// <summary>The way in. Safe for concurrent use.</summary>
internal sealed class Gate(ICallerSource callers, RateGate rates, ServiceOptions options)
{
    private const string Health = "grpc.health.v1.", Contract = "proving.v1.", Rest = "/v1";

    /// <summary>Stands around every gRPC method.</summary>
    public async Task InterceptAsync(GrpcCall call, Func<Task> next)
    {
        string service = call.Method.ServiceName;
        if (!service.StartsWith(Health, StringComparison.Ordinal))
        {
            Caller caller = await AdmitAsync(call.HttpContext).ConfigureAwait(false);
            if (!service.StartsWith(Contract, StringComparison.Ordinal))
            {
                RequireReading(caller);
            }
        }

        await next().ConfigureAwait(false);
    }

    /// <summary>Stands before everything on the web port; to be put behind routing.</summary>
    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<IMethod>() is not null)
        {
            // gRPC: the interceptor sees to it, and answers in gRPC's way.
            await next(http).ConfigureAwait(false);
            return;
        }

        WebHeaders.AddTo(http.Response);
        try
        {
            RequireOwnPage(http.Request);
            if (http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null)
            {
                Caller caller = await AdmitAsync(http).ConfigureAwait(false);
                if (!http.Request.Path.StartsWithSegments(Rest, StringComparison.Ordinal))
                {
                    RequireReading(caller);
                }
            }
        }
        catch (RpcException e)
        {
            await RestAnswers.RefuseAsync(http, RestError.Of(e), options.WriteTimeout).ConfigureAwait(false);
            return;
        }

        await next(http).ConfigureAwait(false);
    }

    private async ValueTask<Caller> AdmitAsync(HttpContext http)
    {
        Caller caller = await callers.FindAsync(http).ConfigureAwait(false)
            ?? throw new RpcException(new Status(
                StatusCode.Unauthenticated, "say who you are: an API key or a token in the header authorization, as: Bearer KEY."));
        rates.AdmitRequest(caller);
        http.Features.Set(caller);
        return caller;
    }

    private static void RequireReading(Caller caller)
    {
        if (!caller.Scopes.Contains(Scopes.Read))
        {
            throw Refuse.Forbidden(Scopes.Read);
        }
    }

    /// <summary>
    /// Refuses what a page of another site makes a browser send. Where nobody is asked who they are, such a page could reach the service
    /// by a name that it resolves to this machine (DNS rebinding): only names of this machine are answered then. What changes something
    /// must come from the service's own page whoever is asked, since a browser adds a client certificate by itself.
    /// </summary>
    private void RequireOwnPage(HttpRequest request)
    {
        if (!callers.IsRequired && !IsLocal(request.Host.Host))
        {
            throw new RpcException(new Status(
                StatusCode.PermissionDenied, "without authentication only localhost, 127.0.0.1 and [::1] are answered; call the service by one of these, or start it with --auth."));
        }

        bool reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        if (!reads && (IsForeign(request.Headers.Origin, request) || request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"))
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "a page of another site may change nothing here."));
        }
    }

    private static bool IsLocal(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    private static bool IsForeign(StringValues origin, HttpRequest request) =>
        origin.Count > 0 && !origin.ToString().Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
}
