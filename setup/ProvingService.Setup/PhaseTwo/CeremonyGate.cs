// Owns: the rules that a key must keep to leave a ceremony. The verification of its transcript: PhaseTwoVerifier.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>What a ceremony promised of its key.</summary>
/// <param name="MinContributions">The fewest contributions that are no beacons; at least 1.</param>
/// <param name="Announcement">What was announced about the beacon; null where nothing was, and then its times are not checked.</param>
/// <param name="RequireBeacon">Whether the last contribution must be a beacon.</param>
/// <param name="VerifyPowersOfTau">Whether phase 1 is verified as well; false where that was done before, on the same file.</param>
public sealed record CeremonyRules(
    int MinContributions, BeaconAnnouncement? Announcement = null, bool RequireBeacon = true, bool VerifyPowersOfTau = true);

/// <summary>
/// The gate of a ceremony. A key passes that has at least as many contributions as announced, none of them a beacon; after the
/// last of them a beacon, with nothing behind it, whose announced times can be true; δ that is neither the generator nor γ (in
/// iden3's keys γ is the generator, and must be); and a transcript that is true by two engines, the portable one and the
/// best of this machine, whose sums of points share no kernels. Pairings and hashes have one implementation, and subgroups are
/// looked at by the best kernels both times.
/// </summary>
public static class CeremonyGate
{
    /// <summary>Checks a key.</summary>
    /// <param name="r1cs">The circuit.</param>
    /// <param name="ptau">The powers of tau.</param>
    /// <param name="zkey">The key.</param>
    /// <param name="rules">What was promised.</param>
    /// <param name="time">The clock; the system's where null.</param>
    /// <param name="progress">Told which part is being checked, and the share done.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The verified report, with the first broken rule or relation as its fault; the key may leave where there is none.</returns>
    /// <exception cref="ArgumentException">The rules ask for no contribution at all.</exception>
    /// <exception cref="InvalidFileException">A file is damaged, or they are over different curves.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static PhaseTwoReport Check(
        string r1cs,
        string ptau,
        string zkey,
        CeremonyRules rules,
        TimeProvider? time = null,
        IProgress<SetupProgress>? progress = null,
        EngineOptions options = default) => Check(
            r1cs, ptau, zkey, rules, (time ?? TimeProvider.System).GetUtcNow(), [CpuEngine.Default, PortableEngine.Instance], progress, options);

    /// <summary>As above, with engines of the caller's choice: for tests, in which one may err.</summary>
    internal static PhaseTwoReport Check(
        string r1cs,
        string ptau,
        string zkey,
        CeremonyRules rules,
        DateTimeOffset now,
        IMsmEngine[] engines,
        IProgress<SetupProgress>? progress,
        EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentOutOfRangeException.ThrowIfLessThan(rules.MinContributions, 1, nameof(rules));
        PhaseTwoReport report = PhaseTwo.ReadInfo(zkey, options);

        // What costs nothing comes first; a key that fails here need not be verified.
        string? broken = FindWeakness(zkey, report.Curve, options) ?? FindBrokenRule(report, rules, now);
        if (broken is not null)
        {
            return report with { Fault = new(TranscriptFaultKind.Policy, 0, broken) };
        }

        var opinions = new List<TranscriptFault?>();
        foreach (IMsmEngine engine in engines)
        {
            report = PhaseTwo.VerifyWithPowers(r1cs, ptau, zkey, rules.VerifyPowersOfTau, engine, progress, options);
            opinions.Add(report.Fault);
        }

        TranscriptFault? fault = opinions.FirstOrDefault(opinion => opinion is not null);
        return report with
        {
            Fault = fault is not null && opinions.Any(opinion => opinion is null)
                ? new(
                    TranscriptFaultKind.Policy,
                    fault.Contribution,
                    $"Two engines disagree about the transcript: one finds it true, the other says: {fault.Text} Verify it on another machine; this one computes wrongly.")
                : fault,
        };
    }

    private static string? FindWeakness(string zkey, CurveId curve, EngineOptions options)
    {
        KeyWeakness weakness = CurveDispatch.Run(curve, new WeaknessAction(zkey, options));
        return weakness == KeyWeakness.None ? null : $"The key is weak: {weakness.Explain()}.";
    }

    private static string? FindBrokenRule(PhaseTwoReport report, CeremonyRules rules, DateTimeOffset now)
    {
        if (report.ContributorCount < rules.MinContributions)
        {
            return $"The ceremony announced at least {rules.MinContributions} contributions, and the key has {report.ContributorCount} (beacons do not count).";
        }

        if (rules is { RequireBeacon: false, Announcement: null })
        {
            return null;
        }

        PhaseTwoEntry last = report.Contributions[^1];
        if (!last.IsBeacon)
        {
            return $"The last contribution, number {last.Number}, is no beacon: whoever made it could choose it to their liking.";
        }

        if (rules.Announcement is not { } announced)
        {
            return null;
        }

        return !announced.Hash.Span.SequenceEqual(last.BeaconHash.Span)
            ? $"The beacon of the key is {Convert.ToHexStringLower(last.BeaconHash.Span)}, and {Convert.ToHexStringLower(announced.Hash.Span)} was announced."
            : announced.IterationsLog != last.BeaconIterationsLog
                ? $"The beacon of the key is hashed 2^{last.BeaconIterationsLog} times, and 2^{announced.IterationsLog} was announced."
                : announced.FindFault(now);
    }

    private sealed class WeaknessAction(string zkey, EngineOptions options) : ICurveAction<KeyWeakness>
    {
        public KeyWeakness Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecureKey: true, options);
            return key.VerifyingKey.Weakness;
        }
    }
}
