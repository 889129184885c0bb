// Owns: one call on the client: sending it, reading what comes, and the one status with which it ends.

using System.IO.Pipelines;
using System.Net;
using Grpc.Core;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc.Client;

/// <summary>
/// One call. It ends once, by what comes first: the server's status, the deadline, the caller's token, a failure. From then
/// on every part of it says the same.
/// </summary>
internal sealed class ClientCall<TRequest, TResponse> : IAsyncStreamReader<TResponse>, IClientCall, IDisposable
    where TRequest : class
    where TResponse : class
{
    private static readonly Status CancelledHere = new(StatusCode.Cancelled, "The caller cancelled the call.");
    private static readonly Status DeadlinePassed = new(StatusCode.DeadlineExceeded, "The deadline passed before the call ended.");
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    /// <summary>How long a failed write waits for the status that explains it, which comes by the other direction.</summary>
    private static readonly TimeSpan StatusGrace = TimeSpan.FromMilliseconds(250);

    private readonly GrpcChannel channel;
    private readonly GrpcChannelOptions settings;
    private readonly Method<TRequest, TResponse> method;
    private readonly string? host;
    private readonly CallOptions options;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource cancellation = new();
    private readonly CancellationToken token;
    private readonly TaskCompletionSource<Metadata> headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StreamedRequestContent? streamed;
    private readonly Timer? deadlineTimer;
    private readonly CancellationTokenRegistration callerCancels;
    private readonly CancellationTokenRegistration channelCloses;

    private Task<PipeReader?> opened = Task.FromResult<PipeReader?>(null);
    private MessageReader? reader;
    private HttpResponseMessage? response;
    private Status? status;
    private Metadata trailers = [];
    private TResponse? current;
    private int reading;

    public ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        this.channel = channel;
        this.method = method;
        this.host = host;
        this.options = options;
        settings = channel.Options;
        token = cancellation.Token;
        if (method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
        {
            streamed = new StreamedRequestContent();
            Requests = new RequestWriter<TRequest>(this, streamed, method.RequestMarshaller, options.WriteOptions);
        }

        callerCancels = options.CancellationToken.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), this);
        channelCloses = channel.Disposed.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), this);
        TimeSpan? left = TimeLeft;
        if (left <= TimeSpan.Zero)
        {
            // At once: a timer would race with a server that answers fast.
            End(DeadlinePassed, cancel: true);
        }
        else if (left < LongestTimer)
        {
            deadlineTimer = new Timer(
                static state => ((ClientCall<TRequest, TResponse>)state!).End(DeadlinePassed, cancel: true), this, left.Value, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The requests; null where the call has a single one.</summary>
    public RequestWriter<TRequest>? Requests { get; }

    public Task<Metadata> HeadersAsync => headers.Task;

    public TResponse Current => current ?? throw new InvalidOperationException("There is no current message.");

    private TimeSpan? TimeLeft =>
        options.Deadline is { } deadline && deadline != DateTime.MaxValue ? deadline.ToUniversalTime() - DateTime.UtcNow : null;

    public void Start(TRequest? request) => opened = OpenAsync(request);

    public Status GetStatus()
    {
        lock (gate)
        {
            return status ?? throw NotEnded();
        }
    }

    public Metadata GetTrailers()
    {
        lock (gate)
        {
            return status is null ? throw NotEnded() : trailers;
        }
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref reading, 1) != 0)
        {
            throw new InvalidOperationException("A read is in progress; a stream takes one at a time.");
        }

        try
        {
            current = null;
            using CancellationTokenRegistration giveUp =
                cancellationToken.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), this);
            current = await ReadAsync().ConfigureAwait(false);
            return current is not null;
        }
        finally
        {
            Volatile.Write(ref reading, 0);
        }
    }

    public async Task<TResponse> ReadSingleAsync()
    {
        TResponse message = await ReadAsync().ConfigureAwait(false) ?? throw Overrule("The server ended the call with OK and without a response.");
        return await ReadAsync().ConfigureAwait(false) is null ? message : throw Overrule("The server sent more than one response.");
    }

    public MessageEncoder Encode<T>(Marshaller<T> marshaller, T message, WriteOptions? writeOptions)
    {
        bool packs = settings.CompressRequests && ((writeOptions ?? options.WriteOptions)?.Flags & WriteFlags.NoCompress) is null or 0;
        return MessageEncoder.Encode(marshaller, message, settings.MaxSendMessageSize ?? int.MaxValue, packs ? settings.CompressionThreshold : null);
    }

    public async Task<Stream> WhileOpenAsync(Task<Stream> task)
    {
        await Task.WhenAny(task, ended.Task).ConfigureAwait(false);
        return ended.Task.IsCompleted ? throw Ended() : await task.ConfigureAwait(false);
    }

    public async Task WriteAsync(Stream body, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await body.WriteAsync(bytes, token).ConfigureAwait(false);
            await body.FlushAsync(token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or ObjectDisposedException)
        {
            await Task.WhenAny(ended.Task, Task.Delay(StatusGrace)).ConfigureAwait(false);
            throw ended.Task.IsCompleted ? Ended() : new RpcException(StatusMapping.OfException(e));
        }
    }

    public void Cancel() => End(CancelledHere, cancel: true);

    public void Dispose() => End(CancelledHere, cancel: true);

    /// <summary>Sends the call and waits for the headers of the response; null where these already end the call.</summary>
    private async Task<PipeReader?> OpenAsync(TRequest? request)
    {
        try
        {
            HttpResponseMessage got = await SendAsync(request).ConfigureAwait(false);
            if (!Keep(got))
            {
                throw Ended();
            }

            Metadata metadata = StatusMapping.ReadMetadata(got.Headers);
            if (StatusMapping.Read(got.Headers) is { } immediate)
            {
                headers.TrySetResult(metadata);
                End(immediate, metadata);
                return null;
            }

            if (got.StatusCode != HttpStatusCode.OK)
            {
                throw new RpcException(StatusMapping.OfHttp(got.StatusCode));
            }

            if (!GrpcProtocol.IsGrpc(got.Content.Headers.NonValidated.TryGetValues("content-type", out var type) ? type.ToString() : ""))
            {
                throw new RpcException(new Status(StatusCode.Unknown, "The server answered with a content type that is not gRPC's."));
            }

            string? encoding = got.Headers.NonValidated.TryGetValues(GrpcProtocol.Encoding, out var encodings) ? encodings.ToString() : null;
            Stream body = await got.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            PipeReader pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 16 * 1024, minimumReadSize: 2 * 1024));
            reader = new MessageReader(pipe, encoding, settings.MaxReceiveMessageSize ?? int.MaxValue);
            headers.TrySetResult(metadata);
            return pipe;
        }
#pragma warning disable CA1031 // Whatever goes wrong ends the call with a status.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
            return null;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(TRequest? request)
    {
        ReadOnlyMemory<byte> single = default;
        if (request is not null)
        {
            using MessageEncoder encoded = Encode(method.RequestMarshaller, request, null);
            single = encoded.Bytes.ToArray();
        }

        TimeSpan delay = FirstRetryDelay;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using HttpRequestMessage message = await NewRequestAsync(
                    streamed is null ? new SingleRequestContent(single) : streamed).ConfigureAwait(false);
                return await channel.Http.SendAsync(message, token).ConfigureAwait(false);
            }
            catch (HttpRequestException e) when (streamed is null && attempt < settings.TransparentRetries && StatusMapping.NeverReached(e))
            {
                await Task.Delay(delay, token).ConfigureAwait(false);
                delay *= 2;
            }
        }
    }

    private async ValueTask<HttpRequestMessage> NewRequestAsync(HttpContent content)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(channel.Address, method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        message.Headers.TryAddWithoutValidation("te", "trailers");
        message.Headers.TryAddWithoutValidation("user-agent", "grpc-csharp-proving-service/0.1");
        message.Headers.TryAddWithoutValidation(GrpcProtocol.AcceptEncoding, GrpcProtocol.Encodings);
        message.Headers.Host = host;
        if (settings.CompressRequests)
        {
            message.Headers.TryAddWithoutValidation(GrpcProtocol.Encoding, GrpcProtocol.Gzip);
        }

        if (TimeLeft is { } left)
        {
            message.Headers.TryAddWithoutValidation(GrpcProtocol.Timeout, CallTimeout.Format(left));
        }

        AddMetadata(message, options.Headers);
        if (settings.HeaderProvider is { } provider)
        {
            AddMetadata(message, await provider(token).ConfigureAwait(false));
        }

        return message;
    }

    private static void AddMetadata(HttpRequestMessage message, Metadata? metadata)
    {
        foreach (Metadata.Entry entry in metadata ?? Metadata.Empty)
        {
            if (!GrpcProtocol.IsReserved(entry.Key))
            {
                message.Headers.TryAddWithoutValidation(entry.Key, MetadataHeaders.Value(entry));
            }
        }
    }

    /// <summary>The next response; null at the end of a call that ended with OK.</summary>
    private async ValueTask<TResponse?> ReadAsync()
    {
        PipeReader? pipe = await opened.ConfigureAwait(false);
        try
        {
            if (pipe is not null && !ended.Task.IsCompleted)
            {
                TResponse? message = await reader!.ReadAsync(method.ResponseMarshaller, token).ConfigureAwait(false);
                if (message is not null)
                {
                    return message;
                }

                await pipe.CompleteAsync().ConfigureAwait(false);
                Metadata metadata = StatusMapping.ReadMetadata(response!.TrailingHeaders);
                End(StatusMapping.Read(response.TrailingHeaders) ?? new Status(StatusCode.Unknown, "The server ended the call without a status."), metadata);
            }
        }
#pragma warning disable CA1031 // Whatever goes wrong ends the call with a status.
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw Fail(e);
        }

        return GetStatus().StatusCode == StatusCode.OK ? null : throw Ended();
    }

    /// <summary>Keeps a response, unless the call ended before it came.</summary>
    private bool Keep(HttpResponseMessage got)
    {
        lock (gate)
        {
            if (status is null)
            {
                response = got;
                return true;
            }
        }

        got.Dispose();
        return false;
    }

    private RpcException Fail(Exception e)
    {
        // What the caller's own cancellation breaks may be noticed before the cancellation itself.
        Status found = e is RpcException known ? known.Status
            : e is OperationCanceledException && options.CancellationToken.IsCancellationRequested ? CancelledHere
            : StatusMapping.OfException(e);
        End(found, cancel: true);
        return Ended();
    }

    /// <summary>Ends a call, even one that the server says went well, because what it sent does not fit the method.</summary>
    private RpcException Overrule(string detail)
    {
        var broken = new Status(StatusCode.Internal, detail);
        End(broken, cancel: true);
        lock (gate)
        {
            status = broken;
        }

        return Ended();
    }

    private RpcException Ended()
    {
        lock (gate)
        {
            return new RpcException(status!.Value, trailers);
        }
    }

    /// <summary>Ends the call, unless it has ended, and frees what it holds.</summary>
    private void End(Status outcome, Metadata? with = null, bool cancel = false)
    {
        lock (gate)
        {
            if (status is not null)
            {
                return;
            }

            status = outcome;
            trailers = with ?? [];
        }

        ended.TrySetResult();
        if (headers.TrySetException(new RpcException(outcome, trailers)))
        {
            // Nobody need look at the headers of a call that failed.
            _ = headers.Task.Exception;
        }

        if (cancel)
        {
            cancellation.Cancel();
        }

        // The response first: it resets a stream that is still open, where completing would end the requests as if all were said.
        response?.Dispose();
        streamed?.Complete();
        deadlineTimer?.Dispose();
        callerCancels.Unregister();
        channelCloses.Unregister();
    }

    private static InvalidOperationException NotEnded() => new("The call has not ended.");
}
