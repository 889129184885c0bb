// Owns: proofs, inputs and keys as JSON trees, and changes of single values in them.

using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Adversarial;

/// <summary>Edits by path, members and indices separated by dots, such as <c>pi_b.0.1</c>; trees that are given are left as they are.</summary>
internal static class JsonEdits
{
    public static JsonNode Of<TCurve, TFp>(Proof<TCurve, TFp> proof)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => JsonNode.Parse(ProofJson.ToJson(proof))!;

    /// <summary>A proof of three points that need not be any.</summary>
    public static JsonNode Of<TCurve, TFp>(in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => Of(Proof<TCurve, TFp>.FromChecked(a, b, c));

    public static JsonArray Of<TFr>(ReadOnlySpan<TFr> statement)
        where TFr : unmanaged, IPrimeField<TFr> => JsonNode.Parse(PublicInputsJson.ToJson(statement))!.AsArray();

    public static JsonNode With(this JsonNode tree, string path, JsonNode value)
    {
        JsonNode root = tree.DeepClone(), parent = root;
        string[] steps = path.Split('.');
        foreach (string step in steps[..^1])
        {
            parent = Child(parent, step);
        }

        if (parent is JsonArray array)
        {
            array[int.Parse(steps[^1], CultureInfo.InvariantCulture)] = value.DeepClone();
        }
        else
        {
            parent[steps[^1]] = value.DeepClone();
        }

        return root;
    }

    public static JsonNode With(this JsonNode tree, string path, BigInteger value) => tree.With(path, JsonValue.Create(value.ToString(CultureInfo.InvariantCulture)));

    public static BigInteger Number(this JsonNode tree, string path) => BigInteger.Parse((string)tree.At(path)!, CultureInfo.InvariantCulture);

    public static JsonNode At(this JsonNode tree, string path) => path.Split('.').Aggregate(tree, Child);

    private static JsonNode Child(JsonNode parent, string step) =>
        (parent is JsonArray array ? array[int.Parse(step, CultureInfo.InvariantCulture)] : parent[step])!;
}
