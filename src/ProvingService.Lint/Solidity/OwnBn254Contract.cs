// Owns: contracts over BN254 in the shape of zkps (SolidityVerifier.cs of Groth16): constants NEG_ALPHA_X to ICn_Y, α, γ and δ
// stored negated, one function that adds a product.

using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract.</summary>
internal sealed partial class OwnBn254Contract(SolidityCode code, Findings findings) : SolidityShape(code, findings)
{
    /// <summary>The constants of the pairing's input, by their words.</summary>
    private static readonly (string Name, int Word)[] Places =
    [
        ("NEG_ALPHA_X", 6), ("NEG_ALPHA_Y", 7), ("BETA_X1", 8), ("BETA_X0", 9), ("BETA_Y1", 10), ("BETA_Y0", 11),
        ("NEG_GAMMA_X1", 14), ("NEG_GAMMA_X0", 15), ("NEG_GAMMA_Y1", 16), ("NEG_GAMMA_Y0", 17),
        ("NEG_DELTA_X1", 20), ("NEG_DELTA_X0", 21), ("NEG_DELTA_Y1", 22), ("NEG_DELTA_Y0", 23),
    ];

    protected override BigInteger Order => Bn254Fr.Modulus;

    protected override BigInteger BaseModulus => Bn254Fp.Modulus;

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Constants.ContainsKey("NEG_ALPHA_X") && code.Constants.ContainsKey("NEG_DELTA_X0") && code.Contract.Functions("verifyProof").Any();

    /// <inheritdoc/>
    public override void Lint()
    {
        RequireModulus("R", Order);
        CheckShadows();
        int points = CountPoints(X);
        CheckKey(ReadKey<Bn254, Bn254Fp>(points), LineOfElement, Rules.KeyGammaNotGenerator);
        foreach (CodeFunction verify in Code.Contract.Functions("verifyProof"))
        {
            CheckInputCount(verify, points, before: 3, out string? name);
            CheckSum(verify, points, name ?? "_pubSignals");
            CheckPairing(verify);
        }

        foreach (CodeFunction product in Code.Contract.Functions("_addProduct"))
        {
            CheckProduct(product);
        }
    }

    private static string X(int i) => string.Create(CultureInfo.InvariantCulture, $"IC{i}_X");

    private int LineOfElement(string element) => LineOf(element switch
    {
        "α" => "NEG_ALPHA_X",
        "β" => "BETA_X0",
        "γ" => "NEG_GAMMA_X0",
        "δ" => "NEG_DELTA_X0",
        _ => X(IndexOf(element)),
    });

    private KeyElements<TCurve, TFp> ReadKey<TCurve, TFp>(int points)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        return new(
            G1<TFp, TCurve>("NEG_ALPHA", "NEG_ALPHA_X", "NEG_ALPHA_Y", isNegated: true),
            OfG2("BETA", isNegated: false),
            OfG2("NEG_GAMMA", isNegated: true),
            OfG2("NEG_DELTA", isNegated: true),
            [.. Enumerable.Range(0, points).Select(i => G1<TFp, TCurve>($"IC{i}", $"IC{i}_X", $"IC{i}_Y"))]);

        Affine<Fp2<TFp>, TCurve>? OfG2(string name, bool isNegated) =>
            G2<TFp, TCurve>(name, [$"{name}_X0", $"{name}_X1", $"{name}_Y0", $"{name}_Y1"], isNegated);
    }

    private void CheckSum(CodeFunction verify, int points, string inputs)
    {
        if (!verify.Body.Has("uint256 [ 2 ] memory sum = [ IC0_X , IC0_Y ] ;"))
        {
            Add(Rules.SolidityIcOrder, "The sum does not begin with IC0.", verify.Body.Line);
        }

        var multiplied = new HashSet<int>();
        foreach (PatternMatch call in verify.Body.Find($"ok = ok && _addProduct ( sum , $x , $y , {inputs} [ $i ] ) ;"))
        {
            int input = Code.ValueOf(call["i"]) is { } value && value < int.MaxValue ? (int)value : -1;
            Match x = PointName().Match(call["x"].Text), y = PointName().Match(call["y"].Text);
            string own = (input + 1).ToString(CultureInfo.InvariantCulture);
            bool isOwn = x.Success && y.Success && x.Groups[2].Value == "X" && y.Groups[2].Value == "Y" && x.Groups[1].Value == own && y.Groups[1].Value == own;
            if (!isOwn || !multiplied.Add(input))
            {
                Add(Rules.SolidityIcOrder, $"Public input {input} is multiplied by ({call["x"].Text}, {call["y"].Text}){(isOwn ? " a second time" : "")}.", call["x"].Line);
                multiplied.Add(input);
            }
        }

        RequireAll(Rules.SolidityInputUnused, points - 1, multiplied, i => $"Public input {i} is not multiplied by IC{i + 1}.", verify.Body.Line);
        // Set to anything but itself and more, ok forgets what failed before.
        foreach (PatternMatch reset in verify.Body.Find("; ok = $value").Where(match => match["value"].Text != "ok"))
        {
            Add(Rules.SolidityCallUnchecked, "verifyProof forgets here what failed before.", reset["value"].Line);
        }

        if (!verify.Body.Has("if ( ! ok ) return false ;"))
        {
            Add(Rules.SolidityCallUnchecked, "verifyProof goes on where a product fails.", verify.Body.Line);
            Add(Rules.SolidityUncheckedInput, "verifyProof goes on where an input is not below R.", verify.Body.Line);
        }
    }

    private void CheckPairing(CodeFunction verify)
    {
        PatternMatch? array = verify.Body.First("uint256 [ 24 ] memory input = [ $$words ] ;");
        List<string> words = array is null ? [] : Words(verify.Body.Between(array.Start, array.End).Tokens);
        foreach ((string name, int word) in Places)
        {
            if (words.ElementAtOrDefault(word) != name)
            {
                Add(Rules.SolidityPairingInput, $"{name} is not word {word} of the pairing's input.", LineOf(name));
            }
        }

        foreach ((int word, string expected) in ((int, string)[])[(12, "sum[0]"), (13, "sum[1]")])
        {
            if (words.ElementAtOrDefault(word) != expected)
            {
                Add(Rules.SolidityPairingInput, $"{expected} is not word {word} of the pairing's input.", verify.Body.Line);
            }
        }

        PatternMatch? call = verify.Body.First("ok := staticcall ( gas ( ) , $address , input , 768 , output , 32 )");
        if (call is null || Code.ValueOf(call["address"]) != 8)
        {
            Add(Rules.SolidityWrongPrecompile, "verifyProof does not call precompile 8, the pairing, with its 768 bytes.", call?["address"].Line ?? verify.Body.Line);
        }

        CheckAnswer(verify, "return ok && output [ 0 ] == 1 ;", "return output [ 0 ] == 1 ;");
    }

    private void CheckAnswer(CodeFunction verify, string right, string withoutSuccess)
    {
        PatternMatch? answer = verify.Body.First(right);
        if (answer is null || answer.End != verify.Body.End)
        {
            bool reads = verify.Body.Has(withoutSuccess);
            Add(
                reads ? Rules.SolidityCallUnchecked : Rules.SolidityPairingUnchecked,
                reads ? "verifyProof does not look at whether the pairing's call succeeds." : "verifyProof does not return whether the pairing's word is 1.",
                verify.Body.Line);
        }

        IReadOnlyList<Token> tokens = verify.Body.Tokens;
        for (int i = 0; i + 1 < tokens.Count; i++)
        {
            if (tokens[i].Text == "return" && tokens[i + 1].Text != "false" && (answer is null || verify.Body.Start + i != answer.Start))
            {
                Add(Rules.SolidityPairingUnchecked, "verifyProof can end here without the pairing.", tokens[i].Line);
            }
        }
    }

    private void CheckProduct(CodeFunction product)
    {
        PatternMatch? range = product.Body.First("if ( scalar >= $bound ) return false ;");
        if (range is null || range.Start != product.Body.Start)
        {
            Add(Rules.SolidityUncheckedInput, "_addProduct does not refuse a scalar that is not below R.", product.Body.Line);
        }
        else
        {
            RequireOrder(range["bound"], Code.ValueOf(range["bound"]), "Public inputs are");
        }

        if (!product.Body.Has("buffer [ 0 ] = x ; buffer [ 1 ] = y ; buffer [ 2 ] = scalar ;"))
        {
            Add(Rules.SolidityInputUnused, "_addProduct does not multiply its point by its scalar.", product.Body.Line);
        }

        PatternMatch? multiply = product.Body.First("staticcall ( gas ( ) , $address , buffer , 96 , buffer , 64 )");
        PatternMatch? add = product.Body.First("staticcall ( gas ( ) , $address , buffer , 128 , sum , 64 )");
        foreach ((PatternMatch? call, int address) in ((PatternMatch?, int)[])[(multiply, 7), (add, 6)])
        {
            if (call is null || Code.ValueOf(call["address"]) != address)
            {
                Add(Rules.SolidityWrongPrecompile, $"_addProduct does not call precompile {address}.", call?["address"].Line ?? product.Body.Line);
            }
        }

        if (multiply is not null && !product.Body.Has("ok := staticcall ( gas ( ) , $address , buffer , 96 , buffer , 64 )"))
        {
            Add(Rules.SolidityCallUnchecked, "_addProduct does not look at whether the multiplication succeeds.", multiply["address"].Line);
        }

        if (add is not null && !product.Body.Has("ok := and ( ok , staticcall ( gas ( ) , $address , buffer , 128 , sum , 64 ) )"))
        {
            Add(Rules.SolidityCallUnchecked, "_addProduct does not look at whether both calls succeed.", add["address"].Line);
        }
    }

    /// <summary>The elements of the array that a declaration is set to, without spaces.</summary>
    private static List<string> Words(IReadOnlyList<Token> declaration)
    {
        int at = 0;
        while (declaration[at].Text != "=")
        {
            at++;
        }

        List<string> words = [""];
        int depth = 0;
        foreach (Token token in declaration.Skip(at + 2).Take(declaration.Count - at - 4))
        {
            depth += token.Text is "[" or "(" ? 1 : token.Text is "]" or ")" ? -1 : 0;
            if (token.Text == "," && depth == 0)
            {
                words.Add("");
            }
            else
            {
                words[^1] += token.Text;
            }
        }

        return words;
    }

    [GeneratedRegex("^IC([0-9]+)_([XY])$")]
    private static partial Regex PointName();
}
