// Owns: the record of phase-2 contributions inside a .zkey, as bytes with meaning. Never: whether they are true.
//
//   64 bytes  Blake2b hash of the initial key
//   u32       count; for each contribution:
//     δ₁ after it, s·G₁, s·δ·G₁ in G1, and (s·δ)' in G2, all as section points; 64 bytes transcript hash;
//     u32 type (0 contribution, 1 beacon); u32 length of the parameters, which are, by rising tag:
//       1: u8 length, that many bytes of UTF-8 name; 2: u8 log₂ of the beacon's iterations; 3: u8 length, beacon hash

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>One contribution to phase 2 as its key's file records it.</summary>
/// <param name="DeltaAfter">δ in G1 after the contribution.</param>
/// <param name="S">A point s·G₁ of the contributor's choosing.</param>
/// <param name="Sx">s·x·G₁, with x the contributor's secret.</param>
/// <param name="SpX">x times a point of G2 that the transcript determines: proof of knowledge of x.</param>
/// <param name="Transcript">The hash of all that went before, 64 bytes.</param>
/// <param name="IsBeacon">Whether the secret came from a public beacon.</param>
/// <param name="Name">The contributor's name for it, or empty.</param>
/// <param name="BeaconIterationsLog">log₂ of the beacon's iterations.</param>
/// <param name="BeaconHash">The beacon's value.</param>
public sealed record PhaseTwoContribution<TCurve, TFp>(
    Affine<TFp, TCurve> DeltaAfter,
    Affine<TFp, TCurve> S,
    Affine<TFp, TCurve> Sx,
    Affine<Fp2<TFp>, TCurve> SpX,
    ReadOnlyMemory<byte> Transcript,
    bool IsBeacon,
    string Name,
    int BeaconIterationsLog,
    ReadOnlyMemory<byte> BeaconHash)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    /// <summary>The bytes of the contribution in a record, as snarkjs writes them: a beacon's parameters for a beacon alone.</summary>
    /// <exception cref="ArgumentException">The name or the beacon's value has more than 255 bytes.</exception>
    internal byte[] Encode()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        if (name.Length > byte.MaxValue || BeaconHash.Length > byte.MaxValue || Transcript.Length != Blake2b512.DigestLength)
        {
            throw new ArgumentException("A name and a beacon's value have at most 255 bytes, a transcript hash 64.");
        }

        using var stream = new MemoryStream();
        stream.Write(MemoryMarshal.AsBytes<Affine<TFp, TCurve>>([DeltaAfter, S, Sx]));
        stream.Write(MemoryMarshal.AsBytes<Affine<Fp2<TFp>, TCurve>>([SpX]));
        stream.Write(Transcript.Span);
        byte[] parameters =
        [
            .. name.Length > 0 ? [1, (byte)name.Length, .. name] : Array.Empty<byte>(),
            .. IsBeacon ? [2, (byte)BeaconIterationsLog, 3, (byte)BeaconHash.Length, .. BeaconHash.Span] : Array.Empty<byte>(),
        ];
        Span<byte> numbers = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(numbers, IsBeacon ? 1u : 0);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[4..], parameters.Length);
        stream.Write(numbers);
        stream.Write(parameters);
        return stream.ToArray();
    }
}

/// <summary>The hash of the initial key and the contributions since, in order. Decoded, not verified.</summary>
/// <param name="InitialKeyHash">Blake2b over the initial key, 64 bytes.</param>
/// <param name="Contributions">The contributions.</param>
public sealed record PhaseTwoRecord<TCurve, TFp>(
    ReadOnlyMemory<byte> InitialKeyHash, IReadOnlyList<PhaseTwoContribution<TCurve, TFp>> Contributions)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private const int HashLength = 64;

    internal static PhaseTwoRecord<TCurve, TFp> Read(SectionedFile file)
    {
        SectionReader reader = file.Read(file.Require(ZkeyFormat.ContributionSection, "contributions"));
        byte[] hash = new byte[HashLength];
        reader.ReadBytes(hash);
        int least = (8 * PrimeField.ByteCount<TFp>()) + (2 * PrimeField.ByteCount<TFp>()) + HashLength + 8;
        int count = reader.RequireCount(reader.ReadUInt32(), least, "contributions");
        var contributions = new List<PhaseTwoContribution<TCurve, TFp>>();
        for (int i = 0; i < count; i++)
        {
            contributions.Add(ReadContribution(file.Name, reader, i));
        }

        reader.RequireEnd();
        return new(hash, contributions);
    }

    /// <summary>The record as it stands in a file that was read already: the hash, the count, the contributions.</summary>
    internal static byte[] ReadBytes(SectionedFile file)
    {
        FileSection section = file.Require(ZkeyFormat.ContributionSection, "contributions");
        byte[] bytes = new byte[section.Length];
        file.ReadAt(section.Offset, bytes);
        return bytes;
    }

    /// <summary>The number of contributions in the bytes of a record.</summary>
    internal static uint CountOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[HashLength..]);

    /// <summary>Sets the number of contributions in the bytes of a record.</summary>
    internal static void SetCount(Span<byte> record, uint count) => BinaryPrimitives.WriteUInt32LittleEndian(record[HashLength..], count);

    private static PhaseTwoContribution<TCurve, TFp> ReadContribution(string fileName, SectionReader reader, int index)
    {
        Affine<TFp, TCurve> deltaAfter = PointSection<TFp, TCurve>.ReadPoint(fileName, reader, $"δ of contribution {index}");
        Affine<TFp, TCurve> s = PointSection<TFp, TCurve>.ReadPoint(fileName, reader, $"s of contribution {index}");
        Affine<TFp, TCurve> sx = PointSection<TFp, TCurve>.ReadPoint(fileName, reader, $"sx of contribution {index}");
        Affine<Fp2<TFp>, TCurve> spx = PointSection<Fp2<TFp>, TCurve>.ReadPoint(fileName, reader, $"spx of contribution {index}");
        byte[] transcript = new byte[HashLength];
        reader.ReadBytes(transcript);
        uint type = reader.ReadUInt32();
        long position = reader.Position;
        if (type > 1)
        {
            throw new InvalidFileException(fileName, FileFault.Unsupported, position - 4, $"contribution {index} has the unknown type {type}.");
        }

        byte[] parameters = new byte[reader.RequireCount(reader.ReadUInt32(), 1, "bytes of parameters")];
        reader.ReadBytes(parameters);
        string name = "";
        int iterations = 0;
        byte[] beacon = [];
        int tag = 0;
        for (int at = 0; at < parameters.Length;)
        {
            int next = parameters[at++];
            if (next <= tag || next > 3 || at == parameters.Length)
            {
                throw Malformed();
            }

            tag = next;
            int value = parameters[at++];
            if (tag == 2)
            {
                iterations = value;
                continue;
            }

            if (value > parameters.Length - at)
            {
                throw Malformed();
            }

            byte[] bytes = parameters[at..(at + value)];
            at += value;
            name = tag == 1 ? Encoding.UTF8.GetString(bytes) : name;
            beacon = tag == 3 ? bytes : beacon;
        }

        return new(deltaAfter, s, sx, spx, transcript, type == 1, name, iterations, beacon);

        InvalidFileException Malformed() => new(
            fileName, FileFault.Inconsistent, position, $"the parameters of contribution {index} are not 1 (name), 2 (iterations), 3 (beacon) in this order.");
    }
}
