// Owns: `zkps lint`: findings as people read them, as JSON and as SARIF, and what they mean for the exit code. The rules: ProvingService.Lint.

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using ProvingService.Lint;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class LintCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Keys, powers of tau, circuits, contracts.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> r1cs = CommonOptions.Optional("--r1cs", "The circuit of a .zkey; with --ptau the whole transcript is verified.");
        Option<string?> ptau = CommonOptions.Optional("--ptau", "The powers of tau that a .zkey was made from.");
        Option<string?> sym = CommonOptions.Optional("--sym", "Names for the wires of a .r1cs; by default the .sym of the same name beside it.");
        Option<string?> sarif = CommonOptions.Optional("--sarif", "Write a SARIF 2.1.0 log to a file, or to standard output with -.");
        var strict = new Option<bool>("--warnings-as-errors") { Description = "End with 1 for warnings too." };
        var rules = new Option<bool>("--rules") { Description = "List the rules." };
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "lint",
            "Looks for faults that let others cheat though everything works: in proving and verification keys, powers of tau, circuits and\n"
            + "exported Solidity verifiers of zkps, snarkjs and gnark. What a file is, is told by its content. Ends with 1 where an error is\n"
            + "found, and with 2 where a file cannot be read or is of no such kind. A clean report is no proof that a file is sound.",
            "zkps lint merkle.zkey verification_key.json Verifier.sol merkle.r1cs",
            (parsed, output) =>
            {
                if (parsed.GetValue(rules))
                {
                    return ListRules(output);
                }

                string[] paths = parsed.GetValue(files) ?? [];
                string? log = parsed.GetValue(sarif);
                RequireCall(paths, parsed.GetValue(r1cs), parsed.GetValue(ptau), log, output);
                return Lint(
                    output,
                    paths,
                    new() { R1cs = parsed.GetValue(r1cs), Ptau = parsed.GetValue(ptau), Sym = parsed.GetValue(sym), Engine = new(parsed.GetValue(threads), output.Cancellation) },
                    log,
                    parsed.GetValue(strict));
            },
            files,
            r1cs,
            ptau,
            sym,
            sarif,
            strict,
            rules,
            threads);
    }

    /// <summary>A finding as other commands say it while they go on.</summary>
    public static void Warn(Output output, IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings.Where(finding => finding.Severity != Severity.Note))
        {
            output.Warn($"{finding.Message} {finding.Rule.Explanation} ({finding.Rule.Id})");
        }
    }

    /// <summary>Findings for scripts.</summary>
    public static JsonArray ToJson(IEnumerable<Finding> findings) => new([.. findings.Select(finding => (JsonNode)new JsonObject
    {
        ["rule"] = finding.Rule.Id,
        ["severity"] = Name(finding.Severity),
        ["message"] = finding.Message,
        ["byte"] = finding.Place.Offset,
        ["member"] = finding.Place.Member,
        ["wire"] = finding.Place.Wire,
        ["constraint"] = finding.Place.Constraint,
        ["line"] = finding.Place.Line,
        ["explanation"] = finding.Rule.Explanation,
        ["remedy"] = finding.Rule.Remedy,
    })]);

    private static void RequireCall(string[] paths, string? r1cs, string? ptau, string? sarif, Output output)
    {
        if (paths.Length == 0)
        {
            throw new UsageException("name at least one file, or --rules for the list of rules.");
        }

        if (paths.FirstOrDefault(path => string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal)) is not null)
        {
            throw new UsageException("FILE needs the name of a file.");
        }

        if (r1cs is null != ptau is null)
        {
            throw new UsageException("--r1cs and --ptau go together: a key's transcript is verified against both.");
        }

        if (sarif == "-" && output.IsJson)
        {
            throw new UsageException("--json and --sarif - both want standard output; name a file for one of them.");
        }
    }

    private static int Lint(Output output, string[] paths, LintOptions options, string? sarif, bool warningsAreErrors)
    {
        var reports = new List<LintReport>();
        var unread = new List<(string File, string Fault)>();
        bool isQuiet = sarif == "-";
        foreach (string path in paths)
        {
            try
            {
                LintReport report = output.Work($"lint {Path.GetFileName(path)}", progress => Linter.Lint(path, options, SetupParts.Relay(progress)));
                reports.Add(report);
                if (!isQuiet)
                {
                    Say(output, report);
                }
            }
            catch (Exception e) when (e is InvalidFileException or IOException or UnauthorizedAccessException)
            {
                // The others are linted all the same.
                unread.Add((path, e.Message));
                output.Fail(Printable(e.Message));
            }
        }

        // A log that lacks a file would pass for that file's being clean.
        if (sarif is not null && unread.Count == 0)
        {
            WriteSarif(output, sarif, reports);
        }

        output.Result(ToJson(reports, unread));
        return unread.Count > 0 ? ExitCode.Mistake
            : reports.Any(report => report.HasErrors || (warningsAreErrors && report.Count(Severity.Warning) > 0)) ? ExitCode.No
            : ExitCode.Success;
    }

    private static void Say(Output output, LintReport report)
    {
        foreach (Finding finding in report.Findings)
        {
            string place = finding.Place.ToString();
            output.Say(Printable($"{Name(finding.Severity)}: {finding.Rule.Id}: {report.File}{(place.Length > 0 ? $", {place}" : "")}"));
            output.Say(Printable($"    {finding.Message}"));
            output.Say($"    {finding.Rule.Explanation}");
            output.Say($"    {finding.Rule.Remedy}");
        }

        foreach (RuleCount count in report.Counts.Where(count => count.Count > LintReport.MostOfARule))
        {
            output.Say($"{Name(count.Rule.Severity)}: {count.Rule.Id}: {count.Count} in all; the first {LintReport.MostOfARule} are listed.");
        }

        output.Say(
            $"{Printable(report.File)}: {Describe(report.Kind)}; {Number(report.Count(Severity.Error), "error")}, "
            + $"{Number(report.Count(Severity.Warning), "warning")}, {Number(report.Count(Severity.Note), "note")}");

        static string Number(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
    }

    /// <summary>A line without what would steer a terminal: names of wires, members and files are whatever somebody wrote there.</summary>
    private static string Printable(string line) =>
        string.Concat(line.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator ? '\ufffd' : c));

    private static JsonObject ToJson(List<LintReport> reports, List<(string File, string Fault)> unread) => new()
    {
        ["files"] = new JsonArray([.. reports.Select(report => (JsonNode)new JsonObject
        {
            ["file"] = report.File,
            ["kind"] = report.Kind.ToString(),
            ["errors"] = report.Count(Severity.Error),
            ["warnings"] = report.Count(Severity.Warning),
            ["notes"] = report.Count(Severity.Note),
            ["findings"] = ToJson(report.Findings),
            ["counts"] = new JsonObject(report.Counts.Select(count => KeyValuePair.Create(count.Rule.Id, (JsonNode?)count.Count))),
        })]),
        ["unread"] = new JsonArray([.. unread.Select(file => (JsonNode)new JsonObject { ["file"] = file.File, ["fault"] = file.Fault })]),
    };

    private static void WriteSarif(Output output, string path, List<LintReport> reports)
    {
        string log = SarifLog.Write(reports, Assembly.GetExecutingAssembly().GetName().Version!.ToString(3));
        if (path == "-")
        {
            output.Say(log.TrimEnd());
            return;
        }

        using var file = new AtomicFile(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(log));
        file.Commit();
    }

    private static int ListRules(Output output)
    {
        foreach (Rule rule in Rules.All)
        {
            output.Say($"{Name(rule.Severity),-7}  {rule.Id}");
            output.Say($"    {rule.Title}.");
            output.Say($"    {rule.Explanation}");
            output.Say($"    {rule.Remedy}");
        }

        output.Result(new JsonArray([.. Rules.All.Select(rule => (JsonNode)new JsonObject
        {
            ["rule"] = rule.Id,
            ["severity"] = Name(rule.Severity),
            ["title"] = rule.Title,
            ["explanation"] = rule.Explanation,
            ["remedy"] = rule.Remedy,
        })]));
        return ExitCode.Success;
    }

    private static string Describe(FileKind kind) => kind switch
    {
        FileKind.ProvingKey => "proving key",
        FileKind.PowersOfTau => "powers of tau",
        FileKind.Circuit => "circuit",
        FileKind.VerificationKey => "verification key",
        _ => "Solidity verifier",
    };

    private static string Name(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    };
}
