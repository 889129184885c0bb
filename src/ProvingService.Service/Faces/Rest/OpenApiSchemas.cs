// Owns: the messages and enums of the contract as schemas of OpenAPI 3.1, in the form that proto3 JSON gives them.

using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace ProvingService.Service;

/// <summary>Collects the schemas that routes refer to, and those that these refer to.</summary>
internal sealed class OpenApiSchemas(ContractComments comments)
{
    private readonly SortedDictionary<string, JsonNode> schemas = new(StringComparer.Ordinal);

    /// <summary>All that were referred to, by name.</summary>
    public JsonObject Write() => new(schemas.Select(schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value)));

    /// <summary>A reference to a message.</summary>
    public JsonObject Refer(MessageDescriptor message)
    {
        if (!schemas.ContainsKey(message.Name))
        {
            // First the place, since messages may hold one another.
            schemas[message.Name] = new JsonObject();
            var properties = new JsonObject();
            foreach (FieldDescriptor field in message.Fields.InFieldNumberOrder())
            {
                JsonObject schema = Describe(field);
                string comment = comments.At(field.FullName);
                if (field.ContainingOneof is { } oneof)
                {
                    comment = $"{comment} One of {string.Join(", ", oneof.Fields.Select(other => other.JsonName))}.".Trim();
                }

                schema["description"] = comment;
                properties[field.JsonName] = schema;
            }

            schemas[message.Name] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = comments.At(message.FullName),
                ["properties"] = properties,
                ["additionalProperties"] = false,
            };
        }

        return Reference(message.Name);
    }

    /// <summary>The schema of a field, without its comment.</summary>
    public JsonObject Describe(FieldDescriptor field) =>
        field.IsMap ? new JsonObject { ["type"] = "object", ["additionalProperties"] = DescribeOne(field.MessageType.FindFieldByNumber(2)) }
        : field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = DescribeOne(field) }
        : DescribeOne(field);

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private static JsonObject Text(string? format = null, string? pattern = null)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (format is not null)
        {
            schema["format"] = format;
        }

        if (pattern is not null)
        {
            schema["pattern"] = pattern;
        }

        return schema;
    }

    private JsonObject DescribeOne(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => Text(),
        FieldType.Bool => new JsonObject { ["type"] = "boolean" },
        FieldType.Bytes => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        FieldType.Float or FieldType.Double => new JsonObject { ["type"] = "number", ["format"] = "double" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
        FieldType.UInt32 or FieldType.Fixed32 => new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0, ["maximum"] = uint.MaxValue },

        // JavaScript's numbers do not hold 64 bits, so proto3 JSON makes texts of them.
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Text("int64", "^-?[0-9]+$"),
        FieldType.UInt64 or FieldType.Fixed64 => Text("uint64", "^[0-9]+$"),
        FieldType.Enum => Refer(field.EnumType),
        _ => field.MessageType.FullName switch
        {
            "google.protobuf.Timestamp" => Text("date-time"),
            "google.protobuf.Duration" => Text(pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$"),
            _ => Refer(field.MessageType),
        },
    };

    private JsonObject Refer(EnumDescriptor type)
    {
        schemas[type.Name] = new JsonObject
        {
            ["type"] = "string",
            ["description"] = string.Join(
                '\n', type.Values.Select(value => $"- {value.Name}: {comments.At($"{type.FullName}.{value.Name}")}").Prepend(comments.At(type.FullName) + "\n")),
            ["enum"] = new JsonArray([.. type.Values.Select(value => (JsonNode)value.Name)]),
        };
        return Reference(type.Name);
    }
}
