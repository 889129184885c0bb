// Owns: keys as bellman's parameters and back. The file: BellmanFile.cs. Contributing to one: BellmanContribution.cs.
//
// A key's H points are values at the odd elements of the domain of 2n: H_i = L_{2i+1}(τ)/δ. bellman has powers instead:
// P_j = τ^j·(τⁿ − 1)/δ = −2·ω₂ₙ^j·Σ_i ωₙ^(ij)·H_i for j below n − 1. Back: H is the inverse transform of −½·ω₂ₙ^(−j)·P_j, with zero
// for the power n − 1, which bellman does not have. So a key's H differs after the way there and back by what no proof uses.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>Export and import. Both hold the points of H in memory, import those of L as well.</summary>
internal static class BellmanExchange<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Points multiplied between two looks at the progress.</summary>
    private const int Slice = 1 << 14;

    public static void Export(string zkey, string parameters, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecureKey: true, options);
        using var writer = new BellmanWriter<TCurve, TFp>(parameters);
        VerifyingKey<TCurve, TFp> verifying = key.VerifyingKey;
        writer.Write([verifying.Alpha, key.Beta1]);
        writer.Write([verifying.Beta, verifying.Gamma]);
        writer.Write(key.Delta1);
        writer.Write(verifying.Delta);
        WriteList(verifying.Ic);
        progress?.Report(new("H", 0.1));
        WriteList(ToPowers(key.H, options).AsSpan(0, key.DomainSize - 1));
        progress?.Report(new("points", 0.8));
        WriteList(key.C);
        WriteList(key.A);
        WriteList(key.B1);
        writer.WriteCount(key.B2.Length);
        writer.Write(key.B2);
        writer.Write(key.Contributions);
        writer.Commit();
        progress?.Report(new("points", 1));

        void WriteList(ReadOnlySpan<Affine<TFp, TCurve>> points)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            writer.WriteCount(points.Length);
            writer.Write(points);
        }
    }

    /// <summary>Takes contributions that were made to the exported parameters into the key, after verifying them.</summary>
    /// <returns>Why the parameters do not continue the key, or null when it is written.</returns>
    public static TranscriptFault? Import(
        string zkey, string parameters, string output, string name, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecureKey: true, options);
        using var reader = new BellmanReader<TCurve, TFp>(parameters);
        if (ReadHeader(key, reader, out Affine<TFp, TCurve> delta1, out Affine<Fp2<TFp>, TCurve> delta2) is { } ofHeader)
        {
            return ofHeader;
        }

        TranscriptFault? fault = Same("IC", reader.Compare("IC", key.VerifyingKey.Ic));
        var h = new Affine<TFp, TCurve>[key.DomainSize];
        ReadList("H", h.AsSpan(0, h.Length - 1));
        var l = new Affine<TFp, TCurve>[key.C.Length];
        ReadList("L", l);
        progress?.Report(new("points", 0.2));
        fault ??= Same("A", reader.Compare("A", key.A)) ?? Same("B1", reader.Compare("B1", key.B1)) ?? Same("B2", reader.Compare("B2", key.B2));
        if (fault is not null)
        {
            return fault;
        }

        PhaseTwoRecord<TCurve, TFp> record = reader.ReadRecord();
        progress?.Report(new("H", 0.4));
        FromPowers(h, options);
        progress?.Report(new("verify", 0.8));
        fault = FindFaultOfRecord(key.Contributions, record) ?? FindFault(key, record, delta1, delta2, l, h, options);
        if (fault is null)
        {
            Write(key, record, name, delta1, delta2, l, h, output, options);
            progress?.Report(new("verify", 1));
        }

        return fault;

        static TranscriptFault? Same(string list, int differs) => differs < 0 ? null : Other($"point {differs} of {list}");

        void ReadList(string list, Span<Affine<TFp, TCurve>> points)
        {
            reader.RequireCount(list, points.Length, BellmanReader<TCurve, TFp>.G1Size);
            for (int from = 0; from < points.Length; from += Slice)
            {
                reader.ReadG1(list, from, points[from..Math.Min(points.Length, from + Slice)], options);
            }
        }
    }

    private static TranscriptFault Other(string what) =>
        new(TranscriptFaultKind.Circuit, 0, $"The parameters have another {what} than the key: they were exported from another key, or changed.");

    private static TranscriptFault? ReadHeader(
        ProvingKey<TCurve, TFp, TFr> key,
        BellmanReader<TCurve, TFp> reader,
        out Affine<TFp, TCurve> delta1,
        out Affine<Fp2<TFp>, TCurve> delta2)
    {
        Affine<TFp, TCurve> alpha1 = reader.ReadG1("alpha1"), beta1 = reader.ReadG1("beta1");
        Affine<Fp2<TFp>, TCurve> beta2 = reader.ReadG2("beta2"), gamma2 = reader.ReadG2("gamma2");
        delta1 = reader.ReadG1("delta1");
        delta2 = reader.ReadG2("delta2");
        string? other = alpha1 != key.VerifyingKey.Alpha ? "α" : beta1 != key.Beta1 || beta2 != key.VerifyingKey.Beta ? "β" : gamma2 != key.VerifyingKey.Gamma ? "γ" : null;
        return other is null ? null : Other(other) with { Kind = TranscriptFaultKind.PhaseOne };
    }

    private static TranscriptFault? FindFaultOfRecord(PhaseTwoRecord<TCurve, TFp> own, PhaseTwoRecord<TCurve, TFp> other)
    {
        if (!own.InitialKeyHash.Span.SequenceEqual(other.InitialKeyHash.Span))
        {
            return new(TranscriptFaultKind.InitialKeyHash, 0, "The parameters carry the hash of another initial key.");
        }

        for (int i = 0; i < Math.Min(own.Contributions.Count, other.Contributions.Count); i++)
        {
            if (!ContributionChain<TCurve, TFp>.HashOf(own.Contributions[i]).AsSpan().SequenceEqual(ContributionChain<TCurve, TFp>.HashOf(other.Contributions[i])))
            {
                return new(TranscriptFaultKind.HashChain, i + 1, $"Contribution {i + 1} of the parameters is not that of the key: they were made from another state.");
            }
        }

        return other.Contributions.Count > own.Contributions.Count
            ? null
            : new(
                TranscriptFaultKind.NoContributions,
                0,
                $"The parameters have {other.Contributions.Count} contributions on record and the key {own.Contributions.Count}: there is nothing to import.");
    }

    /// <summary>Every contribution, δ, and the points that changed.</summary>
    private static TranscriptFault? FindFault(
        ProvingKey<TCurve, TFp, TFr> key,
        PhaseTwoRecord<TCurve, TFp> record,
        in Affine<TFp, TCurve> delta1,
        in Affine<Fp2<TFp>, TCurve> delta2,
        Affine<TFp, TCurve>[] l,
        Affine<TFp, TCurve>[] h,
        EngineOptions options)
    {
        if (new ContributionChecks<TCurve, TFp, TFr>(record).FindFault(null, options) is { } fault)
        {
            return fault;
        }

        int last = record.Contributions.Count;
        if (delta1 != record.Contributions[^1].DeltaAfter
            || !Ratio.IsSame<TCurve, TFp>(Affine<TFp, TCurve>.Generator, delta1, Affine<Fp2<TFp>, TCurve>.Generator, delta2))
        {
            return new(TranscriptFaultKind.Delta, last, $"δ of the parameters is not δ after contribution {last}, the last on record, in both groups.");
        }

        (Affine<TFp, TCurve> oldL, Affine<TFp, TCurve> newL) = RandomSums.Pair<TCurve, TFp>(key.C, l, CpuEngine.Default, options);
        if (!SectionChecks.IsQuotient<TCurve, TFp>(newL, oldL, key.VerifyingKey.Delta, delta2))
        {
            return new(TranscriptFaultKind.SectionL, last, "The points of private wires (L) are not those of the key, divided by what δ was multiplied by.");
        }

        return SectionChecks.IsQuotientOfH<TCurve, TFp, TFr>(h, key.H, key.VerifyingKey.Delta, delta2, CpuEngine.Default, options)
            ? null
            : new(TranscriptFaultKind.SectionH, last, "The points of the quotient (H) are not those of the key, divided by what δ was multiplied by.");
    }

    /// <summary>The key with the new points, in the order of sections that snarkjs's import has.</summary>
    private static void Write(
        ProvingKey<TCurve, TFp, TFr> key,
        PhaseTwoRecord<TCurve, TFp> record,
        string name,
        in Affine<TFp, TCurve> delta1,
        in Affine<Fp2<TFp>, TCurve> delta2,
        Affine<TFp, TCurve>[] l,
        Affine<TFp, TCurve>[] h,
        string output,
        EngineOptions options)
    {
        using var writer = new ZkeyWriter<TCurve, TFp, TFr>(output);
        VerifyingKey<TCurve, TFp> verifying = key.VerifyingKey;
        writer.WriteHeader(
            key.WireCount, key.PublicInputCount, key.DomainSize, verifying.Alpha, key.Beta1, verifying.Beta, verifying.Gamma, delta1, delta2);
        writer.CopySection(key.File, ZkeyFormat.IcSection, options.CancellationToken);
        writer.CopySection(key.File, ZkeyFormat.CoefficientSection, options.CancellationToken);
        WriteSection(ZkeyFormat.HSection, h);
        WriteSection(ZkeyFormat.CSection, l);
        writer.CopySection(key.File, ZkeyFormat.ASection, options.CancellationToken);
        writer.CopySection(key.File, ZkeyFormat.B1Section, options.CancellationToken);
        writer.CopySection(key.File, ZkeyFormat.B2Section, options.CancellationToken);
        int own = key.Contributions.Contributions.Count;
        writer.WriteContributions(key.File, [.. record.Contributions.Skip(own).Select(contribution => contribution with { Name = name })]);
        writer.Commit();

        void WriteSection(uint section, Affine<TFp, TCurve>[] points)
        {
            writer.BeginPoints(section);
            writer.WritePoints<TFp, TCurve>(points);
            writer.EndPoints();
        }
    }

    private static Affine<TFp, TCurve>[] ToPowers(ReadOnlySpan<Affine<TFp, TCurve>> h, EngineOptions options)
    {
        Affine<TFp, TCurve>[] points = h.ToArray();
        int log = BitOperations.Log2((uint)points.Length);
        GroupNtt.Forward<TFp, TCurve, TFr>(NttDomain<TFr>.OfLogSize(log), points, options);
        Scale(points, -(TFr.One + TFr.One), NttDomain<TFr>.OfLogSize(log + 1).Root, options);
        return points;
    }

    private static void FromPowers(Affine<TFp, TCurve>[] powers, EngineOptions options)
    {
        int log = BitOperations.Log2((uint)powers.Length);
        Scale(powers, TFr.Inverse(-(TFr.One + TFr.One)), NttDomain<TFr>.OfLogSize(log + 1).RootInverse, options);
        GroupNtt.Inverse<TFp, TCurve, TFr>(NttDomain<TFr>.OfLogSize(log), powers, options);
    }

    /// <summary>points[j] ← first·ratio^j·points[j].</summary>
    private static void Scale(Affine<TFp, TCurve>[] points, TFr first, in TFr ratio, EngineOptions options)
    {
        var scalars = new Scalar256[Math.Min(Slice, points.Length)];
        TFr factor = first;
        for (int from = 0; from < points.Length; from += scalars.Length)
        {
            for (int i = 0; i < scalars.Length; i++)
            {
                scalars[i] = Scalar256.From(factor);
                factor *= ratio;
            }

            Span<Affine<TFp, TCurve>> slice = points.AsSpan(from, scalars.Length);
            PointMultiples.MultiplyInSubgroup<TFp, TCurve>(slice, scalars, slice, options);
        }
    }
}
