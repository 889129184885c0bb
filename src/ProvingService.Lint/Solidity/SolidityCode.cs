// Owns: a contract taken apart as far as the rules need it: constants, functions, statements.

using System.Numerics;

namespace ProvingService.Lint;

/// <summary>A part of a source in which statements are looked for.</summary>
internal sealed class CodeScope(IReadOnlyList<Token> tokens, int start, int end, int line)
{
    public int Start => start;

    public int End => end;

    /// <summary>The line where it begins, from 1.</summary>
    public int Line => line;

    /// <summary>
    /// The matches of a pattern among the statements that are always reached: in the scope itself and in blocks of assembly and
    /// <c>unchecked</c>, not in what hangs on an <c>if</c>, a loop or a function inside.
    /// </summary>
    public IEnumerable<PatternMatch> Find(string pattern)
    {
        var wanted = new TokenPattern(pattern);
        for (int at = start; at < end; at++)
        {
            if (wanted.At(tokens, at, end) is { } match && !HangsOnCondition(at))
            {
                yield return match;
            }

            if (tokens[at] is { Kind: TokenKind.Sign, Text: "{" } && !IsPlainBlock(at))
            {
                at = SolidityCode.Close(tokens, at, end) - 1;
            }
        }
    }

    /// <summary>The first match of a pattern, or null.</summary>
    public PatternMatch? First(string pattern) => Find(pattern).FirstOrDefault();

    /// <summary>Whether a pattern matches.</summary>
    public bool Has(string pattern) => First(pattern) is not null;

    /// <summary>The rest of the scope from a token on.</summary>
    public CodeScope From(int token) => new(tokens, token, end, tokens[token].Line);

    /// <summary>A part of the scope.</summary>
    public CodeScope Between(int first, int limit) => new(tokens, first, limit, tokens[first].Line);

    /// <summary>The block that begins at the brace which is the last token of a match.</summary>
    public CodeScope Block(PatternMatch match) => new(tokens, match.End, SolidityCode.Close(tokens, match.End - 1, end) - 1, tokens[match.End - 1].Line);

    /// <summary>Functions defined here, at whatever depth, with their parameters.</summary>
    public IEnumerable<CodeFunction> Functions(string name) => SolidityCode.FunctionsIn(tokens, start, end, name);

    /// <summary>The tokens as they stand.</summary>
    public IReadOnlyList<Token> Tokens => [.. tokens.Skip(start).Take(end - start)];

    /// <summary>Whether the statement that begins at a token hangs on an <c>if</c>, a loop or an <c>else</c> without braces.</summary>
    private bool HangsOnCondition(int at)
    {
        if (at <= start || tokens[at - 1].Text is not ")" and not "else" and not "do")
        {
            return false;
        }

        int open = at - 1;
        for (int depth = 0; open > start; open--)
        {
            depth += tokens[open].Text == ")" ? 1 : tokens[open].Text == "(" ? -1 : 0;
            if (depth == 0)
            {
                break;
            }
        }

        return tokens[at - 1].Text != ")" || (open > start && tokens[open - 1].Text is "if" or "for" or "while");
    }

    private bool IsPlainBlock(int brace)
    {
        int before = brace - 1;
        if (before >= 0 && tokens[before].Text == ")")
        {
            // assembly ("memory-safe")
            return before >= 3 && tokens[before - 1].Kind == TokenKind.Text && tokens[before - 3].Text == "assembly";
        }

        return before >= 0 && (tokens[before].Text is "assembly" or "unchecked" or "{" or ";" || (tokens[before].Text == "}" && !IsLoopBody(before)));
    }

    /// <summary>Whether a brace closes the last part of the head of a loop in assembly: for { } condition { } and then the body.</summary>
    private bool IsLoopBody(int close)
    {
        int at = Open(close) - 1;
        while (at > start && tokens[at].Text is not "{" and not "}" and not ";")
        {
            at--;
        }

        return at > start && tokens[at].Text == "}" && Open(at) is > 0 and var open && tokens[open - 1].Text == "for";
    }

    /// <summary>The brace that a brace closes, or the scope's start.</summary>
    private int Open(int close)
    {
        int depth = 0;
        for (int at = close; at > start; at--)
        {
            depth += tokens[at].Text == "}" ? 1 : tokens[at].Text == "{" ? -1 : 0;
            if (depth == 0)
            {
                return at;
            }
        }

        return start;
    }
}

/// <summary>A function of Solidity or of assembly.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">What stands between its brackets.</param>
/// <param name="Head">What stands between its parameters and its body.</param>
/// <param name="Body">What stands between its braces.</param>
internal sealed record CodeFunction(string Name, CodeScope Parameters, CodeScope Head, CodeScope Body);

/// <summary>A constant of a contract.</summary>
/// <param name="Value">Its value, if it is a number.</param>
/// <param name="Bytes">Its bytes, if it is a literal hex"…".</param>
/// <param name="Line">The line, from 1.</param>
internal sealed record CodeConstant(BigInteger? Value, byte[]? Bytes, int Line);

/// <summary>One contract with what stands around it in its file.</summary>
internal sealed class SolidityCode
{
    private readonly IReadOnlyList<Token> tokens;

    private SolidityCode(IReadOnlyList<Token> tokens, string name, int start, int end)
    {
        this.tokens = tokens;
        Name = name;
        Contract = new(tokens, start, end, tokens[start - 1].Line);
        File = new(tokens, 0, tokens.Count, 1);
        Constants = ReadConstants();
    }

    /// <summary>The contract's name.</summary>
    public string Name { get; }

    /// <summary>What stands between its braces.</summary>
    public CodeScope Contract { get; }

    /// <summary>The whole source, for libraries beside the contract.</summary>
    public CodeScope File { get; }

    /// <summary>The contract's constants that are a number or bytes.</summary>
    public IReadOnlyDictionary<string, CodeConstant> Constants { get; }

    /// <summary>The contracts of a source.</summary>
    public static IReadOnlyList<SolidityCode> Contracts(IReadOnlyList<Token> tokens)
    {
        var contracts = new List<SolidityCode>();
        for (int at = 0; at + 2 < tokens.Count; at++)
        {
            if (tokens[at] is { Kind: TokenKind.Word, Text: "contract" } && tokens[at + 1].Kind == TokenKind.Word)
            {
                int brace = at + 2;
                while (brace < tokens.Count && tokens[brace].Text != "{")
                {
                    brace++;
                }

                if (brace == tokens.Count)
                {
                    break;
                }

                int end = Close(tokens, brace, tokens.Count);
                contracts.Add(new(tokens, tokens[at + 1].Text, brace + 1, end - 1));
                at = end - 1;
            }
        }

        return contracts;
    }

    /// <summary>The value of a number or of a constant by its name.</summary>
    public BigInteger? ValueOf(Token token) =>
        token.Kind == TokenKind.Word ? Constants.GetValueOrDefault(token.Text)?.Value : token.Value;

    /// <summary>The position behind the bracket that closes the one at a position, or the limit.</summary>
    internal static int Close(IReadOnlyList<Token> tokens, int open, int limit)
    {
        int depth = 0;
        for (int at = open; at < limit; at++)
        {
            if (tokens[at].Kind == TokenKind.Sign)
            {
                depth += tokens[at].Text is "(" or "[" or "{" ? 1 : tokens[at].Text is ")" or "]" or "}" ? -1 : 0;
                if (depth == 0)
                {
                    return at + 1;
                }
            }
        }

        return limit;
    }

    internal static IEnumerable<CodeFunction> FunctionsIn(IReadOnlyList<Token> tokens, int start, int end, string name)
    {
        for (int at = start; at + 2 < end; at++)
        {
            if (tokens[at].Text != "function" || tokens[at + 1].Text != name || tokens[at + 2].Text != "(")
            {
                continue;
            }

            int parameters = at + 2, head = Close(tokens, parameters, end), body = head;
            while (body < end && tokens[body].Text is not "{" and not ";")
            {
                body++;
            }

            if (body < end && tokens[body].Text == "{")
            {
                int close = Close(tokens, body, end);
                yield return new(
                    name,
                    new(tokens, parameters + 1, head - 1, tokens[at].Line),
                    new(tokens, head, body, tokens[at].Line),
                    new(tokens, body + 1, close - 1, tokens[at].Line));
            }
        }
    }

    private Dictionary<string, CodeConstant> ReadConstants()
    {
        var constants = new Dictionary<string, CodeConstant>();
        for (int at = Contract.Start; at + 3 < Contract.End; at++)
        {
            // TYPE [visibility] constant [visibility] NAME = VALUE ;
            if (tokens[at].Text != "constant")
            {
                continue;
            }

            int name = tokens[at + 1].Text is "private" or "internal" or "public" ? at + 2 : at + 1;
            if (name + 3 < Contract.End && tokens[name + 1].Text == "=" && tokens[name + 3].Text == ";")
            {
                Token value = tokens[name + 2];
                bool isHex = value.Kind == TokenKind.Hex && value.Text.Length % 2 == 0 && value.Text.All(char.IsAsciiHexDigit);
                constants.TryAdd(tokens[name].Text, new(value.Value, isHex ? Convert.FromHexString(value.Text) : null, tokens[name].Line));
            }
        }

        return constants;
    }
}
