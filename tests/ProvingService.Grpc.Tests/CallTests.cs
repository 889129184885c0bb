// Owns: tests of calls as both sides should make them: the four kinds, metadata, statuses, compression, limits.

using Google.Protobuf;
using Grpc.Core;
using Testing.V1;
using Xunit;

namespace ProvingService.Grpc.Tests;

public sealed class CallTests
{
    [Fact]
    public async Task All_kinds_of_calls_go_through()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);

        Assert.Equal("blocking", client.Unary(new Item { Text = "blocking" }).Text);
        using AsyncUnaryCall<Item> unary = client.UnaryAsync(new Item { Text = "one" });
        Assert.Equal("one", (await unary).Text);
        Assert.Equal(StatusCode.OK, unary.GetStatus().StatusCode);
        Assert.Empty(unary.GetTrailers());

        using AsyncClientStreamingCall<Item, Item> collect = client.Collect();
        for (int i = 0; i < 100; i++)
        {
            await collect.RequestStream.WriteAsync(new Item { Data = ByteString.CopyFrom(new byte[i]) });
        }

        await collect.RequestStream.CompleteAsync();
        Item sum = await collect;
        Assert.Equal((100, 4950), (sum.Number, sum.DelayMs));

        using AsyncServerStreamingCall<Item> expand = client.Expand(new Item { Number = 1000, Text = "again" });
        int next = 0;
        await foreach (Item item in expand.ResponseStream.ReadAllAsync())
        {
            Assert.Equal((next++, "again"), (item.Number, item.Text));
        }

        Assert.Equal(1000, next);
        Assert.False(await expand.ResponseStream.MoveNext());

        using AsyncDuplexStreamingCall<Item, Item> chat = client.Chat();
        for (int i = 0; i < 200; i++)
        {
            await chat.RequestStream.WriteAsync(new Item { Number = i });
            Assert.True(await chat.ResponseStream.MoveNext());
            Assert.Equal(i, chat.ResponseStream.Current.Number);
        }

        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, chat.GetStatus().StatusCode);
        Assert.Empty(server.Errors.Entries);
    }

    [Fact]
    public async Task Empty_messages_and_empty_streams_go_through()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        Assert.Equal(new Item(), await client.UnaryAsync(new Item()));
        Assert.Empty(await client.Expand(new Item()).ResponseStream.ReadAllAsync().ToListAsync());
        using AsyncClientStreamingCall<Item, Item> collect = client.Collect();
        await collect.RequestStream.CompleteAsync();
        Assert.Equal(0, (await collect).Number);
    }

    [Fact]
    public async Task Metadata_goes_both_ways()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel(new GrpcChannelOptions
        {
            HeaderProvider = _ => ValueTask.FromResult(new Metadata { { "x-provided", "p" } }),
        });
        var sent = new Metadata { { "x-text", "value" }, { "x-text", "second" }, { "x-bytes-bin", [0, 1, 254, 255] }, { "x-empty-bin", [] }, { "grpc-hidden", "no" } };
        using AsyncUnaryCall<Item> call = new Echo.EchoClient(channel).UnaryAsync(new Item { Action = Item.Types.Action.Metadata }, sent);
        Metadata headers = await call.ResponseHeadersAsync;
        await call;
        Metadata trailers = call.GetTrailers();
        foreach ((Metadata found, string prefix) in new[] { (headers, ""), (trailers, "t") })
        {
            Assert.Equal("value,second", string.Join(',', found.GetAll(prefix + "x-text").Select(entry => entry.Value)).Replace(", ", ",", StringComparison.Ordinal));
            Assert.Equal([0, 1, 254, 255], found.GetValueBytes(prefix + "x-bytes-bin"));
            Assert.Empty(found.GetValueBytes(prefix + "x-empty-bin")!);
            Assert.Equal("p", found.GetValue(prefix + "x-provided"));
        }

        Assert.Null(headers.Get("grpc-internal"));
        Assert.Null(headers.Get("content-type"));

        // Values of one name may be joined on their way, as HTTP allows.
        Assert.Equal("user-agent,x-bytes-bin,x-empty-bin,x-provided,x-text", trailers.GetValue("names"));
    }

    [Fact]
    public async Task Statuses_carry_messages_and_trailers()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncUnaryCall<Item> call = new Echo.EchoClient(channel).UnaryAsync(new Item { Action = Item.Types.Action.Fail });
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Equal("schlecht: 100 %\nüber €𝄞", e.Status.Detail);
        Assert.Equal("because", e.Trailers.GetValue("why"));
        Assert.Equal([1, 2, 255], call.GetTrailers().GetValueBytes("why-bin"));
        Assert.Equal(e.Status.Detail, call.GetStatus().Detail);
        Assert.Empty(server.Errors.Entries);
    }

    [Fact]
    public async Task A_stream_may_end_badly_after_messages()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncServerStreamingCall<Item> call = new Echo.EchoClient(channel).Expand(new Item { Number = 3, Action = Item.Types.Action.Fail });
        for (int i = 0; i < 3; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal((StatusCode.Aborted, "after all", "3"), (e.StatusCode, e.Status.Detail, e.Trailers.GetValue("after")));
        Assert.Equal(StatusCode.Aborted, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Exceptions_of_handlers_are_logged_once_and_not_told()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.Interceptors.Add((_, next) => next()));
        using GrpcChannel channel = server.Channel();
        RpcException e = await Assert.ThrowsAsync<RpcException>(
            async () => await new Echo.EchoClient(channel).UnaryAsync(new Item { Action = Item.Types.Action.Throw }));
        Assert.Equal(StatusCode.Unknown, e.StatusCode);
        Assert.DoesNotContain("swordfish", e.ToString(), StringComparison.Ordinal);
        (string message, Exception? exception) = Assert.Single(server.Errors.Entries);
        Assert.Contains("/testing.v1.Echo/Unary", message, StringComparison.Ordinal);
        Assert.Equal(EchoService.Secret, exception!.Message);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Either_side_may_compress(bool clientPacks, bool serverPacks)
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.CompressResponses = serverPacks);
        using GrpcChannel channel = server.Channel(new GrpcChannelOptions { CompressRequests = clientPacks });
        var client = new Echo.EchoClient(channel);
        var item = new Item { Data = ByteString.CopyFrom(new byte[100_000]), Number = 2 };
        Assert.Equal(item, await client.UnaryAsync(item));
        Assert.Equal(2, (await client.Expand(item).ResponseStream.ReadAllAsync().ToListAsync()).Count);
        Assert.Equal("small", (await client.UnaryAsync(new Item { Text = "small" })).Text);
        var noCompress = new CallOptions().WithWriteOptions(new WriteOptions(WriteFlags.NoCompress));
        Assert.Equal(item, await client.UnaryAsync(item, noCompress));
    }

    [Fact]
    public async Task Responses_are_compressed_only_for_those_who_accept_it()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.CompressResponses = true);
        byte[] ask = RawCall.Frame(new Item { Action = Item.Types.Action.Size, Number = 50_000 });
        RawAnswer plain = await RawCall.SendAsync(server, ask);
        Assert.Equal((0, false), (plain.Body[0], plain.Response.Headers.Contains("grpc-encoding")));
        Assert.InRange(plain.Body.Length, 50_000, 50_100);
        RawAnswer packed = await RawCall.SendAsync(server, ask, RawCall.Unary, ("grpc-accept-encoding", "deflate, gzip"));
        Assert.Equal((1, "gzip"), (packed.Body[0], packed.Response.Headers.GetValues("grpc-encoding").Single()));
        Assert.InRange(packed.Body.Length, 10, 1000);
        RawAnswer small = await RawCall.SendAsync(
            server, RawCall.Frame(new Item { Action = Item.Types.Action.Size, Number = 100 }), RawCall.Unary, ("grpc-accept-encoding", "gzip"));
        Assert.Equal(0, small.Body[0]);
    }

    [Fact]
    public async Task Sizes_are_limited_on_both_sides_and_by_method()
    {
        await using EchoServer server = await EchoServer.StartAsync(options =>
        {
            options.MaxReceiveMessageSize = 10_000;
            options.MaxSendMessageSize = 20_000;
            options.Methods["/testing.v1.Echo/Collect"] = new GrpcMethodOptions { MaxReceiveMessageSize = 100_000 };
        });
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        Item OfSize(int size) => new() { Data = ByteString.CopyFrom(new byte[size]) };
        Assert.Equal(9_000, (await client.UnaryAsync(OfSize(9_000))).Data.Length);
        await FailsWith(StatusCode.ResourceExhausted, async () => await client.UnaryAsync(OfSize(10_001)));
        await FailsWith(StatusCode.ResourceExhausted, async () => await client.UnaryAsync(new Item { Action = Item.Types.Action.Size, Number = 20_001 }));
        using AsyncClientStreamingCall<Item, Item> collect = client.Collect();
        await collect.RequestStream.WriteAsync(OfSize(90_000));
        await collect.RequestStream.CompleteAsync();
        Assert.Equal(90_000, (await collect).DelayMs);

        using GrpcChannel tight = server.Channel(new GrpcChannelOptions { MaxReceiveMessageSize = 500, MaxSendMessageSize = 1000 });
        var tightClient = new Echo.EchoClient(tight);
        await FailsWith(StatusCode.ResourceExhausted, async () => await tightClient.UnaryAsync(OfSize(1001)));
        await FailsWith(StatusCode.ResourceExhausted, async () => await tightClient.UnaryAsync(OfSize(600)));
        Assert.Equal(400, (await tightClient.UnaryAsync(OfSize(400))).Data.Length);
    }

    [Fact]
    public async Task Large_messages_go_through_whole()
    {
        await using EchoServer server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = options.MaxSendMessageSize = 32 << 20);
        using GrpcChannel channel = server.Channel(new GrpcChannelOptions { MaxReceiveMessageSize = null });
        byte[] bytes = new byte[20 << 20];
        new Random(7).NextBytes(bytes);
        Assert.Equal(bytes, (await new Echo.EchoClient(channel).UnaryAsync(new Item { Data = ByteString.CopyFrom(bytes) })).Data.ToByteArray());
    }

    [Fact]
    public async Task A_stream_takes_one_write_at_a_time_and_none_after_the_end()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncDuplexStreamingCall<Item, Item> chat = new Echo.EchoClient(channel).Chat();
        await chat.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => chat.RequestStream.WriteAsync(new Item()));
        Task<bool> first = chat.ResponseStream.MoveNext();
        Assert.False(await first);
        Assert.Throws<InvalidOperationException>(() => chat.ResponseStream.Current);
    }

    [Fact]
    public async Task Three_hundred_calls_at_once_share_their_connections()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        Item[] answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(
            i => client.UnaryAsync(new Item { Number = i, Action = Item.Types.Action.Wait, DelayMs = 20 }).ResponseAsync));
        Assert.Equal(Enumerable.Range(0, 300), answers.Select(item => item.Number));
    }

    internal static async Task<RpcException> FailsWith(StatusCode code, Func<Task> call)
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(e.StatusCode == code, $"{code} was expected: {e.Message}");
        return e;
    }
}
