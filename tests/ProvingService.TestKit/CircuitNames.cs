// Owns: patterns of wire and scope names, and the rows of a circuit by scope.

using System.Text.RegularExpressions;
using ProvingService.R1cs;

namespace ProvingService.TestKit;

/// <summary>Names of wires and scopes, and patterns of them.</summary>
public static partial class CircuitNames
{
    /// <summary>A scope's path with every index replaced by *: what was written once is one scope, however often it ran.</summary>
    public static string Normalize(string scope) => Index().Replace(scope, "[*]");

    /// <summary>Whether a name fits a pattern, in which * stands for anything but a dot and ** for anything.</summary>
    public static bool Fits(string name, string pattern) => Regex.IsMatch(
        name,
        $"^{Regex.Escape(pattern).Replace("\\*\\*", ".*", StringComparison.Ordinal).Replace("\\*", "[^.]*", StringComparison.Ordinal)}$");

    /// <summary>Whether a name fits one of several patterns.</summary>
    public static bool FitsAny(string name, IEnumerable<string> patterns) => patterns.Any(pattern => Fits(name, pattern));

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();
}

/// <summary>
/// The rows of a circuit by the normalised scope that owns them: the innermost one that was open when the row was added.
/// Scopes within it are scopes of their own.
/// </summary>
internal sealed class ScopeRows
{
    private readonly int[] scopeOfRow;

    public ScopeRows(SymbolTable symbols, int rowCount)
    {
        var numbers = new Dictionary<string, int>();
        var byPath = new Dictionary<string, int>();
        var names = new List<string>();
        scopeOfRow = new int[rowCount];
        for (int row = 0; row < rowCount; row++)
        {
            string path = symbols.ConstraintScope(row);
            if (!byPath.TryGetValue(path, out int scope))
            {
                string name = CircuitNames.Normalize(path);
                if (!numbers.TryGetValue(name, out scope))
                {
                    scope = names.Count;
                    numbers.Add(name, scope);
                    names.Add(name);
                }

                byPath.Add(path, scope);
            }

            scopeOfRow[row] = scope;
        }

        Names = names;
    }

    /// <summary>Scopes that own rows, in the order of their first row.</summary>
    public IReadOnlyList<string> Names { get; }

    public int Of(int row) => scopeOfRow[row];

    public int RowCount(int scope) => scopeOfRow.Count(s => s == scope);
}
