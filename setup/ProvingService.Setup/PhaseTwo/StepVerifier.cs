// Owns: whether one key is another with one more contribution: what a coordinator asks of every upload. The whole transcript:
// PhaseTwoVerifier.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// Needs neither circuit nor powers of tau, since all that follows from them must be the same bytes in both keys. What remains
/// are one contribution and the points of L and H.
/// </summary>
internal static class StepVerifier<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly (uint Section, string Name)[] Fixed =
    [
        (ZkeyFormat.IcSection, "IC"),
        (ZkeyFormat.CoefficientSection, "coefficients"),
        (ZkeyFormat.ASection, "A"),
        (ZkeyFormat.B1Section, "B1"),
        (ZkeyFormat.B2Section, "B2"),
    ];

    /// <summary>The first fault, or null.</summary>
    public static TranscriptFault? FindFault(
        string previousPath, string nextPath, bool allowBeacon, IMsmEngine engine, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        using ProvingKey<TCurve, TFp, TFr> previous = ProvingKey<TCurve, TFp, TFr>.Open(previousPath, allowInsecureKey: true, options);
        using ProvingKey<TCurve, TFp, TFr> next = ProvingKey<TCurve, TFp, TFr>.Open(nextPath, allowInsecureKey: true, options);
        return FindDifference(previous, next, options)
            ?? FindFaultOfRecord(previous, next, allowBeacon, progress, options)
            ?? FindFaultOfPoints(previous, next, engine, progress, options);
    }

    private static TranscriptFault? FindDifference(
        ProvingKey<TCurve, TFp, TFr> previous, ProvingKey<TCurve, TFp, TFr> next, EngineOptions options)
    {
        if (next.File.Sections.Length != ZkeyFormat.SectionCount)
        {
            return new(TranscriptFaultKind.Circuit, 0, $"The new key has {next.File.Sections.Length} sections; a key has {ZkeyFormat.SectionCount}.");
        }

        if ((next.WireCount, next.PublicInputCount, next.DomainSize) != (previous.WireCount, previous.PublicInputCount, previous.DomainSize))
        {
            return new(
                TranscriptFaultKind.Circuit,
                0,
                $"The new key is for {next.WireCount} wires, {next.PublicInputCount} public inputs and a domain of {next.DomainSize}, the one "
                + $"before for {previous.WireCount}, {previous.PublicInputCount} and {previous.DomainSize}.");
        }

        VerifyingKey<TCurve, TFp> before = previous.VerifyingKey, after = next.VerifyingKey;
        string? changed = after.Alpha != before.Alpha ? "α" : next.Beta1 != previous.Beta1 || after.Beta != before.Beta ? "β" : after.Gamma != before.Gamma ? "γ" : null;
        if (changed is not null)
        {
            return new(TranscriptFaultKind.PhaseOne, 0, $"The new key has another {changed} than the one before; a contribution changes δ alone.");
        }

        foreach ((uint section, string name) in Fixed)
        {
            if (SectionComparison.FindDifference(previous.File, next.File, section, options.CancellationToken) is { } at)
            {
                return new(
                    TranscriptFaultKind.Circuit,
                    0,
                    $"Section {section} ({name}) of the new key differs from that of the one before at its byte {at}; a contribution copies it unchanged.");
            }
        }

        return null;
    }

    private static TranscriptFault? FindFaultOfRecord(
        ProvingKey<TCurve, TFp, TFr> previous,
        ProvingKey<TCurve, TFp, TFr> next,
        bool allowBeacon,
        IProgress<SetupProgress>? progress,
        EngineOptions options)
    {
        byte[] before = PhaseTwoRecord<TCurve, TFp>.ReadBytes(previous.File), after = PhaseTwoRecord<TCurve, TFp>.ReadBytes(next.File);
        uint count = PhaseTwoRecord<TCurve, TFp>.CountOf(before);
        if (PhaseTwoRecord<TCurve, TFp>.CountOf(after) != count + 1)
        {
            return new(
                TranscriptFaultKind.HashChain,
                0,
                $"The new key has {PhaseTwoRecord<TCurve, TFp>.CountOf(after)} contributions on record and the one before {count}; exactly one must be added to it.");
        }

        PhaseTwoRecord<TCurve, TFp>.SetCount(before, count + 1);
        if (!after.AsSpan().StartsWith(before))
        {
            return new(
                TranscriptFaultKind.HashChain,
                0,
                "The new key's record does not begin with the record of the one before: it was built on another state, or earlier entries were altered.");
        }

        PhaseTwoContribution<TCurve, TFp> last = next.Contributions.Contributions[^1];
        if (last.IsBeacon && !allowBeacon)
        {
            return new(TranscriptFaultKind.Policy, (int)count + 1, $"Contribution {count + 1} is recorded as a beacon, and a contribution is expected.");
        }

        return new ContributionChecks<TCurve, TFp, TFr>(next.Contributions).FindFaultOfLast(progress, options)
            ?? SectionChecks.FindFaultOfDelta(next);
    }

    private static TranscriptFault? FindFaultOfPoints(
        ProvingKey<TCurve, TFp, TFr> previous,
        ProvingKey<TCurve, TFp, TFr> next,
        IMsmEngine engine,
        IProgress<SetupProgress>? progress,
        EngineOptions options)
    {
        // Outside the subgroups random sums and pairings say nothing.
        if (next.FindContributedPointOutsideSubgroup(options) is { } fault)
        {
            throw fault;
        }

        progress?.Report(new("L", 0.5));
        (Affine<TFp, TCurve> oldL, Affine<TFp, TCurve> newL) = RandomSums.Pair<TCurve, TFp>(previous.C, next.C, engine, options);
        int number = next.Contributions.Contributions.Count;
        if (!Divides(oldL, newL))
        {
            return new(
                TranscriptFaultKind.SectionL, number, "The points of private wires (L) are not those of the key before, divided by the contribution's secret.");
        }

        progress?.Report(new("H", 0.75));
        bool isQuotient = SectionChecks.IsQuotientOfH<TCurve, TFp, TFr>(
            next.H, previous.H, previous.VerifyingKey.Delta, next.VerifyingKey.Delta, engine, options);
        progress?.Report(new("H", 1));
        return isQuotient
            ? null
            : new(TranscriptFaultKind.SectionH, number, "The points of the quotient (H) are not those of the key before, divided by the contribution's secret.");

        bool Divides(in Affine<TFp, TCurve> before, in Affine<TFp, TCurve> after) =>
            SectionChecks.IsQuotient<TCurve, TFp>(after, before, previous.VerifyingKey.Delta, next.VerifyingKey.Delta);
    }
}
