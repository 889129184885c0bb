// Owns: tests of the client where the server is absent, speaks no gRPC, or breaks off.

using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Testing.V1;
using Xunit;

namespace ProvingService.Grpc.Tests;

public sealed class ClientTests
{
    [Fact]
    public void Addresses_that_are_none_are_refused()
    {
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("localhost:5000"));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("ftp://localhost"));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("no address"));
        using var files = new TestCertificates();
        Assert.Throws<ArgumentException>(
            () => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { Tls = GrpcClientTls.FromPemFiles(files.Ca) }));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new Echo.EchoClient(channel);
        using AsyncUnaryCall<Item> call = client.UnaryAsync(new Item());
        await CallTests.FailsWith(StatusCode.Unavailable, async () => await call);
        await CallTests.FailsWith(StatusCode.Unavailable, () => call.ResponseHeadersAsync);
        using AsyncDuplexStreamingCall<Item, Item> chat = client.Chat();
        await CallTests.FailsWith(StatusCode.Unavailable, () => chat.RequestStream.WriteAsync(new Item()));
        Assert.Throws<RpcException>(() => client.Unary(new Item()));
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(200, StatusCode.Unknown)]
    public async Task Answers_of_HTTP_alone_are_told_as_statuses(int http, StatusCode status)
    {
        using var handler = new Answering(_ => new HttpResponseMessage((HttpStatusCode)http) { Content = new StringContent("no gRPC") });
        RpcException e = await FailsWithAsync(status, handler);
        Assert.DoesNotContain("no gRPC", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broken_answers_are_told_as_statuses()
    {
        await FailsWithAsync(StatusCode.Internal, Body([]), status: "0");
        await FailsWithAsync(StatusCode.Internal, Body([.. RawCall.Frame([]), .. RawCall.Frame([])]), status: "0");
        await FailsWithAsync(StatusCode.Internal, Body([0, 0, 0]), status: "0");
        await FailsWithAsync(StatusCode.Internal, Body(RawCall.Frame([0xff])), status: "0");
        await FailsWithAsync(StatusCode.ResourceExhausted, Body(RawCall.Frame([], length: uint.MaxValue)), status: "0");
        await FailsWithAsync(StatusCode.Unknown, Body(RawCall.Frame([])), status: null);
        await FailsWithAsync(StatusCode.Unknown, Body(RawCall.Frame([])), status: "99");
        await FailsWithAsync(StatusCode.Unknown, Body(RawCall.Frame([])), status: "x");
        await FailsWithAsync(StatusCode.DataLoss, Body(RawCall.Frame([])), status: "15");
    }

    [Theory]
    [InlineData(2, StatusCode.OK)]
    [InlineData(3, StatusCode.Unavailable)]
    public async Task Calls_that_never_arrived_are_tried_again(int failures, StatusCode status)
    {
        int attempts = 0;
        using var handler = new Answering(_ =>
        {
            if (attempts++ < failures)
            {
                throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");
            }

            return Answer(RawCall.Frame(new Item { Text = "at last" }), "0");
        });
        using GrpcChannel channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });
        var client = new Echo.EchoClient(channel);
        if (status == StatusCode.OK)
        {
            Assert.Equal("at last", (await client.UnaryAsync(new Item())).Text);
        }
        else
        {
            await CallTests.FailsWith(status, async () => await client.UnaryAsync(new Item()));
        }

        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task Calls_that_may_have_arrived_are_not_tried_again()
    {
        int attempts = 0;
        using var handler = new Answering(_ =>
        {
            attempts++;
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "broken off");
        });
        await FailsWithAsync(StatusCode.Unavailable, handler);
        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task A_server_that_stops_ends_the_calls()
    {
        EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncDuplexStreamingCall<Item, Item> chat = new Echo.EchoClient(channel).Chat();
        await chat.RequestStream.WriteAsync(new Item());
        Assert.True(await chat.ResponseStream.MoveNext());
        await server.DisposeAsync();
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => chat.ResponseStream.MoveNext());
        Assert.Contains(e.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal, StatusCode.Cancelled });
    }

    [Fact]
    public async Task Headers_that_cannot_be_had_end_the_call()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HeaderProvider = _ => throw new RpcException(new Status(StatusCode.Unauthenticated, "no token")),
        });
        await CallTests.FailsWith(StatusCode.Unauthenticated, async () => await new Echo.EchoClient(channel).UnaryAsync(new Item()));
    }

    private static Func<string?, Answering> Body(byte[] bytes) => status => new Answering(_ => Answer(bytes, status));

    private static HttpResponseMessage Answer(byte[] bytes, string? status)
    {
        var response = new HttpResponseMessage { Content = new ByteArrayContent(bytes), Version = HttpVersion.Version20 };
        response.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        if (status is not null)
        {
            response.TrailingHeaders.TryAddWithoutValidation("grpc-status", status);
        }

        return response;
    }

    private static async Task FailsWithAsync(StatusCode expected, Func<string?, Answering> handler, string? status)
    {
        using Answering answering = handler(status);
        await FailsWithAsync(expected, answering);
    }

    private static async Task<RpcException> FailsWithAsync(StatusCode status, HttpMessageHandler handler)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });
        return await CallTests.FailsWith(status, async () => await new Echo.EchoClient(channel).UnaryAsync(new Item()));
    }

    /// <summary>Answers in the place of a server.</summary>
    private sealed class Answering(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer(request));
    }
}
