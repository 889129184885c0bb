// Owns: the record of phase-2 contributions inside a .zkey, as bytes with meaning. Never: whether they are true.
//
//   64 bytes  Blake2b hash of the initial key
//   u32       count; for each contribution:
//     δ₁ after it, s·G₁, s·δ·G₁ in G1, and (s·δ)' in G2, all as section points; 64 bytes transcript hash;
//     then what ContributionParameters.cs describes

using System.Buffers.Binary;
using System.Runtime.InteropServices;
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
    /// <exception cref="ArgumentException">The name or the beacon's value has more than 255 bytes, or the transcript's hash not 64.</exception>
    internal byte[] Encode()
    {
        if (Transcript.Length != Blake2b512.DigestLength)
        {
            throw new ArgumentException($"A transcript hash has {Blake2b512.DigestLength} bytes, not {Transcript.Length}.");
        }

        using var stream = new MemoryStream();
        stream.Write(MemoryMarshal.AsBytes<Affine<TFp, TCurve>>([DeltaAfter, S, Sx]));
        stream.Write(MemoryMarshal.AsBytes<Affine<Fp2<TFp>, TCurve>>([SpX]));
        stream.Write(Transcript.Span);
        stream.Write(new ContributionParameters(IsBeacon, Name, BeaconIterationsLog, BeaconHash).Encode());
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
        for (int number = 1; number <= count; number++)
        {
            contributions.Add(ReadContribution(file.Name, reader, number));
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

    private static PhaseTwoContribution<TCurve, TFp> ReadContribution(string fileName, SectionReader reader, int number)
    {
        Affine<TFp, TCurve> deltaAfter = PointSection<TFp, TCurve>.ReadPoint(fileName, reader, $"δ of contribution {number}");
        Affine<TFp, TCurve> s = PointSection<TFp, TCurve>.ReadPoint(fileName, reader, $"s of contribution {number}");
        Affine<TFp, TCurve> sx = PointSection<TFp, TCurve>.ReadPoint(fileName, reader, $"sx of contribution {number}");
        Affine<Fp2<TFp>, TCurve> spx = PointSection<Fp2<TFp>, TCurve>.ReadPoint(fileName, reader, $"spx of contribution {number}");
        byte[] transcript = new byte[HashLength];
        reader.ReadBytes(transcript);
        ContributionParameters parameters = ContributionParameters.Read(fileName, reader, number);
        return new(
            deltaAfter, s, sx, spx, transcript, parameters.IsBeacon, parameters.Name, parameters.BeaconIterationsLog, parameters.BeaconValue);
    }
}
