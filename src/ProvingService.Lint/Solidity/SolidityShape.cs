// Owns: what the shapes of verifiers share: moduli, points out of constants, bounds, and ways past the pairing. Each shape: its own file.

using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Lint;

/// <summary>
/// The contract of one exporter. A check that is not found where that exporter puts it is a finding: there is no proof here that
/// another form does the same.
/// </summary>
internal abstract class SolidityShape(SolidityCode code, Findings findings)
{
    /// <summary>The contract.</summary>
    protected SolidityCode Code => code;

    /// <summary>Takes what is found.</summary>
    protected Findings Findings => findings;

    /// <summary>The order of the curve's groups.</summary>
    protected abstract BigInteger Order { get; }

    /// <summary>The modulus of the base field.</summary>
    protected abstract BigInteger BaseModulus { get; }

    /// <summary>Checks everything.</summary>
    public abstract void Lint();

    /// <summary>A finding at a line.</summary>
    protected void Add(Rule rule, string message, int line) => findings.Add(rule, message, FindingPlace.AtLine(line));

    /// <summary>A constant that must be a modulus of the curve.</summary>
    protected void RequireModulus(string name, BigInteger expected)
    {
        if (code.Constants.TryGetValue(name, out CodeConstant? constant))
        {
            if (constant.Value != expected)
            {
                Add(Rules.SolidityWrongModulus, $"The constant {name} is not the {(expected == Order ? "order r of the groups" : "modulus q of the base field")}.", constant.Line);
            }
        }
        else
        {
            Add(Rules.SolidityWrongModulus, $"There is no constant {name}, or it is no number.", code.Contract.Line);
        }
    }

    /// <summary>A constant that must be the address of a precompile.</summary>
    protected void RequirePrecompile(string name, int expected)
    {
        CodeConstant? constant = code.Constants.GetValueOrDefault(name);
        if (constant?.Value != expected)
        {
            Add(Rules.SolidityWrongPrecompile, $"The constant {name} is not {expected}.", constant?.Line ?? code.Contract.Line);
        }
    }

    /// <summary>A bound that an input is compared with.</summary>
    /// <param name="bound">What stands there.</param>
    /// <param name="value">Its value.</param>
    /// <param name="what">Which input or inputs, at the start of a sentence.</param>
    protected void RequireOrder(Token bound, BigInteger? value, string what)
    {
        if (value == BaseModulus)
        {
            Add(Rules.SolidityBaseFieldCheck, $"{what} compared with {bound.Text}, the modulus of the base field, and not with the order r.", bound.Line);
        }
        else if (value != Order && !findings.Has(Rules.SolidityWrongModulus))
        {
            // Of a named modulus this is said where it is defined.
            Add(Rules.SolidityUncheckedInput, $"{what} compared with {bound.Text}, which is not the order r.", bound.Line);
        }
    }

    /// <summary>That each of the inputs 0 to count − 1 is among those found.</summary>
    protected void RequireAll(Rule rule, int count, IReadOnlyCollection<int> found, Func<int, string> message, int line)
    {
        for (int i = 0; i < count; i++)
        {
            if (!found.Contains(i))
            {
                Add(rule, message(i), line);
            }
        }
    }

    /// <summary>The number of inputs that a function takes as its last argument, an array of fixed length; 0 where there is none.</summary>
    /// <param name="function">The function.</param>
    /// <param name="points">The IC points, the constant's included.</param>
    /// <param name="before">How many arguments stand before it.</param>
    /// <param name="name">The array's name, or null.</param>
    protected int CheckInputCount(CodeFunction function, int points, int before, out string? name)
    {
        int arguments = function.Parameters.Tokens.Count == 0 ? 0 : 1 + function.Parameters.Find(", $type").Count();
        PatternMatch? last = function.Parameters.Find("[ $n ] calldata $name").Concat(function.Parameters.Find("[ $n ] memory $name"))
            .FirstOrDefault(match => match.End == function.Parameters.End && arguments > before);
        PatternMatch? open = function.Parameters.Find("[ ] calldata $name").Concat(function.Parameters.Find("[ ] memory $name"))
            .FirstOrDefault(match => match.End == function.Parameters.End);
        name = (last ?? open)?["name"].Text;
        if (open is not null)
        {
            string array = name!;
            bool isChecked = function.Body.First($"require ( {array} . length == $n") is { } required && code.ValueOf(required["n"]) == points - 1
                || function.Body.First($"if ( {array} . length != $n )") is { } refused && code.ValueOf(refused["n"]) == points - 1;
            if (!isChecked)
            {
                Add(Rules.SolidityLengthUnchecked, $"{function.Name} takes any number of inputs and does not ask for {points - 1}.", function.Parameters.Line);
            }

            return points - 1;
        }

        BigInteger count = last is null ? 0 : code.ValueOf(last["n"]) ?? -1;
        if (count != points - 1)
        {
            Add(
                Rules.SolidityInputCount,
                $"{function.Name} takes {(count < 0 ? "an unknown number of" : count.ToString(CultureInfo.InvariantCulture))} inputs and there are {points} IC points, which are the constant's and those of {points - 1} inputs.",
                function.Parameters.Line);
        }

        return count < 0 || count > points - 1 ? points - 1 : (int)count;
    }

    /// <summary>The numbers of IC points by a pattern of names, with a finding for each that is left out.</summary>
    /// <param name="x">The name of an abscissa's constant, by number.</param>
    protected int CountPoints(Func<int, string> x)
    {
        int count = 0;
        while (code.Constants.ContainsKey(x(count)))
        {
            count++;
        }

        // A gap: points behind it belong to inputs that are then taken for others.
        foreach (int beyond in Enumerable.Range(count + 1, 8).Where(i => code.Constants.ContainsKey(x(i))))
        {
            Add(Rules.SolidityIcOrder, $"There is a constant {x(beyond)} and no {x(count)}.", code.Constants[x(beyond)].Line);
        }

        return count;
    }

    /// <summary>A point of G1 from the constants of its coordinates.</summary>
    protected Affine<TFp, TCurve>? G1<TFp, TCurve>(string name, string x, string y, bool isNegated = false)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp> =>
        Words([x, y]) is (var words, var line) ? ToG1<TFp, TCurve>(name, words, line, isNegated) : null;

    /// <summary>A point of G2 from the constants of x.c0, x.c1, y.c0, y.c1.</summary>
    protected Affine<Fp2<TFp>, TCurve>? G2<TFp, TCurve>(string name, string[] constants, bool isNegated = false)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>> =>
        Words(constants) is (var words, var line) ? ToG2<TFp, TCurve>(name, words, line, isNegated) : null;

    /// <summary>A point of G1 from its coordinates; infinity is (0, 0), as the precompiles have it.</summary>
    protected Affine<TFp, TCurve>? ToG1<TFp, TCurve>(string name, BigInteger[] words, int line, bool isNegated)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>
    {
        if (!AreCanonical<TFp>(name, words, line))
        {
            return null;
        }

        Affine<TFp, TCurve>? point = findings.Checked(name, new Affine<TFp, TCurve>(TFp.FromBigInteger(words[0]), TFp.FromBigInteger(words[1])), FindingPlace.AtLine(line));
        return isNegated && point is { } p ? -p : point;
    }

    /// <summary>A point of G2 from x.c0, x.c1, y.c0, y.c1.</summary>
    protected Affine<Fp2<TFp>, TCurve>? ToG2<TFp, TCurve>(string name, BigInteger[] words, int line, bool isNegated)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>>
    {
        if (!AreCanonical<TFp>(name, words, line))
        {
            return null;
        }

        TFp[] c = [.. words.Select(word => TFp.FromBigInteger(word))];
        Affine<Fp2<TFp>, TCurve>? point = findings.Checked(name, new Affine<Fp2<TFp>, TCurve>(new(c[0], c[1]), new(c[2], c[3])), FindingPlace.AtLine(line));
        return isNegated && point is { } p ? -p : point;
    }

    /// <summary>The rules of keys, at the lines of their points.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lineOf">The line of α, β, γ, δ or IC[i].</param>
    /// <param name="otherGamma">The rule that a γ which is not the generator breaks, if any.</param>
    protected void CheckKey<TCurve, TFp>(KeyElements<TCurve, TFp> key, Func<string, int> lineOf, Rule? otherGamma)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        KeyRules.Check(key, findings, element => FindingPlace.AtLine(lineOf(element)), otherGamma);

    /// <summary>The line of a constant.</summary>
    protected int LineOf(string constant) => code.Constants.GetValueOrDefault(constant)?.Line ?? code.Contract.Line;

    /// <summary>The number in an element's name, such as IC[3].</summary>
    protected static int IndexOf(string element) => int.Parse(element.AsSpan(3, element.Length - 4), CultureInfo.InvariantCulture);

    /// <summary>Local names that hide a constant: a check by that name is then by another value.</summary>
    protected void CheckShadows()
    {
        IReadOnlyList<Token> tokens = code.Contract.Tokens;
        for (int i = 1; i < tokens.Count; i++)
        {
            if (tokens[i].Kind == TokenKind.Word && code.Constants.TryGetValue(tokens[i].Text, out CodeConstant? constant) && tokens[i].Line != constant.Line
                && tokens[i - 1] is { Kind: TokenKind.Word, Text: not "return" and not "and" })
            {
                Add(Rules.SolidityShadowedConstant, $"A local {tokens[i].Text} hides the constant of line {constant.Line}.", tokens[i].Line);
            }
        }
    }

    /// <summary>
    /// Ends of a function of assembly other than its last, which may stand only behind mstore(0, 0): any other can say yes to anything.
    /// </summary>
    /// <param name="verify">The function.</param>
    /// <param name="last">A match that ends with return(0, 32), the function's answer, if it was found.</param>
    protected void CheckReturns(CodeFunction verify, PatternMatch? last)
    {
        const int ReturnTokens = 6;
        IReadOnlyList<Token> tokens = verify.Body.Tokens;
        for (int i = 0; i < tokens.Count; i++)
        {
            bool isRefusal = i >= 6 && string.Concat(tokens.Skip(i - 6).Take(6).Select(token => token.Text)) == "mstore(0,0)";
            bool isAnswer = last is not null && verify.Body.Start + i == last.End - ReturnTokens;
            if ((tokens[i].Text == "return" && !isRefusal && !isAnswer) || tokens[i].Text is "stop" or "selfdestruct")
            {
                Add(Rules.SolidityPairingUnchecked, "verifyProof can end here without the pairing.", tokens[i].Line);
            }
        }
    }

    /// <summary>Holds the code, without its key, against that of the exporter's versions: any other is told, unless an error was.</summary>
    /// <param name="tokens">The tokens of all that the contract consists of.</param>
    /// <param name="statements">The statements that differ from key to key.</param>
    /// <param name="keyNames">The names of the key's constants.</param>
    /// <param name="known">The hashes of what the exporter writes.</param>
    /// <param name="exporter">Its name, with the versions that are known.</param>
    protected void CompareWithKnown(
        IEnumerable<Token> tokens, IReadOnlyList<KeyStatement> statements, Regex keyNames, IReadOnlyCollection<string> known, string exporter)
    {
        if (!findings.HasErrorsOf("sol/") && !known.Contains(KnownCode.HashOf(tokens, statements, keyNames)))
        {
            Add(
                Rules.SolidityOtherCode,
                $"But for its key, the code of {code.Name} is none that is known here of {exporter}: what may have been added or changed beside the checks was not judged.",
                code.Contract.Line);
        }
    }

    /// <summary>Holds a contract of zkps against the one that zkps exports for its key: what differs and was not named yet is told.</summary>
    protected void CompareWithExport<TCurve, TFp, TFr>(KeyElements<TCurve, TFp> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        if (findings.HasErrorsOf("sol/") || key.Alpha is not { } alpha || key.Beta is not { } beta || key.Gamma is not { } gamma || key.Delta is not { } delta
            || key.Ic.Any(point => point is null)
            || !VerifyingKey<TCurve, TFp>.TryCreate(alpha, beta, gamma, delta, [.. key.Ic.Select(point => point!.Value)], out VerifyingKey<TCurve, TFp>? whole, out _))
        {
            return;
        }

        IReadOnlyList<Token> expected = SolidityCode.Contracts(SolidityTokens.Split(SolidityVerifier.Export<TCurve, TFp, TFr>(whole))!)[0].Contract.Tokens, found = code.Contract.Tokens;
        for (int i = 0; i < Math.Max(expected.Count, found.Count); i++)
        {
            if (i >= expected.Count || i >= found.Count || !expected[i].IsSame(found[i]))
            {
                Add(
                    Rules.SolidityOtherCode,
                    $"From here on the contract differs from the one that zkps exports for its key{(i < expected.Count && i < found.Count ? $": {found[i].Text} stands for {expected[i].Text}" : "")}.",
                    found.Count == 0 ? code.Contract.Line : found[Math.Min(i, found.Count - 1)].Line);
                return;
            }
        }
    }

    /// <summary>The byte offset of a word, as its number; −1 where it is not a whole one.</summary>
    protected int WordAt(Token offset) =>
        code.ValueOf(offset) is { } value && value >= 0 && value < 1 << 24 && value % 32 == 0 ? (int)(value / 32) : -1;

    /// <summary>The values of constants and the line of the first, or null with a finding where one is missing.</summary>
    protected (BigInteger[] Words, int Line)? Words(string[] constants)
    {
        var words = new BigInteger[constants.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (code.Constants.GetValueOrDefault(constants[i])?.Value is not { } value)
            {
                Add(Rules.FileMalformed, $"There is no constant {constants[i]}, or it is no number.", code.Contract.Line);
                return null;
            }

            words[i] = value;
        }

        return (words, code.Constants[constants[0]].Line);
    }

    private bool AreCanonical<TFp>(string name, BigInteger[] words, int line)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        if (words.All(word => word < TFp.Modulus))
        {
            return true;
        }

        Add(Rules.PointNotCanonical, $"A coordinate of {name} is not below the modulus of the base field.", line);
        return false;
    }
}
