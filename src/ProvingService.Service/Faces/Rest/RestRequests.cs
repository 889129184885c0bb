// Owns: from path, query and JSON body to the request's message, with bounds. What single values look like: RestFields.cs.

using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace ProvingService.Service;

/// <summary>Reads requests.</summary>
internal static class RestRequests
{
    /// <summary>What a browser's EventSource says when it comes again.</summary>
    private const string LastEventId = "Last-Event-ID";

    /// <summary>Deep enough for every message of the contract, and shallow enough for every stack.</summary>
    private const int MaxDepth = 16;

    private static readonly JsonParser Parser = new(new JsonParser.Settings(MaxDepth));
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the message of a unary or server streaming method.</summary>
    /// <exception cref="RpcException">Names the field, the parameter or the place in the body, and what was expected.</exception>
    public static async Task<IMessage> ReadAsync(RestCall call)
    {
        MessageDescriptor type = call.Route.Method.InputType;
        IMessage message = call.Route.HasBody
            ? await ReadBodyAsync(call, type).ConfigureAwait(false)
            : type.Parser.ParseFrom(ByteString.Empty);
        SetPath(call, message);
        if (call.Route.HasBody)
        {
            if (call.Http.Request.Query.Keys.FirstOrDefault() is { } parameter)
            {
                throw Refuse.Invalid(parameter, "the query takes no parameters here; fields are members of the JSON body.");
            }
        }
        else
        {
            SetQuery(call, message);
        }

        if (call.Route.Method.IsServerStreaming)
        {
            Resume(call.Http.Request, message);
        }

        return message;
    }

    /// <summary>Sets fields from the query.</summary>
    /// <param name="call">The call.</param>
    /// <param name="message">The message.</param>
    /// <exception cref="RpcException">Names the parameter.</exception>
    public static void SetQuery(RestCall call, IMessage message)
    {
        foreach ((string name, StringValues values) in call.Http.Request.Query)
        {
            if (call.Route.Template.Fields.Contains(name, StringComparer.Ordinal))
            {
                throw Refuse.Invalid(name, "it stands in the path, and must not come again in the query.");
            }

            foreach (string? value in values)
            {
                RestFields.Set(message, name, value ?? "", mayRepeat: values.Count == 1);
            }
        }
    }

    /// <summary>Sets the fields that stand in the path.</summary>
    public static void SetPath(RestCall call, IMessage message)
    {
        int i = 0;
        foreach (string field in call.Route.Template.Fields)
        {
            FieldDescriptor descriptor = message.Descriptor.FindFieldByName(field);
            string value = call.PathValues[i++];
            if (descriptor.Accessor.GetValue(message) is string { Length: > 0 } said && said != value)
            {
                throw Refuse.Invalid(field, "the body says another value than the path.");
            }

            descriptor.Accessor.SetValue(message, value);
        }
    }

    private static async Task<IMessage> ReadBodyAsync(RestCall call, MessageDescriptor type)
    {
        HttpRequest request = call.Http.Request;
        if (request.ContentLength is 0 or null && !request.Headers.ContainsKey("Transfer-Encoding") && request.ContentType is null)
        {
            return type.Parser.ParseFrom(ByteString.Empty);
        }

        // Any page in a browser may send forms and plain text to any address; JSON it may send only where it is asked first.
        if (!request.HasJsonContentType())
        {
            throw new RestException(
                StatusCodes.Status415UnsupportedMediaType, StatusCode.InvalidArgument, "the body must be JSON, with the header content-type: application/json.");
        }

        // Quoting makes a text of inputs twice as long at most, where it is JSON.
        long limit = (2L * call.Options.MaxInputBytes) + (64 << 10);
        if (call.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bound)
        {
            bound.MaxRequestBodySize = limit;
        }

        using var bytes = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, 1 << 20));
        await request.Body.CopyToAsync(bytes, call.CancellationToken).ConfigureAwait(false);
        bytes.Position = 0;
        try
        {
            using var text = new StreamReader(bytes, Utf8);
            return Parser.Parse(text, type);
        }
        catch (DecoderFallbackException)
        {
            throw Refuse.Invalid("body", "it is not valid UTF-8.");
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException or OverflowException or ArgumentException)
        {
            throw Refuse.Invalid("body", $"it is not JSON of {type.Name}: {e.Message}");
        }
    }

    /// <summary>A client that lost its stream says the last number it saw in a header, as browsers do, which is newer than its URL.</summary>
    private static void Resume(HttpRequest request, IMessage message)
    {
        string? last = request.Headers[LastEventId];
        if (!string.IsNullOrEmpty(last) && message.Descriptor.FindFieldByName("after") is { FieldType: FieldType.UInt64 } after)
        {
            after.Accessor.SetValue(message, ulong.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence)
                ? sequence
                : throw Refuse.Invalid(LastEventId, "the number of an event is expected."));
        }
    }
}
