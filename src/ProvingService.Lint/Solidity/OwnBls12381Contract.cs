// Owns: contracts over BLS12-381 in the shape of zkps (SolidityVerifier.cs of Groth16): the words of points in the encoding of EIP-2537
// as constants NEG_ALPHA_0 to ICn_3, α, γ and δ stored negated, one block of assembly with every word at its place.

using System.Globalization;
using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract.</summary>
internal sealed class OwnBls12381Contract(SolidityCode code, Findings findings) : SolidityShape(code, findings)
{
    /// <summary>Where the inputs' sum and the terms that make it stand in memory, and the bytes of a term.</summary>
    private const int Sum = 768, Terms = 896, TermBytes = 160;

    protected override BigInteger Order => Bls12381Fr.Modulus;

    protected override BigInteger BaseModulus => Bls12381Fp.Modulus;

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Constants.ContainsKey("NEG_ALPHA_0") && code.Constants.ContainsKey("NEG_DELTA_0") && code.Contract.Functions("verifyProof").Any();

    /// <inheritdoc/>
    public override void Lint()
    {
        RequireModulus("R", Order);
        CheckShadows();
        int points = CountPoints(i => Word(Name(i), 0));
        KeyElements<Bls12381, Bls12381Fp> key = ReadKey<Bls12381, Bls12381Fp>(points);
        CheckKey(key, LineOfElement, Rules.KeyGammaNotGenerator);
        foreach (CodeFunction verify in Code.Contract.Functions("verifyProof"))
        {
            CheckInputCount(verify, points, before: 1, out string? name);
            if (verify.Body.First("let ok := eq ( _proof . length , $n )") is not { } length || Code.ValueOf(length["n"]) != 512)
            {
                Add(Rules.SolidityLengthUnchecked, "verifyProof does not refuse a proof that is not 512 bytes long.", verify.Body.Line);
            }

            CheckTerms(verify, points - 1, name ?? "_pubSignals");
            CheckSum(verify, points - 1);
            CheckPairing(verify, points - 1);
        }

        CompareWithExport<Bls12381, Bls12381Fp, Bls12381Fr>(key);
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"IC{i}");

    private static string Word(string name, int i) => string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");

    /// <summary>How the words of a point are stored.</summary>
    private static string Stores(string name, int place, int words) =>
        string.Join(' ', Enumerable.Range(0, words).Select(i => $"mstore ( {place + (32 * i)} , {Word(name, i)} )"));

    private int LineOfElement(string element) => LineOf(Word(
        element switch
        {
            "α" => "NEG_ALPHA",
            "β" => "BETA",
            "γ" => "NEG_GAMMA",
            "δ" => "NEG_DELTA",
            _ => Name(IndexOf(element)),
        },
        0));

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
            Coordinates(name, 2) is { } words ? ToG1<TFp, TCurve>(name, words, LineOf(Word(name, 0)), isNegated) : null;

        Affine<Fp2<TFp>, TCurve>? OfG2(string name, bool isNegated) =>
            Coordinates(name, 4) is { } words ? ToG2<TFp, TCurve>(name, words, LineOf(Word(name, 0)), isNegated) : null;
    }

    private BigInteger[]? Coordinates(string name, int count) =>
        Words([.. Enumerable.Range(0, 2 * count).Select(i => Word(name, i))]) is (var words, _)
            ? [.. Enumerable.Range(0, count).Select(i => (words[2 * i] << 256) + words[(2 * i) + 1])]
            : null;

    private void CheckTerms(CodeFunction verify, int inputs, string name)
    {
        for (int i = 0; i < inputs; i++)
        {
            int place = Terms + (TermBytes * i);
            if (!verify.Body.Has(Stores(Name(i + 1), place, 4)))
            {
                Add(Rules.SolidityIcOrder, $"{Name(i + 1)} is not stored at byte {place}, the place of public input {i}.", verify.Body.Line);
            }

            string scalar = $"scalar := calldataload ( add ( {name} , {32 * i} ) ) mstore ( {place + 128} , scalar )";
            if (verify.Body.First(scalar) is not { } load)
            {
                Add(Rules.SolidityInputUnused, $"Public input {i} is not multiplied by {Name(i + 1)}.", verify.Body.Line);
            }
            else if (verify.Body.From(load.Start).First(scalar + " ok := and ( ok , lt ( scalar , $bound ) )") is { } range && range.Start == load.Start)
            {
                RequireOrder(range["bound"], Code.ValueOf(range["bound"]), $"Public input {i} is");
            }
            else
            {
                Add(Rules.SolidityUncheckedInput, $"Public input {i} is not compared with R.", verify.Body.From(load.Start).Line);
            }
        }
    }

    private void CheckSum(CodeFunction verify, int inputs)
    {
        // IC0 stands where the sum is, or behind the sum of the others, to which it is added.
        if (!verify.Body.Has(Stores("IC0", inputs == 0 ? Sum : Terms, 4)))
        {
            Add(Rules.SolidityIcOrder, "IC0 is not part of the sum.", verify.Body.Line);
        }

        if (inputs > 0)
        {
            CheckCall(verify, 0x0c, $"{Terms} , {TermBytes * inputs} , {Sum} , 128", "the multi-scalar multiplication");
            CheckCall(verify, 0x0b, $"{Sum} , 256 , {Sum} , 128", "the addition");
        }
    }

    private void CheckCall(CodeFunction verify, int address, string memory, string what)
    {
        string call = $"ok := staticcall ( gas ( ) , $address , {memory} )";
        PatternMatch? found = verify.Body.First($"if ok {{ {call} ok := and ( ok , eq ( returndatasize ( ) , 128 ) ) }}");
        if (found is not null && Code.ValueOf(found["address"]) == address)
        {
            return;
        }

        bool isCalled = verify.Body.First($"if ok {{ {call}") is { } other && Code.ValueOf(other["address"]) == address;
        Add(
            isCalled ? Rules.SolidityCallUnchecked : Rules.SolidityWrongPrecompile,
            isCalled ? $"verifyProof does not look at what {what} returns." : $"verifyProof does not call precompile 0x{address:x2}, {what}.",
            found?["address"].Line ?? verify.Body.Line);
    }

    private void CheckPairing(CodeFunction verify, int inputs)
    {
        foreach ((string name, int place, int words) in ((string, int, int)[])[("NEG_ALPHA", 384, 4), ("BETA", 512, 8), ("NEG_GAMMA", 896, 8), ("NEG_DELTA", 1280, 8)])
        {
            if (!verify.Body.Has(Stores(name, place, words)))
            {
                Add(Rules.SolidityPairingInput, $"{name} is not stored at byte {place} of the pairing's input.", LineOf(Word(name, 0)));
            }
        }

        foreach (string copy in (string[])["calldatacopy ( 0 , _proof . offset , 384 )", "calldatacopy ( 1152 , add ( _proof . offset , 384 ) , 128 )"])
        {
            if (!verify.Body.Has(copy))
            {
                Add(Rules.SolidityPairingInput, $"There is no {copy.Replace(" ", "", StringComparison.Ordinal)}: a point of the proof does not reach its place.", verify.Body.Line);
            }
        }

        int answerAt = Math.Max(1536, Terms + (TermBytes * inputs));
        PatternMatch? call = verify.Body.First($"if ok {{ ok := staticcall ( gas ( ) , $address , 0 , 1536 , {answerAt} , 32 ) }}");
        if (call is null || Code.ValueOf(call["address"]) != 0x0f)
        {
            Add(Rules.SolidityWrongPrecompile, "verifyProof does not call precompile 0x0f, the pairing, with its 1536 bytes.", call?["address"].Line ?? verify.Body.Line);
        }

        PatternMatch? answer = verify.Body.First($"mstore ( 0 , and ( ok , eq ( mload ( {answerAt} ) , 1 ) ) ) return ( 0 , 32 )");
        if (answer is null)
        {
            bool reads = verify.Body.Has($"mstore ( 0 , eq ( mload ( {answerAt} ) , 1 ) )");
            Add(
                reads ? Rules.SolidityCallUnchecked : Rules.SolidityPairingUnchecked,
                reads ? "verifyProof does not look at whether the calls succeed." : "verifyProof does not return whether the pairing's word is 1.",
                verify.Body.Line);
        }

        CheckReturns(verify, answer ?? verify.Body.First("return ( 0 , 32 )"));
    }
}
