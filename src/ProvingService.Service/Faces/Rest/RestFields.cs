// Owns: single values as text in a path or a query, by the name of their field: enums with or without their prefix,
// fields of fields with points between, repeated ones, maps.

using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace ProvingService.Service;

/// <summary>Sets fields of messages by name and text.</summary>
internal static partial class RestFields
{
    /// <summary>Sets a field, or adds to a repeated one or a map.</summary>
    /// <param name="message">The message.</param>
    /// <param name="path">The field's name as in the contract or as in its JSON; of a field's field <c>options.priority</c>, of a map's entry <c>options.labels.NAME</c>.</param>
    /// <param name="text">The value.</param>
    /// <param name="mayRepeat">False where the same name stands several times: then the field must be a repeated one.</param>
    /// <exception cref="RpcException">Names the path, and says what was expected.</exception>
    public static void Set(IMessage message, string path, string text, bool mayRepeat)
    {
        string rest = path;
        while (true)
        {
            int point = rest.IndexOf('.', StringComparison.Ordinal);
            string name = point < 0 ? rest : rest[..point];
            FieldDescriptor field = Find(message.Descriptor, name)
                ?? throw Refuse.Invalid(path, $"there is no such parameter; known are {string.Join(", ", message.Descriptor.Fields.InFieldNumberOrder().Select(known => known.Name))}.");
            if (field.IsMap && point >= 0)
            {
                ((IDictionary)field.Accessor.GetValue(message))[rest[(point + 1)..]] = text;
                return;
            }

            if (point < 0)
            {
                Set(message, field, path, text, mayRepeat);
                return;
            }

            if (field.FieldType != FieldType.Message || field.IsRepeated)
            {
                throw Refuse.Invalid(path, $"{name} has no fields.");
            }

            if (field.Accessor.GetValue(message) is not IMessage inner)
            {
                inner = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                field.Accessor.SetValue(message, inner);
            }

            (message, rest) = (inner, rest[(point + 1)..]);
        }
    }

    /// <summary>What the names of an enum's values begin with: <c>JOB_STATE_</c> of JobState.</summary>
    internal static string PrefixOf(EnumDescriptor type) => WordBoundary().Replace(type.Name, "$1_$2").ToUpperInvariant() + "_";

    private static FieldDescriptor? Find(MessageDescriptor type, string name) =>
        type.FindFieldByName(name) ?? type.Fields.InFieldNumberOrder().FirstOrDefault(field => field.JsonName == name);

    private static void Set(IMessage message, FieldDescriptor field, string path, string text, bool mayRepeat)
    {
        if (field.IsMap)
        {
            throw Refuse.Invalid(path, $"write {path}.NAME=VALUE.");
        }

        object value = Read(field, path, text);
        if (field.IsRepeated)
        {
            ((IList)field.Accessor.GetValue(message)).Add(value);
            return;
        }

        if (!mayRepeat)
        {
            throw Refuse.Invalid(path, "it stands more than once.");
        }

        field.Accessor.SetValue(message, value);
    }

    private static object Read(FieldDescriptor field, string path, string text)
    {
        const NumberStyles Whole = NumberStyles.AllowLeadingSign;
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (field.FieldType)
        {
            case FieldType.String:
                return text;
            case FieldType.Bool:
                return text switch { "true" or "1" or "" => true, "false" or "0" => false, _ => throw Refuse.Invalid(path, "true or false is expected.") };
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return int.TryParse(text, Whole, culture, out int i) ? i : throw Number();
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                return long.TryParse(text, Whole, culture, out long l) ? l : throw Number();
            case FieldType.UInt32 or FieldType.Fixed32:
                return uint.TryParse(text, NumberStyles.None, culture, out uint u) ? u : throw Number();
            case FieldType.UInt64 or FieldType.Fixed64:
                return ulong.TryParse(text, NumberStyles.None, culture, out ulong ul) ? ul : throw Number();
            case FieldType.Float:
                return float.TryParse(text, NumberStyles.Float, culture, out float f) ? f : throw Number();
            case FieldType.Double:
                return double.TryParse(text, NumberStyles.Float, culture, out double d) ? d : throw Number();
            case FieldType.Enum:
                return ReadEnum(field.EnumType, path, text);
            case FieldType.Bytes:
                return ReadBytes(path, text);
            case FieldType.Message when field.MessageType.File.Package == "google.protobuf":
                return ReadWellKnown(field.MessageType, path, text);
            default:
                throw Refuse.Invalid(path, $"it is a message; set its fields, as {path}.NAME=VALUE.");
        }

        RpcException Number() => Refuse.Invalid(path, $"'{Shorten(text)}' is not a number that it can hold.");
    }

    private static object ReadEnum(EnumDescriptor type, string path, string text)
    {
        EnumValueDescriptor? value = type.FindValueByName(text)
            ?? type.FindValueByName(PrefixOf(type) + text.ToUpperInvariant())
            ?? (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? type.FindValueByNumber(number) : null);
        return value?.Number
            ?? throw Refuse.Invalid(path, $"'{Shorten(text)}' is none of {string.Join(", ", type.Values.Select(known => known.Name))}.");
    }

    private static ByteString ReadBytes(string path, string text)
    {
        try
        {
            string padded = text.Replace('-', '+').Replace('_', '/');
            return ByteString.FromBase64(padded.PadRight((padded.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw Refuse.Invalid(path, "base64 is expected.");
        }
    }

    /// <summary>Times as 2026-01-31T12:00:00Z, durations as 1.5s.</summary>
    private static IMessage ReadWellKnown(MessageDescriptor type, string path, string text)
    {
        try
        {
            return JsonParser.Default.Parse($"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"", type);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException or OverflowException or ArgumentException)
        {
            throw Refuse.Invalid(path, $"'{Shorten(text)}' is no {type.Name}, which looks like {(type.Name == "Duration" ? "1.5s" : "2026-01-31T12:00:00Z")}.");
        }
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";

    [GeneratedRegex("([a-z0-9])([A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex WordBoundary();
}
