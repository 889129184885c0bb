// Owns: one message to bytes: the five bytes before it and, where wanted, its compression. Nothing is on the wire until all
// of a message is encoded, so that one that cannot be encoded leaves nothing half sent.

using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace ProvingService.Grpc.Wire;

/// <summary>A message with its prefix, in memory from the pool until it is disposed of. One message an object.</summary>
internal sealed class MessageEncoder : SerializationContext, IDisposable
{
    public const int PrefixLength = 5;

    private readonly int maxSize;
    private PooledBuffer buffer;
    private int declared = -1;
    private bool complete;

    private MessageEncoder(int maxSize)
    {
        this.maxSize = maxSize;
        buffer = NewBuffer(maxSize);
    }

    /// <summary>The prefix and the message.</summary>
    public ReadOnlyMemory<byte> Bytes => buffer.Written;

    /// <param name="marshaller">Message to bytes.</param>
    /// <param name="message">The message.</param>
    /// <param name="maxSize">The largest that may be sent, in bytes, before compression.</param>
    /// <param name="compressFrom">The smallest message that is compressed, in bytes; null for none.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: it is larger than may be sent.</exception>
    public static MessageEncoder Encode<T>(Marshaller<T> marshaller, T message, int maxSize, int? compressFrom)
    {
        var encoder = new MessageEncoder(maxSize);
        try
        {
            marshaller.ContextualSerializer(message, encoder);
            encoder.Finish(compressFrom);
            return encoder;
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        if (payloadLength > maxSize)
        {
            throw MessageLimits.SentTooLarge(maxSize);
        }

        declared = payloadLength;
        buffer.Reserve(payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter() => buffer;

    public override void Complete() => complete = true;

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        buffer.Write(payload);
        complete = true;
    }

    public void Dispose() => buffer.Dispose();

    private static PooledBuffer NewBuffer(int maxSize)
    {
        int limit = maxSize > Array.MaxLength - PrefixLength ? Array.MaxLength : maxSize + PrefixLength;
        var buffer = new PooledBuffer(limit, () => MessageLimits.SentTooLarge(maxSize));
        buffer.Write([0, 0, 0, 0, 0]);
        return buffer;
    }

    private void Finish(int? compressFrom)
    {
        int length = buffer.Written.Length - PrefixLength;
        if (!complete || (declared >= 0 && declared != length))
        {
            throw new InvalidOperationException(
                $"A serializer wrote {length} bytes where it announced {declared}: was the message changed while it was written?");
        }

        bool packed = length >= compressFrom && TryPack();
        Span<byte> prefix = buffer.WrittenSpan[..PrefixLength];
        prefix[0] = packed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)(buffer.Written.Length - PrefixLength));
    }

    /// <summary>Replaces the message by its compressed form where that is smaller.</summary>
    private bool TryPack()
    {
        PooledBuffer packed = NewBuffer(Array.MaxLength);
        Compression.Pack(buffer.WrittenSpan[PrefixLength..], packed);
        if (packed.Written.Length >= buffer.Written.Length)
        {
            packed.Dispose();
            return false;
        }

        buffer.Dispose();
        buffer = packed;
        return true;
    }
}
