// Owns: how the gate's refusals look on the web port, and the headers that every answer there has.

using System.Globalization;
using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace ProvingService.Service;

/// <summary>Refusals as JSON, in the form of google.rpc.Status as REST has it.</summary>
internal static class WebRefusal
{
    /// <summary>
    /// What keeps browsers from guessing types, framing, leaking addresses, letting other sites in, and keeping answers. Whoever answers
    /// may set its own instead, as the dashboard does for its pages.
    /// </summary>
    public static void SetHeaders(HttpResponse response)
    {
        IHeaderDictionary headers = response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    /// <summary>Answers with a refusal.</summary>
    public static Task AnswerAsync(HttpResponse response, RpcException refusal)
    {
        (int code, string name) = refusal.StatusCode switch
        {
            StatusCode.Unauthenticated => (StatusCodes.Status401Unauthorized, "UNAUTHENTICATED"),
            StatusCode.PermissionDenied => (StatusCodes.Status403Forbidden, "PERMISSION_DENIED"),
            StatusCode.ResourceExhausted => (StatusCodes.Status429TooManyRequests, "RESOURCE_EXHAUSTED"),
            _ => (StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE"),
        };
        response.StatusCode = code;
        if (code == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (refusal.Trailers.GetValue(Refuse.RetryAfter) is { } wait && long.TryParse(wait, CultureInfo.InvariantCulture, out long milliseconds))
        {
            response.Headers.RetryAfter = ((milliseconds + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        }

        response.ContentType = "application/json";
        return response.WriteAsync(
            new JsonObject { ["code"] = (int)refusal.StatusCode, ["status"] = name, ["message"] = refusal.Status.Detail }.ToJsonString());
    }
}
