// Owns: bytes to messages: the five bytes before each, the bounds, and what is wrong with frames that are not ones.

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;

namespace ProvingService.Grpc.Wire;

/// <summary>
/// Reads messages from a pipe. A declared length allocates nothing: bytes are held as they come, and what is declared
/// past the bound is refused before them. One read at a time.
/// </summary>
/// <param name="input">Where the bytes come from.</param>
/// <param name="encoding">What the sender named as encoding; null for none.</param>
/// <param name="maxSize">The largest message that is taken, in bytes, as sent and unpacked.</param>
internal sealed class MessageReader(PipeReader input, string? encoding, int maxSize)
{
    /// <summary>Whether the stream has ended, so that nothing is left to be read.</summary>
    public bool AtEnd { get; private set; }

    /// <summary>The next message; null at the end of the stream.</summary>
    /// <exception cref="RpcException">The bytes are no message, or one that is too large.</exception>
    /// <exception cref="OperationCanceledException">By the token, or by the pipe's CancelPendingRead.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        while (!AtEnd)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCanceled)
            {
                input.AdvanceTo(result.Buffer.Start);
                throw new OperationCanceledException();
            }

            SequencePosition consumed = result.Buffer.Start;
            SequencePosition examined = result.Buffer.End;
            try
            {
                if (TryFrame(result.Buffer, out bool compressed, out ReadOnlySequence<byte> payload))
                {
                    consumed = examined = payload.End;
                    return Decode(marshaller, payload, compressed);
                }

                if (result.IsCompleted)
                {
                    AtEnd = true;
                    consumed = examined;
                    return result.Buffer.IsEmpty ? null : throw Broken("The stream ended within a message.");
                }
            }
            finally
            {
                input.AdvanceTo(consumed, examined);
            }
        }

        return null;
    }

    private bool TryFrame(ReadOnlySequence<byte> buffer, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        compressed = false;
        payload = default;
        if (buffer.Length < MessageEncoder.PrefixLength)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[MessageEncoder.PrefixLength];
        buffer.Slice(0, MessageEncoder.PrefixLength).CopyTo(prefix);
        if (prefix[0] > 1)
        {
            throw Broken($"A message begins with the flag {prefix[0]}; only 0 and 1 are known.");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > maxSize)
        {
            throw MessageLimits.ReceivedTooLarge(length, maxSize);
        }

        compressed = prefix[0] == 1;
        if (compressed && encoding is null or GrpcProtocol.Identity)
        {
            throw Broken("A message is marked as compressed, and the call names no encoding.");
        }

        if (buffer.Length < MessageEncoder.PrefixLength + length)
        {
            return false;
        }

        payload = buffer.Slice(MessageEncoder.PrefixLength, length);
        return true;
    }

    private T Decode<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload, bool compressed)
    {
        if (!compressed)
        {
            return Deserialize(marshaller, payload);
        }

        if (encoding != GrpcProtocol.Gzip)
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, "A message is compressed by an encoding that is not known here."));
        }

        using PooledBuffer unpacked = Compression.Unpack(payload, maxSize);
        return Deserialize(marshaller, new ReadOnlySequence<byte>(unpacked.Written));
    }

    private static T Deserialize<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload)
    {
        try
        {
            return marshaller.ContextualDeserializer(new Payload(payload));
        }
        catch (InvalidProtocolBufferException)
        {
            throw Broken($"A message of {payload.Length} bytes is not of the type that the method takes.");
        }
    }

    private static RpcException Broken(string detail) => new(new Status(StatusCode.Internal, detail));

    private sealed class Payload(ReadOnlySequence<byte> bytes) : DeserializationContext
    {
        public override int PayloadLength => (int)bytes.Length;

        public override byte[] PayloadAsNewBuffer() => bytes.ToArray();

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => bytes;
    }
}
