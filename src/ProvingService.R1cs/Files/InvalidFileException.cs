// Owns: the error of damaged or foreign files.

using System.Globalization;

namespace ProvingService.R1cs;

/// <summary>What is wrong with a file; a closed list, so that callers can tell cases apart without reading messages.</summary>
public enum FileFault
{
    /// <summary>The first bytes are those of another format.</summary>
    WrongMagic,

    /// <summary>The format's version is not known.</summary>
    UnsupportedVersion,

    /// <summary>The file ends before what it announces, or a length inside it reaches beyond its end.</summary>
    Truncated,

    /// <summary>Bytes follow where the file or a section should end.</summary>
    TrailingBytes,

    /// <summary>A section is absent.</summary>
    MissingSection,

    /// <summary>A section occurs twice.</summary>
    DuplicateSection,

    /// <summary>The file is over another field than the one asked for.</summary>
    WrongField,

    /// <summary>A number is not below the prime.</summary>
    NotCanonical,

    /// <summary>A point is not on its curve.</summary>
    NotOnCurve,

    /// <summary>A point is on its curve but outside the subgroup of order r.</summary>
    NotInSubgroup,

    /// <summary>The text is not what its format calls for: broken JSON, a member missing or of the wrong kind.</summary>
    Malformed,

    /// <summary>A count, index or length contradicts the rest of the file, or passes a limit.</summary>
    Inconsistent,

    /// <summary>The file is whole but uses a feature that this program does not support.</summary>
    Unsupported,
}

/// <summary>
/// A file that cannot be what it claims to be. Hostile bytes cause this exception and no other (a file that cannot be
/// opened at all is an <see cref="IOException"/>).
/// </summary>
public sealed class InvalidFileException : Exception
{
    /// <summary>Describes the fault.</summary>
    /// <param name="file">The file's path or another name for it.</param>
    /// <param name="fault">The kind of fault.</param>
    /// <param name="offset">The byte where it was noticed, or −1.</param>
    /// <param name="message">What was found, what was expected, and what to do.</param>
    public InvalidFileException(string file, FileFault fault, long offset, string message)
        : base(offset < 0 ? $"{file}: {message}" : string.Create(CultureInfo.InvariantCulture, $"{file}, byte {offset}: {message}"))
    {
        File = file;
        Fault = fault;
        Offset = offset;
    }

    /// <summary>The file's path or another name for it.</summary>
    public string File { get; }

    /// <summary>The kind of fault.</summary>
    public FileFault Fault { get; }

    /// <summary>The byte where it was noticed, or −1 where it is not at one place.</summary>
    public long Offset { get; }
}
