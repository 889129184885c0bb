// Owns: gzip of single messages, with the bound on what they unpack to held while they unpack.

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Grpc.Core;

namespace ProvingService.Grpc.Wire;

internal static class Compression
{
    /// <summary>How much is unpacked at a time; the bound is checked between.</summary>
    private const int Step = 16 * 1024;

    /// <summary>The header, an empty block, the checksum and the length, in bytes.</summary>
    private const int LeastLength = 20;

    public static void Pack(ReadOnlySpan<byte> message, PooledBuffer output)
    {
        using var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true);
        gzip.Write(message);
    }

    /// <summary>Unpacks into a buffer, which holds the bound. It is the caller's to dispose of.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED past the bound; INTERNAL where it is not gzip.</exception>
    public static PooledBuffer Unpack(ReadOnlySequence<byte> packed, int maxSize)
    {
        var output = new PooledBuffer(maxSize, () => MessageLimits.UnpackedTooLarge(maxSize));
        try
        {
            using var gzip = new GZipStream(new SequenceStream(packed), CompressionMode.Decompress);
            while (true)
            {
                int read = gzip.Read(output.GetSpan(Step)[..Step]);
                if (read == 0)
                {
                    break;
                }

                output.Advance(read);
            }

            return IsWhole(packed, output.Written.Length) ? output : throw new InvalidDataException();
        }
        catch (InvalidDataException)
        {
            output.Dispose();
            throw new RpcException(new Status(StatusCode.Internal, "A message is marked as compressed and is not valid gzip."));
        }
        catch (RpcException)
        {
            output.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether the last four bytes give the unpacked length (RFC 1952, section 2.3.1). The framework's reader takes input that
    /// ends early for the end. A message is one member; more than one is not taken.
    /// </summary>
    private static bool IsWhole(ReadOnlySequence<byte> packed, int unpackedLength)
    {
        if (packed.Length < LeastLength)
        {
            return false;
        }

        Span<byte> length = stackalloc byte[sizeof(int)];
        packed.Slice(packed.Length - sizeof(int)).CopyTo(length);
        return BinaryPrimitives.ReadInt32LittleEndian(length) == unpackedLength;
    }

    /// <summary>Reads a sequence where it lies.</summary>
    private sealed class SequenceStream(ReadOnlySequence<byte> sequence) : Stream
    {
        private ReadOnlySequence<byte> rest = sequence;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, rest.Length);
            rest.Slice(0, count).CopyTo(buffer);
            rest = rest.Slice(count);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
