// Owns: what this assembly does when it is started as a program: files that the runners of tests/interop/adversarial need of us.

using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Interop.Tests;

internal static class InteropProgram
{
    private static readonly int[] Counts = [1, 2, 4, 8, 16];

    /// <summary>
    /// <c>contracts VECTORS OUT</c>: our exports for the keys of the vectors. <c>statements OUT</c>: for each curve and 1 to 16 public
    /// inputs a key, a true statement with its proof, and our export.
    /// </summary>
    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["contracts", string vectors, string path]:
                AdversarialContracts.Write(vectors, path);
                return 0;
            case ["statements", string path]:
                File.WriteAllText(path, Statements().ToJsonString());
                return 0;
            default:
                Console.Error.WriteLine("usage: contracts VECTORS OUT | statements OUT");
                return 2;
        }
    }

    public static JsonObject Statements(params int[] counts) => new(
        Enum.GetValues<CurveId>().SelectMany(curve => (counts.Length == 0 ? Counts : counts).Select(count => KeyValuePair.Create<string, JsonNode?>(
            $"{curve.Name()}/{count}", CurveDispatch.Run(curve, new SimulatedStatement(count))))));
}
