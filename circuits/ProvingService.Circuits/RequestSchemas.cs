// Owns: the words of JSON Schema that requests are described in. What a request holds: the circuits.

using System.Globalization;
using System.Text.Json.Nodes;

namespace ProvingService.Circuits;

/// <summary>Pieces of JSON Schema 2020-12.</summary>
internal static class RequestSchemas
{
    private const string IntegerPattern = "^([0-9]+|0x[0-9a-fA-F]+)$";

    /// <summary>A whole request: its members may stand in a member named after the curve.</summary>
    public static JsonObject Root(params (string Name, JsonObject Schema)[] members)
    {
        JsonObject root = Object(members);
        root.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        root["$comment"] = "Integers are numbers, decimal strings or 0x strings. Members that differ from curve to curve may stand in members "
            + "'bls12-381' and 'bn254', each an object; the members of the curve in use go before those of the same name outside. "
            + "All members are needed, in one of the two places.";
        root.Remove("additionalProperties");
        root.Remove("required");
        return root;
    }

    /// <summary>An object of exactly these members.</summary>
    public static JsonObject Object(params (string Name, JsonObject Schema)[] members)
    {
        var properties = new JsonObject();
        foreach ((string name, JsonObject schema) in members)
        {
            properties[name] = schema;
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. members.Where(member => !IsOptional(member.Schema)).Select(member => (JsonNode)member.Name)]),
            ["additionalProperties"] = false,
        };
    }

    /// <summary>A member that may be null or missing.</summary>
    public static JsonObject Optional(JsonObject schema)
    {
        schema["type"] = new JsonArray(schema["type"]!.DeepClone(), "null");
        return schema;
    }

    /// <summary>An array.</summary>
    public static JsonObject Array(JsonObject items, int most, string description) => new()
    {
        ["description"] = description,
        ["type"] = "array",
        ["items"] = items,
        ["maxItems"] = most,
    };

    /// <summary>An integer from 0 to 2^bits − 1.</summary>
    public static JsonObject Integer(int bits, string description) => new()
    {
        ["description"] = string.Create(CultureInfo.InvariantCulture, $"{description}; below 2^{bits}"),
        ["type"] = new JsonArray("integer", "string"),
        ["minimum"] = 0,
        ["pattern"] = IntegerPattern,
    };

    /// <summary>An element of the scalar field.</summary>
    public static JsonObject Element(string description) => new()
    {
        ["description"] = $"{description}; below the order of the curve's groups",
        ["type"] = new JsonArray("integer", "string"),
        ["minimum"] = 0,
        ["pattern"] = IntegerPattern,
    };

    /// <summary>A point of the embedded curve.</summary>
    public static JsonObject Point(string description) => new()
    {
        ["description"] = $"{description}: [x, y] on Jubjub (bls12-381) or BabyJubjub (bn254)",
        ["type"] = "array",
        ["items"] = Element("a coordinate"),
        ["minItems"] = 2,
        ["maxItems"] = 2,
    };

    /// <summary>An EdDSA-Poseidon signature.</summary>
    public static JsonObject Signature(string description)
    {
        JsonObject schema = Object(("r", Point("R")), ("s", Element("s, below the order of the embedded curve's subgroup")));
        schema["description"] = description;
        return schema;
    }

    private static bool IsOptional(JsonObject schema) =>
        schema["type"] is JsonArray types && types.Any(type => type!.GetValue<string>() == "null");
}
