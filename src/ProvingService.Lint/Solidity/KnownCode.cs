// Owns: whether the code of a contract is, but for its key, one that an exporter writes. What the shapes look for they find wherever
// else stands beside it; this is what tells that nothing does. Never: the exporters' text, of which there are hashes only.

using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ProvingService.Lint;

/// <summary>A statement whose number of repetitions or whose numbers differ from key to key. The rules of its shape judge it in full.</summary>
/// <param name="Pattern">The statement, as in TokenPattern.cs.</param>
/// <param name="IsRepeated">Whether a run of them counts as one.</param>
internal sealed record KeyStatement(string Pattern, bool IsRepeated = false);

/// <summary>The code of a contract without its key, as a hash.</summary>
internal static partial class KnownCode
{
    /// <summary>The hash of tokens in which statements of the key are replaced by their numbers in a list.</summary>
    /// <param name="tokens">The tokens, without comments.</param>
    /// <param name="statements">Of those that fit at a place, the first counts.</param>
    /// <param name="keyNames">The names of constants that belong to the key.</param>
    public static string HashOf(IEnumerable<Token> tokens, IReadOnlyList<KeyStatement> statements, Regex keyNames)
    {
        Token[] all = [.. tokens];
        TokenPattern[] patterns = [.. statements.Select(statement => new TokenPattern(statement.Pattern))];
        var constant = new TokenPattern("uint256 constant $name = $value ;");
        var text = new StringBuilder();
        int last = -1;
        for (int at = 0; at < all.Length;)
        {
            if (constant.At(all, at, all.Length) is { } match && keyNames.IsMatch(match["name"].Text) && match["value"].Kind == TokenKind.Number)
            {
                // The rules read each by its name, and a name that comes twice does not compile.
                at = match.End;
                continue;
            }

            int found = Array.FindIndex(patterns, pattern => pattern.At(all, at, all.Length) is { } each && IsOfKey(each, keyNames));
            if (found < 0)
            {
                text.Append(Spelling(all[at++])).Append('\n');
            }
            else
            {
                at = patterns[found].At(all, at, all.Length)!.End;
                if (found != last || !statements[found].IsRepeated)
                {
                    text.Append('\0').Append(found).Append('\n');
                }
            }

            last = found;
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>A name $x, $y or $xl, $yl is one of the key, and every other $… a number.</summary>
    private static bool IsOfKey(PatternMatch match, Regex keyNames) =>
        match.Words.All(word => word.Key is "x" or "y" or "xl" or "yl" ? keyNames.IsMatch(word.Value.Text) : word.Value.Kind == TokenKind.Number);

    /// <summary>Numbers by their value; the number in the name of an input's point depends on the inputs before it.</summary>
    private static string Spelling(Token token) => token.Value is { } value ? value.ToString() : InputPoint().Replace(token.Text, "PUB_");

    [GeneratedRegex("^PUB_[0-9]+")]
    private static partial Regex InputPoint();
}
