// Owns: from a path to a report: what kind of file it is, by its content, and who lints it.

using System.Buffers;
using System.Text;
using System.Text.Json;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Lint;

/// <summary>
/// Looks for faults in keys, transcripts, circuits and exported verifiers that make them unsafe though they work. A clean report is
/// no proof that a file is sound. Thread-safe: calls share nothing.
/// </summary>
public static class Linter
{
    /// <summary>The longest text that is read: a contract of 10,000 inputs takes 3 MB, a verification key of 100,000 30 MB.</summary>
    private const int MostText = 64 << 20;

    /// <summary>Lints a file. A <c>.zkey</c> takes the time of checking all its points, a <c>.ptau</c> that of verifying it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What goes with it.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <returns>The findings; a file of a known kind that does not decode is one.</returns>
    /// <exception cref="InvalidFileException">The file is of no kind that is linted, or another one that was given with it is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static LintReport Lint(string path, LintOptions? options = null, IProgress<SetupProgress>? progress = null)
    {
        options ??= new();
        FileKind kind = Recognise(path, out string? source);
        var findings = new Findings();
        switch (kind)
        {
            case FileKind.ProvingKey:
                ProvingKeyLinter.Lint(path, options, findings, progress);
                break;
            case FileKind.PowersOfTau:
                PowersOfTauRules.Lint(path, options, findings, progress);
                break;
            case FileKind.Circuit:
                CircuitRules.Lint(path, options, findings);
                break;
            case FileKind.VerificationKey:
                VerificationKeyLinter.Lint(path, findings);
                break;
            default:
                SolidityLinter.Lint(path, source!, findings);
                break;
        }

        return findings.ToReport(path, kind);
    }

    /// <summary>What kind a file is, by its content and whatever its name.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">It is of no kind that is linted.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FileKind Recognise(string path) => Recognise(path, out _);

    private static FileKind Recognise(string path, out string? source)
    {
        source = null;
        using FileStream stream = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[4];
        int read = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        switch (Encoding.Latin1.GetString(magic[..read]))
        {
            case "zkey":
                return FileKind.ProvingKey;
            case "ptau":
                return FileKind.PowersOfTau;
            case "r1cs":
                return FileKind.Circuit;
            case "wtns":
                throw Unknown("this is a witness, in which there is nothing to lint");
        }

        string text = ReadText(stream, magic[..read], path);
        if (text.AsSpan().TrimStart("\ufeff \t\r\n").StartsWith("{"))
        {
            return IsVerificationKey(text) ? FileKind.VerificationKey : throw Unknown("this is JSON and no verification key");
        }

        if (text.Contains("contract ", StringComparison.Ordinal) || text.Contains("pragma solidity", StringComparison.Ordinal))
        {
            source = text;
            return FileKind.SolidityVerifier;
        }

        throw Unknown("this is no file of a kind that is linted");

        InvalidFileException Unknown(string what) => new(
            path, FileFault.WrongMagic, 0, what + "; there are rules for .zkey, .ptau, .r1cs, verification_key.json and Solidity verifiers.");
    }

    /// <summary>The whole text, or InvalidFileException where it is none.</summary>
    private static string ReadText(FileStream stream, ReadOnlySpan<byte> begun, string path)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(begun);
        for (int read; (read = stream.Read(bytes.GetSpan(1 << 16))) > 0;)
        {
            bytes.Advance(read);
            if (bytes.WrittenCount > MostText)
            {
                throw new InvalidFileException(path, FileFault.Unsupported, MostText, $"the file begins as none of the binary formats, and as a text it is longer than {MostText} bytes.");
            }
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Whether a JSON object is meant as a verification key; one that is broken is, if it names a member of one.</summary>
    private static bool IsVerificationKey(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.TrimStart('\ufeff'));
            return document.RootElement.EnumerateObject().Any(member => member.Name is "IC" || member.Name.StartsWith("vk_", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return text.Contains("\"vk_", StringComparison.Ordinal) || text.Contains("\"IC\"", StringComparison.Ordinal);
        }
    }
}
