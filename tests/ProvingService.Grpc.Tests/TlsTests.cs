// Owns: tests of TLS and of client certificates.

using Grpc.Core;
using Testing.V1;
using Xunit;

namespace ProvingService.Grpc.Tests;

public sealed class TlsTests
{
    [Fact]
    public async Task A_client_trusts_exactly_the_roots_that_it_is_given()
    {
        using var files = new TestCertificates();
        await using EchoServer server = await EchoServer.StartAsync(tls: files.Server(mutual: false));
        Assert.Equal("https", server.Address.Scheme);
        await SucceedsAsync(server, GrpcClientTls.FromPemFiles(files.Ca));
        await FailsAsync(server, GrpcClientTls.FromPemFiles(files["other-ca.pem"]));
        await FailsAsync(server, null);
    }

    [Fact]
    public async Task A_server_trusts_exactly_the_authority_that_it_is_given()
    {
        using var files = new TestCertificates();
        await using EchoServer server = await EchoServer.StartAsync(tls: files.Server(mutual: true));
        await SucceedsAsync(server, GrpcClientTls.FromPemFiles(files.Ca, files["client.pem"], files["client.key"]));
        await FailsAsync(server, GrpcClientTls.FromPemFiles(files.Ca));
        await FailsAsync(server, GrpcClientTls.FromPemFiles(files.Ca, files["foreign.pem"], files["foreign.key"]));

        // A certificate for servers does not make a client.
        await FailsAsync(server, GrpcClientTls.FromPemFiles(files.Ca, files["server.pem"], files["server.key"]));
    }

    [Fact]
    public void Files_that_are_wrong_are_named()
    {
        using var files = new TestCertificates();
        (string Name, Action Read)[] wrong =
        [
            ("nothing.pem", () => GrpcServerTls.FromPemFiles(files["nothing.pem"], files["server.key"])),
            ("broken.pem", () => GrpcServerTls.FromPemFiles(files["broken.pem"], files["server.key"])),
            ("client.key", () => GrpcServerTls.FromPemFiles(files["server.pem"], files["client.key"])),
            ("broken.pem", () => GrpcServerTls.FromPemFiles(files["server.pem"], files["server.key"], files["broken.pem"])),
            ("nothing.pem", () => GrpcClientTls.FromPemFiles(files["nothing.pem"])),
        ];
        Assert.All(wrong, w => Assert.Contains(w.Name, Assert.Throws<InvalidDataException>(w.Read).Message, StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => GrpcClientTls.FromPemFiles(files.Ca, files["client.pem"]));
    }

    private static async Task SucceedsAsync(EchoServer server, GrpcClientTls tls)
    {
        using GrpcChannel channel = server.Channel(new GrpcChannelOptions { Tls = tls });
        Assert.Equal("safe", (await new Echo.EchoClient(channel).UnaryAsync(new Item { Text = "safe" })).Text);
    }

    private static async Task FailsAsync(EchoServer server, GrpcClientTls? tls)
    {
        using GrpcChannel channel = server.Channel(new GrpcChannelOptions { Tls = tls });
        await CallTests.FailsWith(StatusCode.Unavailable, async () => await new Echo.EchoClient(channel).UnaryAsync(new Item()));
    }
}
