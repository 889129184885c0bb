// Owns: verification_key.json, proof.json and public.json as iden3 writes them.
//
// Numbers are decimal strings. A point of G1 is [x, y, "1"], one of G2 [[x₀, x₁], [y₀, y₁], ["1", "0"]], and infinity is [0, 1, 0] in
// either. Any other last coordinate is a second spelling of a point, hence not canonical. vk_alphabeta_12, which follows from α and β, is not looked at.

using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace ProvingService.Schoolbook;

/// <summary>Reads keys and claims, and finds the first reason why one cannot be read.</summary>
/// <param name="groups">The groups of the curve.</param>
internal sealed class Iden3Json(Groups groups)
{
    private readonly PairingCurve curve = groups.Curve;

    /// <summary>Reads a verification key.</summary>
    public Decoded<VerificationKey> ReadKey(JsonElement json)
    {
        if (!IsFor(json, isRequired: true)
            || !Has(json, "IC", JsonValueKind.Array, out JsonElement points)
            || !Has(json, "nPublic", JsonValueKind.Number, out JsonElement count))
        {
            return new(null, Reasons.Syntax);
        }

        Decoded<Point> alpha = ReadMember(json, "vk_alpha_1", curve.G1);
        Decoded<Point> beta = ReadMember(json, "vk_beta_2", curve.G2), gamma = ReadMember(json, "vk_gamma_2", curve.G2), delta = ReadMember(json, "vk_delta_2", curve.G2);
        Decoded<Point>[] ic = [.. points.EnumerateArray().Select(point => ReadPoint(point, curve.G1))];
        string? wrongCount = count.TryGetInt32(out int inputs) && inputs == ic.Length - 1 && ic.Length > 0 ? null : Reasons.IcCount;
        return Reasons.First([alpha.Fault, beta.Fault, gamma.Fault, delta.Fault, .. ic.Select(point => point.Fault), wrongCount]) is { } fault
            ? new(null, fault)
            : new(new(alpha.Value!, beta.Value!, gamma.Value!, delta.Value!, [.. ic.Select(point => point.Value!)]), null);
    }

    /// <summary>Reads a case's, or a batch's claim's, "proof" and "public".</summary>
    public Decoded<Claim> ReadClaim(JsonElement json)
    {
        JsonElement proof = json.GetProperty("proof"), inputs = json.GetProperty("public");
        if (!IsFor(proof, isRequired: false) || inputs.ValueKind != JsonValueKind.Array)
        {
            return new(null, Reasons.Syntax);
        }

        Decoded<Point> a = ReadMember(proof, "pi_a", curve.G1), b = ReadMember(proof, "pi_b", curve.G2), c = ReadMember(proof, "pi_c", curve.G1);
        BigInteger?[] numbers = [.. inputs.EnumerateArray().Select(ReadNumber)];
        IEnumerable<string?> faults = numbers.Select(number => number is null ? Reasons.Syntax
            : number >= curve.R ? Reasons.InputNotCanonical
            : number < 0 ? Reasons.InputNegative
            : null);
        return Reasons.First([a.Fault, b.Fault, c.Fault, .. faults]) is { } fault
            ? new(null, fault)
            : new(new(new(a.Value!, b.Value!, c.Value!), [.. numbers.Select(number => number!.Value)]), null);
    }

    /// <summary>Whether an object names Groth16 and this curve; a proof may leave them out.</summary>
    private bool IsFor(JsonElement json, bool isRequired)
    {
        return json.ValueKind == JsonValueKind.Object && Says("protocol", "groth16") && Says("curve", curve.Iden3Name);

        bool Says(string member, string word) => json.TryGetProperty(member, out JsonElement value)
            ? value.ValueKind == JsonValueKind.String && value.GetString() == word
            : !isRequired;
    }

    private static bool Has(JsonElement json, string name, JsonValueKind kind, out JsonElement value) =>
        json.TryGetProperty(name, out value) && value.ValueKind == kind;

    private Decoded<Point> ReadMember(JsonElement json, string name, Curve group) =>
        json.TryGetProperty(name, out JsonElement value) ? ReadPoint(value, group) : new(null, Reasons.Syntax);

    private Decoded<Point> ReadPoint(JsonElement json, Curve group)
    {
        if (!IsArray(json, 3))
        {
            return new(null, Reasons.Syntax);
        }

        BigInteger?[] numbers = [.. json.EnumerateArray().SelectMany(coordinate => ReadCoordinate(coordinate, group.Coordinates.Degree))];
        if (numbers.Any(number => number is null))
        {
            return new(null, Reasons.Syntax);
        }

        Element[] xyz = [.. numbers.Select(number => number!.Value).Chunk(group.Coordinates.Degree).Select(group.Coordinates.Of)];
        Element one = group.Coordinates.One;
        bool isInfinity = xyz[0].IsZero && xyz[1].Equals(one) && xyz[2].IsZero;
        if (numbers.Any(number => number < 0 || number >= curve.P) || (!isInfinity && !xyz[2].Equals(one)))
        {
            return new(null, Reasons.NotCanonical);
        }

        Point point = isInfinity ? Point.Infinity : new(xyz[0], xyz[1]);
        return groups.FaultOf(group, point) is { } fault ? new(null, fault) : new(point, null);
    }

    private static IEnumerable<BigInteger?> ReadCoordinate(JsonElement json, int degree) =>
        degree == 1 ? [ReadNumber(json)]
        : IsArray(json, degree) ? json.EnumerateArray().Select(ReadNumber)
        : [null];

    private static bool IsArray(JsonElement json, int length) => json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == length;

    /// <summary>A decimal number with or without a minus, or null.</summary>
    private static BigInteger? ReadNumber(JsonElement json) =>
        json.ValueKind == JsonValueKind.String
        && BigInteger.TryParse(json.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger number)
        && json.GetString()![0] != '+'
            ? number
            : null;
}
