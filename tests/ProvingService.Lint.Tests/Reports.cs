// Owns: how tests look at reports.

using Xunit;

namespace ProvingService.Lint.Tests;

internal static class Reports
{
    /// <summary>That a report has findings of exactly these rules.</summary>
    public static LintReport Breaks(this LintReport report, params Rule[] rules)
    {
        string expected = string.Join('\n', rules.Select(rule => rule.Id).Order()), found = string.Join('\n', report.Counts.Select(count => count.Rule.Id).Order());
        Assert.True(
            expected == found,
            $"{report.File}: expected\n{expected}\nand found\n{string.Join('\n', report.Findings.Select(f => $"{f.Rule.Id}, {f.Place}: {f.Message}"))}");
        return report;
    }

    /// <summary>The only finding of a rule.</summary>
    public static Finding Only(this LintReport report, Rule rule) => Assert.Single(report.Findings, finding => finding.Rule == rule);
}
