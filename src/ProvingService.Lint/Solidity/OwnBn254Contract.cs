// Owns: contracts over BN254 in the shape of zkps (SolidityVerifier.cs of Groth16): constants NEG_ALPHA_X to ICn_Y, α, γ and δ
// stored negated, one block of assembly with every word of the pairing's input at its place.

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
        KeyElements<Bn254, Bn254Fp> key = ReadKey<Bn254, Bn254Fp>(points);
        CheckKey(key, LineOfElement, Rules.KeyGammaNotGenerator);
        foreach (CodeFunction verify in Code.Contract.Functions("verifyProof"))
        {
            CheckInputCount(verify, points, before: 3, out string? name);
            CheckSum(verify, points, name ?? "_pubSignals");
            CheckPairing(verify);
        }

        foreach (CodeFunction product in Code.Contract.Functions("addProduct"))
        {
            CheckProduct(product);
        }

        CompareWithExport<Bn254, Bn254Fp, Bn254Fr>(key);
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
        if (!verify.Body.Has("mstore ( 384 , IC0_X ) mstore ( 416 , IC0_Y )"))
        {
            Add(Rules.SolidityIcOrder, "The sum does not begin with IC0.", verify.Body.Line);
        }

        var multiplied = new HashSet<int>();
        foreach (PatternMatch call in verify.Body.Find($"addProduct ( $x , $y , calldataload ( add ( {inputs} , $at ) ) )"))
        {
            int input = WordAt(call["at"]);
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
    }

    private void CheckPairing(CodeFunction verify)
    {
        foreach ((string name, int word) in Places)
        {
            if (!verify.Body.Has($"mstore ( {32 * word} , {name} )"))
            {
                Add(Rules.SolidityPairingInput, $"{name} is not stored at byte {32 * word} of the pairing's input.", LineOf(name));
            }
        }

        foreach (string copy in (string[])["calldatacopy ( 0 , _pA , 64 )", "calldatacopy ( 64 , _pB , 128 )", "calldatacopy ( 576 , _pC , 64 )"])
        {
            if (!verify.Body.Has(copy))
            {
                Add(Rules.SolidityPairingInput, $"There is no {copy.Replace(" ", "", StringComparison.Ordinal)}: a point of the proof does not reach its place.", verify.Body.Line);
            }
        }

        PatternMatch? call = verify.Body.First("let $done := staticcall ( gas ( ) , $address , 0 , 768 , 768 , 32 )");
        if (call is null || Code.ValueOf(call["address"]) != 8)
        {
            Add(Rules.SolidityWrongPrecompile, "verifyProof does not call precompile 8, the pairing, with its 768 bytes.", call?["address"].Line ?? verify.Body.Line);
        }

        string done = call?["done"].Text ?? "done";
        PatternMatch? answer = verify.Body.First($"mstore ( 0 , and ( {done} , eq ( mload ( 768 ) , 1 ) ) ) return ( 0 , 32 )");
        if (answer is null)
        {
            bool reads = verify.Body.Has("mstore ( 0 , eq ( mload ( 768 ) , 1 ) )") || verify.Body.Has("mstore ( 0 , mload ( 768 ) )");
            Add(
                reads ? Rules.SolidityCallUnchecked : Rules.SolidityPairingUnchecked,
                reads ? "verifyProof does not look at whether the pairing's call succeeds." : "verifyProof does not return whether the pairing's word is 1.",
                verify.Body.Line);
        }

        CheckReturns(verify, answer ?? verify.Body.First("return ( 0 , 32 )"));
    }

    private void CheckProduct(CodeFunction product)
    {
        if (!product.Body.Has("mstore ( 448 , x ) mstore ( 480 , y ) mstore ( 512 , scalar )"))
        {
            Add(Rules.SolidityInputUnused, "addProduct does not multiply its point by its scalar.", product.Body.Line);
        }

        CheckCall(product, 7, "staticcall ( gas ( ) , $address , 448 , 96 , 448 , 64 )", "let ok := {0}");
        CheckCall(product, 6, "staticcall ( gas ( ) , $address , 384 , 128 , 384 , 64 )", "ok := and ( ok , {0} )");
        if (product.Body.First("if iszero ( and ( ok , lt ( scalar , $bound ) ) ) { mstore ( 0 , 0 ) return ( 0 , 32 ) }") is { } refusal)
        {
            RequireOrder(refusal["bound"], Code.ValueOf(refusal["bound"]), "Public inputs are");
            return;
        }

        if (!product.Body.Has("if iszero ( lt ( scalar , R ) ) { mstore ( 0 , 0 ) return ( 0 , 32 ) }"))
        {
            Add(Rules.SolidityUncheckedInput, "addProduct does not refuse a scalar that is not below R.", product.Body.Line);
        }

        if (!product.Body.Has("if iszero ( ok ) { mstore ( 0 , 0 ) return ( 0 , 32 ) }"))
        {
            Add(Rules.SolidityCallUnchecked, "addProduct goes on where a precompile fails.", product.Body.Line);
        }
    }

    private void CheckCall(CodeFunction product, int address, string call, string kept)
    {
        PatternMatch? found = product.Body.First(call);
        if (found is null || Code.ValueOf(found["address"]) != address)
        {
            Add(Rules.SolidityWrongPrecompile, $"addProduct does not call precompile {address}.", found?["address"].Line ?? product.Body.Line);
        }
        else if (!product.Body.Has(kept.Replace("{0}", call, StringComparison.Ordinal)))
        {
            Add(Rules.SolidityCallUnchecked, $"addProduct does not look at whether precompile {address} succeeds.", found["address"].Line);
        }
    }

    [GeneratedRegex("^IC([0-9]+)_([XY])$")]
    private static partial Regex PointName();
}
