// Owns: what a rule of the linter is. Which rules there are: Rules.cs.

namespace ProvingService.Lint;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>The file must not be relied upon: somebody can forge, double-spend or cheat otherwise, or nothing can be proved.</summary>
    Error,

    /// <summary>Likely a mistake, or trust that the user may not know of.</summary>
    Warning,

    /// <summary>A fact that a careful user wants to know.</summary>
    Note,
}

/// <summary>A rule of the linter. Rules are compared by their identity: there is one instance of each, in <see cref="Rules"/>.</summary>
public sealed class Rule
{
    internal Rule(string id, Severity severity, string title, string explanation, string remedy)
    {
        Id = id;
        Severity = severity;
        Title = title;
        Explanation = explanation;
        Remedy = remedy;
    }

    /// <summary>Its name for programs, such as <c>key/gamma-equals-delta</c>. Never changes its meaning.</summary>
    public string Id { get; }

    /// <summary>How much its findings matter.</summary>
    public Severity Severity { get; }

    /// <summary>What is wrong, in a few words.</summary>
    public string Title { get; }

    /// <summary>What somebody gains by it, or what the user loses.</summary>
    public string Explanation { get; }

    /// <summary>What to do.</summary>
    public string Remedy { get; }

    /// <inheritdoc/>
    public override string ToString() => Id;
}
