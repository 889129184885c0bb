// Owns: that code which no exporter writes is told, and that the hash of code depends on all of it but the key. That the exporters'
// own contracts are known: LintTests of Interop.

using System.Text.RegularExpressions;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Lint.Tests;

public sealed class KnownCodeTests
{
    private static readonly Regex KeyNames = new("^(alpha|IC[0-9]+)$");

    private static readonly KeyStatement[] OfKey =
    [
        new("add ( $x , load ( $at ) ) ;", IsRepeated: true),
        new("uint [ $n ] inputs"),
        new("key . alpha = $value ;"),
    ];

    private const string Code =
        "uint256 constant q = 13; uint256 constant alpha = 5; uint256 constant IC1 = 6; f(uint[1] inputs) { add(IC1, load(0)); key.alpha = 7; return(ok, 0x20); }";

    [Theory]
    [InlineData("alpha = 5", "alpha = 0x1234")]
    [InlineData("uint256 constant IC1 = 6;", "uint256 constant IC1 = 8; uint256 constant IC2 = 9;")]
    [InlineData("uint[1]", "uint[2]")]
    [InlineData("add(IC1, load(0));", "add(IC1, load(0)); add(IC2, load(32));")]
    [InlineData("key.alpha = 7", "key.alpha = 8")]
    [InlineData("0x20", "32")]
    [InlineData("return", "/* a comment */ return")]
    public void The_key_and_the_spelling_do_not_count(string from, string to) => Assert.Equal(Hash(Code), Hash(Replace(from, to)));

    [Theory]
    [InlineData("q = 13", "q = 17")]
    [InlineData("q = 13", "p = 13")]
    [InlineData("constant alpha = 5", "constant alpha = q")]
    [InlineData("constant alpha = 5", "constant other = 5")]
    [InlineData("add(IC1, load(0));", "")]
    [InlineData("add(IC1, load(0));", "add(q, load(0));")]
    [InlineData("add(IC1, load(0));", "add(IC1, load(at));")]
    [InlineData("add(IC1, load(0));", "add(IC1, load(0)); stop(); add(IC1, load(0));")]
    [InlineData("add(IC1, load(0)); key.alpha = 7;", "key.alpha = 7; add(IC1, load(0));")]
    [InlineData("key.alpha = 7;", "key.alpha = 7; key.alpha = 7;")]
    [InlineData("key.alpha = 7;", "key.alpha = other;")]
    [InlineData("ok, 0x20", "ok, 0x21")]
    [InlineData("ok, 0x20", "1, 0x20")]
    public void All_else_does(string from, string to) => Assert.NotEqual(Hash(Code), Hash(Replace(from, to)));

    [Theory]
    [InlineData("assembly")]
    [InlineData("library")]
    [InlineData("gnark")]
    [InlineData("gnark-commitment")]
    [InlineData("gnark-bls")]
    public void Code_that_no_exporter_writes_is_told_where_its_checks_are_in_place(string shape)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("Verifier.sol");
        File.WriteAllText(path, SolidityTests.Write(shape, Numbers.Sound));
        Linter.Lint(path).Breaks(Rules.SolidityOtherCode);
    }

    [Fact]
    public void A_contract_beside_the_verifier_is_said_not_to_be_judged()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("Verifier.sol");
        File.WriteAllText(path, SolidityTests.Write("own", Numbers.Sound) + "\ncontract Mixer { function withdraw() external { } }");
        Finding finding = Linter.Lint(path).Breaks(Rules.SolidityNotJudged).Only(Rules.SolidityNotJudged);
        Assert.Contains("Mixer", finding.Message, StringComparison.Ordinal);
    }

    /// <summary>Functions in functions would each be read to the end of the file.</summary>
    [Fact]
    public void A_source_of_too_many_functions_is_refused_at_once()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("Verifier.sol"), sound = SolidityTests.Write("assembly", Numbers.Sound);
        File.WriteAllText(path, sound.Replace("assembly {", string.Concat(Enumerable.Repeat("function verifyProof(", 20_000)) + "assembly {", StringComparison.Ordinal));
        Assert.Throws<R1cs.InvalidFileException>(() => Linter.Lint(path));
    }

    private static string Replace(string from, string to)
    {
        Assert.Contains(from, Code, StringComparison.Ordinal);
        return Code.Replace(from, to, StringComparison.Ordinal);
    }

    private static string Hash(string code) => KnownCode.HashOf(SolidityTokens.Split(code)!, OfKey, KeyNames);
}
