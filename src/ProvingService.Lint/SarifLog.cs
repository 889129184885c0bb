// Owns: reports as SARIF 2.1.0 (OASIS), for code-scanning tools.

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ProvingService.Lint;

/// <summary>Writes the reports of one run.</summary>
public static class SarifLog
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The log as text. It names all rules, those that nothing breaks too.</summary>
    /// <param name="reports">One for each file.</param>
    /// <param name="version">The version of the program.</param>
    public static string Write(IEnumerable<LintReport> reports, string version)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var rules = new JsonArray([.. Rules.All.Select(Describe)]);
        var results = new JsonArray([.. reports.SelectMany(report => report.Findings.Select(finding => Describe(report, finding)))]);
        var log = new JsonObject
        {
            ["$schema"] = Schema,
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(new JsonObject
            {
                ["tool"] = new JsonObject
                {
                    ["driver"] = new JsonObject { ["name"] = "zkps", ["version"] = version, ["rules"] = rules },
                },
                ["columnKind"] = "utf16CodeUnits",
                ["results"] = results,
            }),
        };
        return log.ToJsonString(Layout) + "\n";
    }

    private static JsonNode Describe(Rule rule) => new JsonObject
    {
        ["id"] = rule.Id,
        ["shortDescription"] = Text(rule.Title + "."),
        ["fullDescription"] = Text(rule.Explanation),
        ["help"] = Text($"{rule.Explanation} {rule.Remedy}"),
        ["defaultConfiguration"] = new JsonObject { ["level"] = Level(rule.Severity) },
    };

    private static JsonNode Describe(LintReport report, Finding finding)
    {
        var physical = new JsonObject { ["artifactLocation"] = new JsonObject { ["uri"] = UriOf(report.File) } };
        if (finding.Place.Line is { } line)
        {
            physical["region"] = new JsonObject { ["startLine"] = line };
        }
        else if (finding.Place.Offset is { } offset)
        {
            physical["region"] = new JsonObject { ["byteOffset"] = offset };
        }

        var location = new JsonObject { ["physicalLocation"] = physical };
        (string Kind, string Name)? logical =
            finding.Place.Member is { } member ? ("property", member)
            : finding.Place.Wire is not null ? ("variable", finding.Place.ToString())
            : finding.Place.Constraint is not null ? ("constraint", finding.Place.ToString())
            : null;
        if (logical is { } known)
        {
            location["logicalLocations"] = new JsonArray(new JsonObject { ["fullyQualifiedName"] = known.Name, ["kind"] = known.Kind });
        }

        return new JsonObject
        {
            ["ruleId"] = finding.Rule.Id,
            ["ruleIndex"] = IndexOf(finding.Rule),
            ["level"] = Level(finding.Severity),
            ["message"] = Text(finding.Message),
            ["locations"] = new JsonArray(location),
        };
    }

    private static JsonObject Text(string text) => new() { ["text"] = text };

    private static int IndexOf(Rule rule)
    {
        for (int i = 0; i < Rules.All.Count; i++)
        {
            if (Rules.All[i] == rule)
            {
                return i;
            }
        }

        return -1;
    }

    private static string Level(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    };

    /// <summary>A path as the relative reference or the file URI that SARIF wants.</summary>
    private static string UriOf(string path) => Path.IsPathFullyQualified(path)
        ? new Uri(path).AbsoluteUri
        : string.Join('/', path.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString));
}
