// Owns: gnark's contracts over BLS12-381: coordinates of two words, _HI and _LO, and the inputs' sum by one call of EIP-2537.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract.</summary>
internal sealed class GnarkBls12381Contract(SolidityCode code, Findings findings) : GnarkShape(code, findings)
{
    /// <summary>A point and its scalar in the input of the multi-scalar multiplication.</summary>
    private const int TermBytes = 160;

    protected override BigInteger Order => Bls12381Fr.Modulus;

    protected override BigInteger BaseModulus => Bls12381Fp.Modulus;

    protected override string PairingPrecompile => "PRECOMPILE_BLS12_PAIR";

    protected override int PairingBytes => 0x600;

    protected override (int Proof, int Point) ProofBytes => (384, 96);

    protected override int FirstPlace => 16;

    protected override IReadOnlyList<string> Places { get; } =
    [
        .. Halves("DELTA_NEG_X_0", "DELTA_NEG_X_1", "DELTA_NEG_Y_0", "DELTA_NEG_Y_1", "ALPHA_X", "ALPHA_Y", "BETA_NEG_X_0", "BETA_NEG_X_1", "BETA_NEG_Y_0", "BETA_NEG_Y_1"),
        "", "", "", "",
        .. Halves("GAMMA_NEG_X_0", "GAMMA_NEG_X_1", "GAMMA_NEG_Y_0", "GAMMA_NEG_Y_1"),
    ];

    protected override string Suffix => "_HI";

    protected override string StoresPoint => "mstore ( add ( f , $at ) , $x )";

    /// <summary>Without commitments only: with them, places in the sum depend on the key.</summary>
    protected override IReadOnlyCollection<string> Known { get; } = ["94bec62b812fbbb7c532c0666b39ab4238a6ad92090e069ee69e34f5e09c64b4"];

    protected override IReadOnlyList<KeyStatement> OfKey { get; } =
    [
        new($"{Term} s := calldataload ( $$at ) {Scalar}", IsRepeated: true),
        new("PRECOMPILE_BLS12_G1MSM , f , $n , f , 0x80"),
        new("uint256 [ $n ] calldata input"),
    ];

    private const string Term = "mstore ( add ( f , $a ) , $x ) mstore ( add ( f , $b ) , $xl ) mstore ( add ( f , $c ) , $y ) mstore ( add ( f , $d ) , $yl )";

    private const string Scalar = "mstore ( add ( f , $e ) , s ) success := and ( success , lt ( s , R ) )";

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Constants.ContainsKey("ALPHA_X_HI") && code.Constants.ContainsKey("DELTA_NEG_X_0_HI") && code.Contract.Functions("publicInputMSM").Any();

    /// <inheritdoc/>
    protected override void CheckPrecompiles()
    {
        RequirePrecompile("PRECOMPILE_BLS12_G1MSM", 0x0c);
        RequirePrecompile("PRECOMPILE_BLS12_PAIR", 0x0f);
    }

    /// <inheritdoc/>
    protected override void CheckKey(int inputs)
    {
        CheckKey(ReadKey<Bls12381, Bls12381Fp>(inputs), LineOfElement, otherGamma: null);
        if (Code.Constants.ContainsKey("PEDERSEN_G_X_0_HI"))
        {
            CheckCommitmentKey(
                OfG2<Bls12381, Bls12381Fp>("PEDERSEN_G", isNegated: false), OfG2<Bls12381, Bls12381Fp>("PEDERSEN_GSIGMANEG", isNegated: false), LineOf("PEDERSEN_G_X_0_HI"));
        }
    }

    /// <inheritdoc/>
    protected override void CheckSum(CodeFunction sum, List<(int Input, CodeScope Scope, int Line)> terms, int inputs, int commitments)
    {
        if (!sum.Body.Has($"mstore ( f , CONSTANT_X_HI ) {Stores("CONSTANT", 0)} mstore ( add ( f , 0x80 ) , 1 )"))
        {
            Add(Rules.SolidityIcOrder, "The sum does not begin with CONSTANT times one.", sum.Body.Line);
        }

        var multiplied = new HashSet<int>();
        foreach ((int i, CodeScope scope, int line) in terms)
        {
            int at = TermBytes * (i + 1);
            if (i < 0 || !multiplied.Add(i) || !scope.Has($"mstore ( add ( f , {at} ) , PUB_{i}_X_HI ) {Stores(Name(i), at)}"))
            {
                Add(Rules.SolidityIcOrder, "The point that begins here is not PUB_n for one n that comes once, in the n-th place.", line);
                continue;
            }

            CheckScalar(scope, sum, i, $"mstore ( add ( f , {at + 128} ) , s )", line);
            CheckRange(scope, i, line);
        }

        RequireAll(Rules.SolidityInputUnused, inputs, multiplied, i => $"PUB_{i} is not multiplied by its input.", sum.Body.Line);

        // The points of commitments follow, each times one.
        string call = $"staticcall ( $$gas , PRECOMPILE_BLS12_G1MSM , f , {TermBytes * (1 + inputs + commitments)} , f , 0x80 )";
        if (!sum.Body.Has($"success := and ( success , {call} )"))
        {
            bool isCalled = sum.Body.Has(call);
            Add(
                isCalled ? Rules.SolidityCallUnchecked : Rules.SolidityWrongPrecompile,
                isCalled
                    ? "publicInputMSM does not look at whether PRECOMPILE_BLS12_G1MSM succeeds."
                    : $"publicInputMSM does not call PRECOMPILE_BLS12_G1MSM with {1 + inputs + commitments} points and scalars.",
                sum.Body.Line);
        }
    }

    /// <summary>How the words of a point are stored behind the first.</summary>
    private static string Stores(string name, int at) =>
        $"mstore ( add ( f , {at + 32} ) , {name}_X_LO ) mstore ( add ( f , {at + 64} ) , {name}_Y_HI ) mstore ( add ( f , {at + 96} ) , {name}_Y_LO )";

    private static IEnumerable<string> Halves(params string[] names) => names.SelectMany(name => (string[])[name + "_HI", name + "_LO"]);

    private KeyElements<TCurve, TFp> ReadKey<TCurve, TFp>(int inputs)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        return new(
            OfG1("ALPHA"),
            OfG2<TCurve, TFp>("BETA_NEG", isNegated: true),
            OfG2<TCurve, TFp>("GAMMA_NEG", isNegated: true),
            OfG2<TCurve, TFp>("DELTA_NEG", isNegated: true),
            [OfG1("CONSTANT"), .. Enumerable.Range(0, inputs).Select(i => OfG1(Name(i)))]);

        Affine<TFp, TCurve>? OfG1(string name) =>
            Coordinates([$"{name}_X", $"{name}_Y"]) is { } words ? ToG1<TFp, TCurve>(name, words, LineOf($"{name}_X_HI"), isNegated: false) : null;
    }

    private Affine<Fp2<TFp>, TCurve>? OfG2<TCurve, TFp>(string name, bool isNegated)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        Coordinates([$"{name}_X_0", $"{name}_X_1", $"{name}_Y_0", $"{name}_Y_1"]) is { } words
            ? ToG2<TFp, TCurve>(name, words, LineOf($"{name}_X_0_HI"), isNegated)
            : null;

    private BigInteger[]? Coordinates(string[] names) =>
        Words([.. Halves(names)]) is (var words, _) ? [.. Enumerable.Range(0, names.Length).Select(i => (words[2 * i] << 256) + words[(2 * i) + 1])] : null;
}
