// Owns: `zkps verify`: one proof against one key.

using System.CommandLine;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class VerifyCommand
{
    /// <summary>Larger files are refused unread.</summary>
    private const long MaxStatementLength = 1L << 20;

    public static Command Create()
    {
        Option<string> vk = CommonOptions.Required("--vk", "The verification key.");
        Option<string?> publicInputs = CommonOptions.Optional("--public", "The public inputs.");
        Option<string?> statement = CommonOptions.Optional("--statement", "In place of --public: the statement, from which its hash is computed here.");
        Option<string> proof = CommonOptions.Required("--proof", "The proof.");
        Option<bool> insecure = CommonOptions.Insecure();
        return CommonOptions.Define(
            "verify",
            "Verifies a proof of public inputs, or of a statement as zkps witness --statement writes it. Exit code 0 where it is\n"
            + "valid, 1 where it is not, 2 where a file cannot be what it claims to be.",
            "zkps verify --vk verification_key.json --public public.json --proof proof.json",
            (parsed, output) =>
            {
                string key = parsed.GetRequiredValue(vk);
                string? publicFile = parsed.GetValue(publicInputs), statementFile = parsed.GetValue(statement);
                if ((publicFile is null) == (statementFile is null))
                {
                    throw new UsageException("what the proof is of is given by --public or by --statement, by one of them.");
                }

                return CurveDispatch.Run(
                    VerifyingKeyJson.ReadCurve(key),
                    new Action(
                        key, publicFile, statementFile, parsed.GetRequiredValue(proof), parsed.GetValue(insecure), output));
            },
            vk,
            publicInputs,
            statement,
            proof,
            insecure);
    }

    private sealed class Action(
        string keyPath, string? publicPath, string? statementPath, string proofPath, bool allowInsecure, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            VerifyingKey<TCurve, TFp> key = VerifyingKeyJson.Read<TCurve, TFp>(keyPath);
            if (key.Weakness != KeyWeakness.None && !allowInsecure)
            {
                throw new InsecureKeyException(key.Weakness, keyPath);
            }

            TFr[] publicInputs = statementPath is null ? PublicInputsJson.Read<TFr>(publicPath!) : [HashStatement<TFr>(statementPath)];
            if (publicInputs.Length != key.PublicInputCount)
            {
                throw new UsageException(
                    $"{publicPath ?? statementPath} has {publicInputs.Length} public inputs and {keyPath} is for {key.PublicInputCount}.");
            }

            Proof<TCurve, TFp> proof = ProofJson.Read<TCurve, TFp>(proofPath);
            bool valid = new Verifier<TCurve, TFp, TFr>(key, allowInsecure).Verify(proof, publicInputs);
            output.Say(valid ? "The proof is valid." : "The proof is NOT valid.");
            output.Result(new JsonObject { ["valid"] = valid, ["curve"] = TCurve.Id.Name(), ["publicInputs"] = publicInputs.Length });
            return valid ? ExitCode.Success : ExitCode.No;
        }

        private static TFr HashStatement<TFr>(string path)
            where TFr : unmanaged, IPrimeField<TFr>
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxStatementLength } file)
            {
                throw new UsageException($"{path} has {file.Length} bytes; a statement has at most {MaxStatementLength}.");
            }

            try
            {
                return StatementDocuments.Read<TFr>(File.ReadAllBytes(path)).Hash();
            }
            catch (InvalidInputException e)
            {
                throw new InvalidFileException(path, FileFault.Malformed, -1, e.Message);
            }
        }
    }
}
