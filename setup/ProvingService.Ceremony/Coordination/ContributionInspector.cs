// Owns: the verdict on a key that was handed in: accepted, or for which reason not. Never: what follows from it (Coordinator.cs).
//
// What each check stops:
//   the file is a state of the transcript   a contributor who hands back what he was given, or what another made before
//   it can be read                          garbage
//   its last contribution is new            another's contribution in a file that differs elsewhere
//   it continues the present record         a branch from an older state, which would drop all contributions since
//   its record names its maker              contributions under another's name; a beacon, whose secret everyone knows
//   PhaseTwo.VerifyStep                     everything else: any other change of the key, a secret that is not known

using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Ceremony;

/// <summary>A verdict.</summary>
/// <param name="Reason">Why it is rejected; unspecified where it is accepted.</param>
/// <param name="Text">The same in words.</param>
/// <param name="Hash">The contribution's hash where it is accepted, 64 bytes.</param>
internal sealed record Verdict(EvictionReason Reason, string Text, byte[] Hash)
{
    /// <summary>Whether it is accepted.</summary>
    public bool IsAccepted => Reason == EvictionReason.Unspecified;
}

/// <summary>Looks at keys that were handed in.</summary>
internal static class ContributionInspector
{
    /// <summary>The verdict.</summary>
    /// <param name="circuit">The circuit's transcript.</param>
    /// <param name="basePath">The present key.</param>
    /// <param name="uploadPath">What was handed in.</param>
    /// <param name="uploadHash">Its hash.</param>
    /// <param name="name">Its maker's name.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="InvalidFileException">The present key is damaged: nobody's fault but the coordinator's.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Verdict Inspect(CircuitRecord circuit, string basePath, string uploadPath, string uploadHash, string name, EngineOptions options)
    {
        if (uploadHash == circuit.InitialHash)
        {
            return No(EvictionReason.Repeated, "the file is the key with which the ceremony began: it holds no contribution of yours.");
        }

        if (circuit.Contributions.FirstOrDefault(contribution => contribution.KeyHash == uploadHash) is { } known)
        {
            return No(EvictionReason.Repeated, $"the file is the key after contribution {known.Number}, which is in the transcript already.");
        }

        try
        {
            PhaseTwoReport report = PhaseTwo.ReadInfo(uploadPath, options);
            return FindFaultOfRecord(circuit, report, name)
                ?? (PhaseTwo.VerifyStep(basePath, uploadPath, options: options) is { } fault
                    ? No(EvictionReason.Invalid, fault.Text)
                    : new Verdict(EvictionReason.Unspecified, "", report.Contributions[^1].Hash.ToArray()));
        }
        catch (InvalidFileException e) when (e.File == uploadPath)
        {
            // The path is the coordinator's business.
            return No(EvictionReason.BrokenFile, e.Message.Replace(uploadPath, "the uploaded key", StringComparison.Ordinal));
        }
    }

    private static Verdict? FindFaultOfRecord(CircuitRecord circuit, PhaseTwoReport report, string name)
    {
        byte[][] present = [.. circuit.AllHashes];
        if (report.Contributions.Count == 0)
        {
            return No(EvictionReason.Invalid, "the key holds no contribution.");
        }

        PhaseTwoEntry last = report.Contributions[^1];
        int same = Array.FindIndex(present, hash => last.Hash.Span.SequenceEqual(hash));
        if (same >= 0)
        {
            return No(EvictionReason.Repeated, $"its last contribution is number {same + 1} of the key's record, which is in the transcript already.");
        }

        int before = report.Contributions.Count - 1, common = 0;
        while (common < Math.Min(before, present.Length) && report.Contributions[common].Hash.Span.SequenceEqual(present[common]))
        {
            common++;
        }

        if (common == before && before < present.Length)
        {
            return No(
                EvictionReason.OlderState,
                $"the contribution was built on the key with {before} contributions; by now there are {present.Length}, and those since would be lost.");
        }

        if (common < present.Length || before != present.Length)
        {
            return No(EvictionReason.Invalid, $"its record differs from the transcript at contribution {common + 1}; exactly one must be added to the {present.Length} there are.");
        }

        if (last.IsBeacon)
        {
            return No(EvictionReason.FalseRecord, "the contribution is recorded as a beacon, whose secret everyone knows.");
        }

        return last.Name == name
            ? null
            : No(EvictionReason.FalseRecord, $"the contribution is recorded under the name '{ContributionName.Printable(last.Name)}', not under '{name}'.");
    }

    private static Verdict No(EvictionReason reason, string text) => new(reason, text, []);
}
