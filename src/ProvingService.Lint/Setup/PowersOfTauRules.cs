// Owns: the rules of a .ptau. Whether its transcript is true: PhaseOne.cs of Setup.

using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Lint;

/// <summary>Lints powers of tau.</summary>
public static class PowersOfTauRules
{
    /// <summary>What a verified transcript deserves to have said of it.</summary>
    /// <param name="report">The result of its verification.</param>
    /// <returns>The findings, the gravest first.</returns>
    public static IReadOnlyList<Finding> Check(PhaseOneReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var findings = new Findings();
        Check(report.Info, report.Fault, findings);
        return findings.InOrder();
    }

    /// <summary>Lints a file that begins as a <c>.ptau</c>.</summary>
    internal static void Lint(string path, LintOptions options, Findings findings, IProgress<SetupProgress>? progress)
    {
        try
        {
            CheckSections(path, findings);
            PhaseOneReport report = PhaseOne.Verify(path, null, progress, options.Engine);
            Check(report.Info, report.Fault, findings);
        }
        catch (InvalidFileException e)
        {
            findings.Add(e);
        }
    }

    private static void Check(PhaseOneInfo info, TranscriptFault? fault, Findings findings)
    {
        int contributors = info.Contributions.Count(c => !c.IsBeacon);
        if (info.Contributions.Count == 0)
        {
            findings.Add(Rules.PtauNoContributions, "There is no contribution on record.");
        }
        else
        {
            if (fault is not null)
            {
                findings.Add(Rules.PtauTranscriptFalse, fault.Text);
            }

            if (contributors < 2)
            {
                findings.Add(Rules.PtauOneContribution, "There is a single contribution that is not a beacon, or none.");
            }

            if (!info.Contributions[^1].IsBeacon)
            {
                findings.Add(Rules.PtauNoBeacon, "The last contribution is not a beacon.");
            }
        }

        if (info.Header.IsReduced)
        {
            findings.Add(Rules.PtauReduced, $"The file has power {info.Header.Power} and its ceremony had {info.Header.CeremonyPower}.");
        }

        if (!info.IsPrepared)
        {
            findings.Add(Rules.PtauNotPrepared, "There are no Lagrange bases.");
        }
    }

    private static void CheckSections(string path, Findings findings)
    {
        using SectionedFile file = SectionedFile.Open(path, PtauFormat.Magic, PtauFormat.Version);
        foreach (FileSection section in file.Sections)
        {
            bool isKnown = section.Type is >= PtauFormat.HeaderSection and <= PtauFormat.ContributionSection
                or >= PtauFormat.LagrangeTauG1Section and <= PtauFormat.LagrangeBetaTauG1Section;
            if (!isKnown)
            {
                findings.Add(Rules.PtauUnknownSection, $"There is a section {section.Type} of {section.Length} bytes.", FindingPlace.AtByte(section.Offset));
            }
        }
    }
}
