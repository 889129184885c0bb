// Owns: what of an error about inputs may be kept and logged: names and places, never values.

using System.Globalization;
using System.Text.RegularExpressions;
using ProvingService.R1cs;

namespace ProvingService.Service;

/// <summary>
/// Messages about inputs without the inputs. On a command line the value that is wrong helps; here messages outlive the
/// inputs, which are deleted when the job ends, and are read by others than their owner.
/// </summary>
internal static partial class Redaction
{
    private const string Hidden = "…";

    /// <summary>The message without anything from its first quote to its last, since a quoted text may hold quotes, and without numbers of more than three digits.</summary>
    public static string Of(string message) => Values().Replace(message, Hidden);

    /// <summary>Which constraint a witness fails, without the values that it has there.</summary>
    public static string Of(ConstraintFailure failure) => failure.Index < 0
        ? "Element 0 of the witness is not 1."
        : string.Create(
            CultureInfo.InvariantCulture,
            $"The witness does not satisfy constraint {failure.Index}{(failure.Scope.Length > 0 ? $" (in {failure.Scope})" : "")}; zkps circuit check, or the inputs at hand, show the values.");

    [GeneratedRegex("'.*'|\".*\"|0x[0-9a-fA-F]+|[0-9]{4,}", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Values();
}
