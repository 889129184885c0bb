// Owns: iden3's .r1cs, version 1, in the container of SectionedFile.cs.
//
//   section 1, header
//     u32 n8, the bytes of a field element; n8 bytes prime
//     u32 wires (the constant 1 counts), u32 public outputs, u32 public inputs
//     u32 private inputs as declared: circom counts here also those that its optimiser removed from the wires
//     u64 labels, u32 constraints
//   section 2, constraints: for each, for each of A, B, C:
//     u32 terms, then each: u32 wire, n8 bytes coefficient (canonical, not Montgomery)
//     it means A·w × B·w = C·w
//   section 3, labels: u64 for each wire, its number in the .sym file
//   sections 4 and 5, custom gates of PLONK: Groth16 knows none; refused unless empty
// Wires are numbered 1, outputs, public inputs, private inputs, internal. circom writes section 2 before section 1.

using System.Buffers.Binary;
using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>The header of a .r1cs file.</summary>
/// <param name="Prime">The field.</param>
/// <param name="FieldBytes">The bytes of an element.</param>
/// <param name="WireCount">Wires, the constant one included.</param>
/// <param name="PublicOutputCount">Public outputs.</param>
/// <param name="PublicInputCount">Public inputs.</param>
/// <param name="PrivateInputCount">Private inputs, which may be more than there are wires for: see the layout.</param>
/// <param name="LabelCount">Labels in the .sym file, the constant one included.</param>
/// <param name="ConstraintCount">Constraints.</param>
public sealed record R1csHeader(
    BigInteger Prime,
    int FieldBytes,
    int WireCount,
    int PublicOutputCount,
    int PublicInputCount,
    int PrivateInputCount,
    long LabelCount,
    int ConstraintCount);

/// <summary>What a .r1cs file holds.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
/// <param name="Header">The header.</param>
/// <param name="System">The constraints.</param>
/// <param name="Labels">The label of each wire, its number in the .sym file.</param>
public sealed record R1csContent<TF>(R1csHeader Header, ConstraintSystem<TF> System, long[] Labels)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>Reads and writes .r1cs files; the layout is at the head of R1csFile.cs.</summary>
public static class R1csFile
{
    private const string Magic = "r1cs";
    private const uint Version = 1;

    /// <summary>Constraints between two looks at the token.</summary>
    private const int Range = 1 << 12;

    /// <summary>Reads the header alone, to learn the field before choosing a curve.</summary>
    /// <exception cref="InvalidFileException">The file is damaged or of another format.</exception>
    public static R1csHeader ReadHeader(string path)
    {
        using SectionedFile file = SectionedFile.Open(path, Magic, Version);
        return ReadHeader(file);
    }

    /// <summary>Reads a file.</summary>
    /// <typeparam name="TF">The scalar field that the file must be over.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Observed every few milliseconds.</param>
    /// <exception cref="InvalidFileException">The file is damaged, of another format, or over another field.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static R1csContent<TF> Read<TF>(string path, CancellationToken cancellationToken = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        using SectionedFile file = SectionedFile.Open(path, Magic, Version);
        return Read<TF>(file, cancellationToken);
    }

    /// <summary>Reads a file that is already in memory.</summary>
    /// <typeparam name="TF">The scalar field that the file must be over.</typeparam>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="cancellationToken">Observed every few milliseconds.</param>
    /// <exception cref="InvalidFileException">The file is damaged, of another format, or over another field.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static R1csContent<TF> Read<TF>(ReadOnlyMemory<byte> bytes, string name, CancellationToken cancellationToken = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        using SectionedFile file = SectionedFile.FromMemory(bytes, name, Magic, Version);
        return Read<TF>(file, cancellationToken);
    }

    /// <summary>Writes a compiled circuit with its labels.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static void Write<TF>(string path, CompiledCircuit<TF> circuit)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(circuit);
        Write(path, circuit.System, Array.ConvertAll(circuit.Symbols.LabelOfWire.ToArray(), label => (long)label), circuit.Symbols.LabelCount);
    }

    /// <summary>Writes a constraint system; the file appears when it is complete.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="path">The file to be.</param>
    /// <param name="system">The constraints.</param>
    /// <param name="labels">The label of each wire.</param>
    /// <param name="labelCount">The number of labels, above every label.</param>
    public static void Write<TF>(string path, ConstraintSystem<TF> system, ReadOnlySpan<long> labels, long labelCount)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(system);
        if (labels.Length != system.WireCount)
        {
            throw new ArgumentException($"{labels.Length} labels for {system.WireCount} wires.");
        }

        using var writer = new SectionedFileWriter(path, Magic, Version, 3);
        writer.BeginSection(1);
        writer.WritePrime<TF>();
        writer.Write((uint)system.WireCount);
        writer.Write((uint)system.PublicOutputCount);
        writer.Write((uint)system.PublicInputCount);
        writer.Write((uint)system.PrivateInputCount);
        writer.Write((ulong)labelCount);
        writer.Write((uint)system.ConstraintCount);
        writer.EndSection();

        writer.BeginSection(2);
        WriteConstraints(writer, system);
        writer.EndSection();

        writer.BeginSection(3);
        foreach (long label in labels)
        {
            writer.Write((ulong)label);
        }

        writer.EndSection();
        writer.Commit();
    }

    private static void WriteConstraints<TF>(SectionedFileWriter writer, ConstraintSystem<TF> system)
        where TF : unmanaged, IPrimeField<TF>
    {
        int n8 = PrimeField.ByteCount<TF>();
        ReadOnlySpan<TF> table = system.A.Coefficients;
        byte[] coefficients = new byte[n8 * table.Length];
        for (int i = 0; i < table.Length; i++)
        {
            PrimeField.WriteLittleEndian(table[i], coefficients.AsSpan(i * n8, n8));
        }

        for (int i = 0; i < system.ConstraintCount; i++)
        {
            WriteRow(writer.Stream, system.A, i, coefficients, n8);
            WriteRow(writer.Stream, system.B, i, coefficients, n8);
            WriteRow(writer.Stream, system.C, i, coefficients, n8);
        }
    }

    private static void WriteRow<TF>(Stream stream, SparseMatrix<TF> matrix, int row, byte[] coefficients, int n8)
        where TF : unmanaged, IPrimeField<TF>
    {
        Span<byte> number = stackalloc byte[4];
        int start = matrix.RowStarts[row], end = matrix.RowStarts[row + 1];
        BinaryPrimitives.WriteInt32LittleEndian(number, end - start);
        stream.Write(number);
        for (int k = start; k < end; k++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, matrix.Wires[k]);
            stream.Write(number);
            stream.Write(coefficients, matrix.CoefficientNumbers[k] * n8, n8);
        }
    }

    private static R1csHeader ReadHeader(SectionedFile file)
    {
        FileSection section = file.Require(1, "header");
        SectionReader reader = file.Read(section);
        (BigInteger prime, int fieldBytes) = reader.ReadPrime();
        long countsAt = reader.Position;
        uint wires = reader.ReadUInt32(), outputs = reader.ReadUInt32();
        uint publicInputs = reader.ReadUInt32(), privateInputs = reader.ReadUInt32();
        ulong labels = reader.ReadUInt64();
        uint constraints = reader.ReadUInt32();
        reader.RequireEnd();
        if (wires == 0 || 1UL + outputs + publicInputs > wires || privateInputs > labels || privateInputs > int.MaxValue || labels < wires || labels > long.MaxValue)
        {
            throw new InvalidFileException(
                file.Name,
                FileFault.Inconsistent,
                countsAt,
                $"{wires} wires cannot hold the constant, {outputs} outputs, {publicInputs} public and {privateInputs} private inputs, under {labels} labels.");
        }

        // Every constraint takes three counts, every wire a label: the file's own length bounds both.
        FileSection constraintSection = file.Require(2, "constraints");
        if (constraints > constraintSection.Length / 12)
        {
            throw new InvalidFileException(
                file.Name,
                FileFault.Truncated,
                constraintSection.Offset,
                $"{constraints} constraints are announced and section 2 has {constraintSection.Length} bytes for them.");
        }

        file.Require(3, "labels", 8L * wires);
        if (wires > CircuitBuilder<Fp256<Bn254FrParams>>.MaxSize || constraints > CircuitBuilder<Fp256<Bn254FrParams>>.MaxSize)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Unsupported, countsAt, $"{wires} wires and {constraints} constraints are more than 2^28, the most that can be proved.");
        }

        return new(prime, fieldBytes, (int)wires, (int)outputs, (int)publicInputs, (int)privateInputs, (long)labels, (int)constraints);
    }

    private static R1csContent<TF> Read<TF>(SectionedFile file, CancellationToken cancellationToken)
        where TF : unmanaged, IPrimeField<TF>
    {
        file.Read(file.Require(1, "header")).RequirePrime<TF>();
        R1csHeader header = ReadHeader(file);
        RefuseCustomGates(file);

        var assembly = new ConstraintSystemBuilder<TF>(new CoefficientTable<TF>());
        SectionReader reader = file.Read(file.Require(2, "constraints"));
        for (int i = 0; i < header.ConstraintCount; i++)
        {
            if (i % Range == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            ReadRow(file, reader, assembly.A, header.WireCount, i);
            ReadRow(file, reader, assembly.B, header.WireCount, i);
            ReadRow(file, reader, assembly.C, header.WireCount, i);
        }

        reader.RequireEnd();
        ConstraintSystem<TF> system = assembly.Build(
            header.WireCount, header.PublicOutputCount, header.PublicInputCount, header.PrivateInputCount);
        return new(header, system, ReadLabels(file, header));
    }

    private static void ReadRow<TF>(SectionedFile file, SectionReader reader, MatrixRows<TF> matrix, int wireCount, int constraint)
        where TF : unmanaged, IPrimeField<TF>
    {
        int terms = reader.RequireCount(reader.ReadUInt32(), 4 + PrimeField.ByteCount<TF>(), "terms");
        for (int k = 0; k < terms; k++)
        {
            long position = reader.Position;
            uint wire = reader.ReadUInt32();
            if (wire >= (uint)wireCount)
            {
                throw new InvalidFileException(
                    file.Name, FileFault.Inconsistent, position, $"constraint {constraint} uses wire {wire}; there are {wireCount}.");
            }

            TF coefficient = reader.ReadCanonical<TF>("coefficient");
            if (!TF.IsZero(coefficient))
            {
                matrix.Add((int)wire, coefficient);
            }
        }

        int duplicate = matrix.EndRow();
        if (duplicate >= 0)
        {
            // Readers disagree on such a row: some add the coefficients, snarkjs takes the last.
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, reader.Position, $"constraint {constraint} names wire {duplicate} twice in one combination.");
        }
    }

    private static long[] ReadLabels(SectionedFile file, R1csHeader header)
    {
        SectionReader reader = file.Read(file.Require(3, "labels", 8L * header.WireCount));
        var labels = new long[header.WireCount];
        for (int i = 0; i < labels.Length; i++)
        {
            long position = reader.Position;
            ulong label = reader.ReadUInt64();
            if (label >= (ulong)header.LabelCount)
            {
                throw new InvalidFileException(
                    file.Name, FileFault.Inconsistent, position, $"wire {i} has label {label}; the header announces {header.LabelCount}.");
            }

            labels[i] = (long)label;
        }

        return labels;
    }

    private static void RefuseCustomGates(SectionedFile file)
    {
        for (uint type = 4; type <= 5; type++)
        {
            if (file.TryFind(type, out FileSection section) && section.Length > 0 && file.Read(section).ReadUInt32() != 0)
            {
                throw new InvalidFileException(
                    file.Name, FileFault.Unsupported, section.Offset, "the circuit uses custom gates, which Groth16 cannot prove.");
            }
        }
    }
}
