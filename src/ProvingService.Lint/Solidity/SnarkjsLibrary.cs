// Owns: contracts in the shape of snarkjs before 0.7: a library Pairing, the key made in a function verifyingKey, the inputs in an
// array of any length.

using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract.</summary>
internal sealed partial class SnarkjsLibrary(SolidityCode code, Findings findings) : SolidityShape(code, findings)
{
    /// <summary>The code of snarkjs 0.4.6 to 0.6.11.</summary>
    private static readonly string[] Known = ["1862c11b73cd129b15a7503f784924df87a9ad562bad4afd7229af7e05c9ab47"];

    /// <summary>Members of the key stand one by one: one that is set a second time is another text.</summary>
    private static readonly KeyStatement[] OfKey =
    [
        new("vk . alfa1 = Pairing . G1Point ( $v , $w ) ;"),
        new("vk . beta2 = Pairing . G2Point ( [ $t , $u ] , [ $v , $w ] ) ;"),
        new("vk . gamma2 = Pairing . G2Point ( [ $t , $u ] , [ $v , $w ] ) ;"),
        new("vk . delta2 = Pairing . G2Point ( [ $t , $u ] , [ $v , $w ] ) ;"),
        new("vk . IC = new Pairing . G1Point [ ] ( $n ) ;"),
        new("vk . IC [ $i ] = Pairing . G1Point ( $v , $w ) ;", IsRepeated: true),
        new("uint [ $n ] memory input"),
    ];

    private readonly Dictionary<string, int> lines = [];

    protected override BigInteger Order => Bn254Fr.Modulus;

    protected override BigInteger BaseModulus => Bn254Fp.Modulus;

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Contract.Functions("verifyingKey").Any(function => function.Body.Has("vk . $name = Pairing . G2Point ("));

    /// <inheritdoc/>
    public override void Lint()
    {
        CodeFunction makeKey = Code.Contract.Functions("verifyingKey").First();
        KeyElements<Bn254, Bn254Fp> key = ReadKey<Bn254, Bn254Fp>(makeKey.Body);
        CheckKey(key, element => lines.GetValueOrDefault(element, makeKey.Body.Line), Rules.KeyGammaNotGenerator);
        CheckNegation();
        CheckCall("addition", 6);
        CheckCall("scalar_mul", 7);
        CheckCall("pairing", 8);
        foreach (CodeFunction pairing in Code.File.Functions("pairing"))
        {
            PatternMatch? call = pairing.Body.First("$s := staticcall ( $$gas , $address , $$in , $$size , $out , 0x20 )");
            string result = call?["out"].Text ?? "out";
            if (!pairing.Body.Has($"return {result} [ 0 ] != 0 ;") && !pairing.Body.Has($"return {result} [ 0 ] == 1 ;"))
            {
                Add(Rules.SolidityPairingUnchecked, "pairing does not return the word that the precompile answers.", pairing.Body.Line);
            }
        }

        CodeFunction[] verify = [.. Code.Contract.Functions("verify")];
        foreach (CodeFunction function in verify)
        {
            CheckVerify(function);
        }

        foreach (CodeFunction function in Code.Contract.Functions("verifyProof"))
        {
            CheckInputCount(function, key.Ic.Count, before: 3, out string? inputs);
            CheckVerifyProof(function, inputs ?? "input");
        }

        if (verify.Length == 0)
        {
            Add(Rules.SolidityPairingUnchecked, "There is no function verify.", Code.Contract.Line);
        }

        CodeScope? library = Code.File.First("library Pairing {") is { } head ? Code.File.Block(head) : null;
        CompareWithKnown([.. library?.Tokens ?? [], .. Code.Contract.Tokens], OfKey, NoName(), Known, "snarkjs before 0.7");
    }

    private KeyElements<TCurve, TFp> ReadKey<TCurve, TFp>(CodeScope body)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        // snarkjs spells it alfa1.
        Affine<TFp, TCurve>? alpha = ReadG1<TFp, TCurve>(body, "α", body.Has("vk . alpha1 =") ? "alpha1" : "alfa1");
        Affine<Fp2<TFp>, TCurve>? beta = ReadG2<TFp, TCurve>(body, "β", "beta2"), gamma = ReadG2<TFp, TCurve>(body, "γ", "gamma2"), delta = ReadG2<TFp, TCurve>(body, "δ", "delta2");
        var points = new SortedDictionary<int, Affine<TFp, TCurve>?>();
        foreach (PatternMatch match in body.Find("vk . IC [ $i ] = Pairing . G1Point ( $x , $y ) ;"))
        {
            if (match["i"].Value is not { } index || index >= int.MaxValue || match["x"].Value is not { } x || match["y"].Value is not { } y)
            {
                Add(Rules.FileMalformed, "An IC point has no numbers.", match["i"].Line);
                continue;
            }

            int i = (int)index;
            string name = string.Create(CultureInfo.InvariantCulture, $"IC[{i}]");
            lines[name] = match["i"].Line;
            if (!points.TryAdd(i, ToG1<TFp, TCurve>(name, [x, y], match["i"].Line, isNegated: false)))
            {
                Add(Rules.SolidityIcOrder, $"{name} is set a second time.", match["i"].Line);
            }
        }

        // What is not set is zero, which is infinity; an index beyond the length ends every call.
        PatternMatch? array = body.First("vk . IC = new Pairing . G1Point [ ] ( $n ) ;");
        BigInteger length = array?["n"].Value ?? -1;
        if (length != points.Count || (points.Count > 0 && points.Keys.Last() != points.Count - 1))
        {
            Add(
                Rules.SolidityIcOrder,
                $"IC has {(length < 0 ? "an unknown number of" : length.ToString(CultureInfo.InvariantCulture))} points and {points.Count} are set{(points.Count > 0 ? $", the last with number {points.Keys.Last()}" : "")}.",
                array?["n"].Line ?? body.Line);
        }

        return new(alpha, beta, gamma, delta, [.. points.Values]);
    }

    private Affine<TFp, TCurve>? ReadG1<TFp, TCurve>(CodeScope body, string element, string member)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>
    {
        PatternMatch? match = body.First($"vk . {member} = Pairing . G1Point ( $x , $y ) ;");
        return Numbers(match, body, element, member, "x", "y") is { } words ? ToG1<TFp, TCurve>(member, words, lines[element], isNegated: false) : null;
    }

    private Affine<Fp2<TFp>, TCurve>? ReadG2<TFp, TCurve>(CodeScope body, string element, string member)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>>
    {
        // The imaginary part of each coordinate stands first.
        PatternMatch? match = body.First($"vk . {member} = Pairing . G2Point ( [ $x1 , $x0 ] , [ $y1 , $y0 ] ) ;");
        return Numbers(match, body, element, member, "x0", "x1", "y0", "y1") is { } words ? ToG2<TFp, TCurve>(member, words, lines[element], isNegated: false) : null;
    }

    private BigInteger[]? Numbers(PatternMatch? match, CodeScope body, string element, string member, params string[] names)
    {
        lines[element] = match?[names[0]].Line ?? body.Line;
        if (match is not null && names.All(name => match[name].Value is not null))
        {
            return [.. names.Select(name => match[name].Value!.Value)];
        }

        Add(Rules.FileMalformed, $"vk.{member} is not set to a point of numbers.", lines[element]);
        return null;
    }

    private void CheckNegation()
    {
        foreach (CodeFunction negate in Code.File.Functions("negate"))
        {
            if (negate.Body.First("= $q ;") is { } match && match["q"].Value is { } q && q != BaseModulus)
            {
                Add(Rules.SolidityWrongModulus, "negate does not use the modulus q of the base field.", match["q"].Line);
            }
        }
    }

    private void CheckCall(string name, int address)
    {
        CodeFunction? function = Code.File.Functions(name).FirstOrDefault();
        PatternMatch? call = function?.Body.First("$s := staticcall ( $$gas , $address , $$memory )");
        if (call is null || call["address"].Value != address)
        {
            Add(
                Rules.SolidityWrongPrecompile,
                $"The function {name} does not call precompile {address}.",
                call?["address"].Line ?? function?.Body.Line ?? Code.Contract.Line);
        }
        else if (!function!.Body.Has($"require ( {call["s"].Text} ,") && !function.Body.Has($"require ( {call["s"].Text} )")
            && !function.Body.Has($"switch {call["s"].Text} case 0 {{ invalid ( ) }}") && !function.Body.Has($"switch {call["s"].Text} case 0 {{ revert ( 0 , 0 ) }}"))
        {
            Add(Rules.SolidityCallUnchecked, $"The function {name} goes on where the call of precompile {address} fails.", call["address"].Line);
        }
    }

    private void CheckVerify(CodeFunction verify)
    {
        string inputs = (verify.Parameters.First("[ ] memory $name") ?? verify.Parameters.First("[ ] calldata $name"))?["name"].Text ?? "input";
        if (!verify.Body.Has($"require ( {inputs} . length + 1 == vk . IC . length"))
        {
            Add(Rules.SolidityLengthUnchecked, "verify does not require as many inputs as there are IC points less one.", verify.Body.Line);
        }

        PatternMatch? head = verify.Body.First($"for ( $type i = 0 ; i < {inputs} . length ; i ++ ) {{");
        CodeScope? loop = head is null ? null : verify.Body.Block(head);
        PatternMatch? sum = loop?.First($"$sum = Pairing . addition ( $sum , Pairing . scalar_mul ( vk . IC [ i + 1 ] , {inputs} [ i ] ) ) ;");
        if (sum is null)
        {
            Add(Rules.SolidityInputUnused, "verify does not add each input times its IC point.", loop?.Line ?? verify.Body.Line);
        }

        CheckRange(verify, loop, inputs);
        string name = sum?["sum"].Text ?? "vk_x";
        if (!verify.Body.Has($"{name} = Pairing . addition ( {name} , vk . IC [ 0 ] ) ;"))
        {
            Add(Rules.SolidityIcOrder, "verify does not add IC[0], the constant's point.", verify.Body.Line);
        }

        PatternMatch? pairing = verify.Body.First("if ( ! Pairing . pairingProd4 ( $$arguments ) ) return 1 ; return 0 ;");
        if (pairing is null || pairing.End != verify.Body.End)
        {
            Add(Rules.SolidityPairingUnchecked, "verify does not return 1 where the pairing is not one, and 0 else.", verify.Body.Line);
        }

        if (!verify.Body.Has($"pairingProd4 ( Pairing . negate ( $proof . A ) , $proof . B , vk . $alpha , vk . beta2 , {name} , vk . gamma2 , $proof . C , vk . delta2 )"))
        {
            Add(Rules.SolidityPairingInput, "The pairing is not that of −A and B, α and β, the inputs' sum and γ, C and δ.", verify.Body.Line);
        }
    }

    private void CheckRange(CodeFunction verify, CodeScope? loop, string inputs)
    {
        PatternMatch? range = loop?.First($"require ( {inputs} [ i ] < $bound");
        if (range is null)
        {
            Add(Rules.SolidityUncheckedInput, "verify does not require each input to be below r.", loop?.Line ?? verify.Body.Line);
            return;
        }

        Token bound = range["bound"];
        BigInteger? value = bound.Kind == TokenKind.Word ? verify.Body.First($"{bound.Text} = $value ;")?["value"].Value ?? Code.ValueOf(bound) : bound.Value;
        RequireOrder(bound, value, "Public inputs are");
    }

    private void CheckVerifyProof(CodeFunction function, string inputs)
    {
        if (function.Body.First("verify ( $values , $proof )") is { } direct && direct["values"].Text != inputs)
        {
            string values = direct["values"].Text;
            PatternMatch? head = function.Body.First($"for ( $type i = 0 ; i < {inputs} . length ; i ++ ) {{");
            if (head is null || !function.Body.Block(head).Has($"{values} [ i ] = {inputs} [ i ] ;"))
            {
                Add(Rules.SolidityInputUnused, "verifyProof does not hand every input on to verify.", function.Body.Line);
            }
        }

        PatternMatch? answer = function.Body.First("if ( verify ( $$arguments ) == 0 ) { return true ; } else { return false ; }")
            ?? function.Body.First("return verify ( $$arguments ) == 0 ;");
        if (answer is null || answer.End != function.Body.End)
        {
            Add(Rules.SolidityPairingUnchecked, "verifyProof does not return whether verify returns 0.", function.Body.Line);
        }

        if (answer is not null && function.Body.Between(function.Body.Start, answer.Start).Tokens.FirstOrDefault(token => token.Text is "return") is { Line: > 0 } early)
        {
            Add(Rules.SolidityPairingUnchecked, "verifyProof can end here without the pairing.", early.Line);
        }
    }

    /// <summary>The key is no constants here.</summary>
    [GeneratedRegex("(?!)")]
    private static partial Regex NoName();
}
