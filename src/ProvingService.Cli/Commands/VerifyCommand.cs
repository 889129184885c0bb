// Owns: `zkps verify`: one proof against one key.

using System.CommandLine;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Cli;

internal static class VerifyCommand
{
    public static Command Create()
    {
        Option<string> vk = CommonOptions.Required("--vk", "The verification key.");
        Option<string> publicInputs = CommonOptions.Required("--public", "The public inputs.");
        Option<string> proof = CommonOptions.Required("--proof", "The proof.");
        Option<bool> insecure = CommonOptions.Insecure();
        return CommonOptions.Define(
            "verify",
            "Verifies a proof. Exit code 0 where it is valid, 1 where it is not, 2 where a file cannot be what it claims to be.",
            "zkps verify --vk verification_key.json --public public.json --proof proof.json",
            (parsed, output) =>
            {
                string key = parsed.GetRequiredValue(vk);
                return CurveDispatch.Run(
                    VerifyingKeyJson.ReadCurve(key),
                    new Action(
                        key, parsed.GetRequiredValue(publicInputs), parsed.GetRequiredValue(proof), parsed.GetValue(insecure), output));
            },
            vk,
            publicInputs,
            proof,
            insecure);
    }

    private sealed class Action(string keyPath, string publicPath, string proofPath, bool allowInsecure, Output output) : ICurveAction<int>
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

            TFr[] publicInputs = PublicInputsJson.Read<TFr>(publicPath);
            if (publicInputs.Length != key.PublicInputCount)
            {
                throw new UsageException(
                    $"{publicPath} has {publicInputs.Length} public inputs and {keyPath} is for {key.PublicInputCount}.");
            }

            Proof<TCurve, TFp> proof = ProofJson.Read<TCurve, TFp>(proofPath);
            bool valid = new Verifier<TCurve, TFp, TFr>(key, allowInsecure).Verify(proof, publicInputs);
            output.Say(valid ? "The proof is valid." : "The proof is NOT valid.");
            output.Result(new JsonObject { ["valid"] = valid, ["curve"] = TCurve.Id.Name(), ["publicInputs"] = publicInputs.Length });
            return valid ? ExitCode.Success : ExitCode.No;
        }
    }
}
