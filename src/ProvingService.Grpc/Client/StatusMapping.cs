// Owns: failures under the protocol as statuses: HTTP's status codes, HTTP/2's error codes, connections that break.
// Written from grpc/grpc, doc/http-grpc-status-mapping.md and doc/PROTOCOL-HTTP2.md.

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc.Client;

internal static class StatusMapping
{
    private const long RefusedStream = 0x7;

    public static Status OfException(Exception exception)
    {
        if (FindProtocolError(exception) is { } http2)
        {
            StatusCode code = http2.ErrorCode switch
            {
                0x0 or RefusedStream => StatusCode.Unavailable,
                0x5 => StatusCode.Unknown,
                0x8 => StatusCode.Cancelled,
                0xb => StatusCode.ResourceExhausted,
                0xc => StatusCode.PermissionDenied,
                _ => StatusCode.Internal,
            };
            return new Status(code, $"The server ended the stream with HTTP/2 error 0x{http2.ErrorCode:x}.", exception);
        }

        return exception is HttpRequestException or IOException or OperationCanceledException
            ? new Status(StatusCode.Unavailable, exception.InnerException is { } inner ? $"{exception.Message} {inner.Message}" : exception.Message, exception)
            : new Status(StatusCode.Internal, $"The call failed on this side: {exception.Message}", exception);
    }

    /// <summary>Whether a server certainly saw nothing of a call that ended so.</summary>
    public static bool NeverReached(Exception exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        || FindProtocolError(exception)?.ErrorCode == RefusedStream;

    public static Status OfHttp(HttpStatusCode code) => new(
        code switch
        {
            HttpStatusCode.BadRequest => StatusCode.Internal,
            HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
            HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
            HttpStatusCode.NotFound => StatusCode.Unimplemented,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
                StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        },
        $"The server answered with HTTP status {(int)code} and not with gRPC.");

    /// <summary>The status in headers or trailers; null where there is none.</summary>
    public static Status? Read(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(GrpcProtocol.Status, out HeaderStringValues values))
        {
            return null;
        }

        string message = headers.NonValidated.TryGetValues(GrpcProtocol.Message, out HeaderStringValues messages)
            ? StatusMessage.Decode(messages.ToString())
            : "";
        return int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int code) && code <= (int)StatusCode.Unauthenticated
            ? new Status((StatusCode)code, message)
            : new Status(StatusCode.Unknown, $"The server ended the call with a status that there is not. {message}".TrimEnd());
    }

    public static Metadata ReadMetadata(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            MetadataHeaders.Read(metadata, name, values);
        }

        return metadata;
    }

    private static HttpProtocolException? FindProtocolError(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is HttpProtocolException found)
            {
                return found;
            }
        }

        return null;
    }
}
