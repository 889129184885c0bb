// Owns: the text in which a contributor says what it did: how it is composed, and that it holds the hashes. What else it says is its
// author's business.

using System.Globalization;
using System.Text;
using ProvingService.Contract.Ceremonies;

namespace ProvingService.Ceremony;

/// <summary>Attestations.</summary>
internal static class Attestation
{
    /// <summary>The first of the hashes that a text does not hold as hex digits, blanks and case aside; null where it holds them all.</summary>
    public static byte[]? FindMissing(string text, IEnumerable<byte[]> hashes)
    {
        string digits = string.Concat(text.Where(c => !char.IsWhiteSpace(c))).ToLowerInvariant();
        return hashes.FirstOrDefault(hash => !digits.Contains(Convert.ToHexStringLower(hash), StringComparison.Ordinal));
    }

    /// <summary>The text that a contributor is offered to publish.</summary>
    public static string Compose(CeremonyView ceremony, string name, IReadOnlyList<SignedReceipt> receipts)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"I, {name}, contributed to the trusted setup \"{ceremony.Name}\"\n(ceremony {ceremony.Id}).\n\n");
        text.Append("For each circuit I drew a secret on my own machine, used it once, and did not keep it.\n\n");
        foreach (SignedReceipt signed in receipts)
        {
            Receipt receipt = Receipt.Parser.ParseFrom(signed.Receipt);
            text.Append(CultureInfo.InvariantCulture, $"Circuit {receipt.Circuit}, contribution {receipt.Number}, handed in at {StrictJson.TextOf(receipt.Time.ToDateTimeOffset())}\n");
            text.Append("  contribution hash\n").Append(HashText(receipt.Contribution.Span));
            text.Append(CultureInfo.InvariantCulture, $"  key before (SHA-256)  {Convert.ToHexStringLower(receipt.KeyBefore.Span)}\n");
            text.Append(CultureInfo.InvariantCulture, $"  key after (SHA-256)   {Convert.ToHexStringLower(receipt.KeyAfter.Span)}\n");
            text.Append(CultureInfo.InvariantCulture, $"  receipt               {Convert.ToBase64String(signed.Receipt.Span)}\n");
            text.Append(CultureInfo.InvariantCulture, $"  coordinator signed    {Convert.ToBase64String(signed.Signature.Span)}\n\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"The coordinator signs with the Ed25519 key {Convert.ToHexStringLower(ceremony.ReceiptKey.Span)}.\n");
        return text.ToString();
    }

    /// <summary>A contribution's hash as snarkjs shows it: four lines of four words.</summary>
    public static string HashText(ReadOnlySpan<byte> hash)
    {
        string hex = Convert.ToHexStringLower(hash);
        var text = new StringBuilder();
        for (int line = 0; line < hex.Length; line += 32)
        {
            text.Append("    ").AppendJoin(' ', hex.Substring(line, Math.Min(32, hex.Length - line)).Chunk(8).Select(word => new string(word))).Append('\n');
        }

        return text.ToString();
    }
}
