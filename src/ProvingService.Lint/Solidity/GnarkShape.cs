// Owns: what gnark's contracts over both curves share: publicInputMSM adds up the inputs; verifyProof and verifyCompressedProof
// return nothing and revert where a proof is false. Constants β, γ and δ are stored negated.

using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using ProvingService.Algebra;

namespace ProvingService.Lint;

/// <summary>
/// Lints a contract of gnark. One with commitments has more points than inputs: the surplus is hashed from the proof, and a further
/// pairing shows that the commitments were made rightly.
/// </summary>
internal abstract partial class GnarkShape(SolidityCode code, Findings findings) : SolidityShape(code, findings)
{
    /// <summary>The name of the pairing's precompile.</summary>
    protected abstract string PairingPrecompile { get; }

    /// <summary>The bytes of the pairing's input.</summary>
    protected abstract int PairingBytes { get; }

    /// <summary>The bytes of a proof, and of a point of G1 in it.</summary>
    protected abstract (int Proof, int Point) ProofBytes { get; }

    /// <summary>The first word of the pairing's input that is a constant.</summary>
    protected abstract int FirstPlace { get; }

    /// <summary>The constants of the pairing's input from there on; empty for a word of the inputs' sum.</summary>
    protected abstract IReadOnlyList<string> Places { get; }

    /// <summary>The part of a constant's name behind X or Y of which there is one for each point.</summary>
    protected abstract string Suffix { get; }

    /// <summary>The statements that differ from key to key.</summary>
    protected abstract IReadOnlyList<KeyStatement> OfKey { get; }

    /// <summary>The code without and with one commitment, which is hashed by the exporter's default.</summary>
    protected abstract IReadOnlyCollection<string> Known { get; }

    /// <inheritdoc/>
    public override void Lint()
    {
        RequireModulus("R", Order);
        CheckPrecompiles();
        CheckShadows();
        int inputs = CountPoints(i => $"{Name(i)}_X{Suffix}");

        // γ is random in gnark's keys: that says nothing here.
        CheckKey(inputs);
        int commitments = 0;
        foreach (CodeFunction sum in Code.Contract.Functions("publicInputMSM"))
        {
            List<(int Input, CodeScope Scope, int Line)> terms = Terms(sum, inputs);
            commitments = terms.Count(term => term.Scope.Has("s := mload ( $$at )"));
            CheckRefusal(sum);
            CheckSum(sum, terms, inputs, commitments);
        }

        foreach (string name in (string[])["publicInputMSM", "verifyProof", "verifyCompressedProof"])
        {
            foreach (CodeFunction function in Code.Contract.Functions(name))
            {
                CheckArguments(function, inputs, commitments);
                if (name != "publicInputMSM")
                {
                    CheckPairings(function, commitments);
                }
            }
        }

        CheckExponentiation();
        CompareWithKnown(Code.Contract.Tokens, OfKey, KeyName(), Known, "gnark 0.16");
    }

    /// <summary>The addresses of precompiles.</summary>
    protected abstract void CheckPrecompiles();

    /// <summary>Reads the key and puts it through the rules of keys.</summary>
    protected abstract void CheckKey(int inputs);

    /// <summary>That each point is multiplied by its own input, in range.</summary>
    protected abstract void CheckSum(CodeFunction sum, List<(int Input, CodeScope Scope, int Line)> terms, int inputs, int commitments);

    /// <summary>How the abscissa of an input's point is stored; $x is its name.</summary>
    protected abstract string StoresPoint { get; }

    /// <summary>The name of an input's point.</summary>
    protected static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"PUB_{i}");

    /// <summary>The line of an element.</summary>
    protected int LineOfElement(string element) => LineOf((element switch
    {
        "α" => "ALPHA_X",
        "β" => "BETA_NEG_X_0",
        "γ" => "GAMMA_NEG_X_0",
        "δ" => "DELTA_NEG_X_0",
        "IC[0]" => "CONSTANT_X",
        _ => $"{Name(IndexOf(element) - 1)}_X",
    }) + Suffix);

    /// <summary>The range of a term's input.</summary>
    protected void CheckRange(CodeScope scope, int i, int line)
    {
        if (scope.First("success := and ( success , lt ( s , $bound ) )") is { } range)
        {
            RequireOrder(range["bound"], Code.ValueOf(range["bound"]), $"Public input {i} is");
        }
        else
        {
            Add(Rules.SolidityUncheckedInput, $"Public input {i} is not compared with R.", line);
        }
    }

    /// <summary>That a term's scalar is its own input, or hashed from a commitment, and stored where it counts.</summary>
    protected void CheckScalar(CodeScope scope, CodeFunction sum, int i, string stored, int line)
    {
        string input = (sum.Parameters.First("] calldata $name") ?? sum.Parameters.First("] memory $name"))?["name"].Text ?? "input";
        bool isLoaded = (i == 0 && scope.Has($"s := calldataload ( {input} )"))
            || scope.Has($"s := calldataload ( add ( {input} , {32 * i} ) )")
            || scope.Has("s := mload ( $$commitment )");
        if (!isLoaded || !scope.Has(stored))
        {
            Add(Rules.SolidityInputUnused, $"{Name(i)} is not multiplied by public input {i}.", line);
        }
    }

    /// <summary>The statements for each point of an input, which begin where its abscissa is stored; −1 for a name that is none.</summary>
    private List<(int Input, CodeScope Scope, int Line)> Terms(CodeFunction sum, int inputs)
    {
        PatternMatch[] starts = [.. sum.Body.Find(StoresPoint).Where(match => match["x"].Text.StartsWith("PUB_", StringComparison.Ordinal)
            && match["x"].Text.EndsWith("_X" + Suffix, StringComparison.Ordinal))];
        return
        [
            .. starts.Select((start, i) => (
                NumberOf(start["x"].Text, inputs),
                sum.Body.Between(start.Start, i + 1 < starts.Length ? starts[i + 1].Start : sum.Body.End),
                start["x"].Line)),
        ];
    }

    private int NumberOf(string name, int inputs)
    {
        int length = name.Length - "PUB_".Length - "_X".Length - Suffix.Length;
        return length > 0 && int.TryParse(name.AsSpan("PUB_".Length, length), NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            && n < inputs && $"{Name(n)}_X{Suffix}" == name
            ? n
            : -1;
    }

    private void CheckRefusal(CodeFunction sum)
    {
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
    }

    private void CheckArguments(CodeFunction function, int inputs, int commitments)
    {
        bool isSum = function.Name == "publicInputMSM";
        if (!isSum || commitments == 0)
        {
            // What a contract with compressed commitments takes beside the proof stands between it and the inputs.
            CheckInputCount(function, inputs + 1 - commitments, before: isSum ? 0 : 1, out _);
        }

        int length = ProofBytes.Proof + (commitments == 0 ? 0 : ProofBytes.Point * (commitments + 1));
        if (function.Parameters.First("bytes calldata $proof") is { } bytes
            && (function.Body.First($"require ( {bytes["proof"].Text} . length == $n") is not { } required || Code.ValueOf(required["n"]) != length))
        {
            Add(Rules.SolidityLengthUnchecked, $"{function.Name} does not require a proof of {length} bytes.", function.Body.Line);
        }
    }

    private void CheckPairings(CodeFunction function, int commitments)
    {
        PatternMatch[] calls = [.. function.Body.Find($"$s := staticcall ( $$gas , {PairingPrecompile} , $in , $size , $out , 0x20 )")];
        if (calls.LastOrDefault() is not { } last || Code.ValueOf(last["size"]) != PairingBytes)
        {
            Add(Rules.SolidityWrongPrecompile, $"{function.Name} does not call {PairingPrecompile} with the {PairingBytes} bytes of four pairings.", function.Body.Line);
            return;
        }

        if (commitments > 0 && calls.Length < 2)
        {
            Add(Rules.SolidityPairingUnchecked, $"{function.Name} does not verify the commitments.", function.Body.Line);
        }

        for (int i = 0; i < calls.Length; i++)
        {
            CheckAnswer(function, calls[i], function.Body.Between(calls[i].End, i + 1 < calls.Length ? calls[i + 1].Start : function.Body.End));
        }

        CheckPlaces(function, last["in"].Text);
        foreach (Token token in function.Body.Tokens.Where(token => token.Text is "return" or "stop" or "selfdestruct"))
        {
            Add(Rules.SolidityPairingUnchecked, $"{function.Name} can end here without the pairing.", token.Line);
        }
    }

    private void CheckAnswer(CodeFunction function, PatternMatch call, CodeScope rest)
    {
        string s = call["s"].Text, output = call["out"].Text;
        bool isAnd = rest.Has($"{s} := and ( {s} , mload ( {output} ) )") && rest.Has($"if ( ! {s} ) {{ revert $$error ; }}");
        if (isAnd || rest.Has($"if ( ! {s} || {output} [ 0 ] != 1 ) {{ revert $$error ; }}"))
        {
            return;
        }

        bool reads = rest.Has($"if ( {output} [ 0 ] != 1 ) {{ revert $$error ; }}") || rest.Has($"{s} := mload ( {output} )");
        Add(
            reads ? Rules.SolidityCallUnchecked : Rules.SolidityPairingUnchecked,
            reads ? $"{function.Name} does not look at whether the pairing's call succeeds." : $"{function.Name} does not revert unless the pairing's word is 1.",
            call["in"].Line);
    }

    private void CheckPlaces(CodeFunction function, string input)
    {
        for (int i = 0; i < Places.Count; i++)
        {
            int word = FirstPlace + i;
            string value = Places[i].Length > 0 ? Places[i] : "$point";
            if (!function.Body.Has($"mstore ( add ( {input} , {32 * word} ) , {value} )") && !function.Body.Has($"{input} [ {word} ] = {value} ;"))
            {
                Add(
                    Rules.SolidityPairingInput,
                    $"{function.Name} does not put {(Places[i].Length > 0 ? Places[i] : "the inputs' sum")} at byte {32 * word} of the pairing's input.",
                    Places[i].Length > 0 ? LineOf(Places[i]) : function.Body.Line);
            }
        }

        if (!function.Body.Has("publicInputMSM ("))
        {
            Add(Rules.SolidityInputUnused, $"{function.Name} does not compute the inputs' sum.", function.Body.Line);
        }
    }

    /// <summary>e(C, −σ·G)·e(P, G) = 1 says that P is σ·C, which takes σ to make unless it is public.</summary>
    protected void CheckCommitmentKey<TCurve, TFp>(Affine<Fp2<TFp>, TCurve>? g, Affine<Fp2<TFp>, TCurve>? sigma, int line)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        if (g is { } one && sigma is { } other
            && (one.IsInfinity || other.IsInfinity || SmallMultiples.Find(one, [other])[0] != 0 || SmallMultiples.Find(other, [one])[0] != 0))
        {
            Add(Rules.SolidityCommitmentKey, "PEDERSEN_G or PEDERSEN_GSIGMANEG is infinity, or one is a small multiple of the other.", line);
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

    [GeneratedRegex("^(ALPHA|CONSTANT|PUB_[0-9]+|(BETA|GAMMA|DELTA)_NEG|PEDERSEN_G(SIGMANEG)?)_[XY](_[01])?(_HI|_LO)?$")]
    private static partial Regex KeyName();
}
