// Owns: tests of what is no proper call: what HTTP says to it, what gRPC says, and that the server answers afterwards.

using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Testing.V1;
using Xunit;

namespace ProvingService.Grpc.Tests;

public sealed class RefusalTests
{
    [Theory]
    [InlineData("application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc-web", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc-web+proto", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc+proto", HttpStatusCode.OK)]
    public async Task Content_types_other_than_gRPCs_are_415(string type, HttpStatusCode status)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RawAnswer answer = await RawCall.SendAsync(server, RawCall.Frame(new Item()), RawCall.Unary, ("content-type", type));
        Assert.Equal(status, answer.Http);
        Assert.Equal(status == HttpStatusCode.OK ? StatusCode.OK : null, answer.Status);
    }

    [Fact]
    public async Task Other_verbs_and_methods_get_answers_of_their_own()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RawAnswer put = await RawCall.SendAsync(server, RawCall.Frame(new Item()), RawCall.Unary, (":method", "PUT"));
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (put.Http, put.Response.Content.Headers.Allow.Single()));
        RawAnswer unknown = await RawCall.SendAsync(server, RawCall.Frame(new Item()), "/testing.v1.Echo/Nothing");
        Assert.Equal((HttpStatusCode.OK, true, StatusCode.Unimplemented, 0), (unknown.Http, unknown.InHeaders, unknown.Status, unknown.Body.Length));
        Assert.Equal(StatusCode.Unimplemented, (await RawCall.SendAsync(server, [], "/")).Status);
        RawAnswer plain = await RawCall.SendAsync(server, [], "/plain/418", (":method", "GET"), ("content-type", "text/plain"));
        Assert.Equal((HttpStatusCode)418, plain.Http);
    }

    [Fact]
    public async Task HTTP_1_is_told_to_upgrade()
    {
        await using EchoServer server = await EchoServer.StartAsync(protocols: HttpProtocols.Http1);
        using var http = new HttpClient();
        using var body = new ByteArrayContent(RawCall.Frame(new Item()));
        body.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        using HttpResponseMessage answer = await http.PostAsync(new Uri(server.Address, RawCall.Unary), body);
        Assert.Equal((HttpStatusCode.UpgradeRequired, "h2c"), (answer.StatusCode, answer.Headers.Upgrade.Single().Name));
    }

    public static TheoryData<string, byte[], StatusCode> BrokenBodies => new()
    {
        { "nothing", [], StatusCode.Internal },
        { "half a prefix", [0, 0], StatusCode.Internal },
        { "less than declared", RawCall.Frame([1, 2], length: 9), StatusCode.Internal },
        { "an unknown flag", RawCall.Frame([], flag: 2), StatusCode.Internal },
        { "compressed by nothing", RawCall.Frame([1, 2, 3], flag: 1), StatusCode.Internal },
        { "4 GiB declared", RawCall.Frame([1], length: uint.MaxValue), StatusCode.ResourceExhausted },
        { "just too much declared", RawCall.Frame([1], length: (4 << 20) + 1), StatusCode.ResourceExhausted },
        { "all that is allowed declared", RawCall.Frame([1], length: 4 << 20), StatusCode.Internal },
        { "no protobuf", RawCall.Frame([0xff, 0xff, 0xff]), StatusCode.Internal },
        { "two requests", [.. RawCall.Frame([]), .. RawCall.Frame([])], StatusCode.Internal },
        { "a tail", [.. RawCall.Frame([]), 0], StatusCode.Internal },
    };

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task Broken_bodies_end_the_call_alone(string what, byte[] body, StatusCode status)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RawAnswer answer = await RawCall.SendAsync(server, body);
        Assert.True(answer.Status == status, $"{what}: {answer.Status} {answer.Detail}");
        Assert.Equal((HttpStatusCode.OK, true), (answer.Http, answer.InHeaders));
        Assert.Equal(StatusCode.OK, (await RawCall.SendAsync(server, RawCall.Frame(new Item()))).Status);
        Assert.Empty(server.Errors.Entries);
    }

    [Theory]
    [InlineData("grpc-timeout", "12q", StatusCode.Internal)]
    [InlineData("grpc-encoding", "snappy", StatusCode.Unimplemented)]
    [InlineData("x-broken-bin", "a?b", StatusCode.Internal)]
    public async Task Broken_headers_end_the_call_before_it_begins(string name, string value, StatusCode status)
    {
        int begun = 0;
        await using EchoServer server = await EchoServer.StartAsync(options => options.Interceptors.Add((_, next) =>
        {
            begun++;
            return next();
        }));
        RawAnswer answer = await RawCall.SendAsync(server, RawCall.Frame(new Item()), RawCall.Unary, (name, value));
        Assert.Equal((true, status, 0), (answer.InHeaders, answer.Status, begun));
        Assert.Contains(name, answer.Detail, StringComparison.Ordinal);
        Assert.Equal("identity,gzip", answer.Response.Headers.GetValues("grpc-accept-encoding").Single());
    }

    [Fact]
    public async Task Bombs_and_broken_gzip_end_the_call_alone()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = 100_000);
        (string, string) gzip = ("grpc-encoding", "gzip");
        byte[] bomb = RawCall.Gzip(new byte[64 << 20]);
        Assert.InRange(bomb.Length, 0, 99_999);
        Assert.Equal(StatusCode.ResourceExhausted, (await RawCall.SendAsync(server, RawCall.Frame(bomb, flag: 1), RawCall.Unary, gzip)).Status);
        Assert.Equal(StatusCode.Internal, (await RawCall.SendAsync(server, RawCall.Frame([1, 2, 3], flag: 1), RawCall.Unary, gzip)).Status);
        byte[] good = RawCall.Gzip(new Item { Text = "packed" }.ToByteArray());
        Assert.Equal(StatusCode.OK, (await RawCall.SendAsync(server, RawCall.Frame(good, flag: 1), RawCall.Unary, gzip)).Status);
        Assert.Equal(StatusCode.OK, (await RawCall.SendAsync(server, RawCall.Frame(new Item()), RawCall.Unary, gzip)).Status);
    }

    [Fact]
    public async Task Random_bodies_never_break_the_server()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = 1000);
        string[] paths = [RawCall.Unary, "/testing.v1.Echo/Collect", "/testing.v1.Echo/Chat", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"];
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            byte[] message = new byte[random.Next(60)];
            random.NextBytes(message);
            byte[] body = random.Next(3) switch
            {
                0 => message,
                1 => RawCall.Frame(message),
                _ => [.. RawCall.Frame(message, (byte)random.Next(3)), .. message],
            };
            RawAnswer answer = await RawCall.SendAsync(
                server, body, paths[random.Next(paths.Length)], ("grpc-encoding", random.Next(2) == 0 ? "gzip" : "identity"), ("grpc-timeout", "20S"));
            Assert.True(answer.Status is not (null or StatusCode.Unknown or StatusCode.DeadlineExceeded), $"seed {seed}: {answer.Status} {answer.Detail}");
        }

        Assert.Empty(server.Errors.Entries);
    }

    [Fact]
    public async Task Random_bytes_on_the_connection_never_break_the_server()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            byte[] noise = new byte[random.Next(1, 400)];
            random.NextBytes(noise);
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, server.Port);
            NetworkStream stream = socket.GetStream();
            byte[] sent = (seed % 3) switch
            {
                0 => noise,
                1 => [.. Http2Socket.Preface, .. noise],
                _ => [.. Http2Socket.Preface, .. Http2Socket.Frame(4, 0, 0, []), .. Http2Socket.Frame((byte)random.Next(12), noise[0], seed, noise)],
            };
            await stream.WriteAsync(sent);
            if (seed % 2 == 0)
            {
                socket.Client.Shutdown(SocketShutdown.Send);
            }
        }

        Assert.Equal(StatusCode.OK, (await RawCall.SendAsync(server, RawCall.Frame(new Item()))).Status);
    }

    [Fact]
    public async Task A_connection_that_breaks_within_a_message_ends_its_call()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        await using (Http2Socket socket = await Http2Socket.ConnectAsync(server.Port))
        {
            await socket.SendHeadersAsync(1, "/testing.v1.Echo/Collect");
            await socket.SendDataAsync(1, RawCall.Frame([1, 2], length: 100), end: false);
            await EchoServer.Eventually(() => server.Service.Begun == 1, "the handler began");
        }

        await EchoServer.Eventually(() => server.Service.Cancelled == 1, "the handler saw that the caller has gone");
        Assert.Equal(StatusCode.OK, (await RawCall.SendAsync(server, RawCall.Frame(new Item()))).Status);
        Assert.Empty(server.Errors.Entries);
    }
}
