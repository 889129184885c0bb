// Owns: making a contribution to phase 1, by a person or a beacon. Layout: PtauFormat.cs, PhaseOneContribution.cs.

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// Multiplies every point of a file by powers of secrets, slice by slice: beside the mapped input some 50 MB. The points are
/// checked first, since multiples of points outside their groups would tell something of the secrets, and so is the hash of the
/// challenge that is answered.
/// </summary>
internal sealed class PhaseOneContributor<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Pieces of a transcript's hash multiplied at a time: enough for all threads to have several batches.</summary>
    private const int PiecesASlice = 16;

    /// <summary>A product in G2 against one in G1, in time.</summary>
    private const double WeightOfG2 = 2.7;

    private readonly PowersOfTau<TCurve, TFp> before;
    private readonly EngineOptions options;
    private readonly PhaseMeter meter;
    private readonly Blake2b512 response = new();
    private readonly List<long> starts = [];

    /// <summary>Looks at what is to be contributed to.</summary>
    /// <exception cref="InvalidFileException">The file is reduced, a point is bad, or the last hash is not that of its points.</exception>
    public PhaseOneContributor(PowersOfTau<TCurve, TFp> before, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        this.before = before;
        this.options = options;
        if (before.Header.IsReduced)
        {
            throw new InvalidFileException(
                before.Path,
                FileFault.Unsupported,
                -1,
                $"the file was reduced to power {before.Power} from a ceremony of power {before.CeremonyPower}; contributions are made to the whole file.");
        }

        double points = (4 + WeightOfG2) * (1 << before.Power);
        meter = new(progress, 1.4 * points, options.CancellationToken);
        if (before.FindPointFault(withLagrange: false, meter.Enter("check points").Part(0.3 * points), options) is { } fault)
        {
            throw fault;
        }

        meter.Enter("check the challenge");
        Challenge = FindChallenge();
        meter.Add(0.05 * points);
    }

    /// <summary>The hash of the challenge that is answered, 64 bytes.</summary>
    public byte[] Challenge { get; }

    /// <summary>For the iterations of a beacon, which are told by name alone: their time has nothing to do with the file.</summary>
    public IProgress<double> BeaconProgress => meter.Enter("beacon").Part(0);

    /// <summary>Writes the file with one contribution more.</summary>
    /// <param name="output">The file to be.</param>
    /// <param name="secrets">What τ, α and β are multiplied by.</param>
    /// <param name="points">S of the three keys.</param>
    /// <param name="parameters">What the record says of it.</param>
    public PhaseOneContributed Write(
        string output, SecretScalars<TFr> secrets, ReadOnlySpan<Affine<TFp, TCurve>> points, ContributionParameters parameters)
    {
        PhaseOneKey<TCurve, TFp> key = new(Prove(0, secrets, points), Prove(1, secrets, points), Prove(2, secrets, points));
        response.Update(Challenge);
        using var writer = new SectionedFileWriter(output, PtauFormat.Magic, PtauFormat.Version, PtauFormat.PlainSections);
        PtauFormat.WriteHeader<TFp>(writer, before.Power, before.CeremonyPower);
        TFr one = TFr.One;
        Affine<TFp, TCurve> tauG1 = Multiply(writer, PtauFormat.TauG1Section, "τ in G1", before.TauG1, one, secrets[0], 1, PhaseOneHashing.AddG1)[1];
        Affine<Fp2<TFp>, TCurve> tauG2 = Multiply(writer, PtauFormat.TauG2Section, "τ in G2", before.TauG2, one, secrets[0], WeightOfG2, PhaseOneHashing.AddG2)[1];
        Affine<TFp, TCurve> alphaG1 = Multiply(writer, PtauFormat.AlphaTauG1Section, "α·τ in G1", before.AlphaTauG1, secrets[1], secrets[0], 1, PhaseOneHashing.AddG1)[0];
        Affine<TFp, TCurve> betaG1 = Multiply(writer, PtauFormat.BetaTauG1Section, "β·τ in G1", before.BetaTauG1, secrets[2], secrets[0], 1, PhaseOneHashing.AddG1)[0];
        Affine<Fp2<TFp>, TCurve> betaG2 = Multiply<Fp2<TFp>, TCurve>(
            writer, PtauFormat.BetaG2Section, "β in G2", [before.BetaG2], secrets[2], secrets[0], WeightOfG2, PhaseOneHashing.AddG2)[0];

        byte[] state = response.ExportState();
        key.AddTo(response);
        byte[] responseHash = response.Digest(), next = HashChallenge(writer, responseHash);
        var record = new PhaseOneContribution<TCurve, TFp>(
            new(tauG1, tauG2, alphaG1, betaG1, betaG2),
            key,
            state,
            responseHash,
            next,
            parameters.IsBeacon,
            parameters.Name,
            parameters.BeaconIterationsLog,
            parameters.BeaconValue);
        WriteRecords(writer, record);
        writer.Commit();
        return new(before.Contributions.Count + 1, responseHash, next, before.IsPrepared);
    }

    private byte[] FindChallenge()
    {
        if (before.Contributions is not [.., var last])
        {
            return PhaseOneHashing.FirstChallenge<TCurve, TFp>(before.Power, null, options.CancellationToken);
        }

        byte[] hash = HashChallenge(last.ResponseHash.Span);
        return hash.AsSpan().SequenceEqual(last.NextChallenge.Span)
            ? hash
            : throw new InvalidFileException(
                before.Path,
                FileFault.Inconsistent,
                -1,
                $"the points are not those that contribution {before.Contributions.Count} left behind: their hash is another; verify the file, fetch it again.");
    }

    private byte[] HashChallenge(ReadOnlySpan<byte> responseHash)
    {
        var hash = new Blake2b512();
        hash.Update(responseHash);
        PhaseOneHashing.AddAll(hash, before, compressed: false, options);
        return hash.Digest();
    }

    private KeyProof<TCurve, TFp> Prove(int index, SecretScalars<TFr> secrets, ReadOnlySpan<Affine<TFp, TCurve>> points) =>
        KeyProof<TCurve, TFp>.Create(secrets[index], points[index], (s, sx) => PhaseOneHashing.KeyPoint(index, Challenge, s, sx));

    /// <summary>Writes a section with point i multiplied by first·factor^i, hashes it, and returns its first two points.</summary>
    private Affine<TField, TGroup>[] Multiply<TField, TGroup>(
        SectionedFileWriter writer,
        uint section,
        string name,
        ReadOnlySpan<Affine<TField, TGroup>> points,
        in TFr first,
        in TFr factor,
        double weight,
        AddToHash<TField, TGroup> addToHash)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        meter.Enter(name);
        int slice = Math.Min(points.Length, PiecesASlice * PhaseOneHashing.PieceLength<TField, TGroup>());
        var products = new Affine<TField, TGroup>[slice];
        var leading = new Affine<TField, TGroup>[2];
        TFr[] power = GC.AllocateArray<TFr>(1, pinned: true);
        Scalar256[] scalars = GC.AllocateArray<Scalar256>(slice, pinned: true);
        writer.BeginSection(section);
        starts.Add(writer.Stream.Position);
        try
        {
            power[0] = first;
            for (int from = 0; from < points.Length; from += slice)
            {
                int count = Math.Min(slice, points.Length - from);
                for (int i = 0; i < count; i++)
                {
                    TFr.ToCanonical(power[0], MemoryMarshal.Cast<Scalar256, ulong>(scalars.AsSpan(i, 1)));
                    power[0] *= factor;
                }

                PointMultiples.MultiplyInSubgroup(points.Slice(from, count), scalars.AsSpan(0, count), products.AsSpan(0, count), options);
                writer.Write(Iden3Encoding.AsBytes<TField, TGroup>(products.AsSpan(0, count)));
                addToHash(response, products.AsSpan(0, count), compressed: true, options);
                if (from == 0)
                {
                    products.AsSpan(0, Math.Min(2, count)).CopyTo(leading);
                }

                meter.Add(count * weight);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(power.AsSpan()));
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(scalars.AsSpan()));
        }

        writer.EndSection();
        return leading;
    }

    /// <summary>The hash of the challenge that is left behind, over the points just written: the response's hash comes before them.</summary>
    private byte[] HashChallenge(SectionedFileWriter writer, byte[] responseHash)
    {
        meter.Enter("hash");
        var next = new Blake2b512();
        next.Update(responseHash);
        long end = writer.Stream.Position;
        ReadBack<TFp, TCurve>(0, before.TauG1.Length, PhaseOneHashing.AddG1);
        ReadBack<Fp2<TFp>, TCurve>(1, before.TauG2.Length, PhaseOneHashing.AddG2);
        ReadBack<TFp, TCurve>(2, before.AlphaTauG1.Length, PhaseOneHashing.AddG1);
        ReadBack<TFp, TCurve>(3, before.BetaTauG1.Length, PhaseOneHashing.AddG1);
        ReadBack<Fp2<TFp>, TCurve>(4, 1, PhaseOneHashing.AddG2);
        writer.Stream.Position = end;
        return next.Digest();

        void ReadBack<TField, TGroup>(int section, int count, AddToHash<TField, TGroup> addToHash)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            writer.Stream.Position = starts[section];
            var points = new Affine<TField, TGroup>[Math.Min(count, PhaseOneHashing.PieceLength<TField, TGroup>())];
            for (int left = count; left > 0; left -= points.Length)
            {
                Span<Affine<TField, TGroup>> piece = points.AsSpan(0, Math.Min(left, points.Length));
                writer.Stream.ReadExactly(MemoryMarshal.AsBytes(piece));
                addToHash(next, piece, compressed: false, options);
                meter.Add(0.05 * piece.Length);
            }
        }
    }

    /// <summary>Section 7: the records before, byte by byte as they were, and the new one.</summary>
    private void WriteRecords(SectionedFileWriter writer, PhaseOneContribution<TCurve, TFp> record)
    {
        FileSection old = before.File.Require(PtauFormat.ContributionSection, "contributions");
        byte[] records = new byte[old.Length - sizeof(uint)];
        before.ReadAt(old.Offset + sizeof(uint), records);
        writer.BeginSection(PtauFormat.ContributionSection);
        writer.Write((uint)before.Contributions.Count + 1);
        writer.Write(records);
        record.Write(writer);
        writer.EndSection();
    }

    private delegate void AddToHash<TField, TGroup>(Blake2b512 hash, ReadOnlySpan<Affine<TField, TGroup>> points, bool compressed, EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>;
}
