// Owns: what the linter says of one file. How it is laid out for others: SarifLog.cs.

using System.Globalization;

namespace ProvingService.Lint;

/// <summary>The kinds of files that are linted, told apart by content.</summary>
public enum FileKind
{
    /// <summary>verification_key.json.</summary>
    VerificationKey,

    /// <summary>A Groth16 <c>.zkey</c>.</summary>
    ProvingKey,

    /// <summary>A <c>.ptau</c>.</summary>
    PowersOfTau,

    /// <summary>A <c>.r1cs</c>.</summary>
    Circuit,

    /// <summary>The source of a Solidity contract that verifies Groth16 proofs.</summary>
    SolidityVerifier,
}

/// <summary>Where in a file a finding is; what does not apply is null.</summary>
public sealed record FindingPlace
{
    /// <summary>Nowhere in particular.</summary>
    public static FindingPlace WholeFile { get; } = new();

    /// <summary>The byte, from 0.</summary>
    public long? Offset { get; init; }

    /// <summary>The member of a JSON file, such as <c>IC[2]</c>.</summary>
    public string? Member { get; init; }

    /// <summary>The wire of a circuit.</summary>
    public int? Wire { get; init; }

    /// <summary>The constraint of a circuit, from 0.</summary>
    public int? Constraint { get; init; }

    /// <summary>The line of a source, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>A byte; WholeFile where it is negative, as <c>InvalidFileException</c> says that it does not know.</summary>
    public static FindingPlace AtByte(long offset) => offset < 0 ? WholeFile : new() { Offset = offset };

    /// <summary>A member of a JSON file.</summary>
    public static FindingPlace OfMember(string member) => new() { Member = member };

    /// <summary>A wire.</summary>
    public static FindingPlace OfWire(int wire) => new() { Wire = wire };

    /// <summary>A constraint.</summary>
    public static FindingPlace OfConstraint(int constraint) => new() { Constraint = constraint };

    /// <summary>A line of a source.</summary>
    public static FindingPlace AtLine(int line) => new() { Line = line };

    /// <summary>For people; empty for the whole file.</summary>
    public override string ToString() =>
        Offset is { } offset ? string.Create(CultureInfo.InvariantCulture, $"byte {offset}")
        : Member is not null ? $"member {Member}"
        : Wire is { } wire ? string.Create(CultureInfo.InvariantCulture, $"wire {wire}")
        : Constraint is { } constraint ? string.Create(CultureInfo.InvariantCulture, $"constraint {constraint}")
        : Line is { } line ? string.Create(CultureInfo.InvariantCulture, $"line {line}")
        : "";
}

/// <summary>A rule that a file breaks.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Message">What was found, with the names of elements, wires or lines; a sentence.</param>
/// <param name="Place">Where.</param>
public sealed record Finding(Rule Rule, string Message, FindingPlace Place)
{
    /// <summary>How much it matters.</summary>
    public Severity Severity => Rule.Severity;
}

/// <summary>How often a file breaks a rule.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Count">How often, those findings included that are not listed.</param>
public readonly record struct RuleCount(Rule Rule, long Count);

/// <summary>All that the linter says of a file.</summary>
/// <param name="File">Its path or another name for it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Findings">The findings, the gravest first; at most <see cref="MostOfARule"/> of each rule.</param>
/// <param name="Counts">How many there are of each rule that is broken, in the same order.</param>
public sealed record LintReport(string File, FileKind Kind, IReadOnlyList<Finding> Findings, IReadOnlyList<RuleCount> Counts)
{
    /// <summary>The most findings of one rule that are listed; <see cref="Counts"/> counts all.</summary>
    public const int MostOfARule = 20;

    /// <summary>How many findings there are of a severity.</summary>
    public long Count(Severity severity) => Counts.Where(count => count.Rule.Severity == severity).Sum(count => count.Count);

    /// <summary>Whether something is wrong that must not be relied upon.</summary>
    public bool HasErrors => Count(Severity.Error) > 0;
}

/// <summary>Gathers findings as rules are checked. Not thread-safe.</summary>
internal sealed class Findings
{
    private readonly List<Finding> listed = [];
    private readonly Dictionary<Rule, long> counts = [];

    public void Add(Rule rule, string message, FindingPlace? place = null)
    {
        long count = counts.GetValueOrDefault(rule) + 1;
        counts[rule] = count;
        if (count <= LintReport.MostOfARule)
        {
            listed.Add(new(rule, message, place ?? FindingPlace.WholeFile));
        }
    }

    public bool Has(Rule rule) => counts.ContainsKey(rule);

    public bool HasErrorsOf(string area) =>
        counts.Keys.Any(rule => rule.Severity == Severity.Error && rule.Id.StartsWith(area, StringComparison.Ordinal));

    public bool HasErrors => counts.Keys.Any(rule => rule.Severity == Severity.Error);

    /// <summary>In the order of severity, then of discovery.</summary>
    public IReadOnlyList<Finding> InOrder() => [.. listed.OrderBy(finding => finding.Severity)];

    public LintReport ToReport(string file, FileKind kind)
    {
        IReadOnlyList<Finding> ordered = InOrder();
        return new(file, kind, ordered, [.. ordered.Select(finding => finding.Rule).Distinct().Select(rule => new RuleCount(rule, counts[rule]))]);
    }
}
