// Owns: the answers of this project to all vectors, in the form in which runners give those of other libraries.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Adversarial;

/// <summary>The report of the library <c>zkps</c>.</summary>
internal static class HouseReport
{
    /// <summary>Files are all <c>CURVE/KIND.json</c> of the folder.</summary>
    /// <param name="folder">The folder of the vectors.</param>
    /// <param name="visit">Told of each case: its file's root, the case, and the answer.</param>
    public static JsonObject Make(string folder, Action<string, JsonElement, HouseAnswer>? visit = null)
    {
        var results = new JsonObject();
        foreach (CurveId curve in (CurveId[])[CurveId.Bn254, CurveId.Bls12381])
        {
            string inside = Path.Combine(folder, curve.Name());
            foreach (string path in Directory.EnumerateFiles(inside, "*.json").Order(StringComparer.Ordinal))
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
                Func<JsonElement, HouseAnswer> judge = CurveDispatch.Run(curve, new JudgeAction(document.RootElement, inside));
                foreach (JsonElement test in document.RootElement.GetProperty("cases").EnumerateArray())
                {
                    string name = $"{curve.Name()}/{document.RootElement.GetProperty("kind").GetString()}/{test.GetProperty("id").GetString()}";
                    HouseAnswer answer = IsCalldata(test) ? new("inexpressible: for the EVM") : judge(test);
                    results[name] = answer.Outcome;
                    visit?.Invoke(name, test, answer);
                }
            }
        }

        return new()
        {
            ["library"] = "zkps",
            ["version"] = "this commit",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["with"] = ".NET " + Environment.Version,
            ["results"] = results,
        };
    }

    /// <summary>Calldata is read by a contract: the EVM's runner has it.</summary>
    private static bool IsCalldata(JsonElement test) => test.TryGetProperty("encoding", out JsonElement encoding) && encoding.GetString() == "calldata";

    private sealed class JudgeAction(JsonElement root, string folder) : ICurveAction<Func<JsonElement, HouseAnswer>>
    {
        public Func<JsonElement, HouseAnswer> Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> => new HouseJudge<TCurve, TFp, TFr>(root, folder).Judge;
    }
}
