// Owns: contracts in the shape of snarkjs from 0.7 on: constants alphax to ICnx, one block of assembly in verifyProof, in it
// checkField, g1_mulAccC and checkPairing.

using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract.</summary>
internal sealed partial class SnarkjsAssembly(SolidityCode code, Findings findings) : SolidityShape(code, findings)
{
    /// <summary>Where in the pairing's input, in words of 32 bytes, each constant of the key belongs.</summary>
    private static readonly (string Name, int Word)[] Places =
    [
        ("alphax", 6), ("alphay", 7), ("betax1", 8), ("betax2", 9), ("betay1", 10), ("betay2", 11),
        ("gammax1", 14), ("gammax2", 15), ("gammay1", 16), ("gammay2", 17), ("deltax1", 20), ("deltax2", 21), ("deltay1", 22), ("deltay2", 23),
    ];

    /// <summary>The code of snarkjs 0.7.5 and 0.7.6. Before, the ranges were compared with q, which is an error of its own.</summary>
    private static readonly string[] Known = ["ab95735931089c1a7f7f15f52d69ec9f38ea1fd2fda8e64196ec96df9a86bae5"];

    private static readonly KeyStatement[] OfKey =
    [
        new("g1_mulAccC ( _pVk , $x , $y , calldataload ( add ( pubSignals , $at ) ) )", IsRepeated: true),
        new("checkField ( calldataload ( add ( _pubSignals , $at ) ) )", IsRepeated: true),
        new("uint [ $n ] calldata _pubSignals"),
    ];

    protected override BigInteger Order => Bn254Fr.Modulus;

    protected override BigInteger BaseModulus => Bn254Fp.Modulus;

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Constants.ContainsKey("alphax") && code.Constants.ContainsKey("deltax1") && code.Contract.Functions("checkPairing").Any();

    /// <inheritdoc/>
    public override void Lint()
    {
        RequireModulus("r", Order);
        RequireModulus("q", BaseModulus);
        CheckShadows();
        int points = CountPoints(X);
        CheckKey(ReadKey<Bn254, Bn254Fp>(points), LineOfElement, Rules.KeyGammaNotGenerator);
        foreach (CodeFunction verify in Code.Contract.Functions("verifyProof"))
        {
            int inputs = CheckInputCount(verify, points, before: 3, out string? name);
            CheckRanges(verify, inputs, name ?? "");
            foreach (CodeFunction product in verify.Body.Functions("g1_mulAccC"))
            {
                CheckProduct(product);
            }

            foreach (CodeFunction pairing in verify.Body.Functions("checkPairing"))
            {
                CheckSum(pairing, points);
                CheckPairing(pairing);
            }

            CheckAnswer(verify);
        }

        CompareWithKnown(Code.Contract.Tokens, OfKey, KeyName(), Known, "snarkjs 0.7");
    }

    private static string X(int i) => string.Create(CultureInfo.InvariantCulture, $"IC{i}x");

    private static string Y(int i) => string.Create(CultureInfo.InvariantCulture, $"IC{i}y");

    private int LineOfElement(string element) => LineOf(element switch
    {
        "α" => "alphax",
        "β" => "betax1",
        "γ" => "gammax1",
        "δ" => "deltax1",
        _ => X(IndexOf(element)),
    });

    private KeyElements<TCurve, TFp> ReadKey<TCurve, TFp>(int points)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => new(
            G1<TFp, TCurve>("alpha", "alphax", "alphay"),
            G2<TFp, TCurve>("beta", ["betax2", "betax1", "betay2", "betay1"]),
            G2<TFp, TCurve>("gamma", ["gammax2", "gammax1", "gammay2", "gammay1"]),
            G2<TFp, TCurve>("delta", ["deltax2", "deltax1", "deltay2", "deltay1"]),
            [.. Enumerable.Range(0, points).Select(i => G1<TFp, TCurve>($"IC{i}", X(i), Y(i)))]);

    /// <summary>checkField refuses what is not below r, and is called for every input.</summary>
    private void CheckRanges(CodeFunction verify, int inputs, string name)
    {
        var guarded = new HashSet<int>();
        PatternMatch? answer = verify.Body.First("let $v := checkPairing (");
        foreach (PatternMatch call in verify.Body.Find($"checkField ( calldataload ( add ( {name} , $at ) ) )").Where(call => answer is null || call.Start < answer.Start))
        {
            guarded.Add(WordAt(call["at"]));
        }

        RequireAll(Rules.SolidityUncheckedInput, inputs, guarded, i => $"checkField is not called for public input {i}.", verify.Body.Line);
        foreach (CodeFunction check in verify.Body.Functions("checkField"))
        {
            PatternMatch? refusal = check.Parameters.First("$v") is { } v
                ? check.Body.First($"if iszero ( lt ( {v["v"].Text} , $bound ) ) {{ mstore ( 0 , 0 ) return ( 0 , 0x20 ) }}")
                    ?? check.Body.First($"if iszero ( lt ( {v["v"].Text} , $bound ) ) {{ revert ( 0 , 0 ) }}")
                : null;
            if (refusal is null || refusal.Start != check.Body.Start)
            {
                Add(Rules.SolidityUncheckedInput, "checkField does not refuse what is not below r.", check.Body.Line);
            }
            else
            {
                RequireOrder(refusal["bound"], Code.ValueOf(refusal["bound"]), "Public inputs are");
            }
        }
    }

    /// <summary>g1_mulAccC multiplies by precompile 7 and adds by precompile 6, and refuses where either fails.</summary>
    private void CheckProduct(CodeFunction product)
    {
        PatternMatch[] calls = [.. product.Body.Find("$s := staticcall ( $$gas , $address , $$memory )")];
        if (!calls.Select(call => Code.ValueOf(call["address"])).SequenceEqual([7, 6]))
        {
            Add(Rules.SolidityWrongPrecompile, "g1_mulAccC does not call the precompiles 7, multiplication, and 6, addition, one after the other.", product.Body.Line);
        }

        foreach (PatternMatch call in calls.Where(call => !IsRefused(product.Body, call)))
        {
            Add(Rules.SolidityCallUnchecked, $"g1_mulAccC goes on where the call of precompile {call["address"].Text} fails.", call["address"].Line);
        }

        PatternMatch? names = product.Parameters.First("$r , $x , $y , $s");
        if (names is null || !product.Body.Has(
            $"mstore ( $m , {names["x"].Text} ) mstore ( add ( $m , 32 ) , {names["y"].Text} ) mstore ( add ( $m , 64 ) , {names["s"].Text} )"))
        {
            Add(Rules.SolidityInputUnused, "g1_mulAccC does not multiply its point by its scalar.", product.Body.Line);
        }
    }

    private static bool IsRefused(CodeScope scope, PatternMatch call) => call.End < scope.End
        && scope.From(call.End) is var rest
        && ((rest.First($"if iszero ( {call["s"].Text} ) {{ mstore ( 0 , 0 ) return ( 0 , 0x20 ) }}")
            ?? rest.First($"if iszero ( {call["s"].Text} ) {{ revert ( 0 , 0 ) }}"))?.Start == call.End);

    /// <summary>The sum is IC0 and each input times its own point.</summary>
    private void CheckSum(CodeFunction pairing, int points)
    {
        if (!pairing.Body.Has("mstore ( $sum , IC0x ) mstore ( add ( $sum , 32 ) , IC0y )"))
        {
            Add(Rules.SolidityIcOrder, "The sum does not begin with IC0.", pairing.Body.Line);
        }

        var multiplied = new HashSet<int>();
        var used = new HashSet<int>();
        foreach (PatternMatch call in pairing.Body.Find("g1_mulAccC ( $sum , $x , $y , calldataload ( add ( $inputs , $at ) ) )"))
        {
            int input = WordAt(call["at"]);
            Match x = PointName().Match(call["x"].Text), y = PointName().Match(call["y"].Text);
            bool isPoint = x.Success && y.Success && x.Groups[2].Value == "x" && y.Groups[2].Value == "y" && x.Groups[1].Value == y.Groups[1].Value;
            bool isOwn = isPoint && x.Groups[1].Value == (input + 1).ToString(CultureInfo.InvariantCulture);
            if (!isOwn || !used.Add(input))
            {
                Add(Rules.SolidityIcOrder, $"Public input {input} is multiplied by ({call["x"].Text}, {call["y"].Text}){(isOwn ? " a second time" : "")}.", call["x"].Line);
            }

            multiplied.Add(input);
        }

        RequireAll(Rules.SolidityInputUnused, points - 1, multiplied, i => $"Public input {i} is not multiplied by IC{i + 1}.", pairing.Body.Line);
    }

    /// <summary>Every constant is in its place of the pairing's input, and the pairing's word is the function's result.</summary>
    private void CheckPairing(CodeFunction pairing)
    {
        PatternMatch? call = pairing.Body.First("$s := staticcall ( $$gas , $address , $in , 768 , $out , 0x20 )");
        if (call is null || Code.ValueOf(call["address"]) != 8)
        {
            Add(Rules.SolidityWrongPrecompile, "checkPairing does not call precompile 8, the pairing, with its 768 bytes.", call?["address"].Line ?? pairing.Body.Line);
        }

        string input = call?["in"].Text ?? "_pPairing";
        foreach ((string name, int word) in Places)
        {
            if (!pairing.Body.Has($"mstore ( add ( {input} , {32 * word} ) , {name} )"))
            {
                Add(Rules.SolidityPairingInput, $"{name} is not stored at byte {32 * word} of the pairing's input.", LineOf(name));
            }
        }

        foreach (int word in (int[])[1, 2, 3, 4, 5, 12, 13, 18, 19])
        {
            if (!pairing.Body.Has($"mstore ( add ( {input} , {32 * word} ) ,"))
            {
                Add(Rules.SolidityPairingInput, $"Nothing is stored at byte {32 * word} of the pairing's input.", pairing.Body.Line);
            }
        }

        string result = pairing.Head.First("-> $result")?["result"].Text ?? "isOk";
        if (call is null || !(pairing.Body.Has($"{result} := and ( {call["s"].Text} , mload ( {call["out"].Text} ) )")
            || pairing.Body.Has($"{result} := and ( mload ( {call["out"].Text} ) , {call["s"].Text} )")))
        {
            bool reads = call is not null && pairing.Body.Has($"{result} := mload ( {call["out"].Text} )");
            Add(
                reads ? Rules.SolidityCallUnchecked : Rules.SolidityPairingUnchecked,
                reads ? "checkPairing does not look at whether the call of the pairing succeeds." : "checkPairing does not return the word of the pairing and the success of its call.",
                pairing.Body.Line);
        }
    }

    /// <summary>What verifyProof returns is what checkPairing does, and nothing returns before but refusals.</summary>
    private void CheckAnswer(CodeFunction verify)
    {
        PatternMatch? answer = verify.Body.First("let $v := checkPairing ( $$arguments )");
        PatternMatch? last = answer is null ? null : verify.Body.First($"mstore ( 0 , {answer["v"].Text} ) return ( 0 , 0x20 )");
        if (last is null)
        {
            Add(Rules.SolidityPairingUnchecked, "verifyProof does not return what checkPairing does.", verify.Body.Line);
        }

        CheckReturns(verify, last);
    }

    [GeneratedRegex("^IC([0-9]+)([xy])$")]
    private static partial Regex PointName();

    [GeneratedRegex("^(alpha[xy]|(beta|gamma|delta)[xy][12]|IC[0-9]+[xy])$")]
    private static partial Regex KeyName();
}
