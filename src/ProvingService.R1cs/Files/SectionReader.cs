// Owns: reading numbers and field elements one after another out of a section.

using System.Buffers.Binary;
using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// A cursor over one section, with a buffer of 64 KiB. Every read is checked against the section's end. Not thread-safe.
/// </summary>
public sealed class SectionReader
{
    /// <summary>The longest field element that a header may announce, in bytes.</summary>
    public const int MaxFieldBytes = 128;

    private readonly SectionedFile file;
    private readonly byte[] buffer;
    private int bufferStart;
    private int bufferEnd;
    private long nextRead;

    internal SectionReader(SectionedFile file, FileSection section)
    {
        this.file = file;
        Section = section;
        nextRead = section.Offset;
        buffer = new byte[(int)Math.Min(section.Length, 1 << 16)];
    }

    /// <summary>The section.</summary>
    public FileSection Section { get; }

    /// <summary>The position in the file of the next byte.</summary>
    public long Position => nextRead - (bufferEnd - bufferStart);

    /// <summary>Bytes left in the section.</summary>
    public long Remaining => Section.End - Position;

    /// <summary>Reads a little-endian integer of 4 bytes.</summary>
    /// <exception cref="InvalidFileException">The section ends before.</exception>
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>Reads a little-endian integer of 8 bytes.</summary>
    /// <exception cref="InvalidFileException">The section ends before.</exception>
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>Fills a span.</summary>
    /// <exception cref="InvalidFileException">The section ends before.</exception>
    public void ReadBytes(Span<byte> destination)
    {
        if (destination.Length <= buffer.Length)
        {
            Take(destination.Length).CopyTo(destination);
            return;
        }

        RequireRemaining(destination.Length);
        file.ReadAt(Position, destination);
        nextRead = Position + destination.Length;
        bufferStart = bufferEnd = 0;
    }

    /// <summary>Reads a canonical little-endian field element.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="what">What it is, for the error: <c>coefficient</c>.</param>
    /// <exception cref="InvalidFileException">The section ends before, or the number is not below the prime.</exception>
    public TF ReadCanonical<TF>(string what)
        where TF : unmanaged, IPrimeField<TF>
    {
        long position = Position;
        if (!PrimeField.TryReadLittleEndian(Take(PrimeField.ByteCount<TF>()), out TF element))
        {
            throw new InvalidFileException(file.Name, FileFault.NotCanonical, position, $"the {what} is not below the prime of {TF.Name}.");
        }

        return element;
    }

    /// <summary>Reads the way headers name a field: u32 length of an element in bytes, then the prime in that many bytes.</summary>
    /// <returns>The prime, odd and above 2, and the length of an element.</returns>
    /// <exception cref="InvalidFileException">The length is not a multiple of 8 up to <see cref="MaxFieldBytes"/>, or the prime cannot be one.</exception>
    public (BigInteger Prime, int ByteCount) ReadPrime()
    {
        long position = Position;
        uint byteCount = ReadUInt32();
        if (byteCount == 0 || byteCount > MaxFieldBytes || byteCount % 8 != 0)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, position, $"field elements of {byteCount} bytes are announced; multiples of 8 up to {MaxFieldBytes} are possible.");
        }

        var prime = new BigInteger(Take((int)byteCount), isUnsigned: true);
        if (prime < 3 || prime.IsEven)
        {
            throw new InvalidFileException(file.Name, FileFault.WrongField, position + 4, "the modulus is not an odd prime.");
        }

        return (prime, (int)byteCount);
    }

    /// <summary>As <see cref="ReadPrime"/>, for a reader that can only serve one field.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <exception cref="InvalidFileException">The file is over another field; the error names both.</exception>
    public void RequirePrime<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        long position = Position;
        (BigInteger prime, int byteCount) = ReadPrime();
        if (prime != TF.Modulus || byteCount != PrimeField.ByteCount<TF>())
        {
            throw new InvalidFileException(
                file.Name, FileFault.WrongField, position, $"the file is over {ScalarFields.NameOf(prime)} in {byteCount} bytes, and {TF.Name} is asked for.");
        }
    }

    /// <summary>Checks that everything was read.</summary>
    /// <exception cref="InvalidFileException">Bytes are left.</exception>
    public void RequireEnd()
    {
        if (Remaining > 0)
        {
            throw new InvalidFileException(
                file.Name, FileFault.TrailingBytes, Position, $"section {Section.Type} has {Remaining} bytes more than its content needs.");
        }
    }

    /// <summary>Checks a count before anything is allocated for it.</summary>
    /// <param name="count">The count that the file announces.</param>
    /// <param name="leastBytesEach">The fewest bytes that each item takes in this section.</param>
    /// <param name="what">The items, for the error: <c>constraints</c>.</param>
    /// <exception cref="InvalidFileException">The rest of the section cannot hold so many.</exception>
    public int RequireCount(ulong count, int leastBytesEach, string what)
    {
        if (count > (ulong)(Remaining / leastBytesEach) || count > int.MaxValue)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Truncated, Position, $"{count} {what} are announced and section {Section.Type} has {Remaining} bytes left for them.");
        }

        return (int)count;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (bufferEnd - bufferStart < count)
        {
            Refill(count);
        }

        ReadOnlySpan<byte> taken = buffer.AsSpan(bufferStart, count);
        bufferStart += count;
        return taken;
    }

    private void Refill(int count)
    {
        RequireRemaining(count);
        int held = bufferEnd - bufferStart;
        buffer.AsSpan(bufferStart, held).CopyTo(buffer);
        int more = (int)Math.Min(buffer.Length - held, Section.End - nextRead);
        file.ReadAt(nextRead, buffer.AsSpan(held, more));
        nextRead += more;
        bufferStart = 0;
        bufferEnd = held + more;
    }

    private void RequireRemaining(int count)
    {
        if (count > Remaining)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Truncated, Position, $"section {Section.Type} ends at byte {Section.End} and {count} bytes are needed here.");
        }
    }
}
