// Owns: the memory behind a mapped section.

using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace ProvingService.R1cs;

/// <summary>A section of a <see cref="SectionedFile"/> in memory, read-only, possibly larger than 2 GiB.</summary>
public sealed unsafe class MappedSection : IDisposable
{
    private readonly MemoryMappedFile? map;
    private readonly MemoryMappedViewAccessor? view;
    private MemoryHandle pin;
    private byte* pointer;

    internal MappedSection(FileSection section, MemoryMappedFile map, MemoryMappedViewAccessor view)
    {
        Section = section;
        this.map = map;
        this.view = view;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);

        // The view begins at a page boundary at or below the section.
        pointer += view.PointerOffset;
    }

    internal MappedSection(FileSection section, MemoryHandle pin)
    {
        Section = section;
        this.pin = pin;
        pointer = (byte*)pin.Pointer;
    }

    /// <summary>The section.</summary>
    public FileSection Section { get; }

    /// <summary>Its length in bytes.</summary>
    public long Length => Section.Length;

    /// <summary>
    /// Its first byte; no alignment is promised. Valid until <see cref="Dispose"/>; reading beyond
    /// <see cref="Length"/> is undefined.
    /// </summary>
    public byte* Pointer => pointer;

    /// <summary>A part of the section.</summary>
    /// <param name="offset">The position in the section.</param>
    /// <param name="length">The number of bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches beyond the section.</exception>
    public ReadOnlySpan<byte> Slice(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(pointer is null && Length > 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new(pointer + offset, length);
    }

    /// <summary>Unmaps the section: spans and pointers into it become invalid.</summary>
    public void Dispose()
    {
        if (view is not null && pointer is not null)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        pointer = null;
        view?.Dispose();
        map?.Dispose();
        pin.Dispose();
    }
}
