// Owns: the way in: which judge a case of the vectors goes to. Never: code of the product, or a value that it computed.

using System.Collections.Concurrent;
using System.Text.Json;

namespace ProvingService.Schoolbook;

/// <summary>What the schoolbook says of a case.</summary>
/// <param name="Verdict">accept, reject or malformed.</param>
/// <param name="Reason">The first reason that applies, in the vectors' order.</param>
/// <param name="Equation">Whether the pairing equation holds, fails or is undefined; null for a transcript.</param>
public sealed record SchoolbookVerdict(string Verdict, string Reason, string? Equation);

/// <summary>
/// An independent judge of the adversarial vectors: slow, from the definitions, on integers of any size. What vectors have in
/// common is computed once and remembered for the life of the process. Thread-safe.
/// </summary>
public static class SchoolbookJudge
{
    private static readonly ConcurrentDictionary<string, (StatementJudge Statements, TranscriptJudge Transcripts)> Judges = new();

    /// <summary>Judges a case.</summary>
    /// <param name="root">The file of vectors that has the case.</param>
    /// <param name="case">The case.</param>
    /// <param name="folder">The folder of the file, from which a transcript's files are named.</param>
    /// <exception cref="FormatException">The file is not one of vectors as their schema has it.</exception>
    public static SchoolbookVerdict Judge(JsonElement root, JsonElement @case, string folder)
    {
        string name = root.GetProperty("curve").GetString()!, kind = root.GetProperty("kind").GetString()!;
        (StatementJudge statements, TranscriptJudge transcripts) = Judges.GetOrAdd(name, n =>
        {
            var groups = new Groups(PairingCurve.Of(n));
            return (new(groups), new(groups));
        });
        return kind switch
        {
            "verify" or "encoding" or "batch" => statements.Judge(root, @case, kind),
            "transcript" => transcripts.Judge(@case, folder),
            _ => throw new FormatException($"there is no kind {kind}"),
        };
    }
}
