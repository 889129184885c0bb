// Owns: contracts over BLS12-381 in the shape of zkps (SolidityVerifier.cs of Groth16): points as bytes in the encoding of EIP-2537,
// α, γ and δ stored negated, one call for the inputs' sum and one for the pairing.

using System.Globalization;
using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract.</summary>
internal sealed class OwnBls12381Contract(SolidityCode code, Findings findings) : SolidityShape(code, findings)
{
    private const int CoordinateBytes = 64;

    protected override BigInteger Order => Bls12381Fr.Modulus;

    protected override BigInteger BaseModulus => Bls12381Fp.Modulus;

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Constants.GetValueOrDefault("NEG_ALPHA")?.Bytes is not null && code.Constants.ContainsKey("NEG_DELTA") && code.Contract.Functions("verifyProof").Any();

    /// <inheritdoc/>
    public override void Lint()
    {
        RequireModulus("R", Order);
        CheckShadows();
        int points = CountPoints(Name);
        CheckKey(ReadKey<Bls12381, Bls12381Fp>(points), LineOfElement, Rules.KeyGammaNotGenerator);
        foreach (CodeFunction verify in Code.Contract.Functions("verifyProof"))
        {
            int inputs = CheckInputCount(verify, points, before: 1, out string? name);
            CheckArguments(verify, inputs, name ?? "_pubSignals");
            CheckSum(verify, points, name ?? "_pubSignals");
            CheckPairing(verify);
        }
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"IC{i}");

    private int LineOfElement(string element) => LineOf(element switch
    {
        "α" => "NEG_ALPHA",
        "β" => "BETA",
        "γ" => "NEG_GAMMA",
        "δ" => "NEG_DELTA",
        _ => Name(IndexOf(element)),
    });

    private KeyElements<TCurve, TFp> ReadKey<TCurve, TFp>(int points)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        return new(
            OfG1("NEG_ALPHA", isNegated: true),
            OfG2("BETA", isNegated: false),
            OfG2("NEG_GAMMA", isNegated: true),
            OfG2("NEG_DELTA", isNegated: true),
            [.. Enumerable.Range(0, points).Select(i => OfG1(Name(i), isNegated: false))]);

        Affine<TFp, TCurve>? OfG1(string name, bool isNegated) =>
            Coordinates(name, 2) is { } words ? ToG1<TFp, TCurve>(name, words, LineOf(name), isNegated) : null;

        Affine<Fp2<TFp>, TCurve>? OfG2(string name, bool isNegated) =>
            Coordinates(name, 4) is { } words ? ToG2<TFp, TCurve>(name, words, LineOf(name), isNegated) : null;
    }

    private BigInteger[]? Coordinates(string name, int count)
    {
        if (Code.Constants.GetValueOrDefault(name)?.Bytes is not { } bytes || bytes.Length != count * CoordinateBytes)
        {
            Add(Rules.FileMalformed, $"The constant {name} is not {count * CoordinateBytes} bytes in hexadecimal.", LineOf(name));
            return null;
        }

        return [.. Enumerable.Range(0, count).Select(i => new BigInteger(bytes.AsSpan(i * CoordinateBytes, CoordinateBytes), isUnsigned: true, isBigEndian: true))];
    }

    private void CheckArguments(CodeFunction verify, int inputs, string name)
    {
        if (!verify.Body.Has("if ( _proof . length != 512 ) return false ;"))
        {
            Add(Rules.SolidityLengthUnchecked, "verifyProof does not refuse a proof that is not 512 bytes long.", verify.Body.Line);
        }

        if (inputs == 0)
        {
            return;
        }

        PatternMatch? head = verify.Body.First($"for ( uint256 i = 0 ; i < {name} . length ; i ++ ) {{");
        if (head is not null && verify.Body.Block(head).First($"if ( {name} [ i ] >= $bound ) return false ;") is { } range)
        {
            RequireOrder(range["bound"], Code.ValueOf(range["bound"]), "Public inputs are");
        }
        else
        {
            Add(Rules.SolidityUncheckedInput, "verifyProof does not refuse public inputs that are not below R.", verify.Body.Line);
        }
    }

    private void CheckSum(CodeFunction verify, int points, string inputs)
    {
        PatternMatch? call = verify.Body.First("( bool ok , bytes memory sum ) = address ( $address ) . staticcall ( $$terms ) ;");
        if (call is null || Code.ValueOf(call["address"]) != 0x0c)
        {
            Add(Rules.SolidityWrongPrecompile, "verifyProof does not call precompile 0x0c, the multi-scalar multiplication.", call?["address"].Line ?? verify.Body.Line);
        }

        if (!verify.Body.Has("if ( ! ok || sum . length != 128 ) return false ;"))
        {
            Add(Rules.SolidityCallUnchecked, "verifyProof goes on where the inputs' sum fails.", verify.Body.Line);
        }

        CodeScope terms = call is null ? verify.Body : verify.Body.Between(call.Start, call.End);
        if (!terms.Has("IC0 , bytes32 ( uint256 ( 1 ) )"))
        {
            Add(Rules.SolidityIcOrder, "The sum does not begin with IC0 times one.", terms.Line);
        }

        var multiplied = new HashSet<int>();
        foreach (PatternMatch term in terms.Find($"$point , bytes32 ( {inputs} [ $i ] )"))
        {
            int input = Code.ValueOf(term["i"]) is { } value && value < int.MaxValue ? (int)value : -1;
            bool isOwn = term["point"].Text == Name(input + 1);
            if (!isOwn || !multiplied.Add(input))
            {
                Add(Rules.SolidityIcOrder, $"Public input {input} is multiplied by {term["point"].Text}{(isOwn ? " a second time" : "")}.", term["point"].Line);
                multiplied.Add(input);
            }
        }

        RequireAll(Rules.SolidityInputUnused, points - 1, multiplied, i => $"Public input {i} is not multiplied by IC{i + 1}.", terms.Line);
    }

    private void CheckPairing(CodeFunction verify)
    {
        PatternMatch? call = verify.Body.First("( ok , output ) = address ( $address ) . staticcall ( $$terms ) ;");
        if (call is null || Code.ValueOf(call["address"]) != 0x0f)
        {
            Add(Rules.SolidityWrongPrecompile, "verifyProof does not call precompile 0x0f, the pairing.", call?["address"].Line ?? verify.Body.Line);
        }

        CodeScope terms = call is null ? verify.Body : verify.Body.Between(call.Start, call.End);
        if (!terms.Has("bytes . concat ( _proof [ 0 : 384 ] , NEG_ALPHA , BETA , sum , NEG_GAMMA , _proof [ 384 : 512 ] , NEG_DELTA )"))
        {
            Add(Rules.SolidityPairingInput, "The pairing is not that of A and B, −α and β, the inputs' sum and −γ, C and −δ.", terms.Line);
        }

        PatternMatch? answer = verify.Body.First("return ok && output . length == 32 && uint256 ( bytes32 ( output ) ) == 1 ;");
        if (answer is null || answer.End != verify.Body.End)
        {
            bool reads = verify.Body.Has("uint256 ( bytes32 ( output ) ) == 1 ;");
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
}
