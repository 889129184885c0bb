// Owns: iden3's .wtns, version 2, in the container of SectionedFile.cs.
//
//   section 1, header: u32 n8, the bytes of a field element; n8 bytes prime; u32 number of elements
//   section 2, witness: the elements, n8 bytes each, canonical (not Montgomery), little-endian
// Element 0 is 1; the others follow the wires of the .r1cs. The header stands first, so that a stream can be read.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>The header of a .wtns file.</summary>
/// <param name="Prime">The field.</param>
/// <param name="FieldBytes">The bytes of an element.</param>
/// <param name="Count">The number of elements, the constant 1 included.</param>
public sealed record WtnsHeader(BigInteger Prime, int FieldBytes, int Count);

/// <summary>Reads and writes .wtns files; the layout is at the head of WtnsFile.cs. They hold private inputs in the clear.</summary>
public static class WtnsFile
{
    private const string Magic = "wtns";
    private const uint Version = 2;

    /// <summary>Elements between two looks at the token.</summary>
    private const int Range = 1 << 14;

    /// <summary>Reads the header alone, to learn the field before choosing a curve.</summary>
    /// <exception cref="InvalidFileException">The file is damaged or of another format.</exception>
    public static WtnsHeader ReadHeader(string path)
    {
        using SectionedFile file = SectionedFile.Open(path, Magic, Version);
        return ReadHeader(file);
    }

    /// <summary>Reads a witness.</summary>
    /// <typeparam name="TF">The scalar field that the file must be over.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="wireCount">The length that the circuit calls for, or −1 to accept any.</param>
    /// <param name="cancellationToken">Observed every few milliseconds.</param>
    /// <exception cref="InvalidFileException">The file is damaged, of another format, over another field, or of another length.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TF[] Read<TF>(string path, int wireCount = -1, CancellationToken cancellationToken = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        using SectionedFile file = SectionedFile.Open(path, Magic, Version);
        return Read<TF>(file, wireCount, cancellationToken);
    }

    /// <summary>Reads a witness that is already in memory.</summary>
    /// <typeparam name="TF">The scalar field that the file must be over.</typeparam>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="wireCount">The length that the circuit calls for, or −1 to accept any.</param>
    /// <param name="cancellationToken">Observed every few milliseconds.</param>
    /// <exception cref="InvalidFileException">The file is damaged, of another format, over another field, or of another length.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TF[] Read<TF>(
        ReadOnlyMemory<byte> bytes, string name, int wireCount = -1, CancellationToken cancellationToken = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        using SectionedFile file = SectionedFile.FromMemory(bytes, name, Magic, Version);
        return Read<TF>(file, wireCount, cancellationToken);
    }

    /// <summary>Writes a witness; the file appears when it is complete.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static void Write<TF>(string path, ReadOnlySpan<TF> witness)
        where TF : unmanaged, IPrimeField<TF>
    {
        using var writer = new SectionedFileWriter(path, Magic, Version, 2);
        writer.BeginSection(1);
        writer.WritePrime<TF>();
        writer.Write((uint)witness.Length);
        writer.EndSection();
        writer.BeginSection(2);
        foreach (ref readonly TF element in witness)
        {
            writer.WriteCanonical(element);
        }

        writer.EndSection();
        writer.Commit();
    }

    private static WtnsHeader ReadHeader(SectionedFile file)
    {
        FileSection header = file.Require(1, "header");
        if (file.Sections[0] != header)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, file.Sections[0].Offset, $"the sections are out of order: 1 (header) must stand first, not {file.Sections[0].Type}.");
        }

        SectionReader reader = file.Read(header);
        (BigInteger prime, int fieldBytes) = reader.ReadPrime();
        uint count = reader.ReadUInt32();
        reader.RequireEnd();
        FileSection values = file.Require(2, "witness", (long)count * fieldBytes);
        if (count > CircuitBuilder<Fp256<Bn254FrParams>>.MaxSize)
        {
            throw new InvalidFileException(file.Name, FileFault.Unsupported, values.Offset, $"{count} elements are more than 2^28, the most that can be proved.");
        }

        return new(prime, fieldBytes, (int)count);
    }

    private static TF[] Read<TF>(SectionedFile file, int wireCount, CancellationToken cancellationToken)
        where TF : unmanaged, IPrimeField<TF>
    {
        file.Read(file.Require(1, "header")).RequirePrime<TF>();
        WtnsHeader header = ReadHeader(file);
        if (wireCount >= 0 && header.Count != wireCount)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, -1, $"the witness has {header.Count} elements and the circuit {wireCount} wires; it belongs to another circuit.");
        }

        SectionReader reader = file.Read(file.Require(2, "witness"));
        var witness = new TF[header.Count];
        for (int i = 0; i < witness.Length; i++)
        {
            if (i % Range == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            witness[i] = reader.ReadCanonical<TF>("witness element");
        }

        if (witness.Length == 0 || witness[0] != TF.One)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, reader.Section.Offset, "element 0 of a witness must be there and be 1.");
        }

        return witness;
    }
}
