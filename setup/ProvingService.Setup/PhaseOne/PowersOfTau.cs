// Owns: an open .ptau, mapped. Layout: PtauFormat.cs. What is true of it: PhaseOneVerifier.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// Powers of tau: the memory-mapped <c>.ptau</c> itself, so that a file of any size takes no heap. Opening checks the
/// structure, the header, and the record of contributions with its points; the points of the other sections are looked at by
/// <see cref="FindFault"/>, and whether they are what the transcript says by <see cref="PhaseOne.Verify"/>. Safe for concurrent
/// reading; spans are valid until the file is disposed, which must not happen during a call.
/// </summary>
/// <remarks>The file must not be cut short by others while it is mapped: the system would end the process.</remarks>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
public sealed class PowersOfTau<TCurve, TFp> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    /// <summary>Points checked between two reports.</summary>
    private const int Slice = 1 << 14;

    /// <summary>A check in G2 against one in G1, in time.</summary>
    private const double WeightOfG2 = 2.7;

    private readonly SectionedFile file;
    private readonly PointSection<TFp, TCurve> tauG1, alphaTauG1, betaTauG1;
    private readonly PointSection<Fp2<TFp>, TCurve> tauG2, betaG2;
    private readonly PointSection<TFp, TCurve>? lagrangeTauG1, lagrangeAlphaTauG1, lagrangeBetaTauG1;
    private readonly PointSection<Fp2<TFp>, TCurve>? lagrangeTauG2;

    private PowersOfTau(SectionedFile file)
    {
        this.file = file;
        try
        {
            PtauHeader header = PtauFormat.ReadHeader(file);
            if (header.Curve != TCurve.Id)
            {
                throw new InvalidFileException(
                    file.Name,
                    FileFault.WrongField,
                    file.Require(PtauFormat.HeaderSection, "header").Offset,
                    $"the powers are over {header.Curve.Name()}, and {TCurve.Id.Name()} is asked for.");
            }

            Header = header;
            int n = 1 << header.Power;
            tauG1 = new(file, PtauFormat.TauG1Section, "τ in G1", PtauFormat.TauG1Count(header.Power));
            tauG2 = new(file, PtauFormat.TauG2Section, "τ in G2", n);
            alphaTauG1 = new(file, PtauFormat.AlphaTauG1Section, "α·τ in G1", n);
            betaTauG1 = new(file, PtauFormat.BetaTauG1Section, "β·τ in G1", n);
            betaG2 = new(file, PtauFormat.BetaG2Section, "β in G2", 1);
            Contributions = PhaseOneContribution<TCurve, TFp>.ReadAll(file);
            IsPrepared = HasLagrange();
            if (IsPrepared)
            {
                lagrangeTauG1 = new(file, PtauFormat.LagrangeTauG1Section, "the Lagrange bases of τ in G1", (4 * n) - 1);
                lagrangeTauG2 = new(file, PtauFormat.LagrangeTauG2Section, "the Lagrange bases of τ in G2", (2 * n) - 1);
                lagrangeAlphaTauG1 = new(file, PtauFormat.LagrangeAlphaTauG1Section, "the Lagrange bases of α·τ in G1", (2 * n) - 1);
                lagrangeBetaTauG1 = new(file, PtauFormat.LagrangeBetaTauG1Section, "the Lagrange bases of β·τ in G1", (2 * n) - 1);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The path it was opened from.</summary>
    public string Path => file.Name;

    /// <summary>What the header says.</summary>
    public PtauHeader Header { get; }

    /// <summary>log₂ of the number of powers in G2: the largest domain of a circuit.</summary>
    public int Power => Header.Power;

    /// <summary>The power of the ceremony; above <see cref="Power"/> in a reduced file.</summary>
    public int CeremonyPower => Header.CeremonyPower;

    /// <summary>Who contributed, as the file records it; not verified here.</summary>
    public IReadOnlyList<PhaseOneContribution<TCurve, TFp>> Contributions { get; }

    /// <summary>Whether the file has the Lagrange bases that phase 2 needs.</summary>
    public bool IsPrepared { get; }

    /// <summary>τ^i in G1, i from 0 to 2^(Power + 1) − 2.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> TauG1 => tauG1.Points;

    /// <summary>τ^i in G2, i from 0 to 2^Power − 1.</summary>
    public ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> TauG2 => tauG2.Points;

    /// <summary>α·τ^i in G1, i from 0 to 2^Power − 1.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> AlphaTauG1 => alphaTauG1.Points;

    /// <summary>β·τ^i in G1, i from 0 to 2^Power − 1.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> BetaTauG1 => betaTauG1.Points;

    /// <summary>β in G2.</summary>
    public Affine<Fp2<TFp>, TCurve> BetaG2 => betaG2.Points[0];

    /// <summary>The file itself, for what copies sections.</summary>
    internal SectionedFile File => file;

    /// <summary>The position in the file of the first point of section 2; see <see cref="ReadAt"/>.</summary>
    public long TauG1Offset => tauG1.OffsetOf(0);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The <c>.ptau</c>.</param>
    /// <exception cref="InvalidFileException">The file is damaged, of another format or over another curve.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static PowersOfTau<TCurve, TFp> Open(string path) => new(SectionedFile.Open(path, PtauFormat.Magic, PtauFormat.Version));

    /// <summary>L_i(τ) in G1 for the domain of 2^<paramref name="log"/> elements.</summary>
    /// <param name="log">
    /// From 0 to Power + 1. For the last of these section 2 lacks the highest power, which counts as zero unless the file was cut
    /// from a prepared larger one.
    /// </param>
    /// <exception cref="InvalidOperationException">The file is not prepared.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such domain.</exception>
    public ReadOnlySpan<Affine<TFp, TCurve>> LagrangeTauG1(int log) => Level(lagrangeTauG1, log, Power + 1);

    /// <summary>L_i(τ) in G2 for the domain of 2^<paramref name="log"/> elements, log from 0 to Power.</summary>
    /// <inheritdoc cref="LagrangeTauG1"/>
    public ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> LagrangeTauG2(int log) => Level(lagrangeTauG2, log, Power);

    /// <summary>α·L_i(τ) in G1 for the domain of 2^<paramref name="log"/> elements, log from 0 to Power.</summary>
    /// <inheritdoc cref="LagrangeTauG1"/>
    public ReadOnlySpan<Affine<TFp, TCurve>> LagrangeAlphaG1(int log) => Level(lagrangeAlphaTauG1, log, Power);

    /// <summary>β·L_i(τ) in G1 for the domain of 2^<paramref name="log"/> elements, log from 0 to Power.</summary>
    /// <inheritdoc cref="LagrangeTauG1"/>
    public ReadOnlySpan<Affine<TFp, TCurve>> LagrangeBetaG1(int log) => Level(lagrangeBetaTauG1, log, Power);

    /// <summary>Copies bytes of the file, wherever its sections begin and end: what is computed from it by others may reach beyond one.</summary>
    /// <param name="offset">The position of the first byte.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="InvalidFileException">The file ends before.</exception>
    public void ReadAt(long offset, Span<byte> destination) => file.ReadAt(offset, destination);

    /// <summary>
    /// The first point that is out of range, off its curve or outside its subgroup, or infinity where there can be none; null
    /// where all are sound. On BLS12-381 12 to 30 µs a point and core, on BN254 so in G2 alone.
    /// </summary>
    /// <param name="progress">Told the share of the points that are done.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public InvalidFileException? FindFault(IProgress<double>? progress = null, EngineOptions options = default) =>
        FindPointFault(withLagrange: true, progress, options);

    /// <summary>As the public method; the Lagrange bases may be left out.</summary>
    internal InvalidFileException? FindPointFault(bool withLagrange, IProgress<double>? progress, EngineOptions options)
    {
        withLagrange &= IsPrepared;
        var meter = new PointMeter(progress, (4.0 + WeightOfG2) * (1 << Power) * (withLagrange ? 3 : 1));
        InvalidFileException? fault = Check(tauG1, mayBeInfinity: false, meter, options)
            ?? Check(tauG2, mayBeInfinity: false, meter, options)
            ?? Check(alphaTauG1, mayBeInfinity: false, meter, options)
            ?? Check(betaTauG1, mayBeInfinity: false, meter, options)
            ?? Check(betaG2, mayBeInfinity: false, meter, options);
        return fault is not null || !withLagrange
            ? fault
            : Check(lagrangeTauG1, mayBeInfinity: true, meter, options)
                ?? Check(lagrangeTauG2, mayBeInfinity: true, meter, options)
                ?? Check(lagrangeAlphaTauG1, mayBeInfinity: true, meter, options)
                ?? Check(lagrangeBetaTauG1, mayBeInfinity: true, meter, options);
    }

    /// <summary>Closes the file: spans into it become invalid.</summary>
    public void Dispose()
    {
        tauG1?.Dispose();
        tauG2?.Dispose();
        alphaTauG1?.Dispose();
        betaTauG1?.Dispose();
        betaG2?.Dispose();
        lagrangeTauG1?.Dispose();
        lagrangeTauG2?.Dispose();
        lagrangeAlphaTauG1?.Dispose();
        lagrangeBetaTauG1?.Dispose();
        file.Dispose();
    }

    /// <summary>The k-th basis of a section, after those of 1, 2, … 2^(k−1) points.</summary>
    private ReadOnlySpan<Affine<TField, TGroup>> Level<TField, TGroup>(PointSection<TField, TGroup>? section, int log, int most)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        if (section is null)
        {
            throw new InvalidOperationException($"{Path} has no Lagrange bases; prepare it for phase 2.");
        }

        return log >= 0 && log <= most
            ? section.Points.Slice((1 << log) - 1, 1 << log)
            : throw new ArgumentOutOfRangeException(nameof(log), log, $"The file has bases of 2^0 to 2^{most} points.");
    }

    private bool HasLagrange()
    {
        uint[] wanted =
        [
            PtauFormat.LagrangeTauG1Section, PtauFormat.LagrangeTauG2Section, PtauFormat.LagrangeAlphaTauG1Section, PtauFormat.LagrangeBetaTauG1Section,
        ];
        uint[] found = [.. wanted.Where(type => file.TryFind(type, out _))];
        return found.Length is 0 || found.Length == wanted.Length
            ? found.Length > 0
            : throw new InvalidFileException(
                file.Name,
                FileFault.MissingSection,
                -1,
                $"of the Lagrange bases, sections 12 to 15, only {string.Join(" and ", found)} are there; prepare the file anew.");
    }

    private InvalidFileException? Check<TField, TGroup>(PointSection<TField, TGroup>? section, bool mayBeInfinity, PointMeter meter, EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        int count = section is null ? 0 : section.Points.Length;
        for (int from = 0; from < count; from += Slice)
        {
            int to = Math.Min(count, from + Slice);
            if (section!.FindFault(checkSubgroup: true, from, to, options) is { } fault)
            {
                return fault;
            }

            for (int i = from; i < to && !mayBeInfinity; i++)
            {
                if (section.Points[i].IsInfinity)
                {
                    return new(
                        Path,
                        FileFault.Inconsistent,
                        section.OffsetOf(i),
                        $"point {i} of {section.Name} is infinity, which no power of a secret is; the file is damaged or forged.");
                }
            }

            meter.Add((to - from) * (typeof(TField) == typeof(TFp) ? 1 : WeightOfG2));
        }

        return null;
    }

    /// <summary>Counts points by the time that they take.</summary>
    private sealed class PointMeter(IProgress<double>? progress, double all)
    {
        private double done;

        public void Add(double points) => progress?.Report(Math.Min(1, (done += points) / all));
    }
}
