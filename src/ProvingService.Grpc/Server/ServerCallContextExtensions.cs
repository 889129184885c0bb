// Owns: from a call to the HTTP request under it.

using Microsoft.AspNetCore.Http;
using ProvingService.Grpc;

namespace Grpc.Core;

/// <summary>From a call to the HTTP request under it.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>Where a call that is not of this server's own kind keeps its request: the name that Grpc.AspNetCore has for it.</summary>
    private const string HttpContextKey = "__HttpContext";

    /// <summary>The HTTP request under a call. It must not be used once the handler has ended, since Kestrel uses it again.</summary>
    /// <param name="serverCallContext">The call.</param>
    /// <exception cref="InvalidOperationException">The call does not come from this server, such as a test double.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext) =>
        serverCallContext is ServerCall call ? call.HttpContext
            : serverCallContext?.UserState.TryGetValue(HttpContextKey, out object? http) == true ? (HttpContext)http
            : throw new InvalidOperationException("There is no HTTP request under this call.");
}
