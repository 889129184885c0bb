// Owns: what a contributor may be called, and how that is shown. The record of it: the contributions of phase 1 and 2.

using System.Globalization;
using System.Text;

namespace ProvingService.Setup;

/// <summary>The name that a contribution carries in a file: public, not verified by anyone.</summary>
public static class ContributionName
{
    /// <summary>The most UTF-16 units of a name; snarkjs cuts longer ones.</summary>
    public const int MaxLength = 64;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Why a name cannot be written, or null where it can; an empty one stands for none.</summary>
    public static string? FindFault(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        if (name.Length > MaxLength)
        {
            return $"a contribution's name has at most {MaxLength} characters, not {name.Length}.";
        }

        if (name.Any(char.IsControl))
        {
            return "a contribution's name has no control characters.";
        }

        try
        {
            _ = Strict.GetByteCount(name);
            return null;
        }
        catch (EncoderFallbackException)
        {
            return "a contribution's name is text; this one has half of a surrogate pair.";
        }
    }

    /// <exception cref="ArgumentException">The name cannot be written.</exception>
    internal static void Require(string? name, string parameter)
    {
        if (FindFault(name) is { } fault)
        {
            throw new ArgumentException(fault, parameter);
        }
    }

    /// <summary>A name from a file without what would steer a terminal, and never empty.</summary>
    public static string Printable(string name) => string.IsNullOrWhiteSpace(name)
        ? "(no name)"
        : string.Concat(name.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '\ufffd' : c));
}
