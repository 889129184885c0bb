// Owns: the state of one call on the server: its deadline, its headers, and how it ends. Reading and writing of messages
// are in ServerCall.Messages.cs; who runs it is CallRunner.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc;

/// <summary>
/// One call. Its handler may still run when the call has ended at its deadline: from then on nothing that it does reaches
/// the peer, and the request under it is kept until it ends.
/// </summary>
internal sealed partial class ServerCall : ServerCallContext, IDisposable
{
    /// <summary>Past this, a deadline needs no timer: timers do not reach so far, and no call lasts so long.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    private readonly Lock gate = new();
    private readonly IMethod method;
    private readonly MethodLimits limits;
    private readonly GrpcServerOptions options;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource? deadlineReached;
    private readonly CancellationTokenSource? cancellation;
    private readonly CancellationTokenRegistration abortRegistration;
    private readonly Timer? deadlineTimer;
    private readonly DateTime deadline;

    private Metadata? requestHeaders;
    private Metadata? responseTrailers;
    private Dictionary<object, object>? userState;
    private long ended;
    private bool resetAsked;

    /// <exception cref="RpcException">The headers break the protocol.</exception>
    public ServerCall(HttpContext http, IMethod method, MethodLimits limits, GrpcServerOptions options, TimeSpan? timeout)
    {
        HttpContext = http;
        this.method = method;
        this.limits = limits;
        this.options = options;
        string? encoding = http.Request.Headers[GrpcProtocol.Encoding];
        reader = new MessageReader(http.Request.BodyReader, encoding, limits.MaxReceiveMessageSize);
        readTimer = new IdleTimer(limits.ReadTimeout, http.Request.BodyReader.CancelPendingRead);
        writeTimer = new IdleTimer(limits.WriteTimeout, OnStalledWrite);

        deadline = DateTime.MaxValue;
        if (timeout is { } left)
        {
            DateTime now = DateTime.UtcNow;
            deadline = left < DateTime.MaxValue - now ? now + left : DateTime.MaxValue;
            if (left < LongestTimer)
            {
                deadlineReached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                cancellation = new CancellationTokenSource();
                abortRegistration = http.RequestAborted.UnsafeRegister(static state => ((ServerCall)state!).Cancel(), this);
                deadlineTimer = new Timer(static state => ((ServerCall)state!).OnDeadline(), this, left, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public HttpContext HttpContext { get; }

    /// <summary>Ends when the deadline passes; null where no timer runs.</summary>
    public Task? DeadlineReached => deadlineReached?.Task;

    /// <summary>How the call ends; null as long as that is open.</summary>
    public Status? Outcome { get; private set; }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(began, ended == 0 ? Stopwatch.GetTimestamp() : ended);

    private bool IsAborted => HttpContext.RequestAborted.IsCancellationRequested;

    /// <summary>Settles how the call ends, unless that is settled. What is not OK stands over what is.</summary>
    public void Settle(Status status, Metadata? trailers = null)
    {
        lock (gate)
        {
            if (Outcome is { StatusCode: not StatusCode.OK } || finished)
            {
                return;
            }

            Outcome = status;
            ended = Stopwatch.GetTimestamp();
            if (trailers is { Count: > 0 })
            {
                foreach (Metadata.Entry entry in trailers)
                {
                    ResponseTrailersCore.Add(entry);
                }
            }
        }
    }

    /// <summary>
    /// Sends the outcome and ends the response. The peer gets a reset in its place where a message was cut in two, since
    /// trailers after half a message say nothing that can be relied on.
    /// </summary>
    public async Task FinishAsync()
    {
        await CloseWritingAsync().ConfigureAwait(false);
        if (IsAborted || resetAsked)
        {
            return;
        }

        if (cutInTwo)
        {
            HttpContext.Features.Get<IHttpResetFeature>()?.Reset(Http2Errors.Cancel);
            return;
        }

        Status status = Outcome ?? Status.DefaultCancelled;
        HttpResponse response = HttpContext.Response;
        bool trailersOnly = !hasStarted && !response.HasStarted;
        IHeaderDictionary destination = response.Headers;
        if (trailersOnly)
        {
            response.ContentType = GrpcProtocol.ContentType;
        }
        else
        {
            destination = HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        }

        destination[GrpcProtocol.Status] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            destination[GrpcProtocol.Message] = StatusMessage.Encode(status.Detail);
        }

        AppendMetadata(destination, responseTrailers);
        try
        {
            await DrainAsync().ConfigureAwait(false);
            await response.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The peer is gone, and with it who would want to know.
        }
    }

    /// <summary>Tells a peer that may still send requests that nobody reads them.</summary>
    public void StopRequests() => HttpContext.Features.Get<IHttpResetFeature>()?.Reset(Http2Errors.NoError);

    public void Dispose()
    {
        abortRegistration.Dispose();
        deadlineTimer?.Dispose();
        readTimer.Dispose();
        writeTimer.Dispose();
        cancellation?.Dispose();
    }

    protected override string MethodCore => method.FullName;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore
    {
        get
        {
            IPAddress? address = HttpContext.Connection.RemoteIpAddress;
            int port = HttpContext.Connection.RemotePort;
            return address?.AddressFamily switch
            {
                null => "unknown",
                AddressFamily.InterNetworkV6 when !address.IsIPv4MappedToIPv6 => $"ipv6:[{address}]:{port}",
                _ => $"ipv4:{address.MapToIPv4()}:{port}",
            };
        }
    }

    protected override DateTime DeadlineCore => deadline;

    protected override CancellationToken CancellationTokenCore => cancellation?.Token ?? HttpContext.RequestAborted;

    protected override Metadata RequestHeadersCore => requestHeaders ??= ReadHeaders();

    protected override Metadata ResponseTrailersCore => responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override IDictionary<object, object> UserStateCore => userState ??= [];

    /// <summary>Reads the request's headers before anything runs, so that malformed ones are refused.</summary>
    public void CheckHeaders()
    {
        foreach (string name in HttpContext.Request.Headers.Keys)
        {
            if (name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
            {
                _ = RequestHeadersCore;
                return;
            }
        }
    }

    private Metadata ReadHeaders()
    {
        var metadata = new Metadata();
        foreach ((string name, StringValues values) in HttpContext.Request.Headers)
        {
            MetadataHeaders.Read(metadata, name, values);
        }

        return metadata;
    }

    private static void AppendMetadata(IHeaderDictionary destination, Metadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        foreach (Metadata.Entry entry in metadata)
        {
            if (!GrpcProtocol.IsReserved(entry.Key))
            {
                // Not Append, which drops empty values.
                destination[entry.Key] = StringValues.Concat(destination[entry.Key], MetadataHeaders.Value(entry));
            }
        }
    }

    private void OnDeadline()
    {
        Settle(CallRunner.DeadlinePassed);
        deadlineReached!.TrySetResult();
        Cancel();
    }

    private void Cancel()
    {
        try
        {
            cancellation!.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended at the same moment.
        }
        catch (AggregateException)
        {
            // A callback of the application failed; the call is over all the same.
        }
    }

    /// <summary>The peer takes nothing: its stream is reset, and its connection closed if it does not take that either.</summary>
    private void OnStalledWrite()
    {
        resetAsked = true;
        Settle(new Status(StatusCode.Cancelled, "The caller did not take the responses in time."));
        IConnectionLifetimeFeature? connection = HttpContext.Features.Get<IConnectionLifetimeFeature>();
        Task written = writeEnded.Task;
        HttpContext.Features.Get<IHttpResetFeature>()?.Reset(Http2Errors.EnhanceYourCalm);
        _ = CloseIfStuckAsync(written, connection);
    }

    private static async Task CloseIfStuckAsync(Task written, IConnectionLifetimeFeature? connection)
    {
        await Task.WhenAny(written, Task.Delay(TimeSpan.FromSeconds(5))).ConfigureAwait(false);
        if (!written.IsCompleted)
        {
            connection?.Abort();
        }
    }
}

/// <summary>Error codes of HTTP/2 that this server sends (RFC 9113, section 7).</summary>
internal static class Http2Errors
{
    public const int NoError = 0x0;
    public const int Cancel = 0x8;
    public const int EnhanceYourCalm = 0xb;
}
