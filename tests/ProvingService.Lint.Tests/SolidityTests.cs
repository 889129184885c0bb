// Owns: the rules of contracts, shape by shape: a sound one is clean, and of each change to it the rule is found.

using System.Text.RegularExpressions;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Lint.Tests;

public sealed partial class SolidityTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Shapes => ["assembly", "library", "gnark", "gnark-commitment", "gnark-bls", "own", "own-bls"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_sound_contract_is_clean_and_its_key_is_put_through_the_rules_of_keys(string shape)
    {
        Lint(Write(shape, Numbers.Sound)).Breaks();
        Numbers sound = Numbers.Sound;
        Lint(Write(shape, sound.With(delta: 1))).Breaks(Rules.KeyGammaEqualsDelta);
        Lint(Write(shape, sound.With(delta: -7))).Breaks(Rules.KeyGammaEqualsDelta);
        Lint(Write(shape, sound.With(beta: sound.Delta))).Breaks(Rules.KeyElementsRelated);
        Lint(Write(shape, sound.With(alpha: -1))).Breaks(Rules.KeyKnownSecret);
        Lint(Write(shape, sound.WithIc(2, 0))).Breaks(Rules.KeyInputUnbound);
        Finding same = Lint(Write(shape, sound.WithIc(2, sound.Ic[1]))).Breaks(Rules.KeyInputsInterchangeable).Only(Rules.KeyInputsInterchangeable);
        Assert.Contains("IC[2] is IC[1]", same.Message, StringComparison.Ordinal);
        Assert.NotNull(same.Place.Line);

        // gnark's keys have a random γ.
        Lint(Write(shape, sound.With(gamma: 987654321))).Breaks(shape.StartsWith("gnark", StringComparison.Ordinal) ? [] : [Rules.KeyGammaNotGenerator]);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_point_that_is_none_is_named(string shape)
    {
        string source = Write(shape, Numbers.Sound);
        (string alpha, string ic) = shape switch
        {
            "assembly" => ("alphax = ", "IC2x = "),
            "library" => ("vk.alfa1 = Pairing.G1Point(", "vk.IC[2] = Pairing.G1Point("),
            "gnark" or "gnark-commitment" => ("ALPHA_X = ", "PUB_1_X = "),
            "gnark-bls" => ("ALPHA_X_HI = ", "PUB_1_X_HI = "),
            "own" => ("NEG_ALPHA_X = ", "IC2_X = "),
            _ => ("NEG_ALPHA_0 = ", "IC2_0 = "),
        };
        LintReport report = Lint(Set(Set(source, alpha, "5"), ic, "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"));
        report.Breaks(Rules.PointNotOnCurve, Rules.PointNotCanonical);
        Assert.Equal(LineOf(source, alpha), report.Only(Rules.PointNotOnCurve).Place.Line);
        Assert.Equal(LineOf(source, ic), report.Only(Rules.PointNotCanonical).Place.Line);

        static string Set(string source, string name, string value) => Regex.Replace(source, Regex.Escape(name) + "(0x)?[0-9a-f]+", name + value);
    }

    [Fact]
    public void Each_change_to_a_contract_is_found()
    {
        List<string> wrong = [];
        foreach ((string shape, string from, string to, Rule[] rules) in SolidityMutations.All)
        {
            string source = Write(shape, Numbers.Sound), changed = source.Replace(from, to, StringComparison.Ordinal);
            Assert.True(changed != source, $"{shape} has no {from}.");
            string found = string.Join(' ', Lint(changed).Counts.Select(count => count.Rule.Id).Order());
            string expected = string.Join(' ', rules.Select(rule => rule.Id).Order());
            if (found != expected)
            {
                wrong.Add($"{shape}: '{from}' to '{to}': expected {expected}, found {found}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_check_in_a_comment_or_a_text_is_none(string shape)
    {
        (string check, Rule rule) = shape switch
        {
            "assembly" => ("checkField(calldataload(add(_pubSignals, 32)))", Rules.SolidityUncheckedInput),
            "library" => ("require(input[i] < snark_scalar_field, \"range\");", Rules.SolidityUncheckedInput),
            "gnark" or "gnark-commitment" or "gnark-bls" => ("success := and(success, lt(s, R))", Rules.SolidityUncheckedInput),
            "own" => ("calldatacopy(64, _pB, 128)", Rules.SolidityPairingInput),
            _ => ("ok := and(ok, lt(scalar, R))", Rules.SolidityUncheckedInput),
        };
        string source = Write(shape, Numbers.Sound);
        Assert.Contains(check, source, StringComparison.Ordinal);
        Lint(source.Replace(check, $"// {check}\n", StringComparison.Ordinal)).Breaks(rule);
        Lint(source.Replace(check, $"/* {check} */", StringComparison.Ordinal)).Breaks(rule);
        if (shape == "library")
        {
            Lint(source.Replace(check, $"log('{check.Replace("\"", "", StringComparison.Ordinal)}');", StringComparison.Ordinal)).Breaks(rule);
        }

        // And comments between the parts of a check change nothing.
        Lint(source.Replace(check, check.Replace("(", "( /* here */ ", StringComparison.Ordinal), StringComparison.Ordinal)).Breaks();
    }

    [Theory]
    [InlineData("pragma solidity ^0.8.0; contract Token { uint256 public total; }")]
    [InlineData("contract A { /* without end")]
    [InlineData("contract A { string s = \"no end; }")]
    public void What_has_no_known_shape_is_not_judged(string source)
    {
        InvalidFileException e = Assert.Throws<InvalidFileException>(() => Lint(source));
        Assert.Equal(FileFault.Unsupported, e.Fault);
    }

    [Fact]
    public void A_contract_without_inputs_is_clean()
    {
        Numbers none = Numbers.Sound with { Ic = [.. Numbers.Sound.Ic.Take(1)] };
        Lint(SampleContracts.Own(none)).Breaks();
        Lint(SampleContracts.OwnBls12381(none)).Breaks();
    }

    /// <summary>Whatever is done to a source, there is a report or a refusal.</summary>
    [Fact]
    public void Damaged_sources_never_end_in_anything_else()
    {
        var random = new Random(FuzzBudget.Seed);
        foreach (string shape in (string[])["assembly", "library", "gnark", "gnark-commitment", "gnark-bls", "own", "own-bls"])
        {
            List<Token> tokens = SolidityTokens.Split(Write(shape, Numbers.Sound))!;
            for (int round = 0; round < FuzzBudget.Cases(40); round++)
            {
                List<string> words = [.. tokens.Select(token => token.Kind == TokenKind.Hex ? $"hex\"{token.Text}\"" : token.Text)];
                for (int change = 0; change < 3; change++)
                {
                    int at = random.Next(words.Count);
                    switch (random.Next(4))
                    {
                        case 0:
                            words.RemoveAt(at);
                            break;
                        case 1:
                            words.Insert(at, words[random.Next(words.Count)]);
                            break;
                        case 2:
                            words[at] = random.Next(2) == 0 ? "115792089237316195423570985008687907853269984665640564039457584007913129639935" : "0x";
                            break;
                        default:
                            words.RemoveRange(at, Math.Min(words.Count - at, random.Next(200)));
                            break;
                    }
                }

                string source = string.Join(' ', words);
                try
                {
                    Lint(source);
                }
                catch (InvalidFileException)
                {
                    // Of no known shape any more.
                }
            }
        }
    }

    internal static string Write(string shape, Numbers numbers) => shape switch
    {
        "assembly" => SampleContracts.SnarkjsAssembly(numbers),
        "library" => SampleContracts.SnarkjsLibrary(numbers),
        "gnark" => SampleContracts.Gnark(numbers),
        "gnark-commitment" => GnarkSamples.WithCommitment(numbers),
        "gnark-bls" => GnarkSamples.Bls12381(numbers),
        "own" => SampleContracts.Own(numbers),
        _ => SampleContracts.OwnBls12381(numbers),
    };

    private static int LineOf(string source, string text) => source[..source.IndexOf(text, StringComparison.Ordinal)].Count(c => c == '\n') + 1;

    private LintReport Lint(string source)
    {
        string path = folder.File("source.txt");
        File.WriteAllText(path, source);
        LintReport report = Linter.Lint(path);

        // The samples' text is not the exporters', as is said of each in which nothing worse is found. See KnownCodeTests.cs.
        return source.Contains("NEG_ALPHA", StringComparison.Ordinal) ? report : report with
        {
            Findings = [.. report.Findings.Where(finding => finding.Rule != Rules.SolidityOtherCode)],
            Counts = [.. report.Counts.Where(count => count.Rule != Rules.SolidityOtherCode)],
        };
    }
}
