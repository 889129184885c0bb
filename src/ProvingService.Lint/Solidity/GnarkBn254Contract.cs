// Owns: gnark's contracts over BN254: constants of one word, ALPHA_X to PUB_n_Y, and the inputs' sum by products one after the other.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract.</summary>
internal sealed class GnarkBn254Contract(SolidityCode code, Findings findings) : GnarkShape(code, findings)
{
    protected override BigInteger Order => Bn254Fr.Modulus;

    protected override BigInteger BaseModulus => Bn254Fp.Modulus;

    protected override string PairingPrecompile => "PRECOMPILE_VERIFY";

    protected override int PairingBytes => 0x300;

    protected override (int Proof, int Point) ProofBytes => (256, 64);

    protected override int FirstPlace => 8;

    protected override IReadOnlyList<string> Places { get; } =
    [
        "DELTA_NEG_X_1", "DELTA_NEG_X_0", "DELTA_NEG_Y_1", "DELTA_NEG_Y_0", "ALPHA_X", "ALPHA_Y",
        "BETA_NEG_X_1", "BETA_NEG_X_0", "BETA_NEG_Y_1", "BETA_NEG_Y_0", "", "", "GAMMA_NEG_X_1", "GAMMA_NEG_X_0", "GAMMA_NEG_Y_1", "GAMMA_NEG_Y_0",
    ];

    protected override string Suffix => "";

    protected override string StoresPoint => "mstore ( g , $x )";

    protected override IReadOnlyCollection<string> Known { get; } = 
    [
        "74186b4cb7378d96aa56178166383c4e9f1de410ddd29d7c96e61f50a72ff97c",
        "b30b7d0b3bbc1216db5a99a70d8d0afd3f1e1d91b339ae0cf4690d821be66abf",
    ];

    protected override IReadOnlyList<KeyStatement> OfKey { get; } =
    [
        new($"{Term} s := calldataload ( $$at ) {Product}", IsRepeated: true),
        new("uint256 [ $n ] calldata input"),
    ];

    private const string Term = "mstore ( g , $x ) mstore ( add ( g , 0x20 ) , $y )";

    private const string Product = "mstore ( add ( g , 0x40 ) , s ) success := and ( success , lt ( s , R ) ) "
        + "success := and ( success , staticcall ( gas ( ) , PRECOMPILE_MUL , g , 0x60 , g , 0x40 ) ) "
        + "success := and ( success , staticcall ( gas ( ) , PRECOMPILE_ADD , f , 0x80 , f , 0x40 ) )";

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Constants.ContainsKey("ALPHA_X") && code.Constants.ContainsKey("DELTA_NEG_X_0") && code.Contract.Functions("publicInputMSM").Any();

    /// <inheritdoc/>
    protected override void CheckPrecompiles()
    {
        RequireModulus("P", BaseModulus);
        RequirePrecompile("PRECOMPILE_ADD", 6);
        RequirePrecompile("PRECOMPILE_MUL", 7);
        RequirePrecompile("PRECOMPILE_VERIFY", 8);
    }

    /// <inheritdoc/>
    protected override void CheckKey(int inputs)
    {
        CheckKey(ReadKey<Bn254, Bn254Fp>(inputs), LineOfElement, otherGamma: null);
        if (Code.Constants.ContainsKey("PEDERSEN_G_X_0"))
        {
            CheckCommitmentKey(OfG2<Bn254, Bn254Fp>("PEDERSEN_G", isNegated: false), OfG2<Bn254, Bn254Fp>("PEDERSEN_GSIGMANEG", isNegated: false), LineOf("PEDERSEN_G_X_0"));
        }
    }

    /// <inheritdoc/>
    protected override void CheckSum(CodeFunction sum, List<(int Input, CodeScope Scope, int Line)> terms, int inputs, int commitments)
    {
        if (!sum.Body.Has("mstore ( f , CONSTANT_X ) mstore ( add ( f , 0x20 ) , CONSTANT_Y )"))
        {
            Add(Rules.SolidityIcOrder, "The sum does not begin with CONSTANT.", sum.Body.Line);
        }

        var multiplied = new HashSet<int>();
        foreach ((int i, CodeScope scope, int line) in terms)
        {
            if (i < 0 || !multiplied.Add(i) || !scope.Has($"mstore ( add ( g , 0x20 ) , PUB_{i}_Y )"))
            {
                Add(Rules.SolidityIcOrder, "The point that begins here is not PUB_n for one n that comes once.", line);
                continue;
            }

            CheckScalar(scope, sum, i, "mstore ( add ( g , 0x40 ) , s )", line);
            CheckRange(scope, i, line);
            CheckCall(scope, i, line, "PRECOMPILE_MUL", 0x60, "g");
            CheckCall(scope, i, line, "PRECOMPILE_ADD", 0x80, "f");
        }

        RequireAll(Rules.SolidityInputUnused, inputs, multiplied, i => $"PUB_{i} is not multiplied by its input.", sum.Body.Line);
    }

    private void CheckCall(CodeScope scope, int i, int line, string precompile, int size, string target)
    {
        string call = $"staticcall ( $$gas , {precompile} , {target} , {size} , {target} , 0x40 )";
        if (!scope.Has($"success := and ( success , {call} )"))
        {
            bool isCalled = scope.Has(call);
            Add(
                isCalled ? Rules.SolidityCallUnchecked : Rules.SolidityWrongPrecompile,
                isCalled ? $"PUB_{i}: whether {precompile} succeeds is not looked at." : $"PUB_{i}: {precompile} is not called.",
                line);
        }
    }

    private KeyElements<TCurve, TFp> ReadKey<TCurve, TFp>(int inputs)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        return new(
            G1<TFp, TCurve>("ALPHA", "ALPHA_X", "ALPHA_Y"),
            OfG2<TCurve, TFp>("BETA_NEG", isNegated: true),
            OfG2<TCurve, TFp>("GAMMA_NEG", isNegated: true),
            OfG2<TCurve, TFp>("DELTA_NEG", isNegated: true),
            [
                G1<TFp, TCurve>("CONSTANT", "CONSTANT_X", "CONSTANT_Y"),
                .. Enumerable.Range(0, inputs).Select(i => G1<TFp, TCurve>(Name(i), $"{Name(i)}_X", $"{Name(i)}_Y")),
            ]);
    }

    private Affine<Fp2<TFp>, TCurve>? OfG2<TCurve, TFp>(string name, bool isNegated)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        G2<TFp, TCurve>(name, [$"{name}_X_0", $"{name}_X_1", $"{name}_Y_0", $"{name}_Y_1"], isNegated);
}
