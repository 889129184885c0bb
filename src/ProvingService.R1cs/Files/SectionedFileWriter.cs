// Owns: writing the container that SectionedFile reads.

using System.Buffers.Binary;
using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>Writes a file of sections, aside until <see cref="Commit"/>. Not thread-safe.</summary>
public sealed class SectionedFileWriter : IDisposable
{
    private readonly AtomicFile file;
    private readonly uint announced;
    private uint written;
    private long sectionStart = -1;

    /// <summary>Begins a file.</summary>
    /// <param name="path">The file to be.</param>
    /// <param name="magic">Its four letters.</param>
    /// <param name="version">The version of its format.</param>
    /// <param name="sectionCount">The number of sections that will be written.</param>
    public SectionedFileWriter(string path, string magic, uint version, uint sectionCount)
    {
        ArgumentNullException.ThrowIfNull(magic);
        if (magic.Length != 4)
        {
            throw new ArgumentException($"A magic has four letters, not '{magic}'.");
        }

        announced = sectionCount;
        file = new AtomicFile(path);
        foreach (char c in magic)
        {
            file.Stream.WriteByte((byte)c);
        }

        Write(version);
        Write(sectionCount);
    }

    /// <summary>The file being written, for content that is produced in bulk; only inside a section.</summary>
    public Stream Stream => file.Stream;

    /// <summary>Opens a section.</summary>
    public void BeginSection(uint type)
    {
        if (sectionStart >= 0)
        {
            throw new InvalidOperationException("The section before is still open.");
        }

        Write(type);
        Write(0UL);
        sectionStart = file.Stream.Position;
    }

    /// <summary>Closes the open section and fills in its length.</summary>
    public void EndSection()
    {
        if (sectionStart < 0)
        {
            throw new InvalidOperationException("No section is open.");
        }

        long end = file.Stream.Position;
        file.Stream.Position = sectionStart - 8;
        Write((ulong)(end - sectionStart));
        file.Stream.Position = end;
        sectionStart = -1;
        written++;
    }

    /// <summary>Writes a little-endian integer of 4 bytes.</summary>
    public void Write(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        file.Stream.Write(bytes);
    }

    /// <summary>Writes a little-endian integer of 8 bytes.</summary>
    public void Write(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        file.Stream.Write(bytes);
    }

    /// <summary>Writes bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => file.Stream.Write(bytes);

    /// <summary>Writes a field element as a canonical little-endian integer.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    public void WriteCanonical<TF>(in TF element)
        where TF : unmanaged, IPrimeField<TF>
    {
        Span<byte> bytes = stackalloc byte[PrimeField.ByteCount<TF>()];
        PrimeField.WriteLittleEndian(element, bytes);
        file.Stream.Write(bytes);
    }

    /// <summary>Writes the way headers name a field: u32 length of an element in bytes, then the prime.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    public void WritePrime<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        Span<byte> bytes = stackalloc byte[PrimeField.ByteCount<TF>()];
        TF.Modulus.TryWriteBytes(bytes, out _, isUnsigned: true);
        Write((uint)bytes.Length);
        file.Stream.Write(bytes);
    }

    /// <summary>Completes the file.</summary>
    public void Commit()
    {
        if (sectionStart >= 0 || written != announced)
        {
            throw new InvalidOperationException($"{announced} sections were announced and {written} written.");
        }

        file.Commit();
    }

    /// <summary>Removes what was written, unless committed.</summary>
    public void Dispose() => file.Dispose();
}
