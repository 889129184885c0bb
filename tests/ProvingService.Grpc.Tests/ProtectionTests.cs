// Owns: tests of what holds peers that take too little, send too slowly or open too much.

using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Testing.V1;
using Xunit;

namespace ProvingService.Grpc.Tests;

/// <summary>Alone, since one of them looks at the memory of the whole process.</summary>
[Collection(nameof(ProtectionTests))]
[CollectionDefinition(nameof(ProtectionTests), DisableParallelization = true)]
public sealed class ProtectionTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task A_reader_that_grants_no_window_is_reset_and_its_memory_freed()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.WriteTimeout = TimeSpan.FromSeconds(1));
        await using Http2Socket socket = await Http2Socket.ConnectAsync(server.Port);
        byte[] ask = RawCall.Frame(new Item { Action = Item.Types.Action.Size, DelayMs = 4 * Megabyte, Number = 1000 });
        byte[] askOne = RawCall.Frame(new Item { Action = Item.Types.Action.Size, Number = 8 * Megabyte });
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 10; i++)
        {
            await socket.SendHeadersAsync((2 * i) + 1, i % 2 == 0 ? "/testing.v1.Echo/Expand" : RawCall.Unary);
            await socket.SendDataAsync((2 * i) + 1, i % 2 == 0 ? ask : askOne, end: true);
        }

        var resets = new Dictionary<int, byte[]>();
        long taken = 0;
        using var patience = new CancellationTokenSource(EchoServer.Patience);
        while (resets.Count < 10 && await socket.ReadAsync(patience.Token) is { } frame)
        {
            taken += frame.Type == Http2Socket.Data ? frame.Payload.Length : 0;
            if (frame.Type == Http2Socket.Reset)
            {
                resets[frame.Stream] = frame.Payload;
            }
        }

        Assert.Equal(10, resets.Count);
        Assert.All(resets.Values, payload => Assert.Equal("0000000B", Convert.ToHexString(payload)));
        Assert.InRange(taken, 1, 65_535);
        await EchoServer.Eventually(() => server.Service.Cancelled == 5, "the streaming handlers ended");
        await EchoServer.Eventually(
            () => GC.GetTotalMemory(forceFullCollection: true) - before < 60 * Megabyte, "the memory of 60 MiB of responses and more was freed");
        Assert.Equal(StatusCode.OK, (await RawCall.SendAsync(server, RawCall.Frame(new Item()))).Status);
    }

    [Fact]
    public async Task The_end_of_an_answer_that_nobody_takes_is_not_kept()
    {
        await using EchoServer server = await EchoServer.StartAsync(options =>
        {
            options.WriteTimeout = TimeSpan.FromSeconds(1);
            options.MaxStreamsPerPeer = 1;
        });
        await using Http2Socket socket = await Http2Socket.ConnectAsync(server.Port);
        byte[] ask = RawCall.Frame(new Item { Action = Item.Types.Action.Size, Number = 80_000 });
        await socket.SendHeadersAsync(1, RawCall.Unary);
        await socket.SendDataAsync(1, ask, end: true);
        Assert.Equal("0000000B", Convert.ToHexString((await socket.ReadUntilAsync(Http2Socket.Reset, 1))!));
        await EchoServer.Eventually(
            () => RawCall.SendAsync(server, RawCall.Frame(new Item())).GetAwaiter().GetResult().Status == StatusCode.OK, "the stream was given back");
    }

    [Fact]
    public async Task A_reader_that_reads_nothing_at_all_loses_its_streams_or_its_connection()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.WriteTimeout = TimeSpan.FromSeconds(1));
        await using Http2Socket socket = await Http2Socket.ConnectAsync(server.Port);
        byte[] ask = RawCall.Frame(new Item { Action = Item.Types.Action.Size, DelayMs = 4 * Megabyte, Number = 1000 });
        for (int stream = 1; stream < 40; stream += 2)
        {
            await socket.SendHeadersAsync(stream, "/testing.v1.Echo/Expand");
            await socket.SendDataAsync(stream, ask, end: true);
        }

        await EchoServer.Eventually(() => server.Service.Cancelled == 20, "all handlers ended");
    }

    [Fact]
    public async Task A_message_that_does_not_come_ends_the_call()
    {
        await using EchoServer server = await EchoServer.StartAsync(options =>
        {
            options.ReadTimeout = TimeSpan.FromMilliseconds(500);
            options.Methods["/testing.v1.Echo/Chat"] = new GrpcMethodOptions { ReadTimeout = Timeout.InfiniteTimeSpan };
        });
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        using AsyncClientStreamingCall<Item, Item> collect = client.Collect();
        using AsyncDuplexStreamingCall<Item, Item> chat = client.Chat();
        await collect.RequestStream.WriteAsync(new Item());
        RpcException e = await CallTests.FailsWith(StatusCode.DeadlineExceeded, async () => await collect);
        Assert.Contains("0.5 s", e.Status.Detail, StringComparison.Ordinal);
        await chat.RequestStream.WriteAsync(new Item { Text = "still there" });
        Assert.True(await chat.ResponseStream.MoveNext());

        await using Http2Socket socket = await Http2Socket.ConnectAsync(server.Port);
        await socket.SendHeadersAsync(1, RawCall.Unary);
        await socket.SendDataAsync(1, [0, 0], end: false);
        Assert.NotNull(await socket.ReadUntilAsync(Http2Socket.Headers, 1));
        Assert.Equal("00000000", Convert.ToHexString((await socket.ReadUntilAsync(Http2Socket.Reset, 1))!));
    }

    [Fact]
    public async Task A_peer_has_only_so_many_streams()
    {
        await using EchoServer server = await EchoServer.StartAsync(options =>
        {
            options.MaxStreamsPerPeer = 3;
            options.PeerKey = http => http.Request.Headers["x-key"];
        });
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        var wait = new Item { Action = Item.Types.Action.Wait, DelayMs = 60_000 };
        List<AsyncDuplexStreamingCall<Item, Item>> held = [];
        for (int i = 0; i < 3; i++)
        {
            held.Add(client.Chat());
            await held[i].RequestStream.WriteAsync(new Item());
            Assert.True(await held[i].ResponseStream.MoveNext());
        }

        await CallTests.FailsWith(StatusCode.ResourceExhausted, async () => await client.UnaryAsync(new Item()));
        Assert.Equal("other", (await client.UnaryAsync(new Item { Text = "other" }, new Metadata { { "x-key", "other" } })).Text);
        held[0].Dispose();
        await EchoServer.Eventually(() => server.Service.Cancelled == 1, "the server saw the end");
        await EchoServer.Eventually(() => RawCall.SendAsync(server, RawCall.Frame(new Item())).GetAwaiter().GetResult().Status == StatusCode.OK, "there was room");
        held.ForEach(call => call.Dispose());
    }

    [Fact]
    public void Peers_are_told_by_their_addresses()
    {
        Assert.Equal(PeerStreams.AddressKey(IPAddress.Parse("10.0.0.1")), PeerStreams.AddressKey(IPAddress.Parse("::ffff:10.0.0.1")));
        Assert.NotEqual(PeerStreams.AddressKey(IPAddress.Parse("10.0.0.1")), PeerStreams.AddressKey(IPAddress.Parse("10.0.0.2")));
        Assert.Equal(PeerStreams.AddressKey(IPAddress.Parse("2001:db8:1:2::1")), PeerStreams.AddressKey(IPAddress.Parse("2001:db8:1:2:ffff::2")));
        Assert.NotEqual(PeerStreams.AddressKey(IPAddress.Parse("2001:db8:1:2::1")), PeerStreams.AddressKey(IPAddress.Parse("2001:db8:1:3::1")));
        Assert.NotNull(PeerStreams.AddressKey(null));
    }

    [Fact]
    public async Task Headers_past_the_bound_are_refused()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.MaxRequestHeadersSize = 4096);
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryAsync(new Item(), new Metadata { { "x-long", new string('x', 5000) } }));
        Assert.Equal("short", (await client.UnaryAsync(new Item { Text = "short" }, new Metadata { { "x-short", new string('x', 500) } })).Text);
    }

    [Fact]
    public async Task Interceptors_see_the_whole_call_and_may_refuse_it()
    {
        var seen = new ConcurrentQueue<(string Name, object? Who, StatusCode? Status, TimeSpan Elapsed)>();
        await using EchoServer server = await EchoServer.StartAsync(options =>
        {
            options.Interceptors.Add(async (call, next) =>
            {
                Assert.Null(call.Status);
                await next();
                call.Context.UserState.TryGetValue("who", out object? who);
                seen.Enqueue((call.Method.FullName, who, call.Status?.StatusCode, call.Elapsed));
            });
            options.Interceptors.Add((call, next) =>
            {
                if (call.Context.RequestHeaders.GetValue("x-token") is not { } token)
                {
                    throw new RpcException(new Status(StatusCode.Unauthenticated, "who are you?"), new Metadata { { "hint", "x-token" } });
                }

                Assert.Same(call.HttpContext, call.Context.GetHttpContext());
                call.Context.UserState["who"] = token;
                return token == "silent" ? Task.CompletedTask : next();
            });
        });
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        RpcException refused = await CallTests.FailsWith(StatusCode.Unauthenticated, async () => await client.UnaryAsync(new Item()));
        Assert.Equal("x-token", refused.Trailers.GetValue("hint"));
        await client.UnaryAsync(new Item(), new Metadata { { "x-token", "me" } });
        await CallTests.FailsWith(
            StatusCode.InvalidArgument, async () => await client.UnaryAsync(new Item { Action = Item.Types.Action.Fail }, new Metadata { { "x-token", "me" } }));
        await CallTests.FailsWith(StatusCode.Internal, async () => await client.UnaryAsync(new Item(), new Metadata { { "x-token", "silent" } }));
        await CallTests.FailsWith(StatusCode.DeadlineExceeded, async () => await client.UnaryAsync(
            new Item { Action = Item.Types.Action.Wait, DelayMs = 60_000 }, new Metadata { { "x-token", "me" } }, DateTime.UtcNow.AddSeconds(1)));
        await EchoServer.Eventually(() => seen.Count == 5, "all calls were seen to end");
        Assert.Equal(
            [StatusCode.Unauthenticated, StatusCode.OK, StatusCode.InvalidArgument, StatusCode.Internal],
            seen.Take(4).Select(call => call.Status));

        // The client cancels when its own deadline passes: which of the two the server sees first is open.
        Assert.Contains(seen.Last().Status, new StatusCode?[] { StatusCode.DeadlineExceeded, StatusCode.Cancelled });
        Assert.Equal([null, "me", "me", "silent", "me"], seen.Select(call => call.Who));
        Assert.All(seen, call => Assert.Equal((RawCall.Unary, true), (call.Name, call.Elapsed > TimeSpan.Zero)));
        Assert.Empty(server.Errors.Entries);
    }
}
