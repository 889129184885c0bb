// Owns: the words of the vectors and their order.

namespace ProvingService.Schoolbook;

/// <summary>Verdicts and reasons as the vectors spell them.</summary>
internal static class Reasons
{
    public const string Accept = "accept", Reject = "reject", Malformed = "malformed";

    public const string Syntax = "syntax";
    public const string Length = "length";
    public const string Flags = "flags";
    public const string Infinity = "infinity";
    public const string NotCanonical = "not-canonical";
    public const string NotOnCurve = "not-on-curve";
    public const string NotInSubgroup = "not-in-subgroup";
    public const string IcCount = "ic-count";
    public const string InputCount = "input-count";
    public const string InputNotCanonical = "input-not-canonical";
    public const string InputNegative = "input-negative";

    /// <summary>The reasons of what does not decode: of several, the first in this list is the one that is told.</summary>
    private static readonly string[] Order =
    [
        Syntax, Length, Flags, Infinity, NotCanonical, NotOnCurve, NotInSubgroup, IcCount, InputCount, InputNotCanonical, InputNegative,
    ];

    /// <summary>The reason that comes first; null where there is none.</summary>
    public static string? First(IEnumerable<string?> reasons) => reasons.Where(r => r is not null).MinBy(r => Array.IndexOf(Order, r));
}

/// <summary>The end of a judgement that is not accept.</summary>
/// <param name="verdict">reject or malformed.</param>
/// <param name="reason">The reason.</param>
internal sealed class Refusal(string verdict, string reason) : Exception($"{verdict}: {reason}")
{
    public string Verdict => verdict;

    public string Reason => reason;

    /// <summary>What does not decode ends the judgement.</summary>
    public static void MalformedUnless(bool condition, string reason)
    {
        if (!condition)
        {
            throw new Refusal(Reasons.Malformed, reason);
        }
    }

    /// <summary>What is false ends the judgement.</summary>
    public static void RejectUnless(bool condition, string reason)
    {
        if (!condition)
        {
            throw new Refusal(Reasons.Reject, reason);
        }
    }
}
