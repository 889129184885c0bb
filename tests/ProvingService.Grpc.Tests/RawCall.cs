// Owns: calls that a gRPC client would not make: any body, any headers, over a plain HTTP client.

using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc.Tests;

/// <param name="Http">HTTP's status.</param>
/// <param name="InHeaders">Whether the status stood in the headers.</param>
/// <param name="Status">gRPC's status; null for none.</param>
/// <param name="Detail">Its message.</param>
/// <param name="Response">The whole response.</param>
/// <param name="Body">The response's body.</param>
internal sealed record RawAnswer(HttpStatusCode Http, bool InHeaders, StatusCode? Status, string Detail, HttpResponseMessage Response, byte[] Body);

internal static class RawCall
{
    public const string Unary = "/testing.v1.Echo/Unary";

    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = EchoServer.Patience };

    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0, uint? length = null)
    {
        byte[] frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    public static async Task<RawAnswer> SendAsync(EchoServer server, byte[] body, string path = Unary, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        foreach ((string name, string value) in headers)
        {
            if (name == ":method")
            {
                request.Method = new HttpMethod(value);
            }
            else if (name == "content-type")
            {
                request.Content.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        HttpResponseMessage response = await Client.SendAsync(request);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        bool inHeaders = response.Headers.Contains(GrpcProtocol.Status);
        HttpResponseHeaders source = inHeaders ? response.Headers : response.TrailingHeaders;
        StatusCode? status = source.TryGetValues(GrpcProtocol.Status, out IEnumerable<string>? values)
            ? (StatusCode)int.Parse(values.Single(), CultureInfo.InvariantCulture)
            : null;
        string detail = source.TryGetValues(GrpcProtocol.Message, out IEnumerable<string>? messages) ? StatusMessage.Decode(messages.Single()) : "";
        return new RawAnswer(response.StatusCode, inHeaders, status, detail, response, answer);
    }
}
