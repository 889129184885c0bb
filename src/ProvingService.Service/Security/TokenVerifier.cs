// Owns: ES256 tokens (RFC 7515, 7519): their form, signature and claims. Never: any other algorithm, whatever a token's header asks for, and
// never a key that a token brings along.

using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace ProvingService.Service;

/// <summary>What a token must be beside well signed.</summary>
/// <param name="Issuer">Its <c>iss</c>; null for any.</param>
/// <param name="Audience">Its <c>aud</c>, or one of them.</param>
/// <param name="MaxLife">The longest time from <c>iat</c> to <c>exp</c>.</param>
/// <param name="Skew">By how much clocks may differ.</param>
internal sealed record TokenRules(string? Issuer, string Audience, TimeSpan MaxLife, TimeSpan Skew);

/// <summary>
/// Checks tokens as the best practices of RFC 8725 ask: one algorithm, keys from the operator alone, the signature before anything that it
/// covers is believed. Safe for concurrent use.
/// </summary>
internal sealed class TokenVerifier(IReadOnlyList<TokenKey> keys, TokenRules rules, TimeProvider time) : IDisposable
{
    /// <summary>The longest token, in characters. Headers are bounded anyway; this bounds what is decoded and hashed.</summary>
    public const int MaxLength = 8 << 10;

    private const int SignatureLength = 64, LongestSubject = 128;

    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = 8,
    };

    /// <summary>Whether a token is valid now.</summary>
    /// <param name="token">The token.</param>
    /// <param name="caller">Who it says calls.</param>
    /// <param name="expires">Until when it may be taken, skew included.</param>
    /// <param name="fault">Else what is wrong, for its bearer; nothing of the token is in it.</param>
    public bool TryVerify(string token, [NotNullWhen(true)] out Caller? caller, out DateTimeOffset expires, out string fault)
    {
        caller = null;
        expires = default;
        if (!TryVerifySignature(token, out byte[] payload, out fault))
        {
            return false;
        }

        if (!TryParse(payload, out JsonDocument? document))
        {
            fault = "its payload is no JSON object whose members differ";
            return false;
        }

        using (document)
        {
            return TryReadClaims(document.RootElement, out caller, out expires, out fault);
        }
    }

    /// <summary>Whether a text is a token that one of the keys has signed; says nothing of its claims.</summary>
    internal bool TryVerifySignature(string token, out byte[] payload, out string fault)
    {
        payload = [];
        fault = "it is no token: three parts in base64url with dots between them are expected";
        if (token.Length > MaxLength)
        {
            fault = $"it is longer than {MaxLength} characters";
            return false;
        }

        string[] parts = token.Split('.', 4);
        if (parts.Length != 3 || !TryDecode(parts[0], out byte[] header) || !TryDecode(parts[1], out payload) || !TryDecode(parts[2], out byte[] signature))
        {
            return false;
        }

        if (!TryParse(header, out JsonDocument? document))
        {
            fault = "its header is no JSON object whose members differ";
            return false;
        }

        string? named;
        using (document)
        {
            if (FindHeaderFault(document.RootElement, out named) is { } wrong)
            {
                fault = wrong;
                return false;
            }
        }

        byte[] signed = Encoding.ASCII.GetBytes(token, 0, token.LastIndexOf('.'));
        fault = "its signature is not by a key that is trusted here";
        return signature.Length == SignatureLength && keys.Any(key =>
            (named is null || named == key.Name || named == key.Thumbprint)
            && key.Key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TokenKey key in keys)
        {
            key.Key.Dispose();
        }
    }

    /// <summary>What is wrong with a header, or null. Members that bring or point to keys (jwk, jku, x5c, x5u) are passed over.</summary>
    private static string? FindHeaderFault(JsonElement header, out string? keyName)
    {
        keyName = null;
        if (!TryGetText(header, "alg", out string? algorithm) || algorithm != "ES256")
        {
            return "its algorithm is not ES256, the only one taken";
        }

        if (header.TryGetProperty("crit", out _))
        {
            return "its header has critical extensions, and none is known here";
        }

        if (header.TryGetProperty("typ", out _)
            && !(TryGetText(header, "typ", out string? type) && type.ToUpperInvariant() is "JWT" or "AT+JWT" or "APPLICATION/AT+JWT"))
        {
            return "its type is not JWT";
        }

        return header.TryGetProperty("kid", out _) && !TryGetText(header, "kid", out keyName) ? "its kid is no text" : null;
    }

    private bool TryReadClaims(JsonElement claims, [NotNullWhen(true)] out Caller? caller, out DateTimeOffset expires, out string fault)
    {
        caller = null;
        expires = default;
        fault = FindClaimFault(claims, out expires) ?? "";
        if (fault.Length > 0)
        {
            return false;
        }

        if (!TryGetText(claims, "sub", out string? subject) || subject.Length is 0 or > LongestSubject || subject.Any(char.IsControl))
        {
            fault = $"its sub is missing, or not 1 to {LongestSubject} characters";
            return false;
        }

        if (!TryGetText(claims, "tenant", out string? tenant) || !ApiKeys.IsName(tenant))
        {
            fault = "its tenant is missing, or no name of letters, digits, '.', '_' and '-'";
            return false;
        }

        if (!TryGetTexts(claims, "scope", splits: true, out string[] scopes))
        {
            fault = "its scope is missing, or neither a text nor a list of texts";
            return false;
        }

        // Scopes of other services may stand beside ours.
        caller = new Caller(CallerKind.Token, tenant, subject, [.. Scopes.All.Where(scopes.Contains)]);
        return true;
    }

    private string? FindClaimFault(JsonElement claims, out DateTimeOffset expires)
    {
        DateTimeOffset now = time.GetUtcNow();
        expires = default;
        if (!TryGetTime(claims, "exp", out DateTimeOffset end) || !TryGetTime(claims, "iat", out DateTimeOffset issued))
        {
            return "its exp or iat is missing, or no number of seconds";
        }

        expires = end + rules.Skew;
        return now >= expires ? "it has expired"
            : issued > now + rules.Skew ? "its iat is in the future"
            : end - issued > rules.MaxLife ? $"it lives longer than {rules.MaxLife}, the most that is allowed here"
            : claims.TryGetProperty("nbf", out _) && !(TryGetTime(claims, "nbf", out DateTimeOffset begin) && begin <= now + rules.Skew) ? "it is not valid yet (nbf)"
            : rules.Issuer is not null && !(TryGetText(claims, "iss", out string? issuer) && issuer == rules.Issuer) ? "its iss is not the one expected here"
            : !TryGetTexts(claims, "aud", splits: false, out string[] audiences) || !audiences.Contains(rules.Audience) ? "its aud is not this service"
            : null;
    }

    /// <summary>Base64url as RFC 7515 has it: no padding, no white space, and one form for each content.</summary>
    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length == 0 || !Base64Url.IsValid(text))
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return Base64Url.EncodeToString(bytes) == text;
    }

    private static bool TryParse(byte[] json, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        try
        {
            document = Utf8.IsValid(json) ? JsonDocument.Parse(json, Strict) : null;
        }
        catch (JsonException)
        {
            return false;
        }

        if (document?.RootElement.ValueKind == JsonValueKind.Object)
        {
            return true;
        }

        document?.Dispose();
        document = null;
        return false;
    }

    private static bool TryGetText(JsonElement parent, string name, [NotNullWhen(true)] out string? text)
    {
        text = parent.TryGetProperty(name, out JsonElement value) ? TextOf(value) : null;
        return text is not null;
    }

    private static bool TryGetTexts(JsonElement parent, string name, bool splits, out string[] texts)
    {
        texts = [];
        if (!parent.TryGetProperty(name, out JsonElement value))
        {
            return false;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            string?[] read = [.. value.EnumerateArray().Select(TextOf)];
            texts = [.. read.OfType<string>()];
            return texts.Length == read.Length;
        }

        texts = TextOf(value) is not { } text ? [] : splits ? text.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [text];
        return value.ValueKind == JsonValueKind.String;
    }

    /// <summary>A text; null for other values, and where escapes make half a character.</summary>
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Seconds since 1970, with fractions (RFC 7519, NumericDate), up to the year 9999.</summary>
    private static bool TryGetTime(JsonElement parent, string name, out DateTimeOffset at)
    {
        const double Latest = 253_402_300_799 - 3600;
        bool isTime = parent.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double seconds) && seconds is >= 0 and <= Latest;
        at = isTime ? DateTimeOffset.UnixEpoch.AddSeconds(value.GetDouble()) : default;
        return isTime;
    }
}
