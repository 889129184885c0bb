// Owns: which shape a contract has. The shapes: the files beside this one.

using ProvingService.R1cs;

namespace ProvingService.Lint;

/// <summary>
/// Lints the Solidity verifiers of known exporters. It reads tokens and no grammar, and says where a check is not what the exporter
/// writes; that the rest of a contract does nothing else, it does not show.
/// </summary>
internal static class SolidityLinter
{
    /// <summary>
    /// The most steps of functions times tokens: the rules read each function once for each of their patterns, and a source can nest
    /// functions in functions. gnark's contract for 10,000 inputs takes a twentieth.
    /// </summary>
    private const long MostWork = 100_000_000;

    /// <exception cref="InvalidFileException">No contract in the source has a known shape.</exception>
    public static void Lint(string path, string source, Findings findings)
    {
        List<Token> tokens = SolidityTokens.Split(source) ?? throw Unknown(path, "this does not read as Solidity");
        if ((long)tokens.Count * tokens.Count(token => token is { Kind: TokenKind.Word, Text: "function" or "contract" }) > MostWork)
        {
            throw Unknown(path, "this has more functions than a verifier has");
        }

        (SolidityCode Code, SolidityShape? Shape)[] contracts = [.. SolidityCode.Contracts(tokens).Select(code => (code, ShapeOf(code, findings)))];
        if (contracts.All(contract => contract.Shape is null))
        {
            throw Unknown(path, "no contract here is a verifier of a known shape");
        }

        foreach ((SolidityCode code, SolidityShape? shape) in contracts)
        {
            if (shape is null)
            {
                findings.Add(Rules.SolidityNotJudged, $"The contract {code.Name} was not judged.", FindingPlace.AtLine(code.Contract.Line));
                continue;
            }

            shape.Lint();
        }
    }

    private static SolidityShape? ShapeOf(SolidityCode code, Findings findings) =>
        SnarkjsAssembly.Fits(code) ? new SnarkjsAssembly(code, findings)
        : SnarkjsLibrary.Fits(code) ? new SnarkjsLibrary(code, findings)
        : GnarkBn254Contract.Fits(code) ? new GnarkBn254Contract(code, findings)
        : GnarkBls12381Contract.Fits(code) ? new GnarkBls12381Contract(code, findings)
        : OwnBn254Contract.Fits(code) ? new OwnBn254Contract(code, findings)
        : OwnBls12381Contract.Fits(code) ? new OwnBls12381Contract(code, findings)
        : null;

    private static InvalidFileException Unknown(string path, string what) => new(
        path, FileFault.Unsupported, -1, what + "; the linter knows those that zkps, snarkjs and gnark export.");
}
