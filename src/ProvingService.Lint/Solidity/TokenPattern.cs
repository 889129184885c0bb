// Owns: the search for sequences of tokens.
//
// A pattern is Solidity in which
//   $x   stands for one token, the same wherever $x occurs again
//   $$x  stands for any number of tokens with balanced brackets, as few as will do; not at the end
// Numbers are compared by value. There is no grammar: what a pattern does not find is not there, for all that the linter knows.

namespace ProvingService.Lint;

/// <summary>A place where a pattern fits.</summary>
/// <param name="Start">The first token.</param>
/// <param name="End">Behind the last token.</param>
/// <param name="Words">What each $x stands for.</param>
internal sealed record PatternMatch(int Start, int End, IReadOnlyDictionary<string, Token> Words)
{
    /// <summary>What $x stands for.</summary>
    public Token this[string name] => Words[name];
}

/// <summary>A pattern, ready to be looked for. Immutable.</summary>
internal sealed class TokenPattern
{
    private readonly Token[] parts;

    public TokenPattern(string pattern) =>
        parts = [.. SolidityTokens.Split(pattern) ?? throw new ArgumentException($"This is no pattern: {pattern}")];

    /// <summary>The match that begins at a token, or null.</summary>
    public PatternMatch? At(IReadOnlyList<Token> tokens, int start, int limit)
    {
        var words = new Dictionary<string, Token>();
        int at = start;
        for (int i = 0; i < parts.Length; i++)
        {
            Token part = parts[i];
            if (part.Text.StartsWith("$$", StringComparison.Ordinal))
            {
                at = Skip(tokens, at, limit, parts[i + 1]);
                if (at < 0)
                {
                    return null;
                }

                continue;
            }

            if (at >= limit)
            {
                return null;
            }

            if (part.Kind == TokenKind.Word && part.Text[0] == '$')
            {
                if (words.TryGetValue(part.Text[1..], out Token bound) ? !bound.IsSame(tokens[at]) : tokens[at].Kind is TokenKind.Sign or TokenKind.Text)
                {
                    return null;
                }

                words[part.Text[1..]] = tokens[at];
            }
            else if (!part.IsSame(tokens[at]))
            {
                return null;
            }

            at++;
        }

        return new(start, at, words);
    }

    /// <summary>The first token outside brackets that is the next part, or −1 where brackets close before.</summary>
    private static int Skip(IReadOnlyList<Token> tokens, int at, int limit, Token next)
    {
        int depth = 0;
        for (; at < limit; at++)
        {
            if (depth == 0 && next.IsSame(tokens[at]))
            {
                return at;
            }

            depth += tokens[at] is { Kind: TokenKind.Sign, Text: "(" or "[" or "{" } ? 1 : tokens[at] is { Kind: TokenKind.Sign, Text: ")" or "]" or "}" } ? -1 : 0;
            if (depth < 0)
            {
                return -1;
            }
        }

        return -1;
    }
}
