// Owns: a call's requests as the body of an HTTP request: one that is encoded beforehand, or a stream that is written as
// the caller writes.

using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc.Client;

/// <summary>The only request of a call.</summary>
internal sealed class SingleRequestContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> bytes;

    public SingleRequestContent(ReadOnlyMemory<byte> bytes)
    {
        this.bytes = bytes;
        Headers.ContentType = new MediaTypeHeaderValue(GrpcProtocol.ContentType);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return false;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
}

/// <summary>The requests of a streaming call. The body stays open until they are complete or the call ends.</summary>
internal sealed class StreamedRequestContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamedRequestContent() => Headers.ContentType = new MediaTypeHeaderValue(GrpcProtocol.ContentType);

    /// <summary>The body, once the request is on its way.</summary>
    public Task<Stream> Opened => opened.Task;

    /// <summary>Ends the body.</summary>
    public void Complete() => completed.TrySetResult();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers go now: a server may answer before the first request.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        opened.TrySetResult(stream);
        await completed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>Writes the requests of a streaming call.</summary>
internal sealed class RequestWriter<TRequest>(IClientCall call, StreamedRequestContent content, Marshaller<TRequest> marshaller, WriteOptions? writeOptions)
    : IClientStreamWriter<TRequest>
    where TRequest : class
{
    private int writing;
    private bool completed;

    public WriteOptions? WriteOptions { get; set; } = writeOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (completed)
        {
            throw new InvalidOperationException("The requests are complete.");
        }

        if (Interlocked.Exchange(ref writing, 1) != 0)
        {
            throw new InvalidOperationException("A write is in progress; a stream takes one at a time.");
        }

        try
        {
            using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static state => ((IClientCall)state!).Cancel(), call);
            Stream body = await call.WhileOpenAsync(content.Opened).ConfigureAwait(false);
            using MessageEncoder encoded = call.Encode(marshaller, message, WriteOptions);
            await call.WriteAsync(body, encoded.Bytes).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        if (Volatile.Read(ref writing) != 0)
        {
            throw new InvalidOperationException("A write is in progress; await it before the requests are completed.");
        }

        completed = true;
        content.Complete();
        return Task.CompletedTask;
    }
}

/// <summary>What a request writer needs of its call.</summary>
internal interface IClientCall
{
    /// <summary>Encodes a request by the channel's limits.</summary>
    MessageEncoder Encode<T>(Marshaller<T> marshaller, T message, WriteOptions? writeOptions);

    /// <summary>Waits for something that only comes as long as the call goes on.</summary>
    /// <exception cref="RpcException">The call ended first.</exception>
    Task<Stream> WhileOpenAsync(Task<Stream> task);

    /// <summary>Writes to the body and waits until the server has made room for it.</summary>
    /// <exception cref="RpcException">The call ended first.</exception>
    Task WriteAsync(Stream body, ReadOnlyMemory<byte> bytes);

    /// <summary>Gives the call up.</summary>
    void Cancel();
}
