// Owns: a growing run of bytes, from the pool where it is short, with a bound.

using System.Buffers;
using Grpc.Core;

namespace ProvingService.Grpc.Wire;

/// <summary>
/// Bytes that grow by doubling up to a bound. Past the bound it throws the exception that its maker gave: it never holds
/// more than twice what was written. One thread at a time.
/// </summary>
internal sealed class PooledBuffer(int limit, Func<RpcException> tooLarge) : Stream, IBufferWriter<byte>
{
    private const int FirstSize = 4096;

    /// <summary>Larger ones are left to the collector: the pool would keep them for long, and a burst of them would stay.</summary>
    private const int LargestPooled = 1024 * 1024;

    private byte[] bytes = [];
    private int written;

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, written);

    public Span<byte> WrittenSpan => bytes.AsSpan(0, written);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => written;

    public override long Position { get => written; set => throw new NotSupportedException(); }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, bytes.Length - written);
        if (count > limit - written)
        {
            throw tooLarge();
        }

        written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return bytes.AsMemory(written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Makes room for so many bytes more.</summary>
    public void Reserve(int count)
    {
        if (bytes.Length - written >= count)
        {
            return;
        }

        if (count > Array.MaxLength - written)
        {
            throw tooLarge();
        }

        long doubled = Math.Min(Math.Max(FirstSize, 2L * bytes.Length), Math.Max(limit, FirstSize));
        int size = (int)Math.Max(doubled, written + count);
        byte[] larger = size <= LargestPooled ? ArrayPool<byte>.Shared.Rent(size) : GC.AllocateUninitializedArray<byte>(size);
        WrittenSpan.CopyTo(larger);
        Return();
        bytes = larger;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > limit - written)
        {
            throw tooLarge();
        }

        Reserve(buffer.Length);
        buffer.CopyTo(bytes.AsSpan(written));
        written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Return();
        bytes = [];
        written = 0;
        base.Dispose(disposing);
    }

    private void Return()
    {
        if (bytes.Length is > 0 and <= LargestPooled)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
