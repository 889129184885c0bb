// Owns: a contribution to phase 1 as section 7 of a .ptau records it, as bytes with meaning. Never: whether it is true.
//
//   u32 count; for each contribution:
//     after it, as section points: τ in G1, τ in G2, α in G1, β in G1, β in G2;
//     its key: S and x·S in G1 for x = τ, α, β of this contribution, then x times the transcript's point in G2 for the three;
//     216 bytes state of the hash of its response, before the key is added (Blake2b512.ExportState);
//     64 bytes hash of the challenge that it left behind; then what Groth16/Keys/ContributionParameters.cs describes.
//
// The response that the state hashes: 64 bytes hash of the challenge before, then the points of sections 2 to 6 compressed;
// the key follows uncompressed. The challenge: 64 bytes hash of the response, then sections 2 to 6 uncompressed.

using System.Runtime.CompilerServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>The proofs that a contributor knew the secrets of a contribution.</summary>
/// <param name="Tau">Of what τ was multiplied by.</param>
/// <param name="Alpha">Of what α was multiplied by.</param>
/// <param name="Beta">Of what β was multiplied by.</param>
public sealed record PhaseOneKey<TCurve, TFp>(KeyProof<TCurve, TFp> Tau, KeyProof<TCurve, TFp> Alpha, KeyProof<TCurve, TFp> Beta)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    /// <summary>The three in the order of the format, whose index is also the personalisation byte of their points.</summary>
    internal KeyProof<TCurve, TFp> this[int i] => i switch { 0 => Tau, 1 => Alpha, _ => Beta };

    /// <summary>Adds the key to a response's hash, uncompressed.</summary>
    internal void AddTo(Blake2b512 hash)
    {
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<Affine<Fp2<TFp>, TCurve>>()];
        Span<byte> half = bytes[..(bytes.Length / 2)];
        for (int i = 0; i < 3; i++)
        {
            Iden3Encoding.WriteUncompressed(this[i].S, half);
            hash.Update(half);
            Iden3Encoding.WriteUncompressed(this[i].Sx, half);
            hash.Update(half);
        }

        for (int i = 0; i < 3; i++)
        {
            Iden3Encoding.WriteUncompressed(this[i].SpX, bytes);
            hash.Update(bytes);
        }
    }
}

/// <summary>What a contribution left behind: the points that the next one multiplies.</summary>
/// <param name="TauG1">τ in G1.</param>
/// <param name="TauG2">τ in G2.</param>
/// <param name="AlphaG1">α in G1.</param>
/// <param name="BetaG1">β in G1.</param>
/// <param name="BetaG2">β in G2.</param>
public sealed record PhaseOnePoints<TCurve, TFp>(
    Affine<TFp, TCurve> TauG1,
    Affine<Fp2<TFp>, TCurve> TauG2,
    Affine<TFp, TCurve> AlphaG1,
    Affine<TFp, TCurve> BetaG1,
    Affine<Fp2<TFp>, TCurve> BetaG2)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    /// <summary>Before anyone contributed τ, α and β are 1.</summary>
    internal static PhaseOnePoints<TCurve, TFp> Initial => new(
        Affine<TFp, TCurve>.Generator,
        Affine<Fp2<TFp>, TCurve>.Generator,
        Affine<TFp, TCurve>.Generator,
        Affine<TFp, TCurve>.Generator,
        Affine<Fp2<TFp>, TCurve>.Generator);
}

/// <summary>One contribution to phase 1. Decoded, its points in their groups; not verified.</summary>
/// <param name="After">The points after it.</param>
/// <param name="Key">Its proofs of knowledge.</param>
/// <param name="PartialHash">The state of its response's hash before the key, 216 bytes.</param>
/// <param name="ResponseHash">
/// The hash of its response, 64 bytes, as it follows from state and key: what the contributor announced in public. Only that of
/// the last contribution can be checked against the file's points.
/// </param>
/// <param name="NextChallenge">The hash of the challenge after it, 64 bytes.</param>
/// <param name="IsBeacon">Whether its secrets came from a public beacon.</param>
/// <param name="Name">The contributor's name, or empty. It may hold anything: make it printable before showing it.</param>
/// <param name="BeaconIterationsLog">log₂ of the beacon's iterations, or 0.</param>
/// <param name="BeaconValue">The beacon's value, or empty.</param>
public sealed record PhaseOneContribution<TCurve, TFp>(
    PhaseOnePoints<TCurve, TFp> After,
    PhaseOneKey<TCurve, TFp> Key,
    ReadOnlyMemory<byte> PartialHash,
    ReadOnlyMemory<byte> ResponseHash,
    ReadOnlyMemory<byte> NextChallenge,
    bool IsBeacon,
    string Name,
    int BeaconIterationsLog,
    ReadOnlyMemory<byte> BeaconValue)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    /// <summary>Reads section 7.</summary>
    /// <exception cref="InvalidFileException">It is not as above, or a point is not one of its group.</exception>
    internal static IReadOnlyList<PhaseOneContribution<TCurve, TFp>> ReadAll(SectionedFile file)
    {
        SectionReader reader = file.Read(file.Require(PtauFormat.ContributionSection, "contributions"));

        // 9 points of G1 and 5 of G2, the state, the hash, type and length.
        int least = (38 * PrimeField.ByteCount<TFp>()) + Blake2b512.StateLength + Blake2b512.DigestLength + 8;
        int count = reader.RequireCount(reader.ReadUInt32(), least, "contributions");
        var contributions = new List<PhaseOneContribution<TCurve, TFp>>();
        for (int number = 1; number <= count; number++)
        {
            contributions.Add(Read(file.Name, reader, number));
        }

        reader.RequireEnd();
        return contributions;
    }

    /// <summary>Writes the record of this contribution.</summary>
    internal void Write(SectionedFileWriter writer)
    {
        WritePoint(After.TauG1);
        WritePoint(After.TauG2);
        WritePoint(After.AlphaG1);
        WritePoint(After.BetaG1);
        WritePoint(After.BetaG2);
        for (int i = 0; i < 3; i++)
        {
            WritePoint(Key[i].S);
            WritePoint(Key[i].Sx);
        }

        for (int i = 0; i < 3; i++)
        {
            WritePoint(Key[i].SpX);
        }

        writer.Write(PartialHash.Span);
        writer.Write(NextChallenge.Span);
        writer.Write(new ContributionParameters(IsBeacon, Name, BeaconIterationsLog, BeaconValue).Encode());

        void WritePoint<TField, TGroup>(in Affine<TField, TGroup> point)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField> => writer.Write(Iden3Encoding.AsBytes(new ReadOnlySpan<Affine<TField, TGroup>>(in point)));
    }

    private static PhaseOneContribution<TCurve, TFp> Read(string fileName, SectionReader reader, int number)
    {
        Affine<TFp, TCurve> tauG1 = G1("τ");
        Affine<Fp2<TFp>, TCurve> tauG2 = G2("τ");
        Affine<TFp, TCurve> alphaG1 = G1("α"), betaG1 = G1("β");
        var after = new PhaseOnePoints<TCurve, TFp>(tauG1, tauG2, alphaG1, betaG1, G2("β"));
        Affine<TFp, TCurve> tauS = G1("the key's S for τ"), tauSx = G1("the key's x·S for τ");
        Affine<TFp, TCurve> alphaS = G1("the key's S for α"), alphaSx = G1("the key's x·S for α");
        Affine<TFp, TCurve> betaS = G1("the key's S for β"), betaSx = G1("the key's x·S for β");
        var key = new PhaseOneKey<TCurve, TFp>(
            new(tauS, tauSx, G2("the key's proof for τ")), new(alphaS, alphaSx, G2("the key's proof for α")), new(betaS, betaSx, G2("the key's proof for β")));
        long position = reader.Position;
        byte[] state = new byte[Blake2b512.StateLength];
        reader.ReadBytes(state);
        if (!Blake2b512.TryImportState(state, out Blake2b512 hash))
        {
            throw new InvalidFileException(
                fileName, FileFault.Inconsistent, position, $"the state of the hash of contribution {number} has counts that no message leads to.");
        }

        key.AddTo(hash);
        byte[] next = new byte[Blake2b512.DigestLength];
        reader.ReadBytes(next);
        ContributionParameters parameters = ContributionParameters.Read(fileName, reader, number);
        return new(
            after, key, state, hash.Digest(), next, parameters.IsBeacon, parameters.Name, parameters.BeaconIterationsLog, parameters.BeaconValue);

        Affine<TFp, TCurve> G1(string name) => PointSection<TFp, TCurve>.ReadPoint(fileName, reader, $"{name} of contribution {number} in G1");
        Affine<Fp2<TFp>, TCurve> G2(string name) => PointSection<Fp2<TFp>, TCurve>.ReadPoint(fileName, reader, $"{name} of contribution {number} in G2");
    }
}
