// Owns: the contracts that we export for the keys of the adversarial vectors, as tests/interop/adversarial/evm.mjs takes them.

using System.Text;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Interop.Tests;

/// <summary>
/// { "CURVE/KIND/KEY": { "source": Solidity } | { "refused": the key's weakness } | { "malformed": what does not decode } }.
/// A weak key is refused as <c>zkps setup zkey export-solidity</c> refuses it.
/// </summary>
internal static class AdversarialContracts
{
    private static readonly string[] Curves = ["bn254", "bls12-381"], Kinds = ["verify", "encoding"];

    public static void Write(string vectors, string path) => File.WriteAllText(path, Export(vectors).ToJsonString());

    private static JsonObject Export(string vectors)
    {
        var contracts = new JsonObject();
        foreach (string curve in Curves)
        {
            foreach (string kind in Kinds.Where(kind => File.Exists(Path.Combine(vectors, curve, kind + ".json"))))
            {
                JsonNode file = JsonNode.Parse(File.ReadAllBytes(Path.Combine(vectors, curve, kind + ".json")))!;
                foreach ((string name, JsonNode? key) in file["keys"]!.AsObject())
                {
                    contracts.Add($"{curve}/{kind}/{name}", CurveDispatch.Run(Workshop.Curve(curve), new ExportAction(key!.ToJsonString())));
                }
            }
        }

        return contracts;
    }

    private sealed class ExportAction(string json) : ICurveAction<JsonObject>
    {
        public JsonObject Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            try
            {
                VerifyingKey<TCurve, TFp> key = VerifyingKeyJson.Read<TCurve, TFp>(Encoding.UTF8.GetBytes(json), "key");
                return key.Weakness == KeyWeakness.None
                    ? new JsonObject { ["source"] = SolidityVerifier.Export<TCurve, TFp, TFr>(key) }
                    : new JsonObject { ["refused"] = key.Weakness.Explain() };
            }
            catch (InvalidFileException fault)
            {
                return new JsonObject { ["malformed"] = fault.Message };
            }
        }
    }
}
