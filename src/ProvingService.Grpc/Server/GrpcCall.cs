// Owns: a call as an interceptor sees it.

using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace ProvingService.Grpc;

/// <summary>A call as an interceptor sees it. It lives until the outermost interceptor ends.</summary>
public sealed class GrpcCall
{
    private readonly ServerCall call;

    internal GrpcCall(ServerCall call, IMethod method) => (this.call, Method) = (call, method);

    /// <summary>The method.</summary>
    public IMethod Method { get; }

    /// <summary>The call as its handler sees it, with the request's headers and <see cref="ServerCallContext.UserState"/>.</summary>
    public ServerCallContext Context => call;

    /// <summary>The request under it.</summary>
    public HttpContext HttpContext => call.HttpContext;

    /// <summary>How the call ends; null as long as that is open. Settled when the second argument of an interceptor has ended.</summary>
    public Status? Status => call.Outcome;

    /// <summary>Since the request's headers came, until now or, once that is settled, until it was settled how the call ends.</summary>
    public TimeSpan Elapsed => call.Elapsed;
}
