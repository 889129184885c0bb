// Owns: the identity of a constraint system: 32 bytes over a canonical serialisation.
//
// SHA-256 over, integers little-endian:
//   16 bytes  ASCII "zkps/r1cs-hash/1"
//   u32       n8, the bytes of a field element
//   n8 bytes  the prime
//   u32 × 5   wires, public outputs, public inputs, private inputs, constraints
//   for each constraint, for each of A, B, C: u32 terms, then each term by ascending wire: u32 wire, n8 bytes coefficient
// This is the header (without labels) and the constraints of iden3's .r1cs with rows sorted and zero terms dropped, so
// that a system has the same hash whether it was compiled here or read from a file.

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>A SHA-256 hash of a constraint system; see the head of CircuitHash.cs for what it covers.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct CircuitHash : IEquatable<CircuitHash>
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 32;

    private readonly ulong w0, w1, w2, w3;

    /// <summary>Takes the 32 bytes of a hash computed elsewhere.</summary>
    public CircuitHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"A circuit hash has {Length} bytes, not {bytes.Length}.");
        }

        this = MemoryMarshal.Read<CircuitHash>(bytes);
    }

    /// <summary>Whether the two are the same.</summary>
    public static bool operator ==(CircuitHash a, CircuitHash b) => a.Equals(b);

    /// <summary>Whether the two differ.</summary>
    public static bool operator !=(CircuitHash a, CircuitHash b) => !a.Equals(b);

    /// <summary>The 32 bytes.</summary>
    public byte[] ToByteArray() => MemoryMarshal.AsBytes([this]).ToArray();

    /// <inheritdoc/>
    public bool Equals(CircuitHash other) => w0 == other.w0 && w1 == other.w1 && w2 == other.w2 && w3 == other.w3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CircuitHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(w0, w1, w2, w3);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(MemoryMarshal.AsBytes([this]));

    internal static CircuitHash Compute<TF>(ConstraintSystem<TF> system)
        where TF : unmanaged, IPrimeField<TF>
    {
        int n8 = PrimeField.ByteCount<TF>();
        byte[] coefficients = new byte[n8 * system.A.Coefficients.Length];
        for (int i = 0; i < system.A.Coefficients.Length; i++)
        {
            PrimeField.WriteLittleEndian(system.A.Coefficients[i], coefficients.AsSpan(i * n8, n8));
        }

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[Math.Max(1 << 16, 1024 + n8)];
        "zkps/r1cs-hash/1"u8.CopyTo(buffer);
        int used = 16;
        WriteUInt32(buffer, ref used, n8);
        PrimeField.WriteLittleEndian(-TF.One, buffer.AsSpan(used, n8));
        buffer[used]++; // p − 1 is even.
        used += n8;
        WriteUInt32(buffer, ref used, system.WireCount);
        WriteUInt32(buffer, ref used, system.PublicOutputCount);
        WriteUInt32(buffer, ref used, system.PublicInputCount);
        WriteUInt32(buffer, ref used, system.PrivateInputCount);
        WriteUInt32(buffer, ref used, system.ConstraintCount);
        for (int i = 0; i < system.ConstraintCount; i++)
        {
            AppendRow(sha, buffer, ref used, system.A, i, coefficients, n8);
            AppendRow(sha, buffer, ref used, system.B, i, coefficients, n8);
            AppendRow(sha, buffer, ref used, system.C, i, coefficients, n8);
        }

        sha.AppendData(buffer, 0, used);
        return new(sha.GetHashAndReset());
    }

    private static void AppendRow<TF>(
        IncrementalHash sha, byte[] buffer, ref int used, SparseMatrix<TF> matrix, int row, byte[] coefficients, int n8)
        where TF : unmanaged, IPrimeField<TF>
    {
        int start = matrix.RowStarts[row], end = matrix.RowStarts[row + 1];
        Flush(sha, buffer, ref used, 4);
        WriteUInt32(buffer, ref used, end - start);
        for (int k = start; k < end; k++)
        {
            Flush(sha, buffer, ref used, 4 + n8);
            WriteUInt32(buffer, ref used, matrix.Wires[k]);
            coefficients.AsSpan(matrix.CoefficientNumbers[k] * n8, n8).CopyTo(buffer.AsSpan(used));
            used += n8;
        }
    }

    private static void Flush(IncrementalHash sha, byte[] buffer, ref int used, int needed)
    {
        if (used + needed > buffer.Length)
        {
            sha.AppendData(buffer, 0, used);
            used = 0;
        }
    }

    private static void WriteUInt32(byte[] buffer, ref int used, int value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(used), (uint)value);
        used += 4;
    }
}
