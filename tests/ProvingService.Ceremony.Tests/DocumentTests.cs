// Owns: the ceremony's document: what it must say, and that nothing else passes.

using System.Text;
using System.Text.Json.Nodes;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class DocumentTests
{
    private const string Whole =
        """
        {
          "name": "Example", "description": "For tests", "minimumContributions": 3, "maximumContributions": 9, "closes": "2030-01-01T00:00:00Z",
          "address": "https://ceremony.example:7430",
          "beacon": { "source": "a block", "available": "2030-01-02T00:00:00Z", "iterationsLog": 20 },
          "keys": ["00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"],
          "circuits": [ { "name": "a", "r1cs": "a.r1cs", "ptau": "p.ptau" }, { "name": "b-2", "r1cs": "b.r1cs", "ptau": "p.ptau", "zkey": "b.zkey" } ]
        }
        """;

    [Fact]
    public void A_document_comes_back_as_it_was_written()
    {
        CeremonyDocument read = Parse(Whole), again = Parse(Encoding.UTF8.GetString(TranscriptHead.Write(read.Write)));
        Assert.Equal(read with { Keys = [], Circuits = [] }, again with { Keys = read.Keys is null ? [] : [], Circuits = [] });
        Assert.Equal(read.Circuits, again.Circuits);
        Assert.Equal(read.Keys, again.Keys);
        Assert.Equal(new DateTimeOffset(2030, 1, 2, 0, 0, 0, TimeSpan.Zero), read.BeaconTime(null));
    }

    [Theory]
    [InlineData("name", "\"\"", "'name'")]
    [InlineData("name", "\"a\\u0007\"", "'name'")]
    [InlineData("name", null, "'name' is missing")]
    [InlineData("minimumContributions", "0", "'minimumContributions'")]
    [InlineData("minimumContributions", "1.5", "'minimumContributions'")]
    [InlineData("maximumContributions", "2", "'maximumContributions'")]
    [InlineData("closes", "\"2030-01-01\"", "'closes'")]
    [InlineData("closes", "\"2030-01-03T00:00:00Z\"", "later than the beacon")]
    [InlineData("beacon.available", null, "either 'available'")]
    [InlineData("beacon.afterClose", "\"1h\"", "either 'available'")]
    [InlineData("beacon.iterationsLog", "9", "'iterationsLog'")]
    [InlineData("beacon.iterationsLog", "64", "'iterationsLog'")]
    [InlineData("beacon.source", null, "'source' is missing")]
    [InlineData("beacon.more", "1", "no member 'more'")]
    [InlineData("more", "1", "no member 'more'")]
    [InlineData("keys", "[\"00\"]", "'00'")]
    [InlineData("circuits", "[]", "'circuits'")]
    [InlineData("circuits.0.name", "\"../a\"", "../a")]
    [InlineData("circuits.0.name", "\"b-2\"", "taken")]
    [InlineData("circuits.1.r1cs", null, "'r1cs' is missing")]
    public void Each_mistake_is_named(string member, string? value, string says)
    {
        JsonNode json = JsonNode.Parse(Whole)!, at = json;
        string[] path = member.Split('.');
        foreach (string part in path[..^1])
        {
            at = int.TryParse(part, out int index) ? at[index]! : at[part]!;
        }

        if (value is null)
        {
            at.AsObject().Remove(path[^1]);
        }
        else
        {
            at[path[^1]] = JsonNode.Parse(value);
        }

        Assert.Contains(says, Assert.Throws<InvalidFileException>(() => Parse(json.ToJsonString())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"name\": \"a\", \"name\": \"b\"}")]
    [InlineData("{\"name\": ")]
    public void What_is_no_document_is_refused(string text) => Assert.Throws<InvalidFileException>(() => Parse(text));

    private static CeremonyDocument Parse(string json) => CeremonyDocument.Parse(Encoding.UTF8.GetBytes(json), "ceremony.json");
}
