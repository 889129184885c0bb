// Owns: the OpenAPI 3.1 document of the REST routes: paths, parameters, bodies and answers, from the same table that answers them.

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace ProvingService.Service;

/// <summary>Writes the document.</summary>
internal sealed class OpenApiDocument
{
    private const string Error = "Error";

    // Comments have quotes and dashes in them, and the document is never put into HTML.
    private static readonly JsonSerializerOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ContractComments comments = ContractComments.Read();
    private readonly OpenApiSchemas schemas;

    private OpenApiDocument() => schemas = new(comments);

    /// <summary>The document as JSON in UTF-8.</summary>
    public static byte[] Write(RestTable table) => JsonSerializer.SerializeToUtf8Bytes(new OpenApiDocument().Build(table), Writing);

    private JsonObject Build(RestTable table)
    {
        var paths = new JsonObject();
        foreach (IGrouping<string, RestRoute> path in table.Routes.GroupBy(route => route.Template.Text).OrderBy(path => path.Key, StringComparer.Ordinal))
        {
            paths[path.Key] = new JsonObject(path.OrderBy(route => route.Verb, StringComparer.Ordinal)
                .Select(route => KeyValuePair.Create(route.Verb.ToLowerInvariant(), (JsonNode?)Describe(route))));
        }

        JsonObject components = new()
        {
            ["schemas"] = schemas.Write(),
            ["responses"] = new JsonObject { [Error] = Answer("Anything that went wrong.", ("application/json", Reference("schemas", Error))) },
            ["securitySchemes"] = new JsonObject
            {
                ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "An API key, or an ES256 token. Not needed where the service runs without authentication." },
            },
        };
        components["schemas"]!.AsObject()[Error] = ErrorSchema();
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Proving Service",
                ["version"] = ServiceVersion.Text,
                ["description"] = "Groth16 proofs as durable jobs. The same messages as over gRPC, as proto3 JSON. Streams come as server-sent events where the header accept asks for text/event-stream, "
                    + "else as one object a line. Maps in a query: options.labels.NAME=VALUE. The header x-deadline-ms gives a call a deadline.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["tags"] = new JsonArray([.. table.Routes.Select(route => route.Method.Service).Distinct().OrderBy(service => service.Index)
                .Select(service => new JsonObject { ["name"] = service.Name, ["description"] = comments.At(service.FullName) })]),
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject()),
            ["paths"] = paths,
            ["components"] = components,
        };
    }

    private JsonObject Describe(RestRoute route)
    {
        string comment = comments.At(route.Method.FullName);
        var operation = new JsonObject
        {
            ["operationId"] = $"{route.Method.Service.Name}_{route.Method.Name}",
            ["tags"] = new JsonArray(route.Method.Service.Name),
            ["summary"] = comment.Split(". ")[0].TrimEnd('.'),
            ["description"] = comment,
        };
        MessageDescriptor fields = route.IsRaw ? RawBodies.RouteOf(route.Method)!.Header : route.Method.InputType;
        JsonObject[] parameters = [.. Parameters(route, fields, "")];
        if (parameters.Length > 0)
        {
            operation["parameters"] = new JsonArray(parameters);
        }

        if (route.IsRaw)
        {
            operation["requestBody"] = Body("application/octet-stream", new JsonObject { ["type"] = "string", ["format"] = "binary" }, isRequired: true);
        }
        else if (route.HasBody)
        {
            operation["requestBody"] = Body("application/json", schemas.Refer(fields), isRequired: fields.Fields.InFieldNumberOrder().Count > parameters.Length);
        }

        MessageDescriptor answer = route.Method.OutputType;
        operation["responses"] = new JsonObject
        {
            ["200"] = route.Method.IsServerStreaming
                ? Answer($"A stream. {comments.At(answer.FullName)}", (RestStream.LinesType, schemas.Refer(answer)), (RestStream.EventsType, schemas.Refer(answer)))
                : Answer(comments.At(answer.FullName), (RestAnswers.Json, schemas.Refer(answer))),
            ["default"] = Reference("responses", Error),
        };
        return operation;
    }

    /// <summary>Fields in the path and, where there is no JSON body, all others in the query.</summary>
    private IEnumerable<JsonObject> Parameters(RestRoute route, MessageDescriptor message, string prefix)
    {
        foreach (FieldDescriptor field in message.Fields.InFieldNumberOrder())
        {
            bool isInPath = prefix.Length == 0 && route.Template.Fields.Contains(field.Name);
            if (!isInPath && ((route.HasBody && !route.IsRaw) || field.IsMap))
            {
                continue;
            }

            if (field.FieldType == FieldType.Message && !field.IsRepeated && field.MessageType.File.Package == route.Method.File.Package)
            {
                foreach (JsonObject inner in Parameters(route, field.MessageType, $"{field.Name}."))
                {
                    yield return inner;
                }

                continue;
            }

            yield return new JsonObject
            {
                ["name"] = prefix + field.Name,
                ["in"] = isInPath ? "path" : "query",
                ["required"] = isInPath,
                ["description"] = comments.At(field.FullName),
                ["schema"] = schemas.Describe(field),
            };
        }
    }

    private static JsonObject Reference(string kind, string name) => new() { ["$ref"] = $"#/components/{kind}/{name}" };

    private static JsonObject Body(string type, JsonObject schema, bool isRequired) =>
        new() { ["required"] = isRequired, ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = schema } } };

    private static JsonObject Answer(string description, params (string Type, JsonObject Schema)[] contents) => new()
    {
        ["description"] = description.Length > 0 ? description : "The answer.",
        ["content"] = new JsonObject(contents.Select(content => KeyValuePair.Create(content.Type, (JsonNode?)new JsonObject { ["schema"] = content.Schema }))),
    };

    private static JsonObject ErrorSchema() => new()
    {
        ["type"] = "object",
        ["description"] = "What went wrong. Where the header retry-after is there, try again after so many seconds (retry-after-ms: milliseconds).",
        ["required"] = new JsonArray("code", "status", "message"),
        ["properties"] = new JsonObject
        {
            ["code"] = new JsonObject { ["type"] = "integer", ["format"] = "int32", ["description"] = "The code of gRPC." },
            ["status"] = new JsonObject { ["type"] = "string", ["description"] = "Its name." },
            ["message"] = new JsonObject { ["type"] = "string", ["description"] = "For a person: which field, what was expected, what to do." },
        },
    };
}
