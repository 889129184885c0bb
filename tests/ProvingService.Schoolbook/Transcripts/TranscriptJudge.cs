// Owns: which files a case of a transcript names, and the verdict on them.

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;

namespace ProvingService.Schoolbook;

/// <summary>Judges cases of the kind transcript. Remembers the initial keys of circuits and powers. Thread-safe.</summary>
/// <param name="groups">The groups of the file's curve.</param>
internal sealed class TranscriptJudge(Groups groups)
{
    private readonly ConcurrentDictionary<(string R1cs, string Ptau), Lazy<InitialKey>> keys = new();

    /// <summary>Judges a case.</summary>
    public SchoolbookVerdict Judge(JsonElement @case, string folder)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(folder, @case.GetProperty("file").GetString()!));
        if (Convert.ToHexStringLower(SHA256.HashData(file)) != @case.GetProperty("sha256").GetString())
        {
            throw new FormatException($"{@case.GetProperty("file")} is not the file of the vector: its SHA-256 is another");
        }

        return @case.GetProperty("transcript").GetString() switch
        {
            "ptau" => JudgePowers(file),
            "zkey" => JudgeKey(file, Read("r1cs"), Read("ptau")),
            _ => throw new FormatException("a transcript is a ptau or a zkey"),
        };

        byte[] Read(string member) => File.ReadAllBytes(Path.Combine(folder, @case.GetProperty(member).GetString()!));
    }

    /// <summary>The verdict on a .ptau.</summary>
    public SchoolbookVerdict JudgePowers(byte[] ptau) => Judge(() => new PhaseOneJudge(groups).Judge(PtauContent.Read(groups, ptau)));

    /// <summary>The verdict on a .zkey for a circuit and powers.</summary>
    public SchoolbookVerdict JudgeKey(byte[] zkey, byte[] r1cs, byte[] ptau) => Judge(() =>
    {
        ZkeyContent key = ZkeyContent.Read(groups, zkey);
        R1csContent circuit = R1csContent.Read(groups.Curve, r1cs);
        PtauContent powers = PtauContent.Read(groups, ptau);
        InitialKey initial = keys.GetOrAdd((NameOf(r1cs), NameOf(ptau)), _ => new(() => new(groups, circuit, powers))).Value;
        new PhaseTwoJudge(groups).Judge(key, circuit, initial, powers);
    });

    private static SchoolbookVerdict Judge(Action judge)
    {
        try
        {
            judge();
            return new(Reasons.Accept, "valid", null);
        }
        catch (Refusal refusal)
        {
            return new(refusal.Verdict, refusal.Reason, null);
        }
    }

    private static string NameOf(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));
}
