// Owns: how answers and errors look in REST: JSON of the contract's messages, HTTP's numbers for the contract's codes.

using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace ProvingService.Service;

/// <summary>An error for which HTTP has a finer number than the contract's codes.</summary>
internal sealed class RestException(int number, StatusCode code, string message) : Exception(message)
{
    /// <summary>The number in HTTP.</summary>
    public int Number => number;

    /// <summary>The code of the contract.</summary>
    public StatusCode Code => code;
}

/// <summary>Writes answers.</summary>
internal static class RestAnswers
{
    /// <summary>The type of single answers.</summary>
    public const string Json = "application/json";

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    // Quotes in messages stay legible; nothing of this is ever put into HTML.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A message as JSON on one line. Fields that have their default value are there too, so that answers of one kind have one form.</summary>
    public static byte[] Format(IMessage message) => Encoding.UTF8.GetBytes(Formatter.Format(message));

    /// <summary>Answers with a message.</summary>
    /// <exception cref="RpcException">The handler set a status that is not OK.</exception>
    public static Task WriteAsync(RestCall call, IMessage message)
    {
        if (call.Status.StatusCode != StatusCode.OK)
        {
            throw new RpcException(call.Status);
        }

        return WriteAsync(call.Http, StatusCodes.Status200OK, Format(message), call.Options.WriteTimeout);
    }

    /// <summary>Answers with an error. Does nothing where an answer has begun.</summary>
    public static Task RefuseAsync(HttpContext http, RestError error, TimeSpan writeTimeout)
    {
        HttpResponse response = http.Response;
        if (response.HasStarted)
        {
            return Task.CompletedTask;
        }

        response.Clear();
        if (error.Status.StatusCode == StatusCode.Unauthenticated)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            response.Headers[Refuse.RetryAfter] = ((long)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        if (error.Allow.Count > 0)
        {
            response.Headers.Allow = string.Join(", ", error.Allow);
        }

        return WriteAsync(http, error.Number, Format(error.Status), writeTimeout);
    }

    /// <summary>An error as JSON: code, its name, and the message.</summary>
    public static byte[] Format(Status status)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Writing))
        {
            writer.WriteStartObject();
            writer.WriteNumber("code", (int)status.StatusCode);
            writer.WriteString("status", NameOf(status.StatusCode));
            writer.WriteString("message", status.Detail);
            writer.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>A code's name as the contract writes it.</summary>
    public static string NameOf(StatusCode code) => code switch
    {
        StatusCode.OK => "OK",
        StatusCode.Cancelled => "CANCELLED",
        StatusCode.InvalidArgument => "INVALID_ARGUMENT",
        StatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        StatusCode.NotFound => "NOT_FOUND",
        StatusCode.AlreadyExists => "ALREADY_EXISTS",
        StatusCode.PermissionDenied => "PERMISSION_DENIED",
        StatusCode.Unauthenticated => "UNAUTHENTICATED",
        StatusCode.ResourceExhausted => "RESOURCE_EXHAUSTED",
        StatusCode.FailedPrecondition => "FAILED_PRECONDITION",
        StatusCode.Aborted => "ABORTED",
        StatusCode.OutOfRange => "OUT_OF_RANGE",
        StatusCode.Unimplemented => "UNIMPLEMENTED",
        StatusCode.Internal => "INTERNAL",
        StatusCode.Unavailable => "UNAVAILABLE",
        StatusCode.DataLoss => "DATA_LOSS",
        _ => "UNKNOWN",
    };

    /// <summary>A code's number in HTTP, as google.rpc.Code maps them.</summary>
    public static int NumberOf(StatusCode code) => code switch
    {
        StatusCode.OK => 200,
        StatusCode.Cancelled => 499,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.DeadlineExceeded => 504,
        StatusCode.NotFound => 404,
        StatusCode.AlreadyExists or StatusCode.Aborted => 409,
        StatusCode.PermissionDenied => 403,
        StatusCode.Unauthenticated => 401,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        _ => 500,
    };

    /// <summary>Writes and flushes; a peer that takes nothing for too long is cut off.</summary>
    public static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> bytes, TimeSpan writeTimeout)
    {
        // Kestrel's least rate holds for HTTP/1.1 alone, and not at all where a peer grants no window.
        var stalled = new Timer(static state => ((HttpContext)state!).Abort(), http, writeTimeout, Timeout.InfiniteTimeSpan);
        await using (stalled.ConfigureAwait(false))
        {
            await http.Response.BodyWriter.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
        }
    }

    private static Task WriteAsync(HttpContext http, int number, byte[] body, TimeSpan writeTimeout)
    {
        HttpResponse response = http.Response;
        response.StatusCode = number;
        response.ContentType = Json;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        return SendAsync(http, body, writeTimeout);
    }
}

/// <summary>An error on its way out.</summary>
/// <param name="Number">In HTTP.</param>
/// <param name="Status">Code and message.</param>
internal sealed record RestError(int Number, Status Status)
{
    /// <summary>After how long another try makes sense.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The verbs that the path takes; empty where that is not what is wrong.</summary>
    public IReadOnlyCollection<string> Allow { get; init; } = [];

    /// <summary>The usual number of a code.</summary>
    public static RestError Of(StatusCode code, string message) => new(RestAnswers.NumberOf(code), new Status(code, message));

    /// <summary>What a face threw.</summary>
    public static RestError Of(RpcException e)
    {
        string? wait = e.Trailers.GetValue(Refuse.RetryAfter);
        StatusCode code = e.StatusCode == StatusCode.OK ? StatusCode.Unknown : e.StatusCode;
        return Of(code, e.Status.Detail) with
        {
            RetryAfter = long.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null,
        };
    }
}
