// Owns: the container that iden3's binary formats (.r1cs, .wtns, .zkey, .ptau) share. Never: what sections hold.
//
// Container, integers little-endian:
//   4 bytes  magic: "r1cs", "wtns", "zkey", "ptau"
//   u32      version of the format
//   u32      number of sections
//   for each section: u32 type, u64 length in bytes, then that many bytes
// Sections may stand in any order (writers differ); a type may occur once; nothing follows the last section. Types that a
// reader does not know are skipped.

using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace ProvingService.R1cs;

/// <summary>Where a section's content lies in its file.</summary>
/// <param name="Type">The section's type.</param>
/// <param name="Offset">The position of its first byte of content.</param>
/// <param name="Length">The length of its content in bytes.</param>
public readonly record struct FileSection(uint Type, long Offset, long Length)
{
    /// <summary>The position after its last byte.</summary>
    public long End => Offset + Length;
}

/// <summary>
/// An open file of sections: its table is validated, its content is read on demand or mapped. Opening costs a few reads
/// and a few hundred bytes, however large the file. Reads are safe from many threads; disposing is not.
/// </summary>
public sealed class SectionedFile : IDisposable
{
    /// <summary>The most sections a file may have; the formats in use have at most 13 (.ptau) and 10 (.zkey).</summary>
    public const int MaxSections = 64;

    private readonly SafeFileHandle? handle;
    private readonly ReadOnlyMemory<byte> memory;
    private readonly FileSection[] sections;

    private SectionedFile(string name, SafeFileHandle? handle, ReadOnlyMemory<byte> memory, string magic, uint version)
    {
        Name = name;
        this.handle = handle;
        this.memory = memory;
        Length = handle is null ? memory.Length : RandomAccess.GetLength(handle);
        sections = ReadTable(magic, version);
    }

    /// <summary>The file's path, or the name given to bytes in memory.</summary>
    public string Name { get; }

    /// <summary>The file's length in bytes.</summary>
    public long Length { get; }

    /// <summary>The sections in the order of the file.</summary>
    public ReadOnlySpan<FileSection> Sections => sections;

    /// <summary>Opens a file for reading; others may read it, not write it, meanwhile.</summary>
    /// <param name="path">The file.</param>
    /// <param name="magic">Its four letters, such as <c>r1cs</c>.</param>
    /// <param name="version">The only version accepted.</param>
    /// <exception cref="InvalidFileException">The magic, version or table of sections is wrong.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static SectionedFile Open(string path, string magic, uint version)
    {
        SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            return new(path, handle, default, magic, version);
        }
        catch (NotSupportedException)
        {
            handle.Dispose();
            throw new IOException($"{path} is a pipe or a device; sections are read out of order, which takes a file on a disk.");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads bytes that are already in memory, as they arrive over a network.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="magic">Its four letters.</param>
    /// <param name="version">The only version accepted.</param>
    /// <exception cref="InvalidFileException">The magic, version or table of sections is wrong.</exception>
    public static SectionedFile FromMemory(ReadOnlyMemory<byte> bytes, string name, string magic, uint version) =>
        new(name, null, bytes, magic, version);

    /// <summary>Finds a section.</summary>
    /// <returns>False where the file has none of that type.</returns>
    public bool TryFind(uint type, out FileSection section)
    {
        foreach (FileSection candidate in sections)
        {
            if (candidate.Type == type)
            {
                section = candidate;
                return true;
            }
        }

        section = default;
        return false;
    }

    /// <summary>Finds a section that must be there.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="content">What it holds, for the error.</param>
    /// <exception cref="InvalidFileException">The file has none of that type.</exception>
    public FileSection Require(uint type, string content) => TryFind(type, out FileSection section)
        ? section
        : throw new InvalidFileException(Name, FileFault.MissingSection, -1, $"section {type} ({content}) is missing; write the file anew.");

    /// <summary>As <see cref="Require(uint, string)"/>, for a section whose length follows from others.</summary>
    /// <exception cref="InvalidFileException">It is missing or has another length.</exception>
    public FileSection Require(uint type, string content, long length)
    {
        FileSection section = Require(type, content);
        if (section.Length != length)
        {
            throw new InvalidFileException(
                Name,
                section.Length < length ? FileFault.Truncated : FileFault.TrailingBytes,
                section.Offset,
                $"section {type} ({content}) has {section.Length} bytes and the header calls for {length}.");
        }

        return section;
    }

    /// <summary>A cursor over a section.</summary>
    public SectionReader Read(FileSection section) => new(this, section);

    /// <summary>Copies bytes out of the file.</summary>
    /// <param name="offset">The position of the first byte.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="InvalidFileException">The file ends before.</exception>
    public void ReadAt(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
        {
            throw Truncated(offset, destination.Length);
        }

        if (handle is null)
        {
            memory.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return;
        }

        int filled = 0;
        while (filled < destination.Length)
        {
            int read = RandomAccess.Read(handle, destination[filled..], offset + filled);
            if (read == 0)
            {
                throw Truncated(offset + filled, destination.Length - filled);
            }

            filled += read;
        }
    }

    /// <summary>
    /// Maps a section into memory: nothing is read until it is touched, and nothing is held on the heap. Bytes in memory
    /// are pinned instead.
    /// </summary>
    /// <remarks>The file must not be cut short by others while mapped: the system would end the process.</remarks>
    public unsafe MappedSection Map(FileSection section)
    {
        if (section.Offset < 0 || section.Length < 0 || section.Offset > Length - section.Length)
        {
            throw new ArgumentException("The section belongs to another file.");
        }

        if (handle is null || section.Length == 0)
        {
            return new(section, memory.Slice((int)(handle is null ? section.Offset : 0), (int)section.Length).Pin());
        }

        MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
            handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return new(section, map, map.CreateViewAccessor(section.Offset, section.Length, MemoryMappedFileAccess.Read));
    }

    /// <summary>Closes the file. Mapped sections stay valid until they are disposed themselves.</summary>
    public void Dispose() => handle?.Dispose();

    internal InvalidFileException Truncated(long offset, long needed) =>
        new(Name, FileFault.Truncated, offset, $"the file ends at byte {Length} and {needed} bytes are needed here; it is cut short, fetch it again.");

    private FileSection[] ReadTable(string magic, uint version)
    {
        Span<byte> head = stackalloc byte[12];
        Span<byte> wanted = stackalloc byte[4];
        for (int i = 0; i < 4; i++)
        {
            wanted[i] = (byte)magic[i];
        }

        if (Length >= 4)
        {
            ReadAt(0, head[..4]);
            if (!head[..4].SequenceEqual(wanted))
            {
                throw new InvalidFileException(Name, FileFault.WrongMagic, 0, $"this is not a .{magic} file: it begins with {Show(head[..4])}, not '{magic}'.");
            }
        }

        ReadAt(0, head);
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        if (found != version)
        {
            throw new InvalidFileException(Name, FileFault.UnsupportedVersion, 4, $"version {found} of .{magic} is not supported, only {version} is.");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (count > MaxSections)
        {
            throw new InvalidFileException(Name, FileFault.Inconsistent, 8, $"the file announces {count} sections; at most {MaxSections} are allowed.");
        }

        var table = new FileSection[count];
        long position = 12;
        for (int i = 0; i < table.Length; i++)
        {
            ReadAt(position, head);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(head);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head[4..]);
            if (length > (ulong)(Length - position - 12))
            {
                throw new InvalidFileException(
                    Name,
                    FileFault.Truncated,
                    position + 4,
                    $"section {type} announces {length} bytes and {Length - position - 12} are left; the file is cut short or its length lies.");
            }

            foreach (FileSection earlier in table.AsSpan(0, i))
            {
                if (earlier.Type == type)
                {
                    throw new InvalidFileException(Name, FileFault.DuplicateSection, position, $"section {type} occurs a second time; the first is at byte {earlier.Offset}.");
                }
            }

            table[i] = new(type, position + 12, (long)length);
            position = table[i].End;
        }

        return position == Length
            ? table
            : throw new InvalidFileException(Name, FileFault.TrailingBytes, position, $"{Length - position} bytes follow the last section.");
    }

    private static string Show(ReadOnlySpan<byte> bytes)
    {
        bool printable = true;
        foreach (byte b in bytes)
        {
            printable &= b is >= 0x20 and < 0x7f;
        }

        return printable ? $"'{System.Text.Encoding.ASCII.GetString(bytes)}'" : $"bytes {Convert.ToHexStringLower(bytes)}";
    }
}
