// Owns: bellman's phase-2 parameters as snarkjs exchanges them, as a stream of points. Never: keys (BellmanExchange.cs).
//
//   α₁, β₁ in G1, β₂, γ₂ in G2, δ₁ in G1, δ₂ in G2
//   IC, H, L, A, B1 in G1, B2 in G2: each u32 count, then that many points. H has n − 1 points τ^i·(τⁿ − 1)/δ
//   64 bytes hash of the initial key; u32 number of contributions; for each: δ₁ after it, S, x·S, x·S' in G2, 64 bytes transcript
//
// Points are uncompressed: x then y, big-endian integers below the modulus, an element of Fp2 as c1 then c0; infinity is zeros.
// Counts are big-endian. Neither curve nor circuit are named, and contributions have neither names nor types.

using System.Buffers.Binary;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>Points one after another out of a file, each checked fully. Not thread-safe.</summary>
internal sealed class BellmanReader<TCurve, TFp> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private readonly string path;
    private readonly FileStream stream;
    private readonly byte[] buffer = new byte[4 * PrimeField.ByteCount<TFp>()];

    public BellmanReader(string path)
    {
        this.path = path;
        stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18);
    }

    public static int G1Size => Iden3Encoding.PointSize<TFp, TCurve>();

    public static int G2Size => Iden3Encoding.PointSize<Fp2<TFp>, TCurve>();

    public Affine<TFp, TCurve> ReadG1(string name)
    {
        Span<byte> bytes = Take(G1Size, name);
        return Iden3Encoding.TryDecodeUncompressed<TFp, TCurve>(bytes, out Affine<TFp, TCurve> point, out DecodeError error)
            ? point
            : throw Fault(G1Size, name, error);
    }

    public Affine<Fp2<TFp>, TCurve> ReadG2(string name)
    {
        Span<byte> bytes = Take(G2Size, name);
        return Iden3Encoding.TryDecodeUncompressed(bytes, out Affine<Fp2<TFp>, TCurve> point, out DecodeError error)
            ? point
            : throw Fault(G2Size, name, error);
    }

    /// <summary>Consecutive points of G1, checked for curve and subgroup on all cores.</summary>
    /// <param name="name">What they are.</param>
    /// <param name="first">The number of the first, for errors.</param>
    /// <param name="points">Filled.</param>
    /// <param name="options">Threads and cancellation.</param>
    public void ReadG1(string name, int first, Span<Affine<TFp, TCurve>> points, EngineOptions options)
    {
        long start = stream.Position;
        int half = G1Size / 2;
        for (int i = 0; i < points.Length; i++)
        {
            Span<byte> bytes = Take(G1Size, $"point {first + i} of {name}");
            if (!PrimeField.TryReadBigEndian(bytes[..half], out TFp x) || !PrimeField.TryReadBigEndian(bytes[half..], out TFp y))
            {
                throw Fault(G1Size, $"point {first + i} of {name}", DecodeError.NotCanonical);
            }

            points[i] = new(x, y);
        }

        if (!Iden3Encoding.TryValidate<TFp, TCurve>(points, out int culprit, out DecodeError error, options))
        {
            stream.Position = start + ((culprit + 1L) * G1Size);
            throw Fault(G1Size, $"point {first + culprit} of {name}", error);
        }
    }

    /// <summary>The number of the first point in which a list of the file differs from one that is known to be sound, or −1.</summary>
    public int Compare(string name, ReadOnlySpan<Affine<TFp, TCurve>> own)
    {
        RequireCount(name, own.Length, G1Size);
        Span<byte> expected = stackalloc byte[G1Size];
        int differs = -1;
        for (int i = 0; i < own.Length; i++)
        {
            Iden3Encoding.WriteUncompressed(own[i], expected);
            differs = Take(G1Size, $"point {i} of {name}").SequenceEqual(expected) || differs >= 0 ? differs : i;
        }

        return differs;
    }

    /// <summary>As the other, for points of G2.</summary>
    public int Compare(string name, ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> own)
    {
        RequireCount(name, own.Length, G2Size);
        Span<byte> expected = stackalloc byte[G2Size];
        int differs = -1;
        for (int i = 0; i < own.Length; i++)
        {
            Iden3Encoding.WriteUncompressed(own[i], expected);
            differs = Take(G2Size, $"point {i} of {name}").SequenceEqual(expected) || differs >= 0 ? differs : i;
        }

        return differs;
    }

    /// <summary>Copies bytes that are not looked at.</summary>
    public void CopyTo(BellmanWriter<TCurve, TFp> writer, long length, CancellationToken cancellationToken)
    {
        byte[] block = new byte[(int)Math.Min(length, 1 << 20)];
        for (long done = 0; done < length; done += block.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> part = block.AsSpan(0, (int)Math.Min(block.Length, length - done));
            stream.ReadExactly(part);
            writer.WriteBytes(part);
        }
    }

    /// <summary>A count that the file has bytes for.</summary>
    public int ReadCount(string name, int bytesEach)
    {
        long position = stream.Position;
        uint count = BinaryPrimitives.ReadUInt32BigEndian(Take(4, name));
        return count <= (stream.Length - stream.Position) / bytesEach && count <= 1u << 28
            ? (int)count
            : throw new InvalidFileException(
                path, FileFault.Truncated, position, $"{count} {name} are announced and {stream.Length - stream.Position} bytes are left; the file is cut short.");
    }

    /// <summary>A count that must be a given one.</summary>
    public void RequireCount(string name, int expected, int bytesEach)
    {
        long position = stream.Position;
        int count = ReadCount(name, bytesEach);
        if (count != expected)
        {
            throw new InvalidFileException(
                path, FileFault.Inconsistent, position, $"there are {count} points of {name} and the key has {expected}; the parameters belong to another circuit.");
        }
    }

    /// <summary>Passes over points of G1 that are read another time.</summary>
    public void SkipG1(int count) => stream.Position += (long)count * G1Size;

    /// <summary>Passes over points of G2 that are read another time.</summary>
    public void SkipG2(int count) => stream.Position += (long)count * G2Size;

    public byte[] ReadHash(string name) => Take(Blake2b512.DigestLength, name).ToArray();

    /// <summary>The record, to the end of the file.</summary>
    public PhaseTwoRecord<TCurve, TFp> ReadRecord()
    {
        byte[] hash = ReadHash("the initial key's hash");
        int count = ReadCount("contributions", (3 * G1Size) + G2Size + Blake2b512.DigestLength);
        var contributions = new List<PhaseTwoContribution<TCurve, TFp>>();
        for (int i = 1; i <= count; i++)
        {
            contributions.Add(new(
                ReadG1($"δ of contribution {i}"),
                ReadG1($"s of contribution {i}"),
                ReadG1($"sx of contribution {i}"),
                ReadG2($"spx of contribution {i}"),
                ReadHash($"the transcript hash of contribution {i}"),
                IsBeacon: false,
                Name: "",
                0,
                default));
        }

        return stream.Position == stream.Length
            ? new(hash, contributions)
            : throw new InvalidFileException(path, FileFault.TrailingBytes, stream.Position, $"{stream.Length - stream.Position} bytes follow the last contribution.");
    }

    public void Dispose() => stream.Dispose();

    private Span<byte> Take(int count, string name)
    {
        long position = stream.Position;
        Span<byte> bytes = buffer.Length >= count ? buffer.AsSpan(0, count) : new byte[count];
        int read = stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false);
        return read == count
            ? bytes
            : throw new InvalidFileException(path, FileFault.Truncated, position, $"the file ends in {name}, {count - read} bytes too soon; fetch it again.");
    }

    private InvalidFileException Fault(int size, string name, DecodeError error) => new(
        path,
        error switch
        {
            DecodeError.NotOnCurve => FileFault.NotOnCurve,
            DecodeError.NotInSubgroup => FileFault.NotInSubgroup,
            _ => FileFault.NotCanonical,
        },
        stream.Position - size,
        $"{name} {error.Describe()}; the file is damaged or over another curve.");
}

/// <summary>Writes such a file aside until <see cref="Commit"/>. Not thread-safe.</summary>
internal sealed class BellmanWriter<TCurve, TFp>(string path) : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private readonly AtomicFile file = new(path);
    private readonly byte[] buffer = new byte[4 * PrimeField.ByteCount<TFp>()];

    public void Write(in Affine<TFp, TCurve> point)
    {
        Span<byte> bytes = buffer.AsSpan(0, BellmanReader<TCurve, TFp>.G1Size);
        Iden3Encoding.WriteUncompressed(point, bytes);
        file.Stream.Write(bytes);
    }

    public void Write(in Affine<Fp2<TFp>, TCurve> point)
    {
        Iden3Encoding.WriteUncompressed(point, buffer);
        file.Stream.Write(buffer);
    }

    public void Write(ReadOnlySpan<Affine<TFp, TCurve>> points)
    {
        foreach (ref readonly Affine<TFp, TCurve> point in points)
        {
            Write(point);
        }
    }

    public void Write(ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> points)
    {
        foreach (ref readonly Affine<Fp2<TFp>, TCurve> point in points)
        {
            Write(point);
        }
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes) => file.Stream.Write(bytes);

    public void WriteCount(int count)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, count);
        file.Stream.Write(bytes);
    }

    public void Write(PhaseTwoRecord<TCurve, TFp> record)
    {
        file.Stream.Write(record.InitialKeyHash.Span);
        WriteCount(record.Contributions.Count);
        foreach (PhaseTwoContribution<TCurve, TFp> contribution in record.Contributions)
        {
            Write([contribution.DeltaAfter, contribution.S, contribution.Sx]);
            Write(contribution.SpX);
            file.Stream.Write(contribution.Transcript.Span);
        }
    }

    public void Commit() => file.Commit();

    public void Dispose() => file.Dispose();
}
