// Owns: JSON files of one small key and proof per curve, and edits of single values in them. Never: assertions.

using System.Text;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Groth16.Tests;

/// <summary>The three files of one true proof.</summary>
internal static class JsonFiles<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly (Proof<TCurve, TFp> Proof, VerifyingKey<TCurve, TFp> Key, TFr[] Inputs) Made = Make();

    public static VerifyingKey<TCurve, TFp> Key => Made.Key;

    public static Proof<TCurve, TFp> TrueProof => Made.Proof;

    public static TFr[] Inputs => Made.Inputs;

    public static string Proof { get; } = ProofJson.ToJson(Made.Proof);

    public static string VerifyingKey { get; } = VerifyingKeyJson.ToJson(Made.Key);

    public static string PublicInputs { get; } = PublicInputsJson.ToJson<TFr>(Made.Inputs);

    private static (Proof<TCurve, TFp> Proof, VerifyingKey<TCurve, TFp> Key, TFr[] Inputs) Make()
    {
        TFr[] witness = KeyFile<TCurve, TFp, TFr>.Witness();
        byte[] bytes = KeyFile<TCurve, TFp, TFr>.Bytes;
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(bytes);
        return (KeyFile<TCurve, TFp, TFr>.Prove(bytes, witness), key.VerifyingKey, witness[1..(key.PublicInputCount + 1)]);
    }
}

/// <summary>Edits by path: members and indices separated by dots, such as <c>pi_b.0.1</c>.</summary>
internal static class JsonEdit
{
    public static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string Without(string json, string member)
    {
        JsonNode root = JsonNode.Parse(json)!;
        root.AsObject().Remove(member);
        return root.ToJsonString();
    }

    /// <summary>Replaces a value; the new one is JSON, so strings bring their quotes.</summary>
    public static string With(string json, string path, string value)
    {
        JsonNode root = JsonNode.Parse(json)!;
        JsonNode parent = root;
        string[] steps = path.Split('.');
        foreach (string step in steps[..^1])
        {
            parent = parent is JsonArray array ? array[Index(step)]! : parent[step]!;
        }

        if (parent is JsonArray items)
        {
            items[Index(steps[^1])] = JsonNode.Parse(value);
        }
        else
        {
            parent[steps[^1]] = JsonNode.Parse(value);
        }

        return root.ToJsonString();
    }

    public static string At(string json, string path)
    {
        JsonNode node = JsonNode.Parse(json)!;
        foreach (string step in path.Split('.'))
        {
            node = node is JsonArray array ? array[Index(step)]! : node[step]!;
        }

        return node.GetValue<string>();
    }

    private static int Index(string step) => int.Parse(step, System.Globalization.CultureInfo.InvariantCulture);
}
