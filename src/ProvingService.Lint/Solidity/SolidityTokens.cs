// Owns: Solidity source as tokens. Comments are left out and strings have no content, so that neither can pass for code. Never: grammar.

using System.Globalization;
using System.Numerics;

namespace ProvingService.Lint;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>A name or a keyword.</summary>
    Word,

    /// <summary>A number, decimal or hexadecimal.</summary>
    Number,

    /// <summary>A text in quotes; its content is not kept.</summary>
    Text,

    /// <summary>A literal hex"…"; its digits are the token's text.</summary>
    Hex,

    /// <summary>An operator or a bracket.</summary>
    Sign,
}

/// <summary>One token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The characters; of a number without underscores.</param>
/// <param name="Line">The line, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    /// <summary>The value of a number without exponent or unit.</summary>
    public BigInteger? Value
    {
        get
        {
            // Longer than any number of 256 bits with zeros to spare: the time to read one grows with its square.
            if (Kind != TokenKind.Number || Text.Length > 1000)
            {
                return null;
            }

            bool isHex = Text.StartsWith("0x", StringComparison.Ordinal);
            return BigInteger.TryParse(
                isHex ? $"0{Text[2..]}" : Text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out BigInteger value)
                ? value
                : null;
        }
    }

    /// <summary>Whether both mean the same: numbers by their value.</summary>
    public bool IsSame(Token other) =>
        Kind == other.Kind && (Text == other.Text || (Value is { } value && value == other.Value));
}

/// <summary>Splits source into tokens, in one pass.</summary>
internal static class SolidityTokens
{
    /// <summary>More tokens than the contract of the largest key that a chain takes has, by far.</summary>
    private const int Most = 4_000_000;

    private static readonly string[] LongSigns = [":=", "==", "!=", "<=", ">=", "&&", "||", "++", "--", "+=", "-=", "=>", "->", "<<", ">>"];

    /// <summary>The tokens of a source; null where it cannot be one: an unknown character, a text or comment without end, too much of it.</summary>
    public static List<Token>? Split(string source)
    {
        var tokens = new List<Token>();
        int line = 1;
        for (int at = 0; at < source.Length;)
        {
            char c = source[at];
            if (c == '\n')
            {
                line++;
                at++;
            }
            else if (char.IsWhiteSpace(c) || c == '\ufeff')
            {
                at++;
            }
            else if (At(source, at, "//"))
            {
                // Solidity ends a line, and with it a comment, at each of these.
                at = source.AsSpan(at).IndexOfAny('\n', '\r') is >= 0 and var end ? at + end : source.Length;
            }
            else if (At(source, at, "/*"))
            {
                int end = source.IndexOf("*/", at + 2, StringComparison.Ordinal);
                if (end < 0)
                {
                    return null;
                }

                line += source.AsSpan(at, end - at).Count('\n');
                at = end + 2;
            }
            else if (Take(source, at, line) is { } token && tokens.Count < Most)
            {
                tokens.Add(token.Token);
                at = token.End;
            }
            else
            {
                return null;
            }
        }

        return tokens;
    }

    private static (Token Token, int End)? Take(string source, int at, int line)
    {
        char c = source[at];
        if (c is '"' or '\'')
        {
            return EndOfText(source, at) is >= 0 and var end ? (new(TokenKind.Text, "\"\"", line), end) : null;
        }

        if (char.IsAsciiDigit(c))
        {
            int end = at;
            while (end < source.Length && (char.IsAsciiLetterOrDigit(source[end]) || source[end] == '_'))
            {
                end++;
            }

            return (new(TokenKind.Number, source[at..end].Replace("_", "", StringComparison.Ordinal).ToLowerInvariant(), line), end);
        }

        if (IsWord(c))
        {
            int end = at;
            while (end < source.Length && (IsWord(source[end]) || char.IsAsciiDigit(source[end])))
            {
                end++;
            }

            string word = source[at..end];
            if (word == "hex" && end < source.Length && source[end] is '"' or '\'' && EndOfText(source, end) is >= 0 and var close)
            {
                return (new(TokenKind.Hex, source[(end + 1)..(close - 1)].Replace("_", "", StringComparison.Ordinal), line), close);
            }

            return (new(TokenKind.Word, word, line), end);
        }

        foreach (string sign in LongSigns)
        {
            if (At(source, at, sign))
            {
                return (new(TokenKind.Sign, sign, line), at + sign.Length);
            }
        }

        return char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)) ? (new(TokenKind.Sign, c.ToString(), line), at + 1) : null;
    }

    /// <summary>The position behind a text in quotes, or −1 where it does not end on its line.</summary>
    private static int EndOfText(string source, int at)
    {
        for (int end = at + 1; end < source.Length && source[end] is not '\n' and not '\r'; end++)
        {
            if (source[end] == source[at])
            {
                return end + 1;
            }

            end += source[end] == '\\' ? 1 : 0;
        }

        return -1;
    }

    private static bool IsWord(char c) => char.IsAsciiLetter(c) || c is '_' or '$';

    private static bool At(string source, int at, string what) => string.CompareOrdinal(source, at, what, 0, what.Length) == 0;
}
