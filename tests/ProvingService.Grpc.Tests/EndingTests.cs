// Owns: tests of how calls end early: deadlines and cancellation, from both sides.

using Grpc.Core;
using Testing.V1;
using Xunit;

namespace ProvingService.Grpc.Tests;

public sealed class EndingTests
{
    private static readonly Item LongWait = new() { Action = Item.Types.Action.Wait, DelayMs = 60_000 };

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        await client.UnaryAsync(new Item { Text = "There is a connection now, so that the deadline does not pass before the call is out." });
        using AsyncUnaryCall<Item> call = client.UnaryAsync(LongWait, deadline: DateTime.UtcNow.AddSeconds(1));
        await CallTests.FailsWith(StatusCode.DeadlineExceeded, async () => await call);
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
        await EchoServer.Eventually(() => server.Service.Cancelled == 1, "the handler's token was cancelled");
        Assert.Empty(server.Errors.Entries);
        await CallTests.FailsWith(
            StatusCode.DeadlineExceeded, async () => await client.UnaryAsync(new Item(), deadline: DateTime.UtcNow.AddSeconds(-1)));
        Assert.Equal("in time", (await client.UnaryAsync(new Item { Text = "in time" }, deadline: DateTime.UtcNow.AddDays(100))).Text);
    }

    [Theory]
    [InlineData(Item.Types.Action.Wait)]
    [InlineData(Item.Types.Action.WaitDeaf)]
    public async Task The_server_keeps_deadlines_by_itself(Item.Types.Action action)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RawAnswer answer = await RawCall.SendAsync(
            server, RawCall.Frame(new Item { Action = action, DelayMs = 2000 }), RawCall.Unary, ("grpc-timeout", "200m"));
        Assert.Equal((true, StatusCode.DeadlineExceeded, 0), (answer.InHeaders, answer.Status, answer.Body.Length));
        Assert.Equal(0, server.Service.DeafEnded);
        if (action == Item.Types.Action.WaitDeaf)
        {
            await EchoServer.Eventually(() => server.Service.DeafEnded == 1, "the handler ended");
        }

        Assert.Equal(StatusCode.OK, (await RawCall.SendAsync(server, RawCall.Frame(new Item()))).Status);
        Assert.Empty(server.Errors.Entries);
    }

    [Fact]
    public async Task A_deadline_ends_a_call_whose_requests_are_still_to_come()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        await client.UnaryAsync(new Item());
        using AsyncClientStreamingCall<Item, Item> collect = client.Collect(deadline: DateTime.UtcNow.AddSeconds(1));
        await collect.RequestStream.WriteAsync(new Item());
        await CallTests.FailsWith(StatusCode.DeadlineExceeded, async () => await collect);
        await CallTests.FailsWith(StatusCode.DeadlineExceeded, () => collect.RequestStream.WriteAsync(new Item()));
        await EchoServer.Eventually(() => server.Service.Cancelled == 1, "the handler's token was cancelled");
    }

    [Fact]
    public async Task A_callers_token_ends_the_call_on_both_sides()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        using var cancel = new CancellationTokenSource();
        using AsyncUnaryCall<Item> unary = client.UnaryAsync(LongWait, cancellationToken: cancel.Token);
        using AsyncServerStreamingCall<Item> expand = client.Expand(
            new Item { Action = Item.Types.Action.Wait, DelayMs = 5, Number = int.MaxValue }, cancellationToken: cancel.Token);
        Assert.True(await expand.ResponseStream.MoveNext());
        await EchoServer.Eventually(() => server.Service.Begun == 2, "both handlers began");
        await cancel.CancelAsync();
        await CallTests.FailsWith(StatusCode.Cancelled, async () => await unary);
        await CallTests.FailsWith(StatusCode.Cancelled, async () => await expand.ResponseStream.ReadAllAsync().ToListAsync());
        await EchoServer.Eventually(() => server.Service.Cancelled == 2, "both handlers saw it");
        Assert.Empty(server.Errors.Entries);
    }

    [Fact]
    public async Task Disposing_ends_the_call_on_both_sides()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        AsyncDuplexStreamingCall<Item, Item> chat = client.Chat();
        await chat.RequestStream.WriteAsync(new Item());
        Assert.True(await chat.ResponseStream.MoveNext());
        Assert.Throws<InvalidOperationException>(() => chat.GetStatus());
        chat.Dispose();
        Assert.Equal(StatusCode.Cancelled, chat.GetStatus().StatusCode);
        await EchoServer.Eventually(() => server.Service.Cancelled == 1, "the handler saw it");

        AsyncClientStreamingCall<Item, Item> collect = client.Collect();
        await collect.RequestStream.WriteAsync(new Item());
        await EchoServer.Eventually(() => server.Service.Begun == 2, "the handler began");
        collect.Dispose();
        await CallTests.FailsWith(StatusCode.Cancelled, async () => await collect);
        await EchoServer.Eventually(() => server.Service.Cancelled == 2, "the handler saw no clean end of the requests");
    }

    [Fact]
    public async Task Disposing_of_the_channel_ends_its_calls()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        GrpcChannel channel = server.Channel();
        using AsyncUnaryCall<Item> call = new Echo.EchoClient(channel).UnaryAsync(LongWait);
        await EchoServer.Eventually(() => server.Service.Begun == 1, "the handler began");
        channel.Dispose();
        await CallTests.FailsWith(StatusCode.Cancelled, async () => await call);
    }

    [Fact]
    public async Task A_reads_token_gives_the_call_up()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncDuplexStreamingCall<Item, Item> chat = new Echo.EchoClient(channel).Chat();
        using var soon = new CancellationTokenSource(100);
        await CallTests.FailsWith(StatusCode.Cancelled, () => chat.ResponseStream.MoveNext(soon.Token));
        Assert.Equal(StatusCode.Cancelled, chat.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_server_may_end_a_call_before_the_requests_do()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncClientStreamingCall<Item, Item> collect = new Echo.EchoClient(channel).Collect();
        await collect.RequestStream.WriteAsync(new Item { Action = Item.Types.Action.Fail });
        RpcException e = await CallTests.FailsWith(StatusCode.FailedPrecondition, async () => await collect);
        Assert.Equal("enough", e.Status.Detail);
        await CallTests.FailsWith(StatusCode.FailedPrecondition, () => collect.RequestStream.WriteAsync(new Item()));
    }

    [Fact]
    public async Task Backpressure_holds_a_writer_back()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncDuplexStreamingCall<Item, Item> chat = new Echo.EchoClient(channel).Chat();
        var large = new Item { Data = Google.Protobuf.ByteString.CopyFrom(new byte[1 << 20]) };

        // Nobody reads the responses, so the server stops reading the requests, and a write does not end.
        Task write = Task.CompletedTask;
        int written = 0;
        while (written < 200 && await Task.WhenAny(write, Task.Delay(500)) == write)
        {
            await write;
            write = chat.RequestStream.WriteAsync(large);
            written++;
        }

        Assert.InRange(written, 2, 199);
        for (int i = 0; i < written; i++)
        {
            Assert.True(await chat.ResponseStream.MoveNext());
        }

        await write;
    }
}
