// Owns: what a ceremony says of its beacon, as a small JSON file, and whether the times in it can be true.
//
//   { "source": "drand, round 4283911", "hash": "0f3a…", "iterationsLog": 27,
//     "publicFrom": "2026-05-01T12:00:00Z", "contributionsEnded": "2026-04-30T18:00:00Z" }
//
// No program knows when a value became public. What can be checked is that a ceremony does not contradict itself: the source is
// named, so that anyone can look the value up; the value was not public while contributions were still made, since the last
// contributor could have chosen theirs for it; and it is not of a time that has not come, since then somebody made it up.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>A ceremony's word about its beacon: what value, where from, since when it is known, until when people contributed.</summary>
/// <param name="Source">Where anyone can look the value up, such as a round of a randomness service or a block of a chain.</param>
/// <param name="Hash">The value, 1 to 255 bytes.</param>
/// <param name="IterationsLog">log₂ of how often it is hashed.</param>
/// <param name="PublicFrom">When the value became known to the public.</param>
/// <param name="ContributionsEnded">When the last contribution before the beacon was complete.</param>
public sealed record BeaconAnnouncement(
    string Source, ReadOnlyMemory<byte> Hash, int IterationsLog, DateTimeOffset PublicFrom, DateTimeOffset ContributionsEnded)
{
    /// <summary>The longest file that is read.</summary>
    public const int MaxFileLength = 1 << 16;

    /// <summary>A member that stands twice would be one thing to a reader and another to this program.</summary>
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads an announcement.</summary>
    /// <exception cref="InvalidFileException">The file is not as the head of BeaconAnnouncement.cs says.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BeaconAnnouncement Read(string path)
    {
        var info = new FileInfo(path);
        if (info.Length > MaxFileLength)
        {
            throw Malformed($"{info.Length} bytes are more than {MaxFileLength}");
        }

        JsonObject json;
        try
        {
            json = JsonNode.Parse(File.ReadAllText(path), documentOptions: Strict) as JsonObject ?? throw Malformed("it is not a JSON object");
        }
        catch (JsonException e)
        {
            throw Malformed($"it is not JSON ({e.Message})");
        }

        string source = Text("source"), hex = Text("hash");
        if (string.IsNullOrWhiteSpace(source))
        {
            throw Malformed("\"source\" is empty; it says where the value can be looked up");
        }

        if (hex.Length is 0 or > 2 * ChaChaGenerator.MaxBeaconLength || hex.Length % 2 != 0 || !hex.All(char.IsAsciiHexDigit))
        {
            throw Malformed($"\"hash\" is not 1 to {ChaChaGenerator.MaxBeaconLength} bytes in hexadecimal");
        }

        return json["iterationsLog"] is JsonValue value && value.TryGetValue(out int log)
            && log is >= ChaChaGenerator.MinBeaconIterationsLog and <= ChaChaGenerator.MaxBeaconIterationsLog
            ? new(source, Convert.FromHexString(hex), log, Time("publicFrom"), Time("contributionsEnded"))
            : throw Malformed($"\"iterationsLog\" is not a number from {ChaChaGenerator.MinBeaconIterationsLog} to {ChaChaGenerator.MaxBeaconIterationsLog}");

        string Text(string name) => json[name] is JsonValue member && member.TryGetValue(out string? text)
            ? text
            : throw Malformed($"the text \"{name}\" is missing");

        DateTimeOffset Time(string name) =>
            DateTimeOffset.TryParse(Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                ? time
                : throw Malformed($"\"{name}\" is no time such as 2026-05-01T12:00:00Z");

        InvalidFileException Malformed(string what) => new(path, FileFault.Malformed, -1, $"this is no announcement of a beacon: {what}.");
    }

    /// <summary>The announcement as JSON.</summary>
    public string ToJson() => new JsonObject
    {
        ["source"] = Source,
        ["hash"] = Convert.ToHexStringLower(Hash.Span),
        ["iterationsLog"] = IterationsLog,
        ["publicFrom"] = PublicFrom.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["contributionsEnded"] = ContributionsEnded.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    }.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Why the times cannot be true, as a sentence, or null.</summary>
    /// <param name="now">The present.</param>
    public string? FindFault(DateTimeOffset now) =>
        PublicFrom > now ? $"The beacon is announced as public from {Show(PublicFrom)}, and it is {Show(now)}: nobody can know its value yet."
        : PublicFrom <= ContributionsEnded
            ? $"The beacon was public from {Show(PublicFrom)}, and contributions ended at {Show(ContributionsEnded)}: the last contributor could have known it."
        : null;

    private static string Show(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
