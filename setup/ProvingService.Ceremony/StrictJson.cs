// Owns: reading the ceremony's JSON documents strictly: no unknown or repeated member, no wrong kind, and errors that name the place.

using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using ProvingService.R1cs;

namespace ProvingService.Ceremony;

/// <summary>An object of a document. Every fault is an <see cref="InvalidFileException"/> that names file and member.</summary>
internal sealed class StrictJson : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };
    private readonly JsonDocument? owner;
    private readonly JsonElement element;
    private readonly string file, place;

    private StrictJson(JsonDocument? owner, JsonElement element, string file, string place)
    {
        (this.owner, this.element, this.file, this.place) = (owner, element, file, place);
        if (element.ValueKind != JsonValueKind.Object)
        {
            owner?.Dispose();
            throw Wrong("an object is expected.");
        }
    }

    /// <summary>Reads a document that is one object.</summary>
    public static StrictJson Parse(ReadOnlyMemory<byte> json, string file)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Strict);
        }
        catch (JsonException e)
        {
            throw new InvalidFileException(file, FileFault.Malformed, e.BytePositionInLine ?? -1, $"no JSON, or a member twice (line {(e.LineNumber ?? 0) + 1}): {e.Message}");
        }

        return new(document, document.RootElement, file, "");
    }

    /// <summary>A time as documents have it.</summary>
    public static string TextOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>A duration as documents have it.</summary>
    public static string TextOf(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}ms");

    /// <summary>Refuses members of other names.</summary>
    public void Allow(params ReadOnlySpan<string> names)
    {
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                throw Wrong($"there is no member '{member.Name}'; there are {string.Join(", ", names!)}.");
            }
        }
    }

    /// <summary>A text, by its length in characters, without control characters but line ends.</summary>
    public string Text(string name, int least, int most) => TextOrNull(name, least, most) ?? throw Missing(name);

    /// <summary>As <see cref="Text"/>, or null where it is absent.</summary>
    public string? TextOrNull(string name, int least, int most)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        string? text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null && text.Length >= least && text.Length <= most && !text.Any(c => char.IsControl(c) && c != '\n')
            ? text
            : throw Wrong($"'{name}' must be a text of {least} to {most} characters without control characters.");
    }

    /// <summary>A whole number, or null where it is absent.</summary>
    public int? Number(string name, int least, int most) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most ? number
        : throw Wrong($"'{name}' must be a whole number from {least} to {most}.");

    /// <summary>A time in UTC, or null where it is absent.</summary>
    public DateTimeOffset? Time(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && value.GetString()!.EndsWith('Z') && value.TryGetDateTimeOffset(out DateTimeOffset time) ? time
        : throw Wrong($"'{name}' must be a time in UTC such as \"2026-12-24T12:00:00Z\".");

    /// <summary>A duration, or null where it is absent.</summary>
    public TimeSpan? Duration(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && TryDuration(value.GetString()!) is { } time ? time
        : throw Wrong($"'{name}' must be a duration such as \"500ms\", \"30s\", \"10m\", \"6h\" or \"7d\".");

    /// <summary>Lower-case hex digits of so many bytes; of any number from 1 where that is null.</summary>
    public string Hex(string name, int? bytes)
    {
        string text = Text(name, 2, 1024);
        return text.Length % 2 == 0 && (bytes is null || text.Length == 2 * bytes) && text.All(char.IsAsciiHexDigitLower)
            ? text
            : throw Wrong($"'{name}' must be {(bytes is null ? "an even number of" : 2 * bytes)} lower-case hex digits.");
    }

    /// <summary>Bytes as Base64.</summary>
    public ByteString Base64(string name)
    {
        byte[] bytes = new byte[element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()!.Length : 0];
        return bytes.Length > 0 && Convert.TryFromBase64String(value.GetString()!, bytes, out int length)
            ? ByteString.CopyFrom(bytes, 0, length)
            : throw Wrong($"'{name}' must be Base64.");
    }

    /// <summary>A member as its own JSON.</summary>
    public ReadOnlyMemory<byte> Raw(string name) => Encoding.UTF8.GetBytes((Find(name) ?? throw Missing(name)).GetRawText());

    /// <summary>An object.</summary>
    public StrictJson Object(string name) => new(null, Find(name) ?? throw Missing(name), file, Place(name));

    /// <summary>A list of objects.</summary>
    public IEnumerable<StrictJson> List(string name, int least, int most)
    {
        JsonElement list = RequireList(name, least, most) ?? throw Missing(name);
        for (int i = 0; i < list.GetArrayLength(); i++)
        {
            yield return new StrictJson(null, list[i], file, $"{Place(name)}[{i}]");
        }
    }

    /// <summary>A list of texts; empty where it is absent.</summary>
    public IEnumerable<string> Texts(string name, int least, int most)
    {
        if (RequireList(name, least, most) is not { } list)
        {
            yield break;
        }

        for (int i = 0; i < list.GetArrayLength(); i++)
        {
            yield return list[i].ValueKind == JsonValueKind.String ? list[i].GetString()! : throw Wrong($"'{name}[{i}]' must be a text.");
        }
    }

    /// <summary>The error of this object.</summary>
    public InvalidFileException Wrong(string message) => new(file, FileFault.Malformed, -1, place.Length == 0 ? message : $"{place}: {message}");

    /// <summary>The error of a member that is not there.</summary>
    public InvalidFileException Missing(string name) => Wrong($"the member '{name}' is missing.");

    /// <inheritdoc/>
    public void Dispose() => owner?.Dispose();

    private static TimeSpan? TryDuration(string text)
    {
        (string Unit, double Seconds)[] units = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];
        foreach ((string unit, double seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count * seconds < 1e9)
            {
                return TimeSpan.FromSeconds(count * seconds);
            }
        }

        return null;
    }

    private JsonElement? RequireList(string name, int least, int most) => Find(name) is not { } list ? null
        : list.ValueKind == JsonValueKind.Array && list.GetArrayLength() >= least && list.GetArrayLength() <= most ? list
        : throw Wrong($"'{name}' must be a list of {least} to {most}.");

    private JsonElement? Find(string name) => element.TryGetProperty(name, out JsonElement value) ? value : null;

    private string Place(string name) => place.Length == 0 ? name : $"{place}.{name}";
}
