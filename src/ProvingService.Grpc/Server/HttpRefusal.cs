// Owns: answers to requests that are no gRPC calls, and answers that are nothing but a status.

using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc;

/// <summary>What is said to requests for a gRPC method that are no gRPC calls.</summary>
internal static class HttpRefusal
{
    /// <summary>Whether a request is none; then its answer is begun.</summary>
    public static bool Refuses(HttpContext http)
    {
        HttpResponse response = http.Response;
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            response.StatusCode = StatusCodes.Status426UpgradeRequired;
            response.Headers.Upgrade = "h2c";
            response.Headers.Connection = "Upgrade";
            return true;
        }

        if (!HttpMethods.IsPost(http.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = HttpMethods.Post;
            return true;
        }

        if (!GrpcProtocol.IsGrpc(http.Request.ContentType))
        {
            response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            response.Headers.Accept = GrpcProtocol.ContentType;
            return true;
        }

        return false;
    }
}

/// <summary>An answer whose status stands in its headers and that has no body.</summary>
internal static class TrailersOnly
{
    public static Task AnswerAsync(HttpContext http, Status status)
    {
        HttpResponse response = http.Response;
        response.ContentType = GrpcProtocol.ContentType;
        response.Headers[GrpcProtocol.Status] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers[GrpcProtocol.Message] = StatusMessage.Encode(status.Detail);
        response.Headers[GrpcProtocol.AcceptEncoding] = GrpcProtocol.Encodings;
        return response.CompleteAsync();
    }
}
