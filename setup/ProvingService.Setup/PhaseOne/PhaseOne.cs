// Owns: phase 1 as callers see it: paths in, paths out, the curve chosen by the file.

using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// Powers of tau, phase 1 of a trusted setup after Bowe, Gabizon and Miers (ePrint 2017/1050), in iden3's <c>.ptau</c> format: a
/// ceremony may be begun in snarkjs and finished here, or the other way round. Files appear when complete; whatever fails leaves
/// none behind. Thread-safe: calls share nothing.
/// </summary>
public static class PhaseOne
{
    /// <summary>Writes powers of τ = α = β = 1, to which nobody has contributed.</summary>
    /// <param name="curve">The curve.</param>
    /// <param name="power">log₂ of the largest domain of a circuit, 1 to 28. The file takes 2^power times 384 bytes on BN254, 576 on BLS12-381.</param>
    /// <param name="path">The <c>.ptau</c> to be.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Cancellation.</param>
    /// <returns>The hash of the first challenge, 64 bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The power is out of range.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static byte[] New(CurveId curve, int power, string path, IProgress<SetupProgress>? progress = null, EngineOptions options = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(power, PtauFormat.MinPower);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(power, PtauFormat.MaxPower);
        return CurveDispatch.Run(curve, new NewAction(power, path, progress, options));
    }

    /// <summary>
    /// Adds a contribution. All points are checked first, and that they are those which the last contribution left behind; whether
    /// the transcript before is true is told by <see cref="Verify"/>. A prepared file is taken, and the new one is not prepared.
    /// </summary>
    /// <param name="input">The <c>.ptau</c> as the last contributor left it.</param>
    /// <param name="output">The <c>.ptau</c> to be.</param>
    /// <param name="name">What the record calls the contributor, in public; null or empty for no name. See <see cref="ContributionName"/>.</param>
    /// <param name="entropy">The secrets' source, used up by this; the caller disposes it.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The name cannot be written.</exception>
    /// <exception cref="InvalidFileException">The input is damaged, was reduced, or its points are not those of its last hash.</exception>
    /// <exception cref="IOException">A file cannot be opened or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static PhaseOneContributed Contribute(
        string input, string output, string? name, ContributionEntropy entropy, IProgress<SetupProgress>? progress = null, EngineOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        ContributionName.Require(name, nameof(name));
        var action = new ContributeAction(input, output, ContributionParameters.Of(name), entropy, progress, options);
        return CurveDispatch.Run(PtauFormat.ReadHeader(input).Curve, action);
    }

    /// <summary>Adds the contribution of a public beacon, which anyone can repeat: the last one of a ceremony.</summary>
    /// <param name="input">The <c>.ptau</c> as the last contributor left it.</param>
    /// <param name="output">The <c>.ptau</c> to be.</param>
    /// <param name="name">What the record calls it; null or empty for no name.</param>
    /// <param name="value">The beacon's value, 1 to 255 bytes, unknown to all until after the last contribution.</param>
    /// <param name="iterationsLog">log₂ of the iterations of SHA-256, 10 to 63.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The name, value or exponent is out of range.</exception>
    /// <exception cref="InvalidFileException">The input is damaged, was reduced, or its points are not those of its last hash.</exception>
    /// <exception cref="IOException">A file cannot be opened or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static PhaseOneContributed Beacon(
        string input,
        string output,
        string? name,
        ReadOnlyMemory<byte> value,
        int iterationsLog,
        IProgress<SetupProgress>? progress = null,
        EngineOptions options = default)
    {
        ContributionName.Require(name, nameof(name));
        var action = new ContributeAction(input, output, ContributionParameters.OfBeacon(name, value, iterationsLog), null, progress, options);
        return CurveDispatch.Run(PtauFormat.ReadHeader(input).Curve, action);
    }

    /// <summary>
    /// Adds the Lagrange bases that phase 2 needs, by transforms of points on all cores. One basis is in memory at a time: at 2^20
    /// at most 0.5 GB on BN254 and 0.7 GB on BLS12-381, beside the mapped input. The points are checked first.
    /// </summary>
    /// <param name="input">The <c>.ptau</c>; bases that it may have are made anew.</param>
    /// <param name="output">The <c>.ptau</c> to be.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="InvalidFileException">The input is damaged, or of power 28.</exception>
    /// <exception cref="IOException">A file cannot be opened or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Prepare(string input, string output, IProgress<SetupProgress>? progress = null, EngineOptions options = default) =>
        CurveDispatch.Run(PtauFormat.ReadHeader(input).Curve, new PrepareAction(input, output, progress, options));

    /// <summary>Cuts a file to a smaller power, with its Lagrange bases where it has them. Nobody can contribute to it afterwards.</summary>
    /// <param name="input">The <c>.ptau</c>.</param>
    /// <param name="output">The <c>.ptau</c> to be.</param>
    /// <param name="power">Its power, from 1 to one less than the input's.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Cancellation.</param>
    /// <exception cref="ArgumentOutOfRangeException">The power is not below the input's, or is below 1.</exception>
    /// <exception cref="InvalidFileException">The input is damaged.</exception>
    /// <exception cref="IOException">A file cannot be opened or written.</exception>
    public static void Truncate(string input, string output, int power, IProgress<SetupProgress>? progress = null, EngineOptions options = default) =>
        CurveDispatch.Run(PtauFormat.ReadHeader(input).Curve, new TruncateAction(input, output, power, progress, options));

    /// <summary>
    /// Checks all that can be checked of a file: each point's group, each contribution's proofs of knowledge and succession, its
    /// beacon, that no contribution repeats or is trivial, that all sections are powers (with random coefficients of 128 bits: a
    /// false one passes with a probability below 2⁻¹²⁷), the last contribution's hashes, and the Lagrange bases.
    /// </summary>
    /// <param name="path">The <c>.ptau</c>.</param>
    /// <param name="engine">What sums points, for a second opinion; null means the machine's best.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The first relation that does not hold, if any.</returns>
    /// <exception cref="InvalidFileException">The file is damaged: a structure or a point that cannot be.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static PhaseOneReport Verify(string path, IMsmEngine? engine = null, IProgress<SetupProgress>? progress = null, EngineOptions options = default) =>
        CurveDispatch.Run(PtauFormat.ReadHeader(path).Curve, new VerifyAction(path, engine ?? CpuEngine.Default, progress, options));

    /// <summary>Reads what a file says of itself, without verifying it.</summary>
    /// <param name="path">The <c>.ptau</c>.</param>
    /// <exception cref="InvalidFileException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static PhaseOneInfo ReadInfo(string path) => CurveDispatch.Run(PtauFormat.ReadHeader(path).Curve, new InfoAction(path));

    private static PhaseOneInfo Describe<TCurve, TFp>(PowersOfTau<TCurve, TFp> powers)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => new(
            powers.Header,
            [.. powers.Contributions.Select((c, i) => new PhaseOneEntry(i + 1, c.Name, c.IsBeacon, c.BeaconIterationsLog, c.BeaconValue, c.ResponseHash, c.NextChallenge))],
            powers.IsPrepared);

    private sealed class NewAction(int power, string path, IProgress<SetupProgress>? progress, EngineOptions options) : ICurveAction<byte[]>
    {
        public byte[] Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            int n = 1 << power;
            var meter = new PhaseMeter(progress, 10.0 * n, options.CancellationToken);
            using var writer = new SectionedFileWriter(path, PtauFormat.Magic, PtauFormat.Version, PtauFormat.PlainSections);
            PtauFormat.WriteHeader<TFp>(writer, power, power);
            Repeat<TFp, TCurve>(PtauFormat.TauG1Section, PtauFormat.TauG1Count(power));
            Repeat<Fp2<TFp>, TCurve>(PtauFormat.TauG2Section, n);
            Repeat<TFp, TCurve>(PtauFormat.AlphaTauG1Section, n);
            Repeat<TFp, TCurve>(PtauFormat.BetaTauG1Section, n);
            Repeat<Fp2<TFp>, TCurve>(PtauFormat.BetaG2Section, 1);
            writer.BeginSection(PtauFormat.ContributionSection);
            writer.Write(0u);
            writer.EndSection();
            byte[] challenge = PhaseOneHashing.FirstChallenge<TCurve, TFp>(power, meter.Enter("first challenge").Part(5.0 * n), options.CancellationToken);
            writer.Commit();
            return challenge;

            void Repeat<TField, TGroup>(uint section, int count)
                where TField : unmanaged, IField<TField>
                where TGroup : struct, ICurveGroup<TGroup, TField>
            {
                var points = new Affine<TField, TGroup>[Math.Min(count, 1 << 12)];
                Array.Fill(points, Affine<TField, TGroup>.Generator);
                writer.BeginSection(section);
                for (int left = count; left > 0; left -= points.Length)
                {
                    writer.Write(MemoryMarshal.AsBytes(points.AsSpan(0, Math.Min(left, points.Length))));
                    meter.Enter("generators").Add(Math.Min(left, points.Length));
                }

                writer.EndSection();
            }
        }
    }

    private sealed class ContributeAction(
        string input, string output, ContributionParameters parameters, ContributionEntropy? entropy, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<PhaseOneContributed>
    {
        public PhaseOneContributed Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using PowersOfTau<TCurve, TFp> before = PowersOfTau<TCurve, TFp>.Open(input);
            var contributor = new PhaseOneContributor<TCurve, TFp, TFr>(before, progress, options);
            if (entropy is null)
            {
                using SecretScalars<TFr> known = PhaseOneBeacon.Derive<TCurve, TFp, TFr>(
                    parameters.BeaconValue.Span, parameters.BeaconIterationsLog, contributor.BeaconProgress, out Affine<TFp, TCurve>[] s, options.CancellationToken);
                return contributor.Write(output, known, s, parameters);
            }

            // The keys' points are multiples of the generator by scalars that nobody keeps; their logarithms do no harm.
            using SecretScalars<TFr> secrets = entropy.Derive<TFr>(contributor.Challenge, "tau", "alpha", "beta", "tau point", "alpha point", "beta point");
            var points = new Affine<TFp, TCurve>[3];
            for (int i = 0; i < 3; i++)
            {
                points[i] = ScalarMultiplication.MultiplySecret<TFp, TCurve, TFr>(Affine<TFp, TCurve>.Generator, secrets[3 + i]).ToAffine();
            }

            return contributor.Write(output, secrets, points, parameters);
        }
    }

    private sealed class PrepareAction(string input, string output, IProgress<SetupProgress>? progress, EngineOptions options) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using PowersOfTau<TCurve, TFp> powers = PowersOfTau<TCurve, TFp>.Open(input);
            PhaseOnePreparation.Prepare<TCurve, TFp, TFr>(powers, output, progress, options);
            return true;
        }
    }

    private sealed class TruncateAction(string input, string output, int power, IProgress<SetupProgress>? progress, EngineOptions options) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using PowersOfTau<TCurve, TFp> powers = PowersOfTau<TCurve, TFp>.Open(input);
            PhaseOnePreparation.Truncate(powers, output, power, progress, options.CancellationToken);
            return true;
        }
    }

    private sealed class VerifyAction(string path, IMsmEngine engine, IProgress<SetupProgress>? progress, EngineOptions options) : ICurveAction<PhaseOneReport>
    {
        public PhaseOneReport Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using PowersOfTau<TCurve, TFp> powers = PowersOfTau<TCurve, TFp>.Open(path);
            double work = PhaseOneVerifier<TCurve, TFp, TFr>.Work(powers);
            var meter = new PhaseMeter(progress, 1.5 * work, options.CancellationToken);
            if (powers.FindFault(meter.Enter("check points").Part(0.5 * work), options) is { } fault)
            {
                throw fault;
            }

            return new(
                Describe(powers),
                new PhaseOneVerifier<TCurve, TFp, TFr>(powers, engine, meter, options).FindFault(),
                IsLastHashChecked: !powers.Header.IsReduced && powers.Contributions.Count > 0);
        }
    }

    private sealed class InfoAction(string path) : ICurveAction<PhaseOneInfo>
    {
        public PhaseOneInfo Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using PowersOfTau<TCurve, TFp> powers = PowersOfTau<TCurve, TFp>.Open(path);
            return Describe(powers);
        }
    }
}
