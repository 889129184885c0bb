// Owns: what a contributor may call a contribution, and how such a name is shown.

namespace ProvingService.Setup;

/// <summary>Names of contributions. They are not part of any hash: whoever contributes later could change them.</summary>
public static class PhaseTwoNames
{
    /// <summary>The longest name in UTF-16 units: snarkjs cuts longer ones.</summary>
    public const int MaxLength = 64;

    /// <summary>Why a text cannot be the name of a contribution, or null where it can. It may be empty.</summary>
    public static string? FindFault(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length > MaxLength ? $"the name of a contribution has at most {MaxLength} characters, not {name.Length}"
            : name.Any(char.IsControl) ? "the name of a contribution must have no control characters"
            : null;
    }

    /// <summary>A name as files hold it, without what would steer a terminal.</summary>
    public static string Printable(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '\ufffd' : c));

    internal static string Suffix(string name) => name.Length == 0 ? "" : $" ({Printable(name)})";

    /// <exception cref="ArgumentException">The text cannot be a name.</exception>
    internal static void Require(string name)
    {
        if (FindFault(name) is { } fault)
        {
            throw new ArgumentException(fault + ".", nameof(name));
        }
    }
}
