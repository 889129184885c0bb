// Owns: ceremony.json and receipts.json of a published transcript, written and read back strictly. What they must agree with:
// TranscriptVerifier.cs.

using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;

namespace ProvingService.Ceremony;

/// <summary>A circuit as ceremony.json has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="R1csHash">The circuit's file.</param>
/// <param name="PtauHash">The powers of tau.</param>
/// <param name="InitialHash">The key with which the ceremony began.</param>
/// <param name="InitialContributions">Contributions that it had.</param>
/// <param name="FinalHash">The key after the beacon.</param>
internal sealed record TranscriptCircuit(
    string Name, string R1csHash, string PtauHash, string InitialHash, int InitialContributions, string FinalHash);

/// <summary>ceremony.json.</summary>
internal sealed record TranscriptHead
{
    private const string Format = "proving-service ceremony 1";

    private static readonly JsonWriterOptions Layout = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required string Id { get; init; }

    public required CeremonyDocument Document { get; init; }

    public required byte[] ReceiptKey { get; init; }

    public required DateTimeOffset Closed { get; init; }

    public required byte[] Beacon { get; init; }

    public required IReadOnlyList<TranscriptCircuit> Circuits { get; init; }

    /// <summary>Who was shut out or stalled: name, circuit, reason and words. For people.</summary>
    public required IReadOnlyList<(string Name, string Circuit, string Reason, string Text)> Evictions { get; init; }

    public byte[] ToJson() => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("id", Id);
        json.WritePropertyName("announced");
        Document.Write(json);
        json.WriteString("receiptKey", Convert.ToHexStringLower(ReceiptKey));
        json.WriteString("closed", StrictJson.TextOf(Closed));
        json.WriteString("beacon", Convert.ToHexStringLower(Beacon));
        json.WriteStartArray("circuits");
        foreach (TranscriptCircuit circuit in Circuits)
        {
            json.WriteStartObject();
            json.WriteString("name", circuit.Name);
            json.WriteString("r1cs", circuit.R1csHash);
            json.WriteString("ptau", circuit.PtauHash);
            json.WriteString("initial", circuit.InitialHash);
            json.WriteNumber("initialContributions", circuit.InitialContributions);
            json.WriteString("final", circuit.FinalHash);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("evictions");
        foreach ((string name, string circuit, string reason, string text) in Evictions)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("circuit", circuit);
            json.WriteString("reason", reason);
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <exception cref="InvalidFileException">It is not as the format says.</exception>
    public static TranscriptHead Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        using StrictJson root = StrictJson.Parse(bytes, file);
        root.Allow("format", "id", "announced", "receiptKey", "closed", "beacon", "circuits", "evictions");
        if (root.Text("format", 1, 100) != Format)
        {
            throw root.Wrong($"'format' must be \"{Format}\".");
        }

        var circuits = new List<TranscriptCircuit>();
        foreach (StrictJson circuit in root.List("circuits", 1, 256))
        {
            circuit.Allow("name", "r1cs", "ptau", "initial", "initialContributions", "final");
            circuits.Add(new(
                circuit.Text("name", 1, 64) is var name && CeremonyDocument.IsCircuitName(name) ? name : throw circuit.Wrong("'name' is no circuit's name."),
                circuit.Hex("r1cs", 32),
                circuit.Hex("ptau", 32),
                circuit.Hex("initial", 32),
                circuit.Number("initialContributions", 0, 1_000_000) ?? throw circuit.Missing("initialContributions"),
                circuit.Hex("final", 32)));
        }

        var evictions = new List<(string Name, string Circuit, string Reason, string Text)>();
        foreach (StrictJson eviction in root.List("evictions", 0, 1_000_000))
        {
            eviction.Allow("name", "circuit", "reason", "text");
            evictions.Add((eviction.Text("name", 0, 255), eviction.Text("circuit", 0, 64), eviction.Text("reason", 0, 64), eviction.Text("text", 0, 10_000)));
        }

        return new TranscriptHead
        {
            Id = root.Text("id", 1, 64),
            Document = CeremonyDocument.Parse(root.Raw("announced"), file),
            ReceiptKey = Convert.FromHexString(root.Hex("receiptKey", Signatures.KeyLength)),
            Closed = root.Time("closed") ?? throw root.Missing("closed"),
            Beacon = Convert.FromHexString(root.Hex("beacon", null)),
            Circuits = circuits,
            Evictions = evictions,
        };
    }

    internal static byte[] Write(Action<Utf8JsonWriter> fill)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(bytes, Layout))
        {
            fill(json);
        }

        return [.. bytes.WrittenSpan, (byte)'\n'];
    }
}

/// <summary>receipts.json: what counts are the signed bytes; circuit, number and name stand beside them for people.</summary>
internal static class TranscriptReceipts
{
    private const int MostReceipts = 1_000_000;

    public static byte[] ToJson(IEnumerable<SignedReceipt> receipts) => TranscriptHead.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("receipts");
        foreach (SignedReceipt signed in receipts)
        {
            Receipt receipt = Receipt.Parser.ParseFrom(signed.Receipt);
            json.WriteStartObject();
            json.WriteString("circuit", receipt.Circuit);
            json.WriteNumber("number", receipt.Number);
            json.WriteString("name", receipt.Name);
            json.WriteString("contribution", Convert.ToHexStringLower(receipt.Contribution.Span));
            json.WriteString("receipt", Convert.ToBase64String(signed.Receipt.Span));
            json.WriteString("signature", Convert.ToBase64String(signed.Signature.Span));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <exception cref="InvalidFileException">It is not as the format says, or says something else beside a receipt than in it.</exception>
    public static List<(Receipt Receipt, SignedReceipt Signed)> Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        using StrictJson root = StrictJson.Parse(bytes, file);
        root.Allow("receipts");
        var receipts = new List<(Receipt, SignedReceipt)>();
        foreach (StrictJson entry in root.List("receipts", 0, MostReceipts))
        {
            entry.Allow("circuit", "number", "name", "contribution", "receipt", "signature");
            var signed = new SignedReceipt { Receipt = entry.Base64("receipt"), Signature = entry.Base64("signature") };
            Receipt receipt;
            try
            {
                receipt = Receipt.Parser.ParseFrom(signed.Receipt);
            }
            catch (InvalidProtocolBufferException e)
            {
                throw entry.Wrong($"'receipt' holds no receipt: {e.Message}");
            }

            if (receipt.Circuit != entry.Text("circuit", 0, 64) || receipt.Number != entry.Number("number", 0, int.MaxValue)
                || receipt.Name != entry.Text("name", 0, 255) || Convert.ToHexStringLower(receipt.Contribution.Span) != entry.Text("contribution", 0, 1000))
            {
                throw entry.Wrong("circuit, number, name or contribution differ from what the receipt itself says.");
            }

            if (!ReceiptChecks.HasTime(receipt))
            {
                throw entry.Wrong("the receipt has no time between the years 1 and 9999.");
            }

            receipts.Add((receipt, signed));
        }

        return receipts;
    }

    /// <summary>transcript.md.</summary>
    public static string ToText(TranscriptHead head, IReadOnlyList<SignedReceipt> receipts)
    {
        var text = new StringBuilder();
        text.Append($"# {Plain(head.Document.Name)}\n\n");
        if (head.Document.Description.Length > 0)
        {
            text.Append($"{Plain(head.Document.Description)}\n\n");
        }

        text.Append($"Ceremony `{head.Id}`, closed {StrictJson.TextOf(head.Closed)}. At least {head.Document.MinimumContributions} contributions a circuit were announced.\n\n");
        text.Append($"Beacon: {Plain(head.Document.Beacon.Source)}, public from {StrictJson.TextOf(head.Document.BeaconTime(head.Closed)!.Value)},\nvalue `{Convert.ToHexStringLower(head.Beacon)}`, hashed 2^{head.Document.Beacon.IterationsLog} times.\n\n");
        text.Append($"Receipts are signed with the Ed25519 key `{Convert.ToHexStringLower(head.ReceiptKey)}`.\n\n");
        ILookup<string, Receipt> made = receipts.Select(signed => Receipt.Parser.ParseFrom(signed.Receipt)).ToLookup(receipt => receipt.Circuit);
        foreach (TranscriptCircuit circuit in head.Circuits)
        {
            text.Append($"## {circuit.Name}\n\n");
            text.Append($"| file | SHA-256 |\n| --- | --- |\n| circuit.r1cs | `{circuit.R1csHash}` |\n| phase 1 | `{circuit.PtauHash}` |\n| initial.zkey, with {circuit.InitialContributions} contributions | `{circuit.InitialHash}` |\n| final.zkey | `{circuit.FinalHash}` |\n\n");
            foreach (Receipt receipt in made[circuit.Name])
            {
                text.Append($"{receipt.Number}. {Plain(receipt.Name)}, {StrictJson.TextOf(receipt.Time.ToDateTimeOffset())}\n\n{Attestation.HashText(receipt.Contribution.Span)}\n");
            }
        }

        text.Append("## Who did not contribute\n\n");
        foreach ((string name, string circuit, string reason, string words) in head.Evictions)
        {
            text.Append($"- {Plain(name)} at {circuit}: {reason}: {Plain(words)}\n");
        }

        text.Append(head.Evictions.Count == 0 ? "Nobody was evicted.\n\n" : "\n");
        text.Append("## How to verify\n\n```\nzkps ceremony verify FOLDER\n");
        foreach (TranscriptCircuit circuit in head.Circuits)
        {
            text.Append($"snarkjs zkey verify {TranscriptPaths.Circuit(circuit.Name)} {TranscriptPaths.Ptau(circuit.PtauHash)} {TranscriptPaths.FinalKey(circuit.Name)}\n");
        }

        text.Append("sha256sum --check SHA256SUMS\n```\n");
        return text.ToString();
    }

    /// <summary>A stranger's words without what Markdown would make of them.</summary>
    private static string Plain(string words) => string.Concat(words.Select(c => c is '<' or '>' or '[' or ']' or '`' or '*' or '_' or '#' or '|' or '\\' ? $"\\{c}" : c.ToString()));
}
