// Owns: section 4 of a key as it follows from a circuit's file. Layouts: R1csFile.cs and ZkeyFormat.cs.

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// The coefficients of A and B in the order of the file, zeros among them as they stand, then a row for each public wire: the
/// bytes that snarkjs writes. A circuit in memory would not do: it is sorted, and has no zeros.
/// </summary>
internal static class CircuitCoefficients
{
    private const string Magic = "r1cs";
    private const uint Version = 1;
    private const uint ConstraintSection = 2;

    /// <summary>Receives bytes of the section in their order.</summary>
    public delegate void Consumer(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes of one coefficient.</summary>
    public static int EntrySize<TFr>()
        where TFr : unmanaged, IPrimeField<TFr> => 12 + PrimeField.ByteCount<TFr>();

    /// <summary>Hands out the section.</summary>
    /// <param name="path">The circuit, read and found valid before.</param>
    /// <param name="publicCount">Public wires without the constant.</param>
    /// <param name="consume">Receives the bytes.</param>
    /// <param name="options">Cancellation.</param>
    public static void Stream<TFr>(string path, int publicCount, Consumer consume, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // The file is read twice: the number of coefficients comes first.
        long count = publicCount + 1;
        int constraints = Read<TFr>(path, (_, _, _, _) => count++, options);
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(head, checked((uint)count));
        consume(head);

        // v·R² as the bytes of a field element is the Montgomery form of v·R.
        TFr radix = Field.Pow(TFr.One + TFr.One, (ulong)(64 * TFr.LimbCount));
        byte[] block = new byte[(1 << 12) * EntrySize<TFr>()];
        int filled = 0;
        Read<TFr>(path, Write, options);
        for (int s = 0; s <= publicCount; s++)
        {
            Write(0, constraints + s, s, TFr.One);
        }

        consume(block.AsSpan(0, filled));

        void Write(int matrix, int row, int wire, TFr value)
        {
            Span<byte> entry = block.AsSpan(filled, EntrySize<TFr>());
            BinaryPrimitives.WriteInt32LittleEndian(entry, matrix);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], row);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], wire);
            TFr stored = value * radix;
            MemoryMarshal.Write(entry[12..], in stored);
            filled += entry.Length;
            if (filled == block.Length)
            {
                consume(block);
                filled = 0;
            }
        }
    }

    /// <summary>Visits the terms of A and B; returns the number of constraints.</summary>
    private static int Read<TFr>(string path, Action<int, int, int, TFr> visit, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        const int Range = 1 << 12;
        R1csHeader header = R1csFile.ReadHeader(path);
        using SectionedFile file = SectionedFile.Open(path, Magic, Version);
        SectionReader reader = file.Read(file.Require(ConstraintSection, "constraints"));
        for (int row = 0; row < header.ConstraintCount; row++)
        {
            if (row % Range == 0)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
            }

            for (int matrix = 0; matrix < 3; matrix++)
            {
                int terms = reader.RequireCount(reader.ReadUInt32(), 4 + header.FieldBytes, "terms");
                for (int k = 0; k < terms; k++)
                {
                    int wire = (int)reader.ReadUInt32();
                    TFr value = reader.ReadCanonical<TFr>("coefficient");
                    if (matrix < 2)
                    {
                        visit(matrix, row, wire, value);
                    }
                }
            }
        }

        return header.ConstraintCount;
    }
}
