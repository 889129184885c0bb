// Owns: files made of other .ptau files without a contribution: prepared for phase 2, or cut to a smaller power.

using System.Runtime.CompilerServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>The Lagrange bases of a file, and cuts.</summary>
internal static class PhaseOnePreparation
{
    /// <summary>A product in G2 against one in G1, in time.</summary>
    private const double WeightOfG2 = 2.7;

    /// <summary>Writes a file with its Lagrange bases, those of sections that were there before made anew.</summary>
    /// <remarks>
    /// One basis is in memory at a time, with two thirds as much again for its transform and 64 bytes a point for multipliers:
    /// at 2^20 at most 0.5 GB on BN254 and 0.7 GB on BLS12-381, beside the mapped input.
    /// </remarks>
    public static void Prepare<TCurve, TFp, TFr>(
        PowersOfTau<TCurve, TFp> powers, string output, IProgress<SetupProgress>? progress, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        int power = powers.Power;
        if (power + 1 > NttDomain<TFr>.MaxLogSize)
        {
            throw new InvalidFileException(
                powers.Path, FileFault.Unsupported, -1, $"powers up to {NttDomain<TFr>.MaxLogSize - 1} can be prepared, not {power}; reduce the file first.");
        }

        double all = Work(power + 1) + ((3 + WeightOfG2) * SumOfWork(power));
        var meter = new PhaseMeter(progress, 1.02 * all, options.CancellationToken);

        // Transforms take points of the group alone.
        if (powers.FindPointFault(withLagrange: false, meter.Enter("check points").Part(0.02 * all), options) is { } fault)
        {
            throw fault;
        }

        using var writer = new SectionedFileWriter(
            output, PtauFormat.Magic, PtauFormat.Version, PtauFormat.PlainSections + PtauFormat.LagrangeSections);
        PtauFormat.WriteHeader<TFp>(writer, power, powers.CeremonyPower);
        for (uint section = PtauFormat.TauG1Section; section <= PtauFormat.ContributionSection; section++)
        {
            FileSection content = powers.File.Require(section, "powers of tau");
            Copy(writer, powers.File, section, content.Length);
        }

        WriteBases<TFp, TCurve, TFr>(writer, PtauFormat.LagrangeTauG1Section, "Lagrange bases of τ in G1", powers.TauG1, power + 1, 1, meter, options);
        WriteBases<Fp2<TFp>, TCurve, TFr>(writer, PtauFormat.LagrangeTauG2Section, "Lagrange bases of τ in G2", powers.TauG2, power, WeightOfG2, meter, options);
        WriteBases<TFp, TCurve, TFr>(writer, PtauFormat.LagrangeAlphaTauG1Section, "Lagrange bases of α·τ in G1", powers.AlphaTauG1, power, 1, meter, options);
        WriteBases<TFp, TCurve, TFr>(writer, PtauFormat.LagrangeBetaTauG1Section, "Lagrange bases of β·τ in G1", powers.BetaTauG1, power, 1, meter, options);
        writer.Commit();
    }

    /// <summary>Writes the beginning of every section.</summary>
    /// <param name="powers">A file of a larger power.</param>
    /// <param name="output">The file to be.</param>
    /// <param name="power">Its power.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static void Truncate<TCurve, TFp>(
        PowersOfTau<TCurve, TFp> powers, string output, int power, IProgress<SetupProgress>? progress, CancellationToken cancellationToken)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        if (power is < PtauFormat.MinPower || power >= powers.Power)
        {
            throw new ArgumentOutOfRangeException(nameof(power), power, $"A file of power {powers.Power} can be reduced to {PtauFormat.MinPower} to {powers.Power - 1}.");
        }

        long g1 = Unsafe.SizeOf<Affine<TFp, TCurve>>(), g2 = Unsafe.SizeOf<Affine<Fp2<TFp>, TCurve>>(), n = 1L << power;
        List<(uint Section, long Length)> parts =
        [
            (PtauFormat.TauG1Section, ((2 * n) - 1) * g1),
            (PtauFormat.TauG2Section, n * g2),
            (PtauFormat.AlphaTauG1Section, n * g1),
            (PtauFormat.BetaTauG1Section, n * g1),
            (PtauFormat.BetaG2Section, g2),
            (PtauFormat.ContributionSection, powers.File.Require(PtauFormat.ContributionSection, "contributions").Length),
        ];
        if (powers.IsPrepared)
        {
            // Bases stand in rising order of their domains, so a smaller file's are the beginning of a larger one's.
            parts.Add((PtauFormat.LagrangeTauG1Section, ((4 * n) - 1) * g1));
            parts.Add((PtauFormat.LagrangeTauG2Section, ((2 * n) - 1) * g2));
            parts.Add((PtauFormat.LagrangeAlphaTauG1Section, ((2 * n) - 1) * g1));
            parts.Add((PtauFormat.LagrangeBetaTauG1Section, ((2 * n) - 1) * g1));
        }

        var meter = new PhaseMeter(progress, parts.Sum(part => part.Length), cancellationToken);
        using var writer = new SectionedFileWriter(output, PtauFormat.Magic, PtauFormat.Version, (uint)parts.Count + 1);
        PtauFormat.WriteHeader<TFp>(writer, power, powers.CeremonyPower);
        foreach ((uint section, long length) in parts)
        {
            Copy(writer, powers.File, section, length);
            meter.Enter("copy").Add(length);
        }

        writer.Commit();
    }

    private static void WriteBases<TField, TGroup, TFr>(
        SectionedFileWriter writer,
        uint section,
        string name,
        ReadOnlySpan<Affine<TField, TGroup>> powers,
        int top,
        double weight,
        PhaseMeter meter,
        EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        writer.BeginSection(section);
        for (int log = 0; log <= top; log++)
        {
            // The domain of twice the size lacks one power, which counts as zero.
            var basis = new Affine<TField, TGroup>[1 << log];
            powers[..Math.Min(basis.Length, powers.Length)].CopyTo(basis);
            GroupNtt.Inverse(NttDomain<TFr>.OfLogSize(log), basis.AsSpan(), options, meter.Enter($"{name}, 2^{log}").Part(weight * Work(log)));
            writer.Write(Iden3Encoding.AsBytes<TField, TGroup>(basis));
        }

        writer.EndSection();
    }

    private static void Copy(SectionedFileWriter writer, SectionedFile file, uint type, long length)
    {
        FileSection section = file.Require(type, "powers of tau");
        byte[] buffer = new byte[(int)Math.Min(1 << 20, length)];
        writer.BeginSection(type);
        for (long at = 0; at < length; at += buffer.Length)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at));
            file.ReadAt(section.Offset + at, piece);
            writer.Write(piece);
        }

        writer.EndSection();
    }

    /// <summary>Products of a transform.</summary>
    private static double Work(int log) => (1L << log) * ((0.5 * log) + 1);

    private static double SumOfWork(int top) => Enumerable.Range(0, top + 1).Sum(Work);
}
