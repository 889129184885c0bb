// Owns: that the linter reads the contracts, keys and circuits that the other tools write: clean as they come, and each change found.

using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class LintTests(Workshop workshop) : IClassFixture<Workshop>
{
    /// <summary>A text of snarkjs's contract (as a pattern), what takes its place, and the rules that are then broken.</summary>
    private static readonly (string From, string To, string[] Rules)[] Mutations =
    [
        (@"checkField\(calldataload\(add\(_pubSignals, 0\)\)\)", "", ["sol/unchecked-input"]),
        (@"checkField\(calldataload\(add\(_pubSignals, 0\)\)\)", "// $0", ["sol/unchecked-input"]),
        (@"iszero\(lt\(v, r\)\)", "iszero(lt(v, q))", ["sol/checked-against-base-field"]),
        (@"iszero\(lt\(v, r\)\)", "iszero(lt(r, v))", ["sol/unchecked-input"]),
        (@"(constant r\s+= \d+)7;", "${1}8;", ["sol/wrong-modulus"]),
        (@"(constant q\s+= \d+)3;", "${1}4;", ["sol/wrong-modulus"]),
        (@"uint\[1\] calldata _pubSignals", "uint[2] calldata _pubSignals", ["sol/input-count"]),
        (@"g1_mulAccC\(_pVk, IC1x, IC1y, calldataload\(add\(pubSignals, 0\)\)\)", "", ["sol/input-unused"]),
        (@"g1_mulAccC\(_pVk, IC1x, IC1y", "g1_mulAccC(_pVk, IC0x, IC0y", ["sol/ic-order"]),
        (@"mstore\(_pVk, IC0x\)", "mstore(_pVk, IC1x)", ["sol/ic-order"]),
        (@"(staticcall\(sub\(gas\(\), 2000\), 7,[^\n]*\n)\s*if iszero\(success\) \{[^}]*\}", "$1", ["sol/call-unchecked"]),
        (@"sub\(gas\(\), 2000\), 6,", "sub(gas(), 2000), 5,", ["sol/wrong-precompile"]),
        (@"sub\(gas\(\), 2000\), 8,", "sub(gas(), 2000), 2,", ["sol/wrong-precompile"]),
        (@"isOk := and\(success, mload\(_pPairing\)\)", "isOk := success", ["sol/pairing-unchecked"]),
        (@"isOk := and\(success, mload\(_pPairing\)\)", "isOk := mload(_pPairing)", ["sol/call-unchecked"]),
        (@"mstore\(add\(_pPairing, 640\), deltax1\)", "mstore(add(_pPairing, 640), gammax1)", ["sol/pairing-input"]),
        (@"mstore\(0, isValid\)", "mstore(0, 1)", ["sol/pairing-unchecked"]),
        (@"(alphax\s+= )\d+", "${1}1", ["point/not-on-curve"]),
    ];

    /// <summary>Changes beside which every check still stands: that the code is another one is all that can be said of them.</summary>
    private static readonly (string From, string To)[] Additions =
    [
        (@"isOk := and\(success, mload\(_pPairing\)\)", "$0 isOk := 1"),
        (@"mstore\(0, isValid\)", "isValid := 1 $0"),
        (@"let success := staticcall\(sub\(gas\(\), 2000\), 8,", "mstore(add(_pPairing, 640), gammax1) $0"),
        (@"mstore\(add\(_pPairing, 416\), mload\([^\n]*", "mstore(add(_pPairing, 416), 0)"),
        (@"function g1_mulAccC\([^{]*\{", "$0 s := and(s, 0xff)"),
        (@"calldataload\(pC\)", "calldataload(pA)"),
        (@"pPairing = 128", "pPairing = 0"),
        (@"function verifyProof", "function fast() public pure returns (bool) { return true; } $0"),
    ];

    [InteropFact]
    public void Contracts_of_snarkjs_are_clean_and_each_change_is_found()
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Both, "small", "bn254");
        string folder = workshop.NewFolder(), contract = Path.Combine(folder, "Verifier.sol"), forged = Path.Combine(folder, "Forged.sol");
        Node.Snarkjs("zkey", "export", "solidityverifier", files.Zkey, contract).Succeeds();
        Assert.Empty(Lint(contract, expected: 0));

        // One contribution is one to be trusted; nothing else is amiss with their keys and circuits.
        Assert.Equal(["zkey/no-beacon", "zkey/not-verified", "zkey/one-contribution"], Lint(files.Zkey, expected: 0));
        Assert.DoesNotContain(Lint(files.R1cs, expected: 0), rule => rule.StartsWith("file/", StringComparison.Ordinal));
        Node.Snarkjs("zkey", "export", "verificationkey", files.Zkey, Path.Combine(folder, "vk.json")).Succeeds();
        Assert.Empty(Lint(Path.Combine(folder, "vk.json"), expected: 0));

        string source = File.ReadAllText(contract);
        List<string> wrong = [];
        foreach ((string from, string to, string[] rules) in Mutations)
        {
            string changed = Regex.Replace(source, from, to);
            Assert.True(changed != source, $"The contract has no {from}.");
            File.WriteAllText(forged, changed);
            string[] found = Lint(forged, expected: 1);
            if (!found.SequenceEqual(rules))
            {
                wrong.Add($"{from} to {to}: {string.Join(' ', found)}");
            }
        }

        foreach ((string from, string to) in Additions)
        {
            File.WriteAllText(forged, Regex.Replace(source, from, to));
            string[] found = Lint(forged, expected: 0);
            if (!found.SequenceEqual(["sol/other-code"]))
            {
                wrong.Add($"{from} to {to}: {string.Join(' ', found)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>snarkjs exports a key to which no one has contributed like any other.</summary>
    [InteropFact]
    public void A_contract_of_a_key_without_contributions_is_an_error()
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Both, "small", "bn254");
        string contract = Path.Combine(workshop.NewFolder(), "Verifier.sol");
        Node.Snarkjs("zkey", "export", "solidityverifier", files.FreshZkey, contract).Succeeds();
        Assert.Equal(["key/gamma-equals-delta"], Lint(contract, expected: 1));
        Assert.Equal(["key/gamma-equals-delta", "zkey/no-contributions", "zkey/not-verified"], Lint(files.FreshZkey, expected: 1));
    }

    /// <summary>The rules that a file breaks, by name.</summary>
    private static string[] Lint(string path, int expected)
    {
        Outcome outcome = Zkps.Run("lint", "--json", path).Ends(expected);
        using JsonDocument document = JsonDocument.Parse(outcome.Text[outcome.Text.IndexOf('{', StringComparison.Ordinal)..]);
        return [.. document.RootElement.GetProperty("files")[0].GetProperty("counts").EnumerateObject().Select(count => count.Name).Order(StringComparer.Ordinal)];
    }
}
