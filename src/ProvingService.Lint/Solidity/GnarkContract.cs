// Owns: contracts in the shape of gnark: constants ALPHA_X to PUB_n_Y, of which β, γ and δ are stored negated; publicInputMSM adds up
// the inputs; verifyProof and verifyCompressedProof return nothing and revert where a proof is false.

using System.Globalization;
using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>Lints such a contract. Those with commitments have more points than inputs: the surplus is hashed from the proof.</summary>
internal sealed class GnarkContract(SolidityCode code, Findings findings) : SolidityShape(code, findings)
{
    /// <summary>The constants of the pairing's input in their order there, from word 8 on.</summary>
    private static readonly string[] Places =
    [
        "DELTA_NEG_X_1", "DELTA_NEG_X_0", "DELTA_NEG_Y_1", "DELTA_NEG_Y_0", "ALPHA_X", "ALPHA_Y",
        "BETA_NEG_X_1", "BETA_NEG_X_0", "BETA_NEG_Y_1", "BETA_NEG_Y_0", "", "", "GAMMA_NEG_X_1", "GAMMA_NEG_X_0", "GAMMA_NEG_Y_1", "GAMMA_NEG_Y_0",
    ];

    protected override BigInteger Order => Bn254Fr.Modulus;

    protected override BigInteger BaseModulus => Bn254Fp.Modulus;

    /// <summary>Whether a contract has this shape.</summary>
    public static bool Fits(SolidityCode code) =>
        code.Constants.ContainsKey("ALPHA_X") && code.Constants.ContainsKey("DELTA_NEG_X_0") && code.Contract.Functions("publicInputMSM").Any();

    /// <inheritdoc/>
    public override void Lint()
    {
        RequireModulus("R", Order);
        RequireModulus("P", BaseModulus);
        RequirePrecompile("PRECOMPILE_ADD", 6);
        RequirePrecompile("PRECOMPILE_MUL", 7);
        RequirePrecompile("PRECOMPILE_VERIFY", 8);
        CheckShadows();
        int inputs = CountPoints(X);

        // γ is random in gnark's keys: that says nothing here.
        CheckKey(ReadKey<Bn254, Bn254Fp>(inputs), LineOfElement, otherGamma: null);
        CodeFunction sum = Code.Contract.Functions("publicInputMSM").First();
        int commitments = Segments(sum, inputs).Count(segment => segment.Scope.First("s := mload ( $$at )") is not null);
        foreach (string name in (string[])["publicInputMSM", "verifyProof", "verifyCompressedProof"])
        {
            foreach (CodeFunction function in Code.Contract.Functions(name))
            {
                if (name != "publicInputMSM" || commitments == 0)
                {
                    CheckInputCount(function, inputs + 1 - commitments, before: name == "publicInputMSM" ? 0 : 1, out _);
                }

                if (function.Parameters.First("bytes calldata $proof") is { } bytes)
                {
                    CheckLength(function, bytes["proof"].Text, 256 + (commitments == 0 ? 0 : 64 * (commitments + 1)));
                }
            }
        }

        CheckSum(sum, inputs);
        foreach (CodeFunction function in Code.Contract.Functions("verifyProof").Concat(Code.Contract.Functions("verifyCompressedProof")))
        {
            CheckPairing(function);
        }

        CheckExponentiation();
    }

    private static string X(int i) => string.Create(CultureInfo.InvariantCulture, $"PUB_{i}_X");

    private int LineOfElement(string element) => LineOf(element switch
    {
        "α" => "ALPHA_X",
        "β" => "BETA_NEG_X_0",
        "γ" => "GAMMA_NEG_X_0",
        "δ" => "DELTA_NEG_X_0",
        "IC[0]" => "CONSTANT_X",
        _ => X(IndexOf(element) - 1),
    });

    private KeyElements<TCurve, TFp> ReadKey<TCurve, TFp>(int inputs)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        return new(
            G1<TFp, TCurve>("ALPHA", "ALPHA_X", "ALPHA_Y"),
            Negated("BETA_NEG"),
            Negated("GAMMA_NEG"),
            Negated("DELTA_NEG"),
            [
                G1<TFp, TCurve>("CONSTANT", "CONSTANT_X", "CONSTANT_Y"),
                .. Enumerable.Range(0, inputs).Select(i => G1<TFp, TCurve>($"PUB_{i}", $"PUB_{i}_X", $"PUB_{i}_Y")),
            ]);

        Affine<Fp2<TFp>, TCurve>? Negated(string name) => G2<TFp, TCurve>(name, [$"{name}_X_0", $"{name}_X_1", $"{name}_Y_0", $"{name}_Y_1"], isNegated: true);
    }

    private void CheckLength(CodeFunction function, string proof, int length)
    {
        if (function.Body.First($"require ( {proof} . length == $n") is not { } required || Code.ValueOf(required["n"]) != length)
        {
            Add(Rules.SolidityLengthUnchecked, $"{function.Name} does not require a proof of {length} bytes.", function.Body.Line);
        }
    }

    /// <summary>The statements for each point of an input, which begin where its abscissa is stored.</summary>
    private static List<(int Input, CodeScope Scope, int Line)> Segments(CodeFunction sum, int inputs)
    {
        PatternMatch[] starts = [.. sum.Body.Find("mstore ( g , $x )").Where(match => match["x"].Text.StartsWith("PUB_", StringComparison.Ordinal))];
        return
        [
            .. starts.Select((start, i) => (
                Enumerable.Range(0, inputs).Cast<int?>().FirstOrDefault(n => X(n!.Value) == start["x"].Text) ?? -1,
                sum.Body.Between(start.Start, i + 1 < starts.Length ? starts[i + 1].Start : sum.Body.End),
                start["x"].Line)),
        ];
    }

    private void CheckSum(CodeFunction sum, int inputs)
    {
        if (!sum.Body.Has("mstore ( f , CONSTANT_X ) mstore ( add ( f , 0x20 ) , CONSTANT_Y )"))
        {
            Add(Rules.SolidityIcOrder, "The sum does not begin with CONSTANT.", sum.Body.Line);
        }

        if (!sum.Body.Has("if ( ! success ) { revert $$error ; }"))
        {
            Add(Rules.SolidityUncheckedInput, "publicInputMSM does not revert where an input is not below R.", sum.Body.Line);
            Add(Rules.SolidityCallUnchecked, "publicInputMSM does not revert where a precompile fails.", sum.Body.Line);
        }

        // Once set to what it is alone, success forgets what failed before.
        foreach (PatternMatch reset in sum.Body.Find("success := $value").Where(match => match["value"].Text != "and"))
        {
            Add(Rules.SolidityCallUnchecked, "publicInputMSM forgets here what failed before.", reset["value"].Line);
        }

        string input = (sum.Parameters.First("] calldata $name") ?? sum.Parameters.First("] memory $name"))?["name"].Text ?? "input";
        var multiplied = new HashSet<int>();
        foreach ((int i, CodeScope scope, int line) in Segments(sum, inputs))
        {
            if (i < 0 || !multiplied.Add(i) || !scope.Has($"mstore ( add ( g , 0x20 ) , PUB_{i}_Y )"))
            {
                Add(Rules.SolidityIcOrder, $"The point that begins here is not PUB_n for one n that comes once.", line);
                continue;
            }

            CheckTerm(scope, i, input, line);
        }

        RequireAll(Rules.SolidityInputUnused, inputs, multiplied, i => $"PUB_{i} is not multiplied by its input.", sum.Body.Line);
    }

    private void CheckTerm(CodeScope scope, int i, string input, int line)
    {
        bool isLoaded = (i == 0 && scope.Has($"s := calldataload ( {input} )"))
            || scope.Has($"s := calldataload ( add ( {input} , {32 * i} ) )")
            || scope.Has("s := mload ( $$commitment )");
        if (!isLoaded || !scope.Has("mstore ( add ( g , 0x40 ) , s )"))
        {
            Add(Rules.SolidityInputUnused, $"PUB_{i} is not multiplied by public input {i}.", line);
        }

        if (scope.First("success := and ( success , lt ( s , $bound ) )") is { } range)
        {
            RequireOrder(range["bound"], Code.ValueOf(range["bound"]), $"Public input {i} is");
        }
        else
        {
            Add(Rules.SolidityUncheckedInput, $"Public input {i} is not compared with R.", line);
        }

        foreach ((string precompile, int size, string target) in (ReadOnlySpan<(string, int, string)>)[("PRECOMPILE_MUL", 0x60, "g"), ("PRECOMPILE_ADD", 0x80, "f")])
        {
            if (scope.Has($"success := and ( success , staticcall ( $$gas , {precompile} , {target} , {size} , {target} , 0x40 ) )"))
            {
                continue;
            }

            bool isCalled = scope.Has($"staticcall ( $$gas , {precompile} , {target} , {size} , {target} , 0x40 )");
            Add(
                isCalled ? Rules.SolidityCallUnchecked : Rules.SolidityWrongPrecompile,
                isCalled ? $"PUB_{i}: whether {precompile} succeeds is not looked at." : $"PUB_{i}: {precompile} is not called.",
                line);
        }
    }

    private void CheckPairing(CodeFunction function)
    {
        // The last call of the pairing is the proof's; one before it, where there is one, is that of commitments.
        PatternMatch? call = function.Body.Find("$s := staticcall ( $$gas , PRECOMPILE_VERIFY , $in , 0x300 , $out , 0x20 )").LastOrDefault();
        if (call is null)
        {
            Add(Rules.SolidityWrongPrecompile, $"{function.Name} does not call PRECOMPILE_VERIFY with the 768 bytes of four pairings.", function.Body.Line);
            return;
        }

        string s = call["s"].Text, output = call["out"].Text;
        CodeScope rest = function.Body.From(call.End);
        bool isAnd = rest.Has($"{s} := and ( {s} , mload ( {output} ) )") && rest.Has($"if ( ! {s} ) {{ revert $$error ; }}");
        bool isOr = rest.Has($"if ( ! {s} || {output} [ 0 ] != 1 ) {{ revert $$error ; }}");
        if (!isAnd && !isOr)
        {
            bool reads = rest.Has($"if ( {output} [ 0 ] != 1 ) {{ revert $$error ; }}") || rest.Has($"{s} := mload ( {output} )");
            Add(
                reads ? Rules.SolidityCallUnchecked : Rules.SolidityPairingUnchecked,
                reads ? $"{function.Name} does not look at whether the pairing's call succeeds." : $"{function.Name} does not revert unless the pairing's word is 1.",
                call["in"].Line);
        }

        CheckPlaces(function, call["in"].Text);
        foreach (Token token in function.Body.Tokens.Where(token => token.Text is "return" or "stop" or "selfdestruct"))
        {
            Add(Rules.SolidityPairingUnchecked, $"{function.Name} can end here without the pairing.", token.Line);
        }
    }

    private void CheckPlaces(CodeFunction function, string input)
    {
        for (int i = 0; i < Places.Length; i++)
        {
            // In verifyProof A, B and C come first, 8 words; in verifyCompressedProof C stands among them: 6 words and C's 2.
            string value = Places[i].Length > 0 ? Places[i] : "$point";
            if (!function.Body.Has($"mstore ( add ( {input} , {32 * (8 + i)} ) , {value} )") && !function.Body.Has($"{input} [ {8 + i} ] = {value} ;"))
            {
                Add(
                    Rules.SolidityPairingInput,
                    $"{function.Name} does not put {(Places[i].Length > 0 ? Places[i] : "the inputs' sum")} at byte {32 * (8 + i)} of the pairing's input.",
                    Places[i].Length > 0 ? LineOf(Places[i]) : function.Body.Line);
            }
        }

        if (!function.Body.Has("publicInputMSM ("))
        {
            Add(Rules.SolidityInputUnused, $"{function.Name} does not compute the inputs' sum.", function.Body.Line);
        }
    }

    /// <summary>Decompression stands on exp: what it returns where its call fails is not a power.</summary>
    private void CheckExponentiation()
    {
        foreach (CodeFunction exp in Code.Contract.Functions("exp"))
        {
            RequirePrecompile("PRECOMPILE_MODEXP", 5);
            if (!exp.Body.Has("success := staticcall ( $$gas , PRECOMPILE_MODEXP ,") || !exp.Body.Has("if ( ! success ) { revert $$error ; }"))
            {
                Add(Rules.SolidityCallUnchecked, "exp goes on where the call of PRECOMPILE_MODEXP fails.", exp.Body.Line);
            }
        }
    }
}
