// Owns: tests of the OpenAPI document: its structure, its references, and that it says what the contract says.

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using ProvingService.Contract;
using Xunit;

namespace ProvingService.Service.Tests.Web;

[Collection("web")]
public sealed partial class OpenApiTests(WebFixture fixture)
{
    private static readonly string[] Types = ["string", "integer", "number", "boolean", "object", "array"];

    [Fact]
    public async Task The_document_is_well_formed_and_every_reference_resolves()
    {
        JsonNode document = await fixture.Service.GetAsync("/openapi.json");
        Assert.Equal("3.1.0", (string?)document["openapi"]);
        Assert.All((string[])["title", "version"], member => Assert.NotEmpty((string)document["info"]![member]!));
        string[] tags = [.. document["tags"]!.AsArray().Select(tag => (string)tag!["name"]!)];
        Assert.Equal(["Capacity", "Circuits", "Jobs", "Verification"], tags.Order());

        var operations = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string path, JsonNode? item) in document["paths"]!.AsObject())
        {
            string[] inPath = [.. PathField().Matches(path).Select(match => match.Groups[1].Value)];
            foreach ((string verb, JsonNode? operation) in item!.AsObject())
            {
                Assert.Contains(verb, (string[])["get", "post", "put"]);
                Assert.True(operations.Add((string)operation!["operationId"]!), $"{verb} {path}: the operation's name is not its own.");
                Assert.All(operation["tags"]!.AsArray(), tag => Assert.Contains((string)tag!, tags));
                Assert.NotEmpty((string)operation["summary"]!);
                JsonNode[] parameters = [.. operation["parameters"]?.AsArray().Select(parameter => parameter!) ?? []];
                Assert.Equal(inPath.Order(), parameters.Where(parameter => (string?)parameter["in"] == "path").Select(parameter => (string)parameter["name"]!).Order());
                Assert.Equal(parameters.Length, parameters.Select(parameter => (string)parameter["name"]!).Distinct().Count());
                Assert.All(parameters, parameter =>
                {
                    Assert.Equal((string?)parameter["in"] == "path", (bool)parameter["required"]!);
                    Assert.NotEmpty((string)parameter["description"]!);
                    CheckSchema(parameter["schema"]!);
                });
                Assert.All(operation["responses"]!.AsObject(), response => Assert.True(response.Key is "default" or "200"));
                Assert.True(verb != "get" || operation["requestBody"] is null);
            }
        }

        Assert.All(document["components"]!["schemas"]!.AsObject(), schema => CheckSchema(schema.Value!));
        Assert.All(References(document), reference => Assert.True(Resolves(document, reference), reference));
    }

    [Fact]
    public async Task Messages_fields_and_comments_are_those_of_the_contract()
    {
        JsonObject schemas = (await fixture.Service.GetAsync("/openapi.json"))["components"]!["schemas"]!.AsObject();
        foreach (MessageDescriptor message in ProvingReflection.Descriptor.MessageTypes.Where(message => schemas.ContainsKey(message.Name)))
        {
            JsonObject properties = schemas[message.Name]!["properties"]!.AsObject();
            Assert.Equal(message.Fields.InFieldNumberOrder().Select(field => field.JsonName), properties.Select(property => property.Key));
            Assert.All(properties, property => Assert.NotEmpty((string)property.Value!["description"]!));
            Assert.NotEmpty((string)schemas[message.Name]!["description"]!);
        }

        Assert.Equal("Its priority.", (string?)schemas["Job"]!["properties"]!["priority"]!["description"]);
        Assert.Equal("uint64", (string?)schemas["Circuit"]!["properties"]!["keyBytes"]!["format"]);
        Assert.Equal("date-time", (string?)schemas["Job"]!["properties"]!["created"]!["format"]);
        Assert.Equal("base64", (string?)schemas["Proof"]!["properties"]!["compressed"]!["contentEncoding"]);
        Assert.Contains("JOB_STATE_DONE: Final: the proof can be fetched.", (string)schemas["JobState"]!["description"]!, StringComparison.Ordinal);
        Assert.Contains("One of circuit, verificationKey.", (string)schemas["VerifyRequest"]!["properties"]!["circuit"]!["description"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_of_the_form_that_the_document_says()
    {
        JsonNode document = await fixture.Service.GetAsync("/openapi.json");
        foreach ((string path, string schema) in (IEnumerable<(string, string)>)
        [
            ($"/v1/jobs/{fixture.Done}", "Job"), ("/v1/jobs", "ListJobsResponse"), ("/v1/circuits", "ListCircuitsResponse"), ("/v1/capacity", "CapacityReport"),
            ("/v1/info", "ServiceInfo"), ($"/v1/jobs/{fixture.Done}/proof", "Proof"), ("/v1/keys", "KeysInMemory"),
        ])
        {
            Conform(document, new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" }, await fixture.Service.GetAsync(path), path);
        }
    }

    /// <summary>Whether a value is what a schema says; enough of JSON Schema for what the document uses.</summary>
    private static void Conform(JsonNode document, JsonNode schema, JsonNode value, string at)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            schema = document["components"]!["schemas"]![reference.Split('/')[^1]]!;
        }

        switch ((string?)schema["type"])
        {
            case "object" when schema["properties"] is { } properties:
                foreach ((string name, JsonNode? member) in value.AsObject())
                {
                    Assert.True(properties[name] is not null, $"{at}: {name} is not in the schema.");
                    Conform(document, properties[name]!, member!, $"{at}.{name}");
                }

                break;
            case "object":
                Assert.All(value.AsObject(), member => Conform(document, schema["additionalProperties"]!, member.Value!, $"{at}.{member.Key}"));
                break;
            case "array":
                Assert.All(value.AsArray(), item => Conform(document, schema["items"]!, item!, at));
                break;
            case "string":
                Assert.True(value.GetValueKind() == JsonValueKind.String, at);
                Assert.True(schema["enum"] is null || schema["enum"]!.AsArray().Any(name => (string?)name == (string?)value), $"{at}: {value}");
                Assert.True(schema["pattern"] is null || Regex.IsMatch((string)value!, (string)schema["pattern"]!), $"{at}: {value}");
                break;
            case "boolean":
                Assert.True(value.GetValueKind() is JsonValueKind.True or JsonValueKind.False, at);
                break;
            default:
                Assert.True(value.GetValueKind() == JsonValueKind.Number, at);
                break;
        }
    }

    private static void CheckSchema(JsonNode schema)
    {
        if (schema["$ref"] is not null)
        {
            return;
        }

        string type = (string)schema["type"]!;
        Assert.Contains(type, Types);
        Assert.Equal(type == "array", schema["items"] is not null);
        if (type == "array")
        {
            CheckSchema(schema["items"]!);
        }

        Assert.All(schema["properties"]?.AsObject() ?? [], property => CheckSchema(property.Value!));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(member => member.Key == "$ref" ? [(string)member.Value!] : References(member.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };

    private static bool Resolves(JsonNode document, string reference) =>
        reference.StartsWith("#/", StringComparison.Ordinal)
        && reference[2..].Split('/').Aggregate((JsonNode?)document, (node, part) => node?[part]) is not null;

    [GeneratedRegex(@"\{([^}]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex PathField();
}
