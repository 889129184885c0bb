// Owns: `zkps prove` and `zkps setup` where they must not deliver: exit codes, messages, and no file left behind.

using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class ProveFailureTests(Workshop workshop) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Curves => ["bls12-381", "bn254"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_witness_that_does_not_satisfy_is_a_no(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string wtns = Change.Byte(folder, files.Wtns, ^32);
        Prove(1, "does not satisfy the circuit of", files.Zkey, wtns);
        Prove(1, "onstraint", files.Zkey, wtns, "--r1cs", files.R1cs);

        // An earlier proof stays as it is.
        File.WriteAllText(folder.File("p.json"), "earlier");
        File.WriteAllText(folder.File("i.json"), "earlier");
        Prove(1, "does not satisfy the circuit of", files.Zkey, wtns);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_witness_of_another_circuit_or_curve_is_a_mistake(string curve)
    {
        WorkshopFiles files = workshop.Of(curve), others = workshop.Of(files.OtherCurve);
        Prove(2, "belongs to another circuit", files.Zkey, files.OtherWtns);
        Prove(2, "is asked for", files.Zkey, others.Wtns);
        Prove(2, "is not the circuit of", files.Zkey, files.Wtns, "--r1cs", files.OtherR1cs);
        Prove(2, "is asked for", files.Zkey, files.Wtns, "--r1cs", others.R1cs);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Damaged_files_are_a_mistake(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        Prove(2, "it is cut short", Change.Bytes(folder, files.Zkey, b => b[..20]), files.Wtns);
        Prove(2, "its length lies", Change.Bytes(folder, files.Zkey, b => b[..^1]), files.Wtns);
        Prove(2, "not a .zkey file", files.Wtns, files.Wtns);
        Prove(2, "not a .wtns file", files.Zkey, files.Zkey);
        Prove(2, "cut short", files.Zkey, Change.Bytes(folder, files.Wtns, b => b[..^1]));
        Prove(2, "not a .r1cs file", files.Zkey, files.Wtns, "--r1cs", files.Zkey);
        Prove(2, "moduli are those of neither", Change.Byte(folder, files.Zkey, 54), files.Wtns);
        Prove(2, "not on the curve", Change.Bytes(folder, files.Zkey, b => Points(b, 5, p => p[0] ^= 2)), files.Wtns);
        Prove(2, "IC[0]", Change.Bytes(folder, files.Zkey, b => Points(b, 3, p => p[0] ^= 2)), files.Wtns);
        Prove(2, "needs the name of a file", "", files.Wtns);
        Prove(2, folder.File("none"), folder.File("none"), files.Wtns);
        Prove(2, folder.File("none"), files.Zkey, folder.File("none"));
        Prove(2, folder.File("none"), files.Zkey, files.Wtns, "--r1cs", folder.File("none"));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_key_whose_proofs_are_false_is_to_blame_where_the_circuit_is_at_hand(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);

        // Two A points change places: each is sound, together they are not the circuit's.
        string zkey = Change.Bytes(folder, files.Zkey, b => Points(b, 5, points =>
        {
            int size = curve == "bn254" ? 64 : 96;
            byte[] first = points[..size].ToArray();
            points[^size..].CopyTo(points);
            first.CopyTo(points[^size..]);
        }));
        Prove(1, "the key is damaged", zkey, files.Wtns);
        Prove(2, "satisfies the circuit and yet the proof is false", zkey, files.Wtns, "--r1cs", files.R1cs);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_key_without_contribution_is_refused_and_can_be_looked_at(string curve)
    {
        // δ₂ becomes γ₂: the two stand in the header with δ₁ between.
        WorkshopFiles files = workshop.Of(curve);
        int g1 = curve == "bn254" ? 64 : 96, g2 = 2 * g1;
        string zkey = Change.Bytes(folder, files.Zkey, b => Points(b, 2, header => header.Slice(header.Length - g2 - g1 - g2, g2).CopyTo(header[^g2..])));
        const string Words = "the key is refused: γ equals δ";
        Prove(2, Words, zkey, files.Wtns);
        Prove(2, "delta1 and delta2", zkey, files.Wtns, "--insecure");
        Zkps.Fail(2, folder.Path, Words, "setup", "zkey", "export-vk", "--zkey", zkey, "-o", folder.File("vk.json"));
        Zkps.Fail(2, folder.Path, Words, "setup", "zkey", "export-solidity", "--zkey", zkey, "-o", folder.File("v.sol"));
        Run info = Zkps.Succeed("setup", "zkey", "info", zkey, "--json");
        Assert.Equal("GammaEqualsDelta", info.Json.GetProperty("weakness").GetString());
        Assert.Contains("warning: γ equals δ", info.Error, StringComparison.Ordinal);
        Zkps.Succeed("setup", "zkey", "export-vk", "--zkey", zkey, "-o", folder.File("vk.json"), "--insecure");
        Zkps.Succeed("setup", "zkey", "export-solidity", "--zkey", zkey, "-o", folder.File("v.sol"), "--insecure");
    }

    [Theory]
    [InlineData("gpu", "'gpu' is not a device; there are auto, cpu, cuda:N, opencl:N and UUIDs")]
    [InlineData("", "is not a device")]
    [InlineData("cuda:99", "there is no device cuda:99")]
    [InlineData("opencl:99", "there is no device opencl:99")]
    public void An_unknown_device_is_a_mistake(string device, string words)
    {
        WorkshopFiles files = workshop.Of("bn254");
        Prove(2, words, files.Zkey, files.Wtns, "--device", device);
    }

    [Fact]
    public void A_bad_number_of_threads_is_a_mistake()
    {
        WorkshopFiles files = workshop.Of("bn254");
        Prove(2, "--threads must not be negative", files.Zkey, files.Wtns, "--threads", "-1");
        Prove(2, "--threads", files.Zkey, files.Wtns, "--threads", "1.5");
        Prove(2, "--threads", files.Zkey, files.Wtns, "--threads", "99999999999");
    }

    [Fact]
    public void Outputs_that_cannot_be_written_are_a_mistake_and_leave_neither_file()
    {
        WorkshopFiles files = workshop.Of("bn254");
        Directory.CreateDirectory(folder.File("taken"));
        File.WriteAllText(folder.File("file"), "a file");
        string good = folder.File("good.json");
        foreach (string bad in (string[])[folder.File("none/p.json"), folder.File("taken"), folder.File("file/p.json"), "/proc/p.json"])
        {
            Zkps.Fail(2, folder.Path, "", "prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", bad, "--public", good);
            Zkps.Fail(2, folder.Path, "", "prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", good, "--public", bad);
            Zkps.Fail(2, folder.Path, "", "setup", "zkey", "export-vk", "--zkey", files.Zkey, "-o", bad);
            Zkps.Fail(2, folder.Path, "", "setup", "zkey", "export-solidity", "--zkey", files.Zkey, "-o", bad);
            Zkps.Fail(2, folder.Path, "", "witness", Workshop.Circuit, "--curve", "bn254", "--input", files.Input, "-o", bad);
            Assert.Equal(2, Zkps.Run("setup", "insecure", "--r1cs", files.R1cs, "-o", bad).Code);
        }

        Assert.Equal(["file", "taken"], Directory.EnumerateFileSystemEntries(folder.Path).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
        Zkps.Fail(2, folder.Path, "name the same file", "prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", good, "--public", Path.Combine(folder.Path, ".", "good.json"));
    }

    [Fact]
    public void A_setup_of_what_is_no_circuit_is_a_mistake()
    {
        WorkshopFiles files = workshop.Of("bn254");
        string zkey = folder.File("made.zkey");
        Zkps.Fail(2, folder.Path, "not a .r1cs file", "setup", "insecure", "--r1cs", files.Wtns, "-o", zkey);
        Zkps.Fail(2, folder.Path, "cut short", "setup", "insecure", "--r1cs", Change.Bytes(folder, files.R1cs, b => b[..^1]), "-o", zkey);
        Zkps.Fail(2, folder.Path, folder.File("none"), "setup", "insecure", "--r1cs", folder.File("none"), "-o", zkey);
        Zkps.Fail(2, folder.Path, "not a .zkey file", "setup", "zkey", "info", files.R1cs);
        Zkps.Fail(2, folder.Path, folder.File("none"), "setup", "zkey", "info", folder.File("none"));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_full_look_at_a_key_finds_a_point_outside_the_subgroup(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        string zkey = Change.Bytes(folder, files.Zkey, b => Points(b, 7, points => Change.OutsideG2Bytes(curve).CopyTo(points)));
        Zkps.Succeed("setup", "zkey", "info", zkey);
        Zkps.Fail(2, folder.Path, "point 0 of B2", "setup", "zkey", "info", zkey, "--full");
        Prove(2, "point 0 of B2", zkey, files.Wtns);
    }

    private delegate void PointChange(Span<byte> content);

    /// <summary>Changes the content of one section of a .zkey.</summary>
    private static byte[] Points(byte[] bytes, uint type, PointChange change)
    {
        for (int at = 12; ; at += 12 + (int)BitConverter.ToUInt64(bytes, at + 4))
        {
            if (BitConverter.ToUInt32(bytes, at) == type)
            {
                change(bytes.AsSpan(at + 12, (int)BitConverter.ToUInt64(bytes, at + 4)));
                return bytes;
            }
        }
    }

    private void Prove(int code, string words, string zkey, string wtns, params string[] more)
    {
        string[] args = ["prove", "--zkey", zkey, "--wtns", wtns, "--proof", folder.File("p.json"), "--public", folder.File("i.json"), .. more];
        Zkps.Fail(code, folder.Path, words, args);
        Zkps.Fail(code, folder.Path, words, [.. args, "--json"]);
    }
}
