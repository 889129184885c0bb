// Owns: whether a published transcript is true, from its files alone. What each check stops:
//
//   SHA256SUMS                         files that were damaged on their way (not a false transcript: a broken one)
//   hashes of ceremony.json            a circuit, phase 1 or key that is not the one which ceremony.json names
//   the gate                           false powers of tau; a key that does not follow; too few contributions; another beacon, none at the
//                                      end, one from the future, or one that the last contributor could know by the receipts' times
//   signatures of receipts             receipts that the coordinator did not give
//   receipts against the key's record  a contribution that got a receipt and was left out, or one that got none; another order; another name
//   the chain of receipts              one of two receipts for the same number; keys between that nobody handed out
//   verification_key.json, Verifier.sol  a verifier for another key beside a true transcript
//   attestations                       an attestation that says another hash than the receipts do

using System.Security.Cryptography;
using System.Text;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>A circuit of a verified transcript.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Contributors">Names of those who contributed in this ceremony, in order.</param>
/// <param name="Hashes">Hashes of their contributions, 64 bytes each.</param>
/// <param name="FinalHash">The SHA-256 of the finished key.</param>
public sealed record VerifiedCircuit(string Name, IReadOnlyList<string> Contributors, IReadOnlyList<ReadOnlyMemory<byte>> Hashes, string FinalHash);

/// <summary>What a transcript is.</summary>
/// <param name="Id">The ceremony's id.</param>
/// <param name="Name">Its name.</param>
/// <param name="ReceiptKey">The Ed25519 key that signed the receipts, 32 bytes. Whose it is the transcript cannot show.</param>
/// <param name="Circuits">The circuits.</param>
/// <param name="Attestations">How many contributors published one.</param>
/// <param name="Faults">What does not hold, as sentences; none where the transcript is true.</param>
public sealed record TranscriptReport(
    string Id, string Name, ReadOnlyMemory<byte> ReceiptKey, IReadOnlyList<VerifiedCircuit> Circuits, int Attestations, IReadOnlyList<string> Faults)
{
    /// <summary>Whether it is true.</summary>
    public bool IsTrue => Faults.Count == 0;
}

/// <summary>Verifies exported transcripts.</summary>
public static class TranscriptVerifier
{
    private const int LongestText = 64 << 20;

    /// <summary>Verifies a folder.</summary>
    /// <param name="folder">The folder, as <see cref="TranscriptExport"/> writes it.</param>
    /// <param name="receiptKey">The coordinator's key, if it is known from elsewhere; null to take what the transcript says.</param>
    /// <param name="say">Told what is being checked.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="InvalidFileException">A file is broken, or not the one that SHA256SUMS names.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static async Task<TranscriptReport> VerifyAsync(
        string folder, byte[]? receiptKey = null, Action<string>? say = null, CancellationToken cancellation = default)
    {
        var faults = new List<string>();
        Dictionary<string, string> sums = await CheckSumsAsync(folder, say, cancellation).ConfigureAwait(false);
        TranscriptHead head = TranscriptHead.Parse(await ReadAsync(folder, TranscriptPaths.Ceremony, cancellation).ConfigureAwait(false), Path.Combine(folder, TranscriptPaths.Ceremony));
        List<(Receipt Receipt, SignedReceipt Signed)> receipts = TranscriptReceipts.Parse(
            await ReadAsync(folder, TranscriptPaths.Receipts, cancellation).ConfigureAwait(false), Path.Combine(folder, TranscriptPaths.Receipts));
        if (receiptKey is not null && !receiptKey.AsSpan().SequenceEqual(head.ReceiptKey))
        {
            faults.Add($"the transcript's receipts are signed with the key {Convert.ToHexStringLower(head.ReceiptKey)}, not with {Convert.ToHexStringLower(receiptKey)}.");
        }

        if (!head.Circuits.Select(circuit => circuit.Name).SequenceEqual(head.Document.Circuits.Select(circuit => circuit.Name)))
        {
            faults.Add("the circuits are not those that were announced.");
        }

        foreach (Receipt stray in receipts.Select(pair => pair.Receipt).Where(receipt => head.Circuits.All(circuit => circuit.Name != receipt.Circuit)))
        {
            faults.Add($"there is a receipt for the circuit '{stray.Circuit}', which is none of the ceremony's.");
        }

        var circuits = new List<VerifiedCircuit>();
        foreach (TranscriptCircuit circuit in head.Circuits)
        {
            (Receipt, SignedReceipt)[] own = [.. receipts.Where(pair => pair.Receipt.Circuit == circuit.Name)];
            circuits.Add(await Task.Run(() => CheckCircuit(folder, head, circuit, own, sums, faults, say, cancellation), cancellation).ConfigureAwait(false));
        }

        int attestations = CheckAttestations(folder, receipts.Select(pair => pair.Receipt), sums, faults);
        return new(head.Id, head.Document.Name, head.ReceiptKey, circuits, attestations, faults);
    }

    /// <summary>Every file's hash by its path.</summary>
    private static async Task<Dictionary<string, string>> CheckSumsAsync(string folder, Action<string>? say, CancellationToken cancellation)
    {
        string sumsPath = Path.Combine(folder, TranscriptPaths.Sums);
        var sums = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in Encoding.UTF8.GetString(await ReadAsync(folder, TranscriptPaths.Sums, cancellation).ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split("  ", 2);
            if (parts.Length != 2 || !CeremonyFiles.IsHash(parts[0]) || !TranscriptPaths.IsSafe(parts[1]) || !sums.TryAdd(parts[1], parts[0]))
            {
                throw new InvalidFileException(sumsPath, FileFault.Malformed, -1, $"'{line}' is no hash and path, or its path is there twice.");
            }
        }

        foreach ((string path, string hash) in sums)
        {
            string full = Path.Combine(folder, path);

            // Keys between may be left out: what is needed of them stands in the receipts.
            if (path.Contains("/contributions/", StringComparison.Ordinal) && !File.Exists(full))
            {
                continue;
            }

            say?.Invoke($"hash of {path}");
            if (await PrivateFiles.HashAsync(full, cancellation).ConfigureAwait(false) is var found && found != hash)
            {
                throw new InvalidFileException(full, FileFault.Inconsistent, -1, $"its SHA-256 is {found}; {TranscriptPaths.Sums} says {hash}. Get the file again.");
            }
        }

        return sums;
    }

    private static VerifiedCircuit CheckCircuit(
        string folder,
        TranscriptHead head,
        TranscriptCircuit circuit,
        IReadOnlyList<(Receipt Receipt, SignedReceipt Signed)> receipts,
        Dictionary<string, string> sums,
        List<string> faults,
        Action<string>? say,
        CancellationToken cancellation)
    {
        string r1cs = TranscriptPaths.Circuit(circuit.Name), key = TranscriptPaths.FinalKey(circuit.Name), initial = TranscriptPaths.InitialKey(circuit.Name);
        RequireHash(sums, r1cs, circuit.R1csHash, faults);
        RequireHash(sums, key, circuit.FinalHash, faults);
        if (sums.ContainsKey(initial))
        {
            RequireHash(sums, initial, circuit.InitialHash, faults);
        }

        string full = Path.Combine(folder, key), ptau = TranscriptPaths.Ptau(circuit.PtauHash);
        RequireHash(sums, ptau, circuit.PtauHash, faults);
        say?.Invoke($"key and record of {circuit.Name}");
        var promise = new KeyPromise(
            head.Document,
            circuit.InitialContributions,
            head.Closed,
            head.Beacon,
            receipts.Count == 0 ? DateTimeOffset.MinValue : receipts.Max(pair => pair.Receipt.Time.ToDateTimeOffset()));
        bool isFirst = head.Circuits.First(other => other.PtauHash == circuit.PtauHash) == circuit;
        PhaseTwoReport report = KeyGate.Check(
            Path.Combine(folder, r1cs), Path.Combine(folder, ptau), full, promise, verifyPowers: isFirst, new EngineOptions(0, cancellation));
        if (report.Fault is { } fault)
        {
            faults.Add($"{circuit.Name}: {fault.Text}");
        }
        else
        {
            CheckReceipts(head, circuit, receipts, report, sums, faults);
            (string json, string solidity) = KeyGate.Export(full);
            RequireText(folder, TranscriptPaths.VerifyingKey(circuit.Name), json, faults);
            RequireText(folder, TranscriptPaths.Solidity(circuit.Name), solidity, faults);
        }

        return new(
            circuit.Name,
            [.. receipts.Select(pair => pair.Receipt.Name)],
            [.. receipts.Select(pair => pair.Receipt.Contribution.Memory)],
            circuit.FinalHash);
    }

    private static void CheckReceipts(
        TranscriptHead head,
        TranscriptCircuit circuit,
        IReadOnlyList<(Receipt Receipt, SignedReceipt Signed)> receipts,
        PhaseTwoReport report,
        Dictionary<string, string> sums,
        List<string> faults)
    {
        PhaseTwoEntry[] made = [.. report.Contributions.Skip(circuit.InitialContributions).SkipLast(1)];
        if (made.Length != receipts.Count)
        {
            faults.Add($"{circuit.Name}: the key holds {made.Length} contributions of this ceremony, and there are {receipts.Count} receipts.");
        }

        string before = circuit.InitialHash;
        byte[] chain = [];
        for (int i = 0; i < Math.Min(made.Length, receipts.Count); i++)
        {
            (Receipt receipt, SignedReceipt signed) = receipts[i];
            string place = $"{circuit.Name}, receipt {i + 1} ({ContributionName.Printable(receipt.Name)})";
            void Require(bool holds, string otherwise)
            {
                if (!holds)
                {
                    faults.Add($"{place}: {otherwise}");
                }
            }

            string after = Convert.ToHexStringLower(receipt.KeyAfter.Span);
            Require(Signatures.Verify(head.ReceiptKey, Signatures.ReceiptContext, signed.Receipt.Span, signed.Signature.Span), "the coordinator did not sign it.");
            Require(receipt.CeremonyId == head.Id, "it is of another ceremony.");
            Require(receipt.Number == i + 1, $"it has the number {receipt.Number}.");
            Require(receipt.Contribution.Span.SequenceEqual(made[i].Hash.Span), "the key's record holds another contribution in its place.");
            Require(receipt.Name == made[i].Name, $"the key's record names '{ContributionName.Printable(made[i].Name)}'.");
            Require(!made[i].IsBeacon, "the key's record calls it a beacon.");
            Require(Convert.ToHexStringLower(receipt.KeyBefore.Span) == before, $"it continues another key than {before}.");
            Require(receipt.ReceiptBefore.Span.SequenceEqual(chain), "it does not follow the receipt before it.");
            Require(!sums.TryGetValue(TranscriptPaths.Contribution(circuit.Name, i + 1), out string? published) || published == after, "another key is published for it.");
            before = after;
            chain = SHA256.HashData(signed.Receipt.Span);
        }
    }

    private static int CheckAttestations(string folder, IEnumerable<Receipt> receipts, Dictionary<string, string> sums, List<string> faults)
    {
        HashSet<string> known = [.. receipts.Select(receipt => Convert.ToHexStringLower(receipt.Contribution.Span))];
        int count = 0;
        foreach (string path in sums.Keys.Where(path => path.StartsWith("attestations/", StringComparison.Ordinal)))
        {
            string digits = string.Concat(File.ReadAllText(Path.Combine(folder, path)).Where(c => !char.IsWhiteSpace(c))).ToLowerInvariant();
            if (known.Any(hash => digits.Contains(hash, StringComparison.Ordinal)))
            {
                count++;
            }
            else
            {
                faults.Add($"{path} holds the hash of no contribution that has a receipt.");
            }
        }

        return count;
    }

    private static void RequireHash(Dictionary<string, string> sums, string path, string hash, List<string> faults)
    {
        if (!sums.TryGetValue(path, out string? found))
        {
            faults.Add($"{path} is missing from {TranscriptPaths.Sums}.");
        }
        else if (found != hash)
        {
            faults.Add($"{path} has the SHA-256 {found}; {TranscriptPaths.Ceremony} says {hash}.");
        }
    }

    private static void RequireText(string folder, string path, string expected, List<string> faults)
    {
        if (File.ReadAllText(Path.Combine(folder, path)) != expected)
        {
            faults.Add($"{path} does not belong to the final key.");
        }
    }

    private static async Task<byte[]> ReadAsync(string folder, string path, CancellationToken cancellation)
    {
        var file = new FileInfo(Path.Combine(folder, path));
        return file is { Exists: true, Length: > LongestText }
            ? throw new InvalidFileException(file.FullName, FileFault.Inconsistent, -1, $"it has {file.Length} bytes; at most {LongestText} are read.")
            : await File.ReadAllBytesAsync(file.FullName, cancellation).ConfigureAwait(false);
    }
}
