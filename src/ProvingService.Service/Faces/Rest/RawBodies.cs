// Owns: files as the body of a request: pieces of it become the messages that gRPC's clients stream, with backpressure.

using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>A route whose body is a file.</summary>
/// <param name="Verb">PUT or POST.</param>
/// <param name="Path">The path.</param>
/// <param name="Header">The message whose fields path and query set.</param>
/// <param name="Open">The stream of messages, an <see cref="IAsyncStreamReader{T}"/> of the method's requests.</param>
internal sealed record RawRoute(string Verb, string Path, MessageDescriptor Header, Func<RestCall, object> Open);

/// <summary>The routes of methods that take a stream of messages: the first one from path and query, all others from the body.</summary>
internal static class RawBodies
{
    private static readonly RawRoute Upload = new("PUT", "/v1/uploads/{hash}", UploadHeader.Descriptor, call =>
    {
        var header = new UploadHeader();
        Fill(call, header);
        if (header.Size == 0 && call.Http.Request.ContentLength is { } length)
        {
            header.Size = header.Offset + (ulong)length;
        }

        return new RawBody<UploadFileRequest>(call, new UploadFileRequest { Header = header }, bytes => new UploadFileRequest { Data = bytes });
    });

    private static readonly RawRoute Witness = new("POST", "/v1/jobs:witness", WitnessHeader.Descriptor, call =>
    {
        var header = new WitnessHeader();
        Fill(call, header);
        if (header.Size == 0)
        {
            header.Size = (ulong)(call.Http.Request.ContentLength
                ?? throw Refuse.Invalid("size", "the length of the file is expected, as this parameter or as the header content-length."));
        }

        return new RawBody<SubmitWitnessRequest>(call, new SubmitWitnessRequest { Header = header }, bytes => new SubmitWitnessRequest { Data = bytes });
    });

    /// <summary>The route of a method; null where it has none.</summary>
    public static RawRoute? RouteOf(MethodDescriptor method) => method.FullName switch
    {
        "proving.v1.Circuits.UploadFile" => Upload,
        "proving.v1.Jobs.SubmitWitness" => Witness,
        _ => null,
    };

    private static void Fill(RestCall call, IMessage header)
    {
        RestRequests.SetPath(call, header);
        RestRequests.SetQuery(call, header);
    }
}

/// <summary>A body as a stream of messages. A piece is read when it is asked for: what the face does not take waits with the client.</summary>
internal sealed class RawBody<T> : IAsyncStreamReader<T>
{
    private const int LargestPiece = 64 << 10;

    private readonly RestCall call;
    private readonly T header;
    private readonly Func<ByteString, T> wrap;
    private T? current;
    private bool hasBegun;

    /// <summary>Prepares; nothing of the body is read yet, so that a client that waits for it can be refused first.</summary>
    public RawBody(RestCall call, T header, Func<ByteString, T> wrap)
    {
        this.call = call;
        this.header = header;
        this.wrap = wrap;

        // The faces bound the length, and silence is timed here.
        if (call.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (call.Http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    /// <inheritdoc/>
    public T Current => current ?? throw new InvalidOperationException("There was no read yet.");

    /// <inheritdoc/>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!hasBegun)
        {
            (hasBegun, current) = (true, header);
            return true;
        }

        PipeReader body = call.Http.Request.BodyReader;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(call.Options.ReadTimeout);
        ReadResult read;
        try
        {
            read = await body.ReadAsync(silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RestException(
                StatusCodes.Status408RequestTimeout, StatusCode.DeadlineExceeded, $"nothing came for {call.Options.ReadTimeout.TotalSeconds:0.#} s. Go on where GetUpload says, or send again.");
        }

        if (read.Buffer.IsEmpty)
        {
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return !read.IsCompleted && await MoveNext(cancellationToken).ConfigureAwait(false);
        }

        ReadOnlySequence<byte> piece = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, LargestPiece));
        current = wrap(UnsafeByteOperations.UnsafeWrap(piece.ToArray()));
        body.AdvanceTo(piece.End);
        return true;
    }
}
