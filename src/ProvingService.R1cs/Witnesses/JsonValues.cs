// Owns: documents of inputs as JSON, and integers, field elements and member names as they write them.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>Reads JSON values strictly: integers are JSON numbers, decimal strings or <c>0x</c> strings, never fractions.</summary>
public static class JsonValues
{
    /// <summary>Parses a document strictly: no comments, no trailing commas, nesting of at most 64, no member twice.</summary>
    /// <param name="utf8">The document.</param>
    /// <exception cref="InvalidInputException">It is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(string.Empty, $"The document is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // What comparing names for duplicates throws where one has half of a surrogate pair.
            throw new InvalidInputException(string.Empty, "The name of a member is not valid Unicode.", e);
        }
    }

    /// <summary>An element of the field: an integer below the prime.</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="name">What to call the value in an error.</param>
    /// <param name="json">The value.</param>
    /// <exception cref="InvalidInputException">It is no such integer.</exception>
    public static TF Element<TF>(string name, JsonElement json)
        where TF : unmanaged, IPrimeField<TF>
    {
        BigInteger value = Integer(name, json);
        return value < TF.Modulus
            ? TF.FromBigInteger(value)
            : throw new InvalidInputException(name, $"the number is not below the prime of {TF.Name}, {TF.Modulus}; reduce it if that is meant.");
    }

    /// <summary>A non-negative integer of at most a thousand bits.</summary>
    /// <param name="name">What to call the value in an error.</param>
    /// <param name="json">The value.</param>
    /// <exception cref="InvalidInputException">It is no such integer.</exception>
    public static BigInteger Integer(string name, JsonElement json)
    {
        // Three hundred digits hold a thousand bits; longer text is not worth parsing.
        const int mostDigits = 302;
        string text;
        try
        {
            text = json.ValueKind switch
            {
                JsonValueKind.Number => json.GetRawText(),
                JsonValueKind.String => json.GetString()!,
                _ => throw new InvalidInputException(name, $"{Kind(json)} is not a number; write an integer, a decimal string or a 0x string."),
            };
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException(name, "the string is not valid Unicode.", e);
        }

        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        string digits = isHex ? "0" + text[2..] : text;
        NumberStyles style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (text.Length > mostDigits || (isHex && text.Length == 2)
            || !BigInteger.TryParse(digits, style, CultureInfo.InvariantCulture, out BigInteger value))
        {
            string shown = text.Length > 40 ? text[..40] + "…" : text;
            throw new InvalidInputException(name, $"'{shown}' is not a non-negative integer, decimal or 0x.");
        }

        return value;
    }

    /// <summary>Whether a member of this name holds what concerns the curve with this scalar field alone.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static bool IsOwnCurve<TF>(string name)
        where TF : unmanaged, IPrimeField<TF> =>
        CurveNames.TryParse(name, out CurveId named)
        && CurveNames.TryFromScalarModulus(TF.Modulus, out CurveId own)
        && named == own;

    /// <summary>A member's name.</summary>
    /// <exception cref="InvalidInputException">It is not valid Unicode.</exception>
    public static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException(string.Empty, "The name of an input is not valid Unicode.", e);
        }
    }

    /// <summary>What a value is, in words, for an error.</summary>
    public static string Kind(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a truth value",
    };
}
