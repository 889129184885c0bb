// Owns: streams of answers: server-sent events where the caller asks for them, else one JSON object a line.

using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace ProvingService.Service;

/// <summary>
/// A stream of messages. An error before the first message is an ordinary error; after it, it is the last thing in the
/// stream: the event <c>fault</c>, or the line <c>{"error":…}</c>. Events end with the event <c>end</c>; a reader that comes
/// again for a stream that has nothing more gets 204, which tells browsers to stay away.
/// </summary>
internal sealed class RestStream : IAsyncDisposable
{
    /// <summary>The type of server-sent events.</summary>
    public const string EventsType = "text/event-stream";

    /// <summary>The type of objects by lines.</summary>
    public const string LinesType = "application/x-ndjson";

    /// <summary>An answer that has no message yet begins after this, so that the caller knows that it is watched.</summary>
    private static readonly TimeSpan FirstSign = TimeSpan.FromMilliseconds(300);

    /// <summary>A comment so often keeps proxies from closing the stream, and finds out who has gone.</summary>
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    private readonly RestCall call;
    private readonly bool isEvents;
    private readonly FieldDescriptor? sequence;
    private readonly SemaphoreSlim gate = new(1);
    private readonly CancellationTokenSource ended = new();
    private bool isOpen;

    /// <summary>Prepares; nothing is sent yet.</summary>
    public RestStream(RestCall call)
    {
        this.call = call;
        isEvents = call.Http.Request.Headers.Accept.Any(accept => accept?.Contains(EventsType, StringComparison.OrdinalIgnoreCase) == true);
        sequence = call.Route.Method.OutputType.FindFieldByName("sequence") is { FieldType: FieldType.UInt64 } field ? field : null;
    }

    /// <summary>Runs a handler that writes to this stream, and ends the stream.</summary>
    public async Task RunAsync(Func<Task> handler)
    {
        Task signs = GiveSignsAsync();
        RestError? fault = null;
        try
        {
            await handler().ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            fault = RestError.Of(e);
        }
        catch (OperationCanceledException) when (call.IsLate)
        {
            fault = RestError.Of(StatusCode.DeadlineExceeded, "the deadline passed before the stream ended.");
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await signs.ConfigureAwait(false);
        }

        await EndAsync(fault).ConfigureAwait(false);
    }

    /// <summary>Sends a message.</summary>
    public Task WriteAsync(IMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        if (isEvents)
        {
            if (sequence is not null)
            {
                Put(bytes, string.Create(CultureInfo.InvariantCulture, $"id: {sequence.Accessor.GetValue(message)}\n"));
            }

            Put(bytes, "data: ");
        }

        bytes.Write(RestAnswers.Format(message));
        Put(bytes, isEvents ? "\n\n" : "\n");
        return SendAsync(bytes.WrittenMemory);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        gate.Dispose();
        ended.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Put(ArrayBufferWriter<byte> bytes, string text) => Encoding.UTF8.GetBytes(text, bytes);

    private async Task EndAsync(RestError? fault)
    {
        if (!isOpen)
        {
            if (fault is not null)
            {
                throw new RestStreamException(fault);
            }

            if (isEvents)
            {
                call.Http.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }
        }

        var bytes = new ArrayBufferWriter<byte>(256);
        if (fault is not null)
        {
            call.Status = fault.Status;
            Put(bytes, isEvents ? "event: fault\ndata: " : "{\"error\":");
            bytes.Write(RestAnswers.Format(fault.Status));
            Put(bytes, isEvents ? "\n\n" : "}\n");
        }
        else if (isEvents)
        {
            Put(bytes, "event: end\ndata: {}\n\n");
        }

        await SendAsync(bytes.WrittenMemory).ConfigureAwait(false);
    }

    private async Task GiveSignsAsync()
    {
        try
        {
            await Task.Delay(FirstSign, ended.Token).ConfigureAwait(false);
            await SendAsync(isEvents ? ": \n\n"u8.ToArray() : ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
            while (isEvents)
            {
                await Task.Delay(HeartbeatInterval, ended.Token).ConfigureAwait(false);
                await SendAsync(": \n\n"u8.ToArray()).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The stream has ended, or its reader has gone, which the handler's token says as well.
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        CancellationToken gone = call.Http.RequestAborted;
        await gate.WaitAsync(gone).ConfigureAwait(false);
        try
        {
            if (!isOpen)
            {
                isOpen = true;
                HttpResponse response = call.Http.Response;
                response.ContentType = isEvents ? EventsType : LinesType;
                response.Headers.CacheControl = "no-store";

                // nginx would keep events back until it has a page of them.
                response.Headers["X-Accel-Buffering"] = "no";
            }

            await RestAnswers.SendAsync(call.Http, bytes, call.Options.WriteTimeout).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }
}

/// <summary>A stream ended before it began: an ordinary error.</summary>
internal sealed class RestStreamException(RestError error) : Exception(error.Status.Detail)
{
    /// <summary>The error.</summary>
    public RestError Error => error;
}

/// <summary>A stream as handlers see it.</summary>
internal sealed class RestStreamWriter<T>(RestStream stream) : IServerStreamWriter<T>
{
    /// <inheritdoc/>
    public WriteOptions? WriteOptions { get; set; }

    /// <inheritdoc/>
    public Task WriteAsync(T message) => stream.WriteAsync((IMessage)message!);

    /// <inheritdoc/>
    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return stream.WriteAsync((IMessage)message!);
    }
}
