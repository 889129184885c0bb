// Owns: the service that the tests call, and what it remembers of its calls.

using Google.Protobuf;
using Grpc.Core;
using Testing.V1;

namespace ProvingService.Grpc.Tests;

internal sealed class EchoService : Echo.EchoBase
{
    public const string Secret = "the password is swordfish";

    private int begun;
    private int cancelled;
    private int deafEnded;

    /// <summary>Handlers that began.</summary>
    public int Begun => Volatile.Read(ref begun);

    /// <summary>Handlers that saw their token cancelled.</summary>
    public int Cancelled => Volatile.Read(ref cancelled);

    /// <summary>Handlers that waited on although their call had ended.</summary>
    public int DeafEnded => Volatile.Read(ref deafEnded);

    public override async Task<Item> Unary(Item request, ServerCallContext context)
    {
        Interlocked.Increment(ref begun);
        switch (request.Action)
        {
            case Item.Types.Action.Fail:
                throw new RpcException(
                    new Status(StatusCode.InvalidArgument, "schlecht: 100 %\nüber €𝄞"),
                    new Metadata { { "why", "because" }, { "why-bin", [1, 2, 255] } });
            case Item.Types.Action.Throw:
                throw new InvalidOperationException(Secret);
            case Item.Types.Action.Size:
                return new Item { Data = ByteString.CopyFrom(new byte[request.Number]) };
            case Item.Types.Action.Metadata:
                await EchoMetadataAsync(context);
                break;
            case Item.Types.Action.WaitDeaf:
                await Task.Delay(request.DelayMs, CancellationToken.None);
                Interlocked.Increment(ref deafEnded);
                break;
            case Item.Types.Action.Wait:
                await WaitAsync(request, context);
                break;
        }

        return request;
    }

    public override async Task<Item> Collect(IAsyncStreamReader<Item> requestStream, ServerCallContext context)
    {
        Interlocked.Increment(ref begun);
        var sum = new Item();
        try
        {
            await foreach (Item item in requestStream.ReadAllAsync())
            {
                if (item.Action == Item.Types.Action.Fail)
                {
                    throw new RpcException(new Status(StatusCode.FailedPrecondition, "enough"));
                }

                sum.Number++;
                sum.DelayMs += item.Data.Length;
            }
        }
        catch (Exception e) when (e is not RpcException)
        {
            Interlocked.Increment(ref cancelled);
            throw;
        }

        return sum;
    }

    public override async Task Expand(Item request, IServerStreamWriter<Item> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref begun);
        try
        {
            Item item = request.Action == Item.Types.Action.Size ? new Item { Data = ByteString.CopyFrom(new byte[request.DelayMs]) } : request.Clone();
            for (int i = 0; i < request.Number; i++)
            {
                if (request.Action == Item.Types.Action.Wait)
                {
                    await Task.Delay(request.DelayMs, context.CancellationToken);
                }

                item.Number = i;
                await responseStream.WriteAsync(item);
            }
        }
        catch (Exception)
        {
            Interlocked.Increment(ref cancelled);
            throw;
        }

        if (request.Action == Item.Types.Action.Fail)
        {
            context.ResponseTrailers.Add("after", request.Number.ToString(System.Globalization.CultureInfo.InvariantCulture));
            context.Status = new Status(StatusCode.Aborted, "after all");
        }
    }

    public override async Task Chat(IAsyncStreamReader<Item> requestStream, IServerStreamWriter<Item> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref begun);
        try
        {
            while (await requestStream.MoveNext())
            {
                await responseStream.WriteAsync(requestStream.Current);
            }
        }
        catch (Exception)
        {
            Interlocked.Increment(ref cancelled);
            throw;
        }
    }

    private static async Task EchoMetadataAsync(ServerCallContext context)
    {
        var headers = new Metadata { { "grpc-internal", "never sent" } };
        foreach (Metadata.Entry entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            headers.Add(entry);
            context.ResponseTrailers.Add(entry.IsBinary ? new("t" + entry.Key, entry.ValueBytes) : new("t" + entry.Key, entry.Value));
        }

        context.ResponseTrailers.Add("names", string.Join(',', context.RequestHeaders.Select(entry => entry.Key).Order(StringComparer.Ordinal)));
        await context.WriteResponseHeadersAsync(headers);
    }

    private async Task WaitAsync(Item request, ServerCallContext context)
    {
        try
        {
            await Task.Delay(request.DelayMs, context.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref cancelled);
            throw;
        }
    }
}
