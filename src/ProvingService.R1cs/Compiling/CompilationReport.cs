// Owns: constraint counts by scope.

using System.Globalization;
using System.Text;

namespace ProvingService.R1cs;

/// <summary>The constraints of one scope, inner scopes included.</summary>
/// <param name="Scope">The path, such as <c>main.path[3]</c>.</param>
/// <param name="Before">Constraints as written.</param>
/// <param name="After">Constraints after optimisation.</param>
public sealed record ScopeCount(string Scope, int Before, int After);

/// <summary>What a circuit costs and where, before and after optimisation.</summary>
public sealed class CompilationReport
{
    internal CompilationReport(ScopeCount[] scopes, int wiresBefore, int wiresAfter)
    {
        Scopes = scopes;
        WiresBefore = wiresBefore;
        WiresAfter = wiresAfter;
    }

    /// <summary>The whole circuit first, then every scope in the order of opening.</summary>
    public IReadOnlyList<ScopeCount> Scopes { get; }

    /// <summary>Constraints as written.</summary>
    public int ConstraintsBefore => Scopes[0].Before;

    /// <summary>Constraints after optimisation.</summary>
    public int ConstraintsAfter => Scopes[0].After;

    /// <summary>Wires as written.</summary>
    public int WiresBefore { get; }

    /// <summary>Wires after optimisation.</summary>
    public int WiresAfter { get; }

    /// <summary>A table of up to 40 scopes.</summary>
    public override string ToString()
    {
        const int mostRows = 40;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"scope",-48} {"written",10} {"optimised",10}\n");
        for (int i = 0; i < Math.Min(Scopes.Count, mostRows); i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Scopes[i].Scope,-48} {Scopes[i].Before,10} {Scopes[i].After,10}\n");
        }

        if (Scopes.Count > mostRows)
        {
            text.Append(CultureInfo.InvariantCulture, $"and {Scopes.Count - mostRows} scopes more\n");
        }

        return text.ToString();
    }
}
