// Owns: a call from the HTTP request to its end: what is refused before it begins, the interceptors, exceptions to
// statuses, the deadline of a handler that does not look at its token.

using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc;

/// <summary>Runs the calls of one method.</summary>
internal sealed class CallRunner(IMethod method, GrpcServerOptions options, ILogger logger, Func<ServerCall, Task> handler)
{
    public static readonly Status DeadlinePassed = new(StatusCode.DeadlineExceeded, "The deadline passed before the call ended.");

    private readonly MethodLimits limits = options.For(method.FullName);
    private readonly Func<GrpcCall, Func<Task>, Task>[] interceptors = [.. options.Interceptors];

    public Task RunAsync(HttpContext http)
    {
        if (HttpRefusal.Refuses(http))
        {
            return Task.CompletedTask;
        }

        object peer = PeerStreams.Key(http, options.PeerKey);
        return options.Peers.TryEnter(peer, options.MaxStreamsPerPeer)
            ? RunCountedAsync(http, peer)
            : TrailersOnly.AnswerAsync(http, new Status(
                StatusCode.ResourceExhausted, $"This peer has {options.MaxStreamsPerPeer} calls at once, which is all that are allowed."));
    }

    private async Task RunCountedAsync(HttpContext http, object peer)
    {
        try
        {
            await RunCallAsync(http).ConfigureAwait(false);
        }
        finally
        {
            options.Peers.Exit(peer);
        }
    }

    private async Task RunCallAsync(HttpContext http)
    {
        LiftBodyLimits(http);
        ServerCall? begun = null;
        try
        {
            TimeSpan? timeout = CallTimeout.Parse(http.Request.Headers[GrpcProtocol.Timeout]);
            CheckEncoding(http);
            begun = new ServerCall(http, method, limits, options, timeout);
            begun.CheckHeaders();
        }
        catch (RpcException e)
        {
            begun?.Dispose();
            await TrailersOnly.AnswerAsync(http, e.Status).ConfigureAwait(false);
            return;
        }

        using ServerCall call = begun;
        Task work = interceptors.Length == 0 ? GuardAsync(call, handler(call)) : InterceptAsync(call, new GrpcCall(call, method), 0);
        await (call.DeadlineReached is { } deadline ? Task.WhenAny(work, deadline) : work).ConfigureAwait(false);

        await call.FinishAsync().ConfigureAwait(false);
        if (!work.IsCompleted)
        {
            // The handler does not look at its token. The peer has its answer; the request under the call is kept until the
            // handler ends, since Kestrel would use it for another call.
            call.StopRequests();
            await work.ConfigureAwait(false);
        }
    }

    private Task InterceptAsync(ServerCall call, GrpcCall seen, int index) =>
        index == interceptors.Length
            ? GuardAsync(call, Invoke(() => handler(call)))
            : GuardAsync(call, Invoke(() => interceptors[index](seen, () => InterceptAsync(call, seen, index + 1))));

    /// <summary>Starts something so that what it throws at once is a failed task as well.</summary>
    private static async Task Invoke(Func<Task> start) => await start().ConfigureAwait(false);

    /// <summary>Waits for a part of the call, and settles how the call ends by how the part does. Never throws.</summary>
    private async Task GuardAsync(ServerCall call, Task part)
    {
        try
        {
            await part.ConfigureAwait(false);
            call.Settle(Checked(call.Outcome is null && NeedsResponse && !call.HasWritten && call.Status.StatusCode == StatusCode.OK
                ? new Status(StatusCode.Internal, "The call was ended without a response.")
                : call.Status));
        }
        catch (RpcException e)
        {
            call.Settle(e.StatusCode == StatusCode.OK ? new Status(StatusCode.Unknown, e.Status.Detail) : Checked(e.Status), e.Trailers);
        }
        catch (Exception e) when (IsOver(call, e))
        {
            call.Settle(Status.DefaultCancelled);
        }
#pragma warning disable CA1031 // Whatever a handler throws ends its call and nothing more.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.HandlerFailed(logger, method.FullName, e);
            call.Settle(new Status(StatusCode.Unknown, "The handler of this method failed."));
        }
    }

    private bool NeedsResponse => method.Type is MethodType.Unary or MethodType.ClientStreaming;

    /// <summary>Whether an exception only says that the caller has gone or the deadline has passed.</summary>
    private static bool IsOver(ServerCall call, Exception e) =>
        e is BadHttpRequestException or ConnectionAbortedException or ConnectionResetException
        || ((call.CallerHasGone || call.CancellationToken.IsCancellationRequested) && e is OperationCanceledException or IOException or ObjectDisposedException);

    private static Status Checked(Status status) =>
        status.StatusCode is >= StatusCode.OK and <= StatusCode.Unauthenticated
            ? status
            : new Status(StatusCode.Unknown, $"The handler gave the status {(int)status.StatusCode}, which there is not.");

    private static void CheckEncoding(HttpContext http)
    {
        string? encoding = http.Request.Headers[GrpcProtocol.Encoding];
        if (encoding is not (null or "" or GrpcProtocol.Identity or GrpcProtocol.Gzip))
        {
            throw new RpcException(new Status(
                StatusCode.Unimplemented, $"The header 'grpc-encoding' names an encoding that is not known here; known are {GrpcProtocol.Encodings}."));
        }
    }

    /// <summary>Bounds of Kestrel on whole bodies would end long streams; the bounds by message and the time-outs stand in their place.</summary>
    private static void LiftBodyLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }
}

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The handler of {Method} failed.")]
    public static partial void HandlerFailed(ILogger logger, string method, Exception exception);
}
