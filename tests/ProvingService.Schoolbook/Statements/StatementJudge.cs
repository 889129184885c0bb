// Owns: the verdict on proofs, encodings of proofs and batches.

using System.Text.Json;

namespace ProvingService.Schoolbook;

/// <summary>Judges cases of the kinds verify, encoding and batch.</summary>
/// <param name="groups">The groups of the file's curve.</param>
internal sealed class StatementJudge(Groups groups)
{
    /// <summary>Judges a case.</summary>
    public SchoolbookVerdict Judge(JsonElement root, JsonElement @case, string kind)
    {
        var json = new Iden3Json(groups);
        Decoded<VerificationKey> key = json.ReadKey(root.GetProperty("keys").GetProperty(@case.GetProperty("key").GetString()!));
        Decoded<Claim>[] claims = kind switch
        {
            "verify" => [json.ReadClaim(@case)],
            "batch" => [.. @case.GetProperty("claims").EnumerateArray().Select(json.ReadClaim)],
            _ => @case.GetProperty("encoding").GetString() switch
            {
                "compressed" => [new CompressedDecoder(groups).ReadClaim(@case)],
                "calldata" => [new CalldataDecoder(groups).ReadClaim(@case, key.Value?.Ic.Count - 1 ?? 0)],
                _ => throw new FormatException("an encoding is compressed or calldata"),
            },
        };

        string? malformed = Reasons.First(
        [
            key.Fault,
            .. claims.Select(claim => claim.Fault),
            .. claims.Select(claim => key.Value is null || claim.Value is null || claim.Value.Inputs.Count == key.Value.Ic.Count - 1 ? null : Reasons.InputCount),
        ]);
        if (malformed is not null)
        {
            return new(Reasons.Malformed, malformed, "undefined");
        }

        bool holds = Array.TrueForAll(claims, claim => Statement.Holds(groups, key.Value!, claim.Value!));
        string? reason = Statement.WeaknessOf(groups, key.Value!) ?? (holds ? null : "equation-fails");
        return new(reason is null ? Reasons.Accept : Reasons.Reject, reason ?? "valid", holds ? "holds" : "fails");
    }
}
