// Owns: what is wrong with a transcript, and that verification says so. Each case changes one thing and mends the sums, so that only the
// check of that thing can find it.

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Ceremony.Tests;

/// <summary>Two finished ceremonies, exported.</summary>
public sealed class FinishedCeremonies : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    /// <summary>Of Ada, Ben and Cyd.</summary>
    public string First => folder.File("first");

    /// <summary>The coordinator's folder of the first: with its key a test signs what the coordinator would not.</summary>
    public string FirstKey => folder.File("receipt.key");

    /// <summary>Of others, with the same circuit.</summary>
    public string Second => folder.File("second");

    public async Task InitializeAsync()
    {
        foreach ((string name, string[] people) in ((string, string[])[])[("first", ["Ada", "Ben", "Cyd"]), ("second", ["Dee", "Eli", "Fay"])])
        {
            await using TestCeremony ceremony = await TestCeremony.BeginAsync(json => json["minimumContributions"] = 3);
            await ceremony.ContributeAsync(people);
            Assert.Equal(CeremonyPhase.Finished, (await ceremony.FinishAsync()).Phase);
            using CeremonyClient onlooker = ceremony.Onlooker();
            await TranscriptExport.RunAsync(onlooker, folder.File(name), withContributions: true);
            if (name == "first")
            {
                File.Copy(Path.Combine(ceremony.Data, "receipt.key"), FirstKey);
            }
        }
    }

    public Task DisposeAsync()
    {
        folder.Dispose();
        return Task.CompletedTask;
    }
}

public sealed class TranscriptTests(FinishedCeremonies made) : IClassFixture<FinishedCeremonies>
{
    private const string Circuit = "circuits/chain-bn254/";

    [Fact]
    public async Task A_transcript_is_true_with_and_without_the_keys_between()
    {
        using var copy = new TemporaryFolder();
        Copy(made.First, copy.Path);
        TranscriptReport report = await TranscriptVerifier.VerifyAsync(copy.Path);
        Assert.Empty(report.Faults);
        Assert.Equal(["Ada", "Ben", "Cyd"], report.Circuits.Single().Contributors);
        Assert.Equal(3, report.Attestations);
        Directory.Delete(Path.Combine(copy.Path, Circuit, "contributions"), recursive: true);
        Assert.Empty((await TranscriptVerifier.VerifyAsync(copy.Path, report.ReceiptKey.ToArray())).Faults);
        Assert.Contains("are signed with the key", (await TranscriptVerifier.VerifyAsync(copy.Path, new byte[32])).Faults.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a receipt left out", "there are 2 receipts")]
    [InlineData("two receipts swapped", "another contribution in its place")]
    [InlineData("another name", "names 'Ada'")]
    [InlineData("a receipt that nobody signed", "did not sign it")]
    [InlineData("a receipt of another ceremony", "of another ceremony")]
    [InlineData("a receipt from after the beacon", "the last contributor could have known it")]
    [InlineData("a receipt with another key before", "continues another key")]
    [InlineData("a receipt that follows nothing", "does not follow the receipt before")]
    [InlineData("a receipt with another number", "it has the number 7")]
    [InlineData("a receipt with another key after", "another key is published for it")]
    [InlineData("a receipt for no circuit", "none of the ceremony's")]
    [InlineData("another beacon", "and 01020305 was announced")]
    [InlineData("more contributions announced", "at least 4")]
    [InlineData("fewer iterations announced", "2^11 was announced")]
    [InlineData("a beacon from the future", "nobody can know its value yet")]
    [InlineData("other powers of tau", "Phase 1: ")]
    [InlineData("another circuit announced", "not those that were announced")]
    [InlineData("a key of another ceremony", "another contribution in its place")]
    [InlineData("a key without the beacon", "is no beacon")]
    [InlineData("a verification key of another ceremony", "verification_key.json does not belong")]
    [InlineData("a contract of another ceremony", "Verifier.sol does not belong")]
    [InlineData("an attestation of another ceremony", "holds the hash of no contribution")]
    [InlineData("another initial key", "initial.zkey has the SHA-256")]
    public async Task Each_thing_that_is_wrong_is_found(string what, string says)
    {
        using var copy = new TemporaryFolder();
        Copy(made.First, copy.Path);
        Damage(what, copy.Path);
        Mend(copy.Path);
        TranscriptReport report = await TranscriptVerifier.VerifyAsync(copy.Path);
        Assert.True(report.Faults.Any(fault => fault.Contains(says, StringComparison.Ordinal)), $"{what}: {string.Join("; ", report.Faults)}");
    }

    /// <summary>Times beyond the calendar and names that lead out of the folder come to no exception trace and no foreign file.</summary>
    [Theory]
    [InlineData("no time", "no time between the years")]
    [InlineData("a time beyond the calendar", "no time between the years")]
    [InlineData("a circuit's name with a path", "no circuit's name")]
    [InlineData("a circuit's name with a line's end", "no circuit's name")]
    public async Task What_cannot_be_is_broken_and_not_false(string what, string says)
    {
        using var copy = new TemporaryFolder();
        Copy(made.First, copy.Path);
        switch (what)
        {
            case "no time":
                Sign(copy.Path, 2, receipt => receipt.Time = null);
                break;
            case "a time beyond the calendar":
                Sign(copy.Path, 2, receipt => receipt.Time = new Timestamp { Seconds = long.MaxValue });
                break;
            default:
                Json(copy.Path, "ceremony.json", head => head["circuits"]![0]!["name"] = what.EndsWith("path", StringComparison.Ordinal) ? "../chain-bn254" : "chain-bn254\n");
                break;
        }

        Mend(copy.Path);
        InvalidFileException broken = await Assert.ThrowsAsync<InvalidFileException>(() => TranscriptVerifier.VerifyAsync(copy.Path));
        Assert.Contains(says, broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_not_those_of_the_sums_are_broken_and_not_false()
    {
        foreach (string path in Directory.EnumerateFiles(made.First, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(made.First, path)))
        {
            using var copy = new TemporaryFolder();
            Copy(made.First, copy.Path);
            string full = Path.Combine(copy.Path, path);
            byte[] bytes = await File.ReadAllBytesAsync(full);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(full, bytes);
            await Assert.ThrowsAsync<InvalidFileException>(() => TranscriptVerifier.VerifyAsync(copy.Path));
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string path = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
    }

    /// <summary>Writes SHA256SUMS anew, and the hash of the final key in ceremony.json.</summary>
    private static void Mend(string folder)
    {
        static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        Json(folder, "ceremony.json", head => head["circuits"]![0]!["final"] = Hash(Path.Combine(folder, Circuit, "final.zkey")));
        var sums = new StringBuilder();
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "SHA256SUMS"))
        {
            sums.Append(Hash(file)).Append("  ").Append(Path.GetRelativePath(folder, file)).Append('\n');
        }

        File.WriteAllText(Path.Combine(folder, "SHA256SUMS"), sums.ToString());
    }

    private static void Json(string folder, string name, Action<JsonNode> change)
    {
        string path = Path.Combine(folder, name);
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private void Damage(string what, string folder)
    {
        void FromSecond(string path) => File.Copy(Path.Combine(made.Second, path), Path.Combine(folder, path), overwrite: true);
        void Head(Action<JsonNode> change) => Json(folder, "ceremony.json", change);
        switch (what)
        {
            case "a receipt left out":
                Json(folder, "receipts.json", json => json["receipts"]!.AsArray().RemoveAt(1));
                break;
            case "two receipts swapped":
                Json(folder, "receipts.json", json =>
                {
                    JsonArray receipts = json["receipts"]!.AsArray();
                    JsonNode first = receipts[0]!;
                    receipts.RemoveAt(0);
                    receipts.Insert(1, first);
                });
                break;
            case "another name":
                Sign(folder, 0, receipt => receipt.Name = "Eve");
                break;
            case "a receipt that nobody signed":
                Json(folder, "receipts.json", json => json["receipts"]![0]!["signature"] = Convert.ToBase64String(new byte[64]));
                break;
            case "a receipt of another ceremony":
                Sign(folder, 0, receipt => receipt.CeremonyId = new string('0', 32));
                break;
            case "a receipt from after the beacon":
                Sign(folder, 2, receipt => receipt.Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(1)));
                break;
            case "a receipt with another key before":
                Sign(folder, 2, receipt => receipt.KeyBefore = ByteString.CopyFrom(new byte[32]));
                break;
            case "a receipt that follows nothing":
                Sign(folder, 2, receipt => receipt.ReceiptBefore = ByteString.Empty);
                break;
            case "a receipt with another number":
                Sign(folder, 2, receipt => receipt.Number = 7);
                break;
            case "a receipt with another key after":
                Sign(folder, 2, receipt => receipt.KeyAfter = ByteString.CopyFrom(new byte[32]));
                break;
            case "a receipt for no circuit":
                Sign(folder, 2, receipt => receipt.Circuit = "another");
                break;
            case "another beacon":
                Head(head => head["beacon"] = "01020305");
                break;
            case "a beacon from the future":
                Head(head => head["announced"]!["beacon"]!["afterClose"] = "1000d");
                break;
            case "other powers of tau":
                // Section 7 is the record: without contributions anyone knows τ.
                string ptau = Directory.EnumerateFiles(Path.Combine(folder, "phase1")).Single();
                PhaseOne.New(CurveId.Bn254, 4, ptau + ".new");
                PhaseOne.Prepare(ptau + ".new", ptau);
                File.Delete(ptau + ".new");
                string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(ptau)));
                File.Move(ptau, Path.Combine(folder, "phase1", hash[..16] + ".ptau"));
                Head(head => head["circuits"]![0]!["ptau"] = hash);
                break;
            case "more contributions announced":
                Head(head => head["announced"]!["minimumContributions"] = 4);
                break;
            case "fewer iterations announced":
                Head(head => head["announced"]!["beacon"]!["iterationsLog"] = 11);
                break;
            case "another circuit announced":
                Head(head => head["announced"]!["circuits"]![0]!["name"] = "another");
                break;
            case "a key of another ceremony":
                FromSecond(Circuit + "final.zkey");
                break;
            case "a key without the beacon":
                File.Copy(Path.Combine(folder, Circuit, "contributions/0003.zkey"), Path.Combine(folder, Circuit, "final.zkey"), overwrite: true);
                break;
            case "a verification key of another ceremony":
                FromSecond(Circuit + "verification_key.json");
                break;
            case "a contract of another ceremony":
                FromSecond(Circuit + "Verifier.sol");
                break;
            case "an attestation of another ceremony":
                FromSecond("attestations/0002.txt");
                break;
            case "another initial key":
                File.Copy(Path.Combine(folder, Circuit, "contributions/0001.zkey"), Path.Combine(folder, Circuit, "initial.zkey"), overwrite: true);
                break;
            default:
                throw new ArgumentException($"Nothing is called '{what}'.", nameof(what));
        }
    }

    /// <summary>Changes a receipt as a coordinator could who lies: signed with its own key.</summary>
    private void Sign(string folder, int index, Action<Receipt> change) => Json(folder, "receipts.json", json =>
    {
        JsonNode entry = json["receipts"]![index]!;
        Receipt receipt = Receipt.Parser.ParseFrom(Convert.FromBase64String(entry["receipt"]!.GetValue<string>()));
        change(receipt);
        byte[] bytes = receipt.ToByteArray();
        entry["circuit"] = receipt.Circuit;
        entry["number"] = receipt.Number;
        entry["name"] = receipt.Name;
        entry["receipt"] = Convert.ToBase64String(bytes);
        entry["signature"] = Convert.ToBase64String(new SigningKey(File.ReadAllBytes(made.FirstKey)).Sign(Signatures.ReceiptContext, bytes));
    });
}
