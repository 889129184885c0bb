// Owns: the messages of one call on the server: one read and one write at a time, both timed, and no write after the end.

using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc;

internal sealed partial class ServerCall
{
    /// <summary>
    /// What Kestrel takes of a stream without waiting for the peer, in bytes. Completing a response does not wait either: this
    /// much can be left behind where a peer takes nothing, and it counts among the streams of its connection.
    /// </summary>
    private const int KestrelBuffer = 4096;

    private readonly MessageReader reader;
    private readonly IdleTimer readTimer;
    private readonly IdleTimer writeTimer;
    private readonly TaskCompletionSource writeEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool compresses;
    private bool hasStarted;
    private bool writing;
    private bool finished;
    private bool cutInTwo;
    private int unflushed;

    /// <summary>Whether a response was written.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Whether a read or a write found the stream broken, which may be before the token says so.</summary>
    public bool CallerHasGone { get; private set; }

    /// <summary>The only request of the call.</summary>
    public async ValueTask<T> ReadSingleAsync<T>(Marshaller<T> marshaller)
        where T : class
    {
        T? message = await ReadAsync(marshaller, CancellationToken.None).ConfigureAwait(false);
        if (message is null)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The call has no request, and the method takes one."));
        }

        return await ReadAsync(marshaller, CancellationToken.None).ConfigureAwait(false) is null
            ? message
            : throw new RpcException(new Status(StatusCode.Internal, "The call has more than one request, and the method takes one."));
    }

    /// <summary>The next request; null at the end.</summary>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        lock (gate)
        {
            ThrowIfFinished();
        }

        using CancellationTokenSource? linked = cancellationToken.CanBeCanceled && cancellationToken != CancellationToken
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, CancellationToken)
            : null;
        readTimer.Begin();
        try
        {
            return await reader.ReadAsync(marshaller, linked?.Token ?? CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (readTimer.HasExpired && !CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(
                StatusCode.DeadlineExceeded, $"No whole message came in the {limits.ReadTimeout.TotalSeconds:0.###} s that the server waits for one."));
        }
        catch (IOException)
        {
            CallerHasGone = true;
            throw;
        }
        finally
        {
            readTimer.End();
        }
    }

    /// <summary>Writes the only response. It leaves together with the status where it is small enough to wait for that.</summary>
    public Task WriteSingleAsync<T>(Marshaller<T> marshaller, T? message)
        where T : class
    {
        if (message is null)
        {
            throw new InvalidOperationException("The handler gave no response.");
        }

        return StatusCore.StatusCode == StatusCode.OK ? WriteAsync(marshaller, message, null, mayWait: true, default) : Task.CompletedTask;
    }

    /// <summary>Writes a response, and waits until at most the allowed number of bytes is still to be taken.</summary>
    public async Task WriteAsync<T>(Marshaller<T> marshaller, T message, WriteOptions? writeOptions, bool mayWait, CancellationToken cancellationToken)
        where T : class
    {
        BeginWrite();
        try
        {
            CancellationToken.ThrowIfCancellationRequested();
            await StartAsync().ConfigureAwait(false);
            bool packs = compresses && ((writeOptions ?? WriteOptionsCore)?.Flags & WriteFlags.NoCompress) is null or 0;
            using MessageEncoder encoded = MessageEncoder.Encode(
                marshaller, message, limits.MaxSendMessageSize, packs ? options.CompressionThreshold : null);
            using CancellationTokenSource? linked = cancellationToken.CanBeCanceled && cancellationToken != CancellationToken
                ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, CancellationToken)
                : null;
            await SendAsync(encoded.Bytes, mayWait, linked?.Token ?? CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            EndWrite();
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        BeginWrite();
        try
        {
            if (hasStarted)
            {
                throw new InvalidOperationException("Headers or a response were sent already.");
            }

            AppendMetadata(HttpContext.Response.Headers, responseHeaders);
            await StartAsync().ConfigureAwait(false);
            await FlushAsync(CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            EndWrite();
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool mayWait, CancellationToken cancellationToken)
    {
        PipeWriter output = HttpContext.Response.BodyWriter;
        HasWritten = true;
        while (true)
        {
            int length = Math.Min(bytes.Length, Math.Max(1, options.MaxBufferedResponseBytes - unflushed));
            output.Write(bytes.Span[..length]);
            unflushed += length;
            bytes = bytes[length..];
            cutInTwo = !bytes.IsEmpty;
            if (bytes.IsEmpty && mayWait && unflushed < options.MaxBufferedResponseBytes)
            {
                return;
            }

            await FlushAsync(cancellationToken).ConfigureAwait(false);
            unflushed = 0;
            if (bytes.IsEmpty)
            {
                return;
            }
        }
    }

    /// <summary>Waits, before the end, until the peer has taken what is more than Kestrel holds by itself.</summary>
    private async ValueTask DrainAsync()
    {
        if (unflushed > KestrelBuffer)
        {
            await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        ValueTask<FlushResult> flush = HttpContext.Response.BodyWriter.FlushAsync(cancellationToken);
        FlushResult result;
        if (flush.IsCompletedSuccessfully)
        {
            result = flush.Result;
        }
        else
        {
            writeTimer.Begin();
            try
            {
                result = await flush.ConfigureAwait(false);
            }
            finally
            {
                writeTimer.End();
            }
        }

        if (result.IsCompleted || result.IsCanceled)
        {
            CallerHasGone = true;
            throw new OperationCanceledException("The caller has gone.");
        }
    }

    private async ValueTask StartAsync()
    {
        if (hasStarted)
        {
            return;
        }

        var response = HttpContext.Response;
        response.ContentType = GrpcProtocol.ContentType;
        response.Headers[GrpcProtocol.AcceptEncoding] = GrpcProtocol.Encodings;
        compresses = options.CompressResponses && CallerUnpacks();
        if (compresses)
        {
            response.Headers[GrpcProtocol.Encoding] = GrpcProtocol.Gzip;
        }

        hasStarted = true;
        await response.StartAsync(CancellationToken).ConfigureAwait(false);
    }

    private bool CallerUnpacks()
    {
        foreach (string? value in HttpContext.Request.Headers[GrpcProtocol.AcceptEncoding])
        {
            foreach (Range part in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[part].Trim().SequenceEqual(GrpcProtocol.Gzip))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void BeginWrite()
    {
        lock (gate)
        {
            ThrowIfFinished();
            if (writing)
            {
                throw new InvalidOperationException("A write is in progress; a stream takes one at a time.");
            }

            writing = true;
        }
    }

    private void EndWrite()
    {
        lock (gate)
        {
            writing = false;
            if (finished)
            {
                writeEnded.TrySetResult();
            }
        }
    }

    /// <summary>Lets no further write begin and waits for the one that is in progress.</summary>
    private Task CloseWritingAsync()
    {
        lock (gate)
        {
            finished = true;
            if (!writing)
            {
                writeEnded.TrySetResult();
            }
        }

        return writeEnded.Task;
    }

    private void ThrowIfFinished()
    {
        if (!finished)
        {
            return;
        }

        throw Outcome is { StatusCode: not StatusCode.OK } status
            ? new RpcException(status)
            : new InvalidOperationException("The call has ended; its streams live only as long as its handler.");
    }
}

/// <summary>The requests of a streaming call.</summary>
internal sealed class RequestStream<T>(ServerCall call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private T? current;

    public T Current => current ?? throw new InvalidOperationException("There is no current message.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        current = null;
        current = await call.ReadAsync(marshaller, cancellationToken).ConfigureAwait(false);
        return current is not null;
    }
}

/// <summary>The responses of a streaming call.</summary>
internal sealed class ResponseStream<T>(ServerCall call, Marshaller<T> marshaller) : IServerStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        bool mayWait = ((WriteOptions ?? call.WriteOptions)?.Flags & WriteFlags.BufferHint) is not (null or 0);
        return call.WriteAsync(marshaller, message, WriteOptions, mayWait, cancellationToken);
    }
}
