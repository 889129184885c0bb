// Owns: the operations of phase 2, from files to files. Never: how they are done (the files beside this one).

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// Phase 2 of the trusted setup: a <c>.zkey</c> of one circuit, whose δ every contributor multiplies by a secret. It is sound as
/// long as one contributor's secret is forgotten. Files and records are iden3's: each step may be taken by snarkjs instead.
/// Outputs appear when complete and replace what had their name. Safe to call from several threads on different outputs.
/// </summary>
public static class PhaseTwo
{
    /// <summary>
    /// Makes the initial key of a circuit, γ = δ = 1: the same bytes as <c>snarkjs zkey new</c> writes. Memory: about 40 bytes a
    /// term of the constraints, and the file of powers mapped.
    /// </summary>
    /// <param name="r1cs">The circuit.</param>
    /// <param name="ptau">Prepared powers of tau, verified (<c>PhaseOne.Verify</c>): they are taken to be true here.</param>
    /// <param name="output">The key to be.</param>
    /// <param name="progress">Told which section is being made, and the share done.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The hash of the initial key, 64 bytes, which binds contributions to circuit and powers of tau.</returns>
    /// <exception cref="InvalidFileException">A file is damaged, the two are over different curves, or the powers are too few or not prepared.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; no file is left.</exception>
    public static byte[] New(
        string r1cs, string ptau, string output, IProgress<SetupProgress>? progress = null, EngineOptions options = default) =>
        CurveDispatch.Run(PtauFormat.ReadHeader(ptau).Curve, new NewAction(r1cs, ptau, output, progress, options));

    /// <summary>
    /// Verifies a key and its whole transcript: that it is for the circuit and from the powers of tau, every contribution, and
    /// every point. The powers of tau are taken to be true: verify them by <c>PhaseOne.Verify</c>.
    /// </summary>
    /// <param name="r1cs">The circuit.</param>
    /// <param name="ptau">Prepared powers of tau.</param>
    /// <param name="zkey">The key.</param>
    /// <param name="engine">What computes sums; the processor's engine where null. Another one is a second opinion.</param>
    /// <param name="progress">Told which part is being checked, and the share done.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>What the transcript says, and the first relation that does not hold. A key to which no one contributed is false.</returns>
    /// <exception cref="InvalidFileException">A file is damaged, has a point outside its subgroup, or they are over different curves.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static PhaseTwoReport Verify(
        string r1cs,
        string ptau,
        string zkey,
        IMsmEngine? engine = null,
        IProgress<SetupProgress>? progress = null,
        EngineOptions options = default) =>
        CurveDispatch.Run(ZkeyFormat.ReadHeader(zkey).Curve, new VerifyAction(r1cs, ptau, zkey, engine ?? CpuEngine.Default, progress, options));

    /// <summary>As <see cref="Verify"/>, after verifying the powers of tau where that is asked for.</summary>
    /// <param name="r1cs">The circuit.</param>
    /// <param name="ptau">Prepared powers of tau.</param>
    /// <param name="zkey">The key.</param>
    /// <param name="verifyPowers">Whether to verify phase 1 as well; its faults are told first.</param>
    /// <param name="engine">What computes sums; the processor's engine where null.</param>
    /// <param name="progress">Told which part is being checked, and the share done.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>As <see cref="Verify"/>; the text of a fault of phase 1 says so.</returns>
    /// <exception cref="InvalidFileException">A file is damaged, has a point outside its subgroup, or they are over different curves.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static PhaseTwoReport VerifyWithPowers(
        string r1cs,
        string ptau,
        string zkey,
        bool verifyPowers = true,
        IMsmEngine? engine = null,
        IProgress<SetupProgress>? progress = null,
        EngineOptions options = default)
    {
        if (verifyPowers && PhaseOne.Verify(ptau, engine, progress, options).Fault is { } fault)
        {
            return ReadInfo(zkey, options) with { IsVerified = true, Fault = fault with { Text = "Phase 1: " + fault.Text } };
        }

        return Verify(r1cs, ptau, zkey, engine, progress, options);
    }

    /// <summary>Contributes by a secret that is drawn, used and erased here.</summary>
    /// <param name="input">The key so far.</param>
    /// <param name="output">The key to be.</param>
    /// <param name="name">The contributor's name, at most 64 characters; may be empty.</param>
    /// <param name="entropy">The randomness; the caller disposes it.</param>
    /// <param name="progress">Told which points are being divided, and the share done.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The contribution's hash, 64 bytes, to be published by the contributor.</returns>
    /// <exception cref="ArgumentException">The text cannot be a name (<see cref="ContributionName.FindFault"/>).</exception>
    /// <exception cref="InvalidFileException">The input is no Groth16 key, or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; no file is left.</exception>
    public static byte[] Contribute(
        string input,
        string output,
        string name,
        ContributionEntropy entropy,
        IProgress<SetupProgress>? progress = null,
        EngineOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        RequireName(name);
        return CurveDispatch.Run(ZkeyFormat.ReadHeader(input).Curve, new ContributeAction(input, output, name, entropy, progress, options));
    }

    /// <summary>Adds the contribution that a public beacon determines: last, when nobody could foresee it.</summary>
    /// <param name="input">The key so far.</param>
    /// <param name="output">The key to be.</param>
    /// <param name="name">A name for it, at most 64 characters; may be empty.</param>
    /// <param name="beacon">The beacon's value, 1 to 255 bytes.</param>
    /// <param name="iterationsLog">log₂ of how often it is hashed, from 10 to 63.</param>
    /// <param name="progress">Told which part is being done, and the share done.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The contribution's hash, 64 bytes.</returns>
    /// <exception cref="ArgumentException">The text cannot be a name, the value a beacon, or the exponent is out of range.</exception>
    /// <exception cref="InvalidFileException">The input is no Groth16 key, or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; no file is left.</exception>
    public static byte[] Beacon(
        string input,
        string output,
        string name,
        ReadOnlyMemory<byte> beacon,
        int iterationsLog,
        IProgress<SetupProgress>? progress = null,
        EngineOptions options = default)
    {
        RequireName(name);
        return CurveDispatch.Run(ZkeyFormat.ReadHeader(input).Curve, new BeaconAction(input, output, name, beacon, iterationsLog, progress, options));
    }

    /// <summary>
    /// Whether a key is another one with exactly one valid contribution more: everything else byte for byte the same, the record
    /// continued, the proof of knowledge true, δ, L and H changed by the secret that is proved. Costs a few sums over L and H and
    /// their subgroup checks; the key before is taken to be true.
    /// </summary>
    /// <param name="previous">The key before.</param>
    /// <param name="next">The key with the contribution.</param>
    /// <param name="allowBeacon">Whether the contribution may be a beacon. Its iterations, up to 2^63, are then repeated here.</param>
    /// <param name="engine">What computes sums; the processor's engine where null.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The first relation that does not hold, or null.</returns>
    /// <exception cref="InvalidFileException">A file is damaged, has a point outside its subgroup, or is over another curve than the first.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static TranscriptFault? VerifyStep(
        string previous,
        string next,
        bool allowBeacon = false,
        IMsmEngine? engine = null,
        IProgress<SetupProgress>? progress = null,
        EngineOptions options = default) =>
        CurveDispatch.Run(
            ZkeyFormat.ReadHeader(previous).Curve, new StepAction(previous, next, allowBeacon, engine ?? CpuEngine.Default, progress, options));

    /// <summary>
    /// Writes a key as bellman's phase-2 parameters, for contributors who use them. Memory: the points of H, three times.
    /// </summary>
    /// <param name="zkey">The key.</param>
    /// <param name="parameters">The parameters to be.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="InvalidFileException">The key is no Groth16 key, or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; no file is left.</exception>
    public static void ExportBellman(
        string zkey, string parameters, IProgress<SetupProgress>? progress = null, EngineOptions options = default) =>
        CurveDispatch.Run(ZkeyFormat.ReadHeader(zkey).Curve, new ExportBellmanAction(zkey, parameters, progress, options));

    /// <summary>
    /// Takes the contributions that parameters have beyond a key's into the key. All of them, δ and the points they changed are
    /// verified first. Memory: the points of H, three times, and those of L.
    /// </summary>
    /// <param name="zkey">The key that was exported.</param>
    /// <param name="parameters">The parameters with further contributions.</param>
    /// <param name="output">The key to be.</param>
    /// <param name="name">The name of the new contributions, at most 64 characters; may be empty.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>Why the parameters do not continue the key, and then nothing is written; null when it is.</returns>
    /// <exception cref="ArgumentException">The text cannot be a name.</exception>
    /// <exception cref="InvalidFileException">A file is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; no file is left.</exception>
    public static TranscriptFault? ImportBellman(
        string zkey, string parameters, string output, string name, IProgress<SetupProgress>? progress = null, EngineOptions options = default)
    {
        RequireName(name);
        return CurveDispatch.Run(ZkeyFormat.ReadHeader(zkey).Curve, new ImportBellmanAction(zkey, parameters, output, name, progress, options));
    }

    /// <summary>Contributes to bellman's parameters. They name no curve: it is that on which their first point lies.</summary>
    /// <param name="parameters">The parameters so far.</param>
    /// <param name="response">The parameters to be.</param>
    /// <param name="entropy">The randomness; the caller disposes it.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The contribution's hash, 64 bytes.</returns>
    /// <exception cref="InvalidFileException">The parameters are damaged or over no known curve.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; no file is left.</exception>
    public static byte[] ContributeBellman(
        string parameters, string response, ContributionEntropy entropy, IProgress<SetupProgress>? progress = null, EngineOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        return CurveDispatch.Run(ReadBellmanCurve(parameters), new ContributeBellmanAction(parameters, response, entropy, progress, options));
    }

    /// <summary>The curve on which the first point of bellman's parameters lies.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <exception cref="InvalidFileException">It lies on no curve known here.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static CurveId ReadBellmanCurve(string parameters)
    {
        foreach (CurveId curve in Enum.GetValues<CurveId>())
        {
            if (CurveDispatch.Run(curve, new BeginsOnCurve(parameters)))
            {
                return curve;
            }
        }

        throw new InvalidFileException(
            parameters, FileFault.NotOnCurve, 0, "the first point lies neither on BLS12-381 nor on BN254: these are no phase-2 parameters.");
    }

    /// <summary>What a key's record says, verified in nothing but its structure and its points.</summary>
    /// <param name="path">The key.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="InvalidFileException">The file is no Groth16 key, or damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PhaseTwoReport ReadInfo(string path, EngineOptions options = default) =>
        CurveDispatch.Run(ZkeyFormat.ReadHeader(path).Curve, new InfoAction(path, options));

    /// <summary>What the record of an open key says; see <see cref="ReadInfo"/>.</summary>
    /// <param name="key">The key.</param>
    public static PhaseTwoReport Describe<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
        new(
            TCurve.Id,
            (key ?? throw new ArgumentNullException(nameof(key))).WireCount,
            key.PublicInputCount,
            key.DomainSize,
            key.Contributions.InitialKeyHash,
            InitialKeyHashForm.Unknown,
            [.. key.Contributions.Contributions.Select((c, i) => new PhaseTwoEntry(
                i + 1, c.Name, c.IsBeacon, c.BeaconIterationsLog, c.BeaconHash, ContributionChain<TCurve, TFp>.HashOf(c)))],
            IsVerified: false,
            Fault: null);

    private static void RequireName(string name)
    {
        if (ContributionName.FindFault(name) is { } fault)
        {
            throw new ArgumentException(fault, nameof(name));
        }
    }

    private sealed class NewAction(string r1cs, string ptau, string output, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<byte[]>
    {
        public byte[] Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            KeyCreation<TCurve, TFp, TFr>.Create(r1cs, ptau, output, progress, options);
    }

    private sealed class VerifyAction(
        string r1cs, string ptau, string zkey, IMsmEngine engine, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<PhaseTwoReport>
    {
        public PhaseTwoReport Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            PhaseTwoVerifier<TCurve, TFp, TFr>.Verify(r1cs, ptau, zkey, engine, progress, options);
    }

    private sealed class ContributeAction(
        string input, string output, string name, ContributionEntropy entropy, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<byte[]>
    {
        public byte[] Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            KeyContribution<TCurve, TFp, TFr>.Contribute(input, output, name, entropy, progress, options);
    }

    private sealed class BeaconAction(
        string input,
        string output,
        string name,
        ReadOnlyMemory<byte> beacon,
        int iterationsLog,
        IProgress<SetupProgress>? progress,
        EngineOptions options) : ICurveAction<byte[]>
    {
        public byte[] Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            KeyContribution<TCurve, TFp, TFr>.Beacon(input, output, name, beacon.Span, iterationsLog, progress, options);
    }

    private sealed class StepAction(
        string previous, string next, bool allowBeacon, IMsmEngine engine, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<TranscriptFault?>
    {
        public TranscriptFault? Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            StepVerifier<TCurve, TFp, TFr>.FindFault(previous, next, allowBeacon, engine, progress, options);
    }

    private sealed class ExportBellmanAction(string zkey, string parameters, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            BellmanExchange<TCurve, TFp, TFr>.Export(zkey, parameters, progress, options);
            return true;
        }
    }

    private sealed class ImportBellmanAction(
        string zkey, string parameters, string output, string name, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<TranscriptFault?>
    {
        public TranscriptFault? Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            BellmanExchange<TCurve, TFp, TFr>.Import(zkey, parameters, output, name, progress, options);
    }

    private sealed class ContributeBellmanAction(
        string parameters, string response, ContributionEntropy entropy, IProgress<SetupProgress>? progress, EngineOptions options)
        : ICurveAction<byte[]>
    {
        public byte[] Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            BellmanContribution<TCurve, TFp, TFr>.Contribute(parameters, response, entropy, progress, options);
    }

    private sealed class BeginsOnCurve(string parameters) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using FileStream stream = File.OpenRead(parameters);
            byte[] point = new byte[Iden3Encoding.PointSize<TFp, TCurve>()];
            int read = stream.ReadAtLeast(point, point.Length, throwOnEndOfStream: false);
            return Iden3Encoding.TryDecodeUncompressed<TFp, TCurve>(point.AsSpan(0, read), out Affine<TFp, TCurve> first, out _) && !first.IsInfinity;
        }
    }

    private sealed class InfoAction(string path, EngineOptions options) : ICurveAction<PhaseTwoReport>
    {
        public PhaseTwoReport Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(path, allowInsecureKey: true, options);
            return Describe(key);
        }
    }
}
